"""From the schema of every earlier version to the newest: no row and no value is lost."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alembic import command
from sqlalchemy import Column, Connection, MetaData, delete, insert, select, text, update

import builders
from bot.errors import StorageError
from builders import NOW
from contract.storage.schemas import turn
from storage import tables
from storage.store import HEAD, Store, migrate, revision

EARLIER = [f"{number:04}" for number in range(1, int(HEAD))]
PER_TABLE = 12
# What the database lets such a column hold, in every revision.
CHECKED = {
    ("reminders", "status"): (
        *("pending", "claimed", "sending", "sent", "cancelled", "missed", "undeliverable", "in_doubt", "dead"),
    ),
    ("revisions", "state"): ("approved", "proposed", "rejected", "held"),
    ("flags", "state"): ("open", "claimed", "resolved", "false_alarm"),
    ("flag_people", "role"): ("author", "reporter", "moderator"),
}
Contents = dict[str, list[tuple[Any, ...]]]


def _value(column: Column[Any], number: int) -> object:
    """A value that no other row has, if the column's type has so many."""
    if column.nullable and number % 3 == 0:
        return None
    if column.foreign_keys:
        return f"{number:08x}"
    if choices := CHECKED.get((column.table.name, column.name)):
        return choices[number % len(choices)]
    return {
        bool: number % 2 == 0,
        bytes: f"{column.name} {number}".encode() + bytes(range(256)),
        datetime: NOW + timedelta(days=number, microseconds=number),
        float: number / 7,
        int: number + 100,
        str: f"{number:08x}" if column.primary_key else f"é {number}",
    }[column.type.python_type]


def _reflected(connection: Connection) -> MetaData:
    """The tables as the database has them, whatever the program thinks."""
    found = MetaData()
    found.reflect(connection)
    found.remove(found.tables["alembic_version"])
    return found


def _write_rows(connection: Connection) -> tuple[MetaData, Contents]:
    found = _reflected(connection)
    for table in found.sorted_tables:
        rows = [{each.name: _stored(connection, _value(each, n)) for each in table.c} for n in range(1, PER_TABLE + 1)]
        connection.execute(insert(table), rows)
    return found, _contents(connection, found)


def _stored(connection: Connection, value: object) -> object:
    # SQLite keeps no zone.
    is_moment = isinstance(value, datetime) and connection.dialect.name == "sqlite"
    return value.astimezone(UTC).replace(tzinfo=None) if is_moment and isinstance(value, datetime) else value


def _contents(connection: Connection, found: MetaData) -> Contents:
    return {
        table.name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        for table in found.sorted_tables
    }


@pytest.mark.parametrize("earlier", EARLIER)
async def test_every_row_and_value_of_an_earlier_schema_is_there_after_the_newest(empty_url: str, earlier: str) -> None:
    async with builders.open_store(empty_url) as store:
        await turn(store, command.upgrade, earlier)
        async with store.work() as work:
            found, before = await work.connection.run_sync(_write_rows)
            await work.commit()
        assert await migrate(store.engine)
        assert await revision(store.engine) == HEAD
        async with store.look() as work:
            after = await work.connection.run_sync(_contents, found)
    assert {name for name, rows in before.items() if len(rows) != PER_TABLE} == set()
    assert after == before


@pytest.mark.parametrize("earlier", EARLIER)
async def test_an_upgraded_database_keeps_the_promises_of_a_new_one(empty_url: str, earlier: str) -> None:
    async with builders.open_store(empty_url) as store:
        await turn(store, command.upgrade, earlier)
        async with store.work() as work:
            await work.connection.run_sync(_write_rows)
            await work.commit()
        await migrate(store.engine)
        table = tables.reminders
        async with store.work() as work:
            await work.connection.execute(update(table).values(status="settled"))
            [row, *_others] = (await work.connection.execute(select(table))).all()
        for refused in (
            insert(table).values({**row._asdict(), "id": "another"}),
            insert(table).values({**row._asdict(), "id": "another", "member_id": "nobody"}),
            update(table).values(status="lost"),
        ):
            with pytest.raises(StorageError):
                async with store.work() as work:
                    await work.connection.execute(refused)
        async with store.work() as work:
            await work.connection.execute(delete(tables.members).where(tables.members.c.id == row.member_id))
            left = await work.connection.execute(select(table.c.id).where(table.c.member_id == row.member_id))
            assert left.all() == []
            assert await work.connection.run_sync(_partial) == {
                "ix_flags_due",
                "ix_flags_kept",
                "ix_flags_open",
                "ix_reminders_due",
                "ix_reminders_leased",
                "ix_reminders_put_off",
                "ix_reminders_untold",
            }


def _partial(connection: Connection) -> set[str]:
    """The indexes that hold only some of the rows."""
    where = f"{connection.dialect.name}_where"
    indexes = [index for table in _reflected(connection).sorted_tables for index in table.indexes]
    return {str(index.name) for index in indexes if index.dialect_kwargs.get(where) is not None}


async def test_what_was_settled_counts_as_cancelled_in_the_third_schema(store: Store) -> None:
    async with store.work() as work:
        found, before = await work.connection.run_sync(_write_rows)
        await work.connection.execute(update(tables.reminders).values(status="settled"))
        await work.commit()
    await turn(store, command.downgrade, "0003")
    async with store.look() as work:
        ended = await work.connection.execute(text("SELECT DISTINCT status FROM reminders"))
        assert ended.scalars().all() == ["cancelled"]
    assert await migrate(store.engine)
    async with store.look() as work:
        after = await work.connection.run_sync(_contents, found)
    for gone in ("leases", "holds", "reminders"):
        before.pop(gone), after.pop(gone)
    assert after == before
