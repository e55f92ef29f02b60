"""What waits for a moderator: changes that wait for a decision, and entries whose review is due."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import structlog

from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.changing import APPROVE, REJECT, took_hold
from bot.faq.describing import author_of, changes, compared, due_line, heading, moment, whole
from bot.faq.desk import (
    EDIT,
    OPEN,
    PAGE,
    REVIEW,
    WAITING,
    Desk,
    actions_of,
    desk_of,
    is_same,
    mark_of,
    page_of,
    pages,
    tap,
)
from bot.faq.entry import WARN_BEFORE, Entry, Standing
from bot.faq.library import Library
from bot.faq.ports import FaqWork
from bot.faq.revision import EVERYWHERE, Kind, Revision, State
from bot.members.calls import Call

FULL = "ki"
"""(chat id, entry code, mark): the whole text of a revision."""

_NEWEST = 10

log = structlog.get_logger()


class Reviewing:
    """The review queue, decisions, and the history of an entry."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.actions = actions_of(
            {REVIEW: self.queue, WAITING: self.look, APPROVE: self.approve, REJECT: self.reject, FULL: self.full}
        )

    async def queue(self, call: Call, work: FaqWork) -> Reply:
        """Show a page of what waits."""
        return await self.show_queue(await desk_of(call, work, self._library), tap(call, 1))

    async def show_queue(self, desk: Desk, number: str = "") -> Reply:
        """Show a page of what waits: changes, then what is withheld, then what is due, then what will be."""
        items = [_waiting(desk, each) for each in await desk.work.entries.waiting(desk.team)]
        items += _due(desk)
        page = page_of(number, len(items))
        here = items[page * PAGE :][:PAGE]
        ways = [*pages(desk, REVIEW, page, len(items)), desk.back]
        return Reply(
            tuple(line for line, _ in here) or (say("faqadmin.nothing_waits"),),
            title=say("faqadmin.review"),
            buttons=(*rows(*(button for _, button in here), width=1), *rows(*ways)),
        )

    async def look(self, call: Call, work: FaqWork) -> Reply:
        """Show a change that waits beside what holds now."""
        desk = await desk_of(call, work, self._library)
        return await _beside(desk, await desk.waiting())

    async def approve(self, call: Call, work: FaqWork) -> Reply:
        """Let a change hold, unless its author would decide alone, or something else holds than what was shown."""
        desk = await desk_of(call, work, self._library)
        await work.entries.hold()
        revision = await desk.waiting()
        if is_same(revision.author, call.person) and await desk.needs_two():
            log.warning("own_change_refused", chat=desk.chat.id)
            raise MemberError("faqadmin.own_change")
        holding = await desk.holding(revision.entry.id)
        if tap(call, 3) != mark_of(holding):
            return (await _beside(desk, revision)).before(say("faqadmin.changed_since"))
        if not await self._decide(desk, revision, State.APPROVED):
            raise MemberError("faqadmin.decided")
        return await took_hold(desk, revision, holding)

    async def reject(self, call: Call, work: FaqWork) -> Reply:
        """Refuse a change; its author may take it back so."""
        desk = await desk_of(call, work, self._library)
        await work.entries.hold()
        revision = await desk.waiting()
        if tap(call, 3) != mark_of(await desk.holding(revision.entry.id)):
            return (await _beside(desk, revision)).before(say("faqadmin.changed_since"))
        if not await self._decide(desk, revision, State.REJECTED):
            raise MemberError("faqadmin.decided")
        ways = rows(desk.button(say("button.kept_review"), REVIEW, "0"), desk.back)
        return Reply((_question(revision.entry), say("faqadmin.rejected")), buttons=ways)

    async def history(self, desk: Desk, revision: Revision) -> Reply:
        """Show the newest revisions of an entry, and what changed in each."""
        entry_id = revision.entry.id
        everything = [
            *await desk.work.entries.history(desk.team, entry_id),
            *await desk.work.entries.history(EVERYWHERE, entry_id),
        ]
        lines: list[Text] = []
        taps: list[Button] = []
        for number, each in enumerate(everything[:_NEWEST]):
            before = next((other for other in everything[number + 1 :] if other.state is State.APPROVED), None)
            lines.append(_line(each, before))
            label = say("button.kept_full", number=each.number, name=author_of(each))
            taps.append(desk.button(label, FULL, each.entry.code, mark_of(each)))
        if len(everything) > _NEWEST:
            lines.append(say("faqadmin.older", count=len(everything) - _NEWEST))
        entry = desk.button(say("button.kept_entry"), OPEN, revision.entry.code, EDIT)
        return Reply(tuple(lines), title=_question(revision.entry), buttons=(*rows(*taps), (entry,), (desk.back,)))

    async def full(self, call: Call, work: FaqWork) -> Reply:
        """Show the whole text of a revision."""
        desk = await desk_of(call, work, self._library)
        holding = await desk.of_code(tap(call, 1))
        seen = await desk.seen(holding.entry.id, tap(call, 2))
        entry = desk.button(say("button.kept_entry"), OPEN, holding.entry.code, EDIT)
        return Reply(whole(seen), buttons=rows(entry, desk.back))

    async def _decide(self, desk: Desk, revision: Revision, state: State) -> bool:
        call = desk.call
        decided = replace(revision, decided_by=replace(call.person, locale=None), decided_at=call.now)
        done = await desk.work.entries.decide(decided, state)
        log.info("change_decided", chat=desk.chat.id, state=state.value, done=done)
        return done


