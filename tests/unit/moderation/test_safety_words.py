import re
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bot.chat.people import Reader
from bot.chat.replies import say
from bot.words.catalogue import DISCREET, SAFETY, PlainMarkup, Writer, language_found, load_catalogue
from unit.words.keys import forms_of, key_of, messages

LANGUAGES = ("de", "es", "fr", "it", "nl", "pl", "pt")
PARTS = ("crisis.", "urgent.", "reach.", "safety.", "help.emergency", "help.crisis", "help.finder", "button.reach")
WANTED = {(key_of(each), each.context): each for each in messages() if key_of(each).startswith(PARTS)}
HEALTH = re.compile(r"lemtrada|alemtuzumab|\b(MS|EM|SEP|SM)\b|[ée]quipe soignante|behandl|tratam|trattam|leczeni")
"""Words that tell what somebody has or takes, in any of these languages."""


def read(language: str) -> dict[tuple[str, str | None], Message]:
    with (SAFETY / f"{language}.po").open("rb") as file:
        return {(key_of(each), each.context): each for each in read_po(file, locale=language) if each.id}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_there_is_a_file_for_each_language_and_no_other() -> None:
    assert sorted(path.stem for path in SAFETY.iterdir()) == list(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_file_has_all_words_about_danger_and_none_beyond(language: str) -> None:
    assert read(language).keys() == WANTED.keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_translation_asks_for_the_same_values(language: str) -> None:
    for key, message in read(language).items():
        [form], [english] = forms_of(message), forms_of(WANTED[key])
        assert form.strip()
        assert placeholders(form) == placeholders(english), key
        assert re.findall(r"/[a-z]+", form) == re.findall(r"/[a-z]+", english), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_translation_is_one(language: str) -> None:
    same = {key for key, message in read(language).items() if forms_of(message) == forms_of(WANTED[key])}
    assert same <= {("crisis.line_of", None), ("crisis.number_of", None)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_message_stands_twice(language: str) -> None:
    text = (SAFETY / f"{language}.po").read_text(encoding="utf-8")
    assert len(re.findall(r'^msgid ".+"$', text, re.MULTILINE)) == len(WANTED)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_names_the_illness_or_the_drug_has_a_discreet_form_that_does_not(language: str) -> None:
    found = read(language)
    for (key, context), message in found.items():
        if HEALTH.search(forms_of(message)[0]):
            assert context is None, key
            assert (key, DISCREET) in found, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_file_says_that_nobody_with_clinical_knowledge_has_read_it_yet(language: str) -> None:
    head = (SAFETY / f"{language}.po").read_text(encoding="utf-8").partition("msgid")[0]
    assert "Not yet reviewed by a speaker" in head
    assert "with clinical knowledge" in head


@pytest.mark.parametrize("language", LANGUAGES)
def test_people_read_words_about_danger_in_their_own_language_and_all_else_in_english(language: str) -> None:
    writer = Writer(Reader(f"{language}-{language.upper()}"), PlainMarkup())
    own, english = read(language), forms_of(WANTED["crisis.heard", None])[0]
    assert writer.write(say("crisis.heard")) == forms_of(own["crisis.heard", None])[0] != english
    assert writer.write(say("form.stop")) == "Stop"
    assert language_found(language) == "en"
    assert load_catalogue(language) is None
    discreet = Writer(Reader(language, discreet=True), PlainMarkup())
    assert discreet.write(say("urgent.team")) == forms_of(own["urgent.team", DISCREET])[0]


@pytest.mark.parametrize("language", ["ja", "x" * 300, "..", "safety/de", ""])
def test_everybody_else_reads_them_in_english(language: str) -> None:
    assert Writer(Reader(language), PlainMarkup()).write(say("button.reach")) == "Help now"


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_nothing_is_promised_argued_or_made_small(language: str) -> None:
    texts = [form for each in (read(language) if language != "en" else WANTED).values() for form in forms_of(each)]
    not_said = r"\b(suicid|selbstmord|suizid|zelfmoord|samob|kill|method|secret|geheim|versprech|promet|promis)"
    assert not [text for text in texts if re.search(not_said, text, re.IGNORECASE)]
