from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import builders
from bot.care.course import Course
from bot.care.labs import Check
from bot.care.rounds import Round
from bot.care.wallclock import moment, today
from bot.members.member import Member, Settings, Topic
from bot.reminders.planning import in_quiet_hours, occurrences, quiet_until, region_of, schedule_of
from bot.reminders.reminder import Kind, Occurrence
from builders import NOW

ALL = frozenset(Topic)
DUE = date(2026, 3, 12)
"""The next check of ``builders.course()``."""

ZONES = ("Europe/London", "America/New_York", "Pacific/Chatham", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
times = st.builds(time, st.integers(0, 23), st.sampled_from((0, 30)))
members = st.builds(
    lambda **chosen: builders.member(joined=date(2026, 1, 1), **chosen),
    zone=st.sampled_from(ZONES),
    hour=times,
    hour_chosen=st.booleans(),
    hours=st.dictionaries(st.sampled_from(Topic), times, max_size=2),
    quiet=st.tuples(times, times),
    lead_days=st.integers(0, 10),
    topics=st.frozensets(st.sampled_from(Topic)),
    anchor_day=st.none() | st.integers(1, 31),
)
courses = st.builds(
    lambda first, days, gap, later, check: builders.course(
        Round(1, first, days), *([Round(2, first + timedelta(days=gap), 3)] if later else []), checks=tuple(check)
    ),
    st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    st.integers(1, 10),
    st.integers(300, 500),
    st.booleans(),
    st.lists(st.dates(date(2025, 1, 1), date(2026, 12, 31)), max_size=3, unique=True),
)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is the next argument


def _of(kind: Kind, found: Iterable[Occurrence], day: date | None = None) -> list[Occurrence]:
    return [one for one in found if one.kind is kind and day in (None, one.day)]


def _plan(who: Member | None = None, has: Course | None = None, now: datetime = NOW) -> tuple[Occurrence, ...]:
    return occurrences(who or builders.member(), has or builders.course(), now)


def _local(one: Occurrence, zone: str = "Europe/London") -> datetime:
    return one.due_at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


@settings(max_examples=60, deadline=None)
@given(members, courses, moments)
def test_a_plan_follows_from_member_course_and_day_alone(who: Member, has: Course, now: datetime) -> None:
    found = occurrences(who, has, now)
    shuffled = replace(has, rounds=has.rounds[::-1], checks=has.checks[::-1])
    assert sorted(found, key=lambda one: one.key) == sorted(occurrences(who, shuffled, now), key=lambda one: one.key)
    assert [one.due_at for one in found] == sorted(one.due_at for one in found)
    assert len({one.key for one in found}) == len(found)


@settings(max_examples=60, deadline=None)
@given(members, courses, moments)
def test_every_check_ahead_is_named_on_its_day_at_the_members_hour(who: Member, has: Course, now: datetime) -> None:
    who = replace(who, settings=replace(who.settings, topics=ALL))
    day = today(now, who.settings.zone)
    hour, chosen = who.settings.hour_of(Topic.LAB)
    if not chosen and in_quiet_hours(hour, who.settings.quiet):
        hour = who.settings.quiet[1]
    wanted = [(due.day, moment(due.day, hour, who.settings.zone)) for due in schedule_of(who, has, day).upcoming]
    found = [(one.day, one.due_at) for one in _of(Kind.LAB, occurrences(who, has, now)) if one.day >= day]
    assert found == wanted


@settings(max_examples=60, deadline=None)
@given(members, courses, moments)
def test_every_occurrence_is_wanted_of_use_and_outside_of_quiet_hours(who: Member, has: Course, now: datetime) -> None:
    for one in occurrences(who, has, now):
        assert one.kind.topic in who.settings.topics
        assert one.due_at.tzinfo is UTC
        assert one.due_at.astimezone(ZoneInfo(who.settings.zone)).date() == one.shown_on
        _hour, chosen = who.settings.hour_of(one.kind.topic)
        local = one.due_at.astimezone(ZoneInfo(who.settings.zone))
        if not chosen and moment(one.shown_on, local.time(), who.settings.zone) == one.due_at:
            assert not in_quiet_hours(local.time(), who.settings.quiet)


@settings(max_examples=40, deadline=None)
@given(members, courses, moments, st.timedeltas(timedelta(0), timedelta(days=40)))
def test_what_is_still_ahead_stays_planned_as_time_passes(
    who: Member, has: Course, now: datetime, passed: timedelta
) -> None:
    later = now + passed
    before = {one.key: one for one in occurrences(who, has, now) if one.due_at > later and one.kind is not Kind.END}
    after = {one.key: one for one in occurrences(who, has, later)}
    assert before.items() <= after.items()


@pytest.mark.parametrize(
    ("zone", "hour", "day", "shown"),
    [
        ("Europe/London", time(1, 30), date(2026, 3, 29), datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("Europe/London", time(1, 30), date(2026, 10, 25), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("Pacific/Apia", time(9), date(2011, 12, 30), datetime(2011, 12, 30, 10, tzinfo=UTC)),
    ],
    ids=["in a gap: the first moment after it", "twice: the first", "a day that was left out: the start of the next"],
)
def test_an_hour_that_clocks_skip_or_repeat_has_one_moment(zone: str, hour: time, day: date, shown: datetime) -> None:
    who = builders.member(joined=date(2000, 1, 1), zone=zone, hours={Topic.LAB: hour}, anchor_day=day.day)
    has = builders.course(Round(1, date(day.year, 1, 2), 5))
    (one,) = _of(Kind.LAB, _plan(who, has, shown - timedelta(days=20)), day)
    assert one.due_at == shown


def test_an_open_check_is_announced_named_and_named_again_twice() -> None:
    found = [(one.kind, _local(one)) for one in _plan() if one.day == DUE]
    assert found == [
        (Kind.LEAD, datetime(2026, 3, 9, 9)),  # noqa: DTZ001 - wall-clock time, as in all these tables
        (Kind.LAB, datetime(2026, 3, 12, 9)),  # noqa: DTZ001 - as above
        (Kind.LAB_AGAIN, datetime(2026, 3, 14, 9)),  # noqa: DTZ001 - as above
        (Kind.LAB_AGAIN, datetime(2026, 3, 17, 9)),  # noqa: DTZ001 - as above
    ]


@pytest.mark.parametrize(("lead_days", "shown"), [(0, []), (1, [date(2026, 3, 11)]), (7, [date(2026, 3, 5)])])
def test_the_lead_is_the_members_choice(lead_days: int, shown: list[date]) -> None:
    assert [one.shown_on for one in _of(Kind.LEAD, _plan(builders.member(lead_days=lead_days)), DUE)] == shown


def test_a_round_is_named_ahead_and_each_infusion_day_on_its_eve() -> None:
    first = date(2026, 11, 2)
    found = _plan(has=builders.course(Round(2, first, 3)))
    ahead = [(one.number, (first - one.shown_on).days, _local(one).time()) for one in _of(Kind.ROUND, found)]
    assert ahead == [(30, 30, time(9)), (14, 14, time(9)), (7, 7, time(9)), (1, 1, time(9))]
    eves = [(one.number, one.day.day, _local(one)) for one in _of(Kind.EVENING, found)]
    assert eves == [
        (number, 1 + number, datetime(2026, 11, number, 18))  # noqa: DTZ001 - as above
        for number in (1, 2, 3)
    ]


def test_milestones_come_3_6_9_and_12_months_after_the_last_infusion_day() -> None:
    found = _of(Kind.MILESTONE, _plan(builders.member(topics=ALL)))
    assert [(one.number, one.day) for one in found] == [
        (3, date(2026, 4, 16)),
        (6, date(2026, 7, 16)),
        (9, date(2026, 10, 16)),
        (12, date(2027, 1, 16)),
    ]


@pytest.mark.parametrize(
    ("quiet", "chosen", "lab", "evening"),
    [
        ((time(21), time(8)), {}, time(9), time(18)),
        ((time(21), time(10)), {}, time(10), time(18)),
        ((time(8), time(12)), {}, time(12), time(18)),
        ((time(17), time(7)), {}, time(9), time(16)),
        ((time(0, 30), time(19)), {}, time(19), time(19)),
        ((time(9), time(9)), {}, time(9), time(18)),
        ((time(21), time(10)), {"hour_chosen": True}, time(9), time(18)),
        ((time(17), time(10)), {"hours": {Topic.EVENING: time(22), Topic.LAB: time(3)}}, time(3), time(22)),
    ],
    ids=[
        "neither hour is quiet",
        "quiet over midnight until after the hour",
        "quiet in the morning",
        "quiet before the evening",
        "quiet all day",
        "no quiet hours",
        "the chosen hour beats them",
        "so does an hour chosen for a topic",
    ],
)
def test_quiet_hours_are_kept_unless_the_hour_was_chosen(
    quiet: tuple[time, time], chosen: dict[str, object], lab: time, evening: time
) -> None:
    found = _plan(builders.member(quiet=quiet, **chosen), builders.course(Round(1, date(2026, 6, 1), 5)))
    assert {_local(one).time() for one in _of(Kind.LAB, found)} == {lab}
    assert {_local(one).time() for one in _of(Kind.EVENING, found)} == {evening}


@pytest.mark.parametrize(
    ("at", "quiet", "inside"),
    [
        (time(21), (time(21), time(8)), True),
        (time(7, 59), (time(21), time(8)), True),
        (time(8), (time(21), time(8)), False),
        (time(12), (time(21), time(8)), False),
        (time(13), (time(12), time(14)), True),
        (time(14), (time(12), time(14)), False),
        (time(12), (time(12), time(12)), False),
    ],
)
def test_quiet_hours_hold_their_first_moment_and_not_their_last(
    at: time, quiet: tuple[time, time], *, inside: bool
) -> None:
    assert in_quiet_hours(at, quiet) is inside


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (datetime(2026, 10, 25, 0, 10, tzinfo=UTC), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 10, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        (datetime(2026, 10, 25, 1, 40, tzinfo=UTC), None),
    ],
    ids=["the first 01:10", "the second 01:10", "the second 01:40"],
)
def test_quiet_hours_that_end_while_clocks_go_back_end_later_than_now(now: datetime, until: datetime | None) -> None:
    assert quiet_until(builders.settings(quiet=(time(21), time(1, 30))), now) == until


def test_a_check_put_off_is_named_on_the_chosen_day_and_again_from_there() -> None:
    has = builders.course(put_off={DUE: date(2026, 3, 19)})
    found = [(one.kind, one.shown_on.day) for one in _plan(has=has) if one.day == DUE]
    assert found == [(Kind.LAB, 19), (Kind.LAB_AGAIN, 21), (Kind.LAB_AGAIN, 24)]


def test_a_notice_put_off_to_before_the_day_leaves_the_day_itself() -> None:
    has = builders.course(put_off={DUE: date(2026, 3, 11)})
    found = [(one.kind, one.shown_on.day) for one in _plan(has=has) if one.day == DUE]
    assert found == [(Kind.LEAD, 11), (Kind.LAB, 12), (Kind.LAB_AGAIN, 14), (Kind.LAB_AGAIN, 17)]


@pytest.mark.parametrize(
    "has",
    [builders.course(skipped=frozenset({DUE})), builders.course(checks=(date(2026, 3, 5),))],
    ids=["set aside", "done"],
)
@pytest.mark.parametrize("days", [-5, 0, 1, 20], ids=lambda days: f"{days} days from it")
def test_a_settled_check_is_not_named_any_more(has: Course, days: int) -> None:
    found = _plan(has=has, now=NOW + timedelta(days=days))
    assert [one for one in found if one.day == DUE] == []
    assert _of(Kind.LAB, found, date(2026, 4, 12))


def test_the_result_is_asked_for_until_it_was_seen() -> None:
    who, done = builders.member(topics=ALL), date(2026, 3, 5)

    def asked(**chosen: object) -> list[date]:
        return [one.shown_on for one in _of(Kind.RESULT, _plan(who, builders.course(checks=(done,), **chosen)))]

    assert asked() == [date(2026, 3, 12)]
    assert asked(ask_again={done: date(2026, 3, 20)}) == [date(2026, 3, 20)]
    assert asked(seen=frozenset({done})) == []


def test_a_check_that_is_long_past_and_open_stays_planned_so_that_it_ends_as_missed() -> None:
    assert _of(Kind.LAB, _plan(now=NOW + timedelta(days=300)), DUE)


def test_the_end_is_asked_about_once_the_last_round_is_over() -> None:
    (end,) = _of(Kind.END, _plan())
    assert end.day == date(2030, 1, 16)
    assert _of(Kind.END, _plan(now=datetime(2026, 1, 16, tzinfo=UTC))) == [], "the round still runs"


def test_nothing_is_planned_after_stop_or_without_rounds() -> None:
    assert _plan(builders.member(active=False)) == ()
    assert occurrences(builders.member(), Course(checks=(Check(DUE),)), NOW) == ()


@pytest.mark.parametrize("topic", Topic)
def test_a_topic_switched_off_is_silent_and_no_other(topic: Topic) -> None:
    has = builders.course(Round(1, date(2026, 1, 12), 5), checks=(date(2026, 3, 5),))
    everything = _plan(builders.member(topics=ALL), has)
    assert _plan(builders.member(topics=ALL - {topic}), has) == tuple(
        one for one in everything if one.kind.topic is not topic
    )


@pytest.mark.parametrize(
    ("country", "region"), [("GB", "UK"), ("US", "US"), ("DE", "EU"), ("JP", "other"), (None, "other"), ("XX", "other")]
)
def test_the_country_names_the_region(country: str | None, region: str) -> None:
    assert region_of(replace(builders.member(), settings=Settings(country=country))) == region
