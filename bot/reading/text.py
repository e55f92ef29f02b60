"""From typed words to features: the same for training and for searching.

A text becomes words and pieces of words, each hashed into one of ``BUCKETS`` places; a meaning of ``synonyms.toml``
that is named counts as a word of its own, and so does the known word that a misspelt one was meant to be.
"""

import math
import re
import tomllib
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

BUCKETS = 1 << 15
SYNONYMS = Path(__file__).with_name("synonyms.toml")
MOST_CHARACTERS = 600
"""Characters of a query that are looked at."""

_APOSTROPHES = str.maketrans({"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{ACUTE ACCENT}": "'", "`": "'"})
_PIECES = range(2, 6)
_WORD = re.compile(r"[^\W_]+(?:[-'&][^\W_]+)*")
_GROUPS = range(1, 5)  # "time of the month" has four words
_UNSEEN = {"Cf", "Cs"}
_REPAIRABLE = 5
_TWO_FAULTS = 8
_REPAIRED_WORDS = 40


def normal(text: str) -> str:
    """A text without case, accents, invisible characters and forms that only look different, cut to its length.

    Halves of characters, which JSON and a command line can hold and no encoding can, go too.
    """
    # Apostrophes first: taken apart, an acute accent that stands for one would be a blank.
    plain = unicodedata.normalize("NFKD", text[: 4 * MOST_CHARACTERS].casefold().translate(_APOSTROPHES))
    # Some look-alikes ("\N{MATHEMATICAL BOLD CAPITAL A}") have a case only once they are taken apart.
    folded = unicodedata.normalize("NFKD", plain.casefold().translate(_APOSTROPHES))
    kept = "".join(c for c in folded if not unicodedata.combining(c) and unicodedata.category(c) not in _UNSEEN)
    return " ".join(kept.split())[:MOST_CHARACTERS]


def words_of(text: str) -> list[str]:
    """The words of an already normal text."""
    return _WORD.findall(text)


@lru_cache(maxsize=1)
def meanings() -> Mapping[str, str]:
    """What each word of ``synonyms.toml``, or group of words, stands for."""
    lists: list[list[str]] = tomllib.loads(SYNONYMS.read_text("utf-8"))["meanings"]
    return {normal(word): normal(group[0]) for group in lists for word in group}


class Spelling:
    """Finds the known word that a misspelt one was meant to be."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._known):
            if len(word) >= _REPAIRABLE:
                self._by_length.setdefault(len(word), []).append(word)

    def repaired(self, word: str) -> str | None:
        """The nearest known word: one slip away, or two in a long word; None where it is known or none is near."""
        if len(word) < _REPAIRABLE or word in self._known or not word.isalpha():
            return None
        from rapidfuzz.distance import OSA
        from rapidfuzz.process import extractOne

        most = 2 if len(word) >= _TWO_FAULTS else 1
        near = [each for length in range(len(word) - most, len(word) + most + 1)
                for each in self._by_length.get(length, ()) if each[0] == word[0]]  # fmt: skip
        found = extractOne(word, near, scorer=OSA.distance, score_cutoff=most)
        return found[0] if found else None


def features(text: str, spelling: Spelling) -> dict[int, float]:
    """The places that a text fills and how much: one plus the logarithm of how often, not yet weighted."""
    counts = Counter(_bucket(piece) for piece in _pieces(normal(text), spelling))
    return {place: 1.0 + math.log(count) for place, count in counts.items()}


def _pieces(text: str, spelling: Spelling) -> Iterator[str]:
    words = words_of(text)
    repaired = [spelling.repaired(word) or word for word in words[:_REPAIRED_WORDS]] + words[_REPAIRED_WORDS:]
    for sentence in (words,) if words == repaired else (words, repaired):
        for word in sentence:
            yield f"w {word}"
            around = f" {word} "
            for size in _PIECES:
                for start in range(len(around) - size + 1):
                    yield around[start : start + size]
        for first, second in pairwise(sentence):
            yield f"b {first} {second}"
    for meaning in _named(repaired):
        yield f"m {meaning}"


def _named(words: Sequence[str]) -> set[str]:
    known = meanings()
    groups = (" ".join(words[start : start + size]) for size in _GROUPS for start in range(len(words) - size + 1))
    return {known[group] for group in groups if group in known}


def _bucket(piece: str) -> int:
    return zlib.crc32(piece.encode()) % BUCKETS
