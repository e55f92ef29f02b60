"""What a reader sees in a message: its words without the tricks and accidents of typing, and where each stood.

Rules and models read the folded text; what they find is shown in the message as it was written.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

MARK_OF_SPEECH = "'"
_APOSTROPHES = "\N{RIGHT SINGLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}\N{ACUTE ACCENT}`\N{PRIME}"
# Letters that Unicode does not take apart, though a hurried writer leaves their stroke or bow out.
_PLAIN = {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u0131": "i", "\u00e6": "ae", "\u0153": "oe", "\u0127": "h"}
_LOOK_ALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458\u0455\u0501\u0131\u0432\u043a\u043c\u043d\u0442\u0433"
    "\u03b1\u03b5\u03bf\u03c1\u03c5\u03bd\u03b9\u03ba\u03c4\u03c7\u03c9",
    "aeopcyxijsdibkmhtraeopuviktxw",
)
_UNSEEN = {"Cf", "Cs", "Mn", "Me", "Cn", "Co"}
_MOST_KEPT = 20_000

# Words that are disguised to pass a filter, in this plain form; only a word that becomes one of them is put right,
# so that "B12", "day3" and "$50" stay what they are.
_DISGUISED = frozenset(
    re.findall(
        r"\w+",
        "suicide suicidal suicides kill killing killed kills myself yourself himself herself die dying died dead death "
        "unalive unaliving selfharm self harm harming hurt hurting cut cutting cuts end ending ended life live living "
        "alive kms kys hang overdose want wanna cure cured cures healed bleeding blood chest pain breathe cant",
    )
)
_LEET = str.maketrans("013457@$!|+\u00a3\u20ac", "oieastasiitee")
_SHORTEST = 3
_LONGEST = max(map(len, _DISGUISED))
# Typed together, and not of letters alone.
_TYPED = re.compile(r"(?<![a-z0-9@$!|+\u00a3\u20ac])[a-z]*+[0-9@$!|+\u00a3\u20ac][a-z0-9@$!|+\u00a3\u20ac]*+")
_MASKED = re.compile(r"(?<![^\W_*])([a-z]{1,12}+)[*#\u2022]{1,6}+([a-z]{1,12}+)(?![^\W_*])")
_MASKS = re.compile(r"[*#\u2022]")
_SPACED = re.compile(r"(?<![^\W_])[^\W\d_](?:[ .*_\-][^\W\d_]){2,40}(?![^\W_])")
_STRETCHED = re.compile(r"(?<![^\W_])[^\W_]*?([^\W\d_])\1\1[^\W_]*")
_RUN = re.compile(r"([^\W\d_])\1\1+")
_DOUBLED = frozenset(
    re.findall(
        r"\w+",
        "kill killing will still all well hell feel feeling need bleed bleeding blood swell pee weed see "
        "seeing been too "
        "off passed chill call fall tell need sleep seen swollen yellow spell still ill hill pull full cell",
    )
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A message as a reader sees it.

    ``text`` is the message as written, ``folded`` what is read; ``places[i]`` is where in ``text`` the character
    ``folded[i]`` stands.
    """

    text: str
    folded: str
    places: Sequence[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where a part of the folded text stands in the message as written."""
        if start >= end or start >= len(self.places):
            return 0, 0
        return self.places[start], self.places[min(end, len(self.places)) - 1] + 1


class Token(NamedTuple):
    """One word, without apostrophes, and its place in the folded text."""

    word: str
    start: int
    end: int


# French and Italian hang a short word on the next with an apostrophe ("j'ai"): there it parts two words.
_TOKEN = re.compile(
    r"(?:qu|[jldncsmt]|un|dell|all|dall|nell|sull|quell)'(?=[^\W\d_])"
    r"|\d+(?:[.,:]\d+)*"
    r"|[^\W\d_]+(?:'[^\W\d_]+)*"
)


def tokens(folded: str) -> Iterator[Token]:
    """The words and numbers of a folded text."""
    for match in _TOKEN.finditer(folded):
        word = match.group()
        yield Token(word.replace("'", "") if "'" in word else word, *match.span())


def words_of(text: str) -> list[str]:
    """The words of any text, as they are compared."""
    return [token.word for token in tokens(seen(text).folded)]


def seen(text: str) -> Seen:
    """What a reader sees in any text, in time that grows with its length."""
    folded, places = _characters(text)
    if _GREEK_OR_CYRILLIC.search(folded):
        folded = _WORD.sub(_latin, folded)
    edits = sorted(_edits(folded))
    return Seen(text, *_edited(folded, places, edits)) if edits else Seen(text, folded, places)


class _Folds(dict[str, str]):
    """What each character is read as; worked out once, as far as memory is worth it."""

    def __missing__(self, character: str) -> str:
        if len(self) > _MOST_KEPT:
            self.clear()
        self[character] = found = _fold(character)
        return found


def _fold(character: str) -> str:
    if character in _APOSTROPHES:
        return MARK_OF_SPEECH
    if character.isspace():
        return "\n" if character in "\n\r\u2028\u2029" else " "
    # Some forms have a case only once they are taken apart, and some take apart only without their case.
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", character.casefold()).casefold())
    kept = "".join(c for c in plain if unicodedata.category(c) not in _UNSEEN)
    return "".join(_PLAIN.get(c, " " if unicodedata.category(c) == "Cc" else c) for c in kept)


_folds = _Folds()
_BLANKS = {code: _fold(chr(code)) for code in (*range(32), ord("`"))}
_WORD = re.compile(r"[^\W\d_]+")
_GREEK_OR_CYRILLIC = re.compile(r"[\u0370-\u052f]")
_LATIN = re.compile(r"[a-z]")


def _characters(text: str) -> tuple[str, Sequence[int]]:
    if text.isascii():
        return text.lower().translate(_BLANKS), range(len(text))
    parts = [_folds[character] for character in text]
    folded = "".join(parts)
    if len(folded) == len(text) and all(parts):
        return folded, range(len(text))
    return folded, [place for place, part in enumerate(parts) for _ in part]


def _latin(word: re.Match[str]) -> str:
    found = word.group()
    return found.translate(_LOOK_ALIKES) if not found.isascii() and _LATIN.search(found) else found


def _edits(folded: str) -> Iterator[tuple[int, int, str]]:
    """The disguised and stretched words, as they are meant: start, end, meant."""
    for match in _TYPED.finditer(folded):
        word = match.group()
        if not _SHORTEST <= len(word := word.rstrip("!|+")) <= _LONGEST:
            continue
        if (meant := word.translate(_LEET)) in _DISGUISED and meant != word:
            yield match.start(), match.start() + len(word), meant
    # Most messages hold none of the signs that mask letters: looking for those first is quicker.
    for match in _MASKED.finditer(folded) if _MASKS.search(folded) else ():
        if meant := _unmasked(match.group(1), match.group(2)):
            yield *match.span(), meant
    for match in _SPACED.finditer(folded):
        if meant := _joined(match.group()[::2]):
            yield *match.span(), meant
    if _RUN.search(folded):
        for match in _STRETCHED.finditer(folded):
            yield *match.span(), _unstretched(match.group())


@lru_cache(maxsize=1024)
def _unmasked(head: str, tail: str) -> str | None:
    fits = (word for word in _DISGUISED if word.startswith(head) and word.endswith(tail))
    return min((word for word in fits if len(word) > len(head) + len(tail)), key=lambda word: (len(word), word),
               default=None)  # fmt: skip


def _joined(letters: str) -> str | None:
    words: list[str] = []
    while letters:
        longest = next((size for size in range(min(len(letters), 12), 2, -1) if letters[:size] in _DISGUISED), 0)
        if not longest:
            return None
        words.append(letters[:longest])
        letters = letters[longest:]
    return " ".join(words)


def _unstretched(word: str) -> str:
    double = _RUN.sub(r"\1\1", word)
    return double if double in _DOUBLED else _RUN.sub(r"\1", word)


def _edited(folded: str, places: Sequence[int], edits: list[tuple[int, int, str]]) -> tuple[str, Sequence[int]]:
    parts: list[str] = []
    kept: list[int] = []
    done = 0
    for start, end, meant in edits:
        if start < done:
            continue
        parts += (folded[done:start], meant)
        kept += places[done:start]
        last = end - start - 1
        # The last letter stands where the disguise ends, so that a span holds all of it.
        kept += [places[start + min(index, last)] for index in range(len(meant) - 1)] + [places[end - 1]] * bool(meant)
        done = end
    parts.append(folded[done:])
    kept += places[done:]
    return "".join(parts), kept
