"""``python -m bot plan``: the lab checks and the countdown for given rounds, without a database or a platform.

What it prints is for the person at the terminal, in English; what members read comes from the words instead.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Protocol as Shape
from typing import cast

from bot.care import wallclock
from bot.care.countdown import Countdown, countdown
from bot.care.labs import Check, LabDate, Schedule, lay_out
from bot.care.protocols import REGIONS, Protocol, protocol_for
from bot.care.rounds import Round, check_rounds, default_days
from bot.errors import MemberError

__all__ = ["add_arguments", "main"]

_REFUSALS = {
    "round.number_range": "there are more than {highest} rounds",
    "round.date_range": "round {number}: the first day {first_day} is not between {lowest} and {highest}",
    "round.days_range": "round {number}: {days} infusion days; it takes {lowest} to {highest}",
    "round.overlap": "rounds {other_number} and {number} share infusion days",
}

_PANEL_NAMES = {
    "cbc": "blood count",
    "creatinine": "creatinine",
    "urinalysis": "urine test",
    "tsh": "thyroid (TSH)",
    "liver": "liver tests",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments; every value is read by ``main``, so that each refusal is one plain line."""
    parser.add_argument("--region", help=f"one of {', '.join(REGIONS)}, or CH, which follows EU")
    parser.add_argument("--zone", help="the member's time zone, such as Europe/Paris")
    parser.add_argument(
        "--round",
        dest="rounds",
        action="append",
        default=[],
        metavar="DATE[:DAYS]",
        help="a round's first infusion day and its days (5 for the first round, 3 for a later one); repeatable",
    )
    parser.add_argument(
        "--anchor-day", metavar="1-31", help="day of the month for the checks (that of the first infusion)"
    )
    parser.add_argument(
        "--remind-at", default="09:00", metavar="HH:MM", help="time of the reminder in the zone (09:00)"
    )
    parser.add_argument(
        "--done", action="extend", nargs="*", default=[], metavar="DATE", help="days of checks already done; repeatable"
    )
    parser.add_argument("--joined", metavar="DATE", help="count no check before this day (the first infusion day)")
    parser.add_argument(
        "--now", metavar="MOMENT", help="pretend that it is this moment; without an offset, in the zone"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def main(arguments: argparse.Namespace) -> int:
    """Print the plan; return 0, or 2 after one line on standard error that says what was not understood."""
    try:
        plan = _work_out(cast("_Given", arguments))
    except MemberError as error:
        return _refuse(_REFUSALS[error.key].format(**error.values))
    except ValueError as error:
        return _refuse(str(error))
    text = json.dumps(_as_json(plan), indent=2) if arguments.json else _as_text(plan)
    sys.stdout.write(f"{text}\n")
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"plan: {reason}\n")
    return 2


class _Given(Shape):
    """The arguments as typed by the person."""

    region: str | None
    zone: str | None
    rounds: list[str]
    anchor_day: str | None
    remind_at: str
    done: list[str]
    joined: str | None
    now: str | None


@dataclass(frozen=True, slots=True)
class _Plan:
    protocol: Protocol
    schedule: Schedule
    countdown: Countdown | None
    zone: str
    remind_at: time
    next_moment: datetime | None


def _work_out(given: _Given) -> _Plan:
    """Read every argument and lay the course out.

    Raises:
        MemberError: the rounds do not fit together.
        ValueError: anything else that cannot be; its text is one plain line.
    """
    protocol = protocol_for(_region(given.region))
    zone = _zone(given.zone)
    rounds = _rounds(given.rounds)
    remind_at = _time(given.remind_at)
    today = _today(given.now, zone)
    first_day = min((each.first_day for each in rounds), default=today)
    schedule = lay_out(
        rounds,
        [Check(_date("--done", text)) for text in given.done],
        (),
        protocol,
        anchor_day=None if given.anchor_day is None else _number("--anchor-day", given.anchor_day, 1, 31),
        joined=first_day if given.joined is None else _date("--joined", given.joined),
        today=today,
    )
    next_moment = wallclock.moment(schedule.next.day, remind_at, zone) if schedule.next else None
    return _Plan(protocol, schedule, countdown(rounds, today), zone, remind_at, next_moment)


def _region(text: str | None) -> str:
    by_name = {name.casefold(): name for name in (*REGIONS, "CH")}
    if text is None or text.casefold() not in by_name:
        raise ValueError(f"--region takes one of {', '.join(by_name.values())}{_not(text)}")
    return by_name[text.casefold()]


def _zone(text: str | None) -> str:
    if text is None or not wallclock.zone_exists(text):
        raise ValueError(f"--zone takes a time zone such as Europe/Paris{_not(text)}")
    return text


