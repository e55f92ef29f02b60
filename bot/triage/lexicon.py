"""The expressions of ``lexicon/*.toml`` and how they are found among the words of a sentence.

The notation, words being written as people type them (accents and apostrophes do not count):

==================  ==============================================================================
``cough* blood``    the words in this order, nothing between; ``*`` is any ending
``(spat|bring up)``   one of these words or groups of words; a bar outside of brackets parts whole expressions
``the? my?``        words that may be missing; ``(of the)?`` likewise
``face ..3 droop*`` up to three words between; ``..`` is up to two
``blood ~4 wee``    either order, up to four words between; once in an expression
``<cannot>``        a family of words from ``families.toml``
``#fever``          a number: ``#fever`` (38 to 42 or 100.4 to 107), ``#year``, ``#any``
==================  ==============================================================================

Each expression becomes one regular expression over words parted by single blanks. Its gaps are counted, so the work
on a sentence is bounded, and it is tried only where the rarest of its words occurs.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from bot.triage.seen import words_of

FOLDER = Path(__file__).with_name("lexicon")
LANGUAGES = ("en", "es", "de", "fr", "it", "pt", "nl", "pl")

_NUMBERS = {
    "#fever": r"(?:3[89](?:[.,]\d{1,2})?|4[0-2](?:[.,]\d{1,2})?|10[0-7](?:[.,]\d)?)",
    "#year": r"(?:19[5-9]\d|20[0-4]\d)",
    "#any": r"\d[\d.,:]*",
}
_PIECE = re.compile(r"\(|\)\??|\||~\d*|\.\.\d*|<[a-z_]+>\??|#[a-z]+\??|[^\s()|<>~]+")
_LONGEST_PREFIX = 14
_NONE: set[str] = set()
# Words too frequent to start a search from.
_FREQUENT = frozenset(
    re.findall(
        r"\w+",
        "a an the i im ive my me you your he she it its they we to of in on at and or is am are was be been "
        "have has had "
        "do dont not no so this that for with from all can cant just up out if get got go one any what how "
        "who when will "
        "que de la el en y no me mi un una lo le se es con por para ya te il je j ai l d les des pas une du "
        "mon ma et est "
        "ich der die das ein eine und ist nicht mir mich zu bin hab habe di che non mi sono ho da per o e eu "
        "um uma nao "
        "meu minha os as ik de het een niet en van is dat mijn te er in na nie sie sie do mam to z w",
    )
)


@dataclass(frozen=True)
class Expression:
    """One expression: ``triggers`` are words of which one must occur; those that end with ``*`` are beginnings.

    Of the words in ``also``, if there are any, one must occur too.
    """

    source: str
    group: str
    language: str
    triggers: frozenset[str]
    also: frozenset[str]
    regular: str

    @cached_property
    def alone(self) -> bool:
        """Whether it is one word, which needs no search."""
        return self.regular.rstrip().isalnum() and self.regular.isascii()

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The regular expression, over a line of words that each end with a blank."""
        return re.compile(rf"(?<![^ ])(?:{self.regular})")


@dataclass(frozen=True, slots=True)
class Group:
    """Expressions that tell of the same thing, with a note and a source for the clinician who reviews them.

    ``sure`` says that, said plainly and of now, it decides by itself; which groups may was measured.
    """

    id: str
    note: str
    source: str
    expressions: tuple[Expression, ...]
    sure: bool = False


