"""What is done every few seconds reads what an index leads to, and never a whole table, however many rows there are."""

import re
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, event

from bot.reminders.reminder import Status
from builders import ANNA, NOW, occurrence
from contract.storage.reminded import LEASE, claimed, plan
from storage.counting import count
from storage.store import SqlWork, Store

WHOLE = {
    # An index that holds some rows only may be read from end to end.
    "sqlite": re.compile(
        r"SCAN (reminders|flags|members)(?! USING (COVERING )?INDEX ix_\w+_(due|leased|put_off|untold|open)\b)"
    ),
    "postgresql": re.compile(r"Seq Scan on (reminders|flags|members)"),
}


async def _sweep(work: SqlWork) -> None:
    token, ids = await claimed(work, sending=True)
    await work.reminders.held(token, ids)
    await work.reminders.finish(token, ids, Status.SENT, NOW)
    await work.reminders.release(token, ids, NOW, spent=True)
    await work.reminders.repeat(token, ids, NOW, "timeout")
    await work.reminders.next_due()


async def _recover(work: SqlWork) -> None:
    await work.reminders.holders()
    for dead in (None, (), {"0a0a0a0a", "0b0b0b0b"}):
        await work.reminders.recover(NOW, LEASE, dead, {"0c0c0c0c"})


async def _meet(work: SqlWork) -> None:
    await work.reminders.unreadable(ANNA)
    await work.reminders.told([each.id for each in await work.reminders.to_tell(ANNA)])
    await work.reminders.sync(ANNA, [], NOW)


async def _walk(work: SqlWork) -> None:
    await work.members.ids("a", 10)


@pytest.mark.parametrize("done", [_sweep, _recover, _meet, _walk])
async def test_no_statement_of_a_unit_of_work_reads_a_whole_table(
    store: Store, done: Callable[[SqlWork], Awaitable[None]]
) -> None:
    await plan(store, occurrence(), occurrence(due_at=NOW + timedelta(days=1)))
    async with store.work() as work:
        executed = _listen(work)
        await done(work)
        await _explain(work, executed)


async def test_no_count_reads_a_whole_table(store: Store) -> None:
    async with store.work() as work:
        executed = _listen(work)
        await count(work.connection, NOW)
        await _explain(work, executed)


def _listen(work: SqlWork) -> list[tuple[str, Any]]:
    """Every statement from here on, with its values."""
    executed: list[tuple[str, Any]] = []

    def heard(
        _connection: Connection, _cursor: object, statement: str, values: tuple[Any, ...], *_more: object
    ) -> None:
        executed.append((statement, values))

    assert work.connection.sync_connection
    event.listen(work.connection.sync_connection, "before_cursor_execute", heard)
    return executed


async def _explain(work: SqlWork, executed: Sequence[tuple[str, Any]]) -> None:
    """Check how each of these statements would be done."""
    dialect, statements = work.connection.dialect.name, list(executed)
    if dialect == "postgresql":
        # It reads a table of a few rows as a whole; whether an index would do shows where it avoids that.
        await work.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN QUERY PLAN" if dialect == "sqlite" else "EXPLAIN"
    found = [
        (one, (await work.connection.exec_driver_sql(f"{explain} {one}", values)).all()) for one, values in statements
    ]
    assert found
    assert [(one, how) for one, how in found if WHOLE[dialect].search(str(how))] == []
