"""The reminders table: claims, leases and fencing on SQL. The contracts are in ``bot.reminders.ports``."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, case, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import WrongKeyError
from bot.reminders.reminder import TO_TELL, Kind, Occurrence, Reminder, Status
from storage import tables
from storage.documents import StoredOccurrence, open_record, seal_record
from storage.vault import Vault

_table = tables.reminders
_OPEN = (Status.PENDING.value, Status.CLAIMED.value)


@dataclass(frozen=True, slots=True)
class SqlReminders:
    """Fulfils ``Reminders``."""

    connection: AsyncConnection
    vault: Vault

    async def sync(self, member_id: str, wanted: Collection[Occurrence], now: datetime) -> None:
        """See the port."""
        columns = (_table.c.id, _table.c.occurrence, _table.c.status, _table.c.due_at, _table.c.expires_at)
        found = await self.connection.execute(select(*columns).where(_table.c.member_id == member_id))
        rows = {bytes(row.occurrence): row for row in found}
        by_digest = {self.vault.digest("occurrence", member_id, one.key): one for one in wanted}
        unwanted = [row.id for digest, row in rows.items() if digest not in by_digest and row.status in _OPEN]
        if unwanted:
            await self._end(_table.c.id.in_(unwanted), Status.CANCELLED, now, "replanned")
        new = [
            self._row(member_id, digest, one)
            for digest, one in by_digest.items()
            if digest not in rows and one.due_at > now
        ]
        if new:
            await self.connection.execute(insert(_table), new)
        for digest, row in rows.items():
            one = by_digest.get(digest)
            if one is not None and _to_move(row, one, now):
                await self._move(row.id, one)

    async def claim(self, now: datetime, most: int, lease: timedelta) -> tuple[str, Sequence[Reminder]]:
        """See the port. PostgreSQL skips rows that others hold; SQLite has one writer at a time, so needs no lock."""
        token = secrets.token_hex(16)
        due = (
            select(_table.c.id)
            .where(_table.c.status == Status.PENDING.value, _table.c.next_attempt_at <= now)
            .order_by(_table.c.next_attempt_at, _table.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
        )
        claimed = await self.connection.execute(
            update(_table)
            .where(_table.c.id.in_(due.scalar_subquery()), _table.c.status == Status.PENDING.value)
            .values(status=Status.CLAIMED.value, claim_token=token, lease_until=now + lease)
            .returning(*_table.c)
        )
        reminders: list[Reminder] = []
        unreadable: list[str] = []
        for row in claimed:
            try:
                reminders.append(self._reminder(row))
            except WrongKeyError:
                unreadable.append(row.id)
        if unreadable:
            await self._end(_table.c.id.in_(unreadable), Status.DEAD, now, "unreadable")
            await self.told(unreadable)  # what cannot be read cannot be told either
        return token, sorted(reminders, key=lambda each: (each.occurrence.due_at, each.id))

    async def held(self, token: str, ids: Collection[str]) -> Sequence[Reminder]:
        """See the port."""
        found = await self.connection.execute(
            select(_table)
            .where(_table.c.id.in_(ids), _table.c.claim_token == token, _table.c.status == Status.CLAIMED.value)
            .order_by(_table.c.due_at, _table.c.id)
            .with_for_update()
        )
        return [self._reminder(row) for row in found]

    async def start(self, token: str, ids: Collection[str]) -> None:
        """See the port."""
        await self.connection.execute(
            update(_table)
            .where(_table.c.id.in_(ids), _table.c.claim_token == token, _table.c.status == Status.CLAIMED.value)
            .values(status=Status.SENDING.value, attempts=_table.c.attempts + 1)
        )

    async def finish(
        self, token: str, ids: Collection[str], status: Status, now: datetime, reason: str | None = None
    ) -> None:
        """See the port."""
        await self._end((_table.c.id.in_(ids)) & (_table.c.claim_token == token), status, now, reason)

    async def release(
        self, token: str, ids: Collection[str], next_attempt_at: datetime, reason: str | None = None, *, spent: bool
    ) -> None:
        """See the port."""
        unspent = case((_table.c.status == Status.SENDING.value, _table.c.attempts - 1), else_=_table.c.attempts)
        await self.connection.execute(
            update(_table)
            .where(_table.c.id.in_(ids), _table.c.claim_token == token)
            .values(
                status=Status.PENDING.value,
                claim_token=None,
                lease_until=None,
                next_attempt_at=next_attempt_at,
                reason=reason,
                attempts=_table.c.attempts if spent else unspent,
            )
        )

    async def repeat(self, token: str, ids: Collection[str], at: datetime, reason: str) -> None:
        """See the port."""
        await self.connection.execute(
            update(_table)
            .where(_table.c.id.in_(ids), _table.c.claim_token == token)
            .values(
                status=Status.PENDING.value,
                repeat=True,
                claim_token=None,
                lease_until=None,
                next_attempt_at=at,
                reason=reason,
            )
        )

    async def recover(self, now: datetime) -> int:
        """See the port."""
        lapsed = _table.c.lease_until < now
        sending = lapsed & (_table.c.status == Status.SENDING.value)
        again = sending & _table.c.repeated & ~_table.c.repeat
        free: dict[str, Any] = {"claim_token": None, "lease_until": None}
        claimed = await self.connection.execute(
            update(_table)
            .where(lapsed, _table.c.status == Status.CLAIMED.value)
            .values(status=Status.PENDING.value, **free)
        )
        repeated = await self.connection.execute(
            update(_table).where(again).values(status=Status.PENDING.value, repeat=True, next_attempt_at=now, **free)
        )
        in_doubt = await self.connection.execute(
            update(_table)
            .where(sending)
            .values(status=Status.IN_DOUBT.value, finished_at=now, reason="interrupted", **free)
        )
        return claimed.rowcount + repeated.rowcount + in_doubt.rowcount

    async def next_due(self) -> datetime | None:
        """See the port."""
        found = await self.connection.execute(
            select(func.min(_table.c.next_attempt_at)).where(_table.c.status == Status.PENDING.value)
        )
        return found.scalar_one_or_none()

    async def to_tell(self, member_id: str) -> Sequence[Reminder]:
        """See the port."""
        found = await self.connection.execute(
            select(_table)
            .where(
                _table.c.member_id == member_id,
                _table.c.status.in_([status.value for status in TO_TELL]),
                _table.c.told.is_(False),
            )
            .order_by(_table.c.due_at, _table.c.id)
        )
        return [self._reminder(row) for row in found]

    async def told(self, ids: Collection[str]) -> None:
        """See the port."""
        await self.connection.execute(update(_table).where(_table.c.id.in_(ids)).values(told=True))

    async def of(self, member_id: str) -> Sequence[Reminder]:
        """See the port."""
        found = await self.connection.execute(
            select(_table).where(_table.c.member_id == member_id).order_by(_table.c.due_at, _table.c.id)
        )
        return [self._reminder(row) for row in found]

    async def _end(self, which: ColumnElement[bool], status: Status, now: datetime, reason: str | None) -> None:
        await self.connection.execute(
            update(_table)
            .where(which, or_(_table.c.status.in_(_OPEN), _table.c.status == Status.SENDING.value))
            .values(status=status.value, finished_at=now, reason=reason, claim_token=None, lease_until=None)
        )

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
            )
        )

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

    def _reminder(self, row: Row[Any]) -> Reminder:
        kept = open_record(self.vault, StoredOccurrence, row.sealed, f"reminders/{row.id}")
        occurrence = Occurrence(
            Kind(kept.kind), kept.day, kept.number, kept.shown_on, row.due_at, row.expires_at, kept.round_number
        )
        return Reminder(row.id, row.member_id, occurrence, Status(row.status), row.attempts, row.repeat, row.reason)


def _to_move(row: Any, one: Occurrence, now: datetime) -> bool:  # noqa: ANN401 - a row of chosen columns has no type of its own
    """Whether a wanted occurrence's row is to be put (back) to its moment."""
    if row.status == Status.CANCELLED.value:
        return one.due_at > now
    return row.status in _OPEN and (row.due_at != one.due_at or row.expires_at != one.expires_at)
