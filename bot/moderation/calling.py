"""Whom a flag calls, and when; and what is told in the group where no desk can be reached."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from bot.chat.people import Person, Place
from bot.chat.ports import Herald
from bot.chat.replies import Reply, Text
from bot.errors import DeliveryError
from bot.moderation import duty
from bot.moderation.flag import CALL_AGAIN_AFTER, Answered, Flag, State
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork
from bot.moderation.telling import TOLD_AGAIN_AFTER, owes
from bot.triage.assessment import Label

TRIED_AGAIN_AFTER = timedelta(minutes=1)
"""When what could not be posted, or nobody who could be called, is tried again."""

ANSWERED_AGAIN_AFTER = timedelta(seconds=20)
"""When the bot looks again at a flag whose author it was about to answer."""

DANGER_TOLD_AGAIN = timedelta(hours=1)
"""How often a group is told at most that danger waits while its moderators' chat cannot be reached."""

DANGER_TOLD_FOR = timedelta(days=1)

_MOST_CALLED = 10

log = structlog.get_logger()

OpenWork = Callable[[], AbstractAsyncContextManager[ModerationWork]]


@dataclass(frozen=True, slots=True)
class Ring:
    """Who is called now, and which step of the calls that is; ``wanted``: somebody should be called at all."""

    step: int = 0
    people: tuple[Person, ...] = ()
    wanted: bool = False

    @property
    def uncalled(self) -> bool:
        """Whether there was nobody whom to call."""
        return self.wanted and not self.people


class Calling:
    """Chooses whom to call. When a flag called last is known in memory alone: after a restart the next step is due."""

    def __init__(self, herald: Herald) -> None:
        self._herald = herald
        self._called_at: dict[str, datetime] = {}

    def note(self, flag: Flag, ring: Ring, now: datetime) -> None:
        """Keep when a step was reached; a further message that calls again does not put off who is called next."""
        if ring.step != flag.calls or flag.id not in self._called_at:
            self._called_at[flag.id] = now

    def look_again(self, flag: Flag, now: datetime, *, uncalled: bool = False) -> datetime | None:
        """When the bot is to look at a flag again that has just been shown."""
        if flag.closed or flag.state is State.CLAIMED:
            self._called_at.pop(flag.id, None)
        moments: list[datetime] = []
        if owes(flag):
            moments.append(now + TOLD_AGAIN_AFTER)
        if flag.answered is Answered.PENDING and not flag.closed:
            moments.append(now + ANSWERED_AGAIN_AFTER)
        if flag.state is State.CLAIMED and flag.claimed_until:
            moments.append(flag.claimed_until)
        if uncalled or (waits(flag) and not flag.calls):
            moments.append(now + TRIED_AGAIN_AFTER)
        elif waits(flag):
            moments.append(self._next_at(flag, now))
        return min(moments, default=None)

    async def ring(
        self, flag: Flag, watched: Watched, now: datetime, *, calling: bool, due: bool, but: Person | None = None
    ) -> Ring:
        """Whom to call now. ``calling``: whoever has it, else whom the step reached calls; ``due``: the next step's.

        ``but`` is not called, nor is the author, nor who escalated it, nor who moderates no more.
        """
        if flag.closed or flag.shadow:
            return Ring(flag.calls)
        if flag.state is State.CLAIMED:
            # A claim that came in between has ended the calls; only a new message rings its holder.
            holder = (flag.claimed_by,) if calling and flag.claimed_by else ()
            return Ring(flag.calls, holder)
        # Danger always rings with its first card, also where that comes late.
        first = flag.card is None and waits(flag)
        further = due and waits(flag) and (not flag.calls or self._is_due(flag, now))
        if not (calling or first or further):
            return Ring(flag.calls)
        step = flag.calls + 1 if further and flag.card else max(flag.calls, duty.FIRST)
        reached, people = await self._chosen(flag, watched, now, step, but)
        return Ring(reached, people, wanted=True) if people else Ring(flag.calls, wanted=True)

    async def others(self, flag: Flag, watched: Watched, person: Person) -> tuple[Person, ...]:
        """The moderators who could look at a flag beside somebody; empty also where the platform tells of none."""
        moderators = await self._moderators(watched)
        return _eligible((*watched.duty.people, *moderators), moderators, (flag.author, person))

    async def _chosen(
        self, flag: Flag, watched: Watched, now: datetime, step: int, but: Person | None
    ) -> tuple[int, tuple[Person, ...]]:
        moderators = await self._moderators(watched)
        gone = (flag.author, flag.escalated_by, but)
        order = duty.from_next(watched.duty, flag.escalated_by) if flag.escalated_by else watched.duty
        order = replace(order, people=_eligible(order.people, moderators, gone))
        return duty.called(order, now, step, _eligible(moderators, moderators, gone))

    async def _moderators(self, watched: Watched) -> tuple[Person, ...]:
        """All moderators whom the platform tells of: those of the group, and with them those of their own chat."""
        found = await self._of(watched.place)
        return duty.distinct((*found, *await self._of(watched.desk))) if found and watched.desk else found

    async def _of(self, place: Place) -> tuple[Person, ...]:
        try:
            return await self._herald.moderators(place)
        except DeliveryError as error:
            log.info("moderators_unknown", reason=error.reason)
            return ()

    def _is_due(self, flag: Flag, now: datetime) -> bool:
        """Whether the next step is due; after a restart it is, since a call too soon is better than none."""
        called_at = self._called_at.get(flag.id)
        return called_at is None or called_at + CALL_AGAIN_AFTER <= now

    def _next_at(self, flag: Flag, now: datetime) -> datetime:
        """When the next step is due, or after a restart what was kept of that."""
        called_at, latest = self._called_at.get(flag.id), now + CALL_AGAIN_AFTER
        if called_at:
            return called_at + CALL_AGAIN_AFTER
        return flag.look_at if flag.look_at and now < flag.look_at <= latest else latest


