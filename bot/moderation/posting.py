"""Cards at the moderators' desk: posted, kept up to date, and never in a flood."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from weakref import WeakValueDictionary

import structlog

from bot.chat.people import Person, Place
from bot.chat.ports import Clock, Herald
from bot.chat.replies import Reply, Text, say
from bot.errors import Blocked, DeliveryError, Gone, RateLimited, StorageError, Unknown
from bot.moderation.calling import (
    TRIED_AGAIN_AFTER,
    Calling,
    GroupTelling,
    OpenWork,
    Ring,
    tells_of_danger,
    waits,
)
from bot.moderation.cards import card_of
from bot.moderation.flag import Card, Deed, Flag
from bot.moderation.pacing import Pace
from bot.moderation.policy import Watched
from bot.moderation.ports import ModerationWork

LOST_TRIED_AFTER = timedelta(minutes=10)
"""When a desk that is closed to the bot is tried again."""

FAILING_TOLD_AFTER = timedelta(minutes=3)
"""How long a desk may fail before the group is told that danger waits."""

MORE_CHANGED_AFTER = timedelta(seconds=10)
"""How often the message about flags that wait without a card may change; each platform bounds such changes."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of showing a flag: whether its card stands as it should, and whether somebody was called."""

    stands: bool = False
    called: bool = False

    def __bool__(self) -> bool:
        """As ``stands``."""
        return self.stands


@dataclass(frozen=True, slots=True)
class _View:
    """A flag as it stands, with what its card needs beside it."""

    flag: Flag
    watched: Watched
    earlier: int
    returned: bool = False

    def card(self, ring: Ring) -> Reply:
        """The card as it is to read once these people are called."""
        flag = replace(self.flag, calls=ring.step)
        # Where it was about to be posted when the bot stopped, another one may stand above.
        twice = flag.card is not None and not flag.card.message_id
        uncalled = ring.uncalled or (waits(flag) and not flag.calls)
        return card_of(flag, self.watched, earlier=self.earlier, returned=self.returned, uncalled=uncalled, twice=twice)


