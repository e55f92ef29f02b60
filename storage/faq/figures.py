"""Counts, and where answers stood, on SQL. The contract is in ``bot.faq.ports``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Place
from bot.faq.revision import EVERYWHERE, Shown
from storage import tables
from storage.documents import open_record, seal_record
from storage.finding import community_digest, place_digest, upsert
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class SqlFigures:
    """Fulfils ``Figures``."""

    connection: AsyncConnection
    vault: Vault

    async def vote(self, team: str, entry_id: str, *, helpful: bool) -> None:
        """See the port."""
        await add_votes(self.connection, team, entry_id, int(helpful), int(not helpful))

    async def votes(self, team: str) -> dict[str, tuple[int, int]]:
        """See the port."""
        table = tables.votes
        found = await self.connection.execute(select(table).where(table.c.team == team).order_by(table.c.entry_id))
        return {row.entry_id: (row.helpful, row.unhelpful) for row in found}

    async def stood(self, shown: Shown) -> None:
        """See the port."""
        table, digest = tables.shown, place_digest(self.vault, shown.place)
        row = upsert(self.connection, table).values(
            digest=digest,
            entry_id=shown.entry_id,
            community=community_digest(self.vault, shown.place),
            at=shown.at,
            sealed=seal_record(self.vault, shown.place, _bound_shown(digest, shown.entry_id)),
        )
        await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.entry_id],
                set_={"community": row.excluded.community, "at": row.excluded.at, "sealed": row.excluded.sealed},
                where=table.c.at < row.excluded.at,
            )
        )

    async def where_stood(self, team: str, entry_id: str, since: datetime) -> Sequence[Shown]:
        """See the port."""
        table, chats = tables.shown, tables.chats
        rows = select(table).where(table.c.entry_id == entry_id, table.c.at >= since)
        if team != EVERYWHERE:
            rows = rows.join(chats, chats.c.digest == table.c.community).where(chats.c.team == team)
        found = await self.connection.execute(rows.order_by(table.c.at, table.c.digest))
        return tuple(
            Shown(
                row.entry_id,
                open_record(self.vault, Place, row.sealed, _bound_shown(bytes(row.digest), row.entry_id)),
                row.at,
            )
            for row in found
        )

    async def claim_offer(self, place: Place, entry_id: str, now: datetime, pause: timedelta) -> bool:
        """See the port."""
        table = tables.offers
        row = upsert(self.connection, table).values(digest=place_digest(self.vault, place), entry_id=entry_id, at=now)
        taken = await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.entry_id],
                set_={"at": row.excluded.at},
                where=table.c.at <= now - pause,
            ).returning(table.c.entry_id)
        )
        return taken.one_or_none() is not None

    async def claim_notice(self, chat_id: str, what: str) -> bool:
        """See the port."""
        table = tables.notices
        row = upsert(self.connection, table).values(chat_id=chat_id, what=what)
        taken = await self.connection.execute(row.on_conflict_do_nothing().returning(table.c.chat_id))
        return taken.one_or_none() is not None


async def add_votes(connection: AsyncConnection, team: str, entry_id: str, helpful: int, unhelpful: int) -> None:
    """Count taps on an entry."""
    table = tables.votes
    row = upsert(connection, table).values(team=team, entry_id=entry_id, helpful=helpful, unhelpful=unhelpful)
    await connection.execute(
        row.on_conflict_do_update(
            index_elements=[table.c.team, table.c.entry_id],
            set_={"helpful": table.c.helpful + helpful, "unhelpful": table.c.unhelpful + unhelpful},
        )
    )


async def move_shown(connection: AsyncConnection, vault: Vault, place: Place, to: Place) -> None:
    """Let what stood or was offered in one place have been so in another; of two the later stays."""
    old, table = place_digest(vault, place), tables.shown
    stood = await connection.execute(delete(table).where(table.c.digest == old).returning(table))
    for row in stood.all():
        await SqlFigures(connection, vault).stood(Shown(row.entry_id, to, row.at))
    table = tables.offers
    offered = await connection.execute(delete(table).where(table.c.digest == old).returning(table))
    for row in offered.all():
        new = upsert(connection, table).values(digest=place_digest(vault, to), entry_id=row.entry_id, at=row.at)
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.entry_id],
                set_={"at": new.excluded.at},
                where=table.c.at < new.excluded.at,
            )
        )


def _bound_shown(digest: bytes, entry_id: str) -> str:
    return f"shown/{digest.hex()}/{entry_id}"
