import re

import pytest

import builders
from bot.chat.people import Reader
from bot.chat.replies import say
from bot.faq.entry import Entry
from bot.faq.files import FOLDER, read_folder
from bot.faq.showing import button_for_anyone, shown, shown_to_all
from bot.members.calls import Call
from bot.words.catalogue import PlainMarkup, Writer
from unit.journey.talk import FORMS

ENTRIES = read_folder(FOLDER)
LINK = re.compile("[A-Za-z0-9_-]{1,64}")  # what Telegram takes
MOST_POSTED = 2000
"""What one message on Discord holds, the least of all platforms; a post to a group is one message."""


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_every_answer_that_comes_with_the_program_fits_one_message(entry: Entry) -> None:
    person = builders.person()
    call = Call(person, builders.direct(person), builders.NOW, builders.member(country="US"), FORMS)
    writer = Writer(Reader("en-GB"), PlainMarkup())
    for reply in (shown(entry, call), shown_to_all(entry, call)):
        assert reply.title
        lines = [writer.write(line) for line in (reply.title, *reply.lines)]
        assert lines[0] == entry.question
        assert lines[1 : 1 + len(entry.paragraphs)] == list(entry.paragraphs)
        assert len("\n".join(lines)) <= MOST_POSTED


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_a_link_names_the_entry_and_the_chat_within_what_the_platform_takes(entry: Entry) -> None:
    linked = button_for_anyone(entry, say("button.show_me"), "c0ffee00").link
    plain = button_for_anyone(entry, say("button.show_me")).link
    assert (linked, plain) == (f"faq-{entry.code}-c0ffee00", f"faq-{entry.id}")
    assert LINK.fullmatch(linked)
    assert LINK.fullmatch(plain)
