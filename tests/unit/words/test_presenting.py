import string
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

import builders
from bot.chat.people import Reader
from bot.chat.replies import Button, Reply, rows, say
from bot.chat.tokens import Tokens
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Presenter, Screen, split

TOKENS = Tokens(bytes(32))


def show(reply: Reply, **can: object) -> Screen:
    presenter = Presenter(builders.capabilities(**can), PlainMarkup(), TOKENS)
    return presenter.show(reply, builders.person(), Reader("en-GB"))


@given(st.lists(st.text(string.ascii_letters + " .", max_size=200), max_size=30), st.integers(1, 120))
def test_splitting_loses_no_word_and_no_page_is_too_long(lines: list[str], most: int) -> None:
    pages = split(lines, most)
    assert all(len(page) <= most for page in pages)
    assert "".join("".join(pages).split()) == "".join("".join(lines).split())


@given(st.lists(st.text(string.ascii_letters, min_size=1, max_size=20), min_size=1, max_size=40))
def test_short_lines_stay_whole(lines: list[str]) -> None:
    pages = split(lines, 50)
    assert [line for page in pages for line in page.split("\n")] == lines


def test_nothing_to_say_makes_no_page() -> None:
    assert split([], 10) == ()
    assert split([""], 10) == ()


def test_a_word_longer_than_a_page_is_cut_and_kept() -> None:
    assert split(["abcdefgh ij"], 4) == ("abcd", "efgh", "ij")


def test_the_notice_comes_first_then_the_title_then_the_lines() -> None:
    reply = Reply((say("form.stop"),), title=say("labs.title")).before(say("settings.saved"))
    assert show(reply).pages == ("Saved.\nYour monthly tests\nStop",)


def test_too_many_rows_are_laid_out_closer_and_no_button_is_lost() -> None:
    taps = [Button(say("form.as_is", text=str(n)), "x", (str(n),)) for n in range(13)]
    screen = show(Reply(buttons=rows(*taps, width=1)), most_rows=5, most_buttons=5)
    assert [len(row) for row in screen.keys] == [3, 3, 3, 3, 1]
    assert [key.label for row in screen.keys for key in row] == [str(n) for n in range(13)]


def test_a_row_wider_than_the_platform_goes_on_below() -> None:
    taps = tuple(Button(say("form.as_is", text=str(n)), "x") for n in range(5))
    assert [len(row) for row in show(Reply(buttons=(taps,)), most_buttons=2).keys] == [2, 2, 1]


def test_a_discreet_platform_makes_every_reader_discreet() -> None:
    button = Button(say("button.next_check"), "x")
    screen = show(Reply((say("labs.title"),), buttons=((button,),)), discreet=True)
    assert screen.pages == ("Your monthly dates",)
    assert screen.keys[0][0].label == "Next date"


def test_a_button_with_an_address_carries_no_token() -> None:
    screen = show(Reply(buttons=((Button(say("form.stop"), url="tg://resolve"),),)))
    assert (screen.keys[0][0].url, screen.keys[0][0].data) == ("tg://resolve", "")


def test_a_button_works_for_its_owner_alone() -> None:
    screen = show(Reply(buttons=((Button(say("form.stop"), "x", ("1",)),),)))
    assert TOKENS.read(screen.keys[0][0].data, builders.person()) == ("x", ("1",))
    assert screen.private
    assert show(replace(Reply(), private=False)).private is False
