"""Very many members with a reminder each, written past the program's own statements, for the figures of delivery."""

import asyncio
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import cache

import asyncpg
from sqlalchemy import bindparam, insert
from sqlalchemy.dialects.sqlite import dialect

import builders
from bot.reminders.reminder import Kind
from builders import NOW
from storage import tables
from storage.documents import StoredOccurrence, seal_record
from storage.vault import Vault

_DIALECT = dialect(paramstyle="qmark")
_PAGE = 20_000
_HOUR = timedelta(hours=1)
_DAYS_AHEAD = 365
_SCATTERING = 7919  # a prime
_MEMBER = ("id", "active", "created_at", "sealed")
_REMINDER = (
    *("id", "member_id", "occurrence", "due_at", "next_attempt_at", "expires_at", "status", "attempts", "repeat"),
    *("repeated", "told", "sealed"),
)
_KEPT = StoredOccurrence(Kind.LAB.value, date(2026, 3, 10), 0, date(2026, 3, 10), 0)

Row = tuple[object, ...]


async def fill(sqlite_path: str, postgres_url: str, rows: int, due: int) -> None:
    """Write the same rows into both databases: ``due`` of them at one and the same moment, the others ahead of it."""
    sqlite = sqlite3.connect(sqlite_path, isolation_level=None, check_same_thread=False)
    for pragma in ("synchronous=OFF", "cache_size=-600000"):
        sqlite.execute(f"PRAGMA {pragma}")
    sqlite3.register_adapter(datetime, _plain)
    postgres = await asyncpg.connect(postgres_url)
    for members, reminders in _pages(rows, due):
        await asyncio.gather(asyncio.to_thread(_write, sqlite, members, reminders), _copy(postgres, members, reminders))
    sqlite.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite.close()
    # As it would do by itself within a minute or two.
    await postgres.execute("VACUUM ANALYZE")
    await postgres.close()


def _pages(rows: int, due: int) -> Iterator[tuple[list[Row], list[Row]]]:
    vault = Vault(builders.KEY)
    person = vault.seal(bytes(200), "members")
    for start in range(0, rows, _PAGE):
        members: list[Row] = []
        reminders: list[Row] = []
        for number in range(start, min(start + _PAGE, rows)):
            # In order, so that they are written fast; those that are due lie scattered among them.
            member_id, row_id = (f"{number:08x}{secrets.token_hex(12)}" for _each in range(2))
            is_due, occurrence = number * _SCATTERING % rows < due, secrets.token_bytes(16)
            at, expires_at = _moments(0 if is_due else 1 + number % (24 * _DAYS_AHEAD))
            sealed = seal_record(vault, _KEPT, f"reminders/{row_id}")
            members.append((member_id, True, NOW, person))
            planned = (row_id, member_id, occurrence, at, at, expires_at)
            reminders.append((*planned, "pending", 0, False, True, False, sealed))
        yield members, reminders


@cache
def _moments(hours: int) -> tuple[datetime, datetime]:
    return NOW + hours * _HOUR, NOW + (hours + 48) * _HOUR


@cache
def _plain(value: datetime) -> str:
    # As SQLAlchemy writes a moment to SQLite.
    return f"{value:%Y-%m-%d %H:%M:%S.%f}"


def _write(sqlite: sqlite3.Connection, members: Sequence[Row], reminders: Sequence[Row]) -> None:
    sqlite.execute("BEGIN")
    for table, names, rows in ((tables.members, _MEMBER, members), (tables.reminders, _REMINDER, reminders)):
        statement = insert(table).values({name: bindparam(name) for name in names})
        sqlite.executemany(str(statement.compile(dialect=_DIALECT)), rows)
    sqlite.execute("COMMIT")


async def _copy(postgres: asyncpg.Connection, members: Sequence[Row], reminders: Sequence[Row]) -> None:
    for table, names, rows in (("members", _MEMBER, members), ("reminders", _REMINDER, reminders)):
        await postgres.copy_records_to_table(table, records=rows, columns=names)
