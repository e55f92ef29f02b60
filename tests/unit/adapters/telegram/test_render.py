"""What people typed shows as they typed it, and long answers keep all their parts."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.telegram.render import WORD_JOINER, HtmlMarkup, posts
from bot.chat.replies import Attachment, Tone
from bot.words.presenting import Key, Screen
from fakes.telegram_html import commands_and_mentions, parse_html

MARKUP = HtmlMarkup()
FILE = Attachment("dates.ics", "text/calendar", b"BEGIN:VCALENDAR")


def screen(*pages: str, keys: tuple[tuple[Key, ...], ...] = (), files: tuple[Attachment, ...] = ()) -> Screen:
    return Screen(pages, keys, None, None, files, private=True, direct=False, fresh=False)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters=WORD_JOINER)))
def test_any_text_shows_as_it_is(text: str) -> None:
    shown, marks = parse_html(f"|{MARKUP.escape(text)}|")
    assert shown.replace(WORD_JOINER, "") == f"|{text}|"
    assert marks == []


@given(st.text(alphabet="@ab_1 ,", max_size=20))
def test_no_name_becomes_a_mention(text: str) -> None:
    shown, _marks = parse_html(MARKUP.escape(text))
    assert "mention" not in {mark["type"] for mark in commands_and_mentions(shown)}


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        pytest.param("@anna", "@|anna", id="name"),
        pytest.param("t.me/anna", "t.|me/anna", id="Telegram link"),
        pytest.param("see example.org", "see example.|org", id="bare host"),
        pytest.param("http://example.org", "http:|//example.|org", id="plain http"),
        pytest.param("tg://user?id=1", "tg:|//user?id=1", id="app link"),
        pytest.param("a@example.org", "a@|example.|org", id="mail"),
        pytest.param("https://example.org/@a.b", "https:|//example.|org/@|a.|b", id="full address"),
        pytest.param("2.5 of 3.", "2.5 of 3.", id="numbers stay"),
        pytest.param("/help", "/help", id="commands stay"),
    ],
)
def test_nothing_that_people_write_becomes_a_link(typed: str, shown: str) -> None:
    assert MARKUP.escape(typed) == shown.replace("|", WORD_JOINER)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        pytest.param("https://example.org/@a?b=1&c=2", "https://example.org/@a?b=1&amp;c=2", id="address"),
        pytest.param("https://example.org and more", "https:|//example.|org and more", id="more than that"),
        pytest.param("tg://user?id=1", "tg:|//user?id=1", id="another kind"),
    ],
)
def test_an_address_of_our_own_stays_a_link(url: str, shown: str) -> None:
    assert MARKUP.address(url) == shown.replace("|", WORD_JOINER)


def test_a_moment_is_shown_to_each_reader_in_their_own_zone() -> None:
    _text, (mark,) = parse_html(MARKUP.moment(datetime(2026, 4, 14, 7, 30, tzinfo=UTC), "Tue 14 Apr, 09:30"))
    assert (mark["type"], mark["unix_time"], mark["date_time_format"]) == ("date_time", 1776151800, "wDt")


def test_the_keys_stand_under_the_last_page_and_files_follow() -> None:
    first, last, file = posts(screen("one", "two", keys=((Key("Go", "go"),),), files=(FILE,)))
    assert (first.text, first.keyboard, last.text, file.file) == ("one", None, "two", FILE)
    assert last.keyboard
    assert last.keyboard.inline_keyboard[0][0].callback_data == "go"


def test_a_short_text_goes_under_its_only_file() -> None:
    (post,) = posts(screen("one", keys=((Key("Go", "go"),),), files=(FILE,)))
    assert (post.text, post.file) == ("one", FILE)
    assert post.keyboard


@pytest.mark.parametrize(
    ("tone", "style"),
    [(Tone.PLAIN, None), (Tone.YES, "success"), (Tone.DANGER, "danger")],
    ids=["plain", "yes", "danger"],
)
def test_a_button_shows_what_it_does(tone: Tone, style: str | None) -> None:
    (post,) = posts(screen("one", keys=((Key("Go", "go", tone=tone),),)))
    assert post.keyboard
    assert post.keyboard.inline_keyboard[0][0].style == style
