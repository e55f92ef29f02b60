"""The stage's clock: it can be set, and runs on only where a person plays by hand."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from bot.care.wallclock import moment


def standing() -> float:
    """Seconds passed on a clock that stands still."""
    return 0.0


@dataclass(slots=True)
class StageClock:
    """Fulfils ``Clock``.

    ``start`` is an aware moment. ``seconds`` tells how much time has passed by itself since any fixed point; the
    default stands still. ``zone`` is the IANA zone in which the stage speaks of time.
    """

    start: datetime
    seconds: Callable[[], float] = standing
    zone: str = "UTC"
    _set_at: float = 0.0

    def __post_init__(self) -> None:
        self.move_to(self.start)

    @classmethod
    def running(cls, start: datetime) -> "StageClock":
        """A clock that runs on in real time from an aware moment."""
        return cls(start, time.monotonic)

    def now(self) -> datetime:
        """See ``Clock``."""
        return self.start + timedelta(seconds=self.seconds() - self._set_at)

    def move_to(self, to: datetime) -> None:
        """Set the clock to an aware moment."""
        self.start = to.astimezone(UTC)
        self._set_at = self.seconds()

    def days_on(self, days: int) -> datetime:
        """The moment so many days from now at which the clocks of the stage's zone show what they show now."""
        local = self.now().astimezone(ZoneInfo(self.zone))
        return moment(local.date() + timedelta(days=days), local.time(), self.zone)

    def shown(self) -> str:
        """The present moment as the stage speaks of it, in English."""
        local = self.now().astimezone(ZoneInfo(self.zone))
        return f"{local:%A} {local.day} {local:%B %Y, %H:%M} {self.zone}"
