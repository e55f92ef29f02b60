import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.console.ports import CAPABILITIES, Build, Program
from bot.chat.ports import Clock, Messenger
from bot.words.catalogue import PlainMarkup
from bot.words.presenting import Presenter
from contract.chat.probe import Core, make_database, open_core
from unit.adapters.console.diary import Diary


@pytest.fixture
def diary() -> Diary:
    return Diary()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_database(tmp_path_factory.mktemp("database") / "empty.db")


@pytest.fixture
async def core(empty_database: Path, tmp_path: Path) -> AsyncIterator[Core]:
    async with open_core(shutil.copy(empty_database, tmp_path / "stage.db")) as core:
        yield core


@pytest.fixture
def build(core: Core, diary: Diary) -> Build:
    async def stay_open() -> None:
        return None

    async def make(messenger: Messenger, clock: Clock) -> Program:
        diary.messenger, diary.clock = messenger, clock
        presenter = Presenter(CAPABILITIES, PlainMarkup(), core.tokens)
        return Program(core.dispatcher(), presenter, diary, diary.next_due, stay_open, stay_open)

    return make
