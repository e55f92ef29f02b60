"""What the rules find in messages, how they read it and what they decide."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.triage.assessment import Context, Label
from bot.triage.readings import Reading
from bot.triage.rules import Findings, read_rules
from bot.triage.signs import FEATURES


def look(text: str, context: Context | None = None) -> Findings:
    return read_rules().look(text, context or Context())


def readings(text: str, label: Label) -> set[Reading]:
    return {hit.reading for hit in look(text).hits if hit.label is label}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I want to die", Label.CRISIS),
        ("my brother says he wants to kill himself and he is here with me", Label.CRISIS),
        ("i want to su1cide... k!ll my5elf", Label.CRISIS),
        ("no quiero seguir viviendo", Label.CRISIS),
        ("Ich will nicht mehr leben, ich kann nicht mehr", Label.CRISIS),
        ("coughing up blood since this morning", Label.URGENT),
        ("right side of my face is drooping and I can't lift my arm", Label.URGENT),
        ("the ambulance is on its way, crushing pain in my chest now and my jaw hurts", Label.URGENT),
        ("should i stop my aciclovir now?", Label.MEDICAL_QUESTION),
        ("just skip the antivirals, no need for monthly bloods", Label.MEDICAL_ADVICE),
        ("DM me for the link in my bio, my drops cured my MS, early bird price", Label.PROMOTION),
    ],
)
def test_plain_cases_are_decided(text: str, label: Label) -> None:
    assert look(text).verdict is label


@pytest.mark.parametrize(
    ("text", "label", "reading"),
    [
        ("no chest pain this time", Label.URGENT, Reading.DENIED),
        ("no fever, no chest pain or rash", Label.URGENT, Reading.DENIED),
        ("I don't want to die", Label.CRISIS, Reading.DENIED),
        ("what are the signs of jaundice?", Label.URGENT, Reading.GENERAL),
        ("call them if you start coughing up blood", Label.URGENT, Reading.ADVISED),
        ("I tried to end my life years ago", Label.CRISIS, Reading.PAST),
        ("I had chest pain in 2019", Label.URGENT, Reading.PAST),
        ("this queue makes me want to die", Label.CRISIS, Reading.IDIOM),
        ("The leaflet lists chest pain and a drooping face", Label.URGENT, Reading.QUOTED),
        ("my gran had a seizure", Label.URGENT, Reading.OTHER),
        ("the chest pain turned out to be reflux", Label.URGENT, Reading.RESOLVED),
        ("so scared of chest pain", Label.URGENT, Reading.FEARED),
    ],
)
def test_harmless_ways_of_saying_are_read_and_never_decided(text: str, label: Label, reading: Reading) -> None:
    assert readings(text, label) == {reading}
    assert look(text).verdict is not label


@pytest.mark.parametrize("text", ["no chest pain this time", "I had chest pain in 2019", "my gran had a seizure"])
def test_danger_words_all_meant_harmlessly_are_a_veto(text: str) -> None:
    assert look(text).vetoes == {Label.URGENT}


@pytest.mark.parametrize(
    "text",
    [
        "Not suicidal. I would just rather not wake up",
        "no fever but I am coughing up blood",
        "the leaflet says call for chest pain and I have chest pain now",
        "ER sent me home but I still have chest pain",
        "one side of my face has gone droopy",
    ],
)
def test_danger_beside_a_denial_is_no_veto(text: str) -> None:
    assert not look(text).vetoes


def test_a_fever_denied_in_one_clause_does_not_deny_the_next() -> None:
    found = {hit.words: hit.reading for hit in look("no fever but i am coughing up blood").hits}
    assert found["coughing up blood"] is Reading.NOW


def test_the_words_of_others_are_quoted() -> None:
    assert {hit.reading for hit in look("I want to die", Context(quoted=True)).hits} == {Reading.QUOTED}


def test_reasons_are_words_for_moderators_and_point_into_the_message() -> None:
    text = "Hi all, I'm c\u043eughing up bl\u043eod now"
    reason = next(each for each in look(text).reasons if each.rule == "urgent.cough_blood")
    assert reason.text == f"says '{text[reason.start : reason.end]}', present tense, about the writer"
    assert text[reason.start : reason.end] == "c\u043eughing up bl\u043eod"


def test_the_end_of_a_very_long_text_is_read() -> None:
    assert any(hit.rule == "urgent.cough_blood" for hit in look("lovely day here. " * 3000 + "coughing up blood").hits)


@given(st.text(alphabet=st.characters(codec=None)), st.booleans())
def test_any_text_is_looked_at_and_gives_features_of_one_length(text: str, quoted: bool) -> None:
    found = look(text, Context(quoted=quoted))
    assert found.features.shape == (len(FEATURES),)
    assert found.features.dtype == np.float32
    assert np.isfinite(found.features).all()
    assert all(0 <= hit.start <= hit.end <= len(text) for hit in found.hits)


@given(st.lists(st.sampled_from(["no", "want", "to", "die", "chest", "pain", ",", ".", "if", "you", "2019", "blood"])))
def test_looking_is_pure(words: list[str]) -> None:
    first, second = look(" ".join(words)), look(" ".join(words))
    assert (first.hits, first.verdict, first.vetoes) == (second.hits, second.verdict, second.vetoes)
    assert (first.features == second.features).all()


def test_the_names_of_features_are_all_different() -> None:
    assert len(set(FEATURES)) == len(FEATURES)
