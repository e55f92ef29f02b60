"""`python -m bot faq` as a process, on a database of its own: what it prints, keeps and returns."""

import asyncio
import json
import sqlite3
import sys
from pathlib import Path

import pytest

from bot.faq.files import FOLDER
from e2e.program import Program

pytestmark = [pytest.mark.e2e, pytest.mark.soak]

QUESTION = "How long does one infusion day take?"


async def faq(program: Program, *words: str, given: bytes = b"") -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "faq", *words, cwd=program.folder, env=program.environment(),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    output, errors = await asyncio.wait_for(process.communicate(given), 60)
    assert b"Traceback" not in errors, errors.decode()
    assert process.returncode is not None
    return process.returncode, output.decode(), errors.decode()


@pytest.fixture
def program(tmp_path: Path) -> Program:
    return Program(tmp_path, {"DATA_KEY": "ab" * 32, "LOG_LEVEL": "WARNING"})


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), "utf-8")


async def test_the_shipped_entries_are_in_order(program: Program) -> None:
    status, output, errors = await faq(program, "check")

    assert (status, errors) == (0, "")
    assert output.startswith("85 entries with ")
    assert not (program.folder / "data").exists(), "a check needs no database"


async def test_a_search_needs_neither_settings_nor_a_database(program: Program) -> None:
    program.settings = {"DATABASE_URL": "nonsense"}
    status, output, errors = await faq(program, "search", *QUESTION.split())

    assert (status, output, errors) == (0, f"1.00  day-length: {QUESTION}\n", "")
    assert not list(program.folder.iterdir())


@pytest.mark.parametrize("words", [(), ("--without-vectors",)], ids=["with vectors", "words alone"])
async def test_lines_are_answered_with_lines(program: Program, words: tuple[str, ...]) -> None:
    lines = [
        json.dumps({"id": 1, "query": QUESTION}).encode(),
        b"not json",
        b"\xff\xfe",
        '{"id": "\u00e4", "query": "recipe for banana bread"}'.encode(),
        b'{"id": "half", "query": "\\ud800"}',
    ]
    status, output, errors = await faq(program, "search", "--json", *words, given=b"\n".join(lines))
    rows = [json.loads(line) for line in output.splitlines()]

    assert status == 2
    assert [row["id"] for row in rows] == [1, "\u00e4", "half"]
    assert [row["answer"] for row in rows] == ["day-length", None, None]
    assert [line.partition(": a line")[0] for line in errors.splitlines()] == ["faq: line 2", "faq: line 3"]


