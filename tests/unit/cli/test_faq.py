"""``faq``: lines of JSON are answered one by one, and what cannot be used is refused with its line."""

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import faq
from bot.faq.files import FOLDER

Ask = Callable[..., tuple[int, list[dict[str, Any]], str]]

QUESTION = "How long does one infusion day take?"


def run(*typed: str) -> int:
    parser = argparse.ArgumentParser()
    faq.add_arguments(parser)
    return faq.main(parser.parse_args(typed))


@pytest.fixture
def ask(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Hand over lines, as bytes or as what becomes JSON, and return the status, the answers and what was refused."""

    def ask(*lines: object) -> tuple[int, list[dict[str, Any]], str]:
        given = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
        status = run("search", "--json", "--without-vectors")
        said = capsys.readouterr()
        return status, [json.loads(line) for line in said.out.splitlines()], said.err

    return ask


def query(text: str, query_id: object = "1") -> dict[str, object]:
    return {"id": query_id, "query": text}


def test_the_whole_answer_to_a_question(ask: Ask) -> None:
    status, (row,), refused = ask(query(QUESTION))

    assert (status, refused) == (0, "")
    assert (row["id"], row["answer"], row["pointer"]) == ("1", "day-length", False)
    assert set(row) == {"id", "answer", "results", "pointer"}
    assert row["results"][0] == {"entry": "day-length", "score": 1.0}
    assert len(row["results"]) == 5


@pytest.mark.parametrize(
    "query_id", ["", "a b", "\u00e4\u4e2d\U0001f600", '"quoted"\n', "\ud800", 0, -7, 2**70], ids=ascii
)
def test_an_id_comes_back_as_it_was_given(ask: Ask, query_id: object) -> None:
    _, (row,), _ = ask(query("hello", query_id))

    assert row["id"] == query_id


def test_what_nothing_fits_has_no_answer(ask: Ask) -> None:
    _, rows, _ = ask(query("recipe for banana bread"), query("\U0001f600"), query(""), query("\ud800"), query("\0"))

    assert [row["answer"] for row in rows] == [None] * 5
    assert [row["results"] for row in rows[1:]] == [[]] * 4


def test_an_entry_without_an_answer_points_to_the_physician(ask: Ask) -> None:
    _, (row,), _ = ask(query("fever"))

    assert (row["answer"], row["pointer"]) == ("fever", True)


def test_a_case_of_one_s_own_points_to_the_physician(ask: Ask) -> None:
    _, (row,), _ = ask(query("my TSH is 8.4, how long does the infusion take"))

    assert row["pointer"] is True


def test_an_answer_is_only_given_where_it_is_sure(ask: Ask) -> None:
    _, rows, _ = ask(*(query(text, n) for n, text in enumerate(["hours", "a", "blood", "tired", "how do I", QUESTION])))

    assert rows[-1]["answer"] == "day-length"
    assert all(row["answer"] in {None, row["results"][0]["entry"]} for row in rows)
    assert rows[1]["answer"] is None


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"no json", id="no JSON"),
        pytest.param(b"[1, 2]", id="a list"),
        pytest.param(b'"fever"', id="a string"),
        pytest.param(b"null", id="null"),
        pytest.param({"query": "fever"}, id="no id"),
        pytest.param({"id": "1"}, id="no query"),
        pytest.param({"id": None, "query": "fever"}, id="null for an id"),
        pytest.param({"id": 1.5, "query": "fever"}, id="a fraction for an id"),
        pytest.param({"id": ["1"], "query": "fever"}, id="a list for an id"),
        pytest.param({"id": "1", "query": 7}, id="a figure for a query"),
        pytest.param({"id": "1", "query": None}, id="null for a query"),
        pytest.param(b'{"id": "1", "query": "f\xfcr"}', id="no UTF-8"),
        pytest.param(b'{"id": ' + b"9" * 5000 + b', "query": "x"}', id="a figure without end"),
        pytest.param(b"[" * 90_000, id="brackets without end"),
        pytest.param({"id": "1", "query": "x" * 200_000}, id="a line without end"),
        pytest.param(b"\0", id="a null character"),
    ],
)
def test_a_line_that_cannot_be_used_is_refused_and_the_next_is_answered(ask: Ask, line: object) -> None:
    status, rows, refused = ask(query(QUESTION, "a"), b"", line, query(QUESTION, "b"))

    assert [row["id"] for row in rows] == ["a", "b"]
    assert (status, refused.count("\n")) == (2, 1)
    assert "line 3: a line is like" in refused


def test_no_lines_at_all_are_no_fault(ask: Ask) -> None:
    assert ask(b"") == (0, [], "")


def test_words_find_their_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "--without-vectors", *QUESTION.split()) == 0
    assert capsys.readouterr().out == f"1.00  day-length: {QUESTION}\n"


def test_words_that_nothing_fits_are_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "--without-vectors", "?!") == 0
    assert capsys.readouterr().out == "There is no sourced answer to this.\n"


def test_words_of_one_s_own_case_say_that_the_pointer_comes_first(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "--without-vectors", "my TSH is 8.4") == 0
    assert capsys.readouterr().out.startswith("This tells of a case of one's own")


def test_a_search_without_words_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search") == 2
    assert capsys.readouterr().err == "faq: give some words, or --json\n"


def test_a_search_over_a_folder_finds_what_stands_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "day-length.md").read_text("utf-8")
    text = text.replace("id: day-length", "id: dogs").replace(QUESTION, "Do therapy dogs visit?")
    (tmp_path / "dogs.md").write_text(text, "utf-8")

    assert run("search", "--without-vectors", "--folder", str(tmp_path), "do therapy dogs visit") == 0
    assert capsys.readouterr().out.endswith("  dogs: Do therapy dogs visit?\n")


def test_a_search_over_what_is_no_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("search", "--folder", str(tmp_path / "none"), "fever") == 1
    assert "is no folder that can be read" in capsys.readouterr().err


def test_the_shipped_entries_pass_the_check(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("check") == 0
    assert capsys.readouterr().out.startswith("85 entries with ")


def test_each_fault_is_printed_with_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (FOLDER / "day-length.md").read_text("utf-8")
    (tmp_path / "day-length.md").write_text(text.replace("danger: no", "danger: perhaps"), "utf-8")
    (tmp_path / "fever.md").mkdir()

    assert run("check", str(tmp_path)) == 1
    assert capsys.readouterr().out.splitlines() == [
        f"{tmp_path}/day-length.md:6: danger is yes or no",
        f"{tmp_path}/fever.md:1: is no plain file",
    ]
