"""How the danger words of a message are meant: as it is now, denied, past, quoted, of others, in general."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from bot.triage.assessment import Context, Label, Reason
from bot.triage.clauses import Sentence
from bot.triage.seen import Seen


class Reading(Enum):
    """How a clause is meant; the value is how a moderator is told of it."""

    NOW = "as it is now"
    DENIED = "denied"
    PAST = "past and over"
    OTHER = "about somebody who is not here"
    QUOTED = "quoted"
    GENERAL = "in general"
    FEARED = "feared, not present"
    ADVISED = "as advice to watch for"
    IDIOM = "a way of speaking"
    RESOLVED = "seen or settled"


KINDS: Mapping[str, Label] = {
    "crisis": Label.CRISIS, "urgent": Label.URGENT, "question": Label.MEDICAL_QUESTION,
    "advice": Label.MEDICAL_ADVICE, "promotion": Label.PROMOTION, "distress": Label.DISTRESS,
}  # fmt: skip
DANGERS = (Label.CRISIS, Label.URGENT)


@dataclass(frozen=True, slots=True)
class Hit:
    """Words found: by which group, where in the message as written, how they are meant and of whom."""

    rule: str
    label: Label
    words: str
    start: int
    end: int
    reading: Reading
    about_writer: bool
    sentence: int

    @property
    def reason(self) -> Reason:
        """The hit in words for moderators."""
        whose = "about the writer" if self.about_writer else "about another person"
        how = "present tense" if self.reading is Reading.NOW else self.reading.value
        return Reason(self.rule, f"says '{self.words}', {how}, {whose}", self.start, self.end)


@dataclass(frozen=True, slots=True)
class Mark:
    """A word that says how others are meant, and between which words of its sentence it stands."""

    name: str
    start: int
    end: int


def widest(found: Sequence[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    """Of one group's finds that overlap, the widest."""
    kept: list[tuple[str, int, int]] = []
    for group, start, end in sorted(found, key=lambda each: (each[0], each[1] - each[2], each[1])):
        if not any(group == other and start < until and since < end for other, since, until in kept[-4:]):
            kept.append((group, start, end))
    return sorted(kept, key=lambda each: each[1])


def hits_of(
    index: int, part: Sentence, found: Sequence[tuple[str, int, int]], marks: Sequence[Mark], *, view: Seen,
    context: Context,
) -> Iterator[Hit]:  # fmt: skip
    """The finds of a sentence that tell of a label, each with how it is meant."""
    idioms = [(start, end) for group, start, end in found if group.startswith("idiom.")]
    for group, start, end in found:
        kind = group.partition(".")[0]
        if kind not in KINDS:
            continue
        label = KINDS[kind]
        idiom = label in DANGERS and any(since < end and start < until for since, until in idioms)
        reading = Reading.IDIOM if idiom else _reading(label, start, part, marks, quoted=context.quoted)
        since, until = view.span(part.tokens[start].start, part.tokens[end - 1].end)
        about = not any(mark.name == "marker.other" and mark.start < end for mark in marks)
        yield Hit(group, label, view.text[since:until][:80], since, until, reading, about, index)


def _reading(label: Label, start: int, part: Sentence, marks: Sequence[Mark], *, quoted: bool) -> Reading:
    names = {mark.name for mark in marks}
    if _denied(label, start, part, marks):
        return Reading.DENIED
    if quoted or ("marker.source" in names and (part.quoted[start] or "marker.now" not in names)):
        return Reading.QUOTED
    if label in DANGERS:
        return _told(label, start, part, marks, names)
    return Reading.NOW


def _told(label: Label, start: int, part: Sentence, marks: Sequence[Mark], names: set[str]) -> Reading:
    before = {mark.name for mark in marks if mark.end <= start + 1}
    now = "marker.now" in names
    if "marker.general" in before:
        return Reading.GENERAL
    if "marker.advised" in names and not (now and "marker.first_person" in names):
        return Reading.ADVISED
    if "marker.feared" in before and not now and label is Label.URGENT:
        return Reading.FEARED
    if "marker.far" in names:
        return Reading.OTHER
    present = any(mark.name == "marker.present" and part.clause[mark.start] == part.clause[start] for mark in marks)
    if "marker.past" in names and not now and not (present and label is Label.URGENT):
        return Reading.PAST
    if "marker.gone" in names and label is Label.URGENT and "marker.still" not in names:
        return Reading.RESOLVED
    return Reading.NOW


_REACH = 4


def _denied(label: Label, start: int, part: Sentence, marks: Sequence[Mark]) -> bool:
    false = [mark for mark in marks if mark.name == "marker.not_negation"]
    for mark in marks:
        if mark.name != "marker.negation" or mark.start >= start or start - mark.end > _REACH:
            continue
        if any(other.start < mark.end and mark.start < other.end for other in false):
            continue
        if part.clause[mark.start] == part.clause[start] or (label is Label.URGENT and _listed(mark, start, part)):
            return True
    return False


def _listed(mark: Mark, start: int, part: Sentence) -> bool:
    """Whether a denial reaches over commas: "no fever, chest pain or rash"."""
    first = part.clause.index(part.clause[mark.start])
    return mark.start == first and part.clause[start] - part.clause[mark.start] == 1 and start - mark.end <= _REACH - 1


# Readings that a later "and now I have it" undoes.
_UNDONE_BY_NOW = frozenset((Reading.ADVISED, Reading.QUOTED, Reading.GENERAL, Reading.FEARED))


def vetoed(label: Label, hits: Sequence[Hit], markers: Mapping[str, int]) -> bool:
    """Whether danger words of this label were found, all of them meant harmlessly."""
    own = [hit for hit in hits if hit.label is label]
    if not own or any(hit.reading is Reading.NOW for hit in own):
        return False
    readings = {hit.reading for hit in own}
    if "marker.now" in markers and readings & _UNDONE_BY_NOW:
        return False
    if label is Label.CRISIS:
        # "Not suicidal, I would only be glad not to wake up": a denial does not clear a wish to die.
        if Reading.DENIED in readings or "marker.still" in markers or any(h.rule == "crisis.goodbye" for h in own):
            return False
        low = any(hit.label is Label.DISTRESS or hit.rule == "crisis.assisted" for hit in hits)
        return not low and "marker.serious" not in markers
    return "marker.help" not in markers and "marker.still" not in markers
