"""What holds for every course: any first day from 2000 to 2100, any anchor, any rounds, checks and skips."""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import available_timezones

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.care import wallclock
from bot.care.labs import Check, LabStatus, Schedule, lay_out
from bot.care.protocols import REGIONS, protocol_for
from bot.care.rounds import Round, check_rounds

ZONES = sorted(available_timezones() - {"Factory", "localtime"})


@dataclass(frozen=True)
class Course:
    rounds: tuple[Round, ...]
    checks: tuple[Check, ...]
    skipped: tuple[date, ...]
    region: str
    anchor_day: int | None
    joined: date
    today: date

    def lay_out(self) -> Schedule:
        return lay_out(
            self.rounds,
            self.checks,
            self.skipped,
            protocol_for(self.region),
            anchor_day=self.anchor_day,
            joined=self.joined,
            today=self.today,
        )


@st.composite
def courses(draw: st.DrawFn) -> Course:
    first = Round(1, draw(st.dates(date(2000, 1, 1), date(2090, 12, 31))), draw(st.integers(1, 10)))
    rounds = [first]
    for number in range(2, draw(st.integers(1, 4)) + 1):
        pause = timedelta(days=draw(st.integers(1, 800)))
        rounds.append(Round(number, rounds[-1].last_day + pause, draw(st.integers(1, 10))))
    check_rounds(rounds)
    near = st.integers(-60, 2000).map(lambda passed: first.first_day + timedelta(days=passed))
    anchor_day = draw(st.none() | st.integers(1, 31))
    bare = Course(tuple(rounds), (), (), draw(st.sampled_from(REGIONS)), anchor_day, draw(near), draw(near))
    due = st.sampled_from([each.day for each in bare.lay_out().dates])
    checks = draw(st.lists(st.builds(Check, near | due, st.none() | due), max_size=12))
    return replace(bare, checks=tuple(checks), skipped=tuple(draw(st.lists(near | due, max_size=6))))


def grid(schedule: Schedule) -> list[tuple[int, date, date, date, tuple[str, ...]]]:
    return [(each.month, each.day, each.opens, each.closes, each.panels) for each in schedule.dates]


@given(courses())
def test_no_calendar_month_is_left_out_and_none_comes_twice(course: Course) -> None:
    schedule = course.lay_out()

    assert [each.month for each in schedule.dates] == list(range(1, len(schedule.dates) + 1))
    for earlier, later in pairwise(schedule.dates):
        assert earlier.day < later.day
        assert (later.day.year * 12 + later.day.month) - (earlier.day.year * 12 + earlier.day.month) == 1
        assert earlier.closes == later.opens


@given(courses())
def test_every_date_is_the_anchor_day_or_the_last_day_of_a_shorter_month(course: Course) -> None:
    first_day = course.rounds[0].first_day
    anchor_day = course.anchor_day or first_day.day

    for each in course.lay_out().dates:
        assert each.day.day == min(anchor_day, monthrange(each.day.year, each.day.month)[1])
        assert each.day >= first_day + timedelta(days=15)


@given(courses())
def test_the_first_date_is_the_first_anchor_day_after_fifteen_days(course: Course) -> None:
    first_day = course.rounds[0].first_day
    anchor_day = course.anchor_day or first_day.day
    candidates = (first_day + timedelta(days=passed) for passed in range(15, 60))

    month_1 = next(day for day in candidates if day.day == min(anchor_day, monthrange(day.year, day.month)[1]))

    assert course.lay_out().dates[0].day == month_1


@given(courses())
def test_dates_fill_the_course_up_to_its_last_day(course: Course) -> None:
    schedule = course.lay_out()
    last_day = course.rounds[-1].last_day

    assert schedule.ends is not None
    assert (schedule.ends.year, schedule.ends.month) == (last_day.year + 4, last_day.month)
    assert schedule.dates[-1].day <= schedule.ends
    assert schedule.dates[-1].closes + timedelta(days=10) > schedule.ends
    assert schedule.provisional == (last_day >= course.today)


