"""What the operator's monitoring is told. It is about the program: no member, no words, no health."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol


class Meter(Protocol):
    """Counts what happens. Names of platforms and of the core's error classes are all that it is given."""

    def sent(self, platform: str, lateness: timedelta) -> None:
        """A reminder was sent, so long after the moment at which it was due."""
        ...

    def failed(self, platform: str, error: str) -> None:
        """A call for a reminder failed; ``error`` is the name of a class of ``bot.errors``."""
        ...

    def reviewed(self, took: timedelta) -> None:
        """A moderator took up a flag for the first time, so long after it was raised."""
        ...


class Unmetered:
    """Fulfils ``Meter`` where nobody watches."""

    def sent(self, platform: str, lateness: timedelta) -> None:
        """See ``Meter``."""

    def failed(self, platform: str, error: str) -> None:
        """See ``Meter``."""

    def reviewed(self, took: timedelta) -> None:
        """See ``Meter``."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What stands in the database just now.

    ``due`` are reminders whose moment has come and that are of use still, being sent or not, without those that are
    kept until quiet hours are over; ``waiting_seconds`` is how long ago the oldest of them was due. ``untold`` are
    reminders that ended within the last day without surely arriving and that their members have not heard of, by
    status.
    ``flags_open`` are flags that no moderator has closed, by label.
    """

    due: int = 0
    waiting_seconds: float = 0.0
    untold: Mapping[str, int] = field(default_factory=dict[str, int])
    flags_open: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class Health:
    """Whether this process does its work.

    ``swept_seconds_ago`` is None where this process sends no reminders. ``platforms`` are those that it is to be
    connected to, by name.
    """

    database: bool
    sweeps: bool
    swept_seconds_ago: float | None = None
    platforms: Mapping[str, bool] = field(default_factory=dict[str, bool])

    def is_well(self, most_seconds: float) -> bool:
        """Whether everything runs, a sweep having ended within so many seconds."""
        swept = not self.sweeps or (self.swept_seconds_ago is not None and self.swept_seconds_ago <= most_seconds)
        return self.database and swept and all(self.platforms.values())
