"""What cannot be restored for sure is refused, and leaves everything as it was."""

import asyncio
import gzip
import io
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text

import builders
from bot.errors import StorageError
from bot.faq.revision import Chat
from bot.faq.seeding import take_in
from builders import KEY, NOW
from contract.storage.filled import answers, take, unchanged, write
from contract.storage.moderated import add, flag
from storage import tables
from storage.backup import BackupError, restore, save
from storage.backup.lines import Head, Writer, check
from storage.backup.schemas import StoredTable, stored_tables
from storage.backup.values import Kind as Column
from storage.store import HEAD, SqlWork, Store, migrate
from storage.vault import Vault


def held_by(path: Path) -> bytes:
    return path.read_bytes()


def test_a_file_that_was_cut_short_is_refused(backup: Path) -> None:
    whole = backup.read_bytes()
    for length in (*range(0, len(whole), 5), *range(len(whole) - 20, len(whole))):
        with pytest.raises(BackupError, match="no whole backup"):
            check(io.BytesIO(whole[:length]))
    assert check(io.BytesIO(whole)).rows == 4


def test_a_file_in_which_a_byte_was_changed_is_refused(backup: Path) -> None:
    whole = backup.read_bytes()
    for place in (*range(20), *range(20, len(whole), 5), *range(len(whole) - 20, len(whole))):
        with pytest.raises(BackupError):
            check(io.BytesIO(whole[:place] + bytes((whole[place] ^ 0xFF,)) + whole[place + 1 :]))


