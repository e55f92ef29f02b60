"""Changing an entry part by part, taking it away and bringing it back."""

from dataclasses import replace
from functools import partial

from bot.chat.replies import Reply, Text, Tone, rows, say
from bot.errors import MemberError
from bot.faq.changing import change
from bot.faq.describing import whole
from bot.faq.desk import (
    EDIT,
    HISTORY,
    OPEN,
    RESTORE,
    RETIRE,
    Desk,
    actions_of,
    ask_again,
    desk_of,
    mark_of,
    tap,
)
from bot.faq.entry import NOBODY, Entry
from bot.faq.library import Library
from bot.faq.parts import FIELD, PARTS, Part, checked, sound, unreviewed
from bot.faq.ports import FaqWork
from bot.faq.revision import Kind, Revision
from bot.members.calls import Call

ASK_PART, CHECKED, TAKE_AWAY, BRING_BACK, SWITCH = "kb", "k4", "kd", "ke", "k6"
"""(chat id, entry code, form of the part, mark): ask for a part · (chat id, entry code, mark): it was checked today ·
(the same): take it away · (the same): bring it back · (the same, letter, yes or no): what kind of answer it is."""

_DANGER, _ANSWERS = "d", "a"
_YES, _NO = "1", "0"


class Editing:
    """What is done with one entry."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self.actions = actions_of(
            {
                ASK_PART: self.ask_part,
                CHECKED: self.checked,
                TAKE_AWAY: self.take_away,
                BRING_BACK: self.bring_back,
                SWITCH: self.switch,
                **{part.form: partial(self._save, part) for part in PARTS},
            }
        )
        self.forms = tuple(part.ask() for part in PARTS)

    async def show(self, desk: Desk, revision: Revision) -> Reply:
        """Show an entry whole, with what can be changed in it."""
        seen = (revision.entry.code, mark_of(revision))
        code, mark = seen
        taps = [desk.button(part.button, ASK_PART, code, part.form, mark) for part in PARTS]
        if revision.entry.reviewed_by == NOBODY:
            # Else it would say that the clinician named there checked it today.
            taps.append(desk.button(say("button.kept_checked"), CHECKED, *seen))
        danger, answers = revision.entry.danger, revision.entry.answerable
        label = say("button.kept_danger_off") if danger else say("button.kept_danger_on")
        taps.append(desk.button(label, SWITCH, *seen, _DANGER, _NO if danger else _YES))
        label = say("button.kept_leads") if answers else say("button.kept_answers")
        taps.append(desk.button(label, SWITCH, *seen, _ANSWERS, _NO if answers else _YES))
        if revision.shown:
            taps.append(desk.button(say("button.kept_take_it_away"), OPEN, code, RETIRE, tone=Tone.DANGER))
        else:
            taps.append(desk.button(say("button.kept_bring_it_back"), OPEN, code, RESTORE))
        taps += [desk.button(say("button.kept_history"), OPEN, code, HISTORY), desk.back]
        return Reply(whole(revision), buttons=rows(*taps))

    async def confirm(self, desk: Desk, revision: Revision, *, shown: bool) -> Reply:
        """Ask whether to take an entry away, or to bring it back."""
        if revision.shown == shown:
            return Reply(
                (say("faqadmin.is_shown") if shown else say("faqadmin.is_not_shown"),), buttons=rows(desk.back)
            )
        seen = (revision.entry.code, mark_of(revision))
        if shown:
            yes = desk.button(say("button.kept_bring_it_back"), BRING_BACK, *seen, tone=Tone.YES)
        else:
            yes = desk.button(say("button.kept_take_it_away"), TAKE_AWAY, *seen, tone=Tone.DANGER)
        keep = desk.button(say("button.back"), OPEN, revision.entry.code, EDIT)
        ask = say("faqadmin.bring_back") if shown else say("faqadmin.take_away")
        return Reply((_question(revision.entry), ask), buttons=rows(yes, keep))

    async def ask_part(self, call: Call, work: FaqWork) -> Reply:
        """Ask for the new text of a part."""
        desk = await desk_of(call, work, self._library)
        part = next((each for each in PARTS if each.form == tap(call, 2)), None)
        if part is None:
            raise MemberError("button.gone")
        seen = await self._seen(desk, tap(call, 3))
        shown = part.shown(seen.entry)
        arguments = (desk.chat.id, seen.entry.code, mark_of(seen))
        if call.capabilities.forms:
            return Reply(form=part.ask(arguments, filled=part.filled(seen.entry)))
        # Where the form is asked in a chat, what stands so far is shown above, to be copied.
        hint = say("faqadmin.so_far", hint=part.hint, text=_chain(shown)) if shown else part.hint
        return Reply(form=part.ask(arguments, hint))

    async def checked(self, call: Call, work: FaqWork) -> Reply:
        """Record that an entry was held against its sources today."""
        desk = await desk_of(call, work, self._library)
        seen = await self._seen(desk, tap(call, 2))
        if seen.entry.reviewed_by != NOBODY:
            raise MemberError("faqadmin.check_by_name")
        return await self._change(desk, seen, checked(seen.entry, call.now.date()))

    async def switch(self, call: Call, work: FaqWork) -> Reply:
        """Set whether an answer stands for an emergency, or whether it answers at all."""
        desk = await desk_of(call, work, self._library)
        seen = await self._seen(desk, tap(call, 2))
        which, value = tap(call, 3), tap(call, 4) == _YES
        if which not in (_DANGER, _ANSWERS):
            raise MemberError("button.gone")
        entry = replace(seen.entry, danger=value) if which == _DANGER else replace(seen.entry, answerable=value)
        return await self._change(desk, seen, sound(unreviewed(entry, seen.entry), call.now.date(), seen.entry))

    async def take_away(self, call: Call, work: FaqWork) -> Reply:
        """Show an entry to nobody any more."""
        desk = await desk_of(call, work, self._library)
        seen = await self._seen(desk, tap(call, 2))
        return await change(desk, seen.entry, Kind.RETIRE, mark_of(seen), shown=False)

    async def bring_back(self, call: Call, work: FaqWork) -> Reply:
        """Show an entry again."""
        desk = await desk_of(call, work, self._library)
        seen = await self._seen(desk, tap(call, 2))
        return await change(desk, seen.entry, Kind.RESTORE, mark_of(seen))

    async def _save(self, part: Part, call: Call, work: FaqWork) -> Reply:
        desk = await desk_of(call, work, self._library)
        # What is changed is the text that stood there when the form was opened, whatever holds by now.
        seen = await self._seen(desk, tap(call, 2))
        try:
            today = call.now.date()
            entry = sound(part.change(seen.entry, call.arguments.get(FIELD, ""), today), today, seen.entry)
        except MemberError as error:
            reopen = desk.button(say("button.kept_reopen"), ASK_PART, seen.entry.code, part.form, mark_of(seen))
            return await ask_again(desk, part.ask(), FIELD, error, reopen)
        return await self._change(desk, seen, entry)

    async def _change(self, desk: Desk, seen: Revision, entry: Entry) -> Reply:
        if replace(entry, answer=seen.entry.answer) == seen.entry and entry.paragraphs == seen.entry.paragraphs:
            again = desk.button(say("button.kept_entry"), OPEN, entry.code, EDIT)
            return Reply((say("faqadmin.unchanged"),), buttons=rows(again, desk.back))
        return await change(desk, entry, Kind.EDIT, mark_of(seen), shown=seen.shown)

    async def _seen(self, desk: Desk, mark: str) -> Revision:
        holding = await desk.of_code(tap(desk.call, 1))
        return await desk.seen(holding.entry.id, mark)


def _chain(paragraphs: tuple[str, ...]) -> Text:
    """Paragraphs as one text that keeps its empty lines."""
    first, *others = paragraphs
    text = say("faq.text", text=first)
    for each in others:
        text = say("faqadmin.next_paragraph", before=text, text=each)
    return text


def _question(entry: Entry) -> Text:
    return say("faq.text", text=entry.question)
