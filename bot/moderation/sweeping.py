"""What happens to flags while nobody presses anything: cards that are missing, claims that lapse, calls that go on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from bot.chat.ports import Herald
from bot.chat.replies import Button, Reply, Tone, rows, say
from bot.errors import DeliveryError
from bot.moderation.calling import ANSWERED_AGAIN_AFTER, DANGER_TOLD_AGAIN, TRIED_AGAIN_AFTER, OpenWork, tells_of_danger
from bot.moderation.cards import LABELS
from bot.moderation.desk import LABEL_CODES, SWITCH_ON
from bot.moderation.figures import figure_lines, flags_since, summary_of
from bot.moderation.flag import Answered, Deed, Flag, State
from bot.moderation.policy import QUOTES_KEPT_FOR, Mode, Watched
from bot.moderation.ports import ModerationWork
from bot.moderation.posting import Posting
from bot.moderation.telling import Telling
from bot.triage.assessment import Label

MOST_AT_ONCE = 20
"""Flags that one sweep takes up."""

FIRST_FIGURES_AFTER = timedelta(days=7)

_REMINDED_FIRST, _REMINDED_LATER = timedelta(days=1), timedelta(days=7)
_CARDS_CLEARED_FOR = timedelta(days=7)  # an upkeep that did not run so long still clears every card
_MOST_CALLED = 10
_MORE_LOOKED_AT = timedelta(seconds=15)

log = structlog.get_logger()

Finish = Callable[[str, datetime], Awaitable[None]]


class Sweeping:
    """Keeps flags going. ``finish`` says what a crash kept from being said."""

    def __init__(self, open_work: OpenWork, herald: Herald, posting: Posting, finish: Finish | None = None) -> None:
        self._open_work = open_work
        self._herald = herald
        self._posting = posting
        self._telling = Telling(herald)
        self._finish = finish
        self._more_at: datetime | None = None

    async def sweep(self, now: datetime) -> None:
        """Take up the flags at which the bot is to look by now; what goes wrong with one stops no other."""
        for flag in await self._due(now):
            try:
                await self._take_up(flag, now)
            except Exception as error:  # noqa: BLE001 - one flag's fault must not silence the others
                log.error("flag_not_taken_up", flag=flag.id, error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
        if self._more_at is None or now - self._more_at >= _MORE_LOOKED_AT:
            self._more_at = now
            for watched in await self._all():
                if watched.more:
                    await self._posting.refresh_more(watched.chat_id, now=now)

    async def upkeep(self, now: datetime) -> None:
        """Erase what is too old, remind communities without a desk, and show the first week's figures."""
        for flag in await self._purged(now):
            # What is no longer kept leaves the card as well.
            await self._posting.show(flag.id)
        everything = await self._all()
        desks = [watched.desk for watched in everything if watched.desk]
        for watched in everything:
            if watched.place in desks:
                continue  # it has become the moderators' chat of another group
            if watched.desk is None:
                await self._remind(watched, now)
            elif not watched.reported and now - watched.since >= FIRST_FIGURES_AFTER:
                await self._report(watched)

    async def _due(self, now: datetime) -> Sequence[Flag]:
        """The flags that are due, put off for a minute, so that one that fails does not hold up the rest."""
        async with self._open_work() as work:
            found = await work.flags.due(now, MOST_AT_ONCE)
            for flag in found:
                await work.flags.save(replace(flag, look_at=now + TRIED_AGAIN_AFTER))
            await work.commit()
        return found

    async def _all(self) -> Sequence[Watched]:
        async with self._open_work() as work:
            return await work.watches.all()

    async def _take_up(self, flag: Flag, now: datetime) -> None:
        if flag.answered is Answered.PENDING and self._finish:
            try:
                await self._finish(flag.id, now)
            except Exception as error:  # noqa: BLE001 - the moderators are shown it whatever keeps the answer back
                log.error("answer_not_finished", flag=flag.id, error=type(error).__name__)  # noqa: TRY400 - a traceback could hold values
        async with self._open_work() as work:
            watched = await work.watches.get(flag.chat_id)
            lapsed = await self._give_back(work, flag.id, now)
            await self._telling.tell(work, flag.id, now)
            rings = lapsed and flag.label is Label.CRISIS
            await self._posting.show_with(work, flag.id, calling=rings, due=not lapsed, returned=lapsed)
            if watched and watched.desk is None:
                await self._without_desk(work, flag.id, now)

    async def _give_back(self, work: ModerationWork, flag_id: str, now: datetime) -> bool:
        """Give a claim that has lapsed back to all, its calls anew; False where there is none, or it was renewed."""
        flag = await work.flags.get(flag_id)
        lapsed = flag and flag.state is State.CLAIMED and flag.claimed_until and flag.claimed_until <= now
        if flag and lapsed:
            back = replace(flag, state=State.OPEN, claimed_by=None, claimed_until=None, calls=0)
            await work.flags.save(back)
            await work.deeds.add(Deed(flag.chat_id, flag.id, "lapsed", now))
            log.info("claim_lapsed", flag=flag.id)
        await work.commit()
        return bool(lapsed)

    async def _without_desk(self, work: ModerationWork, flag_id: str, now: datetime) -> None:
        """Leave it to ``/flags``; of danger the moderators are told in their group, without a word of what it is."""
        flag = await work.flags.get(flag_id)
        await work.commit()
        if flag is None or flag.closed:
            return
        moments = [flag.claimed_until if flag.state is State.CLAIMED else None]
        if flag.card:
            # It still stands at a chat that was the desk, which could not be asked to let it go.
            moments.append(now + TRIED_AGAIN_AFTER)
        if tells_of_danger(flag, now):
            waiting = await work.flags.waiting([flag.chat_id])
            await work.commit()
            line = say("setup.no_desk_waiting", count=max(len(waiting), 1))
            moments.append(await self._posting.tell_of_danger(work, flag.chat_id, line))
        if flag.answered is Answered.PENDING:
            moments.append(now + ANSWERED_AGAIN_AFTER)
        again = min((moment for moment in moments if moment), default=None)
        latest = await work.flags.get(flag_id)
        if latest:
            await work.flags.save(replace(latest, look_at=again))
        await work.commit()

    async def _purged(self, now: datetime) -> Sequence[Flag]:
        """Erase what is too old; the flags whose cards told more than is kept by now."""
        before = now - QUOTES_KEPT_FOR
        old: list[Flag] = []
        async with self._open_work() as work:
            for watched in await work.watches.all():
                tallies = await work.flags.tallies(watched.chat_id, before - _CARDS_CLEARED_FOR)
                old += [flag for each in tallies if each.at < before and (flag := await work.flags.get(each.id))]
            erased = await work.flags.purge(before)
            latest = [(flag, await work.flags.get(flag.id)) for flag in old]
            await work.people.purge(now)
            await work.commit()
        if erased:
            log.info("flags_purged", count=erased)
        return [flag for flag, left in latest if flag.card and left != flag]

    async def _remind(self, watched: Watched, now: datetime) -> None:
        """Tell a community without a desk so at first, and again while flags wait: after a day, then every week."""
        last, danger = watched.reminded_at, watched.danger_told_at
        if danger and now - danger < DANGER_TOLD_AGAIN:
            return
        if last:
            wait = _REMINDED_FIRST if last - watched.since < _REMINDED_FIRST else _REMINDED_LATER
            async with self._open_work() as work:
                waiting = await work.flags.waiting([watched.chat_id])
            if now - last < wait or not waiting:
                return
        await self._tell_no_desk(watched, now)

    async def _tell_no_desk(self, watched: Watched, now: datetime) -> None:
        async with self._open_work() as work:
            latest = await work.watches.get(watched.chat_id)
            if latest is None or latest.desk or latest.reminded_at != watched.reminded_at:
                return
            count = len(await work.flags.waiting([watched.chat_id]))
            # On record first: a reminder less is better than the same one every few seconds.
            await work.watches.save(replace(latest, reminded_at=now))
            await work.commit()
        line = say("setup.no_desk_waiting", count=count) if count else say("setup.no_desk_yet")
        try:
            moderators = await self._herald.moderators(watched.place)
            reply = Reply((line,), private=False, calls=moderators[:_MOST_CALLED] if count else ())
            await self._herald.post(watched.place, reply)
        except DeliveryError as error:
            log.warning("no_desk_not_told", chat=watched.chat_id, reason=error.reason)

    async def _report(self, watched: Watched) -> None:
        """Show the first week's figures at the desk, with a button to switch each label on that is in shadow."""
        async with self._open_work() as work:
            latest = await work.watches.get(watched.chat_id)
            if latest is None or latest.desk is None or latest.reported:
                return
            flags = await flags_since(work, latest.chat_id, latest.since)
            summary = await asyncio.to_thread(summary_of, flags)
            await work.watches.save(replace(latest, reported=True))
            await work.commit()
        shadow = [label for label, handling in latest.handling.items() if handling.mode is Mode.SHADOW]
        taps = [
            Button(
                say("button.setup_switch_on", label=LABELS[label]), SWITCH_ON, (latest.chat_id, LABEL_CODES[label]),
                Tone.YES, anyone=True,
            )
            for label in shadow
        ]  # fmt: skip
        lines = (say("setup.first_figures"), *figure_lines(summary), *([say("setup.offer_switch")] if taps else ()))
        reply = Reply(lines, title=say("setup.first_figures_title"), buttons=rows(*taps, width=1), private=False)
        try:
            await self._herald.post(latest.desk, reply)
        except DeliveryError as error:
            log.warning("figures_not_posted", chat=latest.chat_id, reason=error.reason)
            await self._report_later(latest.chat_id)

    async def _report_later(self, chat_id: str) -> None:
        async with self._open_work() as work:
            latest = await work.watches.get(chat_id)
            if latest:
                await work.watches.save(replace(latest, reported=False))
            await work.commit()
