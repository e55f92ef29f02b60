"""Treatment rounds: consecutive infusion days under one number, and what makes a list of rounds possible.

The length of a round (5 days the first time, 3 days each later time) is in the US prescribing information, section 2,
and in the EU product information as quoted by MIMS Malaysia (both undated, read in November 2026). A member's centre
may plan otherwise, so these are defaults and not limits.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from bot.errors import MemberError

__all__ = [
    "DAYS",
    "FIRST_DAYS",
    "NUMBERS",
    "Round",
    "check_rounds",
    "default_days",
]

NUMBERS = (1, 12)
"""The lowest and the highest number of a round: wide enough for every course, narrow enough to catch a slip."""

DAYS = (1, 10)
"""The fewest and the most infusion days of a round: room for a round cut short and for one with added days."""

FIRST_DAYS = (date(2000, 1, 1), date(2100, 12, 31))
"""The earliest and the latest first infusion day: wide enough for every course, narrow enough to catch a slip."""


@dataclass(frozen=True, slots=True)
class Round:
    """One round: ``days`` consecutive infusion days from ``first_day`` on, local dates in the member's zone."""

    number: int
    first_day: date
    days: int

    @property
    def last_day(self) -> date:
        """The last infusion day."""
        return self.first_day + timedelta(days=self.days - 1)

    @property
    def infusion_days(self) -> tuple[date, ...]:
        """Every infusion day, in order."""
        return tuple(self.first_day + timedelta(days=passed) for passed in range(self.days))

    def day_number(self, day: date) -> int | None:
        """Return which infusion day ``day`` is, counted from 1; None if it is not one of this round."""
        return (day - self.first_day).days + 1 if self.first_day <= day <= self.last_day else None


def default_days(number: int) -> int:
    """Return how many infusion days the round of this number usually has (source: the module's docstring)."""
    return 5 if number == 1 else 3


def check_rounds(rounds: Iterable[Round]) -> None:
    """Accept rounds that, taken by number, follow one another in time without sharing a day.

    Raises:
        MemberError: ``round.number_range``, ``round.date_range`` or ``round.days_range`` (values ``number``, the value
            itself, ``lowest`` and ``highest``) for one round; ``round.number_taken`` (``number``), ``round.overlap`` or
            ``round.order`` (``number``, ``first_day``, ``other_number``, ``other_first_day``) for two of them.
    """
    by_number = sorted(rounds, key=lambda each: each.number)
    for each in by_number:
        _check_one(each)
    for earlier, later in pairwise(by_number):
        _check_two(earlier, later)


def _check_one(one: Round) -> None:
    if not NUMBERS[0] <= one.number <= NUMBERS[1]:
        raise MemberError("round.number_range", number=one.number, lowest=NUMBERS[0], highest=NUMBERS[1])
    if not FIRST_DAYS[0] <= one.first_day <= FIRST_DAYS[1]:
        raise MemberError(
            "round.date_range",
            number=one.number,
            first_day=one.first_day,
            lowest=FIRST_DAYS[0],
            highest=FIRST_DAYS[1],
        )
    if not DAYS[0] <= one.days <= DAYS[1]:
        raise MemberError("round.days_range", number=one.number, days=one.days, lowest=DAYS[0], highest=DAYS[1])


def _check_two(earlier: Round, later: Round) -> None:
    if earlier.number == later.number:
        raise MemberError("round.number_taken", number=later.number)
    if earlier.last_day < later.first_day:
        return
    key = "round.overlap" if later.last_day >= earlier.first_day else "round.order"
    raise MemberError(
        key,
        number=later.number,
        first_day=later.first_day,
        other_number=earlier.number,
        other_first_day=earlier.first_day,
    )
