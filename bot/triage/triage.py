"""The whole reading of a message: rules, a cheap reader and, where those leave a doubt, a careful one.

Pure: the same message always gets the same assessment. Any text is read whole by the rules and the cheap reader; of a
long one the readers then weigh the most telling parts.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from bot.triage.assessment import ALONE, Assessment, Context, Do, Label, Limits, Reason
from bot.triage.encoder import Encoder, load_encoder
from bot.triage.field import speaks_of_our_field
from bot.triage.model import LABELS, Bearing, Floats, Grams, Model, grams, load_model, log_softmax
from bot.triage.readings import Reading
from bot.triage.rules import VERSION, Findings, Rules, read_rules
from bot.triage.seen import Seen, seen

CAREFUL_SHARE = 0.7
"""How much the careful reader counts beside the cheap one."""

CLOSED_DANGER, CLOSED_BESIDE_RULES, CLOSED_NONE = 0.12, 0.05, 0.5
"""The cheap reader closes the case alone where danger is less likely than the first, or than the second where a rule
found danger words, and nothing is likelier than the third. ``docs/triage.md`` has the price."""

VETOED = 0.8
"""How sure the readers must be of a danger whose every word the rules read as harmless. Below it, no such message of
the tuning batches was one of danger."""

DISPUTED = 0.2
"""From which score on a danger of which the rules are sure, but the readers are not, goes to the moderators. Below it,
no such message of the tuning batches was one of danger."""

UNLIKE_TALK = 4.0
"""How much more than for ordinary talk a message must speak for danger, to be a crisis without a rule's word."""

LONG = 700
EXCERPT = 160
"""Characters: a longer text is weighed by its most telling parts, together about as long as this."""

MOST_CHARACTERS = 20_000
_NONE = LABELS.index(Label.NONE)
_DANGERS = (LABELS.index(Label.CRISIS), LABELS.index(Label.URGENT))
_BEARING = frozenset((Label.CRISIS, Label.URGENT, Label.DISTRESS))
_SENTENCE = re.compile(r"[^.!?\u2026\u3002]{1,160}[.!?\u2026\u3002]*\s*|[.!?\u2026\u3002]{1,160}\s*")
_TOLD_WORDS = 3
_ABOUT: Mapping[Label, str] = {
    Label.CRISIS: "in which somebody does not want to live",
    Label.URGENT: "about danger signs that need help now",
    Label.MEDICAL_QUESTION: "that ask for a medical judgement",
    Label.MEDICAL_ADVICE: "that tell another member what to do medically",
    Label.PROMOTION: "that sell or recruit",
    Label.DISTRESS: "of people who are overwhelmed",
    Label.NONE: "that need nothing",
}


