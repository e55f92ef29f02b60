from datetime import timedelta

import pytest

import builders
from bot.chat.tokens import Tokens
from bot.members.codes import Code, Codes

CODES = Codes(Tokens(builders.KEY), "test")
MONA = builders.person("mona")


def test_a_code_works_for_who_got_it_for_a_quarter_of_an_hour() -> None:
    code = CODES.make("c0ffee00", MONA, builders.NOW)
    assert CODES.read(f" {code} ", MONA, builders.NOW + timedelta(minutes=15)) == Code("c0ffee00", old=False)
    assert CODES.read(code, MONA, builders.NOW + timedelta(minutes=15, seconds=1)) == Code("c0ffee00", old=True)


def test_a_code_works_for_nobody_else_and_for_nothing_else() -> None:
    code = CODES.make("c0ffee00", MONA, builders.NOW)
    assert CODES.read(code, builders.person("nora"), builders.NOW) is None
    assert Codes(CODES.tokens, "other").read(code, MONA, builders.NOW) is None


@pytest.mark.parametrize("typed", ["", "c0ffee00", "c0ffee00-00000000-AAAAAAAA", "x" * 300])
def test_what_is_no_code_is_none(typed: str) -> None:
    assert CODES.read(typed, MONA, builders.NOW) is None
