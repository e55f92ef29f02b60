"""Which platforms are to be left alone for now."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from bot.reminders.delivery import SHORTEST_PAUSE
from bot.reminders.ports import CLOCKS_DIFFER, MOST_HOLD, ReminderWork

REFUSED_PAUSE = timedelta(minutes=5)
"""How long a platform is left alone that lets nobody in until the operator has put something right."""

_SAY_AGAIN_AFTER = timedelta(hours=1)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Holding:
    """Until when each platform is to be left alone: what this process knows, with what the database held when read.

    Beside each stands when this process learnt it: after a clock that was ahead is put right, it counts no more.
    """

    _until: dict[str, tuple[datetime, datetime]] = field(
        default_factory=dict[str, tuple[datetime, datetime]], init=False
    )
    _refusals_said: dict[str, datetime] = field(default_factory=dict[str, datetime], init=False)

    def hold(self, platform: str, pause: timedelta, now: datetime) -> datetime:
        """Leave a platform alone for a while; until when that is, with what was held before."""
        wanted = now + min(max(pause, SHORTEST_PAUSE), MOST_HOLD)
        return self._note(platform, wanted, now)

    def until(self, platform: str, now: datetime) -> datetime | None:
        """Until when a platform is held; None where it may be called."""
        until, learnt = self._until.get(platform, (now, now))
        return until if learnt <= now + CLOCKS_DIFFER and now < until <= now + MOST_HOLD else None

    async def read(self, work: ReminderWork, now: datetime) -> None:
        """Learn what other processes, and this one before it started again, were asked to leave alone."""
        kept: Mapping[str, datetime] = await work.holds.until(now)
        for platform, until in kept.items():
            self._note(platform, until, now)

    def _note(self, platform: str, until: datetime, now: datetime) -> datetime:
        until = max(until, self.until(platform, now) or until)
        self._until[platform] = until, now
        return until

    def say_refused(self, platform: str, reason: str, now: datetime) -> None:
        """Tell the operator that a platform lets this program in no more: once an hour at most."""
        said = self._refusals_said.get(platform)
        if said is not None and said <= now < said + _SAY_AGAIN_AFTER:
            return
        self._refusals_said[platform] = now
        log.error(
            "platform_refuses",
            platform=platform,
            reason=reason,
            what_to_do="Check that the platform's token is still valid; put a new one into the settings and restart.",
        )
