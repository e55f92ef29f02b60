"""How names typed by people are compared: folded, and forgiving one slip of the finger."""

import unicodedata
from typing import Final

from babel import Locale, UnknownLocaleError

__all__ = ["LONGEST", "fold", "locale_of", "one_slip_apart"]

# No country, city or zone name comes near this many characters; whatever is longer is not a name.
LONGEST: Final = 100

_FIRST_MARK: Final = "\u0300"
_LAST_MARK: Final = "\u036f"

# Letters that Unicode does not take apart into a base and a mark, though people type the base.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "æ": "ae", "œ": "oe", "þ": "th"}
)

# Signs inside names that people leave out or swap: "Saint-Denis", "St. Louis"; and those that do not part a name in
# two: "L'Aquila", with each of the signs that stand for an apostrophe.
_PARTING: Final = dict.fromkeys("-_.,;:/()&\u2010\u2011\u2013\u2014", " ")
_JOINING: Final = dict.fromkeys("'`\u00b4\u02bb\u02bc\u2018\u2019", "")
_SIGNS: Final = str.maketrans(_PARTING | _JOINING)


def fold(text: str) -> str:
    """Bring a name to the form in which names are compared: no case, no accents, no signs, single spaces.

    Only the marks of Latin, Greek and Cyrillic letters go; the vowel signs of other scripts carry meaning and stay.
    """
    folded = text.casefold()
    if not folded.isascii():
        apart = unicodedata.normalize("NFKD", folded)
        unmarked = "".join(letter for letter in apart if not _FIRST_MARK <= letter <= _LAST_MARK)
        folded = unicodedata.normalize("NFC", unmarked).translate(_PLAIN)
    return " ".join(folded.translate(_SIGNS).split())


def one_slip_apart(typed: str, name: str) -> bool:
    """Say whether one letter more, less, other, or two neighbours swapped turn one text into the other."""
    if abs(len(typed) - len(name)) > 1:
        return False
    shorter, longer = sorted((typed, name), key=len)
    start = 0
    while start < len(shorter) and shorter[start] == longer[start]:
        start += 1
    if len(shorter) < len(longer):
        return shorter[start:] == longer[start + 1 :]
    swapped = longer[start : start + 2][::-1] + longer[start + 2 :]
    return shorter[start + 1 :] == longer[start + 1 :] or shorter[start:] == swapped


def locale_of(language: str) -> Locale:
    """Return the locale of a language tag such as ``de`` or ``pt-BR``; English where nobody knows the tag."""
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError, TypeError):
        return Locale("en")
