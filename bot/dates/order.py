"""Whether 05/12/2026 is a day in December or in May: what CLDR says for a member's country or locale."""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.languages import get_official_languages
from babel.localedata import locale_identifiers


class Order(Enum):
    """The order of day (D), month (M) and year (Y) in a date of figures alone."""

    DAY_FIRST = "DMY"
    MONTH_FIRST = "MDY"
    YEAR_FIRST = "YMD"


BOTH = frozenset({Order.DAY_FIRST, Order.MONTH_FIRST})
"""The order is not known: both readings are offered."""


@lru_cache(maxsize=512)
def orders(locale: str | None, country: str | None) -> frozenset[Order]:
    """Return the orders in which this person may write day and month; one only where nothing speaks against it.

    Source: the short date pattern in CLDR (as Babel 2.18 carries it) of the country's official languages and of the
    full locale. A language without a country counts only if all its countries agree (German yes; English, Spanish no).
    A pattern with the year first (Canada, Sweden) says nothing about 05/12, so there both orders are returned.
    """
    tag = (locale or "").replace("_", "-").split(".")[0]
    language, _, rest = tag.partition("-")
    patterns: list[str] = []
    if country:
        patterns += _of_country(country.upper())
    if rest:
        patterns += _patterns([tag])
    if not patterns and language and not country:
        patterns += _of_language(language.lower())
        # A year-first country beside others (French in Canada) leaves the language's order of day and month as it is.
        patterns = [pattern for pattern in patterns if _order(pattern) is not Order.YEAR_FIRST] or patterns
    found = frozenset(map(_order, patterns))
    return found if len(found) == 1 and Order.YEAR_FIRST not in found else found | BOTH


def _of_country(country: str) -> list[str]:
    if not re.fullmatch(r"[A-Z]{2}", country):
        return []
    return list(_patterns(f"{language}-{country}" for language in get_official_languages(country, de_facto=True)))


def _of_language(language: str) -> list[str]:
    tags = (name.replace("_", "-") for name in sorted(locale_identifiers()) if name.split("_")[0] == language)
    seen: list[str] = []
    for pattern in _patterns(tags):
        seen.append(pattern)
        if BOTH.issubset(map(_order, seen)):
            break
    return seen


def _patterns(tags: Iterable[str]) -> Iterator[str]:
    for tag in tags:
        try:
            yield str(Locale.parse(tag, sep="-").date_formats["short"].pattern)
        except (UnknownLocaleError, ValueError):
            continue


def _order(pattern: str) -> Order:
    places = [pattern.lower().find(letter) for letter in "dmy"]
    day, month, year = places
    if year < day and year < month:
        return Order.YEAR_FIRST
    return Order.MONTH_FIRST if month < day else Order.DAY_FIRST
