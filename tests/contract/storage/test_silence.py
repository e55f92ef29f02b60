"""A PostgreSQL behind a network that loses everything without a word, as one whose machine is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from sqlalchemy.engine import make_url

import builders
from bot.errors import StorageError
from storage.store import Store, open_engine
from storage.vault import Vault

pytestmark = pytest.mark.postgres
SECONDS = 0.5


class Network:
    """Passes on what is said between us and the server; connections that were open while it was cut stay silent."""

    def __init__(self, folder: str) -> None:
        self.socket = f"{folder}/.s.PGSQL.5432"
        self.cut = False
        self.streams: set[asyncio.StreamWriter] = set()
        self.silent: set[asyncio.StreamWriter] = set()

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self.socket)
        self.streams |= {writer, there_writer}
        await asyncio.gather(self._pass_on(reader, there_writer), self._pass_on(there_reader, writer))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while part := await reader.read(65536):
                if self.cut:
                    self.silent.add(writer)
                if writer not in self.silent:
                    writer.write(part)
        except ConnectionError:
            pass  # whoever gives up waiting hangs up
        if writer not in self.silent:
            writer.close()


@asynccontextmanager
async def _network(url: str) -> AsyncIterator[tuple[Network, str]]:
    address = make_url(url)
    network = Network(str(address.query["host"]))
    server = await asyncio.start_server(network.connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        there = address.set(host="127.0.0.1", port=port, query={})
        yield network, there.render_as_string(hide_password=False)
    finally:
        server.close()
        for each in network.streams:
            each.close()


@asynccontextmanager
async def _open(url: str) -> AsyncIterator[Store]:
    engine = open_engine(url)
    store = Store(engine, Vault(builders.KEY), answer_seconds=SECONDS)
    try:
        yield store
    finally:
        await store.close()


@pytest.mark.parametrize("in_the_middle", [False, True], ids=["before a unit of work", "in its middle"])
async def test_a_server_that_falls_silent_is_an_error_and_is_asked_anew_later(
    postgres_url: str, *, in_the_middle: bool
) -> None:
    async with _network(postgres_url) as (network, url), _open(url) as store:
        async with store.work() as work:
            assert await work.members.ids() == ()

        async def ask() -> None:
            async with store.work() as work:
                if in_the_middle:
                    await work.members.ids()
                network.cut = True
                await work.members.ids()
                await work.commit()

        network.cut = not in_the_middle
        with pytest.raises(StorageError):
            async with asyncio.timeout(60):
                await ask()
        with pytest.raises(StorageError):
            async with asyncio.timeout(60), store.look() as work:
                await work.members.ids()
        network.cut = False
        async with asyncio.timeout(60):
            async with store.work() as work:
                assert await work.members.ids() == ()
            async with store.look() as work:
                assert await work.members.ids() == ()
