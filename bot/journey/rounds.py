"""``/round``: a member's rounds, as their centre gave them. Nothing is computed as due; nothing is judged."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from bot.care.countdown import earliest_next_round
from bot.care.course import Course
from bot.care.rounds import DAYS, NUMBERS, Round, check_rounds, default_days
from bot.chat.replies import Button, Choice, Field, FieldKind, Form, Reply, Text, Tone, rows, say
from bot.dates.reading import Prefer, is_iso
from bot.errors import MemberError
from bot.journey import choosing, standing
from bot.journey.saving import (
    check_consent,
    day_from,
    local_day,
    number_from,
    save_course,
    seek_days,
    understand,
    which_day,
)
from bot.journey.typed_round import ACTION_NAMES, read_round
from bot.members.calls import Action, Argument, Call, Command
from bot.reminders.planning import schedule_of
from bot.reminders.ports import ReminderWork

LIST, SAVE, MOVE, SHIFT, END, END_AFTER, REMOVE, REMOVE_YES, ONE, ASK_DATE = (
    "r",
    "rs",
    "rm",
    "rp",
    "re",
    "rf",
    "rx",
    "ry",
    "r1",
    "rn",
)

_POSTPONE_DAYS = (7, 14, 28)

ADD_FORM = Form(
    choosing.ADD_ROUND,
    say("form.round.title"),
    (
        Field(
            "number",
            say("form.round.number"),
            kind=FieldKind.CHOICE,
            choices=tuple(Choice(str(number), say("round.name", number=number)) for number in range(1, 6)),
        ),
        Field(
            "days",
            say("form.round.days"),
            say("form.round.days_hint"),
            kind=FieldKind.CHOICE,
            choices=(Choice("", say("form.round.usual_days")), *(Choice(str(n), str(n)) for n in range(1, 6))),
            default="",
        ),
        Field("first_day", say("form.round.first_day"), say("form.date.hint"), most_characters=60),
    ),
)
DATE_FORM = Form(
    ASK_DATE,
    say("form.move.title"),
    (Field("first_day", say("form.move.first_day"), say("form.date.hint"), most_characters=60),),
)


async def manage(call: Call, work: ReminderWork) -> Reply:
    """Do what was typed with the command, or show the rounds with a tap for each thing to do."""
    given = call.arguments
    course = await work.courses.load(call.who.id)
    action = given.get("action", "add" if given.get("first_day") else "")
    if action not in ACTION_NAMES and action:
        raise MemberError("round.unknown_action", text=action[:20])
    if not given:
        return overview(course)
    number = _number(given.get("number"), course, action)
    if action == "add":
        if "first_day" not in given:
            # A number that was typed is not asked for again.
            return Reply(form=replace(DATE_FORM, arguments=(str(number),)) if "number" in given else ADD_FORM)
        return await _enter(call, work, number, given.get("days", ""), given["first_day"])
    one = course.find_round(number)
    if one is None:
        return overview(course).before(say("round.none_such", number=number))
    return await _change(call, work, one)


async def _change(call: Call, work: ReminderWork, one: Round) -> Reply:
    """Move, end or remove a round, or show what can be done with it."""
    given = call.arguments
    match given.get("action"):
        case "move" if "first_day" in given:
            return await _enter(call, work, one.number, given.get("days", str(one.days)), given["first_day"])
        case "move":
            return _ask_move(one)
        case "end" | "remove" if "first_day" in given:
            # Words stand there that are no round's number; which round was meant must not be guessed.
            raise MemberError("round.which")
        case "end":
            return _ask_end(call, one)
        case "remove":
            return _ask_remove(one)
        case _:
            return _one(one)


def overview(course: Course) -> Reply:
    """All rounds, each with its tap."""
    if not course.rounds:
        taps = rows(Button(say("button.add_round"), choosing.ADD_ROUND, tone=Tone.YES))
        return Reply((say("round.none_yet"),), title=say("round.title"), buttons=taps)
    taps = [Button(say("round.name", number=one.number), ONE, (str(one.number),)) for one in course.rounds]
    taps.append(Button(say("button.add_round"), choosing.ADD_ROUND, tone=Tone.YES))
    return Reply(tuple(_line(one) for one in course.rounds), title=say("round.title"), buttons=rows(*taps))


async def seek(call: Call, work: ReminderWork, argument: str, text: str) -> Sequence[Choice]:  # noqa: ARG001 - every command's has this form
    """Offer the days that what is being typed may mean."""
    return seek_days(call, text, Prefer.EITHER) if argument == "first_day" else ()


async def show_all(call: Call, work: ReminderWork) -> Reply:
    """Show the rounds."""
    return overview(await work.courses.load(call.who.id))


async def show_one(call: Call, work: ReminderWork) -> Reply:
    """Show what can be done with one round."""
    return _one(await _tapped(call, work))


async def add(call: Call, work: ReminderWork) -> Reply:
    """Ask for a new round, or take the filled form."""
    if not call.arguments:
        return Reply(form=ADD_FORM)
    number = _typed_number(call.arguments.get("number", ""))
    return await _enter(call, work, number, call.arguments.get("days", ""), call.arguments.get("first_day", ""))


async def save(call: Call, work: ReminderWork) -> Reply:
    """Save the round that the person has seen spelled out."""
    number, first_day, days = call.taps
    return await _save(call, work, Round(number_from(number), day_from(first_day), number_from(days)))


async def move(call: Call, work: ReminderWork) -> Reply:
    """Offer other first days for a round."""
    return _ask_move(await _tapped(call, work))


async def shift(call: Call, work: ReminderWork) -> Reply:
    """Postpone a round by some days, counted from its present first day."""
    one = await _tapped(call, work)
    if day_from(call.taps[2]) != one.first_day:
        # The round was moved since the button was shown: its label no longer says what a press would do.
        return _ask_move(one).before(say("round.moved_since"))
    return await _save(call, work, replace(one, first_day=one.first_day + timedelta(days=number_from(call.taps[1]))))


async def end(call: Call, work: ReminderWork) -> Reply:
    """Ask after which infusion day the round ended."""
    return _ask_end(call, await _tapped(call, work))


async def end_after(call: Call, work: ReminderWork) -> Reply:
    """End the round after an infusion day."""
    one = await _tapped(call, work)
    if call.taps[2:] != (one.first_day.isoformat(),):
        return _ask_end(call, one).before(say("round.moved_since"))
    return await _save(call, work, replace(one, days=number_from(call.taps[1])))


async def remove(call: Call, work: ReminderWork) -> Reply:
    """Ask whether to remove the round."""
    return _ask_remove(await _tapped(call, work))


async def remove_yes(call: Call, work: ReminderWork) -> Reply:
    """Remove the round, with a way back."""
    one = await _tapped(call, work)
    if call.taps[1:] != (one.first_day.isoformat(),):
        return _ask_remove(one).before(say("round.moved_since"))
    course = (await work.courses.load(call.who.id)).without_round(one.number)
    await save_course(call, work, course)
    undo = Button(say("button.undo"), SAVE, _arguments(one))
    return Reply((say("round.removed", number=one.number),), buttons=rows(undo, Button(say("button.rounds"), LIST)))


async def _enter(call: Call, work: ReminderWork, number: int, days: str, typed: str) -> Reply:
    """Take a typed first day: saved at once where it was ISO, else shown as understood and asked."""
    check_consent(call)
    length = _typed_days(days) if days else default_days(number)
    reading = understand(call, typed, Prefer.EITHER)
    if reading.day is None:
        choices = [Round(number, day, length) for day in reading.choices]
        taps = [Button(say("button.day", day=one.first_day), SAVE, _arguments(one)) for one in choices]
        return Reply((which_day(typed, reading.choices),), buttons=rows(*taps, _again(number), width=1))
    one = Round(number, reading.day, length)
    if is_iso(typed):
        return await _save(call, work, one)
    course = await work.courses.load(call.who.id)
    # What cannot be kept is said now, not after the person has answered yes.
    check_rounds(course.with_round(one).rounds)
    before = course.find_round(number)
    lines = [say("round.understood"), _line(one)]
    if before and before != one:
        lines.append(say("round.replaces", day=before.first_day))
    buttons = rows(Button(say("button.save"), SAVE, _arguments(one), tone=Tone.YES), _again(number))
    return Reply(tuple(lines), buttons=buttons)


async def _save(call: Call, work: ReminderWork, one: Round) -> Reply:
    before = await work.courses.load(call.who.id)
    course = before.with_round(one)
    await save_course(call, work, course)
    old = before.find_round(one.number)
    lines: list[Text] = [say("round.saved"), _line(one)]
    if old and old.first_day != one.first_day:
        lines.append(say("round.moved_from", day=old.first_day))
    lines += standing.after_a_change(call, course)
    schedule = schedule_of(call.who, course, local_day(call))
    if schedule.ends:
        key = "round.ends_provisional" if schedule.provisional else "round.ends"
        lines.append(say(key, day=schedule.ends))
    kept = call.who.settings
    if not kept.set_up:
        lines.append(say("round.not_set_up", hour=kept.hour, zone=choosing.zone_text(call, kept.zone)))
    taps: list[Button] = []
    if old is None:
        taps.append(Button(say("button.undo"), REMOVE_YES, _as_shown(one)))
    elif old != one:
        taps.append(Button(say("button.undo"), SAVE, _arguments(old)))
    taps += [Button(say("button.rounds"), LIST), choosing.NEXT_CHECK]
    return Reply((*lines, *_orientation(course, one, local_day(call))), buttons=rows(*taps))


def _orientation(course: Course, one: Round, day: date) -> tuple[Text, ...]:
    """After the latest round, when a further one may come at the earliest; never as due."""
    latest = max(course.rounds, key=lambda each: each.first_day)
    earliest = earliest_next_round(course.rounds)
    if one != latest or earliest is None or earliest < day:
        return ()
    return (say("round.twelve_months", day=earliest),)


async def _tapped(call: Call, work: ReminderWork) -> Round:
    number = number_from(call.taps[0])
    one = (await work.courses.load(call.who.id)).find_round(number)
    if one is None:
        raise MemberError("round.none_such", number=number)
    return one


def _one(one: Round) -> Reply:
    number = (str(one.number),)
    taps = rows(
        Button(say("button.move"), MOVE, number),
        Button(say("button.end_early"), END, number),
        Button(say("button.remove"), REMOVE, number, tone=Tone.DANGER),
        Button(say("button.rounds"), LIST),
    )
    return Reply((_line(one),), buttons=taps)


def _ask_move(one: Round) -> Reply:
    taps = [
        Button(say("button.day", day=one.first_day + timedelta(days=days)), SHIFT,
               (str(one.number), str(days), one.first_day.isoformat()))
        for days in _POSTPONE_DAYS
    ]  # fmt: skip
    taps.append(_again(one.number))
    return Reply((_line(one), say("round.move_to")), buttons=rows(*taps, width=1))


def _ask_end(call: Call, one: Round) -> Reply:
    given = [day for day in one.infusion_days if day <= local_day(call)]
    if not given:
        raise MemberError("round.not_begun", number=one.number, day=one.first_day)
    taps = [
        Button(
            say("button.after_day", number=n, day=day), END_AFTER, (str(one.number), str(n), one.first_day.isoformat())
        )
        for n, day in enumerate(given, start=1)
    ]
    return Reply((_line(one), say("round.ended_after")), buttons=rows(*taps, width=1))


def _ask_remove(one: Round) -> Reply:
    yes = Button(say("button.remove_yes"), REMOVE_YES, _as_shown(one), tone=Tone.DANGER)
    return Reply((_line(one), say("round.remove_ask")), buttons=rows(yes, Button(say("button.keep"), LIST)))


def _again(number: int) -> Button:
    return Button(say("button.other_date"), ASK_DATE, (str(number),))


async def ask_date(call: Call, work: ReminderWork) -> Reply:
    """Ask for the first day of a round, which may not be stored yet, or take the typed one."""
    number = number_from(call.taps[0])
    typed = call.arguments.get("first_day", "")
    if not typed:
        return Reply(form=replace(DATE_FORM, arguments=(str(number),)))
    one = (await work.courses.load(call.who.id)).find_round(number)
    return await _enter(call, work, number, str(one.days) if one else "", typed)


def _arguments(one: Round) -> tuple[str, ...]:
    return (str(one.number), one.first_day.isoformat(), str(one.days))


def _as_shown(one: Round) -> tuple[str, ...]:
    """What a tap carries that must not fall on a round that has moved since."""
    return (str(one.number), one.first_day.isoformat())


def _line(one: Round) -> Text:
    return say("round.line", number=one.number, first_day=one.first_day, last_day=one.last_day, count=one.days)


def _number(typed: str | None, course: Course, action: str) -> int:
    if typed is not None:
        return _typed_number(typed)
    if action == "add":
        return max((one.number for one in course.rounds), default=0) + 1
    if len(course.rounds) == 1:
        return course.rounds[0].number
    raise MemberError("round.which") if course.rounds else MemberError("round.none_yet")


def _typed_number(text: str) -> int:
    if not _is_figure(text):
        raise MemberError("round.number_range", lowest=NUMBERS[0], highest=NUMBERS[1])
    return int(text)


def _typed_days(text: str) -> int:
    if not _is_figure(text):
        raise MemberError("round.days_range", lowest=DAYS[0], highest=DAYS[1])
    return int(text)


def _is_figure(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 4  # noqa: PLR2004 - far above any number of a round


COMMANDS = (
    Command[ReminderWork](
        "round",
        manage,
        discreet_name="mydates",
        arguments=(
            Argument("action", choices=ACTION_NAMES),
            Argument("number", whole=NUMBERS),
            Argument("first_day", seeks=True),
            Argument("days", whole=DAYS),
        ),
        seek=seek,
        read=read_round,
        linkable=True,
    ),
)
ACTIONS = (
    Action[ReminderWork](LIST, show_all),
    Action[ReminderWork](ONE, show_one),
    Action[ReminderWork](choosing.ADD_ROUND, add),
    Action[ReminderWork](SAVE, save),
    Action[ReminderWork](MOVE, move),
    Action[ReminderWork](SHIFT, shift),
    Action[ReminderWork](END, end),
    Action[ReminderWork](END_AFTER, end_after),
    Action[ReminderWork](REMOVE, remove),
    Action[ReminderWork](REMOVE_YES, remove_yes),
    Action[ReminderWork](ASK_DATE, ask_date),
)
FORMS = (ADD_FORM, DATE_FORM)
