from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.triage.assessment import Context, Do, Label
from bot.triage.encoder import Encoder, load_encoder
from bot.triage.fitting import SAMPLED
from bot.triage.measuring import TUNING, batches, measure, read_messages
from bot.triage.model import LABELS, load_model
from bot.triage.rules import read_rules
from bot.triage.triage import LONG, Triage, load_triage, triage_parts

CHEAP = Triage(load_model(), None, read_rules())

PLAIN = {
    "I'm coughing up blood since this morning and my chest hurts": Label.URGENT,
    "one side of my face is drooping and I can't get my words out, it just started": Label.URGENT,
    "I don't want to live any more, you'd all be better off without me": Label.CRISIS,
    "Ich will nicht mehr leben, ich kann einfach nicht mehr": Label.CRISIS,
    "No puedo respirar bien y me duele el pecho desde hace una hora": Label.URGENT,
    "should I skip my aciclovir if I feel sick from it?": Label.MEDICAL_QUESTION,
    "Just stop taking the aciclovir, you don't need it, and skip your bloods": Label.MEDICAL_ADVICE,
    "I healed my MS with these drops, DM me for the link, only $49 a bottle": Label.PROMOTION,
    "thank you all, round two is done and I'm home with a cup of tea": Label.NONE,
    "did you watch the game last night?": Label.NONE,
}


@pytest.mark.parametrize(("text", "label"), PLAIN.items())
def test_a_plain_message_gets_its_label(text: str, label: Label) -> None:
    assert load_triage().assess(text).label is label


@pytest.mark.parametrize("text", ["kms", "/kms", "suicide", "Unalive", "kms lol", "Selbstmord", "suicidio"])
@pytest.mark.parametrize("triage", [load_triage(), CHEAP], ids=["both", "cheap"])
def test_a_word_of_crisis_that_stands_alone_goes_to_the_moderators(triage: Triage, text: str) -> None:
    found = triage.assess(text)
    assert (found.label, found.do is not Do.NONE) == (Label.CRISIS, True)


@pytest.mark.parametrize(
    "text",
    [
        "No chest pain and no fever this time, all fine!",
        "lol this queue makes me want to die",
        "Never had a seizure.",
        "kms, left my charger at home",
    ],
)
def test_danger_that_is_denied_or_joked_raises_no_alert(text: str) -> None:
    assert not load_triage().assess(text).label.alerts


def test_an_assessment_says_why_and_by_which_version() -> None:
    found = load_triage().assess("I'm coughing up blood since this morning")
    assert found.do is Do.ACT
    assert found.reasons[0].text == "says 'coughing up blood', present tense, about the writer"
    assert found.reasons[-1].text.startswith("the wording resembles messages about danger signs")
    assert found.version.startswith("rules-")


def test_scores_add_up_and_the_label_has_its_own() -> None:
    found = load_triage().assess("I'm coughing up blood since this morning")
    assert set(found.scores) == set(LABELS)
    assert found.score == found.scores[found.label]
    assert found.score == pytest.approx(1, abs=0.5)


def test_short_messages_in_a_row_are_read_together() -> None:
    triage = load_triage()
    parts = ("i dont want to", "live like this any more")
    last = "goodbye everyone"
    assert triage.assess(last, Context(earlier=parts)).label is Label.CRISIS


def test_reasons_point_into_the_last_of_several_messages() -> None:
    text = "now I'm coughing up blood"
    found = load_triage().assess(text, Context(earlier=("been unwell all day",)))
    spans = [text[reason.start : reason.end] for reason in found.reasons if reason.end]
    assert "coughing up blood" in spans
    assert all(spans)


def test_words_that_are_passed_on_go_to_the_moderators_alone() -> None:
    found = load_triage().assess("I don't want to live any more", Context(quoted=True))
    assert found.do is not Do.ACT


def test_danger_is_found_in_the_middle_of_a_long_text() -> None:
    padding = "The ward was fine and the food was better than last year, we even had a window. "
    text = padding * 40 + "I want to end my life tonight. " + padding * 40
    assert len(text) > LONG
    assert load_triage().assess(text).label is Label.CRISIS


class _Deaf(Encoder):
    """Hears nothing much in anything."""

    def logits(self, text: str, most: int = 0) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
        del text, most
        return np.array([0.0] * (len(LABELS) - 1) + [3.5], np.float32)


def test_where_sure_rules_and_readers_disagree_on_danger_the_moderators_are_asked() -> None:
    encoder = load_encoder()
    assert encoder is not None
    deaf = _Deaf(**{name: getattr(encoder, name) for name in encoder.__dataclass_fields__})
    found = replace(load_triage(), encoder=deaf).assess("I'm coughing up blood since this morning")
    assert (found.label, found.do, found.disputed) == (Label.URGENT, Do.CARD, True)


def test_without_the_careful_reader_rules_and_words_still_hear() -> None:
    found = CHEAP.assess("I'm coughing up blood since this morning")
    assert found.label is Label.URGENT
    assert found.version != load_triage().version


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=400), st.text(max_size=80), st.booleans())
def test_any_text_is_assessed_and_always_the_same_way(text: str, before: str, quoted: bool) -> None:
    context = Context(earlier=(before,) if before else (), quoted=quoted)
    triage = load_triage()
    found = triage.assess(text, context)
    assert found == triage.assess(text, context)
    assert (found.do is Do.NONE) == (found.label is Label.NONE)
    assert all(0 <= reason.start <= reason.end <= len(text) for reason in found.reasons)


@pytest.mark.parametrize("sign", ["a", " ", "\ud800", "\U0001f622", "blood ", "\u0489", ".", "\n"])
def test_very_long_texts_are_read(sign: str) -> None:
    assert load_triage().assess(sign * 30_000) == load_triage().assess(sign * 30_000)


def test_doctor_can_say_what_is_there() -> None:
    assert triage_parts() == {"rules": True, "cheap reader": True, "careful reader": True}


@pytest.mark.parametrize("name", ["both", "cheap_alone"])
def test_the_tuning_batches_get_the_recorded_scores(name: str) -> None:
    recorded = load_model().settings["sampled"][name]
    found = measure(read_messages(batches(TUNING))[::SAMPLED], (load_triage() if name == "both" else CHEAP).assess)
    assert found.alerted.value == pytest.approx(recorded["alerted"], abs=0.005)
    assert found.macro_f1 == pytest.approx(recorded["macro_f1"], abs=0.005)
    assert found.harmless_flagged.value == pytest.approx(recorded["harmless_flagged"], abs=0.005)
    assert found.harmless_alerted.value == pytest.approx(recorded["harmless_alerted"], abs=0.005)
