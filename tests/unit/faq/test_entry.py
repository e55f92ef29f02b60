"""What an entry says of itself, and what the entries that come with the program hold."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.faq.entry import EXPIRES_AFTER, NOBODY, Category, Entry, Source, Standing, code_of
from bot.faq.files import FOLDER, read_folder, read_phrasings
from bot.faq.fitting import OUT_OF_SCOPE
from bot.reading.text import normal

IDS = (Path(__file__).parents[2] / "data" / "faq" / "ids.txt").read_text("utf-8").split()
ENTRIES = {entry.id: entry for entry in read_folder(FOLDER)}
POINTERS = [entry for entry in ENTRIES.values() if not entry.answerable]
DUE = date(2027, 3, 15)

DOSAGE = re.compile(
    r"\d[\d.,]*\s?(?:mg|g|mcg|µg|ml|iu|units?|tablets?|pills?|capsules?|puffs?|drops?)\b"
    r"|\b(?:once|twice) (?:a day|daily)\b",
    re.IGNORECASE,
)
PERSON = re.compile(r"\b(?:team|neurologist|doctor|physician|nurse|pharmacist|dentist|surgeon)\b")
ASKING = re.compile(r"\b(?:ask|call|phone|tell|talk|contact|show|give|put)\b", re.IGNORECASE)


def entry(**chosen: object) -> Entry:
    plain: dict[str, object] = {
        "id": "day-length",
        "category": Category.INFUSION_DAYS,
        "question": "How long is a day?",
        "answerable": True,
        "sources": (Source("A leaflet", "2021"),),
        "reviewed_by": NOBODY,
        "reviewed_on": date(2026, 3, 15),
        "review_due": DUE,
        "answer": "Four hours\nor so.\n\n\n  The leaflet   says it. \n",
    }
    return Entry(**(plain | chosen))


@pytest.mark.parametrize(
    ("today", "standing"),
    [
        pytest.param(DUE - timedelta(days=400), Standing.CURRENT, id="long before"),
        pytest.param(DUE, Standing.CURRENT, id="on its last day"),
        pytest.param(DUE + timedelta(days=1), Standing.DUE, id="the day after"),
        pytest.param(DUE + EXPIRES_AFTER, Standing.DUE, id="ninety days after"),
        pytest.param(DUE + EXPIRES_AFTER + timedelta(days=1), Standing.EXPIRED, id="ninety-one days after"),
    ],
)
def test_an_answer_is_current_then_due_then_withheld(today: date, standing: Standing) -> None:
    assert entry().standing(today) is standing


def test_paragraphs_are_one_line_each_and_none_is_empty() -> None:
    assert entry().paragraphs == ("Four hours or so.", "The leaflet says it.")


def test_a_code_is_eight_characters_and_tells_nothing_of_the_entry() -> None:
    assert entry().code == code_of("day-length")
    assert re.fullmatch(r"[0-9a-f]{8}", entry().code)


def test_no_two_entries_share_a_code() -> None:
    assert len({each.code for each in ENTRIES.values()}) == len(ENTRIES)


def test_each_category_has_a_word_of_its_own() -> None:
    assert len({each.word for each in Category}) == len(Category)
    assert Category.AFTER_INFUSION.word == "after_infusion"


def test_exactly_the_agreed_entries_come_with_the_program() -> None:
    assert len(IDS) == 85
    assert list(ENTRIES) == IDS


def test_every_category_has_an_entry() -> None:
    assert {each.category for each in ENTRIES.values()} == set(Category)


@pytest.mark.parametrize("entry_id", IDS)
def test_an_entry_knows_many_ways_to_ask_in_five_languages(entry_id: str) -> None:
    phrasings = ENTRIES[entry_id].phrasings

    assert len({normal(each.text) for each in phrasings}) >= 25
    assert {each.language for each in phrasings} >= {"en", "es", "de", "fr", "it"}
    assert all(each.writer for each in phrasings)


def test_many_questions_are_known_that_no_entry_answers() -> None:
    outside = read_phrasings(OUT_OF_SCOPE.read_text("utf-8"))

    assert len({normal(each.text) for each in outside}) >= 400
    asked = {normal(each.text) for found in ENTRIES.values() for each in found.phrasings}
    assert asked.isdisjoint(normal(each.text) for each in outside)


def test_reviews_are_spread_over_a_year() -> None:
    months = {(each.review_due.year, each.review_due.month) for each in ENTRIES.values()}
    days = [each.review_due for each in ENTRIES.values()]

    assert len(months) >= 10
    assert max(days) - min(days) <= timedelta(days=366)


def test_no_entry_claims_a_reviewer_that_it_does_not_have() -> None:
    assert {each.reviewed_by for each in ENTRIES.values()} == {NOBODY}


def test_twenty_five_entries_only_point_to_people() -> None:
    assert len(POINTERS) == 25


@pytest.mark.parametrize("pointer", POINTERS, ids=lambda each: each.id)
def test_an_entry_without_an_answer_names_no_dose_and_points_to_a_person(pointer: Entry) -> None:
    assert not DOSAGE.search(pointer.answer)
    assert PERSON.search(pointer.answer)
    assert ASKING.search(pointer.answer)


@pytest.mark.parametrize("text", ["take 200 mg", "2 tablets", "twice daily", "0.5 ml"])
def test_the_look_for_doses_finds_them(text: str) -> None:
    assert DOSAGE.search(text)


@pytest.mark.parametrize(
    "entry_id",
    [
        *(each for each in IDS if each.endswith("-signs")),
        "belly-pain-gallbladder",
        "fever",
        "infection-uti-cold",
        "infusion-reactions",
        "labs-my-result",
        "low-mood",
        "old-symptoms-back",
        "rash",
        "thyroid-symptoms-mine",
    ],
)
def test_entries_about_signs_of_danger_carry_the_line_of_red_flags(entry_id: str) -> None:
    assert ENTRIES[entry_id].danger


def test_entries_about_despair_carry_the_crisis_lines() -> None:
    assert {each.id for each in ENTRIES.values() if each.crisis} >= {"low-mood", "anxiety-after"}
