from datetime import date

import pytest

from bot.care.countdown import Countdown, Milestone, countdown, earliest_next_round, milestones, time_since_last
from bot.care.rounds import Round

FIRST = Round(1, date(2025, 1, 13), 5)
SECOND = Round(2, date(2026, 1, 19), 3)


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        pytest.param(date(2025, 1, 1), Countdown(1, FIRST.first_day, 12, None, 5), id="before_the_first"),
        pytest.param(date(2025, 1, 13), Countdown(1, FIRST.first_day, 0, 1, 5), id="first_infusion_day"),
        pytest.param(date(2025, 1, 17), Countdown(1, FIRST.first_day, 0, 5, 5), id="last_infusion_day"),
        pytest.param(date(2025, 1, 18), Countdown(2, SECOND.first_day, 366, None, 3), id="between_rounds"),
        pytest.param(date(2026, 1, 18), Countdown(2, SECOND.first_day, 1, None, 3), id="the_day_before"),
        pytest.param(date(2026, 1, 20), Countdown(2, SECOND.first_day, 0, 2, 3), id="second_round_runs"),
        pytest.param(date(2026, 1, 22), None, id="all_completed"),
    ],
)
def test_the_countdown_is_to_the_running_round_or_else_the_next(today: date, expected: Countdown | None) -> None:
    assert countdown([SECOND, FIRST], today) == expected


@pytest.mark.parametrize(
    ("today", "days"),
    [
        pytest.param(date(2025, 1, 13), None, id="nothing_completed_yet"),
        pytest.param(date(2025, 1, 15), 1, id="while_a_round_runs"),
        pytest.param(date(2025, 1, 18), 1, id="the_day_after"),
        pytest.param(date(2026, 1, 19), 367, id="on_the_next_first_day"),
        pytest.param(date(2026, 1, 31), 10, id="after_the_second"),
    ],
)
def test_the_time_since_counts_from_the_latest_infusion_day_gone_by(today: date, days: int | None) -> None:
    assert time_since_last([SECOND, FIRST], today) == days


def test_milestones_count_calendar_months_from_the_last_infusion_day() -> None:
    rounds = [Round(2, date(2024, 5, 29), 3), Round(1, date(2023, 3, 13), 5)]

    assert milestones(rounds) == (
        Milestone(1, 3, date(2023, 6, 17)),
        Milestone(1, 6, date(2023, 9, 17)),
        Milestone(1, 9, date(2023, 12, 17)),
        Milestone(1, 12, date(2024, 3, 17)),
        Milestone(2, 3, date(2024, 8, 31)),
        Milestone(2, 6, date(2024, 11, 30)),
        Milestone(2, 9, date(2025, 2, 28)),
        Milestone(2, 12, date(2025, 5, 31)),
    )


def test_a_further_round_comes_no_sooner_than_twelve_months_after_the_last_infusion_day() -> None:
    assert earliest_next_round([SECOND, FIRST]) == date(2027, 1, 21)
    assert earliest_next_round([Round(1, date(2024, 2, 25), 5)]) == date(2025, 2, 28)


def test_without_rounds_there_is_nothing_to_count() -> None:
    assert countdown([], date(2025, 1, 1)) is None
    assert time_since_last([], date(2025, 1, 1)) is None
    assert milestones([]) == ()
    assert earliest_next_round([]) is None
