"""The rules of triage: what danger words a message holds, how each is meant, and what follows by itself.

A model stands beside them: it is given ``Findings.features``. What the rules give alone is a ``verdict`` in plain cases
and ``vetoes`` where every danger word is denied, past, quoted, an idiom or in general.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bot.triage.assessment import ALONE, Context, Label, Reason
from bot.triage.clauses import Sentence, sentences
from bot.triage.lexicon import Finder, Group, read_groups
from bot.triage.readings import DANGERS, KINDS, Hit, Mark, Reading, hits_of, vetoed, widest
from bot.triage.seen import Seen, seen
from bot.triage.signs import FEATURES, features, languages_of

VERSION = "rules-2"
_EXPERIENCE = "question.experience"
_NO_SIGNS = np.zeros(len(FEATURES), np.float32)


@dataclass(frozen=True, slots=True)
class Findings:
    """What the rules found in a message.

    ``verdict`` is the label where the rules are sure by themselves, else None. ``vetoes`` holds the dangers (crisis,
    urgent) of which words were found and all are meant harmlessly. ``bare`` says that a message is words of crisis and
    nothing else ("kms", "suicide"). ``features`` has the length of ``FEATURES``.
    """

    hits: Sequence[Hit]
    markers: Mapping[str, int]
    verdict: Label | None
    vetoes: frozenset[Label]
    bare: bool
    features: NDArray[np.float32]
    reasons: Sequence[Reason]


class Rules:
    """The rules, read once."""

    def __init__(self, groups: Mapping[str, Group]) -> None:
        self._groups = groups
        self._finder = Finder(groups.values())

    def look(self, message: Seen | str, context: Context = ALONE, *, counted: bool = True) -> Findings:
        """What the rules find in a message of any length; pure, and never raises.

        ``counted`` says whether the features are wanted, which take a third of the time.
        """
        view = seen(message) if isinstance(message, str) else message
        parts = sentences(view)
        found = [list(self._finder.found(part.words)) for part in parts]
        languages = languages_of(parts)
        hits: list[Hit] = []
        markers: Counter[str] = Counter()
        all_marks = [
            [Mark(e.group, s, t) for e, s, t in each
             if e.group.startswith("marker.") and e.language in languages]
            for each in found
        ]  # fmt: skip
        for each in all_marks:
            markers.update({mark.name for mark in each})
        for index, (part, each) in enumerate(zip(parts, found, strict=True)):
            # "want" and "die" are everyday words of Dutch and German.
            expressions = [
                (e.group, s, t) for e, s, t in each
                if not e.group.startswith("marker.") and (e.language != "en" or "en" in languages or e.alone)
            ]  # fmt: skip
            hits += hits_of(index, part, widest(expressions), all_marks[index], view=view, context=context)
        vetoes = frozenset(label for label in DANGERS if vetoed(label, hits, markers))
        idioms = any(e.group.startswith("idiom.") and e.language in languages for each in found for e, _, _ in each)
        verdict = self._verdict(hits, markers, parts, idioms=idioms)
        signs = _NO_SIGNS
        if counted:
            signs = features(
                view, parts, hits, markers, languages=languages, vetoes=vetoes, verdict=verdict, context=context
            )
        return Findings(
            hits, markers, verdict, vetoes, _bare(view, parts, hits), signs, _reasons(hits, verdict, vetoes)
        )

    def _verdict(
        self, hits: Sequence[Hit], markers: Mapping[str, int], parts: Sequence[Sentence], *, idioms: bool
    ) -> Label | None:
        now = [hit for hit in hits if hit.reading is Reading.NOW and self._groups[hit.rule].sure]
        harmless = {hit.label for hit in hits if hit.reading is not Reading.NOW}
        for label in KINDS.values():
            if label in harmless:
                continue
            rules = {hit.rule for hit in now if hit.label is label}
            if rules and label is Label.URGENT:  # a sign that is not sure alone still bears out another
                rules |= {hit.rule for hit in hits if hit.label is label}
            if rules and _plain(label, rules, markers, parts, {hit.rule for hit in hits}, idioms=idioms):
                return label
        return None


@lru_cache(maxsize=1)
def read_rules() -> Rules:
    """The rules of the lexicon."""
    return Rules(read_groups())


# What makes a plain case doubtful: where one of these stands in the message, the rules do not decide alone.
_DOUBTS: Mapping[Label, frozenset[str]] = {
    Label.CRISIS: frozenset(("past", "general", "source", "advised", "gone", "ask_team", "far", "joke", "leave",
                             "fiction", "resolved_by")),
    Label.URGENT: frozenset(("past", "general", "source", "advised", "gone", "ask_team", "far", "feared", "child",
                             "cause", "seen_by_doctor", "joke", "fiction", "leave", "resolved_by")),
    Label.MEDICAL_QUESTION: frozenset(("ask_team", "leave", "source", "advised")),
    Label.MEDICAL_ADVICE: frozenset(("ask_team", "own_story", "leave", "source", "general")),
    Label.PROMOTION: frozenset(("leave", "source", "general")),
    Label.DISTRESS: frozenset(("past", "source", "general")),
}  # fmt: skip


# Signs that ordinary talk names often: alone they are not sure.
_COMMON = frozenset(("urgent.fever", "urgent.spots", "urgent.urine", "urgent.breath", "urgent.seizure"))
_FEW = 5


def _plain(
    label: Label, rules: set[str], markers: Mapping[str, int], parts: Sequence[Sentence], asked: set[str], *,
    idioms: bool,
) -> bool:  # fmt: skip
    if any(f"marker.{each}" in markers for each in _DOUBTS[label]) or _EXPERIENCE in asked:
        return False
    match label:
        case Label.CRISIS:
            quoted = any(any(part.quoted) for part in parts)
            return not quoted and ("marker.first_person" in markers or "marker.beside" in markers) and not idioms
        case Label.URGENT:
            return len(rules) > 1 or ("marker.now" in markers and bool(rules - _COMMON) and len(parts) <= _FEW)
        case Label.MEDICAL_QUESTION:
            return any(part.asks for part in parts) and "marker.medical" in markers
        case Label.MEDICAL_ADVICE:
            return (
                not any(part.asks for part in parts) and "marker.medical" in markers and "question.decide" not in asked
            )
        case Label.PROMOTION:
            return len(rules) > 1
        case _:
            return False


# Beside nothing but these, a word of crisis stands alone.
_FILLERS = frozenset(("lol", "rn", "fr", "ffs", "tbh", "just", "pls", "please", "omg", "im", "i", "so", "now", "again",
                      "to", "want", "wanna", "gonna", "me", "ok", "and", "a", "the", "my"))  # fmt: skip
_FEW_WORDS = 6


def _bare(view: Seen, parts: Sequence[Sentence], hits: Sequence[Hit]) -> bool:
    now = [hit for hit in hits if hit.label is Label.CRISIS and hit.reading is Reading.NOW]
    tokens = [token for part in parts for token in part.tokens]
    if not now or len(tokens) > _FEW_WORDS:
        return False
    places = [view.span(token.start, token.end) for token in tokens if token.word not in _FILLERS]
    return all(any(hit.start <= start and end <= hit.end for hit in now) for start, end in places)


def _reasons(hits: Sequence[Hit], verdict: Label | None, vetoes: frozenset[Label]) -> Sequence[Reason]:
    order = list(Label)
    shown = sorted(hits, key=lambda hit: (hit.label is not verdict, hit.reading is not Reading.NOW,
                                          order.index(hit.label), hit.start))  # fmt: skip
    veto = tuple(Reason(f"veto.{label.value}", f"every word of {label.value} is denied, past, quoted or an idiom")
                 for label in order if label in vetoes)  # fmt: skip
    return (*veto, *dict.fromkeys(hit.reason for hit in shown[:6]))
