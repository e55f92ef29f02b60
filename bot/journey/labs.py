"""``/nextlab``, ``/labdone`` and ``/labs``: the monthly checks.

"Done" means that the sample was given. Nothing here is ever called late or overdue.
"""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.care.course import Course
from bot.care.labs import Check, LabDate, LabStatus, Schedule
from bot.care.protocols import Protocol, protocol_for
from bot.chat.replies import Button, Choice, Field, Form, Reply, Text, Tone, rows, say
from bot.dates.reading import Prefer, is_iso
from bot.errors import MemberError
from bot.journey import choosing, followups, rounds, standing
from bot.journey.saving import (
    EARLIEST,
    check_consent,
    day_from,
    local_day,
    number_from,
    save_course,
    seek_days,
    understand,
    which_day,
)
from bot.members.calls import Action, Argument, Call, Command
from bot.reminders import taps
from bot.reminders.planning import region_of, schedule_of
from bot.reminders.ports import ReminderWork
from bot.reminders.wording import panels_text

RECORD, UNDO, COUNT_NEXT, COUNT_OWN, ALL, OTHER_DATE = "lr", "lu", "lc", "lw", "la", "lo"
_PAGE = 12
# How near a tapped date that is no date any more must lie for "done" to mean today.
_NEAR = timedelta(days=10)

DATE_FORM = Form(
    OTHER_DATE,
    say("form.check.title"),
    (Field("day", say("form.check.label"), say("form.date.hint"), most_characters=60),),
)


async def next_lab(call: Call, work: ReminderWork) -> Reply:
    """Show the next check: its date, which tests, which month of how many, and an earlier one that is still open."""
    course = await work.courses.load(call.who.id)
    if not course.rounds:
        return rounds.overview(course)
    day = local_day(call)
    schedule = schedule_of(call.who, course, day)
    due = schedule.next
    if due is None:
        lines = [say("nextlab.finished", day=schedule.ends) if schedule.finished else say("nextlab.none_left")]
        return Reply((*lines, *_open_lines(schedule)), title=say("nextlab.title"), buttons=_all_dates())
    lines: list[Text] = [_when(due.day, day)]
    if due.panels:
        lines.append(say("nextlab.panels", panels=panels_text(due.panels)))
    lines += _team_lines(_protocol(call))
    lines.append(say("nextlab.month", month=due.month, total=len(schedule.dates)))
    lines.append(_reminder_line(call, course, due.day))
    lines += _open_lines(schedule)
    buttons = rows(
        Button(say("button.done"), taps.DONE, ((_settled_today(schedule, day) or due.day).isoformat(),), tone=Tone.YES),
        Button(say("button.later"), followups.LATER, (due.day.isoformat(),)),
        Button(say("button.change_day"), choosing.ASK_DAY),
        Button(say("button.all_dates"), ALL, ("-",)),
    )
    return Reply(tuple(lines), title=say("nextlab.title"), buttons=buttons)


async def done_today(call: Call, work: ReminderWork) -> Reply:
    """Record a check for today, from the tap under a reminder or a date.

    A tap from long ago names a date whose window has passed; today's check then belongs to another date, so the person
    is asked which day it was instead of being given a wrong one.
    """
    due, day = day_from(call.taps[0]), local_day(call)
    course = await work.courses.load(call.who.id)
    found = standing.date_on(call, course, due)
    if found and found.status is LabStatus.DONE:
        lines = (say("labdone.already", day=due),)
        return Reply(lines, buttons=rows(Button(say("button.undo"), UNDO, (found.checks[0].day.isoformat(),))))
    opens, closes = (found.opens, found.closes) if found else (due - _NEAR, due + _NEAR)
    if opens <= day < closes:
        return await _record(call, work, day)
    if day < opens:
        today_tap = Button(say("button.was_today"), RECORD, (day.isoformat(),), tone=Tone.YES)
        lines = (say("labdone.early", day=due),)
    else:
        today_tap = Button(say("button.was_today"), RECORD, (day.isoformat(),))
        lines = (say("labdone.which_day", day=due),)
    other = Button(say("button.other_date"), OTHER_DATE)
    return Reply(lines, buttons=rows(today_tap, other, Button(say("button.back"), choosing.NEXT_LAB)))


