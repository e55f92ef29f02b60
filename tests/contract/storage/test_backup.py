"""A backup holds what the database held at one moment, and comes back on either database."""

import asyncio
import gzip
import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, text, update

import builders
from bot.crew import LEASE, Lease, this_host
from bot.faq.revision import Chat
from builders import NOW
from contract.storage.filled import counts, fill, lacking, rows, start, take, unchanged
from contract.storage.moderated import add, deed, flag
from storage import tables
from storage.backup import BackupError, restore, save
from storage.backup.lines import pages
from storage.store import HEAD, Store, migrate


def size_of(path: Path) -> int:
    return path.stat().st_size


def packed_in(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def rows_in(path: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    with path.open("rb") as file:
        for table, page in pages(file):
            found[table.name] += page
    return found


async def test_every_row_of_every_table_comes_back_on_either_database(
    empty_url: str, sqlite_url: str, postgres_url: str, path: Path
) -> None:
    async with builders.open_store(empty_url) as source:
        held = await fill(source)
        saved = await save(source.engine, path, NOW)
    assert lacking([name for name, found in held.items() if len(found) > 1]) == []
    assert (saved.rows, saved.schema, saved.size) == (sum(map(len, held.values())), HEAD, size_of(path))
    for url in (sqlite_url, postgres_url):
        async with builders.open_store(url) as target:
            await take(target, path)
            assert await rows(target) == held


@pytest.mark.parametrize("revision", ["0001", "0002", "0003"])
async def test_what_an_earlier_schema_held_comes_back_in_the_newest(
    sqlite_url: str, postgres_url: str, path: Path, revision: str
) -> None:
    older = f"sqlite:///{path.parent}/older.db"
    async with builders.open_store(older) as source:
        held = await fill(source, revision)
        await save(source.engine, path, NOW)
    for url in (sqlite_url, postgres_url):
        async with builders.open_store(url) as target:
            restored = await restore(target.engine, target.vault, path, NOW)
            assert (restored.schema, restored.at) == (revision, NOW)
            assert await rows(target, revision) == held
            assert not await migrate(target.engine)


async def test_the_bot_goes_on_where_the_backup_was_made(source: Store, target: Store, path: Path) -> None:
    who, has = builders.member(), builders.course()
    chats = [Chat(name * 8, "team", builders.group(name), offers=True) for name in "ab"]
    async with source.work() as work:
        await builders.join(work, who, has=has)
        await work.chats.add(chats[0])
        await work.deeds.add(deed("first"))
        await add(work, flag())
        planned = await work.reminders.of(who.id)
        await work.commit()
    await save(source.engine, path, NOW)
    await take(target, path)
    await start(target)
    async with target.work() as work:
        assert await work.members.find(builders.person()) == who
        assert await work.courses.load(who.id) == has
        assert await work.reminders.of(who.id) == planned
        assert await work.flags.get(flag().id) == flag()
        # What counts up goes on after the rows that came back.
        await work.chats.add(chats[1])
        await work.deeds.add(deed("second"))
        assert await work.chats.all() == tuple(chats)
        assert [each.what for each in await work.deeds.of(deed().chat_id, 9)] == ["second", "first"]


async def test_a_database_that_was_started_and_never_used_is_replaced(backup: Path, started: Store) -> None:
    async with started.work() as work:
        await work.holds.hold("telegram", NOW + LEASE, NOW)
        await work.commit()
    await take(started, backup)
    assert await counts(started) == {"facts": 1, "members": 1, "accounts": 1, "consents": 1}


async def test_an_older_database_that_was_never_used_is_replaced(backup: Path, target: Store) -> None:
    await fill(target, "0001")
    async with target.work() as work:
        for name in ("accounts", "consents", "courses", "drafts", "reminders", "members"):
            await work.connection.execute(delete(tables.metadata.tables[name]))
        await work.connection.execute(text("DELETE FROM facts WHERE name <> 'key'"))
        await work.commit()
    await take(target, backup)
    assert (await counts(target))["members"] == 1


async def test_a_backup_is_of_one_moment_and_keeps_nobody_waiting(source: Store, path: Path) -> None:
    """Of two numbers, in the first table that is read and nearly the last, the sum is always the same."""
    ahead, behind = tables.chats, tables.votes
    async with source.work() as work:
        await work.chats.add(Chat("a" * 8, "0", builders.group()))
        await work.connection.execute(insert(behind).values(team="0", entry_id="x", helpful=0, unhelpful=0))
        await work.connection.execute(
            insert(tables.counters), [{"name": f"{number}", "value": 0} for number in range(1000)]
        )
        await work.commit()
    done, committed = asyncio.Event(), 0

    async def write() -> None:
        nonlocal committed
        while not done.is_set():
            async with source.work() as work:
                await work.connection.execute(update(ahead).values(team=str(-committed - 1)))
                await work.connection.execute(update(behind).values(helpful=committed + 1))
                await work.commit()
            committed += 1

    writing = asyncio.create_task(write())
    meanwhile = number = 0
    while not meanwhile:
        before, number = committed, number + 1
        path = path.with_name(f"{number}.gz")
        await save(source.engine, path, NOW)
        meanwhile = committed - before
    done.set()
    await writing
    held = rows_in(path)
    assert int(held["chats"][0]["team"]) + held["votes"][0]["helpful"] == 0


def _lease(**chosen: object) -> Lease:
    return replace(Lease("process/all/0badcafe", "0badcafe", "another", 1, NOW + LEASE), **chosen)


async def _hold(store: Store, *leases: Lease) -> None:
    async with store.work() as work:
        for lease in leases:
            await work.leases.take(lease, NOW - LEASE)
        await work.commit()


async def test_nothing_is_restored_under_a_process_that_runs(backup: Path, started: Store) -> None:
    for lease in (_lease(), _lease(host=this_host(), pid=os.getppid())):
        await _hold(started, lease)
        async with unchanged(started):
            with pytest.raises(BackupError, match="runs on this database"):
                await restore(started.engine, started.vault, backup, NOW)
        async with started.work() as work:
            assert await work.leases.all() == (lease,)
            await work.leases.drop(lease.holder)
            await work.commit()


async def test_a_process_that_is_dead_does_not_stand_in_the_way(backup: Path, started: Store) -> None:
    await _hold(started, _lease(until=NOW), _lease(name="telegram", host=this_host(), pid=os.getpid()))
    await restore(started.engine, started.vault, backup, NOW)
    assert (await counts(started))["members"] == 1
    async with started.work() as work:
        assert await work.leases.all() == ()


async def test_leases_are_not_in_a_backup(source: Store, path: Path) -> None:
    await _hold(source, _lease())
    await save(source.engine, path, NOW)
    assert list(rows_in(path)) == ["facts"]
    assert b"0badcafe" not in packed_in(path)