def due_within(desk: Desk, today: date) -> list[tuple[Standing, Entry]]:
    """The entries that are withheld, past their review date, or near it, in this order, each group by its dates."""
    order = (Standing.EXPIRED, Standing.DUE, Standing.CURRENT)
    found = [
        (entry.standing(today), entry)
        for entry in desk.shelf.entries.values()
        if entry.review_due <= today + WARN_BEFORE[0]
    ]
    return sorted(found, key=lambda each: (order.index(each[0]), each[1].review_due, each[1].id))


def _due(desk: Desk) -> Iterator[tuple[Text, Button]]:
    today = desk.call.now.date()
    for _, entry in due_within(desk, today):
        yield due_line(entry, today), desk.button(_question(entry), OPEN, entry.code, EDIT)


def _waiting(desk: Desk, revision: Revision) -> tuple[Text, Button]:
    line = say("faqadmin.line_waiting", question=revision.entry.question, what=heading(revision))
    button = desk.button(_question(revision.entry), WAITING, revision.entry.code, mark_of(revision))
    return line, button


async def _beside(desk: Desk, revision: Revision) -> Reply:
    """A waiting revision beside what holds now; the buttons carry which that is."""
    holding = await desk.holding(revision.entry.id)
    lines = compared(holding, revision) if holding else whole(revision)
    arguments = (revision.entry.code, mark_of(revision), mark_of(holding))
    is_held = revision.state is State.HELD
    yes = say("button.kept_take_it") if is_held else say("button.kept_approve")
    no = say("button.kept_keep_ours") if is_held else say("button.kept_reject")
    notice: list[Text] = []
    if is_held:
        is_import = revision.kind is Kind.IMPORT
        notice.append(say("faqadmin.newer_import") if is_import else say("faqadmin.newer_file"))
    elif holding and _is_overtaken(revision, holding):
        notice.append(
            say("faqadmin.based_on_older", name=author_of(holding), at=moment(holding.decided_at or holding.at))
        )
    taps = rows(
        desk.button(yes, APPROVE, *arguments, tone=Tone.YES),
        desk.button(no, REJECT, *arguments),
        desk.button(say("button.back"), REVIEW, "0"),
    )
    return Reply((*notice, *lines), title=say("faqadmin.review"), buttons=taps)


def _is_overtaken(revision: Revision, holding: Revision | None) -> bool:
    """Whether something else holds by now than what the author of a change saw."""
    if holding is None:
        return False
    if holding.team == revision.team:
        return holding.number != revision.based_on
    return revision.based_on != 0 or (holding.decided_at or holding.at) > revision.at


def _line(revision: Revision, before: Revision | None) -> Text:
    what = changes(before, revision) if before else ()
    return say("faqadmin.line_history", what=heading(revision), parts=what) if what else heading(revision)


def _question(entry: Entry) -> Text:
    return say("faq.text", text=entry.question)
