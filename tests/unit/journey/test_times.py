import contextlib
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import MemberError
from bot.journey.times import read_span, read_time, time_from


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ("9", time(9)),
        ("09:30", time(9, 30)),
        ("9.30", time(9, 30)),
        ("930", time(9, 30)),
        ("9 30", time(9, 30)),
        ("9h30", time(9, 30)),
        ("21h", time(21)),
        ("21 Uhr", time(21)),
        ("9 pm", time(21)),
        ("9 P.M.", time(21)),
        ("9:15p", time(21, 15)),
        ("12 am", time(0)),
        ("12 pm", time(12)),
        ("0", time(0)),
        (" 7:05 ", time(7, 5)),
    ],
    ids=str,
)
def test_times_are_read_as_people_write_them(typed: str, at: time) -> None:
    assert read_time(typed) == at


@pytest.mark.parametrize(
    "typed",
    ["", "m", "9 m", "24", "24:00", "9:60", "13 pm", "0 am", "-1", "half past 8", "\uff19", "9:3", "9" * 30],
    ids=ascii,
)
def test_what_is_no_time_is_refused(typed: str) -> None:
    with pytest.raises(MemberError, match=r"time\.invalid"):
        read_time(typed)


@given(st.times())
def test_every_minute_comes_back(at: time) -> None:
    at = at.replace(second=0, microsecond=0)
    assert read_time(f"{at:%H:%M}") == read_time(f"{at:%I:%M %p}") == time_from(f"{at:%H%M}") == at


@pytest.mark.parametrize(
    ("typed", "span"),
    [
        ("21:00 to 08:00", (time(21), time(8))),
        ("22-7", (time(22), time(7))),
        ("22 \N{EN DASH} 7", (time(22), time(7))),
        ("9 pm until 7 am", (time(21), time(7))),
        ("OFF", (time(0), time(0))),
    ],
    ids=ascii,
)
def test_two_times_are_read_as_people_write_them(typed: str, span: tuple[time, time]) -> None:
    assert read_span(typed) == span


@pytest.mark.parametrize("typed", ["", "22", "22-", "-", "22-7-9", "to", "never"], ids=str)
def test_what_is_no_two_times_is_refused(typed: str) -> None:
    with pytest.raises(MemberError, match=r"time\.invalid"):
        read_span(typed)


@pytest.mark.parametrize("carried", ["", "9", "2460", "9999", "12:0", "①②③④"], ids=ascii)
def test_a_button_that_carries_no_time_is_an_old_one(carried: str) -> None:
    with pytest.raises(MemberError, match=r"button\.gone"):
        time_from(carried)


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    for read in (read_time, read_span):
        with contextlib.suppress(MemberError):
            read(text)
