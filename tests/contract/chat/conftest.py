"""A chat on each platform, with two members in it."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from contract.chat.console_harness import console
from contract.chat.discord_harness import discord
from contract.chat.harness import Chat, Factory, Member
from contract.chat.probe import JOINED, Core, make_database, open_core
from contract.chat.telegram_harness import telegram, telegram_of_old

FACTORIES: dict[str, Factory] = {
    "console": console,
    "telegram": telegram,
    "telegram-visible": telegram_of_old,
    "discord": discord,
}
"""Every adapter takes part with one line here."""


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_database(tmp_path_factory.mktemp("database") / "empty.db")


@pytest.fixture
async def core(empty_database: Path, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(shutil.copy(empty_database, tmp_path / "chat.db")) as core:
        yield core


@pytest.fixture(params=FACTORIES.values(), ids=FACTORIES.keys())
async def chat(request: pytest.FixtureRequest, core: Core) -> AsyncIterator[Chat]:
    factory: Factory = request.param
    async with factory(core) as chat:
        yield chat


@pytest.fixture
async def anna(chat: Chat) -> Member:
    return await joined(chat, "anna")


@pytest.fixture
async def ben(chat: Chat) -> Member:
    return await joined(chat, "ben")


async def joined(chat: Chat, name: str) -> Member:
    member = chat.member(name)
    await member.says("/start")
    assert member.newest.text == JOINED
    return member
