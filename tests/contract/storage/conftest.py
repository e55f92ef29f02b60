"""Every test here that takes ``url`` or ``store`` runs on SQLite and on PostgreSQL."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

import builders
from builders import NOW
from contract.storage.filled import start
from fakes.postgres import PostgresServer
from storage.backup import save
from storage.store import Store

_BACKENDS = ("sqlite", pytest.param("postgres", marks=pytest.mark.postgres))


@pytest.fixture(params=_BACKENDS)
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture(params=_BACKENDS)
def empty_url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('tmp_path')}/new.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.url(server.create_database())


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with builders.open_store(url) as store:
        yield store


@pytest.fixture
async def source(url: str) -> AsyncIterator[Store]:
    """A database of which a backup is made."""
    async with builders.open_store(url) as store:
        await store.check_key()
        yield store


@pytest.fixture
async def target(empty_url: str) -> AsyncIterator[Store]:
    """A database that is as good as not there."""
    async with builders.open_store(empty_url) as store:
        yield store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to be, in a folder of its own."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "backup.gz"


@pytest.fixture(scope="session")
def backed_up(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The backup of a small database."""
    folder = tmp_path_factory.mktemp("backed-up")
    url = f"sqlite:///{shutil.copy(sqlite_template, folder / 'roundtable.db')}"

    async def make() -> None:
        async with builders.open_store(url) as store:
            await store.check_key()
            async with store.work() as work:
                await builders.join(work, builders.member())
                await work.commit()
            await save(store.engine, folder / "backup.gz", NOW)

    asyncio.run(make())
    return folder / "backup.gz"


@pytest.fixture
def backup(backed_up: Path, path: Path) -> Path:
    """The backup of a small database, as a file that may be changed."""
    return shutil.copy(backed_up, path)


@pytest.fixture
async def started(source: Store) -> Store:
    """A database that the bot was started on, and in which nothing has happened yet."""
    await start(source)
    return source
