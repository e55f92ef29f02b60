"""The words of words.toml as atoms: what a word or number means, one letter a kind.

A phrase becomes a row of atoms, and their letters together (its shape) are what the rules match:

===== ================================ ===== ================================
n     number of one or two digits      u     unit of time (month count * 1000, or days)
L     number of three digits           i g   "in", "ago"
A     "a", "an" as one                 f j   "from now", "from"
y     year of four digits              t     today, tomorrow … (days from today)
o O   ordinal in figures, in words     x h l next, this, last
q     figures with separators          a k   "at", "o'clock"
m     month                            c N   clock (minutes), noon
w v   weekday, weekday cut short       p     part of the day
s     said around the date             b     "week" in "Monday week"
,     comma
===== ================================ ===== ================================
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import prod
from pathlib import Path
from typing import cast

from bot.dates.text import fold, tokens

MONTH = 1000
"""A unit's value counts days below this figure, and months in multiples of it."""


@dataclass(frozen=True)
class Atom:
    """A word or number with one meaning; `figures` and `mark` belong to kind q alone.

    "5.12." has the figures 5 and 12, the mark "." and the value 1, since a point ends it.
    """

    kind: str
    value: int = 0
    figures: tuple[str, ...] = ()
    mark: str = ""


_Table = dict[str, list[str]]
_COUNTED = {
    "months": ("m", 1),
    "weekdays": ("w", 0),
    "weekdays_short": ("v", 0),
    "numbers": ("n", 1),
    "ordinals": ("O", 1),
}
_NAMED = {
    "one": ("A", 1),
    "last": ("l", -1),
    "next": ("x", 1),
    "this": ("h", 0),
    "before_yesterday": ("t", -2),
    "yesterday": ("t", -1),
    "today": ("t", 0),
    "tomorrow": ("t", 1),
    "after_tomorrow": ("t", 2),
    "day": ("u", 1),
    "week": ("u", 7),
    "fortnight": ("u", 14),
    "week_later": ("b", 7),
    "month": ("u", MONTH),
    "year": ("u", 12 * MONTH),
    "in": ("i", 0),
    "ago": ("g", 0),
    "from_now": ("f", 0),
    "from": ("j", 0),
    "at": ("a", 0),
    "clock": ("k", 0),
    "noon": ("N", 12 * 60),
    "said": ("s", 0),
}
# The hours that each part of the day may mean, both included.
PARTS = {
    "am": (0, 11),
    "pm": (12, 23),
    "morning": (1, 11),
    "afternoon": (12, 18),
    "evening": (16, 23),
    "night": (18, 23),
}
_PART_NAMES = tuple(PARTS)
HALVES = frozenset({_PART_NAMES.index("am"), _PART_NAMES.index("pm")})
"""The values of the atoms for a.m. and p.m., which unlike "evening" make a time of any figures beside them."""
# Where a language needs no word for one ("za tydzień", "tydzień temu"), the whole phrase is listed.
_ONE = Atom("A", 1)
_WHOLE = {
    "in_a_week": (Atom("i"), _ONE, Atom("u", 7)),
    "in_a_month": (Atom("i"), _ONE, Atom("u", MONTH)),
    "in_a_year": (Atom("i"), _ONE, Atom("u", 12 * MONTH)),
    "a_week_ago": (_ONE, Atom("u", 7), Atom("g")),
    "a_month_ago": (_ONE, Atom("u", MONTH), Atom("g")),
    "a_year_ago": (_ONE, Atom("u", 12 * MONTH), Atom("g")),
}
_LONGEST_PHRASE = 4
_MOST_MEANINGS = 64

_Meanings = tuple[tuple[Atom, ...], ...]


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that words.toml has, as two letters each."""
    return tuple(_words())


def meanings(row: tuple[str, ...], language: str) -> list[tuple[Atom, ...]]:
    """Return every row of atoms that the tokens can mean in a language.

    None where a word is not known, or where so many words have two meanings that nothing certain can come of it.
    """
    vocabulary = _vocabulary(language)
    parts: list[_Meanings] = []
    at = 0
    while at < len(row):
        for size in range(min(_LONGEST_PHRASE, len(row) - at), 0, -1):
            meant = vocabulary.get(" ".join(row[at : at + size])) or (_figures(row[at]) if size == 1 else None)
            if meant:
                parts.append(meant)
                at += size
                break
        else:
            return []
    if prod(map(len, parts)) > _MOST_MEANINGS:
        return []
    return [sum(combination, ()) for combination in product(*parts)]


def part_hours(value: int) -> tuple[int, int]:
    """Return the first and last hour that a part of the day (the value of an atom of kind p) may mean."""
    return PARTS[_PART_NAMES[value]]


def _figures(written: str) -> _Meanings | None:
    """Return what a token that is no word means, or None if it is nothing that a date is made of."""
    if written == ",":
        return ((Atom(","),),)
    if written.isdecimal():
        kind = {1: "n", 2: "n", 3: "L", 4: "y"}.get(len(written))
        return ((Atom(kind, int(written)),),) if kind else None
    if clock := re.fullmatch(r"([01]?\d|2[0-3])[:h]([0-5]\d)(?::00)?", written):
        return ((Atom("c", int(clock[1]) * 60 + int(clock[2])),),)
    if ordinal := re.fullmatch(r"(\d{1,2})(?:\.|[a-z]+)", written):
        return ((Atom("o", int(ordinal[1])),),)
    if figures := re.fullmatch(r"\d+([./-])\d+(?:\1\d+)*(\.?)", written):
        mark, end = figures.groups()
        return ((Atom("q", len(end), tuple(written.removesuffix(".").split(mark)), mark),),)
    return None


@cache
def _words() -> dict[str, _Table]:
    return cast("dict[str, _Table]", tomllib.loads(Path(__file__).with_name("words.toml").read_text("utf-8")))


@cache
def _vocabulary(language: str) -> dict[str, _Meanings]:
    found: dict[str, list[tuple[Atom, ...]]] = {}
    for spelling, meant in _entries(_words()[language]):
        found.setdefault(" ".join(tokens(fold(spelling) or "") or ()), []).append(meant)
    return {spelling: tuple(meant) for spelling, meant in found.items()}


def _entries(table: _Table) -> Iterator[tuple[str, tuple[Atom, ...]]]:
    for name, (kind, first) in _COUNTED.items():
        for value, spellings in enumerate(table[name], first):
            # A language whose word for 1 is its article leaves the first number empty.
            yield from ((spelling, (Atom(kind, value),)) for spelling in spellings.split("|") if spelling)
    for name, (kind, value) in _NAMED.items():
        yield from ((spelling, (Atom(kind, value),)) for spelling in table.get(name, ()))
    for value, name in enumerate(_PART_NAMES):
        yield from ((spelling, (Atom("p", value),)) for spelling in table.get(name, ()))
    for name, meant in _WHOLE.items():
        yield from ((spelling, meant) for spelling in table.get(name, ()))
    night = Atom("p", _PART_NAMES.index("night"))
    for spelling in table["tonight"]:
        # "tonight at 8" and "at 8 tonight": the part of the day stands beside the clock either way.
        yield spelling, (Atom("t"), night)
        yield spelling, (night, Atom("t"))
    yield from ((spelling, ()) for spelling in table["glue"])