async def lab_done(call: Call, work: ReminderWork) -> Reply:
    """Record a check: today, or on the typed date."""
    typed = call.arguments.get("date") or call.arguments.get("day", "")
    if not typed:
        return await _record(call, work, local_day(call))
    reading = understand(call, typed, Prefer.PAST)
    if reading.day and is_iso(typed):
        return await _record(call, work, reading.day)
    if reading.day:
        _check_recordable(call, reading.day)
        yes = Button(say("button.save"), RECORD, (reading.day.isoformat(),), tone=Tone.YES)
        lines = (say("labdone.understood", day=reading.day),)
        return Reply(lines, buttons=rows(yes, Button(say("button.other_date"), OTHER_DATE)))
    choices = [day for day in reading.choices if day <= local_day(call)]
    if not choices:
        raise MemberError("labdone.future", day=reading.choices[0])
    buttons = [Button(say("button.day", day=day), RECORD, (day.isoformat(),)) for day in choices]
    buttons.append(Button(say("button.other_date"), OTHER_DATE))
    return Reply((which_day(typed, choices),), buttons=rows(*buttons, width=1))


async def seek(call: Call, work: ReminderWork, argument: str, text: str) -> Sequence[Choice]:  # noqa: ARG001 - every command's has this form
    """Offer the days that what is being typed may mean."""
    return seek_days(call, text, Prefer.PAST) if argument == "date" else ()


async def other_date(call: Call, work: ReminderWork) -> Reply:
    """Ask for the day of a check, or take the typed one."""
    return await lab_done(call, work) if call.arguments.get("day") else Reply(form=DATE_FORM)


async def record(call: Call, work: ReminderWork) -> Reply:
    """Record a check on the day that the person has seen spelled out."""
    return await _record(call, work, day_from(call.taps[0]))


async def undo(call: Call, work: ReminderWork) -> Reply:
    """Take a recorded check back."""
    day = day_from(call.taps[0])
    course = await work.courses.load(call.who.id)
    await save_course(call, work, course.without_check(day))
    redo = Button(say("button.record_again"), RECORD, (day.isoformat(),))
    return Reply((say("labdone.undone", day=day),), buttons=rows(redo, choosing.NEXT_CHECK))


async def count_next(call: Call, work: ReminderWork) -> Reply:
    """Count an extra check for the date after its own."""
    day, due = day_from(call.taps[0]), day_from(call.taps[1])
    course = await work.courses.load(call.who.id)
    await save_course(call, work, course.with_check(Check(day, counts_for=due)))
    back = rows(Button(say("button.undo"), COUNT_OWN, (day.isoformat(),)), choosing.NEXT_CHECK)
    return Reply((say("labdone.counted", day=due),), buttons=back)


async def count_own(call: Call, work: ReminderWork) -> Reply:
    """Count a check for the date of its own again."""
    day = day_from(call.taps[0])
    course = (await work.courses.load(call.who.id)).with_check(Check(day))
    await save_course(call, work, course)
    return _recorded(call, course, day)


async def all_labs(call: Call, work: ReminderWork) -> Reply:
    """Show what is done, open and ahead, a dozen dates at a time."""
    course = await work.courses.load(call.who.id)
    if not course.rounds:
        return rounds.overview(course)
    schedule = schedule_of(call.who, course, local_day(call))
    dates = [each for each in schedule.dates if each.status is not LabStatus.BEFORE]
    start = _page_start(call.taps, dates)
    lines: list[Text] = [say("labs.count", done=schedule.done_count, total=schedule.total_count)]
    if before := len(schedule.dates) - len(dates):
        lines.append(say("labs.before", count=before))
    if schedule.finished and schedule.ends:
        lines.append(say("labs.finished", day=schedule.ends))
    lines += [_line(each) for each in dates[start : start + _PAGE]]
    if schedule.extras:
        lines.append(say("labs.extras", count=len(schedule.extras)))
    if schedule.ends and not schedule.finished:
        lines.append(say("labs.ends_provisional" if schedule.provisional else "labs.ends", day=schedule.ends))
    lines += _also_lines(_protocol(call))
    pages: list[Button] = []
    if start > 0:
        pages.append(Button(say("button.earlier"), ALL, (str(max(start - _PAGE, 0)),)))
    if start + _PAGE < len(dates):
        pages.append(Button(say("button.following"), ALL, (str(start + _PAGE),)))
    return Reply(tuple(lines), title=say("labs.title"), buttons=rows(*pages, choosing.NEXT_CHECK))


async def _record(call: Call, work: ReminderWork, day: date) -> Reply:
    _check_recordable(call, day)
    course = await work.courses.load(call.who.id)
    # Recorded once more, a check goes on counting for what the member said.
    if not any(check.day == day for check in course.checks):
        course = course.with_check(Check(day))
    await save_course(call, work, course)
    return _recorded(call, course, day)


