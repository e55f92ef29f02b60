"""What the documentation shows is what the program does."""

import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from bot.cli.try_script import difference, play
from bot.settings import Settings
from offered import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
BLOCKS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"(?ms)^```transcript\n(.*?)^```$", page.read_text()))
]
EXCERPTS = [
    pytest.param(block, id=f"{page.name}-{number}")
    for page in PAGES
    for number, block in enumerate(re.findall(r"(?ms)^```excerpt\n(.*?)^```$", page.read_text()))
]
SCRIPTS = [pytest.param(path.read_text(), id=path.name) for path in sorted(ROOT.glob("docs/scripts/*.txt"))]


@pytest.mark.parametrize("transcript", [*BLOCKS, *SCRIPTS])
def test_a_transcript_is_what_the_program_prints(transcript: str) -> None:
    assert difference(transcript, play(transcript), "as documented") == ""


@pytest.mark.parametrize("excerpt", EXCERPTS)
def test_an_excerpt_stands_in_a_replayed_script(excerpt: str) -> None:
    assert [path.name for path in ROOT.glob("docs/scripts/*.txt") if excerpt in path.read_text()] != []


def test_there_is_a_transcript_in_the_readme() -> None:
    assert "> anna in dm: /start" in (ROOT / "README.md").read_text()


def test_the_example_settings_are_all_settings_and_load() -> None:
    example = dotenv_values(ROOT / ".env.example")
    assert set(example) == {name.upper() for name in Settings.model_fields}
    assert Settings(_env_file=ROOT / ".env.example").platforms == ()


def test_the_readme_names_every_command_and_setting() -> None:
    text = (ROOT / "README.md").read_text()
    assert [name for name in COMMANDS if f"`/{name}" not in text] == []
    assert [name for name in Settings.model_fields if f"`{name.upper()}`" not in text] == []


def test_links_between_pages_lead_somewhere() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
