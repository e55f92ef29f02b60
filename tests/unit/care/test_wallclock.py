from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from whenever import Instant

from bot.care import wallclock

ZONES = sorted(available_timezones() - {"Factory", "localtime"})


@pytest.mark.parametrize(
    ("day", "at", "zone", "moment"),
    [
        pytest.param("2025-02-13", "09:00", "America/New_York", "2025-02-13T14:00:00", id="winter"),
        pytest.param("2025-07-13", "09:00", "America/New_York", "2025-07-13T13:00:00", id="summer"),
        pytest.param("2026-03-08", "02:30", "America/New_York", "2026-03-08T07:00:00", id="gap_of_an_hour"),
        pytest.param("2026-03-08", "02:00", "America/New_York", "2026-03-08T07:00:00", id="start_of_a_gap"),
        pytest.param("2026-03-08", "03:00", "America/New_York", "2026-03-08T07:00:00", id="end_of_a_gap"),
        pytest.param("2026-11-01", "01:30", "America/New_York", "2026-11-01T05:30:00", id="overlap_of_an_hour"),
        pytest.param("2026-10-04", "02:15", "Australia/Lord_Howe", "2026-10-03T15:30:00", id="gap_of_half_an_hour"),
        pytest.param("2026-04-05", "01:45", "Australia/Lord_Howe", "2026-04-04T14:45:00", id="overlap_of_half_an_hour"),
        pytest.param("2011-12-30", "09:00", "Pacific/Apia", "2011-12-30T10:00:00", id="day_left_out"),
        pytest.param("2018-11-04", "00:00", "America/Sao_Paulo", "2018-11-04T03:00:00", id="gap_at_midnight"),
    ],
)
def test_a_wall_clock_time_means_one_moment(day: str, at: str, zone: str, moment: str) -> None:
    found = wallclock.moment(date.fromisoformat(day), time.fromisoformat(at), zone)

    assert found == datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


@st.composite
def around_a_change(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone and a wall-clock reading, mostly close to a change of that zone's clocks."""
    zone = draw(st.sampled_from(ZONES))
    start = draw(st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))  # noqa: DTZ001 - Hypothesis bounds are naive
    zoned = Instant(start.replace(tzinfo=UTC)).to_tz(zone)
    change = zoned.next_transition() or zoned
    away = timedelta(seconds=draw(st.integers(-7200, 7200)))
    return zone, change.to_plain().to_stdlib().replace(microsecond=0) + away


@settings(max_examples=300, deadline=None)
@given(around_a_change())
def test_the_moment_is_the_first_at_which_the_clocks_have_reached_the_time(case: tuple[str, datetime]) -> None:
    zone, wanted = case

    found = wallclock.moment(wanted.date(), wanted.time(), zone)

    def shown(at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert shown(found) >= wanted
    assert shown(found - timedelta(seconds=1)) < wanted
    assert all(shown(found - timedelta(minutes=5 * steps)) < wanted for steps in range(1, 40))


@settings(deadline=None)
@given(st.sampled_from(ZONES), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_noon_of_a_day_lies_on_that_day_unless_the_zone_left_it_out(zone: str, day: date) -> None:
    found = wallclock.today(wallclock.moment(day, time(12), zone), zone)

    assert found in {day, day + timedelta(days=1)}
    assert found == day or zone in {"Pacific/Apia", "Pacific/Fakaofo", "Pacific/Kwajalein", "Kwajalein"}


def test_today_is_the_date_on_the_members_own_calendar() -> None:
    now = datetime(2025, 1, 1, 11, 30, tzinfo=UTC)

    assert wallclock.today(now, "Pacific/Kiritimati") == date(2025, 1, 2)
    assert wallclock.today(now, "Pacific/Pago_Pago") == date(2025, 1, 1)
    assert wallclock.today(now, "UTC") == date(2025, 1, 1)


def test_a_naive_moment_has_no_date() -> None:
    with pytest.raises(ValueError, match="naive"):
        wallclock.today(datetime(2025, 1, 1), "UTC")  # noqa: DTZ001 - the naive value is what is refused


def test_a_time_of_day_with_a_zone_of_its_own_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone of its own"):
        wallclock.moment(date(2025, 1, 1), time(9, tzinfo=UTC), "Europe/Paris")


@pytest.mark.parametrize("name", ["Mars/Base", "", "../etc/passwd", "europe/paris", "Factory", "localtime", "EU\0"])
def test_what_is_no_place_in_the_zone_database_does_not_exist(name: str) -> None:
    assert not wallclock.zone_exists(name)


@pytest.mark.parametrize("name", ["Europe/Paris", "UTC", "Asia/Kolkata", "America/Argentina/Buenos_Aires"])
def test_a_place_in_the_zone_database_exists(name: str) -> None:
    assert wallclock.zone_exists(name)
