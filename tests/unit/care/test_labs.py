from collections.abc import Iterable
from datetime import date
from itertools import pairwise

import pytest

from bot.care.labs import Check, LabDate, LabStatus, Schedule, lay_out
from bot.care.protocols import protocol_for
from bot.care.rounds import Round

FIRST = Round(1, date(2025, 1, 13), 5)
SECOND = Round(2, date(2026, 1, 19), 3)


def lay(
    *rounds: Round,
    checks: Iterable[Check] = (),
    skipped: Iterable[date] = (),
    region: str = "US",
    anchor_day: int | None = None,
    joined: date = date(2000, 1, 1),
    today: date = date(2025, 1, 20),
) -> Schedule:
    protocol = protocol_for(region)
    return lay_out(
        rounds or (FIRST,), checks, set(skipped), protocol, anchor_day=anchor_day, joined=joined, today=today
    )


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(dates: Iterable[LabDate]) -> list[str]:
    return [each.day.isoformat() for each in dates]


def lab(schedule: Schedule, month: int) -> LabDate:
    return schedule.dates[month - 1]


@pytest.mark.parametrize(
    ("first_day", "anchor_day", "expected"),
    [
        pytest.param("2025-01-13", None, ["2025-02-13", "2025-03-13", "2025-04-13"], id="same_day_of_the_month"),
        pytest.param("2025-01-31", None, ["2025-02-28", "2025-03-31", "2025-04-30"], id="short_months"),
        pytest.param("2024-01-31", None, ["2024-02-29", "2024-03-31", "2024-04-30"], id="leap_year"),
        pytest.param("2024-02-29", None, ["2024-03-29", "2024-04-29", "2024-05-29"], id="from_the_leap_day"),
        pytest.param("2025-01-13", 31, ["2025-01-31", "2025-02-28", "2025-03-31"], id="anchor_18_days_later"),
        pytest.param("2025-01-13", 28, ["2025-01-28", "2025-02-28", "2025-03-28"], id="anchor_15_days_later"),
        pytest.param("2025-01-13", 27, ["2025-02-27", "2025-03-27", "2025-04-27"], id="anchor_14_days_later"),
        pytest.param("2025-01-13", 1, ["2025-02-01", "2025-03-01", "2025-04-01"], id="anchor_in_the_next_month"),
        pytest.param("2025-01-20", 1, ["2025-03-01", "2025-04-01", "2025-05-01"], id="anchor_too_soon_next_month"),
        pytest.param("2025-02-13", 31, ["2025-02-28", "2025-03-31", "2025-04-30"], id="short_month_15_days_later"),
        pytest.param("2025-02-14", 31, ["2025-03-31", "2025-04-30", "2025-05-31"], id="short_month_14_days_later"),
        pytest.param("2025-11-30", None, ["2025-12-30", "2026-01-30", "2026-02-28"], id="over_new_year"),
    ],
)
def test_months_are_counted_from_the_anchor(first_day: str, anchor_day: int | None, expected: list[str]) -> None:
    schedule = lay(Round(1, day(first_day), 5), anchor_day=anchor_day)

    assert days(schedule.dates[:3]) == expected
    assert [each.month for each in schedule.dates[:3]] == [1, 2, 3]


def test_month_0_is_never_due() -> None:
    schedule = lay()

    assert schedule.month_of(FIRST.first_day) is None
    assert schedule.window(FIRST.first_day) is None


def test_the_thyroid_check_joins_in_every_third_month() -> None:
    assert [each.month for each in lay().dates if "tsh" in each.panels] == list(range(3, 49, 3))


@pytest.mark.parametrize(
    ("rounds", "today", "ends", "provisional", "last"),
    [
        pytest.param([FIRST], "2025-01-18", "2029-01-17", False, "2029-01-13", id="one_completed"),
        pytest.param([FIRST], "2025-01-17", "2029-01-17", True, "2029-01-13", id="on_its_last_infusion_day"),
        pytest.param([FIRST], "2024-12-01", "2029-01-17", True, "2029-01-13", id="planned"),
        pytest.param([FIRST, SECOND], "2025-06-01", "2030-01-21", True, "2030-01-13", id="second_planned"),
        pytest.param([FIRST, SECOND], "2026-01-20", "2030-01-21", True, "2030-01-13", id="second_running"),
        pytest.param([SECOND, FIRST], "2026-01-22", "2030-01-21", False, "2030-01-13", id="second_completed"),
        pytest.param([Round(1, date(2024, 2, 25), 5)], "2025-01-01", "2028-02-29", False, "2028-02-25", id="leap_day"),
        pytest.param([Round(1, date(2025, 1, 13), 1)], "2025-06-01", "2029-01-13", False, "2029-01-13", id="inclusive"),
    ],
)
def test_monitoring_ends_48_months_after_the_last_infusion_day(
    rounds: list[Round],
    today: str,
    ends: str,
    provisional: bool,
    last: str,
) -> None:
    schedule = lay(*rounds, today=day(today))

    assert (schedule.ends, schedule.provisional) == (day(ends), provisional)
    assert schedule.dates[-1].day == day(last)


