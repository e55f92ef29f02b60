from datetime import UTC, date, datetime

import pytest

from bot.care.course import Course
from bot.members.member import Topic
from unit.journey.talk import Talk, Voice


async def course_of(voice: Voice) -> Course:
    found = await voice.course()
    assert isinstance(found, Course)
    return found


async def checks_of(voice: Voice) -> list[date]:
    return [check.day for check in (await course_of(voice)).checks]


@pytest.fixture
async def beth(anna: Voice) -> Voice:
    """A member whose checks fall on the 5th, the last past one on 5 March, before she joined on 10 March 2026."""
    return await anna.has_round("1 2025-12-05")


async def test_nextlab_says_date_tests_month_and_reminder(beth: Voice) -> None:
    await beth.says("/nextlab")
    assert beth.sees(
        "Sunday, 5 April 2026, in 26 days.",
        "Tests: blood count, creatinine (kidneys), urine test and liver tests.",
        "Month 4 of 48.",
        "Next reminder: Thu 2 Apr, 09:00.",
    )
    assert beth.labels == ["Done", "Later", "Change day", "All dates"]


async def test_nextlab_on_the_very_day(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 10, tzinfo=UTC)
    await beth.says("/nextlab")
    assert beth.sees("Sunday, 5 April 2026. That is today.")


async def test_nextlab_names_dates_that_are_still_open(talk: Talk, beth: Voice) -> None:
    await talk.pass_days(90)
    await beth.says("/nextlab")
    assert beth.sees("Still open: Friday, 5 June 2026", "2 more are still open")
    assert "overdue" not in beth.text


async def test_nextlab_after_the_end_asks_to_ask_the_team(talk: Talk, beth: Voice) -> None:
    await talk.pass_days(365 * 4)
    await beth.says("/nextlab")
    assert beth.sees("Your monthly tests ended on Sunday, 9 December 2029", "ask your team whether to go on")


async def test_nextlab_tells_a_stopped_member_that_no_reminder_will_come(beth: Voice) -> None:
    await beth.says("/stop")
    await beth.says("/nextlab")
    assert beth.sees("Reminders are stopped. /start turns them on.")
    await beth.presses("Later")
    await beth.presses("6 April 2026")
    assert beth.sees("Your reminders are stopped and your consent is withdrawn")
    assert "I will remind you" not in beth.text


async def test_outside_the_known_regions_the_centre_decides(talk: Talk) -> None:
    zoe = talk.person("zoe")
    await zoe.says("/start")
    for tap in ("I agree", "Another country"):
        await zoe.presses(tap)
    await zoe.says("Japan")
    for tap in ("09:00", "Day of the first infusion"):
        await zoe.presses(tap)
    await zoe.has_round()
    await zoe.says("/nextlab")
    assert zoe.sees("When your team says: liver tests.", "Your own centre decides which tests you need.")


async def test_later_keeps_the_date_and_moves_the_reminder(beth: Voice) -> None:
    await beth.says("/nextlab")
    await beth.presses("Later")
    assert beth.sees("When shall I remind you of Sunday, 5 April 2026? The date itself stays.")
    assert beth.labels[:3] == ["Monday, 6 April 2026", "Wednesday, 8 April 2026", "Sunday, 12 April 2026"]
    await beth.presses("8 April 2026")
    assert beth.sees("I will remind you on Wednesday, 8 April 2026")
    assert any(each.occurrence.shown_on == date(2026, 4, 8) for each in await beth.reminders())
    await beth.says("/nextlab")
    assert beth.sees("Sunday, 5 April 2026")


@pytest.mark.parametrize(("tap", "day"), [("Tomorrow", date(2026, 4, 6)), ("In a week", date(2026, 4, 12))], ids=str)
async def test_a_tap_under_a_reminder_brings_another_one(talk: Talk, beth: Voice, tap: str, day: date) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    post = await talk.sweep()
    beth.screen = post.screens[-1]
    assert beth.sees("due today")
    await beth.presses(tap)
    assert beth.sees("I will remind you on")
    talk.clock.at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
    assert any("5 April 2026" in page for screen in (await talk.sweep()).screens for page in screen.pages)


