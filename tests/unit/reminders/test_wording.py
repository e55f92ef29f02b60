from datetime import date, timedelta

import pytest

import builders
from bot.care.course import Course
from bot.care.labs import Schedule
from bot.care.rounds import Round
from bot.chat.replies import Reply, say
from bot.reminders.planning import occurrences, schedule_of
from bot.reminders.reminder import Kind, Reminder, Status
from bot.reminders.wording import message

DUE = date(2026, 3, 12)
FIRST = date(2026, 11, 10)
COURSE = builders.course(Round(1, date(2026, 1, 12), 5), Round(2, FIRST, 3), checks=(date(2026, 3, 1),))


def _reminder(kind: Kind, nth: int = 0, *, repeat: bool = False, has: Course = COURSE) -> Reminder:
    planned = occurrences(builders.member(topics=frozenset(_topics())), has, builders.NOW)
    one = [each for each in planned if each.kind is kind and each.due_at > builders.NOW - timedelta(days=2)][nth]
    return Reminder(f"{kind.value}{nth}", builders.ANNA, one, Status.CLAIMED, 0, repeat)


def _topics() -> set[object]:
    return {kind.topic for kind in Kind}


def _schedule(day: date, has: Course = COURSE) -> Schedule:
    return schedule_of(builders.member(), has, day)


def _said(*reminders: Reminder, on: date, late: int = 0, has: Course = COURSE) -> Reply:
    return message(reminders, _schedule(on, has), has, late=late)


@pytest.mark.parametrize(
    ("on", "key"),
    [
        (DUE - timedelta(days=1), "reminder.lead"),
        (DUE, "reminder.lab"),
        (DUE + timedelta(days=1), "reminder.lab_again"),
    ],
    ids=["before", "on its day", "after"],
)
@pytest.mark.parametrize("kind", [Kind.LEAD, Kind.LAB, Kind.LAB_AGAIN])
def test_a_check_is_worded_for_the_day_on_which_it_is_said(kind: Kind, on: date, key: str) -> None:
    has = builders.course()
    reply = _said(_reminder(kind, has=has), on=on, has=has)
    assert reply.lines[0] == say(key, day=DUE)
    assert reply.lines[1].key == "reminder.panels"
    assert reply.lines[1].values["panels"]


@pytest.mark.parametrize("late_by", [0, 3, 12])
def test_a_round_is_counted_from_the_day_on_which_it_is_said(late_by: int) -> None:
    on = FIRST - timedelta(days=14 - late_by)
    assert _said(_reminder(Kind.ROUND, 1), on=on).lines == (
        say("reminder.round", day=FIRST, count=14 - late_by, round=2),
    )


@pytest.mark.parametrize(
    ("nth", "on", "line"),
    [
        (0, FIRST - timedelta(days=1), say("reminder.evening_first", day=FIRST, number=1, days=3, round=2)),
        (0, FIRST, say("countdown.today", number=1, days=3, round=2)),
        (
            1,
            FIRST,
            say("reminder.evening", day=FIRST + timedelta(days=1), number=2, days=3, round=2),
        ),
        (2, FIRST + timedelta(days=2), say("countdown.today", number=3, days=3, round=2)),
    ],
    ids=["the eve", "on the first day itself", "the second eve", "on the last day itself"],
)
def test_an_infusion_day_is_called_today_when_it_is(nth: int, on: date, line: object) -> None:
    assert _said(_reminder(Kind.EVENING, nth), on=on).lines == (line,)


def test_the_same_words_stand_once_in_a_message() -> None:
    both = (_reminder(Kind.ROUND, 0), _reminder(Kind.ROUND, 1))
    assert len(_said(*both, on=FIRST - timedelta(days=14)).lines) == 1


def test_late_ones_and_repeats_say_so_once_and_first() -> None:
    both = (_reminder(Kind.ROUND, 0, repeat=True), _reminder(Kind.EVENING))
    lines = _said(*both, on=FIRST - timedelta(days=1), late=2).lines
    assert [line.key for line in lines][:2] == ["reminder.late", "reminder.repeat"]
    assert lines[0].count == 2


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_words_and_no_button_of_another(kind: Kind) -> None:
    has = builders.course(checks=(date(2026, 3, 9),))
    has = COURSE if kind in (Kind.ROUND, Kind.EVENING) else has
    reminder = _reminder(kind, has=has)
    reply = _said(reminder, on=reminder.occurrence.shown_on, has=has)
    assert reply.lines
    assert reply.private
    assert bool(reply.buttons) is (kind not in (Kind.ROUND, Kind.EVENING))
