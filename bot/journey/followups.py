"""What the taps under the reminders of checks do: put off, set aside, result seen, go on after the end."""

from dataclasses import replace
from datetime import date, timedelta

from bot.care.course import Course
from bot.care.labs import LabDate, LabStatus
from bot.care.months import months_after
from bot.chat.replies import Button, Reply, rows, say
from bot.errors import MemberError
from bot.journey import choosing, standing
from bot.journey.saving import day_from, local_day, number_from, save_course, save_settings
from bot.members.calls import Action, Call
from bot.members.member import Topic
from bot.reminders import taps
from bot.reminders.planning import occurrences, schedule_of
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Kind, Occurrence

LATER, UNSKIP, PUT_BACK = "lt", "lk", "lp"
_EXTEND_MONTHS = 12
# How near the end must be for "go on" to mean a year beyond it: pressed again, it lies a year ahead.
_AT_THE_END = timedelta(days=7)


def next_reminder(call: Call, course: Course, due: date) -> Occurrence | None:
    """The next thing that the member will hear about a check; None if nothing is planned."""
    kinds = (Kind.LEAD, Kind.LAB, Kind.LAB_AGAIN)
    planned = (one for one in occurrences(call.who, course, call.now) if one.day == due and one.kind in kinds)
    return next((one for one in planned if one.due_at > call.now), None)


async def later(call: Call, work: ReminderWork) -> Reply:  # noqa: ARG001 - every use case has this form
    """Ask until when to put a check's reminder off."""
    due, day = day_from(call.taps[0]), local_day(call)
    start = max(due, day)
    buttons = [
        Button(say("button.day", day=start + timedelta(days=days)), taps.PUT_OFF,
               (due.isoformat(), (start + timedelta(days=days)).isoformat()))
        for days in (1, 3, 7)
    ]  # fmt: skip
    buttons.append(Button(say("button.not_this_month"), taps.SKIP, (due.isoformat(),)))
    buttons.append(Button(say("button.back"), choosing.NEXT_LAB))
    return Reply((say("nextlab.later", day=due),), buttons=rows(*buttons, width=1))


async def put_off(call: Call, work: ReminderWork) -> Reply:
    """Remind of a check on another day; its date stays."""
    due = day_from(call.taps[0])
    day, wanted = local_day(call), call.taps[1]
    on = day + timedelta(days=number_from(wanted)) if wanted.isdecimal() else day_from(wanted)
    course = await work.courses.load(call.who.id)
    found = _due(call, course, due)
    if found.status is LabStatus.DONE:
        return Reply((say("labdone.already", day=due),))
    if on <= day:
        raise MemberError("nextlab.put_off_past")
    undo = Button(say("button.undo"), PUT_BACK, (due.isoformat(), course.put_off.get(due, due).isoformat()))
    course = replace(course, put_off={**course.put_off, due: on})
    await save_course(call, work, course)
    if next_reminder(call, course, due) is None:
        return Reply((say("nextlab.no_reminder"),), buttons=rows(Button(say("button.settings"), choosing.SETTINGS)))
    return Reply((say("nextlab.put_off", day=on),), buttons=rows(undo))


async def put_back(call: Call, work: ReminderWork) -> Reply:
    """Remind of a check on the day on which it was to be before it was put off."""
    due, before = day_from(call.taps[0]), day_from(call.taps[1])
    course = await work.courses.load(call.who.id)
    _due(call, course, due)
    await save_course(call, work, replace(course, put_off={**course.put_off, due: before}))
    return Reply((say("nextlab.put_back", day=due),), buttons=rows(choosing.NEXT_CHECK))


async def skip(call: Call, work: ReminderWork) -> Reply:
    """Set a date aside for this month, with the word to tell the team."""
    due = day_from(call.taps[0])
    course = await work.courses.load(call.who.id)
    if _due(call, course, due).status is LabStatus.DONE:
        return Reply((say("labdone.already", day=due),))
    await save_course(call, work, replace(course, skipped=course.skipped | {due}))
    undo = rows(Button(say("button.undo"), UNSKIP, (due.isoformat(),)))
    return Reply((say("nextlab.skipped", day=due), say("nextlab.tell_team")), buttons=undo)


async def unskip(call: Call, work: ReminderWork) -> Reply:
    """Take a date up again."""
    due = day_from(call.taps[0])
    course = await work.courses.load(call.who.id)
    await save_course(call, work, replace(course, skipped=course.skipped - {due}))
    return Reply((say("nextlab.unskipped", day=due),), buttons=rows(choosing.NEXT_CHECK))


async def seen(call: Call, work: ReminderWork) -> Reply:
    """Note that the team has seen the result."""
    day = day_from(call.taps[0])
    course = await work.courses.load(call.who.id)
    await save_course(call, work, replace(course, seen=course.seen | {day}))
    return Reply((say("result.seen"),))


async def ask_again(call: Call, work: ReminderWork) -> Reply:
    """Ask once more in a week whether the team has seen the result."""
    day, on = day_from(call.taps[0]), local_day(call) + timedelta(days=7)
    course = await work.courses.load(call.who.id)
    await save_course(call, work, replace(course, ask_again={**course.ask_again, day: on}))
    return Reply((say("result.not_yet", day=on),))


async def go_on(call: Call, work: ReminderWork) -> Reply:
    """Go on with the dates for a year after monitoring would have ended."""
    course = await work.courses.load(call.who.id)
    today = local_day(call)
    ends = schedule_of(call.who, course, today).ends or today
    until = ends if ends - today > _AT_THE_END else months_after(max(ends, today), _EXTEND_MONTHS)
    kept = call.who.settings
    changed = replace(kept, topics=kept.topics | {Topic.LAB})
    await save_settings(call, work, changed)
    call = replace(call, member=replace(call.who, settings=changed))
    if until != ends:
        course = replace(course, extended_until=until)
    await save_course(call, work, course)
    return Reply((say("end.going_on", day=until),), buttons=rows(choosing.NEXT_CHECK))


async def stop_here(call: Call, work: ReminderWork) -> Reply:
    """Switch the reminders of checks off at the end of monitoring."""
    kept = call.who.settings
    await save_settings(call, work, replace(kept, topics=kept.topics - {Topic.LAB, Topic.LEAD}))
    return Reply((say("end.stopped"),), buttons=rows(Button(say("button.go_on"), taps.GO_ON)))


def _due(call: Call, course: Course, due: date) -> LabDate:
    found = standing.date_on(call, course, due)
    if found is None:
        raise MemberError("nextlab.date_moved", day=due)
    return found


ACTIONS = (
    Action[ReminderWork](LATER, later),
    Action[ReminderWork](taps.PUT_OFF, put_off),
    Action[ReminderWork](PUT_BACK, put_back),
    Action[ReminderWork](taps.SKIP, skip),
    Action[ReminderWork](UNSKIP, unskip),
    Action[ReminderWork](taps.SEEN, seen),
    Action[ReminderWork](taps.ASK_AGAIN, ask_again),
    Action[ReminderWork](taps.GO_ON, go_on),
    Action[ReminderWork](taps.STOP_HERE, stop_here),
)
