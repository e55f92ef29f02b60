"""Which questions tell of somebody's own case."""

import pytest

from bot.faq.entry import Entry
from bot.faq.files import FOLDER, read_folder
from bot.faq.personal import names_own_case
from bot.faq.search import Search
from bot.reading.text import normal

ENTRIES = read_folder(FOLDER)
SEARCH = Search.over(ENTRIES)
ANSWERS = [each for each in ENTRIES if each.answerable and each.id != "alone-not-working"]
"""The entries with an answer, but for the one whose question tells of oneself."""

OWN = [
    "my TSH is 8.4, is that bad",
    "my platelets came back low",
    "my lymphocytes are 0.3 after two months",
    "ALT was 92 this week",
    "platelets 61 what now",
    "can I take ibuprofen while I'm on acyclovir",
    "can my wife have the flu jab while I am on lemtrada",
    "could I skip the antiviral because it upsets my stomach",
    "may I stop the tablets if my counts are fine",
    "should I take the second round",
    "should I go ahead with round 2 after my MRI",
    "should I call someone about these bruises",
    "should I be worried about a nosebleed",
    "must I get the booster before round one",
    "I have diabetes, can I still get it",
    "I've got hepatitis B, am I out",
    "ive got a rash all over my arms",
    "I have a fever since last night",
    "I have a cold, will they cancel on Monday",
    "I am pregnant and had round one in May",
    "I'm allergic to penicillin, what do they give",
    "I'm taking baclofen and amitriptyline with it",
    "I am on warfarin, does it matter",
    "am I too old at 58 for this",
    "am I eligible with an EDSS of 6",
    "is my heart rate dangerous at 120",
    "are my results normal",
    "is it safe for me to breastfeed",
    "is it ok if I delay my infusion by a month",
    "is it normal that my hands shake",
    "mi tsh salió alta",
    "mein TSH ist 7,2",
    "mes plaquettes sont à 80",
    "should my daughter start the treatment now",
]

GENERAL = [
    "how long is an infusion day",
    "what is lemtrada",
    "how many rounds are there",
    "what does alemtuzumab do",
    "which blood tests are done each month",
    "why four years of blood tests",
    "what should go in a hospital bag",
    "how common are thyroid problems",
    "what are the signs of ITP",
    "which foods carry listeria",
    "how long are soft cheeses off the menu",
    "what is the REMS programme",
    "who can prescribe it in Europe",
    "are steroids given on every day",
    "what happens on day one",
    "how are infusion reactions treated",
    "do people lose their hair",
    "is it chemotherapy",
    "can people drive home afterwards",
    "what is aciclovir for",
    "do periods change after treatment",
    "when does it start to work",
    "how long do people stay off work",
    "is round two easier",
    "is there a patient card",
    "where do people find others who had it",
    "does it help with old symptoms",
    "how does one report a side effect",
    "what is anti-GBM disease",
    "how likely is a stroke during the drip",
    "wie lange dauert die Infusion",
    "cuántas rondas son",
    "combien de temps dure la perfusion",
    "quante volte si fanno gli esami",
]


@pytest.mark.parametrize("query", OWN)
def test_a_question_with_facts_of_one_s_own_is_known_as_such(query: str) -> None:
    assert SEARCH.find(query).personal


@pytest.mark.parametrize("query", GENERAL)
def test_a_general_question_is_not_taken_for_one_s_own_case(query: str) -> None:
    assert not SEARCH.find(query).personal


@pytest.mark.parametrize("entry", ANSWERS, ids=lambda each: each.id)
def test_the_question_over_an_answer_is_general(entry: Entry) -> None:
    assert not SEARCH.find(entry.question).personal


@pytest.mark.parametrize(
    "text",
    [
        "my tsh is 8.4",
        "platelets 61 what now",
        "i have a fever",
        "am i too old at 58",
        "is it ok if i delay my infusion",
    ],
)
def test_plain_signs_hold_whatever_the_model_has_learned(text: str) -> None:
    assert names_own_case(text)


def test_general_words_are_no_plain_sign() -> None:
    assert [query for query in GENERAL if names_own_case(normal(query))] == []