@dataclass(frozen=True)
class Triage:
    """Rules and readers together; ``encoder`` is the careful reader, None where it is not there."""

    model: Model
    encoder: Encoder | None
    rules: Rules

    @cached_property
    def version(self) -> str:
        """What names the rules and the trained files."""
        kept = self.model.settings
        trained = "-".join(str(kept[part] or "none")[:8] for part in ("model", "encoder"))
        return f"{VERSION}+{trained if self.encoder else str(kept['model'])[:8]}"

    def assess(self, text: str, context: Context = ALONE) -> Assessment:
        """What a message is; of several in a row, what they are together where the last alone tells no danger."""
        alone = self._assessed(text[:MOST_CHARACTERS], context)
        if not context.earlier or alone.label.alerts:
            return alone
        before = "\n".join(part[:MOST_CHARACTERS] for part in context.earlier[-2:]) + "\n"
        together = self._assessed(before + text[:MOST_CHARACTERS], context, skipped=len(before))
        return together if together.label.alerts or alone.label is Label.NONE else alone

    def _assessed(self, text: str, context: Context, *, skipped: int = 0) -> Assessment:
        view = seen(text)
        found = grams(view.folded)
        long = len(found.text) > LONG
        findings = self.rules.look(view, context, counted=not long)
        weighed = (view, findings, found)
        if long:
            weighed = self._excerpt(found, context)
        scores = np.exp(self._read(*weighed))
        danger = float(scores[_DANGERS[0]] + scores[_DANGERS[1]])
        limits = self._limits(findings, weighed[1].features, weighed[2], danger)
        return self._decided(scores, limits, findings, weighed[2], context=context, skipped=skipped)

    def _excerpt(self, found: Grams, context: Context) -> tuple[Seen, Findings, Grams]:
        """The most telling parts of a long text, in their order, as a message of its own."""
        parts = [match.span() for match in _SENTENCE.finditer(found.text)] or [(0, len(found.text))]
        telling = log_softmax(self.model.parts(found, [start for start, _ in parts]))
        danger = np.logaddexp(telling[:, _DANGERS[0]], telling[:, _DANGERS[1]])
        # Danger weighs most; among parts without any, whatever is not plainly nothing.
        order: list[int] = np.argsort(-(danger - 0.5 * telling[:, _NONE]), kind="stable").tolist()
        kept = list[int]()
        size = 0
        for part in order:
            size += parts[part][1] - parts[part][0]
            if kept and size > EXCERPT:
                break
            kept.append(part)
        view = seen(" ".join(found.text[slice(*parts[part])] for part in sorted(kept)))
        return view, self.rules.look(view, context), grams(view.folded)

    def _read(self, view: Seen, findings: Findings, found: Grams) -> Floats:
        cheap = log_softmax(self.model.logits(found, findings.features))
        if self.encoder is None or self._closed(np.exp(cheap), findings):
            return cheap
        # What was disguised is read as it is meant; what was not, with its accents and signs.
        careful = log_softmax(self.encoder.logits(view.text))
        careful *= np.float32(CAREFUL_SHARE)
        careful += cheap * np.float32(1 - CAREFUL_SHARE)
        return log_softmax(careful)

    @staticmethod
    def _closed(scores: Floats, findings: Findings) -> bool:
        danger = scores[_DANGERS[0]] + scores[_DANGERS[1]]
        now = any(hit.label.alerts and hit.reading is Reading.NOW for hit in findings.hits)
        return bool(scores[_NONE] > CLOSED_NONE and danger < (CLOSED_BESIDE_RULES if now else CLOSED_DANGER))

    def _limits(self, findings: Findings, signs: Floats, found: Grams, danger: float) -> Mapping[Label, Limits]:
        """The limits for this message: higher for what no rule found a word of, above all outside our field."""
        careful = self.encoder is not None
        named = {hit.label for hit in findings.hits}
        in_field = speaks_of_our_field(found.text)
        bearing = Bearing.FIELD if in_field else Bearing.NOTHING
        unborne = self.model.limits(careful=careful, bearing=bearing)
        limits = {**unborne, **{label: self.model.limits(careful=careful)[label] for label in named}}
        if named & _BEARING:
            limits[Label.CRISIS] = self.model.limits(careful=careful)[Label.CRISIS]
        elif (
            not in_field and danger >= unborne[Label.CRISIS].card and self.model.unlike_talk(found, signs) < UNLIKE_TALK
        ):
            # Talk of sport and films is full of people, wishes and giving up: there, only sure readers are believed.
            act = unborne[Label.CRISIS].act
            limits[Label.CRISIS] = Limits(act, act)
        return limits

    def _decided(
        self, read: Floats, limits: Mapping[Label, Limits], findings: Findings, found: Grams, *,
        context: Context, skipped: int,
    ) -> Assessment:  # fmt: skip
        scores = _one_danger(read)
        label = next((each for each in _by_weight(scores) if scores[each] >= limits[each].card), Label.NONE)
        do = Do.NONE if label is Label.NONE else Do.ACT if scores[label] >= limits[label].act else Do.CARD
        disputed = label.alerts and label in findings.vetoes
        sure = findings.verdict
        if disputed:
            label, do = (label, Do.CARD) if scores[label] >= VETOED else (Label.NONE, Do.NONE)
            disputed = label.alerts
        elif sure is not None and sure.alerts and not label.alerts and _danger(scores) >= DISPUTED:
            label, do, disputed = sure, Do.CARD, True
        elif findings.bare and not label.alerts:
            # "kms" and no more: nothing says that it is about a thing, and the readers have too little to go by.
            label, do, disputed = Label.CRISIS, Do.CARD, True
        if context.quoted:
            # Whoever passes words on is not the one to answer; danger in them is for the moderators to see.
            do = Do.CARD if label.alerts and do is not Do.NONE else Do.NONE
            label = label if do is Do.CARD else Label.NONE
        reasons = self._reasons(label, findings, found, skipped) if label is not Label.NONE else ()
        return Assessment(label, scores[label], do, reasons, scores, disputed=disputed, version=self.version)

    def _reasons(self, label: Label, findings: Findings, found: Grams, skipped: int) -> tuple[Reason, ...]:
        by_rule = tuple(_moved(reason, skipped) for reason in findings.reasons)
        words = self._telling_words(label, found)
        told = f"the wording resembles messages {_ABOUT[label]}" + (f": {words}" if words else "")
        return (*by_rule, Reason("model", told))

    def _telling_words(self, label: Label, found: Grams) -> str:
        weights = self.model.weight_of(found, LABELS.index(label))
        spans = [match.span() for match in re.finditer(r"\S+", found.text)]
        if not spans:
            return ""
        first = np.searchsorted(found.starts, [start for start, _ in spans])
        sums = np.concatenate([[0.0], weights.cumsum(dtype=np.float64)])
        gains = sums[np.append(first[1:], len(weights))] - sums[first]
        order: list[int] = np.argsort(-gains, kind="stable").tolist()
        best = [place for place in order[:_TOLD_WORDS] if gains[place] > 0]
        return ", ".join(f"'{found.text[slice(*spans[place])]}'" for place in sorted(best))


def _moved(reason: Reason, skipped: int) -> Reason:
    """A reason with its place in the last of several messages; without one where it stands in an earlier."""
    if reason.end <= skipped:
        return Reason(reason.rule, reason.text) if skipped else reason
    return Reason(reason.rule, reason.text, max(reason.start - skipped, 0), reason.end - skipped)


def _one_danger(read: Floats) -> dict[Label, float]:
    """The scores by label: crisis and urgent lead to the same care, so the likelier of them stands for both."""
    scores = {label: float(score) for label, score in zip(LABELS, read, strict=True)}
    likelier = max((Label.CRISIS, Label.URGENT), key=scores.__getitem__)
    scores[likelier] = min(scores[Label.CRISIS] + scores[Label.URGENT], 1.0)
    return scores


def _danger(scores: Mapping[Label, float]) -> float:
    return max(scores[Label.CRISIS], scores[Label.URGENT])


def _by_weight(scores: Mapping[Label, float]) -> Sequence[Label]:
    """Danger first, then the others from the likeliest down; none is what is left."""
    dangers = sorted((Label.CRISIS, Label.URGENT), key=lambda label: -scores[label])
    others = (label for label in LABELS if not label.alerts and label is not Label.NONE)
    return [*dangers, *sorted(others, key=lambda label: -scores[label])]


@lru_cache(maxsize=1)
def load_triage() -> Triage:
    """The whole reading with all that is installed; once for the whole process."""
    return Triage(load_model(), load_encoder(), read_rules())


def triage_parts() -> Mapping[str, bool]:
    """What the reading consists of and whether it is there, for ``doctor``."""
    return {"rules": True, "cheap reader": True, "careful reader": load_encoder() is not None}
