"""Who is called for a flag: first those on duty, in their order, and in the end all moderators."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from bot.chat.people import Person
from bot.moderation.policy import Duty

FIRST, AGAIN, NEXT, ALL = 1, 2, 3, 4
"""How often moderators were called: the first on duty, they again, the next on duty, all moderators."""


def same(one: Person | None, other: Person | None) -> bool:
    """Whether both are one account, whatever it calls itself."""
    return one is not None and other is not None and (one.platform, one.id) == (other.platform, other.id)


def on_duty(duty: Duty, now: datetime) -> tuple[Person, ...]:
    """Who is on duty at a moment, in the order in which they are called."""
    if duty.begins is None or duty.ends is None:
        return duty.people
    at = now.astimezone(ZoneInfo(duty.zone)).time()
    return duty.people if _within(at, duty.begins, duty.ends) else ()


def called(duty: Duty, now: datetime, step: int, moderators: Iterable[Person]) -> tuple[int, tuple[Person, ...]]:
    """Whom a step calls, and which step that is: where nobody is left to be called before, it is the last one at once.

    ``moderators`` are all that the platform tells of.
    """
    here = on_duty(duty, now)
    if here and step in (FIRST, AGAIN):
        return step, here[:1]
    if len(here) > 1 and step == NEXT:
        return step, here[1:2]
    return ALL, distinct((*duty.people, *moderators))


def from_next(duty: Duty, person: Person) -> Duty:
    """The order as it goes on after somebody, who is not in it any more."""
    number = next((number for number, each in enumerate(duty.people) if same(each, person)), -1)
    turned = (*duty.people[number + 1 :], *duty.people[: max(number, 0)])
    return replace(duty, people=turned)


def distinct(people: Iterable[Person]) -> tuple[Person, ...]:
    """Each account once, in their order."""
    return tuple({(each.platform, each.id): each for each in people}.values())


def _within(at: time, begins: time, ends: time) -> bool:
    """Whether a wall-clock time lies between two, which may go over midnight; two equal ones are the whole day."""
    if begins == ends:
        return True
    return begins <= at < ends if begins < ends else at >= begins or at < ends
