"""What a reminder says. The words are the catalogue's; nothing medical is composed here."""

from collections.abc import Sequence
from datetime import date, timedelta

from bot.care.course import Course
from bot.care.labs import Schedule
from bot.chat.replies import Button, Reply, Text, Tone, rows, say
from bot.reminders import taps
from bot.reminders.reminder import Kind, Occurrence, Reminder

LATE_AFTER = timedelta(hours=1)
"""From when on a reminder says that it comes late."""


def message(reminders: Sequence[Reminder], schedule: Schedule, course: Course, *, late: int) -> Reply:
    """One message for everything that is due for one member, oldest first.

    ``schedule`` is theirs as of today; what comes on another day than planned is worded for today. ``late`` is how many
    come late.
    """
    lines: list[Text] = []
    if late:
        lines.append(say("reminder.late", count=late))
    if any(reminder.repeat for reminder in reminders):
        lines.append(say("reminder.repeat"))
    buttons: tuple[tuple[Button, ...], ...] = ()
    for reminder in reminders:
        # What was planned for different days can come to say the same.
        lines += [line for line in _lines(reminder.occurrence, schedule, course) if line not in lines]
        buttons = _buttons(reminder.occurrence) or buttons
    return Reply(tuple(lines), buttons=buttons)


def panels_text(panels: Sequence[str]) -> tuple[Text, ...]:
    """The panels of a check as words."""
    return tuple(say(f"panel.{panel}") for panel in panels)


def _lines(occurrence: Occurrence, schedule: Schedule, course: Course) -> list[Text]:
    day = occurrence.day
    match occurrence.kind:
        case Kind.LEAD | Kind.LAB | Kind.LAB_AGAIN:
            due = next((each for each in schedule.dates if each.day == day), None)
            lines = [_check_line(occurrence, schedule.today)]
            if due:
                lines.append(say("reminder.panels", panels=panels_text(due.panels)))
            return lines
        case Kind.EVENING | Kind.ROUND:
            return [_round_line(occurrence, schedule.today, course)]
        case Kind.MILESTONE:
            return [say("reminder.milestone", count=occurrence.number, round=occurrence.round_number)]
        case Kind.RESULT:
            return [say("reminder.result", day=day)]
        case Kind.END:
            return [say("reminder.end", day=day), say("reminder.end_question")]


def _check_line(occurrence: Occurrence, today: date) -> Text:
    if occurrence.day == today:
        return say("reminder.lab", day=today)
    if occurrence.day < today:
        return say("reminder.lab_again", day=occurrence.day)
    return say("reminder.lead", day=occurrence.day)


def _round_line(occurrence: Occurrence, today: date, course: Course) -> Text:
    one = course.find_round(occurrence.round_number)
    number = occurrence.number if occurrence.kind is Kind.EVENING else 1
    place = {"number": number, "days": one.days if one else number, "round": occurrence.round_number}
    if occurrence.day == today:
        return say("countdown.today", **place)
    if occurrence.kind is Kind.ROUND:
        ahead = (occurrence.day - today).days
        return say("reminder.round", day=occurrence.day, count=ahead, round=occurrence.round_number)
    return say("reminder.evening_first" if number == 1 else "reminder.evening", day=occurrence.day, **place)


def _buttons(occurrence: Occurrence) -> tuple[tuple[Button, ...], ...]:
    day = occurrence.day.isoformat()
    match occurrence.kind:
        case Kind.LEAD | Kind.LAB | Kind.LAB_AGAIN:
            return rows(
                Button(say("button.done"), taps.DONE, (day,), tone=Tone.YES),
                Button(say("button.tomorrow"), taps.PUT_OFF, (day, "1")),
                Button(say("button.in_a_week"), taps.PUT_OFF, (day, "7")),
                Button(say("button.not_this_month"), taps.SKIP, (day,)),
            )
        case Kind.RESULT:
            return rows(
                Button(say("button.seen"), taps.SEEN, (day,), tone=Tone.YES),
                Button(say("button.not_yet"), taps.ASK_AGAIN, (day,)),
            )
        case Kind.MILESTONE:
            return rows(Button(say("button.no_more_of_these"), taps.SWITCH_OFF, ("milestone",)))
        case Kind.END:
            return rows(
                Button(say("button.go_on"), taps.GO_ON, tone=Tone.YES), Button(say("button.stop_here"), taps.STOP_HERE)
            )
        case Kind.ROUND | Kind.EVENING:
            return ()
