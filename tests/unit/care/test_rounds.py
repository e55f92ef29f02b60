from datetime import date

import pytest

from bot.care.rounds import Round, check_rounds, default_days
from bot.errors import MemberError

FIRST = Round(1, date(2025, 1, 13), 5)


def test_a_round_is_its_consecutive_days() -> None:
    one = Round(2, date(2024, 2, 28), 3)

    assert one.infusion_days == (date(2024, 2, 28), date(2024, 2, 29), date(2024, 3, 1))
    assert one.last_day == date(2024, 3, 1)


@pytest.mark.parametrize(
    ("day", "number"),
    [
        pytest.param(date(2025, 1, 12), None, id="the_day_before"),
        pytest.param(date(2025, 1, 13), 1, id="first"),
        pytest.param(date(2025, 1, 17), 5, id="last"),
        pytest.param(date(2025, 1, 18), None, id="the_day_after"),
    ],
)
def test_infusion_days_are_counted_from_one(day: date, number: int | None) -> None:
    assert FIRST.day_number(day) == number


def test_the_first_round_has_five_days_and_later_ones_three() -> None:
    assert [default_days(number) for number in (1, 2, 3, 4)] == [5, 3, 3, 3]


@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param([], id="none"),
        pytest.param([FIRST], id="one"),
        pytest.param([Round(2, date(2026, 1, 19), 3), FIRST], id="given_in_any_order"),
        pytest.param([FIRST, Round(2, date(2025, 1, 18), 3)], id="back_to_back"),
        pytest.param([Round(2, date(2025, 1, 13), 3), Round(4, date(2026, 1, 13), 3)], id="numbers_may_be_left_out"),
        pytest.param([Round(1, date(2000, 1, 1), 1), Round(12, date(2100, 12, 31), 10)], id="widest"),
    ],
)
def test_rounds_that_follow_one_another_are_accepted(rounds: list[Round]) -> None:
    check_rounds(rounds)


def beside_the_first(number: int, first_day: date) -> dict[str, object]:
    return {"number": number, "first_day": first_day, "other_number": 1, "other_first_day": FIRST.first_day}


@pytest.mark.parametrize(
    ("rounds", "key", "values"),
    [
        pytest.param(
            [FIRST, Round(2, date(2025, 1, 17), 3)],
            "round.overlap",
            beside_the_first(2, date(2025, 1, 17)),
            id="shares_the_last_day",
        ),
        pytest.param(
            [FIRST, Round(2, date(2025, 1, 11), 3)],
            "round.overlap",
            beside_the_first(2, date(2025, 1, 11)),
            id="runs_into_the_first_day",
        ),
        pytest.param(
            [FIRST, Round(2, date(2024, 1, 15), 3)],
            "round.order",
            beside_the_first(2, date(2024, 1, 15)),
            id="later_number_on_an_earlier_date",
        ),
        pytest.param([FIRST, Round(1, date(2026, 1, 19), 3)], "round.number_taken", {"number": 1}, id="number_twice"),
        pytest.param(
            [Round(0, date(2025, 1, 13), 5)],
            "round.number_range",
            {"number": 0, "lowest": 1, "highest": 12},
            id="number_below",
        ),
        pytest.param(
            [Round(13, date(2025, 1, 13), 5)],
            "round.number_range",
            {"number": 13, "lowest": 1, "highest": 12},
            id="number_above",
        ),
        pytest.param(
            [Round(1, date(2025, 1, 13), 0)],
            "round.days_range",
            {"number": 1, "days": 0, "lowest": 1, "highest": 10},
            id="no_days",
        ),
        pytest.param(
            [Round(1, date(2025, 1, 13), 11)],
            "round.days_range",
            {"number": 1, "days": 11, "lowest": 1, "highest": 10},
            id="too_many_days",
        ),
        pytest.param(
            [Round(1, date(1999, 12, 31), 5)],
            "round.date_range",
            {
                "number": 1,
                "first_day": date(1999, 12, 31),
                "lowest": date(2000, 1, 1),
                "highest": date(2100, 12, 31),
            },
            id="before_2000",
        ),
        pytest.param(
            [Round(1, date(9999, 12, 31), 5)],
            "round.date_range",
            {
                "number": 1,
                "first_day": date(9999, 12, 31),
                "lowest": date(2000, 1, 1),
                "highest": date(2100, 12, 31),
            },
            id="after_2100",
        ),
    ],
)
def test_rounds_that_cannot_be_are_refused(rounds: list[Round], key: str, values: dict[str, object]) -> None:
    with pytest.raises(MemberError) as refusal:
        check_rounds(rounds)

    assert (refusal.value.key, refusal.value.values) == (key, values)
