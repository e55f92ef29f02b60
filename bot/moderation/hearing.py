"""What people say to each other in a group: assessed, flagged, answered, in this order, and otherwise forgotten."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol
from weakref import WeakValueDictionary

import structlog

from bot.chat.events import Moved, Said
from bot.chat.people import Person
from bot.chat.ports import Herald
from bot.chat.replies import Reply
from bot.errors import DeliveryError, StorageError
from bot.faq.entry import Entry
from bot.faq.lately import Lately
from bot.faq.offering import Offering
from bot.members.calls import Call
from bot.members.member import Reach
from bot.moderation.answering import reach, said_publicly
from bot.moderation.beginning import begun
from bot.moderation.decide import decide
from bot.moderation.flag import Answered, Flag, Origin
from bot.moderation.moving import moved
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.recording import Heard, button_of, recorded, thread_of
from bot.moderation.speaking import Saying, passed_on, public_reply, reminder_to_all, words_for
from bot.reading.language import language_of
from bot.triage.assessment import Assessment, Context, Do, Label

MOST_CHARACTERS = 10_000
"""Characters of a message that are looked at; no platform's messages are longer."""

TOGETHER_WITHIN = timedelta(minutes=2)
MOST_TOGETHER = 2
"""How many messages before, and how long before, are read together with one."""

_WISH_KNOWN_FOR = _PLACE_KNOWN_FOR = timedelta(minutes=1)
_TRIED_FOR = timedelta(hours=1)
_MOST_UNSTORED = 100
_LEAST_SCORE = 0.3
"""Below this score no chat's own limits can reach, so that nothing has to be looked up."""

log = structlog.get_logger()

OpenWork = Callable[[], AbstractAsyncContextManager[ModerationWork]]


class Assessing(Protocol):
    """What says what a message is: pure, and never raises."""

    def assess(self, text: str, context: Context) -> Assessment:
        """Assess a text as it was written, with what stands around it."""
        ...


@dataclass(frozen=True, slots=True)
class _Line:
    """One of the latest messages of a person in a chat."""

    id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class _Answering:
    """How a message is answered: under which one, with which curated answer of which chat, and in whose thread."""

    message_id: str
    entry: tuple[Entry, str] | None = None
    thread: Person | None = None