def _recorded(call: Call, course: Course, day: date) -> Reply:
    """What a recorded check counts for, with the way back."""
    undo_tap = Button(say("button.undo"), UNDO, (day.isoformat(),))
    if not course.rounds:
        add = Button(say("button.add_round"), choosing.ADD_ROUND)
        return Reply((say("labdone.recorded", day=day), say("labdone.no_round")), buttons=rows(undo_tap, add))
    schedule = schedule_of(call.who, course, local_day(call))
    lines: list[Text] = [say("labdone.recorded", day=day)]
    extra_taps: list[Button] = []
    settled = next((each for each in schedule.dates if each.checks and each.checks[0].day == day), None)
    if settled:
        lines.append(say("labdone.settles", day=settled.day, month=settled.month))
    elif any(check.day == day for check in schedule.baseline):
        lines.append(say("labdone.baseline"))
    else:
        lines.append(say("labdone.extra"))
        following = next((each for each in schedule.dates if each.opens > day and not each.checks), None)
        if following:
            label = say("button.count_next", day=following.day)
            extra_taps.append(Button(label, COUNT_NEXT, (day.isoformat(), following.day.isoformat())))
    lines.append(say("labs.count", done=schedule.done_count, total=schedule.total_count))
    if schedule.next:
        lines.append(say("labdone.next", day=schedule.next.day))
    return Reply(tuple(lines), buttons=rows(undo_tap, *extra_taps, choosing.NEXT_CHECK))


def _check_recordable(call: Call, day: date) -> None:
    check_consent(call)
    if day > local_day(call):
        raise MemberError("labdone.future", day=day)
    if day < EARLIEST:
        raise MemberError("labdone.too_early", day=day)


def _reminder_line(call: Call, course: Course, due: date) -> Text:
    if not call.who.active:
        return say("nextlab.stopped")
    soonest = followups.next_reminder(call, course, due)
    return say("nextlab.reminder", at=soonest.due_at) if soonest else say("nextlab.no_reminder")


def _when(due: date, day: date) -> Text:
    days = (due - day).days
    return say("nextlab.today", day=due) if days == 0 else say("nextlab.on", day=due, count=days)


def _settled_today(schedule: Schedule, day: date) -> date | None:
    """The date that a check given today would settle."""
    return next((each.day for each in schedule.dates if each.opens <= day < each.closes and not each.checks), None)


def _open_lines(schedule: Schedule) -> tuple[Text, ...]:
    still_open = schedule.open_earlier
    if not still_open:
        return ()
    line = say("nextlab.open", day=still_open[-1].day)
    return (line,) if len(still_open) == 1 else (line, say("nextlab.open_more", count=len(still_open) - 1))


def _protocol(call: Call) -> Protocol:
    return protocol_for(region_of(call.who))


def _team_lines(protocol: Protocol) -> tuple[Text, ...]:
    lines = tuple(say("nextlab.team_panel", panel=say(f"panel.{panel}")) for panel in protocol.team_panels)
    return (*lines, say("nextlab.centre_decides")) if protocol.centre_decides else lines


def _also_lines(protocol: Protocol) -> tuple[Text, ...]:
    lines: list[Text] = []
    for when in ("yearly", "once"):
        panels = tuple(panel.id for panel in protocol.panels if panel.when == when)
        if panels:
            lines.append(say(f"labs.{when}", panels=panels_text(panels)))
    return tuple(lines)


def _line(each: LabDate) -> Text:
    if each.status is LabStatus.DONE:
        return say("labs.line_done", day=each.day, done=each.checks[0].day)
    return say(f"labs.line_{each.status.value}", day=each.day)


def _page_start(given: Sequence[str], dates: Sequence[LabDate]) -> int:
    if given and given[0].isdecimal():
        return min(number_from(given[0]), max(len(dates) - 1, 0))
    ahead = next((n for n, each in enumerate(dates) if each.status is LabStatus.AHEAD), len(dates))
    return max(min(ahead - _PAGE // 2, len(dates) - _PAGE), 0)


def _all_dates() -> tuple[tuple[Button, ...], ...]:
    return rows(Button(say("button.all_dates"), ALL, ("-",)))


COMMANDS = (
    Command[ReminderWork]("nextlab", next_lab, discreet_name="next", linkable=True),
    Command[ReminderWork](
        "labdone", lab_done, discreet_name="done", arguments=(Argument("date", seeks=True),), seek=seek
    ),
    Command[ReminderWork]("labs", all_labs, discreet_name="history", linkable=True),
)
ACTIONS = (
    Action[ReminderWork](choosing.NEXT_LAB, next_lab),
    Action[ReminderWork](taps.DONE, done_today),
    Action[ReminderWork](OTHER_DATE, other_date),
    Action[ReminderWork](RECORD, record),
    Action[ReminderWork](UNDO, undo),
    Action[ReminderWork](COUNT_NEXT, count_next),
    Action[ReminderWork](COUNT_OWN, count_own),
    Action[ReminderWork](ALL, all_labs),
)
FORMS = (DATE_FORM,)
