"""How well triage hears: figures with their 95 % intervals, for any labelled messages, and the worst mistakes.

Heard strictly: a message of danger counts as alerted only if it got ``crisis`` or ``urgent`` and an answer or a card,
and a harmless one as alerted if it got either of the two, even as a silent card; it counts as flagged if it got any
label, answered or silent. The figures of a label compare what would be acted on or carded with what is right.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from bot.triage.assessment import Assessment, Do, Label

CORPUS = Path(__file__).with_name("corpus")
TRAINING = (1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 15, 16, 17, 20, 21, 22)
TUNING = (10, 11, 12, 18, 19)
"""The batches that the weights are learned from, and those that limits are chosen on; all others only measure."""

WORST = 20
_SURE = 1.959964

Assess = Callable[[str], Assessment]


@dataclass(frozen=True, slots=True)
class Message:
    """A labelled message; ``trap`` says what stands near the border, empty where the case is plain."""

    id: str
    text: str
    label: Label
    language: str = "en"
    trap: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, and between which shares the true one lies (Wilson, 95 %)."""

    hits: int
    of: int

    @property
    def value(self) -> float:
        """The share; 0 of nothing."""
        return self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """The bounds, after Wilson (1927); all of it where nothing was counted."""
        if not self.of:
            return 0.0, 1.0
        square = _SURE**2 / self.of
        middle = (self.value + square / 2) / (1 + square)
        half = _SURE * sqrt(self.value * (1 - self.value) / self.of + square / (4 * self.of)) / (1 + square)
        return max(0.0, middle - half), min(1.0, middle + half)

    def __str__(self) -> str:
        low, high = self.interval
        return f"{self.value:6.1%} ({low:.1%} to {high:.1%}; {self.hits} of {self.of})"


@dataclass(frozen=True, slots=True)
class Mistake:
    """A message that was read wrongly; ``weight`` says how bad it is, higher is worse."""

    message: Message
    found: Assessment
    weight: float


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured; shares by language and by trap are of the alerts."""

    alerted: Share
    alerted_on_the_border: Share
    alerted_by_language: Mapping[str, Share]
    alerted_by_trap: Mapping[str, Share]
    harmless_flagged: Share
    harmless_alerted: Share
    harmless_answered: Share
    right: Share
    precision: Mapping[Label, Share]
    recall: Mapping[Label, Share]
    disputed: Share
    mistakes: tuple[Mistake, ...]

    @property
    def macro_f1(self) -> float:
        """The mean over the seven labels of the harmonic mean of precision and recall."""
        found = [self.f1(label) for label in Label if self.recall[label].of]
        return sum(found) / len(found) if found else 0.0

    def f1(self, label: Label) -> float:
        """The harmonic mean of a label's precision and recall."""
        hits = self.recall[label].hits
        return 2 * hits / (self.precision[label].of + self.recall[label].of) if hits else 0.0

    def lines(self) -> tuple[str, ...]:
        """The figures as text, one a line."""
        return (
            f"crisis or urgent that get either alert: {self.alerted}",
            f"  on the border: {self.alerted_on_the_border}",
            *(f"  {language}: {share}" for language, share in sorted(self.alerted_by_language.items())),
            f"harmless flagged: {self.harmless_flagged}",
            f"harmless alerted: {self.harmless_alerted}",
            f"harmless answered: {self.harmless_answered}",
            f"rules and model disagree on danger: {self.disputed}",
            f"right label: {self.right}",
            f"macro-F1: {self.macro_f1:.1%}",
            *(
                f"  {label.value}: F1 {self.f1(label):.1%}, precision {self.precision[label]}, "
                f"recall {self.recall[label]}"
                for label in Label
            ),
        )


def read_messages(paths: Iterable[Path]) -> tuple[Message, ...]:
    """Read labelled messages, one JSON object a line; a line without a label is harmless."""
    rows = [json.loads(line) for path in paths for line in path.read_text("utf-8").splitlines() if line.strip()]
    return tuple(
        Message(
            str(row.get("id", number)), row["text"], Label(row.get("label", "none")), row.get("lang", "en"),
            row.get("trap", ""),
        )
        for number, row in enumerate(rows)
    )  # fmt: skip


def batches(numbers: Iterable[int]) -> tuple[Path, ...]:
    """Where these batches of the corpus lie; one that is not there is left out."""
    paths = (CORPUS / f"batch-{number:02}.jsonl" for number in numbers)
    return tuple(path for path in paths if path.exists())


def measure(messages: Sequence[Message], assess: Assess) -> Figures:
    """Assess every message and count."""
    return figures(messages, [assess(message.text) for message in messages])


def figures(messages: Sequence[Message], found: Sequence[Assessment]) -> Figures:
    """Count what was found of these messages."""
    pairs = list(zip(messages, found, strict=True))
    danger = [(message, each) for message, each in pairs if message.label.alerts]
    harmless = [each for message, each in pairs if message.label is Label.NONE]
    languages = sorted({message.language for message, _ in danger})
    traps = sorted({message.trap for message, _ in danger})
    return Figures(
        alerted=_alerts(danger),
        alerted_on_the_border=_alerts([pair for pair in danger if pair[0].trap]),
        alerted_by_language={each: _alerts([p for p in danger if p[0].language == each]) for each in languages},
        alerted_by_trap={each: _alerts([p for p in danger if p[0].trap == each]) for each in traps},
        harmless_flagged=_share(each.label is not Label.NONE for each in harmless),
        harmless_alerted=_share(each.label.alerts for each in harmless),
        harmless_answered=_share(each.do is Do.ACT for each in harmless),
        right=_share(message.label is each.label for message, each in pairs),
        precision={label: _share(m.label is label for m, each in pairs if each.label is label) for label in Label},
        recall={label: _share(each.label is label for m, each in pairs if m.label is label) for label in Label},
        disputed=_share(each.disputed for _, each in pairs),
        mistakes=_worst(pairs),
    )


def _alerts(pairs: Sequence[tuple[Message, Assessment]]) -> Share:
    return _share(found.label.alerts and found.do is not Do.NONE for _, found in pairs)


def _share(hits: Iterable[bool]) -> Share:
    kept = list(hits)
    return Share(sum(kept), len(kept))


def _worst(pairs: Sequence[tuple[Message, Assessment]]) -> tuple[Mistake, ...]:
    """Danger that was not heard first, then false alerts, then other wrong labels; the surest of each first."""
    wrong = [
        Mistake(message, found, _weight(message, found)) for message, found in pairs if message.label is not found.label
    ]
    return tuple(sorted(wrong, key=lambda each: (-each.weight, each.message.id))[:WORST])


def _weight(message: Message, found: Assessment) -> float:
    unheard = 1.0 - found.scores.get(message.label, 0.0)
    if message.label.alerts:
        return unheard + (1.0 if found.label.alerts else 4.0)
    return unheard + (3.0 if found.label.alerts and message.label is Label.NONE else 0.0)
