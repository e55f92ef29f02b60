"""``python -m bot triage``: try triage on an exported chat before switching it on. Nothing is stored or sent."""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import cast

from bot.triage.assessment import ALONE, Assessment, Do, Label
from bot.triage.triage import load_triage

_MOST_REASONS = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("text", nargs="*", help="the words of one message; without them, each line of input is one")
    parser.add_argument("--json", action="store_true", help='read lines {"id", "text"} and answer JSON, one a line')
    parser.add_argument("--summary", action="store_true", help="print counts and the commonest reasons alone")
    parser.add_argument("--fit", action="store_true", help="build the model anew from the corpus (make model)")


def main(arguments: argparse.Namespace, source: Iterable[bytes] | None = None) -> int:
    """Say of each message what triage would do; the exit status is 1 if a line could not be read.

    The lines come from the source, by default standard input.
    """
    if arguments.fit:
        from bot.triage.fitting import fit

        fit(_tell)
        return 0
    if arguments.json and arguments.text:
        sys.stderr.write("triage: with --json, each line of standard input is one message; give no words\n")
        return 2
    summary = _Summary()
    for line in [" ".join(arguments.text)] if arguments.text else _decoded(source or sys.stdin.buffer):
        answered = _answer(line) if arguments.json else _Answer(None, _assess(line))
        summary.add(answered)
        if not arguments.summary:
            _tell(json.dumps(answered.document, ensure_ascii=False) if arguments.json else answered.plain)
    if arguments.summary:
        for line in summary.lines:
            _tell(line)
    return int(summary.unread > 0)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is said of one line; ``found`` is None where the line was no message."""

    identity: object
    found: Assessment | None

    @property
    def document(self) -> dict[str, object]:
        if self.found is None:
            return {"id": self.identity, "error": 'no JSON object with a "text" of letters'}
        return {
            "id": self.identity,
            "label": self.found.label.value,
            "score": round(self.found.score, 4),
            "action": self.found.do.value,
            "reasons": [reason.text for reason in self.found.reasons],
        }

    @property
    def plain(self) -> str:
        if self.found is None or self.found.label is Label.NONE:
            return "none"
        reasons = "; ".join(reason.text for reason in self.found.reasons)
        return f"{self.found.label.value} ({self.found.do.value}, {self.found.score:.2f}): {reasons}"


@dataclass(slots=True)
class _Summary:
    """Counts over all lines."""

    messages: int = 0
    unread: int = 0
    done: Counter[tuple[Label, Do]] = field(default_factory=Counter[tuple[Label, Do]])
    reasons: Counter[str] = field(default_factory=Counter[str])

    def add(self, answered: _Answer) -> None:
        """Count one line."""
        if answered.found is None:
            self.unread += 1
            return
        self.messages += 1
        self.done[answered.found.label, answered.found.do] += 1
        if answered.found.do is not Do.NONE:
            self.reasons.update({reason.rule for reason in answered.found.reasons})

    @property
    def lines(self) -> Iterator[str]:
        """The counts, label by label, and the commonest reasons."""
        unread = f", {self.unread} lines could not be read" if self.unread else ""
        yield f"{self.messages} messages{unread}"
        for label in Label:
            if label is not Label.NONE:
                acts, cards = self.done[label, Do.ACT], self.done[label, Do.CARD]
                yield f"{label.value:17} answered {acts:6}   for the moderators alone {cards:6}"
        yield f"left alone        {self.done[Label.NONE, Do.NONE]:15}"
        for rule, count in self.reasons.most_common(_MOST_REASONS):
            yield f"{count:6}  {rule}"


def _answer(line: str) -> _Answer:
    try:
        asked: object = json.loads(line)
    except (ValueError, RecursionError):
        return _Answer(None, None)
    if not isinstance(asked, dict):
        return _Answer(None, None)
    fields = cast("dict[str, object]", asked)
    identity, text = fields.get("id"), fields.get("text")
    return _Answer(identity, _assess(text) if isinstance(text, str) else None)


def _assess(text: str) -> Assessment:
    return load_triage().assess(text.rstrip("\r\n"), ALONE)


def _decoded(lines: Iterable[bytes]) -> Iterator[str]:
    """Give each line as text; bytes that are no UTF-8 spoil themselves alone."""
    for line in lines:
        if line.strip():
            yield line.decode("utf-8", errors="replace")


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - the answer is this command's output
