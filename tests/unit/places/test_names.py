"""Names: what counts as the same, and what as one slip apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.places.names import fold, one_slip_apart


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("München", "munchen"),
        ("GIẾNG", "gieng"),
        ("Saint-Denis", "saint denis"),
        ("L\N{RIGHT SINGLE QUOTATION MARK}Aquila", "laquila"),
        ("  St.  Louis ", "st louis"),
        ("Straße", "strasse"),
        ("København", "kobenhavn"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("ガンダム", "ガンダム"),
        ("서울", "서울"),
        ("---", ""),
    ],
)
def test_a_name_is_compared_without_case_accents_and_signs(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_changes_nothing_more_for_what_has_settled(text: str) -> None:
    once = fold(fold(text))
    assert fold(once) == once


@pytest.mark.parametrize(
    ("typed", "apart"),
    [
        ("bosotn", True),
        ("bostn", True),
        ("bostonn", True),
        ("boston", True),
        ("bastan", False),
        ("bo", False),
        ("botsno", False),
        ("oston", True),
    ],
)
def test_one_slip_is_one_letter_or_one_swap(typed: str, *, apart: bool) -> None:
    assert one_slip_apart(typed, "boston") is apart


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_slips_count_in_both_directions(one: str, other: str) -> None:
    assert one_slip_apart(one, other) == one_slip_apart(other, one)