class Finder:
    """Finds expressions in lines of words."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._exact: dict[str, list[Expression]] = {}
        self._begins: dict[str, list[Expression]] = {}
        self._numbers: list[Expression] = []
        self._alone: dict[str, list[Expression]] = {}
        for expression in (each for group in groups for each in group.expressions):
            if expression.alone:
                self._alone.setdefault(expression.regular.rstrip(), []).append(expression)
                continue
            for trigger in expression.triggers:
                if trigger.startswith("#"):
                    self._numbers.append(expression)
                elif trigger.endswith("*"):
                    self._begins.setdefault(trigger[:-1], []).append(expression)
                else:
                    self._exact.setdefault(trigger, []).append(expression)
        self._lengths = sorted({len(each) for each in self._begins})
        self._of = lru_cache(maxsize=8192)(self._looked_up)

    def found(self, words: Sequence[str]) -> Iterator[tuple[Expression, int, int]]:
        """The expressions in the words of one sentence: each with the first word and the one after its last."""
        tried: dict[int, Expression] = {}
        for index, word in enumerate(words):
            for expression in self._alone.get(word, ()):
                yield expression, index, index + 1
            for expression in self._of(word[: _LONGEST_PREFIX + 12]):
                tried[id(expression)] = expression
        if not tried:
            return
        there = frozenset(words)
        likely = [each for each in tried.values() if not each.also or not each.also.isdisjoint(there)]
        if not likely:
            return
        line = " ".join(words) + " "
        starts = {0: 0}
        at = 0
        for index, word in enumerate(words, 1):
            at += len(word) + 1
            starts[at] = index
        for expression in likely:
            for match in expression.pattern.finditer(line):
                yield expression, starts[match.start()], starts[match.end()]

    def _looked_up(self, word: str) -> tuple[Expression, ...]:
        if word[0].isdigit():
            return tuple(self._numbers) + tuple(self._exact.get(word, ()))
        found = {id(each): each for each in self._exact.get(word, ())}
        for length in self._lengths:
            found.update((id(each), each) for each in self._begins.get(word[:length], ()) if len(word) >= length)
        return tuple(found.values())


@lru_cache(maxsize=1)
def read_groups() -> Mapping[str, Group]:
    """All groups of all files, by id."""
    families: Mapping[str, str] = tomllib.loads((FOLDER / "families.toml").read_text("utf-8"))
    found: dict[str, Group] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for entry in tomllib.loads(path.read_text("utf-8")).get("group", ()):
            expressions = tuple(
                expression
                for language in LANGUAGES
                for source in entry.get(language, ())
                for expression in compiled(source, entry["id"], language, families)
            )
            found[entry["id"]] = Group(
                entry["id"], entry["note"], entry["source"], expressions, sure=entry.get("sure", False)
            )
    return found


def compiled(source: str, group: str, language: str, families: Mapping[str, str]) -> tuple[Expression, ...]:
    """What an expression is searched by: one, or one for each order where it holds ``~``.

    Raises:
        ValueError: the expression is not in the notation.
    """
    found: list[Expression] = []
    for order in (order for choice in _choices(source) for order in _orders(choice)):
        reader = _Reader(order, families)
        pieces = list(reader.pieces())
        needed = sorted((triggers for _, triggers in pieces if triggers), key=_rarity, reverse=True)
        if reader.left or not needed:
            raise ValueError(f"{group}: {source!r} is not in the notation or has no word that must occur")
        also = next((words for words in needed[1:] if not any(word[-1] == "*" or word[0] == "#" for word in words)), ())
        regular = "".join(part for part, _ in pieces)
        found.append(Expression(source, group, language, frozenset(needed[0]), frozenset(also), regular))
    return tuple(found)


def _choices(source: str) -> list[str]:
    """What stands between the bars outside of all brackets."""
    depth, parts = 0, [""]
    for mark in source:
        depth += (mark == "(") - (mark == ")")
        if mark == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += mark
    return parts


def _orders(source: str) -> list[str]:
    if (near := re.search(r" ~(\d*) ", source)) is None:
        return [source]
    before, after = source[: near.start()], source[near.end() :]
    gap = f" ..{near.group(1) or 4} "
    return [before + gap + after, after + gap + before]


class _Reader:
    """Reads one expression, piece by piece."""

    def __init__(self, source: str, families: Mapping[str, str]) -> None:
        self.left: list[str] = _PIECE.findall(source)
        self._families = families

    def sequence(self) -> tuple[str, set[str]]:
        """The pieces up to the next bar, bracket or end; with the words of its rarest piece."""
        pieces = list(self.pieces())
        rarest = max((triggers for _, triggers in pieces), key=_rarity, default=_NONE)
        return "".join(part for part, _ in pieces), rarest

    def pieces(self) -> Iterator[tuple[str, set[str]]]:
        """Each piece's regular expression, with the words of which one must occur; none where it may be missing."""
        while self.left and self.left[0] != "|" and not self.left[0].startswith(")"):
            yield self._atom()

    def _atom(self) -> tuple[str, set[str]]:
        piece = self.left.pop(0)
        if piece.startswith(".."):
            return rf"(?:[^ ]+ ){{0,{piece[2:] or 2}}}?", set[str]()
        optional = piece.endswith("?")
        if piece == "(":
            regular, triggers, optional = self._group()
        elif piece.startswith("<"):
            inner = _Reader(f"({self._families[piece.strip('<>?')]})", self._families)
            regular, triggers = inner.sequence()
        elif piece.startswith("#"):
            regular, triggers = _NUMBERS[piece.rstrip("?")] + " ", {piece.rstrip("?")}
        else:
            regular, triggers = _word(piece.rstrip("?"))
        return (f"(?:{regular})?", set[str]()) if optional else (regular, triggers)

    def _group(self) -> tuple[str, set[str], bool]:
        choices = [self.sequence()]
        while self.left and self.left[0] == "|":
            self.left.pop(0)
            choices.append(self.sequence())
        if not self.left:
            raise ValueError("a bracket is not closed")
        optional = self.left.pop(0).endswith("?")
        # Where one choice has no word of its own, none must occur.
        every = all(found for _, found in choices)
        triggers = set[str]().union(*(found for _, found in choices)) if every else set[str]()
        return f"(?:{'|'.join(part for part, _ in choices)})", triggers, optional


def _word(piece: str) -> tuple[str, set[str]]:
    words = words_of(piece.rstrip("*"))
    if not words:
        raise ValueError(f"{piece!r} holds no word")
    open_end = piece.endswith("*")
    regular = " ".join(map(re.escape, words)) + ("[^ ]* " if open_end else " ")
    if len(words) > 1:
        return regular, {max(words[:-1], key=len) if open_end else max(words, key=len)}
    return regular, {words[0][:_LONGEST_PREFIX] + "*" if open_end else words[0]}


def _rarity(triggers: set[str]) -> int:
    if not triggers:
        return 0
    return min(1 if each in _FREQUENT else 2 if each[0] == "#" else 2 + len(each.rstrip("*")) for each in triggers)
