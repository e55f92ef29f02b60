"""A message in sentences and clauses, with positions: by its marks and pictures, and by its words where it has none."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from bot.triage.seen import Seen, Token, tokens

_ENDS = frozenset(".!?\u2026\n\u3002\uff01\uff1f\uff0e\u061f\u06d4\u0964\u0965\u1362\u104b;\u037e|")
_ASKS = frozenset("?\u061f\uff1f\u037e\u1367\u00bf")
_PARTS = frozenset(",:()[]\u2013\u2014\u060c\u3001\uff0c/")
_OPENS = frozenset("\u201c\u201e\u00ab\u300c\u2039")
_CLOSES = frozenset("\u201d\u00bb\u300d\u203a")
_QUOTES = _OPENS | _CLOSES | {'"', "\n"}
_TURNS = frozenset(
    ("but", "though", "although", "however", "except", "pero", "aunque", "sino", "aber", "doch", "sondern", "mais",
     "ma", "pero", "mas", "porem", "maar", "echter", "ale", "jednak", "tylko")
)  # fmt: skip
_JOINS = frozenset(
    ("and", "so", "because", "cos", "then", "anyway", "y", "porque", "und", "weil", "et", "parce", "e", "perche", "en",
     "want", "omdat", "i", "bo", "wiec")
)  # fmt: skip
_LONG = 24
_LONGEST = 40
_ENDINGS = frozenset(("org", "com", "net", "co", "info", "io", "me", "de", "fr", "uk", "eu"))
_PICTURES = 0x2190  # arrows, symbols and all pictures stand above this; letters of other scripts are told by category


@dataclass(slots=True)
class Sentence:
    """The words of a sentence; ``clause`` and ``quoted`` say in which clause each stands and whether in quotes."""

    tokens: list[Token] = field(default_factory=list[Token])
    clause: list[int] = field(default_factory=list[int])
    quoted: list[bool] = field(default_factory=list[bool])
    asks: bool = False

    @property
    def words(self) -> list[str]:
        """Its words."""
        return [token.word for token in self.tokens]


def sentences(seen: Seen) -> Sequence[Sentence]:
    """The sentences of a message; none where it has no word. None has more than 40 words."""
    folded = seen.folded
    found: list[Sentence] = []
    sentence = Sentence()
    quoted, clause, end = False, 0, 0
    for token in tokens(folded):
        between = folded[end : token.start]
        if between not in {" ", ""}:
            if not _QUOTES.isdisjoint(between):
                quoted = _quoting(between, quoted)
            if _ends(between, token.word) and sentence.tokens:
                sentence.asks = not _ASKS.isdisjoint(between)
                found.append(sentence)
                sentence, clause = Sentence(), 0
            elif not _PARTS.isdisjoint(between) or " - " in between:
                clause += 1
        word = token.word
        count = len(sentence.tokens)
        if count >= _LONG and (count >= _LONGEST or word in _JOINS):
            found.append(sentence)
            sentence, clause = Sentence(), 0
        elif word in _TURNS:
            clause += 1
        sentence.tokens.append(token)
        sentence.clause.append(clause)
        sentence.quoted.append(quoted)
        end = token.end
    if sentence.tokens:
        sentence.asks = not _ASKS.isdisjoint(folded[end : end + 40])
        found.append(sentence)
    return found


def _quoting(between: str, quoted: bool) -> bool:  # noqa: FBT001 - the state that it continues
    for mark in between:
        if mark == '"':
            quoted = not quoted
        elif mark in _OPENS:
            # German and Polish close with the mark that English opens with.
            quoted = not (quoted and mark in "\u201c\u00ab")
        elif mark in _CLOSES:
            quoted = mark == "\u00bb" and not quoted
        elif mark == "\n":
            quoted = False  # a mark that nobody closed
    return quoted


def _ends(between: str, following: str) -> bool:
    if between == ".":
        return following not in _ENDINGS
    if not _ENDS.isdisjoint(between):
        return True
    return not between.isascii() and any(map(_is_picture, between))


@lru_cache(maxsize=4096)
def _is_picture(mark: str) -> bool:
    return ord(mark) >= _PICTURES and unicodedata.category(mark) in {"So", "Sk"}
