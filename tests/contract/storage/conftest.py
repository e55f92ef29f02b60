"""Every test here that takes ``url`` or ``store`` runs on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator

import pytest

import builders
from fakes.postgres import PostgresServer
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
