"""How far it is to the next round, how long since the last infusion day, and the dates worth a word in between."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from bot.care.months import months_after
from bot.care.rounds import Round

__all__ = ["Countdown", "Milestone", "countdown", "earliest_next_round", "milestones", "time_since_last"]

_MILESTONE_MONTHS = (3, 6, 9, 12)
_BETWEEN_ROUNDS_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Countdown:
    """The round that runs, or else the next one.

    ``days_until`` is 0 while it runs; ``infusion_day``, counted from 1, is None until it does; ``days`` is its length.
    """

    round_number: int
    first_day: date
    days_until: int
    infusion_day: int | None
    days: int


@dataclass(frozen=True, slots=True)
class Milestone:
    """The day that lies ``months`` calendar months after the last infusion day of a round."""

    round_number: int
    months: int
    day: date


def countdown(rounds: Collection[Round], today: date) -> Countdown | None:
    """Return the running round, else the next one to come; None if every round is completed."""
    nearest = min((each for each in rounds if each.last_day >= today), key=_first_day, default=None)
    if nearest is None:
        return None
    days_until = max((nearest.first_day - today).days, 0)
    return Countdown(nearest.number, nearest.first_day, days_until, nearest.day_number(today), nearest.days)


def time_since_last(rounds: Collection[Round], today: date) -> int | None:
    """Return the days since the latest infusion day before today; None if there was none yet."""
    past = [(today - day).days for each in rounds for day in each.infusion_days if day < today]
    return min(past, default=None)


def milestones(rounds: Collection[Round]) -> tuple[Milestone, ...]:
    """Return the days 3, 6, 9 and 12 calendar months after each round's last infusion day, round by round."""
    return tuple(
        Milestone(each.number, months, months_after(each.last_day, months))
        for each in sorted(rounds, key=_first_day)
        for months in _MILESTONE_MONTHS
    )


def earliest_next_round(rounds: Collection[Round]) -> date | None:
    """Return the day 12 calendar months after the last infusion day; None without rounds.

    Orientation only: the member's centre sets the date. That a further round comes at least 12 months after the last
    dose is in the US label, section 2 (undated copy), and the EU product information as quoted by MIMS Malaysia
    (undated), both read in November 2026; neither names an upper limit.
    """
    last_day = max((each.last_day for each in rounds), default=None)
    return None if last_day is None else months_after(last_day, _BETWEEN_ROUNDS_MONTHS)


def _first_day(one: Round) -> date:
    return one.first_day