async def test_a_file_that_is_not_whole_changes_nothing(backup: Path, started: Store) -> None:
    whole = held_by(backup)
    broken = (
        whole[: len(whole) // 2],
        whole[:-1],
        whole[:-30] + b"?" + whole[-29:],
        whole + whole,
        b"",
        b"SQLite format 3\0",
        gzip.compress(b"[]\n"),
    )
    async with unchanged(started):
        for each in broken:
            write(backup, each)
            with pytest.raises(BackupError, match="no whole backup"):
                await take(started, backup)


async def test_a_file_that_is_not_whole_makes_no_database(backup: Path, tmp_path: Path) -> None:
    write(backup, held_by(backup)[:-1])
    async with builders.open_store(f"sqlite:///{tmp_path}/new.db") as started:
        with pytest.raises(BackupError):
            await take(started, backup)
    assert not (tmp_path / "new.db").exists()


def made(*tables_: tuple[StoredTable, list[list[Any]]], schema: str = HEAD) -> bytes:
    """A backup with a right checksum, whatever stands in it."""
    file = io.BytesIO()
    writer = Writer(file)
    writer.head(Head(schema, NOW))
    for table, held in tables_:
        writer.table(table)
        writer.page(held)
    writer.end()
    return file.getvalue()


def parts(**held: list[list[Any]]) -> list[tuple[StoredTable, list[list[Any]]]]:
    """All tables, with a key, and these rows."""
    held = {"facts": [["key", Vault(KEY).seal(b"roundtable", "facts/key")]]} | held
    return [(table, held.get(table.name, [])) for table in stored_tables(HEAD)]


def _odd(name: str) -> tuple[StoredTable, list[list[Any]]]:
    return StoredTable(name, {"name": Column.TEXT}), [["x"]]


def _of_another_kind() -> list[tuple[StoredTable, list[list[Any]]]]:
    votes = StoredTable("votes", dict.fromkeys(("team", "entry_id", "helpful", "unhelpful"), Column.TEXT))
    return [(votes, []) if table.name == "votes" else (table, held) for table, held in parts()]


async def test_a_file_that_no_backup_wrote_is_refused(path: Path, started: Store) -> None:
    odd = {
        "no key": parts(facts=[]),
        "a table less": parts()[:-1],
        "no first table": parts()[1:],
        "another order": parts()[::-1],
        "a table more": [*parts(), _odd("leases")],
        "a statement for a table": [*parts(), _odd("members; DROP TABLE members")],
        "a path for a table": [*parts(), _odd("../../etc/passwd")],
        "other columns": _of_another_kind(),
        "text for a number": parts(votes=[["team", "entry", "1", 0]]),
        "a truth value for a number": parts(votes=[["team", "entry", True, 0]]),
        "a mapping for text": parts(votes=[[{"team": 1}, "entry", 1, 0]]),
    }
    async with unchanged(started):
        for what, given in odd.items():
            write(path, made(*given))
            with pytest.raises(BackupError) as caught:
                await take(started, path)
            assert "no whole backup" in str(caught.value), what


@pytest.mark.parametrize("schema", ["9999", "../../0001", ""])
async def test_a_backup_of_a_schema_to_come_is_refused(path: Path, started: Store, schema: str) -> None:
    write(path, made(*parts(), schema=schema))
    async with unchanged(started):
        with pytest.raises(BackupError, match="newer version"):
            await take(started, path)


async def test_a_row_that_the_database_refuses_brings_everything_back(path: Path, started: Store) -> None:
    write(path, made(*parts(courses=[["nobody", b"sealed"]], counters=[["entries", 3]])))
    async with unchanged(started):
        with pytest.raises(StorageError, match="IntegrityError"):
            await take(started, path)


async def test_another_key_opens_nothing_and_changes_nothing(backup: Path, started: Store) -> None:
    async with unchanged(started):
        with pytest.raises(BackupError, match="key does not open"):
            await restore(started.engine, Vault(bytes(32)), backup, NOW)


async def _joins(work: SqlWork) -> None:
    await builders.join(work, builders.member())


async def _sets_up_a_group(work: SqlWork) -> None:
    await work.chats.add(Chat("a" * 8, "team", builders.group()))


async def _takes_answers_in(work: SqlWork) -> None:
    (entry, *_) = answers()
    assert await take_in(work, [replace(entry, answer="Ask.")], NOW) == 1


async def _flags(work: SqlWork) -> None:
    await add(work, flag())


async def _types(work: SqlWork) -> None:
    await work.drafts.save(builders.person(), builders.draft())


async def _opts_out(work: SqlWork) -> None:
    await work.connection.execute(insert(tables.opt_outs).values(digest=b"d", at=NOW))


@pytest.mark.parametrize("use", [_joins, _sets_up_a_group, _takes_answers_in, _flags, _types, _opts_out])
async def test_a_database_that_was_used_is_left_alone(
    backup: Path, started: Store, use: Callable[[SqlWork], Awaitable[None]]
) -> None:
    async with started.work() as work:
        await use(work)
        await work.commit()
    async with unchanged(started):
        with pytest.raises(BackupError, match="not empty"):
            await take(started, backup)


async def test_a_database_of_a_newer_version_is_left_alone(backup: Path, source: Store, path: Path) -> None:
    async with source.work() as work:
        await work.connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        await work.commit()
    with pytest.raises(BackupError, match="newer version"):
        await take(source, backup)
    with pytest.raises(BackupError, match="newer version"):
        await save(source.engine, path.with_name("other.gz"), NOW)


async def test_where_nothing_was_stored_there_is_nothing_to_back_up(target: Store, path: Path) -> None:
    for prepare in (None, migrate):
        if prepare:
            await prepare(target.engine)
        with pytest.raises(BackupError, match="nothing to back up"):
            await save(target.engine, path, NOW)
    assert list(path.parent.iterdir()) == []


async def test_looking_for_a_database_makes_none(tmp_path: Path, path: Path) -> None:
    async with builders.open_store(f"sqlite:///{tmp_path}/none.db") as store:
        with pytest.raises(BackupError, match="nothing to back up"):
            await save(store.engine, path, NOW)
    assert not (tmp_path / "none.db").exists()


async def test_others_get_their_turn_while_a_file_is_checked(backup: Path, started: Store) -> None:
    write(backup, held_by(backup)[:-1])
    turn = asyncio.Event()
    asyncio.get_running_loop().call_soon(turn.set)
    with pytest.raises(BackupError, match="no whole backup"):
        await restore(started.engine, started.vault, backup, NOW)
    assert turn.is_set()


def test_a_check_can_be_stopped(backup: Path) -> None:
    stopped = asyncio.Event()
    stopped.set()
    with pytest.raises(BackupError, match="Stopped"):
        check(io.BytesIO(backup.read_bytes()), stopped)


async def test_what_is_stopped_leaves_nothing(backup: Path, started: Store, path: Path) -> None:
    stopped = asyncio.Event()
    stopped.set()
    async with unchanged(started):
        with pytest.raises(BackupError, match="Stopped"):
            await restore(started.engine, started.vault, backup, NOW, stopped)
        with pytest.raises(BackupError, match="Stopped"):
            await save(started.engine, path.with_name("other.gz"), NOW, stopped)
    assert list(path.parent.iterdir()) == [backup]
