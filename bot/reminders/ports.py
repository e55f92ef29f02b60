"""What reminders need from storage."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.crew import CrewWork
from bot.members.ports import MemberWork
from bot.reminders.reminder import Matter, Occurrence, Reminder, Status

NOBODY = "00000000"
"""The process of a claim where there is only one, or where it does not matter which."""


class Reminders(Protocol):
    """The reminders table: it is the schedule. One row for each (member, occurrence), held unique by the database."""

    async def sync(
        self, member_id: str, wanted: Collection[Occurrence], now: datetime, settled: Collection[Matter] = ()
    ) -> None:
        """Make the member's open rows match what is wanted.

        A wanted occurrence that has no row, or a cancelled one, gets a pending one if it is due after ``now``; so does
        a missed one, which only a clock that was wrong can have made. One of a kind that is caught up, due already but
        not expired, is planned for ``now``, unless the same message went out under another occurrence. An open row
        moves to its wanted moment, or to ``now`` where that has passed; one that is due already is not put back. An
        open row that is no longer wanted ends, so that an edit wins over a claim: as settled where its matter is
        ``settled``, else as cancelled. A settled row that is wanted again is as a cancelled one. What has been sent
        stays.
        """
        ...

    async def claim(
        self, now: datetime, most: int, lease: timedelta, process: str = NOBODY
    ) -> tuple[str, Sequence[Reminder]]:
        """Take the ``most`` oldest due rows for ``lease``, and whatever else is due for the same members.

        So everything for one member comes into one message. Returns the claim's token with them, oldest first. The
        token begins with the eight characters of ``process``, by which ``recover`` knows whose claim it is.

        No two claims hold the same row at the same time, in any number of processes. A due row that does not open with
        the key ends as dead, so that it cannot stop the others. One of a kind that this version does not know waits
        for another version, as long as it is of use.
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
    ) -> int:
        """Give rows that this claim holds their end, and return how many.

        Rows that it no longer holds are left alone.
        """
        ...

    async def release(
        self, token: str, ids: Collection[str], next_attempt_at: datetime, reason: str | None = None, *, spent: bool
    ) -> int:
        """Put rows that this claim holds back to pending, and return how many; ``spent`` keeps the attempt counted."""
        ...

    async def repeat(self, token: str, ids: Collection[str], at: datetime, reason: str) -> int:
        """Put rows that this claim holds back to pending from ``at`` on, marked as a repeat: they may have arrived.

        From the first such call on, the attempts that are counted are those that may have arrived. Returns how many
        rows those were.
        """
        ...

    async def holders(self) -> Collection[str]:
        """The processes whose claims hold rows.

        To be asked before it is asked which processes live: who joins later can then not be taken for dead.
        """
        ...

    async def recover(
        self,
        now: datetime,
        lease: timedelta,
        dead: Collection[str] | None = None,
        under_way: Collection[str] = (),
    ) -> int:
        """Take back rows that nobody works on any more, and return how many.

        These are the rows of the processes ``dead``, whatever the clock says. Where it is not known which are dead
        (None), they are those whose lease has run out; one that ends more than twice ``lease`` from now was given by a
        clock that was wrong, and has run out too. ``under_way`` are tokens of claims that are worked on all the same.
        Rows that another unit of work holds just now are passed by.

        A row that was only claimed is pending again. One that was being sent is put back as by ``repeat`` while its
        kind is repeated and it was not repeated ``MOST_REPEATS`` times; otherwise it is in doubt.
        """
        ...

    async def next_due(self) -> datetime | None:
        """When the next pending row wants to be tried; None if there is none."""
        ...

    async def to_tell(self, member_id: str) -> Sequence[Reminder]:
        """The member's rows that ended without surely arriving and were not told yet, oldest first."""
        ...

    async def unreadable(self, member_id: str) -> Collection[str]:
        """The ids of rows that ended so and were not told yet, and of which cannot be read what they were about."""
        ...

    async def told(self, ids: Collection[str]) -> None:
        """Record that the member has heard of these."""
        ...

    async def of(self, member_id: str) -> Sequence[Reminder]:
        """All of the member's rows, by due moment."""
        ...


class Crewing(Protocol):
    """This process among those that share the database."""

    @property
    def id(self) -> str:
        """Its eight characters, with which its claims begin."""
        ...

    async def alive(self, work: CrewWork) -> Collection[str] | None:
        """The ids of the processes that live, this one included, as a unit of work sees them; None if not known."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """Fulfils ``Crewing`` where nobody keeps account of processes: what one left behind is found as its leases end."""

    id: str = NOBODY

    async def alive(self, work: CrewWork) -> Collection[str] | None:  # noqa: ARG002 - the port's form
        """See the port."""
        return None


ALONE = Alone()


MOST_HOLD = timedelta(hours=24)
"""How long a platform is left alone at most; what is held for longer was held by a clock that was wrong."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""By how much the clocks of two processes differ at most; what was made later than that was made by a wrong one."""


class Holds(Protocol):
    """Platforms that asked to be left alone, for every process and over every restart."""

    async def hold(self, platform: str, until: datetime, now: datetime) -> None:
        """Leave a platform alone until a moment; a later one that is kept already stays, unless it counts no more."""
        ...

    async def until(self, now: datetime) -> Mapping[str, datetime]:
        """Until when each platform is to be left alone, by its name.

        Those whose moment has come are left out. So is what was made by a clock that was wrong: in the future (by more
        than clocks may differ), or for longer than ``MOST_HOLD``.
        """
        ...


class ReminderWork(MemberWork, Protocol):
    """A unit of work over members and their reminders."""

    @property
    def holds(self) -> Holds:
        """The platforms that asked to be left alone."""
        ...

    @property
    def reminders(self) -> Reminders:
        """The reminders."""
        ...
