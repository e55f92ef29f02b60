"""Databases and both platforms for each test."""

from collections.abc import AsyncIterator

import pytest

import builders
from adapters.discord import errors
from contract.delivery import rig as rigging
from contract.delivery.rig import Rig
from storage.store import Store


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once on Discord, as often as ever."""
    monkeypatch.setattr(errors, "_PAUSES", (0.01, 0.02))


@pytest.fixture
async def rig(store: Store) -> AsyncIterator[Rig]:
    async with rigging.rig(store) as rig:
        yield rig


@pytest.fixture(params=("sqlite", pytest.param("postgres", marks=pytest.mark.postgres)))
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(f"{request.param}_url")


@pytest.fixture
async def rig_on_each(url: str) -> AsyncIterator[Rig]:
    async with builders.open_store(url) as store, rigging.rig(store) as rig:
        yield rig
