"""Curated answers and their revisions on SQL. The contract is in ``bot.faq.ports``."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person
from bot.faq.entry import Entry
from bot.faq.revision import Kind, Revision, State
from storage import tables
from storage.documents import open_moderator, read_record, seal_moderator, write_record
from storage.finding import upsert
from storage.opening import opened
from storage.vault import Vault

_WAITING = (State.PROPOSED.value, State.HELD.value)
_revisions = tables.revisions


@dataclass(frozen=True, slots=True)
class SqlEntries:
    """Fulfils ``Entries``. Persons come back without their locale, which is not kept."""

    connection: AsyncConnection
    vault: Vault

    async def version(self) -> int:
        """See the port."""
        table = tables.counters
        found = await self.connection.execute(select(table.c.value).where(table.c.name == "entries"))
        return found.scalar_one_or_none() or 0

    async def current(self, team: str) -> Sequence[Revision]:
        """See the port; by entry id."""
        newest = (
            select(_revisions.c.entry_id, func.max(_revisions.c.number).label("number"))
            .where(_revisions.c.team == team, _revisions.c.state == State.APPROVED.value)
            .group_by(_revisions.c.entry_id)
            .subquery()
        )
        holds = and_(_revisions.c.entry_id == newest.c.entry_id, _revisions.c.number == newest.c.number)
        found = await self.connection.execute(
            select(_revisions).join(newest, holds).where(_revisions.c.team == team).order_by(_revisions.c.entry_id)
        )
        return await opened(found, self._revision)

    async def history(self, team: str, entry_id: str) -> Sequence[Revision]:
        """See the port."""
        found = await self.connection.execute(
            select(_revisions).where(of_entry(team, entry_id)).order_by(_revisions.c.number.desc())
        )
        return await opened(found, self._revision)

    async def waiting(self, team: str) -> Sequence[Revision]:
        """See the port."""
        found = await self.connection.execute(
            select(_revisions)
            .where(_revisions.c.team == team, _revisions.c.state.in_(_WAITING))
            .order_by(_revisions.c.at, _revisions.c.entry_id, _revisions.c.number)
        )
        return await opened(found, self._revision)

    async def add(self, revision: Revision) -> Revision:
        """See the port."""
        await count_change(self.connection)
        number = await next_number(self.connection, revision.team, revision.entry.id)
        row_id = secrets.token_hex(16)
        await self.connection.execute(
            insert(_revisions).values(
                id=row_id,
                team=revision.team,
                entry_id=revision.entry.id,
                number=number,
                kind=revision.kind.value,
                state=revision.state.value,
                shown=revision.shown,
                based_on=revision.based_on,
                at=revision.at,
                digest=revision.digest,
                document=write_record(revision.entry),
                author=self._seal(revision.author, row_id, "author"),
                decided_by=self._seal(revision.decided_by, row_id, "decided_by"),
                decided_at=revision.decided_at,
            )
        )
        return replace(revision, number=number, id=row_id)

    async def hold(self) -> None:
        """See the port."""
        await count_change(self.connection)

    async def decide(self, revision: Revision, state: State) -> bool:
        """See the port."""
        await count_change(self.connection)
        team, entry_id = revision.team, revision.entry.id
        found = await self.connection.execute(
            select(_revisions.c.id).where(
                of_entry(team, entry_id),
                _revisions.c.number == revision.number,
                _revisions.c.state.in_(_WAITING),
            )
        )
        row_id = found.scalar_one_or_none()
        if row_id is None:
            return False
        approved = state is State.APPROVED
        number = await next_number(self.connection, team, entry_id) if approved else revision.number
        await self.connection.execute(
            update(_revisions)
            .where(_revisions.c.id == row_id)
            .values(
                number=number,
                state=state.value,
                decided_by=self._seal(revision.decided_by, row_id, "decided_by"),
                decided_at=revision.decided_at,
            )
        )
        return True

    def _revision(self, row: Row[Any]) -> Revision:
        return Revision(
            row.team,
            row.number,
            Kind(row.kind),
            State(row.state),
            read_record(Entry, row.document),
            row.at,
            row.shown,
            self._open(row.author, row.id, "author"),
            self._open(row.decided_by, row.id, "decided_by"),
            row.decided_at,
            row.based_on,
            row.digest,
            row.id,
        )

    def _seal(self, person: Person | None, row_id: str, role: str) -> bytes | None:
        return seal_moderator(self.vault, person, f"revisions/{row_id}/{role}")

    def _open(self, sealed: bytes | None, row_id: str, role: str) -> Person | None:
        return open_moderator(self.vault, sealed, f"revisions/{row_id}/{role}")


def of_entry(team: str, entry_id: str) -> ColumnElement[bool]:
    """The revisions of one entry in one team."""
    return and_(_revisions.c.team == team, _revisions.c.entry_id == entry_id)


async def count_change(connection: AsyncConnection) -> None:
    """Count a change of entries.

    The counter's row is held until the unit of work ends, so changes happen one after the other, and a number that is
    read after this is nobody else's.
    """
    table = tables.counters
    row = upsert(connection, table).values(name="entries", value=1)
    await connection.execute(
        row.on_conflict_do_update(index_elements=[table.c.name], set_={"value": table.c.value + 1})
    )


async def next_number(connection: AsyncConnection, team: str, entry_id: str) -> int:
    """The number of an entry's next revision in a team."""
    found = await connection.execute(select(func.max(_revisions.c.number)).where(of_entry(team, entry_id)))
    return (found.scalar_one() or 0) + 1


async def approved_number(connection: AsyncConnection, team: str, entry_id: str) -> int | None:
    """The number of the revision that holds."""
    found = await connection.execute(
        select(func.max(_revisions.c.number)).where(
            of_entry(team, entry_id), _revisions.c.state == State.APPROVED.value
        )
    )
    return found.scalar_one()
