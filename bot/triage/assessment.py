"""What triage says of a message: a label, what to do, and why, in words that a moderator can read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Label(Enum):
    """What a message is; where two fit, the earlier one holds. Their borders stand in ``labels.md``."""

    CRISIS = "crisis"
    URGENT = "urgent"
    MEDICAL_QUESTION = "medical_question"
    MEDICAL_ADVICE = "medical_advice"
    PROMOTION = "promotion"
    DISTRESS = "distress"
    NONE = "none"

    @property
    def alerts(self) -> bool:
        """Whether it tells of danger."""
        return self in (Label.CRISIS, Label.URGENT)


class Do(Enum):
    """What an assessment asks for: to answer and to tell the moderators, to tell them alone, or nothing."""

    ACT = "act"
    CARD = "card"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: ``rule`` names the rule or ``model``; ``text`` is one plain English clause for moderators.

    ``start`` and ``end`` are positions in the message as it was written; both 0 where no part of it is meant.
    """

    rule: str
    text: str
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True)
class Limits:
    """From which score on a label is acted on, and from which it is a silent card; both from 0 to 1."""

    act: float
    card: float


@dataclass(frozen=True, slots=True)
class Context:
    """What stands around a message.

    ``earlier`` are up to two messages that the same person wrote just before, oldest first: short ones are read
    together with this one. ``answered`` is the text that it replies to; ``quoted`` says that its words are not the
    writer's own (forwarded, shared).
    """

    earlier: tuple[str, ...] = ()
    answered: str = ""
    quoted: bool = False


ALONE = Context()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a message was found to be.

    ``label`` is what would be acted on or shown to the moderators, ``NONE`` where neither; ``score`` is its own, from 0
    to 1, and ``scores`` are those of all labels, so that a chat's own limits can be laid over them. ``disputed`` says
    that rules and model disagree on danger: such a message always goes to the moderators. ``version`` names rules and
    model.
    """

    label: Label
    score: float
    do: Do
    reasons: tuple[Reason, ...] = ()
    scores: Mapping[Label, float] = field(default_factory=dict[Label, float])
    disputed: bool = False
    version: str = ""
