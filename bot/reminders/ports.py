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

        A wanted occurrence that has no row, or a cancelled one, gets a pending one if it is due after ``now``; so does
        a missed one, which only a clock that was wrong can have made. One of a kind that is caught up, due already but
        not expired, is planned for ``now``, unless the same message went out under another occurrence. An open row
        moves to its wanted moment, or to ``now`` where that has passed; one that is due already is not put back. An
        open row that is no longer wanted is cancelled, so that an edit wins over a claim. What has been sent stays.
        """
        ...

    async def claim(self, now: datetime, most: int, lease: timedelta) -> tuple[str, Sequence[Reminder]]:
        """Take the ``most`` oldest due rows for ``lease``, and whatever else is due for the same members.

        So everything for one member comes into one message. Returns the claim's token with them, oldest first.

        No two claims hold the same row at the same time, in any number of processes. A due row that does not open with
        the key ends as dead, so that it cannot stop the others.
        """
        ...

    async def held(self, token: str, ids: Collection[str]) -> Sequence[Reminder]:
        """Those of the rows that this claim still holds."""
        ...

    async def start(self, token: str, ids: Collection[str], lease_until: datetime) -> None:
        """Mark claimed rows as being sent, count the attempt and hold them until ``lease_until``.

        To be committed before the platform is called.
        """
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
        """Put rows that this claim holds back to pending from ``at`` on, marked as a repeat: they may have arrived.

        From the first such call on, the attempts that are counted are those that may have arrived.
        """
        ...

    async def recover(self, now: datetime, lease: timedelta) -> int:
        """Take back rows whose lease has run out, and return how many; rows that somebody works on are passed by.

        A lease that ends more than twice ``lease`` from now was given by a clock that was wrong, and has run out too;
        leases of processes whose clocks differ a little have not. One that was only claimed is pending again. One that
        was being sent is put back as by ``repeat`` while its kind is repeated and it was not repeated ``MOST_REPEATS``
        times; otherwise it is in doubt.
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
