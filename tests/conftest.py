"""Databases: each test gets its own copy of one that has its tables already."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import structlog

import builders
from fakes.postgres import PostgresServer
from storage.store import Store


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """A command of the command line sets up the log of its process, which here is that of all tests."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    builders.make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'roundtable.db')}"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> str:
    name = postgres.create_database()
    builders.make_tables(postgres.url(name))
    return name


@pytest.fixture
def postgres_url(postgres: PostgresServer, postgres_template: str) -> str:
    return postgres.url(postgres.create_database(postgres_template))


@pytest.fixture
async def store(sqlite_url: str) -> AsyncIterator[Store]:
    async with builders.open_store(sqlite_url) as store:
        yield store
