"""How texts, buttons and forms look on Discord."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.discord.render import DiscordMarkup, modal, parts
from bot.words.presenting import Key, Screen, ShownField, ShownForm

ESCAPED = re.compile(r"\\([^0-9A-Za-z\s])")
SYNTAX = re.compile(r"(?<!\\)(?:\\\\)*[*_~|`<>\[\]@#]|^\s*[-+]|^\s*\d+\.|://|\w/\w", re.MULTILINE)
SIGNS = st.text(st.sampled_from(" \n\\*_~|`<>[]()@#:/.-+1aeveryonhr"), max_size=40)


def screen(*pages: str, keys: tuple[tuple[Key, ...], ...] = ()) -> Screen:
    return Screen(pages, keys, None, None, (), private=True, direct=False, fresh=False)


@given(st.one_of(SIGNS, st.text(max_size=80)))
def test_an_escaped_text_reads_as_it_was(text: str) -> None:
    escaped = DiscordMarkup().escape(text)
    assert ESCAPED.sub(r"\1", escaped).replace("\u200b", "") == text.replace("\u200b", "")


@given(SIGNS)
def test_no_syntax_survives_escaping(text: str) -> None:
    assert not SYNTAX.search(DiscordMarkup().escape(text))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("<@123> <#4> <t:0:R>", r"\<\@123\> \<\#4\> \<t\:0:R\>", id="mentions and moments"),
        pytest.param("[a](https://b.c)", r"\[a\](https\://b.c)", id="link"),
        pytest.param("see https://b.c now", r"see https\://b.c now", id="address"),
        pytest.param("discord.gg/abc", r"discord.gg\/abc", id="invitation"),
        pytest.param("- one\n1. two", "\\- one\n1\\. two", id="lists"),
        pytest.param(":smile: at 9:30", r"\:smile: at 9:30", id="emoji, not times"),
        pytest.param("@everyone", "\\@\u200beveryone", id="everyone"),
    ],
)
def test_what_people_typed_is_no_markup(text: str, written: str) -> None:
    assert DiscordMarkup().escape(text) == written


@pytest.mark.parametrize(
    ("url", "written"),
    [
        pytest.param("https://discord.com/channels/1/2/3", "https://discord.com/channels/1/2/3", id="message"),
        pytest.param("https://b.c and more", r"https\://b.c and more", id="more than an address"),
        pytest.param("https://b.c/_d_", r"https\://b.c\/\_d\_", id="signs of the markup"),
    ],
)
def test_an_address_of_our_own_stays_a_link(url: str, written: str) -> None:
    assert DiscordMarkup().address(url) == written


def test_a_moment_is_shown_in_each_readers_zone() -> None:
    assert DiscordMarkup().moment(datetime(2026, 1, 1, tzinfo=UTC), "x") == "<t:1767225600:F> (<t:1767225600:R>)"


@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=5), max_size=20))
def test_no_button_is_lost_and_every_message_can_be_sent(numbers: list[list[int]]) -> None:
    keys = tuple(tuple(Key(str(number), f"tap:{number}") for number in row) for row in numbers)
    laid = parts(screen("text", keys=keys), "more")
    assert [key for part in laid for row in part.rows for key in row] == [key for row in keys for key in row]
    for part in laid:
        data = [key.data for row in part.rows for key in row]
        assert len(part.rows) <= 5
        assert all(len(row) <= 5 for row in part.rows)
        assert len(set(data)) == len(data)
        assert part.text


def test_the_cores_own_rows_are_kept_where_there_is_room() -> None:
    keys = ((Key("a", "1"), Key("b", "2")), (Key("c", "3"),))
    assert parts(screen("one", "two", keys=keys), "more")[-1].rows == keys


def field(label: str = "Which day?", hint: str = "", **changes: object) -> ShownField:
    given = {"name": "day", "choices": (), "required": True, "most_characters": 200, **changes}
    return ShownField(label=label, hint=hint, **given)  # type: ignore[arg-type] - the changes are those of a test


@pytest.mark.parametrize(
    ("asked", "label", "above", "inside"),
    [
        pytest.param(field("Which day?", "5 Dec"), "Which day?", "5 Dec", None, id="short"),
        pytest.param(field("x" * 50, "5 Dec"), "x" * 44 + "…", "x" * 50, "5 Dec", id="long label"),
        pytest.param(field(), "Which day?", None, None, id="bare"),
    ],
)
async def test_a_label_is_shown_whole(asked: ShownField, label: str, above: str | None, inside: str | None) -> None:
    shown = modal(ShownForm("form.x", "T" * 60, (asked,)), ())
    assert shown is not None
    (part,) = shown.to_dict()["components"]
    assert (part["label"], part.get("description")) == (label, above)
    assert part["component"].get("placeholder") == inside
    assert len(shown.to_dict()["title"]) == 45


def written(asked: ShownField) -> dict[str, Any]:
    """A field's input as Discord gets it."""
    shown = modal(ShownForm("form.x", "Title", (asked,)), ())
    assert shown is not None
    return shown.to_dict()["components"][0]["component"]


@pytest.mark.parametrize(
    ("asked", "style", "value", "most"),
    [
        pytest.param(field(), 1, None, 200, id="short and empty"),
        pytest.param(field(long=True, most_characters=9000), 2, None, 4000, id="long"),
        pytest.param(field(long=True, filled="a\nb"), 2, "a\nb", 200, id="filled"),
        pytest.param(field(filled="x" * 300), 1, "x" * 300, 300, id="filled beyond its limit"),
        pytest.param(field(filled="x" * 5000), 1, "x" * 4000, 4000, id="filled beyond Discord's"),
    ],
)
async def test_a_field_is_filled_and_as_large_as_asked(
    asked: ShownField, style: int, value: str | None, most: int
) -> None:
    box = written(asked)
    assert (box["style"], box.get("value"), box["max_length"]) == (style, value, most)


async def test_the_line_that_holds_now_is_chosen_in_a_menu() -> None:
    menu = written(field(choices=(("a", "First"), ("b", "Second")), filled="b"))
    assert [option["default"] for option in menu["options"]] == [False, True]


@pytest.mark.parametrize(
    ("fields", "said", "fits"),
    [(5, (), True), (4, ("text",), True), (5, ("text",), False), (6, (), False), (1, ("x" * 2000,) * 2, False)],
    ids=["five", "four and words", "five and words", "six", "too many words"],
)
async def test_a_form_that_does_not_fit_is_told_so(fields: int, said: tuple[str, ...], fits: bool) -> None:
    form = ShownForm("form.x", "Title", tuple(field(name=str(number)) for number in range(fields)))
    assert (modal(form, said) is not None) is fits
