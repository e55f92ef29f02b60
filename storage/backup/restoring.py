"""Bringing a backup back, into a database in which nothing has happened yet.

All of it is one transaction: afterwards the database holds the whole backup, or what it held before. A backup of an
earlier schema comes into tables of that schema, which are then brought up to date as any older database is.

**Reminders.** Nobody knows what the bot has sent since the backup was made. A reminder that was due by now, or was
being sent, may have gone out, just as after a crash, and is treated in the same way: a check or an infusion day goes
out once more and says that it is a repeat, since a repeat is better than a miss; any other ends as in doubt, with the
reason "restored", and the person hears of it at the next contact. What is due later is sent as planned.
"""

import asyncio
import stat
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import (
    Integer,
    MetaData,
    Table,
    and_,
    case,
    column,
    false,
    func,
    insert,
    or_,
    select,
    text,
    true,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import DropTable

from bot.crew import Crew, Role
from bot.errors import StorageError, WrongKeyError
from bot.faq.revision import EVERYWHERE
from bot.faq.revision import Kind as Deed
from bot.reminders.reminder import MOST_REPEATS, Status
from storage import tables
from storage.backup.errors import BackupError, FileError
from storage.backup.lines import STOPPED, Checked, check, pages
from storage.backup.schemas import VERSIONS, StoredTable, is_known, revision_of, tables_of
from storage.migrating import upgrade
from storage.store import BUSY_SECONDS, HEAD, SqlWork, preparing
from storage.vault import Vault

_RUNNING = (
    "The bot runs on this database, or was stopped by force less than a minute ago: stop it, wait a minute, and try "
    "again. Nothing was restored."
)
_NOT_EMPTY = (
    "The database is not empty: a backup comes only into one in which the bot has met nobody yet. Let DATABASE_URL "
    "name a new one. Nothing was restored."
)
_WRONG_KEY = (
    "The key does not open what the backup holds: put the key of the bot that was backed up in its place (KEY_FILE or "
    "DATA_KEY). Nothing was restored."
)
_TOO_NEW = "The database belongs to a newer version of this program. Nothing was restored."

# What a database has that was started once, and what only processes use.
_OF_A_START = ("facts", "revisions", "counters", "leases", "holds")


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back: how many rows, of which moment (aware UTC) and revision, and what became of reminders."""

    rows: int
    at: datetime
    schema: str
    repeated: int
    in_doubt: int


async def restore(
    engine: AsyncEngine, vault: Vault, path: Path, now: datetime, stopped: asyncio.Event | None = None
) -> Restored:
    """Bring a backup back into an empty database; one that was started but never used counts as empty.

    ``stopped`` ends it early.

    Raises:
        BackupError: the file is no whole backup, the key is not its key, the database is not empty or in use, or
            it was stopped.
        StorageError: the database cannot be written.
    """
    try:
        file = _open(path)
    except (OSError, ValueError) as error:
        raise FileError(f"{str(path)!r} cannot be read: name the file of a backup.") from error
    with file:
        # A large file takes minutes, in which a signal is heard.
        checked = await asyncio.to_thread(check, file, stopped)
        try:
            vault.open(checked.key, "facts/key")
        except WrongKeyError as error:
            raise BackupError(_WRONG_KEY) from error
        try:
            async with preparing(engine), engine.begin() as connection:
                await _make_room(connection, vault, now)
                await _load(connection, file, checked, stopped)
                repeated, in_doubt = await _put_in_doubt(connection, now)
        except (SQLAlchemyError, OSError) as error:
            raise StorageError(type(error).__name__) from error
    return Restored(checked.rows, checked.head.at, checked.head.schema, repeated, in_doubt)


def _open(path: Path) -> BinaryIO:
    # Opening a pipe would wait for whoever writes into it, and what comes through cannot be read twice.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError
    return path.open("rb")


async def _make_room(connection: AsyncConnection, vault: Vault, now: datetime) -> None:
    """Drop the tables of a database that is empty and in nobody's use."""
    schema = await connection.run_sync(revision_of)
    if schema is None:
        return
    if not is_known(schema):
        raise BackupError(_TOO_NEW)
    found = tables_of(schema)
    if connection.dialect.name == "postgresql":
        # From here on nobody can join; SQLite has one writer at a time, who is us.
        await connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
        await connection.execute(text(f"LOCK TABLE {', '.join(each.name for each in found)} IN ACCESS EXCLUSIVE MODE"))
    if any(each.name == tables.leases.name for each in found) and await _is_run(connection, vault, now):
        raise BackupError(_RUNNING)
    if await _is_used(connection, found):
        raise BackupError(_NOT_EMPTY)
    for name in (*(each.name for each in reversed(found)), VERSIONS):
        await connection.execute(DropTable(Table(name, MetaData())))


async def _is_run(connection: AsyncConnection, vault: Vault, now: datetime) -> bool:
    work = SqlWork(connection, vault)

    @asynccontextmanager
    async def open_work() -> AsyncGenerator[SqlWork]:
        yield work

    crew = Crew(open_work, _At(now), Role.WORKER)
    return set(await crew.alive(work)) != {crew.id}


@dataclass(frozen=True, slots=True)
class _At:
    """Fulfils ``Clock``: stands at one moment."""

    at: datetime

    def now(self) -> datetime:
        return self.at


async def _is_used(connection: AsyncConnection, found: Sequence[StoredTable]) -> bool:
    """Whether there is anything but the answers that come with the program, and the value that tells the key."""
    ours = {
        "facts": column("name") != "key",
        "revisions": or_(column("kind") != Deed.FILE.value, column("team") != EVERYWHERE),
    }
    for each in found:
        if each.name in _OF_A_START and each.name not in ours:
            continue
        others = ours.get(each.name, true())
        row = await connection.execute(select(text("1")).select_from(each.clause()).where(others).limit(1))
        if row.one_or_none() is not None:
            return True
    return False


async def _load(connection: AsyncConnection, file: BinaryIO, checked: Checked, stopped: asyncio.Event | None) -> None:
    """Make the tables of the backup's revision, fill them, and bring them up to date."""
    await connection.run_sync(upgrade, checked.head.schema)
    # The file is read anew, and checked anew: the transaction ends well only if it is still whole.
    for table, page in pages(file):
        if stopped is not None and stopped.is_set():
            raise BackupError(STOPPED)
        await connection.execute(insert(table.clause()), page)
    await connection.run_sync(upgrade, HEAD)
    if connection.dialect.name == "postgresql":
        await _count_on(connection)
        # Without statistics, finding what is due costs as much as all that is stored.
        await connection.execute(text("ANALYZE"))


async def _count_on(connection: AsyncConnection) -> None:
    """Let what counts up go on after the rows that came back; SQLite does so by itself."""
    for table in tables.metadata.sorted_tables:
        for each in table.primary_key:
            if not isinstance(each.type, Integer):
                continue
            sequence = func.pg_get_serial_sequence(table.name, each.name)
            last = select(func.max(each)).scalar_subquery()
            await connection.execute(select(func.setval(sequence, last)).where(last.is_not(None)))


async def _put_in_doubt(connection: AsyncConnection, now: datetime) -> tuple[int, int]:
    """Treat what may have been sent since the backup as after a crash; how many go out again, and how many do not."""
    table = tables.reminders
    begun = table.c.status.in_((Status.CLAIMED.value, Status.SENDING.value))
    due = and_(table.c.status == Status.PENDING.value, table.c.next_attempt_at <= now)
    counted = case((table.c.status == Status.SENDING.value, table.c.attempts), else_=table.c.attempts + 1)
    tries = case((table.c.repeat, counted), else_=1)
    again = and_(table.c.repeated, tries <= MOST_REPEATS)
    values = {"claim_token": None, "lease_until": None, "reason": "restored"}
    # Those that end come first: the others are pending afterwards, and due, as if they still had to be looked at.
    ended = await connection.execute(
        update(table)
        .where(or_(begun, due), ~again)
        .values(status=Status.IN_DOUBT.value, finished_at=now, told=false(), **values)
    )
    repeated = await connection.execute(
        update(table).where(or_(begun, due)).values(status=Status.PENDING.value, repeat=True, attempts=tries, **values)
    )
    return repeated.rowcount, ended.rowcount
