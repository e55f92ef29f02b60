"""What each shape of a phrase means as days: the whole grammar is the table at the end of this file."""

import re
from collections.abc import Callable, Sequence

from bot.dates.days import (
    Context,
    Found,
    Prefer,
    bare_weekday,
    coming,
    day_of,
    found,
    moved,
    nth_weekday,
    on_weekday,
    yearly,
)
from bot.dates.figures import in_figures
from bot.dates.vocabulary import MONTH, Atom

_CENTURY = 2000
# A figure below this after a month may as well be an hour ("5 dec 10").
_HOURS = 24


class Phrase:
    """A row of atoms under its shape, with the atoms to be had by their kind."""

    def __init__(self, atoms: Sequence[Atom]) -> None:
        self.atoms = atoms
        self.shape = "".join(atom.kind for atom in atoms)

    def all(self, kinds: str) -> list[int]:
        """Return the values of the atoms of these kinds, in order."""
        return [atom.value for atom in self.atoms if atom.kind in kinds]

    def one(self, kinds: str) -> int:
        """Return the value of the first atom of these kinds."""
        return self.all(kinds)[0]

    def weekday(self) -> int | None:
        """Return the weekday that the phrase names, Monday being 0."""
        return next(iter(self.all("wv")), None)


def days_of(atoms: Sequence[Atom], context: Context) -> list[Found]:
    """Return what every rule finds in the atoms; an empty list where none fits.

    Words said around a date are left out, and a day without a year is then asked about ("it was 5 Dec").
    """
    meant = Phrase([atom for atom in atoms if atom.kind != "s"])
    # "5, 9 dec" is two days, not one.
    if re.search(r"[noOLA],[noOLA]", meant.shape):
        return []
    phrase = Phrase([atom for atom in meant.atoms if atom.kind != ","])
    results = [
        result for pattern, rule in _RULES if pattern.fullmatch(phrase.shape) and (result := rule(phrase, context))
    ]
    with_words_around = len(meant.atoms) < len(atoms)
    if with_words_around and not _names_a_year(phrase):
        return [Found(result.days, sure=False) for result in results]
    return results


def _names_a_year(phrase: Phrase) -> bool:
    return any(atom.kind == "y" or len(atom.figures) > 2 for atom in phrase.atoms)  # noqa: PLR2004 - day, month, year


def _dated(phrase: Phrase, context: Context) -> Found | None:
    """Read "5 Dec 2026", "the second of May", "Dec 5th"."""
    month, day = phrase.one("m"), phrase.one("noO")
    years = phrase.all("y")
    if years:
        return on_weekday(found([day_of(years[0], month, day)]), phrase.weekday())
    return yearly(context, lambda year: day_of(year, month, day), phrase.weekday())


def _short_year(phrase: Phrase, context: Context) -> Found | None:
    """Read "5 Dec 26"; what may be an hour is asked about, with both days."""
    month = phrase.one("m")
    day, short = phrase.all("noO")
    full = day_of(_CENTURY + short, month, day)
    if short >= _HOURS:
        return on_weekday(found([full]), phrase.weekday())
    without = yearly(context, lambda year: day_of(year, month, day))
    return found([full, *(without.days if without else ())], sure=False) if full else None


def _dated_in_named_year(phrase: Phrase, context: Context) -> Found | None:
    """Read "5 Dec next year"."""
    if phrase.one("u") != 12 * MONTH:
        return None
    year = context.today.year + phrase.one("xhl")
    return on_weekday(found([day_of(year, phrase.one("m"), phrase.one("noO"))]), phrase.weekday())


def _dated_in_named_month(phrase: Phrase, context: Context) -> Found | None:
    """Read "the 5th of next month"."""
    month = moved(context.today.replace(day=1), months=phrase.one("xhl"))
    if phrase.one("u") != MONTH or month is None:
        return None
    return on_weekday(found([day_of(month.year, month.month, phrase.one("noO"))]), phrase.weekday())


def _figures(phrase: Phrase, context: Context) -> Found | None:
    """Read 05/12/2026, 5.12. and 2026-12-05."""
    return in_figures(next(atom for atom in phrase.atoms if atom.kind == "q"), phrase.weekday(), context)


def _nth(phrase: Phrase, context: Context) -> Found | None:
    """Read "first Monday in December", "last Friday of January 2027"."""
    nth, weekday, month = phrase.one("oOl"), phrase.one("wv"), phrase.one("m")
    years = phrase.all("y")
    if not -1 <= nth <= 5 or nth == 0:  # noqa: PLR2004 - a month has five Mondays at most
        return None
    if years:
        return found([nth_weekday(years[0], month, nth, weekday)])
    return yearly(context, lambda year: nth_weekday(year, month, nth, weekday))


def _weekday(phrase: Phrase, context: Context) -> Found | None:
    """Read "Friday", "this Friday"."""
    return bare_weekday(context, phrase.one("wv"), this="h" in phrase.shape)


def _next_or_last_weekday(phrase: Phrase, context: Context) -> Found | None:
    """Read "next Friday", "last Friday": people disagree about both, so two days are offered."""
    ahead = coming(context.today, phrase.one("wv"))
    if "x" in phrase.shape:
        first = 7 if ahead == context.today else 0
        return found([moved(ahead, days=first), moved(ahead, days=first + 7)])
    return found([moved(ahead, days=-7), moved(ahead, days=-14)])