async def test_answers_do_not_depend_on_the_terminal_s_encoding(program: Program) -> None:
    program.settings |= {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    line = '{"id": "\u00e4", "query": "dur\u00e9e de la perfusion"}'
    status, output, errors = await faq(program, "search", "--json", "--without-vectors", given=line.encode())

    assert (status, errors, json.loads(output)["id"]) == (0, "", "\u00e4")


async def test_export_and_import_go_round_to_the_same_files(program: Program, tmp_path: Path) -> None:
    status, output, _ = await faq(program, "export", "out")
    assert (status, output) == (0, "85 entries written to out\n")
    assert files_in(tmp_path / "out") == files_in(FOLDER)

    status, output, _ = await faq(program, "import", "out")
    assert (status, output) == (0, "0 of 85 entries were new or changed\n")


async def test_what_was_imported_is_exported_again(program: Program, tmp_path: Path) -> None:
    await faq(program, "export", "out")
    change(tmp_path / "out" / "day-length.md", "for about four hours", "for three to five hours")
    text = (tmp_path / "out" / "fever.md").read_text("utf-8")
    (tmp_path / "out" / "our-own.md").write_text(text.replace("id: fever", "id: our-own").replace("Do ", "Oh, do "))
    change(tmp_path / "out" / "our-own.md", "question: ", "question: With us, ")
    status, output, errors = await faq(program, "import", "out")
    assert (status, output, errors) == (0, "2 of 86 entries were new or changed\n", "")

    await faq(program, "export", "again")
    assert files_in(tmp_path / "again") == files_in(tmp_path / "out")


async def test_a_folder_with_a_fault_is_not_imported_at_all(program: Program, tmp_path: Path) -> None:
    await faq(program, "export", "out")
    change(tmp_path / "out" / "day-length.md", "for about four hours", "for three to five hours")
    change(tmp_path / "out" / "fever.md", "danger: yes", "danger: perhaps")
    status, output, errors = await faq(program, "import", "out")

    assert (status, output) == (1, "")
    assert errors.splitlines() == ["out/fever.md:6: danger is yes or no", "faq: nothing was imported"]
    await faq(program, "export", "again")
    assert files_in(tmp_path / "again") == files_in(FOLDER)


async def test_a_newer_text_of_the_program_waits_beside_a_change_and_can_be_taken(
    program: Program, tmp_path: Path
) -> None:
    await faq(program, "export", "out")
    change(tmp_path / "out" / "day-length.md", "for about four hours", "for three to five hours")
    await faq(program, "import", "out")
    assert (await faq(program, "diff"))[:2] == (0, "0 entries were changed here and are newer in the program\n")

    # The database remembers an older file of the program: the one that comes with it now is newer.
    with sqlite3.connect(tmp_path / "data" / "roundtable.db") as connection:
        changed = connection.execute(
            "UPDATE revisions SET digest = 'older' WHERE entry_id = 'day-length' AND kind = 'file'"
        )
        assert changed.rowcount == 1
    connection.close()
    status, output, _ = await faq(program, "diff")
    assert status == 0
    assert output.startswith("--- day-length (here)\n+++ day-length (the program's)\n")
    assert "-The drip itself runs for three to five hours." in output
    assert "+The drip itself runs for about four hours." in output
    assert output.endswith("1 entries were changed here and are newer in the program\n")

    status, output, _ = await faq(program, "take", "day-length")
    assert (status, output) == (0, "day-length: the program's text holds from now on\n")
    assert (await faq(program, "diff"))[1].startswith("0 entries")
    await faq(program, "export", "again")
    assert files_in(tmp_path / "again") == files_in(FOLDER)


async def test_an_entry_is_taken_away_and_brought_back_for_every_group(program: Program, tmp_path: Path) -> None:
    assert (await faq(program, "retire", "day-length"))[:2] == (0, "day-length: taken away for every group\n")
    status, _, errors = await faq(program, "retire", "day-length")
    assert (status, "there is no entry 'day-length' that could be taken away" in errors) == (2, True)
    await faq(program, "export", "without")
    assert not (tmp_path / "without" / "day-length.md").exists()
    assert (await faq(program, "restore", "day-length"))[:2] == (0, "day-length: shown again\n")


async def test_what_does_not_wait_cannot_be_taken(program: Program) -> None:
    status, output, errors = await faq(program, "take", "day-length")

    assert (status, output) == (2, "")
    assert "no newer text of 'day-length' waits" in errors


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        pytest.param(("check", "nowhere"), 1, "nowhere:1: is no folder that can be read", id="no folder to check"),
        pytest.param(("import", "nowhere"), 1, "nowhere:1: is no folder that can be read", id="no folder to import"),
        pytest.param(("search", "--folder", "nowhere", "x"), 1, "is no folder that can be read", id="none to search"),
        pytest.param(("search",), 2, "give some words", id="no words"),
        pytest.param(("export", "file"), 2, "file cannot be written to", id="a file for a folder"),
        pytest.param((), 2, "DEED", id="no deed"),
        pytest.param(("sing",), 2, "invalid choice", id="an unknown deed"),
        pytest.param(("take",), 2, "entry", id="nothing to take"),
    ],
)
async def test_a_fault_is_one_plain_line(program: Program, words: tuple[str, ...], status: int, said: str) -> None:
    (program.folder / "file").write_text("x")
    found, output, errors = await faq(program, *words)

    assert found == status
    assert said in output + errors
    assert (output + errors).count("\n") <= 2


async def test_settings_and_keys_that_cannot_be_used_are_named(program: Program) -> None:
    await faq(program, "export", "out")
    program.settings["DATA_KEY"] = "cd" * 32
    status, _, errors = await faq(program, "export", "again")
    assert (status, "The key does not open what is stored" in errors) == (1, True)

    program.settings["DATA_KEY"] = "abc"
    status, _, errors = await faq(program, "diff")
    assert (status, "64 hexadecimal digits" in errors) == (1, True)

    program.settings = {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:9/none"}
    status, _, errors = await faq(program, "take", "day-length")
    assert (status, "The database cannot be used" in errors, "secret" in errors) == (1, True, False)
    assert not (program.folder / "again").exists()
