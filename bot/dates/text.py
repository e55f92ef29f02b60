"""From what somebody typed to plain tokens: folded, without accents, every digit an ASCII one."""

import re
import unicodedata

LONGEST = 60
"""The most characters a text may have to be read as a date."""

_UNDECOMPOSED = str.maketrans({"ł": "l", "ø": "o", "\u2018": "'", "\u2019": "'"})
_TOKEN = re.compile(
    r"""
      \d{1,2}(?:st|nd|rd|th|er|ste|de|e|o|a)(?![^\W\d_])   # 5th, 1er, 5o
    | \d{1,2}:\d{2}(?::00)?(?!\d)                          # 14:30
    | \d{1,2}h\d{2}(?!\d)                                  # 9h30
    | \d+(?:[./-]\d+)*\.?                                  # 5 · 5. · 05/12/2026 · 5.12.
    | [^\W\d_]+
    | ,
    """,
    re.VERBOSE,
)
_ISO_CLOCK = re.compile(r"(?<=\d{4}-\d\d-\d\d)t(?=\d)")
_APOSTROPHE_IN_A_WORD = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
# A hyphen joins words ("segunda-feira", "5-Dec-2026"); between two figures it stays, since there it may be a range.
_HYPHEN_AT_A_LETTER = re.compile(r"(?<=[^\W\d_])-(?=\w)|(?<=\w)-(?=[^\W\d_])")


def fold(text: str) -> str | None:
    """Return the text in lower case without accents, or None if no date is typed like that.

    None means: longer than LONGEST, control or direction marks, unassigned characters, or accents piled on a letter.
    """
    if len(text) > LONGEST:
        return None
    plain = unicodedata.normalize("NFKC", text.strip()).casefold()
    # NFKC has joined every accent of our languages to its letter: what still stands alone was piled up.
    if any(unicodedata.category(sign)[0] in "CM" for sign in unicodedata.normalize("NFC", plain)):
        return None
    letters = (sign for sign in unicodedata.normalize("NFD", plain) if unicodedata.category(sign) != "Mn")
    return "".join(_ascii_digit(sign) for sign in letters).translate(_UNDECOMPOSED)


def tokens(folded: str) -> tuple[str, ...] | None:
    """Split a folded text into words, numbers and commas, or return None if anything else stands in it."""
    text = _ISO_CLOCK.sub(" ", folded.rstrip("!"))
    text = _APOSTROPHE_IN_A_WORD.sub("", text)
    text = _HYPHEN_AT_A_LETTER.sub(" ", text).replace("'", " ")
    # Brackets set a part off as a comma does, and a point after a word only marks an abbreviation.
    text = re.sub(r"[()]", ",", text)
    text = re.sub(r"(?<=[^\W\d_])\.", " ", text)
    found = tuple(_TOKEN.findall(text))
    return found if "".join(found) == "".join(text.split()) else None


def _ascii_digit(sign: str) -> str:
    return str(unicodedata.decimal(sign)) if sign.isdecimal() else sign
