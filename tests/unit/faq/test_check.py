"""What an entry must be before it is shown."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.faq.check import LONGEST_ANSWER, advice_in, check_entry, check_folder
from bot.faq.entry import Category, Entry, Phrasing, Source
from bot.faq.files import FOLDER, read_folder, write_folder

TODAY = date(2026, 11, 22)
PLAIN = Entry(
    id="day-length",
    category=Category.INFUSION_DAYS,
    question="How long is a day?",
    answerable=True,
    sources=(Source("A leaflet", "2021-04-06"),),
    reviewed_by="nobody",
    reviewed_on=TODAY,
    review_due=date(2027, 11, 12),
    answer="The drip runs for four hours or so.\n\nThe leaflet says it, and your unit can tell you more.",
    phrasings=(Phrasing("how long is it"),),
)


def changed(**chosen: object) -> Callable[[], Entry]:
    return lambda: replace(PLAIN, **chosen)


def test_nothing_is_wrong_with_the_shipped_entries() -> None:
    latest = max(entry.reviewed_on for entry in read_folder(FOLDER))
    entries, faults = check_folder(FOLDER, latest)

    assert (len(entries), faults) == (85, ())


def test_a_plain_entry_is_in_order(tmp_path: Path) -> None:
    write_folder(tmp_path, [PLAIN])

    assert check_folder(tmp_path, TODAY) == ((PLAIN,), ())
    assert check_entry(PLAIN, TODAY) == ()


@pytest.mark.parametrize(
    ("make", "line", "words"),
    [
        pytest.param(changed(question="Why?"), 4, "a question has", id="a short question"),
        pytest.param(changed(question="why " * 40), 4, "a question has", id="a long question"),
        pytest.param(changed(answer="Four hours."), 1, "this one 11", id="a short answer"),
        pytest.param(changed(answer="word " * 200), 1, "an answer has", id="a long answer"),
        pytest.param(changed(answer="Four hours.\nYou should take the tablets."), 15, "You should take", id="advice"),
        pytest.param(
            changed(answer="It is four hours long, and you\nshould take the tablets."),
            14,
            "you should take",
            id="over two lines",
        ),
        pytest.param(changed(question="Is it safe? It is safe."), 4, "It is safe", id="advice in a question"),
        pytest.param(changed(answer="More stands on https://example.org there."), 14, "plain text only", id="a link"),
        pytest.param(changed(answer="More stands [here](there), they say."), 14, "plain text only", id="a named link"),
        pytest.param(changed(answer="It is **four** hours, the leaflet says."), 14, "plain text only", id="markup"),
        pytest.param(changed(answer="It is <b>four</b> hours, the leaflet says."), 14, "plain text only", id="a tag"),
        pytest.param(changed(answer="Hello @everyone, it is four hours."), 14, "plain text only", id="a call to all"),
        pytest.param(changed(answer="# A heading\nThe first line is here."), 14, "plain text only", id="a heading"),
        pytest.param(changed(answer="It is four\0 hours, the leaflet says."), 14, "plain text only", id="a null"),
        pytest.param(
            changed(answer="It is \x1b[31mfour hours, they say."), 14, "plain text only", id="a terminal's code"
        ),
        pytest.param(
            changed(answer="It is \u202efour hours, they say."), 14, "plain text only", id="text turned round"
        ),
        pytest.param(changed(sources=(Source("A", "2014"),) * 9), 7, "1 to 8 sources", id="many sources"),
        pytest.param(changed(sources=(Source("A" * 161, "2014"),)), 8, "a source's title", id="a long title"),
        pytest.param(changed(reviewed_on=date(2026, 11, 23)), 11, "in the future", id="reviewed tomorrow"),
        pytest.param(changed(review_due=date(2026, 11, 21)), 12, "before reviewed_on", id="due before it was reviewed"),
        pytest.param(changed(review_due=date(2027, 11, 24)), 12, "more than a year", id="due too late"),
        pytest.param(changed(review_due=date.max), 12, "more than a year", id="due never"),
        pytest.param(changed(reviewed_on=date.max, review_due=date.max), 11, "in the future", id="the last day of all"),
        pytest.param(changed(reviewed_by="N" * 161), 10, "a name has", id="a long name"),
        pytest.param(changed(phrasings=(Phrasing("x" * 601),)), 2, "phrasings of at most", id="a long phrasing"),
        pytest.param(
            changed(phrasings=tuple(Phrasing(f"way {n}") for n in range(501))), 2, "at most 500", id="many phrasings"
        ),
    ],
)
def test_a_rule_that_is_broken_is_told_with_file_and_line(
    tmp_path: Path, make: Callable[[], Entry], line: int, words: str
) -> None:
    write_folder(tmp_path, [make()])
    _, faults = check_folder(tmp_path, TODAY)

    assert [(each.path, each.line) for each in faults] == [(str(tmp_path / "day-length.md"), line)]
    assert words in faults[0].text
    assert check_entry(make(), TODAY) == (faults[0].text,)


@pytest.mark.parametrize("date_", ["yesterday", ""])
def test_a_source_that_was_typed_with_no_date_is_refused(date_: str) -> None:
    (text,) = check_entry(replace(PLAIN, sources=(Source("A leaflet", date_),)), TODAY)

    assert "a source's date" in text


def test_an_entry_without_a_source_is_refused() -> None:
    (text,) = check_entry(replace(PLAIN, sources=()), TODAY)

    assert "1 to 8 sources" in text


def test_line_breaks_and_paragraphs_are_no_characters_of_an_answer_twice() -> None:
    words = "word " * (LONGEST_ANSWER // 5)

    assert check_entry(replace(PLAIN, answer=words.replace(" ", "\n")), TODAY) == ()


@pytest.mark.parametrize(
    "asked", ["how long is it", "HOW  long is it", "h\u00f3w long is \u200bit", "How long is a day?"]
)
def test_the_same_words_cannot_ask_for_two_entries(tmp_path: Path, asked: str) -> None:
    other = replace(PLAIN, id="other", question="What else is there?", phrasings=(Phrasing(asked),))
    write_folder(tmp_path, [PLAIN, other])
    _, (fault,) = check_folder(tmp_path, TODAY)

    assert Path(fault.path).name == "other.md"
    assert "day-length is asked for by the same words" in fault.text


def test_the_same_words_twice_for_one_entry_are_no_fault(tmp_path: Path) -> None:
    write_folder(tmp_path, [replace(PLAIN, phrasings=(Phrasing("how long"), Phrasing("How LONG")))])

    assert check_folder(tmp_path, TODAY)[1] == ()


def test_files_without_the_form_are_told_before_their_content(tmp_path: Path) -> None:
    (tmp_path / "fever.md").write_text("no head")
    entries, (fault,) = check_folder(tmp_path, TODAY)

    assert (entries, fault.line) == ((), 1)


@pytest.mark.parametrize(
    "text",
    [
        "You should take your antiviral twice a day.",
        "You must stop the tablets when your counts are back.",
        "You need to skip the next blood test.",
        "You have to start the antibiotics today.",
        "You ought to delay your second round.",
        "You should not take ibuprofen before a round.",
        "You shouldn't take it.",
        "You mustn't stop it.",
        "You should never skip a dose.",
        "You may safely stop the tablets.",
        "You can stop taking it after a month.",
        "You can wait a few days with that fever.",
        "You may ignore a mild rash.",
        "You don't need to take it any more.",
        "You do not have to see a doctor.",
        "There is no need to call your team.",
        "Do not take paracetamol with this.",
        "Don\u2019t stop the antiviral on your own.",
        "Never double a missed dose.",
        "Always take it with food.",
        "Please stop the tablets.",
        "Just skip the evening dose.",
        "Stop your medication for a week.",
        "Halve the dose if you feel sick.",
        "For two weeks, reduce the steroid slowly.",
        "Restart the tablets on Monday.",
        "Take two tablets in the morning.",
        "It helps. Take 200 mg at noon.",
        "Avoid brie for a month.",
        "It is safe to drink wine afterwards.",
        "It's perfectly safe.",
        "This is harmless.",
        "That is nothing to worry about.",
        "No need to worry about the spots.",
        "Don't worry about a fever below 38.",
        "You'll be fine to travel.",
        "We recommend two litres of water.",
        "We advise against travel.",
        "I suggest a lower dose.",
        "I would stop it if I were you.",
        "My advice is to skip it.",
        "You had better switch to another drug.",
        "you\nshould   stop it",
    ],
)
def test_advice_of_our_own_is_found(text: str) -> None:
    assert advice_in(text)
    assert advice_in(f"The leaflet is long. {text}")


@pytest.mark.parametrize(
    "text",
    [
        "Please call your MS team today.",
        "Please ask your neurologist.",
        "Ask the unit before you travel.",
        "Call the emergency number.",
        "You should call your MS team at once.",
        "You must tell the dentist about it.",
        "People are told to take the antiviral for at least a month.",
        "The leaflet says to stop it only when a physician says so.",
        "Your unit can tell you its own timetable.",
        "The published list says to avoid raw milk.",
        "Patients must have a blood test before each round.",
        "Some skip breakfast, and others eat a lot.",
        "You can ask for a single room.",
        "You may feel tired for weeks.",
        "You will hear from the unit.",
        "It is given over four hours.",
        "It is not known if it is safe.",
        "Whether it is safe is for your team to say.",
        "It is not safe for everybody, the text says.",
        "They watch you for two hours.",
        "You have to sign a form.",
        "Nobody here can tell you what a result means.",
        "In trials 71 of 100 patients had an infection.",
        "If you are fine after two hours, the unit lets you go.",
        "The doctor may stop the drip or run it more slowly.",
        "Steroids are given on the first three days.",
        "Women are asked to use contraception for four months.",
        "A columnist went on a long drive and found it too much.",
        "Before you take anything new, please ask a pharmacist.",
        "How long people take it depends on the blood counts.",
        "Delays do happen, and who decides on them is the neurologist.",
        "Bring a book, a charger and something warm.",
        "Their advice is old by now.",
    ],
)
def test_ordinary_words_are_no_advice(text: str) -> None:
    assert advice_in(text) is None


def test_no_shipped_sentence_is_advice() -> None:
    found = {entry.id: advice_in(" ".join(entry.paragraphs)) for entry in read_folder(FOLDER)}

    assert {entry_id: advice for entry_id, advice in found.items() if advice} == {}
