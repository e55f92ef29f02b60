"""What every change of a member or their course goes through: it is stored and re-planned in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.care.course import Course
from bot.care.rounds import check_rounds
from bot.care.wallclock import today
from bot.chat.replies import Choice, Text, say
from bot.dates.reading import Prefer, Reading, read_date
from bot.errors import MemberError
from bot.members.calls import Call
from bot.members.member import Member, Settings
from bot.reminders.planning import replan
from bot.reminders.ports import ReminderWork

EARLIEST = date(2000, 1, 1)


async def save_course(call: Call, work: ReminderWork, course: Course) -> None:
    """Store the member's changed course.

    Raises:
        MemberError: its rounds do not fit together, or the member has withdrawn their consent.
    """
    check_consent(call)
    check_rounds(course.rounds)
    await work.courses.save(call.who.id, course)
    await replan(work, call.who, call.now)


def check_consent(call: Call) -> None:
    """Make sure that the member's consent stands: without it nothing more about their health is taken.

    Raises:
        MemberError: they have withdrawn it.
    """
    if not call.who.active:
        raise MemberError("stop.stopped")


async def save_member(call: Call, work: ReminderWork, member: Member) -> None:
    """Store the changed member."""
    await work.members.save(member)
    await replan(work, member, call.now)


async def save_settings(call: Call, work: ReminderWork, settings: Settings) -> None:
    """Store the member's changed settings."""
    member = replace(call.who, settings=settings)
    if call.now - member.created_at < timedelta(days=1):
        # Someone who is still setting up joined on the day that their own clock shows.
        member = replace(member, joined=min(member.joined, today(member.created_at, settings.zone)))
    await save_member(call, work, member)


def local_day(call: Call) -> date:
    """Today, where the member lives."""
    return today(call.now, call.who.settings.zone)


def understand(call: Call, text: str, prefer: Prefer) -> Reading:
    """Read a date that a member typed.

    Raises:
        MemberError: no date can be read from it.
    """
    member = call.who
    reading = read_date(
        text,
        today=local_day(call),
        locale=member.locale,
        country=member.settings.country,
        prefer=prefer,
    )
    if reading.day is None and not reading.choices:
        raise MemberError("date.invalid", text=text[:40] + ("…" if len(text) > 40 else ""))  # noqa: PLR2004 - enough to recognise it
    return reading


def which_day(typed: str, choices: Sequence[date]) -> Text:
    """The question above the days that a text may mean."""
    if len(choices) == 1:
        return say("date.did_you_mean", day=choices[0])
    return say("date.which", text=typed[:60])


def seek_days(call: Call, text: str, prefer: Prefer) -> Sequence[Choice]:
    """Offer the days that what is being typed may mean, each spelled out; what is chosen comes back as an ISO date."""
    if call.member is None or not text.strip():
        return ()
    try:
        reading = understand(call, text, prefer)
    except MemberError:
        return ()
    days = reading.choices if reading.day is None else (reading.day,)
    return [Choice(day.isoformat(), say("button.day", day=day)) for day in days]


def day_from(text: str) -> date:
    """A day that one of our own buttons carried.

    Raises:
        MemberError: it carries none; a button of an older version might.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise MemberError("button.gone") from None


def number_from(text: str) -> int:
    """A number that one of our own buttons carried.

    Raises:
        MemberError: it carries none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < 4):  # noqa: PLR2004 - no button carries more digits
        raise MemberError("button.gone")
    return int(text)
