"""People whom moderation knows, members or not, on SQL. The contract is in ``bot.moderation.ports``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Table, delete, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person
from storage import tables
from storage.finding import account_digest, upsert
from storage.forgetting import forget_accounts
from storage.members import SqlDrafts
from storage.vault import Vault


@dataclass(frozen=True, slots=True)
class SqlPeople:
    """Fulfils ``People``. What is known of somebody is a row; of whom nothing is known there is none."""

    connection: AsyncConnection
    vault: Vault

    async def opted_out(self, person: Person) -> bool:
        """See the port."""
        return await self._has(tables.opt_outs, person)

    async def opt_out(self, person: Person, now: datetime) -> None:
        """See the port."""
        await self._put(tables.opt_outs, person, now)

    async def opt_in(self, person: Person) -> None:
        """See the port."""
        await self._drop(tables.opt_outs, person)

    async def is_open(self, person: Person) -> bool:
        """See the port."""
        return await self._has(tables.open_chats, person)

    async def note_open(self, person: Person, now: datetime, *, is_open: bool) -> None:
        """See the port."""
        if await self.is_open(person) == is_open:
            return
        if is_open:
            await self._put(tables.open_chats, person, now)
        else:
            await self._drop(tables.open_chats, person)

    async def claim(self, person: Person, chat_id: str, what: str, now: datetime, pause: timedelta) -> bool:
        """See the port."""
        table = tables.pauses
        key = {"digest": account_digest(self.vault, person), "chat_id": chat_id, "what": what}
        row = upsert(self.connection, table).values(**key, at=now, until=now + pause)
        taken = await self.connection.execute(
            row.on_conflict_do_update(
                index_elements=[table.c.digest, table.c.chat_id, table.c.what],
                set_={"at": row.excluded.at, "until": row.excluded.until},
                where=table.c.at <= now - pause,
            ).returning(table.c.what)
        )
        return taken.one_or_none() is not None

    async def release(self, person: Person, chat_id: str, what: str) -> None:
        """See the port."""
        table, digest = tables.pauses, account_digest(self.vault, person)
        await self.connection.execute(
            delete(table).where(table.c.digest == digest, table.c.chat_id == chat_id, table.c.what == what)
        )

    async def holds(self, person: Person) -> bool:
        """See the port."""
        kept = (
            tables.opt_outs.c.digest,
            tables.pauses.c.digest,
            tables.flag_people.c.digest,
            tables.deeds.c.by,
            tables.questions.c.asker_digest,
        )
        digest = account_digest(self.vault, person)
        return bool(await self.connection.scalar(select(or_(*(exists().where(each == digest) for each in kept)))))

    async def forget(self, person: Person, now: datetime) -> None:
        """See the port. What they were typing goes as well, and a question that they asked stays without them."""
        await forget_accounts(self.connection, self.vault, [account_digest(self.vault, person)], now)
        await SqlDrafts(self.connection, self.vault).drop(person)

    async def purge(self, now: datetime) -> None:
        """See the port."""
        await self.connection.execute(delete(tables.pauses).where(tables.pauses.c.until <= now))

    async def _has(self, table: Table, person: Person) -> bool:
        found = await self.connection.execute(
            select(table.c.digest).where(table.c.digest == account_digest(self.vault, person))
        )
        return found.one_or_none() is not None

    async def _put(self, table: Table, person: Person, now: datetime) -> None:
        row = upsert(self.connection, table).values(digest=account_digest(self.vault, person), at=now)
        await self.connection.execute(row.on_conflict_do_nothing())

    async def _drop(self, table: Table, person: Person) -> None:
        await self.connection.execute(delete(table).where(table.c.digest == account_digest(self.vault, person)))