class GroupTelling:
    """Tells a group's moderators where its members are, neutrally and without a word of what it is."""

    def __init__(self, herald: Herald) -> None:
        self._herald = herald

    async def tell(self, place: Place, line: Text, *, calling: bool = True) -> bool:
        """Say one line and call the moderators; whether that was possible."""
        try:
            moderators = await self._herald.moderators(place) if calling else ()
        except DeliveryError:
            moderators = ()
        try:
            await self._herald.post(place, Reply((line,), private=False, calls=moderators[:_MOST_CALLED]))
        except DeliveryError as error:
            log.warning("group_not_told", reason=error.reason)
            return False
        return True

    async def tell_of_danger(self, work: ModerationWork, chat_id: str, now: datetime, line: Text) -> datetime | None:
        """Say that something waits, once an hour at most; when to look again, None where it is said now."""
        watched = await work.watches.get(chat_id)
        if watched is None:
            await work.commit()
            return None
        told_at = watched.danger_told_at
        if told_at and now - told_at < DANGER_TOLD_AGAIN:
            await work.commit()
            return told_at + DANGER_TOLD_AGAIN
        # On record first: two flags at once tell it once.
        await work.watches.save(replace(watched, danger_told_at=now))
        await work.commit()
        if await self.tell(watched.place, line):
            return None
        latest = await work.watches.get(chat_id)
        if latest:
            await work.watches.save(replace(latest, danger_told_at=told_at))
        await work.commit()
        return now + TRIED_AGAIN_AFTER


def waits(flag: Flag) -> bool:
    """Whether moderators are still to be called: for a crisis until all were, for what was escalated until one was."""
    if flag.shadow or flag.state is not State.OPEN:
        return False
    return (flag.label is Label.CRISIS and flag.calls < duty.ALL) or (flag.escalated_by is not None and not flag.calls)


def tells_of_danger(flag: Flag, now: datetime) -> bool:
    """Whether a group is to hear of a flag whose desk cannot be reached; for its first day, since it is in a group."""
    return flag.label.alerts and flag.state is State.OPEN and now - flag.at < DANGER_TOLD_FOR


def _eligible(
    people: tuple[Person, ...], moderators: tuple[Person, ...], gone: tuple[Person | None, ...]
) -> tuple[Person, ...]:
    """Those who may be called; where the platform tells who moderates, nobody else."""
    return tuple(
        each
        for each in duty.distinct(people)
        if not any(duty.same(each, other) for other in gone)
        and (not moderators or any(duty.same(each, other) for other in moderators))
    )
