"""Questions to the moderators on SQL. The contract is in ``bot.faq.ports``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person
from bot.faq.ports import KEPT_FOR
from bot.faq.revision import Asked
from storage import tables
from storage.documents import StoredAsker, open_record, seal_record
from storage.finding import account_digest
from storage.opening import opened
from storage.vault import Vault

OFFERS_KEPT_FOR = timedelta(days=1)
"""How long it is kept that an entry was offered in a chat; no pause between two offers can be longer."""


@dataclass(frozen=True, slots=True)
class SqlQuestions:
    """Fulfils ``Questions``. An asker comes back without their name, which is not kept."""

    connection: AsyncConnection
    vault: Vault

    async def add(self, question: Asked) -> None:
        """See the port."""
        bound, asker = f"questions/{question.id}", question.asker
        kept = asker and StoredAsker(asker.platform, asker.id, asker.locale)
        await self.connection.execute(
            insert(tables.questions).values(
                id=question.id,
                team=question.team,
                at=question.at,
                sealed=self.vault.seal(question.text.encode(), bound),
                asker=seal_record(self.vault, kept, f"{bound}/asker") if kept else None,
                asker_digest=account_digest(self.vault, asker) if asker else None,
            )
        )

    async def open(self, team: str, now: datetime) -> Sequence[Asked]:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(
            select(table).where(table.c.team == team, table.c.at >= now - KEPT_FOR).order_by(table.c.at, table.c.id)
        )
        return await opened(found, self._asked)

    async def has(self, question_id: str) -> bool:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(select(table.c.id).where(table.c.id == question_id))
        return found.scalar_one_or_none() is not None

    async def count(self, team: str) -> int:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(select(func.count()).select_from(table).where(table.c.team == team))
        return found.scalar_one()

    async def take(self, ids: Sequence[str]) -> Sequence[Asked]:
        """See the port."""
        table = tables.questions
        found = await self.connection.execute(delete(table).where(table.c.id.in_(ids)).returning(table))
        return tuple(sorted((self._asked(row) for row in found.all()), key=lambda asked: (asked.at, asked.id)))

    async def drop(self, ids: Sequence[str]) -> None:
        """See the port."""
        await self.connection.execute(delete(tables.questions).where(tables.questions.c.id.in_(ids)))

    async def purge(self, now: datetime) -> None:
        """See the port. That an entry was offered is kept for ``OFFERS_KEPT_FOR``."""
        ends = ((tables.questions, KEPT_FOR), (tables.shown, KEPT_FOR), (tables.offers, OFFERS_KEPT_FOR))
        for table, kept_for in ends:
            await self.connection.execute(delete(table).where(table.c.at < now - kept_for))

    def _asked(self, row: Row[Any]) -> Asked:
        text = self.vault.open(row.sealed, f"questions/{row.id}").decode()
        return Asked(row.id, row.team, text, row.at, self._asker(row.asker, row.id))

    def _asker(self, sealed: bytes | None, question_id: str) -> Person | None:
        if sealed is None:
            return None
        kept = open_record(self.vault, StoredAsker, sealed, f"questions/{question_id}/asker")
        return Person(kept.platform, kept.id, "", kept.locale)
