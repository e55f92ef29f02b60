import argparse
from pathlib import Path

import pytest

from bot.cli import try_script

SCRIPTS = sorted((Path(__file__).parents[4] / "docs" / "scripts").glob("*.txt"))

SCRIPT = """\
> :clock 2026-03-10 09:00 Europe/London
(It is Tuesday 10 March 2026, 09:00 Europe/London.)

> :person anna unblocks
> :people
(anna, locale unknown)
"""


def run(*typed: str) -> int:
    parser = argparse.ArgumentParser()
    try_script.add_arguments(parser)
    return try_script.main(parser.parse_args(typed))


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "script.txt"
    path.write_text(SCRIPT, encoding="utf-8")
    return path


@pytest.mark.parametrize("path", SCRIPTS, ids=[path.stem for path in SCRIPTS])
def test_the_scripts_of_the_docs_play_as_written(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert try_script.play(text).splitlines() == text.splitlines()


def test_a_played_script_is_printed(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--script", str(script)) == 0
    assert capsys.readouterr().out == SCRIPT


def test_a_script_that_plays_as_written_passes_the_check_silently(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--script", str(script), "--check") == 0
    assert not capsys.readouterr().out


def test_a_script_that_plays_otherwise_fails_the_check_with_the_difference(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text(SCRIPT.replace("locale unknown", "locale de"), encoding="utf-8")

    assert run("--script", str(script), "--check") == 1
    assert "-(anna, locale de)\n+(anna, locale unknown)\n" in capsys.readouterr().out


def test_what_cannot_be_played_is_said_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    empty = tmp_path / "empty.txt"
    empty.write_text("anna: /start\n", encoding="utf-8")

    assert run("--script", str(tmp_path / "nowhere.txt")) == 2
    assert run("--script", str(empty)) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"try: {tmp_path}/nowhere.txt cannot be read as a text file",
        f'try: {empty} has no line that starts with "> "',
    ]
