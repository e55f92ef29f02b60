"""The reminders table: claims, leases and fencing on SQL. The contracts are in ``bot.reminders.ports``."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import WrongKeyError
from bot.reminders.delivery import NOT_RUN_PAUSE
from bot.reminders.ports import NOBODY
from bot.reminders.reminder import MOST_REPEATS, TO_TELL, Kind, Matter, Occurrence, Reminder, Status
from storage import tables
from storage.documents import StoredOccurrence, open_record, seal_record
from storage.finding import among, found_by
from storage.vault import Vault

_table = tables.reminders
_OPEN = (Status.PENDING.value, Status.CLAIMED.value)
_NOT_NEEDED = (Status.CANCELLED.value, Status.SETTLED.value)
_SAID = (Status.SENDING, Status.SENT, Status.IN_DOUBT)
_RANDOM_BYTES = 12  # of a claim's token, behind the characters of its process
_READ = tuple(
    _table.c[name]
    for name in ("id", "member_id", "due_at", "expires_at", "status", "attempts", "repeat", "reason", "sealed")
)
_FREE: dict[str, Any] = {"claim_token": None, "lease_until": None}

# From the first try that may have arrived on, only such tries are counted.
_REPEATED: dict[str, Any] = {
    "status": Status.PENDING.value,
    "repeat": True,
    "attempts": case((_table.c.repeat, _table.c.attempts), else_=1),
    **_FREE,
}


# The process that a claim's token begins with; empty where an earlier version left none.
_HOLDER = func.substr(func.coalesce(_table.c.claim_token, ""), 1, len(NOBODY))


class _UnknownKindError(WrongKeyError):
    """A row opens, but is of a kind that another version made."""


@dataclass(frozen=True, slots=True)
class SqlReminders:
    """Fulfils ``Reminders``."""

    connection: AsyncConnection
    vault: Vault

    async def sync(
        self, member_id: str, wanted: Collection[Occurrence], now: datetime, settled: Collection[Matter] = ()
    ) -> None:
        """See the port."""
        # By id, as everywhere that rows are locked: then two units of work never wait for each other in a circle.
        found = await self.connection.execute(
            select(_table).where(_table.c.member_id == member_id).order_by(_table.c.id).with_for_update()
        )
        rows = {bytes(row.occurrence): row for row in found}
        by_digest = {self.vault.digest("occurrence", member_id, one.key): one for one in wanted}
        unwanted = [row for digest, row in rows.items() if digest not in by_digest and row.status in _OPEN]
        await self._end_unwanted(unwanted, now, set(settled))
        passed = [one for digest, one in by_digest.items() if _catches_up(rows.get(digest), one, now)]
        # Rows are opened only where something might be said twice.
        said = {
            each.occurrence.message for each in self._readable(rows.values() if passed else ()) if each.status in _SAID
        }
        caught_up = {one.key for one in passed if one.message not in said}
        new: list[dict[str, object]] = []
        for digest, one in by_digest.items():
            row = rows.get(digest)
            due_at = now if one.key in caught_up else _due_at(row, one, now)
            if due_at and row is None:
                new.append(self._row(member_id, digest, replace(one, due_at=due_at)))
            elif due_at and row is not None:
                await self._move(row.id, replace(one, due_at=due_at))
        if new:
            await self.connection.execute(insert(_table), new)

    async def claim(
        self, now: datetime, most: int, lease: timedelta, process: str = NOBODY
    ) -> tuple[str, Sequence[Reminder]]:
        """See the port. PostgreSQL skips rows that others hold; SQLite has one writer at a time, so needs no lock."""
        token = process + secrets.token_hex(_RANDOM_BYTES)
        due = (
            select(_table.c.id).where(tables.PENDING, _table.c.next_attempt_at <= now).with_for_update(skip_locked=True)
        )
        oldest = due.order_by(_table.c.next_attempt_at, _table.c.id).limit(most)
        rows = await self._take(oldest, token, now + lease)
        members = {row.member_id for row in rows}
        if members:
            theirs = due.where(among(self.connection, _table.c.member_id, members))
            rows = [*rows, *await self._take(theirs, token, now + lease)]
        reminders: list[Reminder] = []
        for row in rows:
            try:
                reminders.append(self._reminder(row))
            except _UnknownKindError:
                await self._leave(token, row, now)
            except WrongKeyError:
                await self.finish(token, [row.id], Status.DEAD, now, "unreadable")
        return token, sorted(reminders, key=_by_due)

    async def _leave(self, token: str, row: Row[Any], now: datetime) -> None:
        """Leave a row to a version that knows its kind, as long as it is of use."""
        if row.expires_at <= now:
            await self.finish(token, [row.id], Status.MISSED, now, "too late")
        else:
            await self.release(token, [row.id], now + NOT_RUN_PAUSE, "unknown kind", spent=False)

    async def _take(self, due: Select[tuple[str]], token: str, until: datetime) -> Sequence[Row[Any]]:
        claimed = await self.connection.execute(
            update(_table)
            .where(found_by(self.connection, _table.c.id, due))
            .values(status=Status.CLAIMED.value, claim_token=token, lease_until=until)
            .returning(*_READ)
        )
        return claimed.all()

    async def held(self, token: str, ids: Collection[str]) -> Sequence[Reminder]:
        """See the port."""
        found = await self.connection.execute(
            select(*_READ)
            .where(self._held_by(token, ids), _table.c.status == Status.CLAIMED.value)
            .order_by(_table.c.id)
            .with_for_update()
        )
        return sorted((self._reminder(row) for row in found), key=_by_due)

    async def start(self, token: str, ids: Collection[str], lease_until: datetime) -> None:
        """See the port."""
        await self._change(
            self._held_by(token, ids) & (_table.c.status == Status.CLAIMED.value),
            status=Status.SENDING.value,
            attempts=_table.c.attempts + 1,
            lease_until=lease_until,
        )

    async def finish(
        self, token: str, ids: Collection[str], status: Status, now: datetime, reason: str | None = None
    ) -> int:
        """See the port."""
        return await self._end(self._held_by(token, ids), status, now, reason)

    async def release(
        self, token: str, ids: Collection[str], next_attempt_at: datetime, reason: str | None = None, *, spent: bool
    ) -> int:
        """See the port."""
        unspent = case((_table.c.status == Status.SENDING.value, _table.c.attempts - 1), else_=_table.c.attempts)
        return await self._change(
            self._held_by(token, ids),
            status=Status.PENDING.value,
            next_attempt_at=next_attempt_at,
            reason=reason,
            attempts=_table.c.attempts if spent else unspent,
            **_FREE,
        )

    async def repeat(self, token: str, ids: Collection[str], at: datetime, reason: str) -> int:
        """See the port."""
        return await self._change(self._held_by(token, ids), next_attempt_at=at, reason=reason, **_REPEATED)

    async def holders(self) -> Collection[str]:
        """See the port."""
        found = await self.connection.execute(select(_HOLDER).where(tables.LEASED).distinct())
        return set(found.scalars())

    async def recover(
        self,
        now: datetime,
        lease: timedelta,
        dead: Collection[str] | None = None,
        under_way: Collection[str] = (),
    ) -> int:
        """See the port."""
        if dead is not None and not dead:
            return 0
        lapsed = or_(_table.c.lease_until < now, _table.c.lease_until > now + 2 * lease)
        if dead is not None:
            lapsed = _HOLDER.in_(sorted(dead))
        lapsed = and_(tables.LEASED, lapsed, func.coalesce(_table.c.claim_token, "").not_in(sorted(under_way)))
        claimed = lapsed & (_table.c.status == Status.CLAIMED.value)
        sending = lapsed & (_table.c.status == Status.SENDING.value)
        again = sending & _table.c.repeated & or_(~_table.c.repeat, _table.c.attempts <= MOST_REPEATS)
        ended: dict[str, Any] = {"status": Status.IN_DOUBT.value, "finished_at": now, "reason": "interrupted", **_FREE}
        return (
            await self._change(claimed, passing_by=True, status=Status.PENDING.value, **_FREE)
            + await self._change(again, passing_by=True, next_attempt_at=now, **_REPEATED)
            + await self._change(sending & ~again, passing_by=True, **ended)
        )

    async def next_due(self) -> datetime | None:
        """See the port."""
        found = await self.connection.execute(select(func.min(_table.c.next_attempt_at)).where(tables.PENDING))
        return found.scalar_one_or_none()

    async def to_tell(self, member_id: str) -> Sequence[Reminder]:
        """See the port."""
        return self._readable(await self._untold(member_id))

    async def unreadable(self, member_id: str) -> Collection[str]:
        """See the port."""
        rows = await self._untold(member_id)
        return {row.id for row in rows} - {each.id for each in self._readable(rows)}

    async def told(self, ids: Collection[str]) -> None:
        """See the port."""
        await self.connection.execute(update(_table).where(self._are(ids)).values(told=True))

    async def of(self, member_id: str) -> Sequence[Reminder]:
        """See the port."""
        found = await self.connection.execute(
            select(_table).where(_table.c.member_id == member_id).order_by(_table.c.due_at, _table.c.id)
        )
        return [self._reminder(row) for row in found]

    async def _untold(self, member_id: str) -> Sequence[Row[Any]]:
        found = await self.connection.execute(
            select(_table)
            .where(
                _table.c.member_id == member_id,
                _table.c.status.in_([status.value for status in TO_TELL]),
                _table.c.told.is_(False),
            )
            .order_by(_table.c.due_at, _table.c.id)
        )
        return found.all()

    async def _end_unwanted(self, rows: Sequence[Row[Any]], now: datetime, settled: Collection[Matter]) -> None:
        done: list[str] = []
        others: list[str] = []
        for row in rows:
            try:
                occurrence = self._reminder(row).occurrence
            except _UnknownKindError:
                continue  # only a version that knows it can tell whether it is wanted
            except WrongKeyError:
                others.append(row.id)  # it is about nothing that we know, so nobody has settled it
            else:
                (done if (occurrence.kind, occurrence.day) in settled else others).append(row.id)
        if done:
            await self._end(self._are(done), Status.SETTLED, now, None)
        if others:
            await self._end(self._are(others), Status.CANCELLED, now, "replanned")

    async def _end(self, which: ColumnElement[bool], status: Status, now: datetime, reason: str | None) -> int:
        ending = which & or_(_table.c.status.in_(_OPEN), _table.c.status == Status.SENDING.value)
        return await self._change(ending, status=status.value, finished_at=now, reason=reason, **_FREE)

    async def _change(self, which: ColumnElement[bool], *, passing_by: bool = False, **values: Any) -> int:  # noqa: ANN401 - values and SQL expressions
        """Change rows, locked in the order of their ids, and return how many; ``passing_by`` skips what others hold."""
        rows = which
        # SQLite has one writer at a time, and would read the whole table for the sake of the order.
        if self.connection.dialect.name == "postgresql":
            locked = select(_table.c.id).where(which).order_by(_table.c.id).with_for_update(skip_locked=passing_by)
            rows = found_by(self.connection, _table.c.id, locked)
        changed = await self.connection.execute(update(_table).where(rows).values(**values))
        return changed.rowcount

    async def _move(self, row_id: str, one: Occurrence) -> None:
        await self.connection.execute(
            update(_table)
            .where(_table.c.id == row_id)
            .values(
                status=Status.PENDING.value,
                due_at=one.due_at,
                next_attempt_at=one.due_at,
                expires_at=one.expires_at,
                claim_token=None,
                lease_until=None,
                finished_at=None,
                reason=None,
                told=False,
            )
        )

    def _are(self, ids: Collection[str]) -> ColumnElement[bool]:
        return among(self.connection, _table.c.id, ids)

    def _held_by(self, token: str, ids: Collection[str]) -> ColumnElement[bool]:
        return self._are(ids) & (_table.c.claim_token == token)

    def _row(self, member_id: str, digest: bytes, one: Occurrence) -> dict[str, object]:
        row_id = secrets.token_hex(16)
        kept = StoredOccurrence(one.kind.value, one.day, one.number, one.shown_on, one.round_number)
        return {
            "id": row_id,
            "member_id": member_id,
            "occurrence": digest,
            "due_at": one.due_at,
            "next_attempt_at": one.due_at,
            "expires_at": one.expires_at,
            "status": Status.PENDING.value,
            "attempts": 0,
            "repeat": False,
            "repeated": one.kind.repeated,
            "told": False,
            "sealed": seal_record(self.vault, kept, f"reminders/{row_id}"),
        }

    def _readable(self, rows: Iterable[Row[Any]]) -> list[Reminder]:
        found: list[Reminder] = []
        for row in rows:
            with suppress(WrongKeyError):
                found.append(self._reminder(row))
        return found

    def _reminder(self, row: Row[Any]) -> Reminder:
        kept = open_record(self.vault, StoredOccurrence, row.sealed, f"reminders/{row.id}")
        try:
            kind = Kind(kept.kind)
        except ValueError:
            # Without its cause, which quotes the value.
            raise _UnknownKindError("a stored reminder is of a kind that this version does not know") from None
        occurrence = Occurrence(
            kind, kept.day, kept.number, kept.shown_on, row.due_at, row.expires_at, kept.round_number
        )
        return Reminder(row.id, row.member_id, occurrence, Status(row.status), row.attempts, row.repeat, row.reason)


def _by_due(reminder: Reminder) -> tuple[datetime, str]:
    return reminder.occurrence.due_at, reminder.id


def _catches_up(row: Row[Any] | None, one: Occurrence, now: datetime) -> bool:
    """Whether a wanted occurrence should have been planned for a moment that has passed, and is still of use."""
    unplanned = row is None or row.status in _NOT_NEEDED
    return unplanned and one.kind.caught_up and one.due_at <= now < one.expires_at


def _due_at(row: Row[Any] | None, one: Occurrence, now: datetime) -> datetime | None:
    """The moment that a wanted occurrence's row is to be put to; None where nothing is to be changed."""
    if row is None or row.status in (*_NOT_NEEDED, Status.MISSED.value):
        return one.due_at if one.due_at > now else None
    if row.status not in _OPEN:
        return None
    # One that is due already is never put back: it may have been planned for a later moment than is wanted.
    due_at = max(one.due_at, min(row.due_at, now))
    return due_at if (row.due_at, row.expires_at) != (due_at, one.expires_at) else None
