"""One server with two members, and the adapter at work on it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from bot.words import catalogue
from contract.chat.discord_harness import library_unchanged
from fakes.discord_people import Person
from fakes.discord_server import FakeDiscord
from fakes.discord_state import Channel, Guild
from unit.adapters.discord.rig import HELP_TEXTS, Rig


@pytest.fixture(autouse=True, scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Add the words of the probe commands."""
    english = (Path(catalogue.__file__).parent / "en.po").read_text()
    english += "".join(f'\nmsgid "{key}"\nmsgstr "Whatever you like"\n' for key in HELP_TEXTS)
    folder = tmp_path_factory.mktemp("words")
    (folder / "en.po").write_text(english)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "FOLDER", folder)
        catalogue.load_catalogue.cache_clear()
        yield
    catalogue.load_catalogue.cache_clear()


@pytest.fixture(autouse=True)
def library() -> Iterator[None]:
    with library_unchanged():
        yield


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[FakeDiscord]:
    async with FakeDiscord(record_to=tmp_path / "discord.jsonl") as server:
        yield server


@pytest.fixture
def guild(server: FakeDiscord) -> Guild:
    return server.guild("Round table", "general")


@pytest.fixture
def general(guild: Guild) -> Channel:
    return guild.channel("general")


@pytest.fixture
def anna(server: FakeDiscord, guild: Guild) -> Person:
    person = server.user("anna", locale="en-GB")
    guild.add(person)
    return person


@pytest.fixture
def ben(server: FakeDiscord, guild: Guild) -> Person:
    person = server.user("ben")
    guild.add(person)
    return person


@pytest.fixture
async def rig(server: FakeDiscord, anna: Person, ben: Person) -> AsyncIterator[Rig]:
    assert anna.world is ben.world is server.world
    async with Rig(server).running() as rig:
        yield rig
