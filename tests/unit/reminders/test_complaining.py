"""What the operator hears of a platform to which nothing can be sent, and what the figures say meanwhile."""

from datetime import UTC, datetime, time, timedelta

from structlog.testing import capture_logs

import builders
from bot.errors import Unknown, Unreachable
from bot.meter import Counts
from bot.reminders.complaining import Complaints
from builders import NOW
from unit.reminders.rig import Rig

LAB_AT = datetime(2026, 3, 12, 9, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


async def test_a_platform_that_takes_nothing_is_told_of_and_its_reminders_wait(rig: Rig) -> None:
    await rig.join()
    rig.messenger.fails = [Unreachable("http_502") for _ in range(8)]
    tried = 0
    with capture_logs() as logs:
        while (now := LAB_AT + tried * 20 * MINUTE) < LAB_AT + 2 * HOUR:
            rig.clock.at = now
            await rig.sweep.run()
            tried += 1
            assert rig.messenger.tried == tried
            assert await rig.store.counts(now) == Counts(due=1, waiting_seconds=(now - LAB_AT).total_seconds())
    said = [entry for entry in logs if entry["event"] == "reminders_fail"]
    assert (
        said
        == [
            {
                "event": "reminders_fail",
                "log_level": "warning",
                "platform": builders.PLATFORM,
                "error": "Unreachable",
                "reason": "http_502",
            }
        ]
        * tried
    )


async def test_what_is_kept_in_quiet_hours_calls_nobody(rig: Rig) -> None:
    await rig.join(builders.member(quiet=(time(21), time(7))))
    rig.clock.at = now = LAB_AT.replace(hour=23)
    await rig.sweep.run()
    assert rig.messenger.tried == 0
    assert await rig.store.counts(now) == Counts()


def test_each_kind_of_trouble_is_said_once_in_ten_minutes() -> None:
    complaints = Complaints()
    with capture_logs() as logs:
        for minutes in (0, 1, 9, 10, 11):
            complaints.say("telegram", Unreachable("http_502"), NOW + minutes * MINUTE)
        complaints.say("discord", Unreachable("http_502"), NOW + 11 * MINUTE)
        complaints.say("telegram", Unknown("timeout"), NOW + 11 * MINUTE)
        complaints.say("telegram", Unreachable("http_502"), NOW - HOUR)  # the clock was put back
    assert [(entry["platform"], entry["reason"]) for entry in logs] == [
        ("telegram", "http_502"),
        ("telegram", "http_502"),
        ("discord", "http_502"),
        ("telegram", "timeout"),
        ("telegram", "http_502"),
    ]
