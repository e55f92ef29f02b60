"""Countries: their names, their care region, and where people there find help.

Names come from Babel, codes from the time zone database (ISO 3166-1), numbers from ``countries.toml``, which says for
each one where it was read, when, and how sure we are.
"""

import tomllib
from dataclasses import dataclass, field
from datetime import date
from functools import cache, lru_cache
from importlib import resources
from typing import ClassVar, Final, Literal

from babel import Locale
from babel.core import get_global
from pydantic import ConfigDict, TypeAdapter

from bot.places.names import LONGEST, fold, locale_of, one_slip_apart

__all__ = [
    "Channel",
    "Confidence",
    "Country",
    "Line",
    "Region",
    "all_countries",
    "common_countries",
    "country",
    "country_name",
    "emergency_of_the_eu",
    "find_country",
    "finders",
    "ms_finders",
]

Region = Literal["US", "UK", "EU", "other"]
Channel = Literal["call", "text", "chat", "email", "web"]
# "V" was seen in one source, "S" in several that agree. There is no letter for what nobody checked.
Confidence = Literal["V", "S"]

# Shorter words are one slip away from too many names.
_SHORTEST_SLIP: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A service that answers people, and what is known of how to reach it.

    Numbers are written as they are dialled in that country; several of them reach the same service. ``hours``,
    ``languages`` and ``free`` are empty or false where the source does not say. ``source`` names what was read,
    ``verified_on`` is the day it was.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: str
    channels: tuple[Channel, ...]
    source: str
    verified_on: date
    confidence: Confidence
    numbers: tuple[str, ...] = ()
    url: str | None = None
    hours: str | None = None
    languages: tuple[str, ...] = ()
    free: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """A country or territory with an ISO 3166-1 code, or Kosovo (``XK``).

    ``region`` decides which monitoring figures apply. ``emergency`` is None where no source confirmed a number; people
    are then told to call their local emergency number. ``crisis`` and ``ms`` may be empty.
    """

    code: str
    region: Region
    emergency: str | None
    crisis: tuple[Line, ...]
    ms: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Emergency:
    """An emergency number and where it was read; with ``members``, the number of all of them."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    number: str
    source: str
    verified_on: date
    confidence: Confidence
    members: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What the file says of one country."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    aliases: tuple[str, ...] = ()
    emergency: _Emergency | None = None
    crisis: tuple[Line, ...] = ()
    ms: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """The whole file."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    common: tuple[str, ...]
    regions: dict[Region, frozenset[str]]
    eu_emergency: _Emergency
    finders: tuple[Line, ...]
    ms_finders: tuple[Line, ...]
    countries: dict[str, _Entry] = field(default_factory=dict[str, _Entry])


def country(code: str) -> Country | None:
    """Return the country with that two-letter code, in either case; None if there is none."""
    code = code.upper()
    if code not in all_countries():
        return None
    sheet = _sheet()
    entry = sheet.countries.get(code, _Entry())
    emergency = entry.emergency or (sheet.eu_emergency if code in sheet.eu_emergency.members else None)
    regions: list[Region] = [region for region, codes in sheet.regions.items() if code in codes]
    return Country(
        code=code,
        region=regions[0] if regions else "other",
        emergency=emergency.number if emergency else None,
        crisis=entry.crisis,
        ms=entry.ms,
    )


@cache
def all_countries() -> frozenset[str]:
    """Return the code of every country: those of ISO 3166-1, and ``XK``, by which Kosovo is known without one."""
    table = (resources.files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    codes = (row.split("\t")[0] for row in table.splitlines() if not row.startswith("#"))
    return frozenset(codes) | {"XK"}


def common_countries() -> tuple[str, ...]:
    """Return the codes of the countries offered as taps, in that order."""
    return _sheet().common


def emergency_of_the_eu() -> str:
    """Return the emergency number of all member states of the European Union."""
    return _sheet().eu_emergency.number


def finders() -> tuple[Line, ...]:
    """Return the directories of crisis lines for every country."""
    return _sheet().finders


def ms_finders() -> tuple[Line, ...]:
    """Return the directories of MS societies for every country."""
    return _sheet().ms_finders


def country_name(code: str, language: str) -> str | None:
    """Return what the country is called in that language, in English if the language is unknown; None if no country."""
    code = code.upper()
    return _territories(locale_of(language))[code] if code in all_countries() else None


def find_country(text: str, language: str) -> tuple[str, ...]:
    """Return the codes of the countries that the text may mean, best first; empty if none.

    Understood are ISO codes, names in English and in that language, and what people say instead ("UK", "Holland",
    "España"). A whole name, code or alias is the only answer; then come names that start with the text, then names
    that hold it as words, then names one slip away from it.
    """
    wanted = fold(text) if len(text) <= LONGEST else ""
    if not wanted:
        return ()
    known = _known_names(str(locale_of(language)))
    if exact := known.get(wanted):
        return (exact,)
    names = sorted(known.items())
    found = [code for name, code in names if name.startswith(wanted)]
    found += [code for name, code in names if f" {wanted} " in f" {name} "]
    if not found and len(wanted) >= _SHORTEST_SLIP:
        found = [code for name, code in names if one_slip_apart(wanted, name)]
    return tuple(dict.fromkeys(found))


@cache
def _sheet() -> _Sheet:
    """Read and check the file."""
    text = (resources.files("bot.places") / "countries.toml").read_text(encoding="utf-8")
    return TypeAdapter(_Sheet).validate_python(tomllib.loads(text))


@lru_cache(maxsize=8)
def _known_names(locale: str) -> dict[str, str]:
    """Return the code by every folded name, code and alias; what stands later in the function wins."""
    names: dict[str, str] = {}
    for alias, codes in _territory_aliases().items():
        if codes[0] in all_countries() and len(codes) == 1 and alias.isalpha():
            names[fold(alias)] = codes[0]
    for language in (Locale("en"), Locale.parse(locale)):
        territories = _territories(language)
        names |= {fold(territories[code]): code for code in all_countries()}
    names |= {fold(alias): code for code, entry in _sheet().countries.items() for alias in entry.aliases}
    return names | {code.casefold(): code for code in all_countries()}


@lru_cache(maxsize=8)
def _territories(locale: Locale) -> dict[str, str]:
    """Return the names of all territories; Babel's English ones where the language has none."""
    # Copied once a language: Babel's own mapping takes longer to ask than all that is done with a name.
    names: dict[str, str] = dict(Locale("en").territories)
    own: dict[str, str] = dict(locale.territories)
    return names | {code: name for code, name in own.items() if name}


@cache
def _territory_aliases() -> dict[str, list[str]]:
    """Return the present codes by older and by three-letter codes, as the Unicode data list them."""
    aliases: dict[str, list[str]] = dict(get_global("territory_aliases"))
    return aliases
