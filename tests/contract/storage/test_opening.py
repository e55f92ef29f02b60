"""Whoever reads many rows lets others have their turn meanwhile: the event loop waits for nobody."""

import asyncio

from sqlalchemy import select

from contract.storage.moderated import add, flag
from storage.opening import AT_ONCE, opened
from storage.store import Store
from storage.tables import flags as table

SLICES = 4


async def test_others_get_their_turn_while_many_rows_are_opened(store: Store) -> None:
    ids = [f"{number:012x}" for number in range(SLICES * AT_ONCE + 1)]
    async with store.work() as work:
        await add(work, *(flag(each) for each in ids))
        await work.commit()
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with store.look() as work:
        found = await work.connection.execute(select(table).order_by(table.c.id))
        beside = asyncio.create_task(others())
        assert await opened(found, lambda row: str(row.id)) == tuple(ids)
        beside.cancel()
    assert turns >= SLICES
