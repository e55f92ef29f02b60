"""The time of day in a phrase: which of its first or last words it takes up, and what it says."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import time

from bot.dates.vocabulary import HALVES, Atom, part_hours

_CLOCK = re.compile(r"p?a?ck?p?|a?qk?p?|p?a?(?P<hour>n)(?:k(?P<minute>n)?)?p?|a?(?P<noon>N)")
# A number alone is no time: one of these kinds must stand beside it.
_SAYS_TIME = frozenset("akpcN")
_HOURS = 24
_MINUTES = 60


@dataclass(frozen=True)
class Clock:
    """A time of day; `bare` where "at 9" leaves open whether it is morning or night."""

    at: time
    bare: bool


def splits(atoms: Sequence[Atom]) -> Iterator[tuple[Sequence[Atom], Clock | None]]:
    """Give every way to part the atoms into a date and a time; the first one has no time in it."""
    yield atoms, None
    for cut in range(1, len(atoms)):
        first, second = atoms[:cut], atoms[cut:]
        # In "a 5 dic 26" the first figure belongs to the month after it.
        if not (first[-1].kind == "n" and second[0].kind == "m"):
            yield from _split(first, second)
        yield from _split(second, first)


def _split(clock_atoms: Sequence[Atom], rest: Sequence[Atom]) -> Iterator[tuple[Sequence[Atom], Clock]]:
    clock = read_clock(clock_atoms)
    # A part of the day that is left over ("tonight" beside 8) would have moved the hour.
    if clock and all(atom.kind != "p" for atom in rest):
        yield rest, clock


def read_clock(atoms: Sequence[Atom]) -> Clock | None:
    """Return the time that these atoms say, all of them; None if they say none."""
    kept = [atom for atom in atoms if atom.kind != ","]
    shape = "".join(atom.kind for atom in kept)
    match = _CLOCK.fullmatch(shape)
    if not match or not _SAYS_TIME & set(shape):
        return None
    if match["noon"]:
        return Clock(time(12), bare=False)
    minutes = _minutes(kept, match)
    if minutes is None:
        return None
    parts = [atom.value for atom in kept if atom.kind == "p"]
    hour, minute = divmod(minutes, _MINUTES)
    if not parts:
        return Clock(time(hour, minute), bare="c" not in shape and 1 <= hour <= 12)  # noqa: PLR2004 - half a day
    hours = set(range(_HOURS))
    for part in parts:
        first, last = part_hours(part)
        hours &= set(range(first, last + 1))
    meant = {hour, (hour + 12) % _HOURS} if 1 <= hour <= 12 else {hour}  # noqa: PLR2004 - half a day
    fitting = meant & hours
    return Clock(time(fitting.pop(), minute), bare=False) if len(fitting) == 1 else None


def _minutes(atoms: Sequence[Atom], match: re.Match[str]) -> int | None:
    """Return the minutes since midnight, or None where there is no such time."""
    if match["hour"]:
        hour, *more = [atom.value for atom in atoms if atom.kind == "n"]
        minute = more[0] if more else 0
        if more and minute < 10:  # noqa: PLR2004 - minutes are written with two figures
            return None
    else:
        atom = next(atom for atom in atoms if atom.kind in "cq")
        if atom.kind == "c":
            return atom.value
        # "9.30" is a time only where a word says so ("um 9.30", "9.30 uhr", "9.30pm"), with two figures of minutes.
        said = any(other.kind in "ak" or (other.kind == "p" and other.value in HALVES) for other in atoms)
        if (
            not said
            or atom.mark != "."
            or atom.value
            or [len(figure) for figure in atom.figures] not in ([1, 2], [2, 2])
        ):
            return None
        hour, minute = map(int, atom.figures)
    return hour * _MINUTES + minute if hour < _HOURS and minute < _MINUTES else None
