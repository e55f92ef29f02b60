"""Chats and their settings on SQL. The contract is in ``bot.faq.ports``."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Place
from bot.faq.revision import EVERYWHERE, Chat, State
from storage import tables
from storage.documents import open_moderator, open_record, seal_moderator, seal_record
from storage.faq.entries import approved_number, count_change, next_number, of_entry
from storage.faq.figures import add_votes, move_shown
from storage.finding import community_digest, upsert
from storage.flags import move_flags
from storage.moderation import give_watch, move_watches
from storage.vault import Vault

_revisions = tables.revisions


@dataclass(frozen=True, slots=True)
class SqlChats:
    """Fulfils ``Chats``."""

    connection: AsyncConnection
    vault: Vault

    async def find(self, place: Place) -> Chat | None:
        """See the port."""
        return await self._one(tables.chats.c.digest == community_digest(self.vault, place))

    async def get(self, chat_id: str) -> Chat | None:
        """See the port."""
        return await self._one(tables.chats.c.id == chat_id)

    async def add(self, chat: Chat) -> bool:
        """See the port. False also where another place has its id."""
        table = tables.chats
        row = upsert(self.connection, table).values(id=chat.id, **self._values(chat))
        added = await self.connection.execute(row.on_conflict_do_nothing().returning(table.c.id))
        return added.one_or_none() is not None

    async def save(self, chat: Chat) -> None:
        """See the port.

        Raises:
            StorageError: another chat has the same community; the database refuses a second.
        """
        table, values = tables.chats, self._values(chat)
        changed = await self.connection.execute(update(table).where(table.c.id == chat.id).values(values))
        if changed.rowcount == 0:
            await self.connection.execute(insert(table).values(id=chat.id, **values))

    async def of_team(self, team: str) -> Sequence[Chat]:
        """See the port."""
        return await self._several(tables.chats.c.team == team)

    async def all(self) -> Sequence[Chat]:
        """See the port."""
        return await self._several()

    async def moved(self, place: Place, to: Place) -> None:
        """See the port. Flags, cards' desks and where answers stood go over as well, whether it was set up or not."""
        if place.community == to.community:
            return
        await move_flags(self.connection, self.vault, place, to)
        await move_shown(self.connection, self.vault, place, to)
        old, new = await self.find(place), await self.find(to)
        if old and new:
            await self._replace(new, old)
        await move_watches(self.connection, self.vault, place, to)
        if old:
            await self.save(replace(old, place=to))

    async def _replace(self, chat: Chat, by: Chat) -> None:
        """Let one chat take the place of another, which is erased; what came to that one is kept."""
        for table in (tables.flags, tables.deeds):
            await self.connection.execute(update(table).where(table.c.chat_id == chat.id).values(chat_id=by.id))
        await give_watch(self.connection, self.vault, chat.id, by.id)
        await self.connection.execute(delete(tables.chats).where(tables.chats.c.id == chat.id))
        if not await self.of_team(chat.team):
            table = tables.questions
            await self.connection.execute(update(table).where(table.c.team == chat.team).values(team=by.team))

    async def move_team(self, team: str, into: str, now: datetime) -> None:
        """See the port. Where answers stood goes over by itself, since it is found by the chats.

        Raises:
            ValueError: one of the two is ``EVERYWHERE``, which is no team to be moved.
        """
        if EVERYWHERE in (team, into):
            raise ValueError("the entries that hold for all are no team's")
        if team == into:
            return
        await count_change(self.connection)
        # Whoever moves a team must not get past a second moderator by that, whichever of the two asks for one.
        chats = tables.chats
        asks = select(chats.c.id).where(chats.c.team.in_((team, into)), chats.c.two_approve).limit(1)
        needs_two = (await self.connection.execute(asks)).scalar_one_or_none() is not None
        for table in (tables.chats, tables.questions):
            await self.connection.execute(update(table).where(table.c.team == team).values(team=into))
        await self._move_votes(team, into)
        found = await self.connection.execute(
            select(_revisions.c.entry_id).where(_revisions.c.team == team).distinct().order_by(_revisions.c.entry_id)
        )
        for entry_id in found.scalars().all():
            await self._move_entry(team, into, entry_id, now, needs_two=needs_two)

    async def _move_votes(self, team: str, into: str) -> None:
        table = tables.votes
        found = await self.connection.execute(delete(table).where(table.c.team == team).returning(table))
        for row in found.all():
            await add_votes(self.connection, into, row.entry_id, row.helpful, row.unhelpful)

    async def _move_entry(self, team: str, into: str, entry_id: str, now: datetime, *, needs_two: bool) -> None:
        waits = needs_two or await approved_number(self.connection, into, entry_id) is not None
        holds = await approved_number(self.connection, team, entry_id)
        # All numbers go up by the same, so that what each was based on can still be told.
        offset = await next_number(self.connection, into, entry_id) - 1
        found = await self.connection.execute(
            select(_revisions.c.id, _revisions.c.number, _revisions.c.state, _revisions.c.based_on).where(
                of_entry(team, entry_id)
            )
        )
        for row in found.all():
            values: dict[str, Any] = {"team": into, "number": row.number + offset}
            if row.based_on:
                values["based_on"] = row.based_on + offset
            if waits and row.state == State.APPROVED.value:
                latest = row.number == holds
                values["state"] = (State.PROPOSED if latest else State.REJECTED).value
                values |= {"decided_by": None, "decided_at": None if latest else now}
            await self.connection.execute(update(_revisions).where(_revisions.c.id == row.id).values(values))

    def _values(self, chat: Chat) -> dict[str, Any]:
        return {
            "team": chat.team,
            "digest": community_digest(self.vault, chat.place),
            "offers": chat.offers,
            "two_approve": chat.two_approve,
            "notices": chat.notices,
            "sealed": seal_record(self.vault, chat.place, f"chats/{chat.id}"),
            "lifted_by": seal_moderator(self.vault, chat.lifted_by, f"chats/{chat.id}/lifted_by"),
        }

    async def _one(self, which: ColumnElement[bool]) -> Chat | None:
        return next(iter(await self._several(which)), None)

    async def _several(self, *which: ColumnElement[bool]) -> Sequence[Chat]:
        table = tables.chats
        found = await self.connection.execute(select(table).where(*which).order_by(table.c.number))
        return tuple(
            Chat(
                row.id,
                row.team,
                open_record(self.vault, Place, row.sealed, f"chats/{row.id}"),
                row.offers,
                row.two_approve,
                row.notices,
                open_moderator(self.vault, row.lifted_by, f"chats/{row.id}/lifted_by"),
            )
            for row in found
        )
