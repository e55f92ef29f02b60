from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.moderation.decide import NOTHING, Decision, decide
from bot.moderation.policy import Handling, Mode, first_policy
from bot.triage.assessment import Assessment, Do, Label

LABELS = [label for label in Label if label is not Label.NONE]


def found(label: Label, do: Do, *, disputed: bool = False, **scores: float) -> Assessment:
    by_label: Mapping[Label, float] = {Label(name): score for name, score in scores.items()}
    return Assessment(label, by_label.get(label, 0.9), do, (), by_label, disputed)


@pytest.mark.parametrize(
    ("label", "speaks", "shadow"),
    [
        (Label.CRISIS, True, False),
        (Label.URGENT, True, False),
        (Label.MEDICAL_QUESTION, False, True),
        (Label.MEDICAL_ADVICE, False, True),
        (Label.PROMOTION, False, True),
        (Label.DISTRESS, False, True),
    ],
    ids=lambda value: value.value if isinstance(value, Label) else None,
)
def test_a_new_chat_answers_danger_and_only_shows_the_rest(label: Label, speaks: bool, shadow: bool) -> None:
    decision = decide(found(label, Do.ACT), first_policy())
    assert decision == Decision(label, speak=speaks, flag=True, shadow=shadow)


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.value)
def test_a_card_is_never_spoken_of(label: Label) -> None:
    decision = decide(found(label, Do.CARD), dict.fromkeys(Label, Handling(Mode.ON)))
    assert decision.flag
    assert not decision.speak


@pytest.mark.parametrize("label", LABELS, ids=lambda label: label.value)
def test_what_is_off_is_left_alone(label: Label) -> None:
    assert decide(found(label, Do.ACT), {label: Handling(Mode.OFF)}) == NOTHING


def test_nobody_is_answered_for_promotion() -> None:
    assert not decide(found(Label.PROMOTION, Do.ACT), {Label.PROMOTION: Handling(Mode.ON)}).speak


def test_a_stricter_limit_leaves_a_card_and_a_laxer_one_acts() -> None:
    own = {Label.MEDICAL_QUESTION: Handling(Mode.ON, act=0.95)}
    assert not decide(found(Label.MEDICAL_QUESTION, Do.ACT, medical_question=0.9), own).speak
    assert decide(found(Label.MEDICAL_QUESTION, Do.ACT, medical_question=0.9), own).flag
    own = {Label.MEDICAL_QUESTION: Handling(Mode.ON, act=0.5)}
    assert decide(found(Label.MEDICAL_QUESTION, Do.CARD, medical_question=0.6), own).speak
    assert decide(found(Label.NONE, Do.NONE, medical_question=0.6), own).speak


def test_a_limit_for_cards_can_silence_or_show() -> None:
    own = {Label.DISTRESS: Handling(Mode.ON, card=0.7)}
    assert decide(found(Label.DISTRESS, Do.CARD, distress=0.6), own) == NOTHING
    assert decide(found(Label.NONE, Do.NONE, distress=0.8), own).flag


def test_what_is_disputed_is_shown_but_never_acted_on_by_a_laxer_limit() -> None:
    own = {Label.CRISIS: Handling(Mode.ON, act=0.2, card=0.9)}
    decision = decide(found(Label.CRISIS, Do.CARD, disputed=True, crisis=0.6), own)
    assert decision.flag
    assert not decision.speak


def test_danger_comes_before_all_else() -> None:
    lax = {label: Handling(Mode.ON, act=0.1) for label in LABELS}
    decision = decide(found(Label.DISTRESS, Do.ACT, distress=0.9, urgent=0.2, crisis=0.15), lax)
    assert decision.label is Label.CRISIS


_scores = st.dictionaries(st.sampled_from(LABELS), st.floats(0, 1))
_limits = st.none() | st.floats(0, 1)
_handling = st.builds(Handling, st.sampled_from(list(Mode)), act=_limits, card=_limits)


@given(
    st.sampled_from(list(Label)),
    st.sampled_from(list(Do)),
    _scores,
    st.booleans(),
    st.dictionaries(
        st.sampled_from(LABELS), st.builds(Handling, st.sampled_from(list(Mode)), act=_limits, card=_limits)
    ),
)
def test_what_is_said_is_always_flagged_too_and_only_where_a_chat_wants_it(
    label: Label, do: Do, scores: dict[Label, float], disputed: bool, handling: dict[Label, Handling]
) -> None:
    decision = decide(Assessment(label, 0.5, do, (), scores, disputed), handling)
    if decision.speak:
        assert decision.flag
        assert handling[decision.label].mode is Mode.ON
    if decision.flag:
        assert decision.label in handling
        assert handling[decision.label].mode is not Mode.OFF