@given(courses(), st.randoms(use_true_random=False))
def test_the_order_in_which_anything_was_entered_makes_no_difference(course: Course, random: Random) -> None:
    rounds, checks, skipped = list(course.rounds), list(course.checks), list(course.skipped)
    for entered in (rounds, checks, skipped):
        random.shuffle(entered)
    shuffled = replace(course, rounds=tuple(rounds), checks=tuple(checks), skipped=tuple(skipped))

    assert shuffled.lay_out() == course.lay_out()


@given(courses())
def test_laying_out_twice_changes_nothing(course: Course) -> None:
    assert course.lay_out() == course.lay_out()


@given(courses())
def test_neither_checks_nor_skips_nor_today_shift_the_dates(course: Course) -> None:
    bare = replace(course, checks=(), skipped=(), joined=date.min, today=date(2000, 1, 1))

    assert grid(bare.lay_out()) == grid(course.lay_out())


@given(courses(), st.integers(-400, 400))
def test_moving_the_first_round_counts_everything_from_its_new_day(course: Course, by: int) -> None:
    first = course.rounds[0]
    moved = replace(first, first_day=max(first.first_day + timedelta(days=by), date(2000, 1, 1)))
    alone = replace(course, rounds=(first,))

    # Whatever was entered before the move, the dates are those of a course that began on the new day.
    fresh = Course((moved,), (), (), course.region, course.anchor_day, moved.first_day, moved.first_day)
    assert grid(replace(alone, rounds=(moved,)).lay_out()) == grid(fresh.lay_out())


@given(courses(), st.integers(1, 400))
def test_moving_a_later_round_moves_only_the_end(course: Course, by: int) -> None:
    last = course.rounds[-1]
    later = replace(last, number=last.number + 1, first_day=last.last_day + timedelta(days=1), days=3)
    planned = replace(course, rounds=(*course.rounds, later)).lay_out()
    moved_round = replace(later, first_day=later.first_day + timedelta(days=by))
    moved = replace(course, rounds=(*course.rounds, moved_round)).lay_out()

    assert planned.ends is not None
    assert moved.ends is not None
    assert moved.ends > planned.ends or by < 4
    assert moved.dates[: len(planned.dates)] == planned.dates
    assert moved.baseline == planned.baseline


@given(courses())
def test_every_check_stands_in_exactly_one_place(course: Course) -> None:
    schedule = course.lay_out()
    settling = [each.checks[0] for each in schedule.dates if each.checks]

    placed = [*schedule.baseline, *settling, *schedule.extras]
    assert sorted(placed, key=repr) == sorted(course.checks, key=repr)


@given(courses())
def test_a_check_is_kept_by_its_own_window_or_the_one_it_counts_for(course: Course) -> None:
    for each in course.lay_out().dates:
        for check in each.checks:
            assert each.opens <= check.day < each.closes or check.counts_for == each.day


@given(courses())
def test_no_window_with_a_check_in_it_is_left_unsettled(course: Course) -> None:
    for each in course.lay_out().dates:
        if any(each.opens <= check.day < each.closes for check in course.checks):
            assert each.status is LabStatus.DONE


@given(courses())
def test_every_date_has_the_status_that_its_day_and_the_record_give_it(course: Course) -> None:
    schedule = course.lay_out()
    unsettled = [
        each.day
        for each in schedule.dates
        if not each.checks and each.day not in course.skipped and each.day >= course.joined
    ]

    assert [each.day for each in schedule.open_earlier] == [day for day in unsettled if day < course.today]
    assert [each.day for each in schedule.upcoming] == [day for day in unsettled if day >= course.today]
    assert schedule.next == next(iter(schedule.upcoming), None)
    assert schedule.done_count <= schedule.total_count <= len(schedule.dates)


@settings(deadline=None)
@given(courses(), st.sampled_from(ZONES), st.times().map(lambda at: at.replace(second=0, microsecond=0)))
def test_reminders_come_in_the_order_of_the_dates_in_every_zone(course: Course, zone: str, at: time) -> None:
    moments = [wallclock.moment(each.day, at, zone) for each in course.lay_out().dates]

    assert all(earlier < later for earlier, later in pairwise(moments))
    assert all(moment >= datetime(2000, 1, 1, tzinfo=UTC) for moment in moments)