class Hearing:
    """Fulfils ``Overhear``: danger and medical questions first, curated answers to plain questions after that.

    What people said in the last two minutes, and whether they opted out in the last one, is known in memory alone.
    ``look`` opens a unit of work for reading.
    """

    def __init__(
        self,
        triage: Assessing,
        offering: Offering,
        posting: Posting,
        herald: Herald,
        *,
        open_work: OpenWork,
        look: OpenWork,
    ) -> None:
        self._triage = triage
        self._offering = offering
        self._posting = posting
        self._herald = herald
        self._open_work = open_work
        self._look = look
        self._lines: Lately[tuple[_Line, ...]] = Lately(TOGETHER_WITHIN)
        self._opted_out: Lately[bool] = Lately(_WISH_KNOWN_FOR)
        self._listened: dict[tuple[str, str], tuple[datetime, bool]] = {}
        self._one_by_one: WeakValueDictionary[tuple[str, str, str], asyncio.Lock] = WeakValueDictionary()
        self._answering: set[str] = set()
        self._unstored: deque[tuple[Call, Said, Assessment]] = deque(maxlen=_MOST_UNSTORED)

    async def heard(self, call: Call, said: Said) -> Reply | None:
        """Look at a message; what is returned is for everybody in the group."""
        if call.place.direct or not said.text.strip() or not await self._may_look(call):
            return None
        if await self._looked_at(call, said, dangers_alone=False):
            return None
        if said.edited or said.forwarded or not self._offering.listens_to(said.text):
            return None
        async with self._open_work() as work:
            reply = await self._offering.heard(call, said.text, work)
            await work.commit()
        return reply

    async def danger_in(self, call: Call, said: Said) -> bool:
        """Look for danger in a command that stands in a group for all to see; whether it was flagged."""
        if call.place.direct or not said.text.strip() or not await self._may_look(call):
            return False
        return await self._looked_at(call, said, dangers_alone=True)

    async def begin(self, call: Call) -> None:
        """See to it that a group is watched before something in it is reported."""
        await self._listens(call)

    def note_wish(self, person: Person, now: datetime, *, out: bool) -> None:
        """Follow at once what somebody just wished."""
        self._opted_out.keep(person, out, now)

    def forget(self, person: Person) -> None:
        """Forget what somebody said."""
        self._lines.drop(person)
        self._opted_out.drop(person)

    async def moved(self, event: Moved) -> None:
        """Follow a group that goes on under another id: its policy, its desk and its flags go with it."""
        async with self._open_work() as work:
            await moved(work, event)
            await work.commit()

    async def finish(self, flag_id: str, now: datetime) -> None:
        """Say what a crash, or a platform that asked to wait, kept from being said."""
        if flag_id in self._answering:
            return
        async with self._open_work() as work:
            flag = await work.flags.get(flag_id)
            watched = await work.watches.get(flag.chat_id) if flag else None
            member = await work.members.find(flag.author) if flag and flag.author else None
        if flag is None or watched is None or flag.author is None or flag.answered is not Answered.PENDING:
            return
        try:
            capabilities = self._herald.capabilities(flag.author.platform)
        except DeliveryError:
            return  # that platform does not run now; the sweep comes back to it
        call = Call(flag.author, flag.place, now, member, capabilities)
        await self._answer(call, flag, watched, _Answering(flag.message_id))

    async def catch_up(self) -> None:
        """Record what could not be stored when it was heard."""
        for call, said, assessment in [self._unstored.popleft() for _ in range(len(self._unstored))]:
            await self._flagged(call, said, assessment)

    async def _may_look(self, call: Call) -> bool:
        """Whether the bot listens here, and to this person; while that cannot be found out it does."""
        try:
            return await self._listens(call) and not await self._is_out(call.person, call.now)
        except StorageError as error:
            log.error("listening_unsure", error=str(error))  # noqa: TRY400 - its text names the kind alone
            return True

    async def _listens(self, call: Call) -> bool:
        """Whether the bot listens here; a group is told of it before anything that is said there is looked at."""
        place = (call.place.platform, call.place.id)
        looked_at, listens = self._listened.get(place, (None, False))
        if looked_at is None or call.now - looked_at > _PLACE_KNOWN_FOR:
            listens = await begun(call, self._look, self._open_work, self._herald)
            self._listened[place] = (call.now, listens)
        return listens

    async def _is_out(self, person: Person, now: datetime) -> bool:
        known = self._opted_out.find(person, now)
        if known is None:
            async with self._look() as work:
                known = await work.people.opted_out(person)
            self._opted_out.keep(person, known, now)
        return known

    async def _looked_at(self, call: Call, said: Said, *, dangers_alone: bool) -> bool:
        """Assess a message, and do what it calls for; whether it was flagged."""
        assessment = await assessed(self._triage, said.text, await self._context(call, said))
        if dangers_alone and not assessment.label.alerts:
            return False
        if assessment.do is Do.NONE and max(assessment.scores.values(), default=0.0) < _LEAST_SCORE:
            return False
        if not await self._flagged(call, said, assessment):
            return False
        if assessment.label.alerts and assessment.do is Do.ACT:
            # Read together with it, whatever comes next would be the same danger once more.
            self._lines.keep(call.person, (), call.now, call.place.id)
        return True

    async def _context(self, call: Call, said: Said) -> Context:
        """What stands around a message; it is remembered for the next one itself."""
        kept = () if call.person.shared else self._lines.find(call.person, call.now, call.place.id) or ()
        recent = tuple(line for line in kept if line.id != said.id and call.now - line.at <= TOGETHER_WITHIN)
        if not said.forwarded:
            line = _Line(said.id, said.text[:MOST_CHARACTERS], call.now)
            self._lines.keep(call.person, (*recent, line)[-MOST_TOGETHER - 1 :], call.now, call.place.id)
        earlier = () if said.edited else tuple(line.text for line in recent[-MOST_TOGETHER:])
        return Context(earlier=earlier, answered=await self._answered(call, said), quoted=said.forwarded)

    async def _answered(self, call: Call, said: Said) -> str:
        """The text that a message replies to, unless its author asked not to be looked at."""
        if said.answers is None:
            return ""
        author = said.answers.author
        try:
            is_out = author is not None and await self._is_out(author, call.now)
        except StorageError:
            is_out = True
        return "" if is_out else said.answers.text[:MOST_CHARACTERS]

    async def _flagged(self, call: Call, said: Said, assessment: Assessment) -> bool:
        """Record the flag that a message calls for, then answer and show it; whether that is all that is to be said."""
        key = (call.place.platform, call.place.id, call.person.id)
        # One message of a person after the other: the second then knows what the first was answered.
        async with self._one_by_one.setdefault(key, asyncio.Lock()):
            try:
                return await self._record_and_answer(call, said, assessment)
            except StorageError as error:
                if not assessment.label.alerts:
                    raise
                log.error("danger_not_stored", error=str(error))  # noqa: TRY400 - as above
                await self._answer_unstored(call, said, assessment)
                return True

    async def _record_and_answer(self, call: Call, said: Said, assessment: Assessment) -> bool:
        async with self._open_work() as work:
            watched = await work.watches.find(call.place)
            decision = decide(assessment, watched.handling) if watched else None
            if watched is None or decision is None or not decision.flag:
                return False
            call = replace(call, member=await work.members.find(call.person))
            flag, is_new = await recorded(Heard(call, said, assessment, decision, watched), work)
            await work.commit()
        log.info("flagged", flag=flag.id, label=flag.label.value, new=is_new, shadow=flag.shadow)
        if not is_new:
            return _is_taken_up(flag)
        if flag.answered is Answered.PENDING:
            entry = await self._entry(call, said.text) if flag.label is Label.MEDICAL_QUESTION else None
            await self._answer(call, flag, watched, _Answering(said.id, entry, thread_of(said, flag.label)))
        await self._posting.show(flag.id, calling=flag.label is Label.CRISIS)
        return _is_taken_up(flag)

    async def _answer_unstored(self, call: Call, said: Said, assessment: Assessment) -> None:
        """Point to help without the database, and record it when that is back."""
        is_first = not any(kept.id == said.id and each.place == call.place for each, kept, _ in self._unstored)
        if is_first and assessment.do is Do.ACT:
            language = language_of(said.text) or call.person.language
            flag = Flag("", "", Origin.HEARD, assessment.label, call.place, call.now, message_id=said.id)
            await said_publicly(self._herald, flag, public_reply(call.person.name, "", language), Answered.BUTTON)
        if is_first:
            self._unstored.append((call, said, assessment))

    async def _entry(self, call: Call, text: str) -> tuple[Entry, str] | None:
        """The curated answer that fits for sure; whatever goes wrong with finding it keeps nothing else back."""
        try:
            async with self._open_work() as work:
                return await self._offering.sure_entry(call, work, text)
        except Exception as error:  # noqa: BLE001 - see above
            log.warning("entry_not_found", error=type(error).__name__)
            return None

    async def _answer(self, call: Call, flag: Flag, watched: Watched, how: "_Answering") -> None:
        """Say the words of a flag's label, and keep whether they arrived."""
        self._answering.add(flag.id)
        try:
            answered = await self._said(call, flag, watched, how)
            await self._note_answered(call, flag, answered, how)
        finally:
            self._answering.discard(flag.id)

    async def _said(self, call: Call, flag: Flag, watched: Watched, how: "_Answering") -> Answered:
        handling = watched.handling.get(flag.label)
        own_words = handling.own_words if handling else ""
        saying = Saying(flag.label, flag.language, passed_on(watched), own_words, flag.id)
        under = replace(flag, message_id=how.message_id)
        if flag.label is Label.MEDICAL_ADVICE:
            return await said_publicly(self._herald, under, reminder_to_all(saying), Answered.READ)
        if how.entry:
            saying = replace(saying, entry=how.entry[0], chat_id=how.entry[1])
        async with self._look() as work:
            is_open = await _is_open(call, work)
        return await reach(self._herald, under, words_for(saying, call), call.person, flag.language, is_open=is_open)

    async def _note_answered(self, call: Call, flag: Flag, answered: Answered, how: "_Answering") -> None:
        if answered is Answered.PENDING and call.now - flag.at > _TRIED_FOR:
            answered = Answered.NOBODY
        what = flag.label.value
        async with self._open_work() as work:
            latest = await work.flags.get(flag.id)
            if latest and latest.answered is Answered.PENDING:
                await work.flags.save(replace(latest, answered=answered))
            if answered is Answered.NOBODY:
                # What nobody has heard must not keep the next words back.
                log.warning("nobody_reached", flag=flag.id)
                await work.people.release(call.person, flag.chat_id, button_of(flag.label))
                await work.people.release(call.person, flag.chat_id, what)
                if how.thread:
                    await work.people.release(how.thread, flag.chat_id, what)
            elif answered is Answered.BUTTON and flag.label.alerts:
                # Nobody has read the words yet: the pause between two of them has not begun.
                await work.people.release(call.person, flag.chat_id, what)
            await work.commit()


def _is_taken_up(flag: Flag) -> bool:
    """Whether a flag's words are all that is to be said; what only moderators see keeps no curated answer back."""
    return flag.label.alerts or flag.answered is not Answered.NOT_MEANT


async def assessed(triage: Assessing, text: str, context: Context) -> Assessment:
    """Assess a text in a thread: nobody else waits for a long one, nor for the model that the first one loads."""
    return await asyncio.to_thread(triage.assess, text[:MOST_CHARACTERS], context)


async def _is_open(call: Call, work: ModerationWork) -> bool:
    """Whether somebody's direct chat is known to be open: a member's account, or one who has written there."""
    if call.member:
        for account in await work.members.accounts(call.member.id):
            if (account.person.platform, account.person.id) == (call.person.platform, call.person.id):
                return account.reach is Reach.OK
    return await work.people.is_open(call.person)