def _weekday_of_named_week(phrase: Phrase, context: Context) -> Found | None:
    """Read "Friday next week"; where weeks from Sunday and from Monday differ, both days are offered."""
    if phrase.one("u") != 7:  # noqa: PLR2004 - a week
        return None
    today, weekday = context.today, phrase.one("wv")
    weeks = phrase.one("xhl") * 7
    from_monday = moved(today, days=weekday - today.weekday() + weeks)
    from_sunday = moved(today, days=(weekday + 1) % 7 - (today.weekday() + 1) % 7 + weeks)
    against = "h" in phrase.shape and context.prefer is Prefer.FUTURE and bool(from_monday and from_monday < today)
    return found([from_monday, from_sunday], sure=not against)


def _offset(phrase: Phrase, context: Context) -> Found | None:
    """Read "in 3 weeks", "3 weeks ago", "a week tomorrow", "3 weeks from today"."""
    amount = next(iter(phrase.all("nAL")), 1) * (-1 if "g" in phrase.shape else 1)
    from_day = sum(phrase.all("t"))
    if from_day < 0 and "j" not in phrase.shape:
        # "a week yesterday" looks back.
        return None
    start = moved(context.today, days=from_day)
    months, days = divmod(phrase.one("u"), MONTH)
    # "5 weeks tomorrow" may also look back over five weeks that are then full.
    sure = not re.search(r"n[ub]t", phrase.shape)
    return found([moved(start, days=days * amount, months=months * amount)], sure=sure) if start else None


def _weekday_after_weeks(phrase: Phrase, context: Context) -> Found | None:
    """Read "a week on Monday", "Monday week"; on that very weekday it is asked about."""
    unit, weekday = phrase.one("ub"), phrase.one("wv")
    if unit not in {7, 14}:
        return None
    amount = next(iter(phrase.all("nA")), 1)
    start = coming(context.today, weekday)
    starts = [start, moved(start, days=7)] if start == context.today else [start]
    # "2 weeks Monday" can also count from today.
    return found((moved(day, days=unit * amount) for day in starts if day), sure=amount == 1)


def _weekday_in_weeks(phrase: Phrase, context: Context) -> Found | None:
    """Read "Monday in two weeks": counted from today or from that Monday, so both days are offered."""
    unit = phrase.one("u")
    if unit not in {7, 14}:
        return None
    after = moved(coming(context.today, phrase.one("wv")), days=unit * phrase.one("nA"))
    return found([after, moved(after, days=-7)], sure=False) if after else None


def _day_word(phrase: Phrase, context: Context) -> Found | None:
    """Read "tomorrow", "Friday tomorrow", "tomorrow week"."""
    from_day = phrase.one("t")
    if from_day < 0 and "b" in phrase.shape:
        # "yesterday week" looks back.
        return None
    return on_weekday(found([moved(context.today, days=from_day + sum(phrase.all("b")))]), phrase.weekday())


def _part_of_a_day(phrase: Phrase, context: Context) -> Found | None:
    """Read "tomorrow morning": the day is plain, the hour is not, so it is asked about."""
    return found([moved(context.today, days=phrase.one("t"))], sure=False)


def _day_of_no_month(phrase: Phrase, context: Context) -> Found | None:
    """Read "the 5th", "Friday 13": the two next such days that the preference allows are offered."""
    day, weekday, today = phrase.one("no"), phrase.weekday(), context.today
    first = today.replace(day=1)
    around = [start for months in range(-14, 15) if (start := moved(first, months=months))]
    days = [found_day for start in around if (found_day := day_of(start.year, start.month, day))]
    fitting = [one for one in days if weekday is None or one.weekday() == weekday]
    ahead, behind = [one for one in fitting if one >= today], [one for one in fitting if one <= today][::-1]
    near = {Prefer.FUTURE: ahead[:2], Prefer.PAST: behind[:2], Prefer.EITHER: behind[:1] + ahead[:1]}
    return found(near[context.prefer], sure=False)


_Rule = Callable[[Phrase, Context], Found | None]
_RULES: tuple[tuple[re.Pattern[str], _Rule], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"[wv]?[noO]my?|[wv]?m[noO]y?|[noO]my?[wv]|m[noO]y?[wv]|ym[noO]", _dated),
        (r"[wv]?[noO]mn|[wv]?m[noO]n", _short_year),
        (r"[wv]?[noO]m[xhl]u|[wv]?m[noO][xhl]u|[wv]?[noO]mu[xl]", _dated_in_named_year),
        (r"[wv]?o[xhl]u|[wv]?ou[xl]", _dated_in_named_month),
        (r"[wv]?q|q[wv]", _figures),
        (r"[oOl][wv]i?my?", _nth),
        (r"h?w|h[wv]", _weekday),
        (r"[xl][wv]|[wv][xl]", _next_or_last_weekday),
        (r"[wv][xhl]u|[xhl]u[wv]|[wv]u[xl]", _weekday_of_named_week),
        (r"t?i[nAL]uf?|i[nAL]ut|[nAL]uf|[nAL]uj?t|[nAL]ug|g[nAL]u", _offset),
        (r"[nA]uj?[wv]|[wv]b", _weekday_after_weeks),
        (r"[wv]i[nA]u", _weekday_in_weeks),
        (r"t[wv]?|[wv]t|tb", _day_word),
        (r"tp|pt", _part_of_a_day),
        (r"o|[wv]o|[wv]n", _day_of_no_month),
    )
)
