"""What reminders need from storage."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from bot.members.ports import MemberWork
from bot.reminders.reminder import Occurrence, Reminder, Status


class Reminders(Protocol):
    """The reminders table: it is the schedule. One row for each (member, occurrence), held unique by the database."""

    async def sync(self, member_id: str, wanted: Collection[Occurrence], now: datetime) -> None:
        """Make the member's open rows match what is wanted.

        A wanted occurrence without a row gets one if it is due after ``now``; a pending row moves to its wanted moment;
        a cancelled one that is wanted again and due after ``now`` is pending again; a pending or claimed row that is no
        longer wanted is cancelled, so that an edit wins over a claim. Whatever has been sent stays as it is.
        """
        ...

    async def claim(self, now: datetime, most: int, lease: timedelta) -> tuple[str, Sequence[Reminder]]:
        """Take at most ``most`` due rows for ``lease``, oldest first, and return the claim's token with them.

        No two claims hold the same row at the same time, in any number of processes. A due row that does not open with
        the key ends as dead, so that it cannot stop the others.
        """
        ...

    async def held(self, token: str, ids: Collection[str]) -> Sequence[Reminder]:
        """Those of the rows that this claim still holds."""
        ...

    async def start(self, token: str, ids: Collection[str]) -> None:
        """Mark claimed rows as being sent and count the attempt. To be committed before the platform is called."""
        ...

    async def finish(
        self, token: str, ids: Collection[str], status: Status, now: datetime, reason: str | None = None
    ) -> None:
        """Give rows that this claim holds their end; rows that it no longer holds are left alone."""
        ...

    async def release(
        self, token: str, ids: Collection[str], next_attempt_at: datetime, reason: str | None = None, *, spent: bool
    ) -> None:
        """Put rows that this claim holds back to pending; ``spent`` keeps the attempt counted."""
        ...

    async def repeat(self, token: str, ids: Collection[str], at: datetime, reason: str) -> None:
        """Put rows that this claim holds back to pending from ``at`` on, marked as a repeat: they may have arrived."""
        ...

    async def recover(self, now: datetime) -> int:
        """Take back rows whose lease has run out, and return how many.

        One that was only claimed is pending again. One that was being sent is pending once more, marked as a repeat, if
        its kind is repeated and it was not a repeat already; otherwise it is in doubt.
        """
        ...

    async def next_due(self) -> datetime | None:
        """When the next pending row wants to be tried; None if there is none."""
        ...

    async def to_tell(self, member_id: str) -> Sequence[Reminder]:
        """The member's rows that ended without surely arriving and were not told yet, oldest first."""
        ...

    async def told(self, ids: Collection[str]) -> None:
        """Record that the member has heard of these."""
        ...

    async def of(self, member_id: str) -> Sequence[Reminder]:
        """All of the member's rows, by due moment."""
        ...


class ReminderWork(MemberWork, Protocol):
    """A unit of work over members and their reminders."""

    @property
    def reminders(self) -> Reminders:
        """The reminders."""
        ...
