"""What the tests of backups are made of: a database with something in every column of every table, and the way back."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import func, insert, select

import builders
from bot.faq.entry import Entry
from bot.faq.files import FOLDER, read_folder
from bot.faq.seeding import seed
from builders import NOW
from storage.backup import restore
from storage.backup.schemas import StoredTable, stored_tables
from storage.backup.values import Kind
from storage.migrating import upgrade
from storage.store import HEAD, Store, migrate

MANY = 1203
"""Rows of one table: more than are read or written at a time."""

Rows = dict[str, list[tuple[Any, ...]]]

# What a constraint allows, and what restoring leaves alone.
_CHOSEN = {
    ("reminders", "status"): "sent",
    ("revisions", "state"): "approved",
    ("flags", "state"): "open",
    ("flag_people", "role"): "author",
}
_EMPTY_IN_THE_SECOND = {"reason", "withdrawn_at", "asker", "message", "place", "desk", "by", "lease_until", "look_at"}


async def take(store: Store, path: Path) -> None:
    """Restore, where nothing about reminders is to change."""
    await restore(store.engine, store.vault, path, NOW - timedelta(days=999))


@lru_cache
def answers() -> Sequence[Entry]:
    """Some of the answers that come with the program."""
    return tuple(read_folder(FOLDER)[:3])


async def start(store: Store) -> None:
    """What the bot does with a database at each start."""
    await migrate(store.engine)
    await store.check_key()
    async with store.work() as work:
        await seed(work, answers(), NOW)
        await work.commit()


@asynccontextmanager
async def unchanged(store: Store) -> AsyncIterator[None]:
    """Nothing happens to a database that was started."""
    await start(store)
    before = await rows(store)
    yield
    assert await rows(store) == before


def write(path: Path, whole: bytes) -> None:
    """Let this be the file."""
    path.write_bytes(whole)


async def fill(store: Store, revision: str = HEAD) -> Rows:
    """Make the tables of a revision in an empty database, and two rows or more in each; return them."""
    async with store.engine.begin() as connection:
        await connection.run_sync(upgrade, revision)
        for table in stored_tables(revision):
            await connection.execute(insert(table.clause()), list(_rows(table)))
    await store.check_key()
    return await rows(store, revision)


async def rows(store: Store, revision: str = HEAD) -> Rows:
    """Everything that is backed up, in an order that is the same everywhere."""
    found: Rows = {}
    async with store.work() as work:
        for table in stored_tables(revision):
            held = await work.connection.execute(select(table.clause()))
            found[table.name] = sorted((tuple(row) for row in held), key=repr)
    return found


async def counts(store: Store, revision: str = HEAD) -> dict[str, int]:
    """How many rows each table has, the empty ones left out."""
    async with store.work() as work:
        found = {
            table.name: (await work.connection.execute(select(func.count()).select_from(table.clause()))).scalar_one()
            for table in stored_tables(revision)
        }
    return {name: count for name, count in found.items() if count}


def _rows(table: StoredTable) -> Iterator[dict[str, object]]:
    for number in range(1, MANY if table.name == "counters" else 3):
        yield {name: _value(table.name, name, kind, number) for name, kind in table.columns.items()}


def _value(table: str, name: str, kind: Kind, number: int) -> object:
    if (table, name) in _CHOSEN:
        return _CHOSEN[table, name]
    if name == "member_id" or (table, name) == ("members", "id"):
        return (builders.ANNA, builders.BEN)[number - 1]
    if name in _EMPTY_IN_THE_SECOND and number % 2 == 0 and (table, name) != ("courses", "sealed"):
        return None
    return {
        Kind.TEXT: f'{number}"\n\u00e4\U0001f4a7',
        Kind.BYTES: number.to_bytes(2, "big") + b"\0\xff\n" * 9,
        Kind.MOMENT: NOW + timedelta(days=number, microseconds=number),
        Kind.INTEGER: 40 + number,
        Kind.FLOAT: 0.1 + 0.2 * number,
        Kind.BOOLEAN: number % 2 == 0,
    }[kind]


def lacking(found: Sequence[str]) -> list[str]:
    """The tables of the newest revision that are not among these."""
    return sorted({table.name for table in stored_tables(HEAD)} - set(found))
