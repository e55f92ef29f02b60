"""The buttons on a card: claimed, given back, closed, escalated, noted, answered. Of two moderators one is first.

Every act is recorded and made to last before any platform is asked; then the card changes for everybody.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.chat.people import Person
from bot.chat.ports import Herald
from bot.chat.replies import Button, Field, Form, Reply, Text, say
from bot.errors import Blocked, DeliveryError, MemberError
from bot.faq.desk import tap
from bot.faq.typed import typed
from bot.members.calls import Call
from bot.meter import Meter
from bot.moderation import duty
from bot.moderation.cards import (
    ALONE,
    ANSWER,
    CLAIM,
    ESCALATE,
    FALSE_ALARM,
    NOTE,
    RELEASE,
    REOPEN,
    RESOLVE,
    card_of,
)
from bot.moderation.desk import LISTED, Case, actions_of, case_of, known, without_locale
from bot.moderation.flag import CLAIMED_FOR, Flag, Note, State
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.telling import Telling, may_appeal, owes
from bot.triage.assessment import Label

NOTED, ANSWERED = "dm", "dx"
"""(flag id, mark as in cards): the filled forms of a note, and of an answer in private."""

MOST_NOTED = 500
MOST_KEPT_NOTES = 20

TOLD_WITHIN = timedelta(seconds=20)
"""When the sweep takes up what a crash kept from being told."""

_TEXT = "text"
_SHARED, _SURE = "c", "1"

log = structlog.get_logger()


class Claiming:
    """What moderators do with a flag. ``posting`` keeps its card, ``herald`` reaches the people concerned."""

    def __init__(self, posting: Posting, herald: Herald, meter: Meter) -> None:
        self._posting = posting
        self._herald = herald
        self._meter = meter
        self._telling = Telling(herald)
        self.actions = (
            *actions_of(
                {
                    CLAIM: self.claim,
                    RELEASE: self.release,
                    RESOLVE: self.resolve,
                    FALSE_ALARM: self.false_alarm,
                    ESCALATE: self.escalate,
                    REOPEN: self.reopen,
                    NOTE: self.ask_note,
                    ANSWER: self.ask_answer,
                },
                anyone=True,
            ),
            *actions_of({NOTED: self.noted, ANSWERED: self.answered}),
        )
        self.forms = (_note_form(), _answer_form())

    async def claim(self, call: Call, work: ModerationWork) -> Reply:
        """Have it for a while; of two the second is told who has it."""
        case = await _open_case(call, work)
        if _decided_before(case):
            case, others = await self._with_others(case)
            if others:
                raise _other_pair(case)
        flag, now = case.flag, call.now
        until = now + CLAIMED_FOR
        mine = replace(flag, state=State.CLAIMED, claimed_by=without_locale(call.person), claimed_until=until)
        case = await self._save(case, "claimed", replace(mine, look_at=_soon(mine, now) or until))
        await self._telling.tell(work, flag.id, now)
        await self._posting.show_with(work, flag.id)
        return await self._done(case, say("flags.claimed", until=until))

    async def release(self, call: Call, work: ModerationWork) -> Reply:
        """Give it back to all; a crisis calls anew."""
        case = await _open_case(call, work)
        if case.flag.state is not State.CLAIMED:
            raise MemberError("flags.not_claimed")
        case = await self._save(case, "released", _returned(case.flag, case))
        await self._show_anew(case)
        return await self._done(case, say("flags.released"))

    async def resolve(self, call: Call, work: ModerationWork) -> Reply:
        """Close it as dealt with."""
        return await self._close(call, work, State.RESOLVED)

    async def false_alarm(self, call: Call, work: ModerationWork) -> Reply:
        """Close it as one that should not have been raised."""
        return await self._close(call, work, State.FALSE_ALARM)

    async def reopen(self, call: Call, work: ModerationWork) -> Reply:
        """Take back that it was closed; what needed another pair of eyes still does."""
        case = await case_of(call, work)
        flag = case.flag
        if not flag.closed:
            raise MemberError("flags.open_again")
        again = replace(_returned(flag, case), closed_by=None, closed_at=None)
        if flag.contested and flag.escalated_by is None:
            # Two have decided by now: whoever opens it again is not the one who decides in the end.
            again = replace(again, escalated_by=without_locale(call.person))
        case = await self._save(case, "reopened", again)
        await self._show_anew(case)
        return await self._done(case, say("flags.reopened"))

    async def escalate(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for another pair of eyes, and call whom that is; where there is nobody else, nothing is changed."""
        case, others = await self._with_others(await _open_case(call, work))
        if case.flag.escalated_by:
            raise MemberError("flags.escalated_already")
        if not others:
            return await self._done(case, say("flags.escalated_nobody"))
        flag = replace(_returned(case.flag, case), escalated_by=without_locale(call.person))
        case = await self._save(case, "escalated", flag)
        shown = await self._posting.show_with(work, flag.id, calling=True)
        told = say("flags.escalated") if shown.called else say("flags.escalated_uncalled")
        return await self._done(case, told)

    async def ask_note(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for a note to the others."""
        case = await case_of(call, work)
        return Reply(form=_note_form(_marks(case)))

    async def noted(self, call: Call, work: ModerationWork) -> Reply:
        """Keep a note."""
        case = await case_of(call, work)
        note = Note(without_locale(call.person), _typed(call), call.now)
        case = await self._save(case, "noted", _with(case.flag, note))
        await self._posting.show_with(work, case.flag.id)
        return await self._done(case, say("flags.noted"))

    async def ask_answer(self, call: Call, work: ModerationWork) -> Reply:
        """Ask for the words that the bot is to pass on to the person concerned."""
        case = await _open_case(call, work)
        if case.flag.author is None:
            raise MemberError("flags.no_author")
        return Reply(form=_answer_form(_marks(case)))

    async def answered(self, call: Call, work: ModerationWork) -> Reply:
        """Pass on words to the person concerned as the moderators' own, and tell whether they arrived."""
        case = await _open_case(call, work)
        author, words = case.flag.author, _typed(call)
        if author is None:
            raise MemberError("flags.no_author")
        # On record before it is sent; until the platform has confirmed it, it counts as not arrived.
        note = Note(without_locale(call.person), words, call.now, arrived=False)
        case = await self._save(case, "answered", _with(case.flag, note))
        arrived, told = await self._send_words(author, words)
        if arrived:
            flag = await work.flags.get(case.flag.id)
            if flag:
                notes = tuple(replace(each, arrived=True) if each == note else each for each in flag.notes)
                await work.flags.save(replace(flag, notes=notes))
            await work.commit()
        await self._posting.show_with(work, case.flag.id)
        return await self._done(case, told)

    async def _save(self, case: Case, what: str, flag: Flag, detail: str = "") -> Case:
        """Record an act; the first on a flag tells how long it waited."""
        first = case.flag.seen_at is None
        case = await case.save(what, flag, detail)
        if first:
            self._meter.reviewed(case.call.now - case.flag.at)
        return case

    async def _close(self, call: Call, work: ModerationWork, state: State) -> Reply:
        case = await _open_case(call, work)
        detail = ""
        if _decided_before(case):
            case, others = await self._with_others(case)
            if others:
                raise _other_pair(case)
            if tap(call, 2) != _SURE:
                return self._ask_alone(case, state)
            detail = "alone"
        flag = replace(
            case.flag,
            state=state,
            closed_by=without_locale(call.person),
            closed_at=call.now,
            claimed_by=None,
            claimed_until=None,
        )
        case = await self._save(case, state.value, replace(flag, look_at=_soon(flag, call.now)), detail)
        await self._telling.tell(work, flag.id, call.now)
        await self._posting.show_with(work, flag.id)
        told = say("flags.closed_resolved") if state is State.RESOLVED else say("flags.closed_false_alarm")
        return await self._done(case, told)

    def _ask_alone(self, case: Case, state: State) -> Reply:
        """Say that there should be another pair of eyes, to the only moderator there is."""
        action = RESOLVE if state is State.RESOLVED else FALSE_ALARM
        label = say("button.flag_resolved") if state is State.RESOLVED else say("button.flag_false_alarm")
        mark = ALONE if tap(case.call, 1) == ALONE else _SHARED
        return Reply((say("flags.only_you"),), buttons=((Button(label, action, (case.flag.id, mark, _SURE)),),))

    async def _with_others(self, case: Case) -> tuple[Case, Sequence[Person]]:
        """The case as it stands after the platform was asked who else could look at it."""
        others = await self._posting.others(case.work, case.flag, case.watched, case.call.person)
        flag = await case.work.flags.get(case.flag.id)
        if flag is None:
            raise MemberError("flags.gone")
        case = replace(case, flag=flag)
        _require_free(case)
        return case, others

    async def _show_anew(self, case: Case) -> None:
        """Show a flag that waits again; a crisis calls others than who has just had it."""
        calls = case.flag.label is Label.CRISIS
        await self._posting.show_with(case.work, case.flag.id, calling=calls, but=case.call.person)

    async def _send_words(self, author: Person, words: str) -> tuple[bool, Text]:
        letter = Reply((say("flags.letter"), say("form.as_is", text=words), say("flags.letter_end")))
        try:
            await self._herald.send(author, letter)
        except Blocked as error:
            log.info("answer_not_sent", reason=error.reason)
            return False, say("flags.answer_closed")
        except DeliveryError as error:
            log.warning("answer_not_sent", reason=error.reason)
            return False, say("flags.answer_failed")
        return True, say("flags.answer_arrived")

    async def _done(self, case: Case, told: Text) -> Reply:
        """What the moderator sees: a line, and where they opened the card alone, the card as it is now."""
        if tap(case.call, 1) != ALONE:
            return Reply((told,))
        flag = await case.work.flags.get(case.flag.id) or case.flag
        earlier = await case.work.flags.earlier(flag.author, flag.chat_id, flag.at) if flag.author else 0
        card = card_of(flag, case.watched, earlier=earlier, alone=True).before(told)
        back = Button(say("button.flag_list"), LISTED, (flag.chat_id, "o", "0"))
        return replace(card, buttons=(*card.buttons, (back,)))


def _returned(flag: Flag, case: Case) -> Flag:
    """A flag that waits for somebody again; its calls start anew."""
    return replace(flag, state=State.OPEN, claimed_by=None, claimed_until=None, calls=0, look_at=case.call.now)


def _soon(flag: Flag, now: datetime) -> datetime | None:
    return now + TOLD_WITHIN if owes(flag) or may_appeal(flag) else None


async def _open_case(call: Call, work: ModerationWork) -> Case:
    """The flag of a button, which is still open and which nobody else has.

    Raises:
        MemberError: as ``case_of``; or it is closed, or somebody else has it.
    """
    case = await case_of(call, work)
    _require_free(case)
    return case


def _require_free(case: Case) -> None:
    flag, call = case.flag, case.call
    if flag.closed:
        by = known(flag.closed_by)
        raise MemberError("flags.closed_by", name=by.name) if by and by.name else MemberError("flags.closed_already")
    if flag.state is State.CLAIMED and (holder := known(flag.claimed_by)) and not duty.same(holder, call.person):
        until = flag.claimed_until
        if until is None or until > call.now:
            raise MemberError("flags.claimed_by", name=holder.name, until=until or call.now)


def _decided_before(case: Case) -> bool:
    """Whether it needs another pair of eyes than this moderator's.

    They escalated it, or closed it before the person concerned asked for another.
    """
    flag, person = case.flag, case.call.person
    # Who closed a flag stays on it when the person concerned has it opened again.
    return duty.same(flag.escalated_by, person) or (flag.contested and duty.same(flag.closed_by, person))


def _other_pair(case: Case) -> MemberError:
    if duty.same(case.flag.escalated_by, case.call.person):
        return MemberError("flags.own_escalation")
    return MemberError("flags.own_closing")


def _with(flag: Flag, note: Note) -> Flag:
    return replace(flag, notes=(*flag.notes, note)[-MOST_KEPT_NOTES:])


def _typed(call: Call) -> str:
    words = typed(call.arguments.get(_TEXT, ""))[:MOST_NOTED]
    if not words:
        raise MemberError("form.empty")
    return words


def _marks(case: Case) -> tuple[str, ...]:
    return (case.flag.id, ALONE) if tap(case.call, 1) == ALONE else (case.flag.id,)


def _note_form(arguments: tuple[str, ...] = ()) -> Form:
    field = Field(_TEXT, say("flags.ask_note"), say("flags.hint_note"), most_characters=MOST_NOTED, long=True)
    return Form(NOTED, say("button.flag_note"), (field,), arguments)


def _answer_form(arguments: tuple[str, ...] = ()) -> Form:
    field = Field(_TEXT, say("flags.ask_answer"), say("flags.hint_answer"), most_characters=MOST_NOTED, long=True)
    return Form(ANSWERED, say("button.flag_answer"), (field,), arguments)
