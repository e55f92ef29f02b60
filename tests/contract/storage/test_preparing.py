"""Of processes that start together one prepares the database, and whoever waits for it says so."""

import asyncio

import pytest
from structlog.testing import capture_logs

import builders
from storage.store import preparing

pytestmark = pytest.mark.postgres


async def test_who_waits_for_another_to_prepare_says_so(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = asyncio.Event()

    async def other() -> None:
        async with preparing(store.engine):
            begun.set()

    async with builders.open_store(postgres_url) as store:
        with capture_logs() as logs:
            async with preparing(store.engine), asyncio.timeout(60):
                monkeypatch.setattr("storage.store._PATIENCE_SECONDS", 0.01)
                waiting = asyncio.create_task(other())
                while not logs:  # noqa: ASYNC110 - nothing rings for a line of the log
                    await asyncio.sleep(0.01)
                assert not begun.is_set()
            await asyncio.wait_for(waiting, 60)
            await asyncio.sleep(0.05)
    assert begun.is_set()
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("waiting_to_prepare", "warning")]
