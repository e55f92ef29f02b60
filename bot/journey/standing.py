"""Where a member's dates stand: one of them, and what to say of them after the days have changed."""

from datetime import date, timedelta

from bot.care.course import Course
from bot.care.labs import LabDate
from bot.chat.replies import Text, say
from bot.journey.saving import local_day
from bot.members.calls import Call
from bot.reminders.planning import schedule_of

_STILL_NAMED = timedelta(days=14)


def date_on(call: Call, course: Course, day: date) -> LabDate | None:
    """The date of this day; None if nothing is due then."""
    return next((each for each in schedule_of(call.who, course, local_day(call)).dates if each.day == day), None)


def after_a_change(call: Call, course: Course) -> tuple[Text, ...]:
    """The next date, and one of the last two weeks that is open: moved days may have left it behind unnoticed."""
    day = local_day(call)
    schedule = schedule_of(call.who, course, day)
    lines: list[Text] = []
    if schedule.next:
        lines.append(say("round.next_lab", day=schedule.next.day))
    if schedule.open_earlier and schedule.open_earlier[-1].day >= day - _STILL_NAMED:
        lines.append(say("nextlab.open", day=schedule.open_earlier[-1].day))
    return tuple(lines)
