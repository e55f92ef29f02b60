from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.people import Reader
from bot.chat.replies import Text, say
from bot.words.catalogue import PlainMarkup, Writer, language_found, load_catalogue, visible

DAY = date(2026, 12, 5)
MOMENT = datetime(2026, 12, 5, 7, 30, tzinfo=UTC)


class Marked:
    """Fulfils ``Markup`` so that everything that went through the hook stands in brackets."""

    def escape(self, text: str) -> str:
        return f"[{text}]"

    def address(self, url: str) -> str:
        return f"({url})"

    def moment(self, at: datetime, shown: str) -> str:
        return f"<{at:%H:%M} {shown}>"

    def bold(self, text: str) -> str:
        return f"*{text}*"


def write(text: Text, **reader: object) -> str:
    return Writer(Reader(**reader), PlainMarkup()).write(text)  # type: ignore[arg-type]  # fields of Reader


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("en-GB", "Saturday, 5 December 2026"),
        ("en-US", "Saturday, December 5, 2026"),
        ("en", "Saturday, December 5, 2026"),
        ("de", "Saturday, December 5, 2026"),
        ("de-DE", "Saturday, 5 December 2026"),
        ("de_AT", "Saturday, 5 December 2026"),
        ("es-ES", "Saturday, 5 December 2026"),
        ("es-US", "Saturday, December 5, 2026"),
        ("pt-BR", "Saturday, 5 December 2026"),
        ("fr-FR", "Saturday, 5 December 2026"),
        ("es-419", "Saturday, 5 December 2026"),
        ("zh-Hans-CN", "Saturday, 5 December 2026"),
        ("xx-YY", "Saturday, 5 December 2026"),
        ("../en", "Saturday, December 5, 2026"),
        ("\0", "Saturday, December 5, 2026"),
        ("a" * 5000, "Saturday, December 5, 2026"),
    ],
    ids=lambda value: value[:12],
)
def test_a_date_is_written_in_the_language_of_its_words_and_in_the_order_of_the_country(
    locale: str, shown: str
) -> None:
    assert write(say("nextlab.today", day=DAY), locale=locale).replace("\u202f", " ") == f"{shown}. That is today."


@pytest.mark.parametrize("locale", ["de", "es-ES", "EN-gb", "tlh", "", "-", "e" * 300])
def test_without_a_catalogue_of_their_own_people_read_english(locale: str) -> None:
    assert language_found(locale) == "en"
    assert write(say("form.stop"), locale=locale or "en") == "Stop"


@pytest.mark.parametrize("language", ["de", "en/../en", "", "EN", "\uff45\uff4e", "x" * 400])
def test_only_a_plain_language_code_names_a_catalogue(language: str) -> None:
    assert load_catalogue(language) is None


def test_numbers_times_and_moments_are_shown_for_the_reader() -> None:
    assert write(say("form.too_long", count=1000)) == "That is too long. Please use at most 1,000 characters."
    assert write(say("button.at_hour", hour=time(7, 5))) == "07:05"
    assert (
        write(say("nextlab.reminder", at=MOMENT), locale="en-GB", zone="Asia/Tokyo")
        == "Next reminder: Sat 5 Dec, 16:30."
    )


@pytest.mark.parametrize(("count", "shown"), [(0, "0 days"), (1, "1 day"), (2, "2 days"), (21, "21 days")], ids=str)
def test_the_plural_form_follows_the_count(count: int, shown: str) -> None:
    assert write(say("button.lead", count=count)) == f"{shown} before"


def test_a_discreet_reader_gets_the_discreet_form_where_there_is_one() -> None:
    assert write(say("button.next_check"), discreet=True) == "Next date"
    assert write(say("button.next_check")) == "Next test date"
    assert write(say("form.stop"), discreet=True) == "Stop"


def test_every_literal_and_every_value_goes_through_the_hook() -> None:
    writer = Writer(Reader("en-GB"), Marked())
    assert writer.write(say("date.invalid", text="<b>")).startswith("[I could not read “][<b>][” as a date")
    assert writer.write(say("nextlab.today", day=DAY)) == "[][Saturday, 5 December 2026][. That is today.]"
    assert writer.write(say("nextlab.reminder", at=MOMENT)) == "[Next reminder: ]<07:30 [Sat 5 Dec, 07:30]>[.]"
    assert writer.write(say("settings.topic", topic=say("topic.lead"), state=say("settings.topic_off"))) == (
        "[][Some days before, to book][: ][off]"
    )
    panels = (say("panel.cbc"), say("panel.tsh"))
    assert writer.write(say("nextlab.panels", panels=panels)) == "[Tests: ][blood count] and [thyroid (TSH)][.]"


def test_an_address_of_our_own_is_one_and_what_people_write_is_none() -> None:
    writer = Writer(Reader(), Marked())
    url = "https://example.org"
    assert writer.write(say("help.finder", name=url, url=f"{url}\u202e")) == (
        f"[In a crisis, people listen: ][{url}][, ]({url})"
    )


@pytest.mark.parametrize("value", [True, 1.5, None, b"x"], ids=repr)
def test_a_value_that_nobody_said_how_to_show_is_refused(value: object) -> None:
    with pytest.raises(TypeError):
        write(say("form.as_is", text=value))


def test_an_unknown_message_and_a_missing_value_are_errors() -> None:
    with pytest.raises(KeyError):
        write(say("no.such_message"))
    with pytest.raises(KeyError):
        write(say("date.invalid"))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("a\u202eb", "ab"),
        ("a\u2066b\u2069", "ab"),
        ("\u200fabc\u061c", "abc"),
        ("a\0b\x07", "ab"),
        ("a\u200bb\ufeff", "ab"),
        ("soft\u00adhyphen", "softhyphen"),
        ("a\U000e0041b", "ab"),
        ("two\n\nlines\tand\u2028three", "two lines and three"),
        ("שלום 世界 🙂", "שלום 世界 🙂"),
        ("  ", ""),
    ],
    ids=ascii,
)
def test_invisible_and_reordering_characters_never_reach_a_reader(typed: str, shown: str) -> None:
    assert visible(typed) == shown
    assert write(say("form.as_is", text=typed)) == shown


@given(st.text())
def test_visible_text_is_one_line_and_stays_as_it_is(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert "\n" not in once
    assert "\u202e" not in once