def test_a_later_round_does_not_restart_the_months() -> None:
    alone, both = lay(), lay(FIRST, SECOND)

    assert both.dates[: len(alone.dates)] == alone.dates
    assert lab(both, 13).day == day("2026-02-13")
    assert len(both.dates) == 60


def test_moving_the_first_round_moves_every_date() -> None:
    moved = lay(Round(1, date(2025, 1, 20), 5), SECOND)

    assert days(moved.dates[:3]) == ["2025-02-20", "2025-03-20", "2025-04-20"]
    assert moved.ends == day("2030-01-21")


@pytest.mark.parametrize(
    ("done", "months"),
    [
        pytest.param("2025-02-02", [], id="day_before_the_first_window"),
        pytest.param("2025-02-03", [1], id="first_day_of_a_window"),
        pytest.param("2025-02-13", [1], id="on_the_date"),
        pytest.param("2025-03-02", [1], id="last_day_of_a_window"),
        pytest.param("2025-03-03", [2], id="first_day_of_the_next_window"),
        pytest.param("2029-01-13", [48], id="last_date"),
        pytest.param("2029-02-02", [48], id="last_day_of_the_last_window"),
        pytest.param("2029-02-03", [], id="after_the_last_window"),
    ],
)
def test_a_check_settles_the_date_in_whose_window_it_lies(done: str, months: list[int]) -> None:
    schedule = lay(checks=[Check(day(done))])

    assert [each.month for each in schedule.dates if each.status is LabStatus.DONE] == months


def test_a_window_runs_from_ten_days_before_to_ten_days_before_the_next_date() -> None:
    schedule = lay(Round(1, date(2025, 1, 31), 5))

    assert schedule.window(day("2025-02-28")) == (day("2025-02-18"), day("2025-03-21"))
    assert schedule.month_of(day("2025-03-31")) == 2


def test_a_check_before_the_first_window_is_baseline_and_one_after_the_last_is_an_extra() -> None:
    before, after = Check(day("2025-01-10")), Check(day("2029-03-01"))
    schedule = lay(checks=[after, before])

    assert (schedule.baseline, schedule.extras) == ((before,), (after,))
    assert schedule.done_count == 0


def test_a_second_check_in_a_window_is_an_extra() -> None:
    checks = [Check(day("2025-02-20")), Check(day("2025-02-13"))]
    schedule = lay(checks=checks)

    assert lab(schedule, 1).checks == (checks[1], checks[0])
    assert schedule.extras == (checks[0],)
    assert lab(schedule, 2).status is LabStatus.AHEAD


def test_an_extra_counts_for_the_next_date_if_the_member_says_so() -> None:
    own, extra = Check(day("2025-02-13")), Check(day("2025-02-27"), counts_for=day("2025-03-13"))
    schedule = lay(checks=[extra, own])

    assert (lab(schedule, 1).checks, lab(schedule, 2).checks) == ((own,), (extra,))
    assert schedule.extras == ()
    assert schedule.next is not None
    assert schedule.next.month == 3


def test_an_extra_that_counts_for_the_next_date_makes_that_dates_own_check_an_extra() -> None:
    own, counted = Check(day("2025-02-13")), Check(day("2025-02-27"), counts_for=day("2025-03-13"))
    second = Check(day("2025-03-12"), counts_for=day("2025-04-13"))
    schedule = lay(checks=[own, counted, second])

    assert [lab(schedule, month).checks for month in (1, 2, 3)] == [(own,), (counted,), (second,)]


