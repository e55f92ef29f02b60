"""Day arithmetic on the calendar alone: no zones, no clocks, every function total over dates."""

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, timedelta
from enum import Enum

from bot.dates.order import Order, orders

EARLIEST = date(2000, 1, 1)
LATEST = date(2100, 12, 31)
"""The window outside which no round and no lab check of a member can lie, both days included."""

_WEEK = timedelta(days=7)
_YEAR = timedelta(days=366)
# A leap day comes back after eight years at the latest (1896 to 1904, 2096 to 2104).
_YEARS_AROUND = 8


class Prefer(Enum):
    """Where a day without a year, or a bare weekday, lies; EITHER asks, and today counts as both."""

    FUTURE = "future"
    PAST = "past"
    EITHER = "either"


@dataclass(frozen=True)
class Context:
    """What a reading depends on beside the words."""

    today: date
    prefer: Prefer
    locale: str | None
    country: str | None

    @property
    def orders(self) -> frozenset[Order]:
        """The orders of day and month to reckon with, looked up when first needed: CLDR takes time to load."""
        return orders(self.locale, self.country)


@dataclass(frozen=True)
class Found:
    """The days that a phrase can mean; `sure` where no person needs to be asked."""

    days: frozenset[date]
    sure: bool


def found(days: Iterable[date | None], *, sure: bool = True) -> Found | None:
    """Return the days inside the window, sure only if there is exactly one and none was cut off."""
    named = {day for day in days if day}
    inside = frozenset(day for day in named if EARLIEST <= day <= LATEST)
    if not inside:
        return None
    return Found(inside, sure and len(named) == 1)


def day_of(year: int, month: int, day: int) -> date | None:
    """Return the day, or None where the calendar has none (31 February, month 13)."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def moved(day: date, *, days: int = 0, months: int = 0) -> date | None:
    """Return the day so many days and months away; a short month gives its last day; None outside the calendar."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if not MINYEAR <= years <= MAXYEAR:
        return None
    start = date(years, month + 1, min(day.day, monthrange(years, month + 1)[1]))
    try:
        return start + timedelta(days=days)
    except OverflowError:
        return None


def nth_weekday(year: int, month: int, nth: int, weekday: int) -> date | None:
    """Return the nth such weekday of the month (-1 is the last one, Monday is 0), or None if the month has none."""
    first, length = monthrange(year, month)
    places = range(1 + (weekday - first) % 7, length + 1, 7)
    place = nth - 1 if nth > 0 else len(places) + nth
    return day_of(year, month, places[place]) if place < len(places) else None


def yearly(context: Context, in_year: Callable[[int], date | None], weekday: int | None = None) -> Found | None:
    """Return the occurrence that a phrase without a year means, by the preference.

    It is asked about where either side may be meant, and where more than a year lies between (a leap day may be a
    slip).
    Where a weekday was named that does not fit, the occurrence of the years around that it fits is offered too.
    """
    today = context.today
    years = range(max(MINYEAR, today.year - _YEARS_AROUND), min(MAXYEAR, today.year + _YEARS_AROUND) + 1)
    all_days = [day for year in years if (day := in_year(year))]
    coming = min((day for day in all_days if day >= today), default=None)
    gone = max((day for day in all_days if day <= today), default=None)
    sides = {Prefer.FUTURE: [coming], Prefer.PAST: [gone], Prefer.EITHER: [coming, gone]}[context.prefer]
    named = {day for day in sides if day}
    result = found(named, sure=all(abs(day - today) <= _YEAR for day in named))
    if weekday is None or not result or any(day.weekday() == weekday for day in named):
        return on_weekday(result, weekday)
    fitting = [day for day in all_days if day.weekday() == weekday and abs(day - today) <= _YEAR]
    slipped = on_weekday(result, weekday)
    return found([*fitting, *(slipped.days if slipped else ())], sure=False)


def on_weekday(given: Found | None, weekday: int | None) -> Found | None:
    """Hold the days against a weekday that was named with them (Monday is 0).

    Days that fall on it stay; if none does, somebody has slipped, and the nearest such weekday of each is offered too.
    """
    if given is None or weekday is None:
        return given
    fitting = frozenset(day for day in given.days if day.weekday() == weekday)
    if fitting:
        # A weekday settles which of two readings is meant, but does not make a doubtful one sure.
        return Found(fitting, len(fitting) == 1 and (given.sure or len(given.days) > 1))
    nearest = [moved(day, days=(weekday - day.weekday() + 3) % 7 - 3) for day in given.days]
    return found([*given.days, *nearest], sure=False)


def coming(today: date, weekday: int) -> date:
    """Return the first such weekday from today on, today included."""
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def bare_weekday(context: Context, weekday: int, *, this: bool) -> Found | None:
    """Return the day that "friday" or "this friday" means; on that very weekday it is asked about."""
    ahead = coming(context.today, weekday)
    behind = ahead - _WEEK
    if context.prefer is Prefer.FUTURE:
        return found([ahead, ahead + _WEEK] if ahead == context.today else [ahead])
    if ahead == context.today or this or context.prefer is Prefer.EITHER:
        return found([behind, ahead])
    return found([behind])
