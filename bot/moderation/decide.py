"""From an assessment and a chat's policy to what is done. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.moderation.policy import Handling, Mode
from bot.triage.assessment import Assessment, Do, Label

ANSWERED = frozenset({Label.CRISIS, Label.URGENT, Label.MEDICAL_QUESTION, Label.MEDICAL_ADVICE, Label.DISTRESS})
"""The labels whose writer hears something; promotion is for the moderators alone."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about a message: ``speak`` says the words of ``label``, ``flag`` puts it before the moderators.

    ``shadow`` marks a flag on which the policy would not let anything be said.
    """

    label: Label
    speak: bool
    flag: bool
    shadow: bool = False


NOTHING = Decision(Label.NONE, speak=False, flag=False)


def decide(assessment: Assessment, handling: Mapping[Label, Handling]) -> Decision:
    """Lay a chat's policy over an assessment.

    The first label in the order of ``Label`` that asks to act holds, else the first that asks for a card. What rules
    and model dispute is never acted on alone, whatever a chat's limits are: people look at it.
    """
    asked = {label: _asked(assessment, label, handling.get(label)) for label in Label if label is not Label.NONE}
    for wanted in (Do.ACT, Do.CARD):
        for label, do in asked.items():
            if do is wanted:
                return _decision(label, do, handling[label])
    return NOTHING


def _asked(assessment: Assessment, label: Label, handling: Handling | None) -> Do:
    """What a label asks for under a chat's own limits, else under triage's."""
    if handling is None or handling.mode is Mode.OFF:
        return Do.NONE
    own = assessment.do if label is assessment.label else Do.NONE
    score = assessment.scores.get(label)
    if score is None or (handling.act is None and handling.card is None):
        return own
    if handling.act is not None:
        if score >= handling.act and not (assessment.disputed and label.alerts):
            return Do.ACT
        own = Do.CARD if own is Do.ACT else own
    if handling.card is not None:
        above = score >= handling.card or (assessment.disputed and own is not Do.NONE)
        return own if own is Do.ACT else Do.CARD if above else Do.NONE
    return own


def _decision(label: Label, do: Do, handling: Handling) -> Decision:
    shadow = handling.mode is Mode.SHADOW
    return Decision(label, speak=do is Do.ACT and not shadow and label in ANSWERED, flag=True, shadow=shadow)
