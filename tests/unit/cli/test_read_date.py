import argparse
import json

import pytest

from bot.cli.read_date import add_arguments, main

ASKED = {"id": 1, "text": "tomorrow at 9", "now": "2026-03-07T09:30", "zone": "Europe/London", "locale": "en-GB"}
REFUSED: dict[str, object] = {"date": None, "time": None, "choices": [], "problem": "invalid"}


def run(*words: str, source: list[bytes] | None = None) -> int:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return main(parser.parse_args(words), source)


def answers(lines: list[bytes], capsys: pytest.CaptureFixture[str]) -> list[object]:
    assert run("--json", source=lines) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"date": "2026-03-08", "time": "09:00", "choices": [], "problem": None}),
        ({"text": "5 dec"}, {"date": "2026-12-05", "time": None, "choices": [], "problem": None}),
        ({"text": "5 dec", "prefer": "past"}, {"date": "2025-12-05", "time": None, "choices": [], "problem": None}),
        (
            {"text": "05/12/2026", "locale": "en", "country": "US"},
            {"date": "2026-05-12", "time": None, "choices": [], "problem": None},
        ),
        (
            {"text": "next friday"},
            {"date": None, "time": None, "choices": ["2026-03-13", "2026-03-20"], "problem": "ambiguous"},
        ),
        (
            {"now": "2026-03-07T23:30Z", "zone": "Asia/Tokyo"},
            {"date": "2026-03-09", "time": "09:00", "choices": [], "problem": None},
        ),
        ({"zone": None, "locale": None}, {"date": "2026-03-08", "time": "09:00", "choices": [], "problem": None}),
        ({"text": "banana"}, REFUSED),
        ({"text": None}, REFUSED),
        ({"now": "noon"}, REFUSED),
        ({"zone": "Mars/Olympus"}, REFUSED),
        ({"zone": "/etc/passwd"}, REFUSED),
        ({"zone": "Europe"}, REFUSED),
        ({"prefer": "never"}, REFUSED),
    ],
    ids=str,
)
def test_each_question_is_answered_under_its_own_id(
    given: dict[str, object], expected: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    assert answers([json.dumps(ASKED | given).encode()], capsys) == [{"id": 1, **expected}]


def test_a_line_that_is_no_question_does_not_stop_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    lines = [b"not json", b"[1]", b"", b"\xff\xfe", b"{}", b"[" * 5000, json.dumps(ASKED).encode()]
    *refused, last = answers(lines, capsys)
    assert refused == [{"id": None, **REFUSED}] * 6
    assert last == {"id": 1, "date": "2026-03-08", "time": "09:00", "choices": [], "problem": None}


@pytest.mark.parametrize(
    ("words", "printed", "status"),
    [
        (["5", "dec", "at", "9am"], "2026-12-05 09:00\n", 0),
        (["next friday"], "2026-03-13 or 2026-03-20\n", 1),
        (["banana"], "not a date\n", 1),
        (["5/12", "--country", "gb"], "2026-12-05\n", 0),
    ],
    ids=str,
)
def test_words_on_the_command_line_get_one_plain_answer(
    words: list[str], printed: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*words, "--today", "2026-03-07") == status
    assert capsys.readouterr().out == printed


def test_lines_without_json_get_one_plain_answer_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--today", "2026-03-07", source=[b"5 dec\n", b"banana\n"]) == 0
    assert capsys.readouterr().out == "2026-12-05\nnot a date\n"


def test_words_beside_json_are_refused_and_not_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "next", "friday", source=[]) == 2
    assert capsys.readouterr().err.count("\n") == 1
