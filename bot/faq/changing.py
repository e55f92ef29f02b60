"""Storing what moderators change: nothing is overwritten unseen, and what stood in a group can be corrected there."""

from dataclasses import replace
from datetime import timedelta

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Reply, Text, Tone, rows, say
from bot.errors import DeliveryError
from bot.faq.describing import author_of, moment
from bot.faq.desk import CORRECT, EDIT, OPEN, WAITING, Desk, actions_of, desk_of, mark_of, tap
from bot.faq.entry import Entry
from bot.faq.library import Library
from bot.faq.ports import FaqWork
from bot.faq.revision import Kind, Revision, Shown, State
from bot.faq.showing import button_for_anyone
from bot.members.calls import Call

APPROVE, REJECT = "ky", "kn"
"""(chat id, entry code, mark, mark of what held when it was shown): let a waiting revision hold · refuse it."""

STOOD_WITHIN = timedelta(days=30)
"""How far back an answer in a group is corrected."""

log = structlog.get_logger()


async def change(desk: Desk, entry: Entry, kind: Kind, seen: str, *, shown: bool = True) -> Reply:
    """Store a change of an entry by somebody who had the revision of the mark ``seen`` before them; "" for a new one.

    It holds at once, unless a second moderator is asked for or somebody else was faster: then it waits.
    """
    await desk.work.entries.hold()
    call, holding = desk.call, await desk.holding(entry.id)
    overtaken = holding is not None and mark_of(holding) != seen
    needs_two = await desk.needs_two()
    own = await desk.work.entries.history(desk.team, entry.id)
    waits = overtaken or needs_two
    revision = await desk.work.entries.add(
        Revision(
            desk.team,
            0,
            kind,
            State.PROPOSED if waits else State.APPROVED,
            entry,
            call.now,
            shown,
            replace(call.person, locale=None),
            based_on=next((each.number for each in own if mark_of(each) == seen), 0),
        )
    )
    log.info("entry_changed", chat=desk.chat.id, kind=kind.value, state=revision.state.value)
    if holding is not None and overtaken:
        return _overtaken(desk, revision, holding, alone=not needs_two)
    if waits:
        look = desk.button(say("button.kept_look"), WAITING, entry.code, mark_of(revision))
        return Reply((_question(entry), say("faqadmin.waits_for_second")), buttons=rows(look, desk.back))
    return await took_hold(desk, revision, holding)


async def took_hold(desk: Desk, revision: Revision, before: Revision | None) -> Reply:
    """Say that a change holds from now on, and offer to correct what stands in groups."""
    entry = revision.entry
    lines = [_question(entry), say("faqadmin.saved") if revision.shown else say("faqadmin.saved_not_shown")]
    buttons = [desk.button(say("button.kept_entry"), OPEN, entry.code, EDIT), desk.back]
    if before and before.shown and (not revision.shown or before.entry.paragraphs != entry.paragraphs):
        stood = await desk.work.figures.where_stood(desk.team, entry.id, desk.call.now - STOOD_WITHIN)
        if stood:
            lines.append(say("faqadmin.stands_in", count=len(stood)))
            buttons.insert(0, desk.button(say("button.kept_correct", count=len(stood)), CORRECT, entry.code))
    return Reply(tuple(lines), buttons=rows(*buttons))


def _overtaken(desk: Desk, revision: Revision, holding: Revision, *, alone: bool) -> Reply:
    waiting = (revision.entry.code, mark_of(revision))
    mine = desk.button(say("button.kept_mine"), APPROVE, *waiting, mark_of(holding), tone=Tone.YES)
    return Reply(
        (
            _question(revision.entry),
            say("faqadmin.overtaken", name=author_of(holding), at=moment(holding.decided_at or holding.at)),
            say("faqadmin.both_kept"),
        ),
        buttons=rows(
            desk.button(say("button.kept_both"), WAITING, *waiting),
            *((mine,) if alone else ()),
            desk.button(say("button.kept_theirs"), REJECT, *waiting, mark_of(holding)),
            width=1,
        ),
    )


def _question(entry: Entry) -> Text:
    return say("faq.text", text=entry.question)


class Correcting:
    """Saying, where an answer stood in a group, that it was withdrawn or changed."""

    def __init__(self, library: Library, herald: Herald) -> None:
        self._library = library
        self._herald = herald
        self.actions = actions_of({CORRECT: self.correct})

    async def correct(self, call: Call, work: FaqWork) -> Reply:
        """Post the correction where the answer stood before it was changed, and say in how many groups that worked."""
        desk = await desk_of(call, work, self._library)
        holding = await desk.of_code(tap(call, 1))
        changed_at = holding.decided_at or holding.at
        found = await work.figures.where_stood(desk.team, holding.entry.id, call.now - STOOD_WITHIN)
        stood = [each for each in found if each.at < changed_at]
        corrections = [await self._correction(desk, holding, each) for each in stood]
        await work.commit()
        sent = 0
        for each, correction in zip(stood, corrections, strict=True):
            try:
                await self._herald.post(each.place, correction)
            except DeliveryError as error:
                log.warning("correction_not_posted", chat=desk.chat.id, reason=error.reason)
            else:
                sent += 1
                # From now on the correction is what stands there, so that a second press posts it nowhere twice.
                # It lasts at once: a crash repeats nothing, and nothing is locked while the next one is posted.
                await work.figures.stood(Shown(holding.entry.id, each.place, call.now))
                await work.commit()
        log.info("correction_posted", chat=desk.chat.id, sent=sent, failed=len(stood) - sent)
        lines = [say("faqadmin.corrected", count=sent)]
        buttons = [desk.back]
        if sent < len(stood):
            lines.append(say("faqadmin.not_corrected", count=len(stood) - sent))
            buttons.insert(0, desk.button(say("button.kept_again"), CORRECT, holding.entry.code))
        return Reply(tuple(lines), buttons=rows(*buttons))

    async def _correction(self, desk: Desk, holding: Revision, stood: Shown) -> Reply:
        question, day = holding.entry.question, stood.at.date()
        if not holding.shown:
            return Reply((say("faqadmin.correction_withdrawn", question=question, day=day),), private=False)
        chat = await desk.work.chats.find(stood.place)
        button = button_for_anyone(holding.entry, say("button.show_me"), chat.id if chat else "")
        line = say("faqadmin.correction_changed", question=question, day=day)
        return Reply((line,), buttons=rows(button), private=False)
