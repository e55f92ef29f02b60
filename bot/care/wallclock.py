"""Wall-clock rules: what a day and a time of day mean in a member's zone.

The only module that speaks to ``whenever``, whose interface may still change before its version 1.0.
"""

from datetime import date, datetime, time
from functools import cache
from zoneinfo import available_timezones

from whenever import Instant, PlainDateTime

__all__ = ["moment", "today", "zone_exists"]

# Both stand in the zone database without being a place: one is a marker for "not set up", one is the machine's own.
_NOT_A_PLACE = frozenset({"Factory", "localtime"})


def moment(day: date, at: time, zone: str) -> datetime:
    """Return the UTC moment at which the clocks in ``zone`` show ``at`` on ``day``.

    A time that the clocks skip means the first valid moment after it: 02:30 in a gap from 02:00 to 03:00 is 03:00, and
    any time on a day that a zone left out is the start of the following day. A time shown twice means the first one.

    Raises:
        ValueError: ``at`` carries a zone of its own, ``zone`` is unknown, or the moment lies outside years 1 to 9999.
    """
    if at.tzinfo is not None:
        raise ValueError("a time of day carries no zone of its own")
    wanted = PlainDateTime(datetime.combine(day, at))
    # The stubs leave one half of the zone's type open; a zone is always a name here.
    found = wanted.assume_tz(zone, disambiguation="earlier")  # pyright: ignore[reportUnknownMemberType]
    # Only in a gap does the earlier reading show less than was asked for; the gap ends at the transition that follows.
    # A transition that merely renames the zone may lie between, hence the loop.
    while found.to_plain() < wanted and (following := found.next_transition()) is not None:
        found = following
    return found.to_instant().to_stdlib()


def today(now: datetime, zone: str) -> date:
    """Return the local date in ``zone`` at the moment ``now``.

    Raises:
        ValueError: ``now`` is naive, ``zone`` is unknown, or the date lies outside years 1 to 9999.
    """
    return Instant(now).to_tz(zone).date().to_stdlib()  # pyright: ignore[reportUnknownMemberType] - as above


def zone_exists(name: str) -> bool:
    """Say whether ``name`` is a place in the IANA zone database, spelled exactly."""
    return name in _places()


@cache
def _places() -> frozenset[str]:
    return frozenset(available_timezones()) - _NOT_A_PLACE
