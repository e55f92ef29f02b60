"""Read a date as a person types it, in any of the languages of words.toml, and ask rather than guess.

The grammar is our own and decides only what is certain: all words of a text must be known and must have one meaning
together. A second reader (dateparser) is left out on purpose: see README.md beside this file for the figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum

from bot.dates.clock import Clock, splits
from bot.dates.days import EARLIEST, LATEST, Context, Found, Prefer
from bot.dates.rules import days_of
from bot.dates.text import fold, tokens
from bot.dates.vocabulary import Atom, languages, meanings

__all__ = ["EARLIEST", "LATEST", "Prefer", "Problem", "Reading", "is_iso", "read_date"]

_MOST_CHOICES = 4
_ISO_DAY = 10


class Problem(Enum):
    """Why a text gave no single day."""

    AMBIGUOUS = "ambiguous"
    """The text can mean each of the choices: ask."""
    INVALID = "invalid"
    """No day can be read from the text."""


@dataclass(frozen=True)
class Reading:
    """What a text says: either a day or a problem, never both.

    `at` is the wall clock time said with it, or None if the text says none (or the choices differ in it). `choices`
    are one to four days in ascending order if the problem is AMBIGUOUS, else empty. All days lie between EARLIEST and
    LATEST, and are days of the member's own calendar.
    """

    day: date | None
    at: time | None
    choices: tuple[date, ...]
    problem: Problem | None


_INVALID = Reading(None, None, (), Problem.INVALID)


def read_date(
    text: str,
    *,
    today: date,
    now: time | None = None,
    locale: str | None,
    country: str | None = None,
    prefer: Prefer = Prefer.FUTURE,
) -> Reading:
    """Read the one date in a text, for a person whose calendar says today.

    Args:
        text: As typed; longer than sixty characters is invalid.
        today: The person's own day.
        now: The person's wall clock. With it, "today at 8" at half past nine is asked about, not taken as the past.
        locale: The person's language ("en") or full locale ("en-GB"). It is tried first, then English, then the other
            languages together. None: all languages at once.
        country: ISO 3166 code of two letters; with the full locale it says whether 05/12 is in May or in December.
        prefer: Where a day without a year lies.
    """
    folded = fold(text)
    row = tokens(folded) if folded else None
    if not row:
        return _INVALID
    context = Context(today, prefer, locale, country)
    for tier in _tiers(locale):
        understood = [atoms for language in tier for atoms in meanings(row, language)]
        found = {pair for atoms in understood for pair in _readings(atoms, context)}
        if found:
            return _settled(found, context, now)
        if understood:
            # A language that knows every word has the last one: "7 ago" in English is not the Spanish August.
            return _INVALID
    return _INVALID


def is_iso(text: str) -> bool:
    """Say whether a text is an ISO 8601 day (2026-12-05), alone or with its wall clock time (2026-12-05T09:00)."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return False
    # fromisoformat also takes 20261205, week dates, offsets and any sign between day and time.
    written = moment.isoformat(timespec="minutes")
    return moment.tzinfo is None and text in {written, written[:_ISO_DAY]}


def _tiers(locale: str | None) -> Iterable[tuple[str, ...]]:
    if not locale:
        return (languages(),)
    own = locale.replace("_", "-").partition("-")[0].lower()
    first = [(own,)] if own in languages() else []
    return (*first, ("en",), tuple(code for code in languages() if code not in {own, "en"}))


def _readings(atoms: Sequence[Atom], context: Context) -> Iterable[tuple[Found, Clock | None]]:
    for rest, clock in splits(atoms):
        for found in days_of(rest, context):
            yield found, clock


def _settled(found: set[tuple[Found, Clock | None]], context: Context, now: time | None) -> Reading:
    """Take the one day that all readings agree on, or offer the days of all."""
    days = sorted({day for result, _ in found for day in result.days})
    clocks = {clock for _, clock in found}
    clock = clocks.pop() if len(clocks) == 1 else None
    at = clock.at if clock else None
    passed = bool(
        clock and clock.bare and now and clock.at < now and context.prefer is Prefer.FUTURE and days == [context.today]
    )
    if len(days) == 1 and not clocks and not passed and all(result.sure for result, _ in found):
        return Reading(days[0], at, (), None)
    nearest = sorted(days, key=lambda day: abs(day - context.today))[:_MOST_CHOICES]
    return Reading(None, None if passed else at, tuple(sorted(nearest)), Problem.AMBIGUOUS)
