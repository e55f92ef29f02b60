"""Forgetting people by the keyed hashes of their accounts, in every table that is not a member's own."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.moderation.flag import FORGOTTEN
from storage import tables
from storage.documents import StoredDeed, open_record, seal_record
from storage.finding import account_digest, holding
from storage.flags import forget_in_flags
from storage.moderation import SqlWatches
from storage.vault import Vault


async def forget_accounts(connection: AsyncConnection, vault: Vault, digests: Sequence[bytes], now: datetime) -> None:
    """Erase what is kept about the persons of these accounts; what they did as moderators stays, without who."""
    for table in (tables.opt_outs, tables.open_chats, tables.pauses):
        await connection.execute(delete(table).where(table.c.digest.in_(digests)))
    asked = tables.questions
    await connection.execute(
        update(asked).where(asked.c.asker_digest.in_(digests)).values(asker=None, asker_digest=None)
    )
    await forget_in_flags(connection, vault, digests, now)
    await _forget_in_deeds(connection, vault, digests)
    await _take_off_duty(connection, vault, digests)


async def _forget_in_deeds(connection: AsyncConnection, vault: Vault, digests: Sequence[bytes]) -> None:
    table = tables.deeds
    theirs = select(table).where(table.c.by.in_(digests)).order_by(table.c.id)
    found = await connection.execute(holding(connection, theirs))
    for row in found.all():
        kept = open_record(vault, StoredDeed, row.sealed, f"deeds/{row.id}")
        sealed = seal_record(vault, replace(kept, by=FORGOTTEN), f"deeds/{row.id}")
        await connection.execute(update(table).where(table.c.id == row.id).values(by=None, sealed=sealed))


async def _take_off_duty(connection: AsyncConnection, vault: Vault, digests: Sequence[bytes]) -> None:
    watches = SqlWatches(connection, vault)
    for watched in await watches.hold_all():
        people = tuple(one for one in watched.duty.people if account_digest(vault, one) not in digests)
        if people != watched.duty.people:
            await watches.save(replace(watched, duty=replace(watched.duty, people=people)))
