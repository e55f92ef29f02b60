"""Members with reminders to store."""

from datetime import timedelta

import builders
from bot.reminders.reminder import Occurrence, Reminder
from builders import ANNA, NOW, occurrence
from storage.store import SqlWork, Store

MINUTE = timedelta(minutes=1)
LEASE = timedelta(minutes=5)
BEFORE = NOW - timedelta(days=30)
"""When the reminders of these tests are planned: all of them lie ahead."""


async def plan(store: Store, *wanted: Occurrence, member_id: str = ANNA) -> None:
    """Let a member join and have these planned."""
    name = "anna" if member_id == ANNA else "ben"
    async with store.work() as work:
        await builders.join(work, builders.member(member_id), builders.person(name))
        await work.reminders.sync(member_id, wanted, BEFORE)
        await work.commit()


async def only(work: SqlWork, member_id: str = ANNA) -> Reminder:
    """The one reminder of a member."""
    (one,) = await work.reminders.of(member_id)
    return one


async def claimed(work: SqlWork, *, sending: bool = False) -> tuple[str, list[str]]:
    """Claim everything that is due, and mark it as being sent where that is wanted."""
    token, found = await work.reminders.claim(NOW, 20, LEASE)
    ids = [each.id for each in found]
    if sending:
        await work.reminders.start(token, ids, NOW + LEASE)
    return token, ids


def days(*ahead: int) -> list[Occurrence]:
    """Checks that are due so many days from now."""
    return [occurrence(due_at=NOW + timedelta(days=each)) for each in ahead]
