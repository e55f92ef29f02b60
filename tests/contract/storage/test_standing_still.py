"""A process that stands still inside of a transaction, on PostgreSQL, which keeps its locks for it."""

import asyncio

import pytest

import builders
from bot.errors import StorageError
from builders import ANNA
from storage.store import Store


@pytest.fixture
def url(postgres_url: str) -> str:
    return postgres_url


@pytest.mark.postgres
@pytest.mark.soak
async def test_who_stands_still_with_a_lock_stops_nobody_for_long(store: Store) -> None:
    async with store.work() as work:
        await builders.join(work, builders.member(), builders.person(), builders.course())
        await work.commit()
    with pytest.raises(StorageError):
        await _stand_still(store)


async def _stand_still(store: Store) -> None:
    async with store.work() as still:
        assert await still.members.get(ANNA)
        with pytest.raises(StorageError):
            await _read(store)
        await asyncio.sleep(15)
        await _read(store)
        await still.members.get(ANNA)


async def _read(store: Store) -> None:
    async with store.work() as other:
        assert await other.members.get(ANNA)
