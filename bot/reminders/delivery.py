"""What one delivery is: the reminders that go to a member in one message, and how long each step may take."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.chat.people import Reader
from bot.chat.replies import Reply
from bot.crew import Leases
from bot.members.member import Account, Member
from bot.reminders.ports import ReminderWork
from bot.reminders.reminder import Reminder
from bot.reminders.wording import LATE_AFTER

LEASE = timedelta(minutes=5)
"""How long a claim and, anew, a send holds its rows: far longer than one platform call may take."""

CALL_SECONDS = 60.0
"""How long a platform call may take before nobody waits for it any more; adapters give up much earlier."""

CALL_WITHIN = timedelta(seconds=10)
"""How soon after a row was marked as being sent its call has to begin.

A process that stood still for longer may be taken for dead (``bot.crew.LEASE``), and another may be sending the row.
"""

MOST_TRIES = 250
"""Tries before a reminder is given up that has not expired.

A quarter of an hour apart for a day and then an hour apart they span a week, which is how long the last reminder of a
check is of use: no outage that is shorter ends one that could still have been sent.
"""

NOT_RUN_PAUSE = timedelta(minutes=10)
"""How long a reminder waits whose platform has no token at present, or that cannot be planned for or worded."""

PROBE_AFTER = timedelta(hours=24)
"""How long somebody who refused a message is left alone before a check or an infusion day is tried once more."""

SHORTEST_PAUSE = timedelta(seconds=1)
"""How long a row waits at least: one whose moment has come already would be claimed again at once, without end.

It is also how long a chat takes for one message, on the platform that is the slowest at it.
"""

_ONCE_LENGTH = 24


class SweepWork(ReminderWork, Protocol):
    """A unit of work that the sweep commits itself."""

    @property
    def leases(self) -> Leases:
        """Which processes live."""
        ...

    async def commit(self) -> None:
        """Make what happened so far last."""
        ...


OpenSweepWork = Callable[[], AbstractAsyncContextManager[SweepWork]]


@dataclass(frozen=True, slots=True)
class Parcel:
    """Everything that goes to one member in one message.

    ``token`` is that of the claim. ``taken_at`` is when its rows were marked as being sent, by the clock on the wall,
    ``taken_seconds`` the same by the event loop's.
    """

    token: str
    member: Member
    account: Account
    reader: Reader
    reminders: Sequence[Reminder]
    reply: Reply
    taken_at: datetime
    taken_seconds: float

    @property
    def ids(self) -> list[str]:
        """The ids of its reminders."""
        return [each.id for each in self.reminders]

    @property
    def once(self) -> str:
        """The name of this delivery, the same each time that it is tried.

        It is made of the row that would go out again, so that a platform which refuses a second message of the same
        name refuses the repeat of one that did arrive.
        """
        named = next((each for each in self.reminders if each.occurrence.kind.repeated), self.reminders[0])
        return f"r{named.id[:_ONCE_LENGTH]}"


def is_late(reminder: Reminder, now: datetime) -> bool:
    """Whether a reminder that goes out now has to say that it comes late."""
    return now - reminder.occurrence.due_at > LATE_AFTER
