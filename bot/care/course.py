"""Everything that a member entered about their treatment, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from bot.care.labs import Check
from bot.care.rounds import Round

__all__ = ["Course"]


@dataclass(frozen=True, slots=True)
class Course:
    """A member's rounds and recorded checks.

    ``skipped`` are due dates set aside ("not this month"). ``put_off`` maps a due date to the day on which to
    remind of it instead. ``seen`` are the days of checks whose result the team is known to have seen; ``ask_again``
    maps such a day to the one on which to ask once more. ``extended_until`` is set when the member goes on after
    monitoring would have ended. All are local dates.
    """

    rounds: tuple[Round, ...] = ()
    checks: tuple[Check, ...] = ()
    skipped: frozenset[date] = frozenset()
    put_off: Mapping[date, date] = field(default_factory=dict[date, date])
    seen: frozenset[date] = frozenset()
    ask_again: Mapping[date, date] = field(default_factory=dict[date, date])
    extended_until: date | None = None

    def find_round(self, number: int) -> Round | None:
        """The round of this number; None if there is none."""
        return next((each for each in self.rounds if each.number == number), None)

    def with_round(self, one: Round) -> "Course":
        """The course with this round added, or in place of the one of the same number."""
        others = [each for each in self.rounds if each.number != one.number]
        return replace(self, rounds=tuple(sorted([*others, one], key=lambda each: each.number)))

    def without_round(self, number: int) -> "Course":
        """The course without the round of this number."""
        return replace(self, rounds=tuple(each for each in self.rounds if each.number != number))

    def with_check(self, check: Check) -> "Course":
        """The course with this check recorded; one of the same day is replaced."""
        others = [each for each in self.checks if each.day != check.day]
        return replace(self, checks=tuple(sorted([*others, check], key=lambda each: each.day)))

    def without_check(self, day: date) -> "Course":
        """The course without the check of this day."""
        return replace(self, checks=tuple(each for each in self.checks if each.day != day))
