"""The database's clock beside ours."""

from datetime import timedelta

import pytest

from bot.errors import StorageError
from storage.clock import clock_ahead
from storage.store import open_engine


async def test_only_a_server_has_a_clock_of_its_own(url: str) -> None:
    engine = open_engine(url)
    ahead = await clock_ahead(engine)
    await engine.dispose()
    if url.startswith("sqlite"):
        assert ahead is None
    else:
        # The server runs on this machine; the figure is what lies between two looks at one clock.
        assert ahead is not None
        assert abs(ahead) < timedelta(minutes=1)


async def test_a_server_that_is_not_there_is_an_error_of_ours() -> None:
    engine = open_engine("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(StorageError):
        await clock_ahead(engine)
    await engine.dispose()
