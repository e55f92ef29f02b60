"""Communities and the record of deeds on SQL. The contracts are in ``bot.moderation.ports``."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Place
from bot.moderation.flag import Deed
from bot.moderation.policy import Watched
from storage import tables
from storage.documents import StoredDeed, open_record, seal_record
from storage.finding import account_digest, community_digest, holding, place_digest, upsert
from storage.vault import Vault

_watches = tables.watches


@dataclass(frozen=True, slots=True)
class SqlWatches:
    """Fulfils ``Watches``."""

    connection: AsyncConnection
    vault: Vault

    async def find(self, place: Place) -> Watched | None:
        """See the port."""
        return await self._one(_watches.c.community == community_digest(self.vault, place))

    async def get(self, chat_id: str) -> Watched | None:
        """See the port."""
        return await self._one(_watches.c.chat_id == chat_id, held=True)

    async def of_desk(self, place: Place) -> Sequence[Watched]:
        """See the port; oldest first."""
        return await self._several(_watches.c.desk == place_digest(self.vault, place))

    async def add(self, watched: Watched) -> bool:
        """See the port. False also where its community has another one."""
        row = upsert(self.connection, _watches).values(chat_id=watched.chat_id, **self._values(watched))
        added = await self.connection.execute(row.on_conflict_do_nothing().returning(_watches.c.chat_id))
        return added.one_or_none() is not None

    async def save(self, watched: Watched) -> None:
        """See the port.

        Raises:
            StorageError: another one has the same community; the database refuses a second.
        """
        values = self._values(watched)
        row = upsert(self.connection, _watches).values(chat_id=watched.chat_id, **values)
        await self.connection.execute(row.on_conflict_do_update(index_elements=[_watches.c.chat_id], set_=values))

    async def all(self) -> Sequence[Watched]:
        """See the port."""
        return await self._several()

    async def hold_all(self) -> Sequence[Watched]:
        """Every one; held."""
        return await self._several(held=True)

    async def drop(self, chat_id: str) -> None:
        """Erase the one of a chat."""
        await self.connection.execute(delete(_watches).where(_watches.c.chat_id == chat_id))

    def _values(self, watched: Watched) -> dict[str, Any]:
        return {
            "community": community_digest(self.vault, watched.place),
            "desk": watched.desk and place_digest(self.vault, watched.desk),
            "since": watched.since,
            "sealed": seal_record(self.vault, watched, f"watches/{watched.chat_id}"),
        }

    async def _one(self, which: ColumnElement[bool], *, held: bool = False) -> Watched | None:
        return next(iter(await self._several(which, held=held)), None)

    async def _several(self, *which: ColumnElement[bool], held: bool = False) -> Sequence[Watched]:
        rows = select(_watches).where(*which).order_by(_watches.c.since, _watches.c.chat_id)
        found = await self.connection.execute(holding(self.connection, rows) if held else rows)
        return tuple(open_record(self.vault, Watched, row.sealed, f"watches/{row.chat_id}") for row in found)


@dataclass(frozen=True, slots=True)
class SqlDeeds:
    """Fulfils ``Deeds``."""

    connection: AsyncConnection
    vault: Vault

    async def add(self, deed: Deed) -> None:
        """See the port."""
        row_id = secrets.token_hex(16)
        await self.connection.execute(
            insert(tables.deeds).values(
                id=row_id,
                chat_id=deed.chat_id,
                flag_id=deed.flag_id,
                what=deed.what,
                at=deed.at,
                by=deed.by and account_digest(self.vault, deed.by),
                sealed=seal_record(self.vault, StoredDeed(deed.by, deed.detail), f"deeds/{row_id}"),
            )
        )

    async def of(self, chat_id: str, limit: int) -> Sequence[Deed]:
        """See the port."""
        table = tables.deeds
        found = await self.connection.execute(
            select(table)
            .where(table.c.chat_id == chat_id)
            .order_by(table.c.at.desc(), table.c.number.desc())
            .limit(limit)
        )
        return tuple(self._deed(row) for row in found)

    def _deed(self, row: Row[Any]) -> Deed:
        kept = open_record(self.vault, StoredDeed, row.sealed, f"deeds/{row.id}")
        return Deed(row.chat_id, row.flag_id, row.what, row.at, kept.by, kept.detail)


async def give_watch(connection: AsyncConnection, vault: Vault, chat_id: str, to: str) -> None:
    """Let a chat have what another one has set up, unless it has its own; that of the other is erased."""
    watches = SqlWatches(connection, vault)
    theirs, own = await watches.get(chat_id), await watches.get(to)
    await watches.drop(chat_id)
    if theirs and not own:
        await watches.save(replace(theirs, chat_id=to))


async def move_watches(connection: AsyncConnection, vault: Vault, place: Place, to: Place) -> None:
    """Let what is set up for a group, or has it as its moderators' chat, be so for the place it has become."""
    watches = SqlWatches(connection, vault)
    for watched in await watches.hold_all():
        moved = watched
        if _same(watched.place, place):
            moved = replace(moved, place=to)
        if watched.desk and _same(watched.desk, place):
            # What was lost there, or counted on in a message, was so in the old one.
            moved = replace(moved, desk=to, desk_lost_at=None, more=None)
        if moved != watched:
            await watches.save(moved)


def _same(one: Place, other: Place) -> bool:
    return (one.platform, one.id) == (other.platform, other.id)