class Posting:
    """Shows flags at the desk of their chat. Nothing is raised: what fails is logged and left to the sweep.

    ``show`` opens a unit of work of its own; who has one at hand gives it, committed, to ``show_with``.

    A crash between posting a card and noting its id leaves one that is never changed again. That a card is about to be
    posted is noted first, so the next card says that such a copy may stand above, to be deleted by a moderator; the
    copy's buttons act on the flag all the same.
    """

    def __init__(self, open_work: OpenWork, herald: Herald, clock: Clock) -> None:
        self._open_work = open_work
        self._herald = herald
        self._clock = clock
        self._calling = Calling(herald)
        self._group = GroupTelling(herald)
        self._paces: dict[str, Pace] = {}
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def show(self, flag_id: str, *, calling: bool = False) -> Shown:
        """Post a flag's card at its desk, or change the one that stands there; ``calling`` rings those on duty."""
        try:
            async with self._open_work() as work:
                return await self.show_with(work, flag_id, calling=calling)
        except StorageError as error:
            log.warning("card_not_shown", flag=flag_id, reason=type(error).__name__)
            return Shown()

    async def show_with(
        self,
        work: ModerationWork,
        flag_id: str,
        *,
        calling: bool = False,
        due: bool = False,
        but: Person | None = None,
        returned: bool = False,
    ) -> Shown:
        """As ``show``, in a unit of work that holds nothing.

        ``due`` calls whom the next step calls if that is due by now. ``but`` is not called. ``returned`` says that a
        claim lapsed.
        """
        lock = self._locks.setdefault(flag_id, asyncio.Lock())
        # One after the other, each with what holds by then: an older card never comes to stand over a newer one.
        async with lock:
            view = await self._view(work, flag_id)
            if view is None:
                return Shown()
            view = replace(view, returned=returned)
            try:
                if _is_elsewhere(view):
                    view = await self._leave(work, view)
                if view.flag.closed and view.flag.card is None:
                    await self._note(work, flag_id, self._settled)
                    return Shown()
                if view.watched.desk is None:
                    return Shown()
                now = self._clock.now()
                ring = await self._calling.ring(view.flag, view.watched, now, calling=calling, due=due, but=but)
                stands = await self._show(work, view, ring)
            except DeliveryError as error:
                await self._failed(work, view, error)
                return Shown()
            await self._shown(work, view, ring, stands=stands)
            return Shown(stands=stands, called=stands and bool(ring.people))

    async def others(self, work: ModerationWork, flag: Flag, watched: Watched, person: Person) -> tuple[Person, ...]:
        """The moderators who could look at a flag beside somebody; nothing is held while the platform is asked."""
        await work.commit()
        return await self._calling.others(flag, watched, person)

    async def tell_of_danger(self, work: ModerationWork, chat_id: str, line: Text) -> datetime | None:
        """As ``GroupTelling.tell_of_danger``."""
        return await self._group.tell_of_danger(work, chat_id, self._clock.now(), line)

    async def refresh_more(self, chat_id: str, *, now: datetime) -> None:
        """Keep the message about flags without a card up to date."""
        async with self._open_work() as work:
            watched = await work.watches.get(chat_id)
            waiting = await work.flags.waiting([chat_id])
            await work.commit()
            if watched and watched.desk and watched.more:
                try:
                    await self._tell_more(work, watched, _without_card(waiting), now)
                except DeliveryError as error:
                    log.warning("waiting_not_told", chat=chat_id, reason=error.reason)

    async def _view(self, work: ModerationWork, flag_id: str) -> _View | None:
        flag = await work.flags.get(flag_id)
        watched = await work.watches.get(flag.chat_id) if flag else None
        earlier = await work.flags.earlier(flag.author, flag.chat_id, flag.at) if flag and flag.author else 0
        # Nothing is held while a platform takes its time.
        await work.commit()
        return _View(flag, watched, earlier) if flag and watched else None

    async def _leave(self, work: ModerationWork, view: _View) -> _View:
        """Let go of a card at a chat that is the desk no more, once it says no more what the flag is about."""
        flag, card = view.flag, view.flag.card
        if card and card.message_id:
            told = view.card(Ring(flag.calls)) if flag.closed else Reply((say("card.moved"),), private=False)
            try:
                await self._herald.edit(card.place, card.message_id, told)
            except Blocked as error:
                log.info("card_not_left", flag=flag.id, reason=error.reason)
            except DeliveryError as error:
                # Danger does not wait for that.
                if not flag.label.alerts or view.watched.desk is None:
                    raise
                log.warning("card_not_left", flag=flag.id, reason=error.reason)
        await self._note(work, flag.id, lambda each: replace(each, card=None))
        return replace(view, flag=replace(flag, card=None))

    async def _show(self, work: ModerationWork, view: _View, ring: Ring) -> bool:
        """Change the card, or post one; False where the flag has to wait for it."""
        flag, desk = view.flag, view.watched.desk
        now = self._clock.now()
        if flag.card and flag.card.message_id:
            if ring.people:
                await self._call_again(work, flag.id, flag.card, ring)
            if await self._changed(flag, flag.card, view.card(ring)):
                return True
        if flag.closed or desk is None:
            return True
        if not self._pace(flag.chat_id).take(flag.label, now):
            await self._wait_for_card(work, view, now)
            return False
        await self._post(work, view, desk, ring)
        return True

    async def _post(self, work: ModerationWork, view: _View, desk: Place, ring: Ring) -> None:
        """Post a card: first it is noted that there will be one, then where it stands and who was called with it."""
        flag_id, before = view.flag.id, view.flag.card
        await self._note(work, flag_id, lambda each: replace(each, card=Card(desk, "")))
        try:
            message_id = await self._herald.post(desk, replace(view.card(ring), calls=ring.people))
        except Unknown:
            raise
        except DeliveryError:
            surely_none = before if before and not before.message_id else None
            await self._note(work, flag_id, lambda each: replace(each, card=surely_none))
            raise
        card = Card(desk, message_id)
        await self._note(work, flag_id, lambda each: replace(each, card=card, calls=ring.step), ring)

    async def _call_again(self, work: ModerationWork, flag_id: str, card: Card, ring: Ring) -> None:
        """Call under a card: a message that is changed rings nobody. What was sent is on record at once."""
        again = Reply((say("card.call"),), private=False, calls=ring.people)
        await self._herald.post(card.place, again, answering=card.message_id)
        await self._note(work, flag_id, lambda each: replace(each, calls=ring.step), ring)

    async def _changed(self, flag: Flag, stands: Card, card: Reply) -> bool:
        """Change a card where it stands; False where it is gone."""
        try:
            await self._herald.edit(stands.place, stands.message_id, card)
        except Gone:
            log.info("card_gone", flag=flag.id)
            return False
        return True

    async def _wait_for_card(self, work: ModerationWork, view: _View, now: datetime) -> None:
        """Leave a flag to the sweep, and say at the desk how many wait so."""
        await self._note(work, view.flag.id, lambda each: replace(each, card=None, look_at=now + TRIED_AGAIN_AFTER))
        waiting = await work.flags.waiting([view.watched.chat_id])
        watched = await work.watches.get(view.watched.chat_id)
        await work.commit()
        if watched:
            await self._tell_more(work, watched, _without_card(waiting), now)

    async def _tell_more(self, work: ModerationWork, watched: Watched, count: int, now: datetime) -> None:
        pace = self._pace(watched.chat_id)
        if watched.desk is None or (pace.more_changed_at and now - pace.more_changed_at < MORE_CHANGED_AFTER):
            return
        pace.more_changed_at = now
        told = Reply((say("card.more", count=count) if count else say("card.no_more"),), private=False)
        more = watched.more if count else None
        if watched.more:
            try:
                await self._herald.edit(watched.more.place, watched.more.message_id, told)
            except Gone:
                more = None
        if count and more is None:
            more = Card(watched.desk, await self._herald.post(watched.desk, told))
        if more != watched.more:
            await self._note_watched(work, watched.chat_id, lambda each: replace(each, more=more))

    async def _shown(self, work: ModerationWork, view: _View, ring: Ring, *, stands: bool) -> None:
        """Write down when to look again, and that the desk can be written to."""
        if not stands:
            return
        self._pace(view.watched.chat_id).failing_since = None
        await self._note(work, view.flag.id, lambda each: self._settled(each, uncalled=ring.uncalled))
        if view.watched.desk_lost_at:
            log.info("desk_found_again", chat=view.watched.chat_id)
            await self._note_watched(work, view.watched.chat_id, lambda each: replace(each, desk_lost_at=None))

    async def _failed(self, work: ModerationWork, view: _View, error: DeliveryError) -> None:
        """Have the sweep try again; a desk that is closed to us, or keeps failing, is told of where the members are."""
        flag, chat_id = view.flag, view.watched.chat_id
        log.warning("card_not_shown", flag=flag.id, reason=error.reason)
        now, wait = self._clock.now(), TRIED_AGAIN_AFTER
        if isinstance(error, RateLimited):
            wait = max(wait, error.retry_after)
        lost = isinstance(error, Blocked)
        wait = LOST_TRIED_AFTER if lost else wait
        await self._note(work, flag.id, lambda each: replace(each, look_at=now + wait))
        if view.watched.desk is None:
            return
        newly_lost = lost and view.watched.desk_lost_at is None
        if newly_lost:
            await self._note_watched(work, chat_id, lambda each: replace(each, desk_lost_at=each.desk_lost_at or now))
        pace = self._pace(chat_id)
        pace.failing_since = pace.failing_since or now
        line = say("card.desk_lost") if lost else say("card.desk_fails")
        if tells_of_danger(flag, now) and (lost or now - pace.failing_since >= FAILING_TOLD_AFTER):
            await self._group.tell_of_danger(work, chat_id, now, line)
        elif newly_lost:
            await self._group.tell(view.watched.place, line)

    def _settled(self, flag: Flag, *, uncalled: bool = False) -> Flag:
        return replace(flag, look_at=self._calling.look_again(flag, self._clock.now(), uncalled=uncalled))

    def _pace(self, chat_id: str) -> Pace:
        return self._paces.setdefault(chat_id, Pace())

    async def _note(
        self, work: ModerationWork, flag_id: str, change: Callable[[Flag], Flag], ring: Ring | None = None
    ) -> None:
        """Change a flag as it stands by now; with whom was called for it, if anybody."""
        flag = await work.flags.get(flag_id)
        if flag:
            await work.flags.save(change(flag))
            if ring and ring.people:
                now = self._clock.now()
                self._calling.note(flag, ring, now)
                await work.deeds.add(Deed(flag.chat_id, flag_id, "called", now, detail=str(ring.step)))
        await work.commit()

    async def _note_watched(self, work: ModerationWork, chat_id: str, change: Callable[[Watched], Watched]) -> None:
        watched = await work.watches.get(chat_id)
        if watched:
            await work.watches.save(change(watched))
        await work.commit()


def _is_elsewhere(view: _View) -> bool:
    """Whether a flag's card stands at a chat that is its desk no more."""
    card = view.flag.card
    return card is not None and card.place != view.watched.desk


def _without_card(flags: Sequence[Flag]) -> int:
    return sum(flag.card is None for flag in flags)