@pytest.mark.parametrize(
    "checks",
    [
        pytest.param([Check(day("2025-02-27"), day("2025-03-13"))], id="the_only_one_in_its_window"),
        pytest.param([Check(day("2025-02-13")), Check(day("2025-02-27"), day("2025-04-13"))], id="not_the_next_date"),
        pytest.param([Check(day("2025-02-13")), Check(day("2025-02-27"), day("2025-03-20"))], id="no_due_date"),
        pytest.param([Check(day("2025-01-10"), day("2025-02-13")), Check(day("2025-02-13"))], id="baseline"),
    ],
)
def test_what_is_no_extra_for_the_next_date_stays_in_its_window(checks: list[Check]) -> None:
    schedule = lay(checks=checks)

    assert [each.month for each in schedule.dates if each.checks] == [1]


def test_of_two_checks_for_the_next_date_one_settles_its_own_window() -> None:
    checks = [Check(day("2025-02-13"), day("2025-03-13")), Check(day("2025-02-27"), day("2025-03-13"))]
    schedule = lay(checks=checks)

    assert (lab(schedule, 1).checks, lab(schedule, 2).checks) == ((checks[0],), (checks[1],))


def test_a_date_set_aside_is_neither_open_nor_next() -> None:
    schedule = lay(skipped=[day("2025-02-13"), day("2025-04-13")], today=day("2025-04-01"))

    assert lab(schedule, 1).status is LabStatus.SKIPPED
    assert days(schedule.open_earlier) == ["2025-03-13"]
    assert schedule.next is not None
    assert schedule.next.day == day("2025-05-13")


def test_a_check_settles_a_date_that_was_set_aside() -> None:
    schedule = lay(checks=[Check(day("2025-02-14"))], skipped=[day("2025-02-13")])

    assert lab(schedule, 1).status is LabStatus.DONE


def test_setting_aside_a_day_that_is_no_due_date_has_no_effect() -> None:
    assert lay(skipped=[day("2025-02-14")]) == lay()


def test_dates_before_the_member_joined_count_only_with_a_check() -> None:
    schedule = lay(checks=[Check(day("2025-03-13"))], joined=day("2025-05-13"), today=day("2025-06-20"))

    statuses = [each.status for each in schedule.dates[:6]]
    assert statuses == [
        LabStatus.BEFORE,
        LabStatus.DONE,
        LabStatus.BEFORE,
        LabStatus.OPEN,
        LabStatus.OPEN,
        LabStatus.AHEAD,
    ]
    assert days(schedule.open_earlier) == ["2025-05-13", "2025-06-13"]
    assert (schedule.done_count, schedule.total_count) == (1, 46)


@pytest.mark.parametrize(
    ("today", "done", "upcoming"),
    [
        pytest.param("2025-02-12", [], "2025-02-13", id="the_day_before"),
        pytest.param("2025-02-13", [], "2025-02-13", id="on_the_day"),
        pytest.param("2025-02-14", [], "2025-03-13", id="the_day_after"),
        pytest.param("2025-02-12", ["2025-02-05"], "2025-03-13", id="done_ahead_of_its_date"),
        pytest.param("2029-01-13", [], "2029-01-13", id="the_last_date"),
        pytest.param("2029-01-14", [], None, id="after_the_last_date"),
    ],
)
def test_next_is_the_first_unsettled_date_from_today_on(today: str, done: list[str], upcoming: str | None) -> None:
    schedule = lay(checks=[Check(day(text)) for text in done], today=day(today))

    assert (schedule.next and schedule.next.day.isoformat()) == upcoming
    assert days(schedule.upcoming[:1]) == ([upcoming] if upcoming else [])


@pytest.mark.parametrize(
    ("today", "finished"),
    [pytest.param("2029-01-17", False, id="last_day"), pytest.param("2029-01-18", True, id="past")],
)
def test_a_course_is_finished_once_its_last_day_has_passed(today: str, finished: bool) -> None:
    assert lay(today=day(today)).finished is finished


def test_without_rounds_nothing_is_due() -> None:
    checks = [Check(day("2025-02-13")), Check(day("2025-01-13"))]
    protocol = protocol_for("EU")
    schedule = lay_out([], checks, (), protocol, anchor_day=None, joined=day("2025-01-01"), today=day("2025-03-01"))

    assert schedule == Schedule(
        day("2025-03-01"), (), None, provisional=False, baseline=(checks[1], checks[0]), extras=()
    )
    assert (schedule.next, schedule.finished, schedule.total_count) == (None, False, 0)


def test_one_window_follows_the_other_without_a_gap() -> None:
    assert all(earlier.closes == later.opens for earlier, later in pairwise(lay(FIRST, SECOND).dates))
