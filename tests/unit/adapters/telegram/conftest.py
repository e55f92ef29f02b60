"""The fake Telegram, the adapter at work on it, and the people there."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from adapters.telegram import commands as menus
from bot.words import catalogue
from fakes.telegram import FakeTelegram, Group, User
from unit.adapters.telegram.rig import Rig

GERMAN = """
msgid ""
msgstr "Content-Type: text/plain; charset=UTF-8\\n"

msgid "command.nextlab.help"
msgstr "Die nächste Kontrolle"
"""


@pytest.fixture(autouse=True, scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Add a second language."""
    folder = tmp_path_factory.mktemp("words")
    (folder / "en.po").write_text((catalogue.FOLDER / "en.po").read_text())
    (folder / "de.po").write_text(GERMAN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "FOLDER", folder)
        patch.setattr(menus, "FOLDER", folder)
        catalogue.load_catalogue.cache_clear()
        yield
    catalogue.load_catalogue.cache_clear()


@pytest.fixture
async def telegram(tmp_path: Path) -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(record_to=tmp_path / "telegram.jsonl") as server:
        yield server


@pytest.fixture
async def rig(telegram: FakeTelegram) -> AsyncIterator[Rig]:
    async with Rig(telegram).running() as rig:
        yield rig


@pytest.fixture
def anna(telegram: FakeTelegram) -> User:
    return telegram.user(11, "Anna", started=True)


@pytest.fixture
def ben(telegram: FakeTelegram) -> User:
    return telegram.user(12, "Ben")


@pytest.fixture
def group(telegram: FakeTelegram, anna: User, ben: User) -> Group:
    return telegram.group(-1001, "Round table", anna, ben)
