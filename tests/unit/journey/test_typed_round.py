from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dates.reading import Prefer, read_date
from bot.journey.typed_round import read_round


def args(
    first_day: str | None = None, *, number: str | None = None, days: str | None = None, action: str | None = None
) -> dict[str, str]:
    given = {"action": action, "number": number, "days": days, "first_day": first_day}
    return {name: value for name, value in given.items() if value is not None}


READ = {
    "": args(),
    "1, first day 5 Dec 2016": args("5 Dec 2016", number="1"),
    "1 5 Dec 2016": args("5 Dec 2016", number="1"),
    "1. 5 dec 2016": args("5 dec 2016", number="1"),
    "1: 2016-12-05": args("2016-12-05", number="1"),
    "#1 2016-12-05": args("2016-12-05", number="1"),
    "round 1 2016-12-05": args("2016-12-05", number="1"),
    "Round 1, starts on 5 December 2016": args("5 December 2016", number="1"),
    "round no. 2 began 5 May 2017": args("5 May 2017", number="2"),
    "series 2 2017-12-05": args("2017-12-05", number="2"),
    "2016-12-05": args("2016-12-05"),
    "5 dec 2016": args("5 dec 2016"),
    "1 dec 2026": args("1 dec 2026"),
    "1 may": args("1 may"),
    "12 Dec": args("12 Dec"),
    "5/12/2026": args("5/12/2026"),
    "5.12.2026": args("5.12.2026"),
    "1. Dezember 2016": args("1. Dezember 2016"),
    "first day 5 Dec 2016": args("5 Dec 2016"),
    "tomorrow": args("tomorrow"),
    "next friday": args("next friday"),
    "in 3 days": args("in 3 days"),
    "3 weeks from now": args("3 weeks from now"),
    "2 friday": args("friday", number="2"),
    "2 5/12/2026": args("5/12/2026", number="2"),
    "2 in 3 weeks": args("in 3 weeks", number="2"),
    "1, 5 décembre 2016": args("5 décembre 2016", number="1"),
    "2: 5. Dezember 2026": args("5. Dezember 2026", number="2"),
    "1, 5 de diciembre de 2016": args("5 de diciembre de 2016", number="1"),
    "13 2016-12-05": args("2016-12-05", number="13"),
    "add 3 2028-01-10 4 days": args("2028-01-10", number="3", days="4", action="add"),
    "add 5 december 2026": args("5 december 2026", action="add"),
    "1, 5 dec 2016 for 5 days": args("5 dec 2016", number="1", days="5"),
    "1, 5 dec 2016 (4 infusion days)": args("5 dec 2016", number="1", days="4"),
    "4 days, 5 dec 2016": args("5 dec 2016", days="4"),
    "2 postpone to 3 March 2027": args("3 March 2027", number="2", action="move"),
    "2 postpone to 3 March 2027, 3 days": args("3 March 2027", number="2", days="3", action="move"),
    "postpone round 2 until 2027-03-03": args("2027-03-03", number="2", action="move"),
    "move 2 in 3 weeks": args("in 3 weeks", number="2", action="move"),
    "move in 3 weeks": args("in 3 weeks", action="move"),
    "move 5 dec 2026": args("5 dec 2026", action="move"),
    "round 2 move to 3 march 2027": args("3 march 2027", number="2", action="move"),
    "move 2": args(number="2", action="move"),
    "2 move": args(number="2", action="move"),
    "move": args(action="move"),
    "END 1": args(number="1", action="end"),
    "remove 2": args(number="2", action="remove"),
    "cancel round 2": args(number="2", action="remove"),
    "add": args(action="add"),
    "add 3": args(number="3", action="add"),
    "move 1 to Dec 28": args("Dec 28", number="1", action="move"),
    "postpone 1 March 3": args("March 3", number="1", action="move"),
    "1, first day Dec 5": args("Dec 5", number="1"),
    "1 first day Dec 5": args("Dec 5", number="1"),
    "1, first day Jan 12": args("Jan 12", number="1"),
    "1, Dec 5": args("Dec 5", number="1"),
    "1: Dec 5": args("Dec 5", number="1"),
    "round 1 Dec 5": args("Dec 5", number="1"),
    "round 5 dec 2026": args("5 dec 2026"),
    "5, Dec 2026": args("5, Dec 2026"),
    "1, first day mon 12 jan 2026": args("mon 12 jan 2026", number="1"),
    "2 Mon 5 Apr 2027": args("Mon 5 Apr 2027", number="2"),
    "1 5 agosto 2026": args("5 agosto 2026", number="1"),
    "round 1 to 5 Jan 2027": args("5 Jan 2027", number="1"),
    "2": args(number="2"),
    "round 2": args(number="2"),
}

REFUSED = [
    "2 days", "12 2026", "1 2016", "dec 2016", "12 11 2026", "1 1 1 2016", "1 - 5 dec 2016", "5-9 dec 2016",
    "12 to 14 Jan 2027",
    "5 decc 2016", "30 february 2027", "1, 3 days", "the second one in march", "1e3", "②, banana", "1 31/31/2016",
]  # fmt: skip


@pytest.mark.parametrize("text", READ, ids=lambda text: text or "nothing")
def test_what_is_typed_is_read_as_it_is_meant(text: str) -> None:
    assert read_round(text) == READ[text]


@pytest.mark.parametrize("text", REFUSED, ids=str)
def test_what_cannot_be_parted_is_left_whole_to_be_refused_as_a_date(text: str) -> None:
    assert read_round(text) == {"first_day": text}
    reading = read_date(text, today=date(2026, 3, 10), locale="en", country="GB", prefer=Prefer.EITHER)
    assert reading.day is None
    assert not reading.choices


@pytest.mark.parametrize("text", ["remove the second", "end of march", "end 2 after day 3"], ids=str)
def test_words_left_over_are_kept_so_that_they_can_be_refused(text: str) -> None:
    assert "first_day" in read_round(text)


@given(st.integers(1, 12), st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(1, 10))
def test_number_date_and_days_come_back_as_typed(number: int, day: date, days: int) -> None:
    expected = args(day.isoformat(), number=str(number), days=str(days))
    for text in (
        f"{number}, {day}, {days} days",
        f"round {number} {day} {days} days",
        f"{number}: {day} for {days} days",
    ):
        assert read_round(text) == expected


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_a_date_alone_never_loses_its_first_figure_to_the_number(day: date) -> None:
    for text in (f"{day.day} {day:%B} {day.year}", f"{day.day}. {day:%b} {day.year}", f"{day:%d/%m/%Y}", f"{day}"):
        assert read_round(text) == {"first_day": text}


@given(st.text(max_size=80))
def test_any_text_is_read_without_error_and_digits_only_become_figures(text: str) -> None:
    found = read_round(text)
    assert set(found) <= {"action", "number", "days", "first_day"}
    assert all(found[name].isdecimal() for name in ("number", "days") if name in found)