async def test_not_this_month_sets_the_date_aside_until_undone(beth: Voice) -> None:
    await beth.says("/nextlab")
    await beth.presses("Later")
    await beth.presses("Not this month")
    assert beth.sees("Set aside: Sunday, 5 April 2026", "tell your team")
    undo = beth.button("Undo")
    await beth.says("/nextlab")
    assert beth.sees("5 May 2026")
    await beth.presses_old(undo)
    assert beth.sees("Sunday, 5 April 2026 counts again.")
    await beth.says("/nextlab")
    assert beth.sees("5 April 2026")


async def test_change_day_moves_every_date_to_another_day_of_the_month(beth: Voice) -> None:
    await beth.says("/nextlab")
    await beth.presses("Change day")
    await beth.presses("20")
    assert beth.sees("Monthly day: 20")
    await beth.says("/nextlab")
    assert beth.sees("Friday, 20 March 2026")


async def test_done_under_a_reminder_records_today_and_can_be_undone(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    beth.screen = (await talk.sweep()).screens[-1]
    done = beth.button("Done")
    await beth.presses_old(done)
    assert beth.sees("Recorded: samples taken on Sunday, 5 April 2026", "(month 4)", "1 of 45 done")
    await beth.presses_old(done)
    assert beth.sees("Sunday, 5 April 2026 is already done.")
    assert await checks_of(beth) == [date(2026, 4, 5)]
    await beth.presses("Undo")
    assert beth.sees("Taken back")
    assert await checks_of(beth) == []
    await beth.presses("Record it again")
    assert await checks_of(beth) == [date(2026, 4, 5)]


async def test_done_from_a_button_of_long_ago_asks_which_day_it_was(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    beth.screen = (await talk.sweep()).screens[-1]
    done = beth.button("Done")
    await talk.pass_days(100)
    await beth.presses_old(done)
    assert beth.sees("5 April 2026 lies some time back. When were the samples taken?")
    assert await checks_of(beth) == []
    await beth.presses("Another date")
    await beth.says("2026-04-06")
    assert beth.sees("Recorded", "It counts for Sunday, 5 April 2026")


async def test_done_for_a_date_that_moved_long_ago_is_not_taken_for_today(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    beth.screen = (await talk.sweep()).screens[-1]
    done = beth.button("Done")
    await beth.says("/settings day 20")
    await talk.pass_days(100)
    await beth.presses_old(done)
    assert beth.sees("When were the samples taken?")
    assert await checks_of(beth) == []


async def test_done_far_ahead_asks_which_day_it_was(beth: Voice) -> None:
    await beth.says("/labdone 2026-03-05")
    await beth.says("/nextlab")
    await beth.presses("Done")
    assert beth.sees("5 April 2026 is still some way off")
    await beth.presses("It was today")
    assert await checks_of(beth) == [date(2026, 3, 5), date(2026, 3, 10)]


async def test_put_off_and_skip_of_a_date_that_is_done_say_so(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    screen = (await talk.sweep()).screens[-1]
    await beth.says("/labdone")
    for tap in ("Tomorrow", "Not this month"):
        beth.screen = screen
        await beth.presses(tap)
        assert beth.sees("is already done")


async def test_a_button_for_a_date_that_moved_says_so(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 5, 9, tzinfo=UTC)
    screen = (await talk.sweep()).screens[-1]
    await beth.says("/settings day 20")
    for tap in ("Tomorrow", "Not this month"):
        beth.screen = screen
        await beth.presses(tap)
        assert beth.sees("is no longer one of your dates")


async def test_a_day_to_put_off_to_that_has_passed_is_refused(talk: Talk, beth: Voice) -> None:
    await beth.says("/nextlab")
    await beth.presses("Later")
    tap = beth.button("6 April 2026")
    talk.clock.at = datetime(2026, 4, 9, 9, tzinfo=UTC)
    await beth.presses_old(tap)
    assert beth.sees("That day has passed")


@pytest.mark.parametrize(
    ("typed", "day"),
    [("2026-03-06", date(2026, 3, 6)), ("2025-12-20", date(2025, 12, 20)), ("2020-01-01", date(2020, 1, 1))],
    ids=["iso", "before the first date", "before the first round"],
)
async def test_labdone_with_an_iso_date_records_at_once(beth: Voice, typed: str, day: date) -> None:
    await beth.says(f"/labdone {typed}")
    assert beth.sees("Recorded")
    assert await checks_of(beth) == [day]


@pytest.mark.parametrize(
    ("typed", "day"),
    [("6 march", date(2026, 3, 6)), ("yesterday", date(2026, 3, 9)), ("6/3/2026", date(2026, 3, 6)),
     ("4 days ago", date(2026, 3, 6))],
    ids=str,
)  # fmt: skip
async def test_labdone_with_any_other_date_asks_first(beth: Voice, typed: str, day: date) -> None:
    await beth.says(f"/labdone {typed}")
    assert beth.sees(f"Samples taken on {day:%A}, {day.day} {day:%B} {day.year}: is that right?")
    assert await checks_of(beth) == []
    await beth.presses("Yes, save")
    assert await checks_of(beth) == [day]


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("2026-03-11", "has not come yet"),
        ("tomorrow", "has not come yet"),
        ("banana", "could not read “banana”"),
        ("1999-12-31", "could not read"),
        ("12 2026", "could not read"),
    ],
    ids=str,
)
async def test_labdone_refuses_what_cannot_be_in_words(beth: Voice, typed: str, answer: str) -> None:
    await beth.says(f"/labdone {typed}")
    assert beth.sees(answer)
    assert await checks_of(beth) == []


async def test_labdone_without_rounds_is_kept_for_later(anna: Voice) -> None:
    await anna.says("/labdone")
    assert anna.sees("Recorded", "You have not entered a round yet")
    assert anna.labels == ["Undo", "Add a round"]
    await anna.has_round()
    await anna.says("/labs")
    assert anna.sees("1 of 46 done")


async def test_a_check_before_the_first_date_is_a_baseline(beth: Voice) -> None:
    await beth.says("/labdone 2025-12-01")
    assert beth.sees("baseline test")


async def test_a_second_check_in_a_month_is_an_extra_that_may_count_for_the_next(beth: Voice) -> None:
    await beth.says("/labdone 2026-03-05")
    await beth.says("/labdone 2026-03-09")
    assert beth.sees("That month already has one", "1 of 46 done")
    await beth.presses("Count it for Sunday, 5 April 2026")
    assert beth.sees("It now counts for Sunday, 5 April 2026")
    await beth.says("/labs")
    assert beth.sees("2 of 46 done", "✓ done · Sunday, 5 April 2026 (on Monday, 9 March 2026)")


async def test_counting_for_the_next_can_be_undone(beth: Voice) -> None:
    await beth.says("/labdone 2026-03-05")
    await beth.says("/labdone 2026-03-09")
    await beth.presses("Count it for")
    await beth.presses("Undo")
    await beth.says("/labs")
    assert beth.sees("1 of 46 done", "1 more test is recorded")


async def test_labs_shows_a_dozen_at_a_time_and_loses_none(beth: Voice) -> None:
    await beth.says("/labs")
    assert beth.sees("0 of 45 done", "3 dates lie before you joined", "Once, before the start")
    seen: list[str] = []
    for _ in range(10):
        seen += [line for line in beth.text.splitlines() if line.startswith("· ahead")]
        if "Later dates" not in beth.labels:
            break
        await beth.presses("Later dates")
    assert len(seen) == len(set(seen)) == 45
    while "Earlier" in beth.labels:
        await beth.presses("Earlier")
    assert beth.sees("Sunday, 5 April 2026")


async def test_labs_marks_what_is_done_open_and_set_aside(talk: Talk, beth: Voice) -> None:
    await talk.pass_days(90)
    await beth.says("/labdone 2026-04-07")
    await beth.says("/nextlab")
    await beth.presses("Later")
    await beth.presses("Not this month")
    await beth.says("/labs")
    assert beth.sees("✓ done · Sunday, 5 April 2026", "○ still open · Tuesday, 5 May 2026",
                     "\N{EN DASH} set aside · Sunday, 5 July 2026", "· ahead · Wednesday, 5 August 2026")  # fmt: skip


async def test_the_result_is_asked_after_a_week_and_again_until_it_was_seen(talk: Talk, beth: Voice) -> None:
    await beth.says("/settings reminders")
    await beth.presses("Turn on: result")
    await beth.says("/labdone")
    talk.clock.at = datetime(2026, 3, 17, 9, tzinfo=UTC)
    beth.screen = (await talk.sweep()).screens[-1]
    assert beth.sees("Has your team seen the result?")
    await beth.presses("Not yet")
    assert beth.sees("I will ask again on Tuesday, 24 March 2026")
    talk.clock.at = datetime(2026, 3, 24, 9, tzinfo=UTC)
    beth.screen = (await talk.sweep()).screens[-1]
    await beth.presses("Yes")
    assert beth.sees("Good. Thank you.")
    talk.clock.at = datetime(2026, 3, 31, 9, tzinfo=UTC)
    assert not (await talk.sweep()).screens


async def test_at_the_end_going_on_is_asked_and_brings_the_reminders_back(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2029, 12, 9, 9, tzinfo=UTC)
    await beth.says("/nextlab")
    post = await talk.sweep()
    beth.screen = next(screen for screen in post.screens if any("Stop here" in k.label for r in screen.keys for k in r))
    go_on = beth.button("Go on")
    await beth.presses("Stop here")
    assert beth.sees("no more monthly reminders")
    assert not {Topic.LAB, Topic.LEAD} & (await beth.kept()).settings.topics
    await beth.presses("Go on reminding me")
    assert beth.sees("I will go on until Monday, 9 December 2030")
    assert Topic.LAB in (await beth.kept()).settings.topics
    assert await beth.reminders()
    await beth.presses_old(go_on)
    assert beth.sees("I will go on until Monday, 9 December 2030")


async def test_milestones_can_be_switched_off_where_they_appear(talk: Talk, beth: Voice) -> None:
    await beth.says("/settings reminders")
    await beth.presses("Turn on: milestones")
    talk.clock.at = datetime(2026, 6, 9, 9, tzinfo=UTC)
    post = await talk.sweep()
    beth.screen = next(screen for screen in post.screens if "months since round" in "".join(screen.pages))
    await beth.presses("No more of these")
    assert Topic.MILESTONE not in (await beth.kept()).settings.topics


async def test_going_on_leaves_the_early_notice_off_where_it_was_off(talk: Talk, beth: Voice) -> None:
    await beth.says("/settings reminders")
    await beth.presses("Turn off: to book")
    talk.clock.at = datetime(2029, 12, 9, 9, tzinfo=UTC)
    post = await talk.sweep()
    beth.screen = next(screen for screen in post.screens if any("Stop here" in k.label for r in screen.keys for k in r))
    await beth.presses("Go on reminding me")
    assert Topic.LEAD not in (await beth.kept()).settings.topics


async def test_after_stop_nothing_new_is_recorded(beth: Voice) -> None:
    before = await course_of(beth)
    await beth.says("/nextlab")
    done = beth.button("Done")
    await beth.says("/stop")
    for text in ("/labdone", "/labdone 6 march", "/labdone 2026-03-06"):
        await beth.says(text)
        assert beth.sees("/start turns both back on")
    await beth.presses_old(done)
    assert "Recorded" not in beth.text
    assert await course_of(beth) == before


async def test_recording_a_day_again_keeps_what_it_counts_for(beth: Voice) -> None:
    await beth.says("/labdone 2026-03-05")
    await beth.says("/labdone 2026-03-09")
    await beth.presses("Count it for Sunday, 5 April 2026")
    await beth.says("/labdone 2026-03-09")
    assert beth.sees("It counts for Sunday, 5 April 2026", "2 of 46 done")


async def test_putting_off_can_be_undone(beth: Voice) -> None:
    async def planned() -> set[object]:
        return {each.occurrence.key for each in await beth.reminders()}

    before = await planned()
    await beth.says("/nextlab")
    await beth.presses("Later")
    await beth.presses("8 April 2026")
    assert await planned() != before
    await beth.presses("Undo")
    assert beth.sees("as it was planned before")
    assert await planned() == before


async def test_a_text_that_can_mean_one_day_only_is_asked_back(beth: Voice) -> None:
    await beth.says("/labdone 12/13/25")
    assert beth.sees("Did you mean Saturday, 13 December 2025?")
    assert beth.labels == ["Saturday, 13 December 2025", "Another date"]


async def test_another_monthly_day_names_the_next_date_and_one_that_is_left_open(talk: Talk, beth: Voice) -> None:
    talk.clock.at = datetime(2026, 4, 20, 9, tzinfo=UTC)
    await beth.says("/settings day 15")
    assert beth.sees("Your next test date: Friday, 15 May 2026.", "Still open: Wednesday, 15 April 2026.")
    await beth.says("/settings day 28")
    assert beth.sees("Your next test date: Tuesday, 28 April 2026.")
    assert "Still open" not in beth.text