def _rounds(texts: Sequence[str]) -> list[Round]:
    read: list[tuple[date, int | None]] = []
    for text in texts:
        first_day, colon, days = text.partition(":")
        # The range of the days is the rounds' own rule; here they only have to be a number.
        read.append((_date("--round", first_day), _number("--round", days, 0, 9999) if colon else None))
    read.sort(key=lambda each: each[0])
    rounds = [
        Round(number, first_day, default_days(number) if days is None else days)
        for number, (first_day, days) in enumerate(read, start=1)
    ]
    check_rounds(rounds)
    return rounds


def _date(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} takes a date such as 2025-01-31{_not(text)}") from None


def _time(text: str) -> time:
    try:
        at = time.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is not None:
        raise ValueError(f"--remind-at takes a time of day such as 09:00{_not(text)}")
    return at.replace(microsecond=0)


def _number(name: str, text: str, lowest: int, highest: int) -> int:
    # The length keeps a figure of thousands of digits from being read at all.
    if text.isascii() and text.isdigit() and len(text) <= len(str(highest)) and lowest <= int(text) <= highest:
        return int(text)
    raise ValueError(f"{name} takes a whole number from {lowest} to {highest}{_not(text)}")


def _today(text: str | None, zone: str) -> date:
    try:
        now = datetime.now(UTC) if text is None else datetime.fromisoformat(text)
        if now.tzinfo is None:
            now = wallclock.moment(now.date(), now.time(), zone)
        return wallclock.today(now, zone)
    # A moment at either end of the calendar may have no date in the zone.
    except (ValueError, OverflowError):
        raise ValueError(f"--now takes a moment such as 2025-01-20T10:00:00-05:00{_not(text)}") from None


def _not(text: str | None) -> str:
    """Quote what was given instead; the quoting keeps it on one line whatever it holds."""
    return "" if text is None else f", not {text!a}"


def _as_json(plan: _Plan) -> dict[str, object]:
    schedule, counted = plan.schedule, plan.countdown
    return {
        "next_lab": _next_as_json(schedule.next, plan.next_moment),
        "open_earlier": [each.day.isoformat() for each in schedule.open_earlier],
        "monitoring_ends": schedule.ends.isoformat() if schedule.ends else None,
        "provisional": schedule.provisional,
        "countdown": counted
        and {
            "round": counted.round_number,
            "first_day": counted.first_day.isoformat(),
            "days_until": counted.days_until,
            "infusion_day": counted.infusion_day,
        },
        "upcoming": [each.day.isoformat() for each in schedule.upcoming],
    }


def _next_as_json(lab: LabDate | None, at: datetime | None) -> dict[str, object] | None:
    if lab is None or at is None:
        return None
    return {
        "date": lab.day.isoformat(),
        "month": lab.month,
        "panels": list(lab.panels),
        "remind_at_utc": at.isoformat().replace("+00:00", "Z"),
    }


def _as_text(plan: _Plan) -> str:
    schedule = plan.schedule
    lines = [*_next_lines(plan), *_countdown_lines(plan.countdown)]
    if schedule.open_earlier:
        lines.append(f"Open from before: {', '.join(_day(each.day) for each in schedule.open_earlier)}.")
    if schedule.dates:
        lines.append(f"Done so far: {schedule.done_count} of {schedule.total_count}.")
    if plan.protocol.team_panels:
        lines.append(f"When your team says: {_panels(plan.protocol.team_panels)}.")
    if plan.protocol.centre_decides:
        lines.append("Your own centre decides which checks you have and when.")
    return "\n".join(lines)


def _next_lines(plan: _Plan) -> list[str]:
    schedule = plan.schedule
    if schedule.ends is None:
        return ["No rounds yet, so no checks are planned."]
    if schedule.finished:
        return [f"The planned monitoring is finished: its last day was {_day(schedule.ends)}."]
    rests = ", as far as the rounds are planned now" if schedule.provisional else ""
    until = f"Monitoring runs until {_day(schedule.ends)}{rests}."
    if schedule.next is None:
        return ["No check is left to come.", until]
    return [
        f"Next lab check: {_day(schedule.next.day)} (month {schedule.next.month}).",
        f"Tests: {_panels(schedule.next.panels)}.",
        f"Reminder: that day at {plan.remind_at:%H:%M} in {plan.zone}.",
        until,
    ]


def _countdown_lines(counted: Countdown | None) -> list[str]:
    if counted is None:
        return []
    if counted.infusion_day is not None:
        return [f"Round {counted.round_number} is running: infusion day {counted.infusion_day} of {counted.days}."]
    ahead = "1 day" if counted.days_until == 1 else f"{counted.days_until} days"
    return [f"Round {counted.round_number} starts on {_day(counted.first_day)}, in {ahead}."]


def _panels(panels: Sequence[str]) -> str:
    return ", ".join(_PANEL_NAMES[panel] for panel in panels)


def _day(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B} {day.year}"
