import argparse
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.cli import plan

Answer = Callable[..., dict[str, Any]]

US = ("--region", "US", "--zone", "America/New_York")
FIRST = ("--round", "2025-01-13:5")
SECOND = ("--round", "2026-01-19:3")
NOW = ("--now", "2025-01-20T10:00:00-05:00")


def run(*typed: str) -> int:
    parser = argparse.ArgumentParser()
    plan.add_arguments(parser)
    return plan.main(parser.parse_args(typed))


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    def ask(*typed: str) -> dict[str, Any]:
        assert run(*typed, "--json") == 0
        return json.loads(capsys.readouterr().out)

    return ask


def test_the_whole_answer_for_one_round(answer: Answer) -> None:
    found = answer(*US, *FIRST, *NOW)

    assert found == {
        "next_lab": {
            "date": "2025-02-13",
            "month": 1,
            "panels": ["cbc", "creatinine", "urinalysis"],
            "remind_at_utc": "2025-02-13T14:00:00Z",
        },
        "open_earlier": [],
        "monitoring_ends": "2029-01-17",
        "provisional": False,
        "countdown": None,
        "upcoming": [date(2025 + (1 + n) // 12, (1 + n) % 12 + 1, 13).isoformat() for n in range(48)],
    }


def test_a_planned_round_is_counted_down_to(answer: Answer) -> None:
    found = answer(*US, *SECOND, *FIRST, *NOW)

    assert found["countdown"] == {"round": 2, "first_day": "2026-01-19", "days_until": 364, "infusion_day": None}
    assert (found["monitoring_ends"], found["provisional"]) == ("2030-01-21", True)


def test_a_running_round_shows_its_infusion_day(answer: Answer) -> None:
    found = answer(*US, *FIRST, *SECOND, "--now", "2026-01-20T10:00")

    assert found["countdown"] == {"round": 2, "first_day": "2026-01-19", "days_until": 0, "infusion_day": 2}


def test_done_checks_are_not_open(answer: Answer) -> None:
    typed = ("--done", "2025-02-13", "2025-03-10", "--done", "2025-05-13", "--now", "2025-06-01T00:00")
    found = answer(*US, *FIRST, *typed)

    assert found["open_earlier"] == ["2025-04-13"]
    assert found["next_lab"]["date"] == "2025-06-13"


def test_no_check_before_joining_is_open(answer: Answer) -> None:
    found = answer(*US, *FIRST, "--joined", "2025-04-01", "--now", "2025-06-01T00:00")

    assert found["open_earlier"] == ["2025-04-13", "2025-05-13"]


def test_rounds_have_five_days_first_and_three_later(answer: Answer) -> None:
    assert answer(*US, "--round", "2025-01-13", *NOW)["monitoring_ends"] == "2029-01-17"
    assert answer(*US, *FIRST, "--round", "2026-01-19", *NOW)["monitoring_ends"] == "2030-01-21"


def test_the_anchor_day_and_the_time_of_the_reminder_are_the_members(answer: Answer) -> None:
    found = answer(*US, *FIRST, *NOW, "--anchor-day", "31", "--remind-at", "18:30")

    assert found["upcoming"][:3] == ["2025-01-31", "2025-02-28", "2025-03-31"]
    assert found["next_lab"]["remind_at_utc"] == "2025-01-31T23:30:00Z"


@pytest.mark.parametrize(
    ("now", "following"),
    [
        pytest.param("2025-02-14T04:59:00Z", "2025-02-13", id="still_the_13th_in_new_york"),
        pytest.param("2025-02-14T05:00:00Z", "2025-03-13", id="the_14th_in_new_york"),
        pytest.param("2025-02-13T23:59", "2025-02-13", id="wall_clock_of_the_zone"),
    ],
)
def test_today_is_the_date_in_the_zone(answer: Answer, now: str, following: str) -> None:
    assert answer(*US, *FIRST, "--now", now)["next_lab"]["date"] == following


@pytest.mark.parametrize(
    ("region", "panels"),
    [
        pytest.param("US", ["cbc", "creatinine", "urinalysis", "tsh"], id="US"),
        pytest.param("uk", ["cbc", "creatinine", "urinalysis", "tsh", "liver"], id="UK_in_small_letters"),
        pytest.param("CH", ["cbc", "creatinine", "urinalysis", "tsh", "liver"], id="CH"),
        pytest.param("other", ["cbc", "creatinine", "urinalysis", "tsh"], id="other"),
    ],
)
def test_the_third_month_has_the_regions_panels(answer: Answer, region: str, panels: list[str]) -> None:
    found = answer("--region", region, "--zone", "Europe/Zurich", *FIRST, "--now", "2025-04-01T00:00")

    assert found["next_lab"]["panels"] == panels


def test_a_finished_course_has_nothing_to_come(answer: Answer) -> None:
    found = answer(*US, *FIRST, "--now", "2029-01-18T00:00", "--joined", "2029-01-01")

    assert (found["next_lab"], found["upcoming"], found["open_earlier"]) == (None, [], ["2029-01-13"])
    assert found["monitoring_ends"] == "2029-01-17"


def test_without_rounds_the_answer_is_empty(answer: Answer) -> None:
    assert answer(*US) == {
        "next_lab": None,
        "open_earlier": [],
        "monitoring_ends": None,
        "provisional": False,
        "countdown": None,
        "upcoming": [],
    }


def test_the_plan_in_plain_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*US, *FIRST, *SECOND, "--now", "2025-03-20T10:00", "--done", "2025-02-13") == 0

    assert capsys.readouterr().out == (
        "Next lab check: Sunday 13 April 2025 (month 3).\n"
        "Tests: blood count, creatinine, urine test, thyroid (TSH).\n"
        "Reminder: that day at 09:00 in America/New_York.\n"
        "Monitoring runs until Monday 21 January 2030, as far as the rounds are planned now.\n"
        "Round 2 starts on Monday 19 January 2026, in 305 days.\n"
        "Open from before: Thursday 13 March 2025.\n"
        "Done so far: 1 of 60.\n"
        "When your team says: liver tests.\n"
    )


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        pytest.param((*US, *FIRST, "--now", "2029-02-01"), "The planned monitoring is finished", id="finished"),
        pytest.param((*US, *FIRST, "--now", "2029-01-14"), "No check is left to come.", id="none_left"),
        pytest.param(US, "No rounds yet, so no checks are planned.", id="no_rounds"),
        pytest.param((*US, *FIRST, "--now", "2025-01-12"), "Monday 13 January 2025, in 1 day.", id="tomorrow"),
        pytest.param((*US, *FIRST, "--now", "2025-01-14"), "Round 1 is running: infusion day 2 of 5.", id="running"),
        pytest.param(("--region", "other", *US[2:]), "Your own centre decides", id="other"),
    ],
)
def test_the_words_say_where_the_course_stands(
    typed: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*typed) == 0
    assert line in capsys.readouterr().out


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        pytest.param((), "--region takes one of US, UK, EU, other, CH", id="nothing"),
        pytest.param(("--region", "FR"), "--region takes one of US, UK, EU, other, CH, not 'FR'", id="region"),
        pytest.param(("--region", "US"), "--zone takes a time zone such as Europe/Paris", id="no_zone"),
        pytest.param(
            ("--region", "US", "--zone", "Mars/Base"),
            "--zone takes a time zone such as Europe/Paris, not 'Mars/Base'",
            id="zone",
        ),
        pytest.param(
            (*US, "--round", "2025-02-30:5"),
            "--round takes a date such as 2025-01-31, not '2025-02-30'",
            id="impossible_date",
        ),
        pytest.param(
            (*US, "--round", "2025-01-13:x"),
            "--round takes a whole number from 0 to 9999, not 'x'",
            id="days_no_number",
        ),
        pytest.param(
            (*US, "--round", "2025-01-13:0"), "round 1: 0 infusion days; it takes 1 to 10", id="days_out_of_range"
        ),
        pytest.param(
            (*US, "--round", "1999-12-31"),
            "round 1: the first day 1999-12-31 is not between 2000-01-01 and 2100-12-31",
            id="date_out_of_range",
        ),
        pytest.param((*US, *FIRST, "--round", "2025-01-17"), "rounds 1 and 2 share infusion days", id="overlap"),
        pytest.param((*US, *FIRST, *FIRST), "rounds 1 and 2 share infusion days", id="the_same_round_twice"),
        pytest.param(
            (*US, *(word for year in range(2001, 2014) for word in ("--round", f"{year}-01-01"))),
            "there are more than 12 rounds",
            id="thirteen_rounds",
        ),
        pytest.param(
            (*US, "--anchor-day", "32"), "--anchor-day takes a whole number from 1 to 31, not '32'", id="anchor_day"
        ),
        pytest.param(
            (*US, "--remind-at", "09:00Z"),
            "--remind-at takes a time of day such as 09:00, not '09:00Z'",
            id="remind_at",
        ),
        pytest.param((*US, "--done", "soon"), "--done takes a date such as 2025-01-31, not 'soon'", id="done"),
        pytest.param(
            (*US, "--joined", "a\nb"), r"--joined takes a date such as 2025-01-31, not 'a\nb'", id="two_lines"
        ),
        pytest.param(
            (*US, "--now", "0001-01-01T00:00Z"),
            "--now takes a moment such as 2025-01-20T10:00:00-05:00, not '0001-01-01T00:00Z'",
            id="before_the_calendar",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(
    typed: tuple[str, ...], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*typed) == 2
    assert capsys.readouterr() == ("", f"plan: {line}\n")


OPTIONS = ("--region", "--zone", "--round", "--anchor-day", "--remind-at", "--done", "--joined", "--now")
VALUES = st.one_of(
    st.text(),
    st.dates().map(str),
    st.datetimes().map(str),
    st.integers().map(str),
    st.times().map(str),
    st.builds("{}:{}".format, st.dates(), st.integers(-3, 12)),
    st.sampled_from(["US", "EU", "Europe/Paris", "9" * 5000, "\udc80", "9999-12-31T23:59Z", "0001-01-01T00:00+14:00"]),
)


@settings(deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(OPTIONS), VALUES), max_size=6), st.booleans())
def test_any_input_ends_in_a_plan_or_one_line(
    capsys: pytest.CaptureFixture[str], typed: list[tuple[str, str]], as_json: bool
) -> None:
    # With "=", a value that begins with a dash is a value to argparse too.
    words = [f"{option}={value}" for option, value in [("--region", "US"), ("--zone", "Asia/Tokyo"), *typed]]

    code = run(*words, *(["--json"] if as_json else []))

    out, err = capsys.readouterr()
    assert (code, bool(out), err.count("\n")) in {(0, True, 0), (2, False, 1)}
