import argparse
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli import triage


def run(capsys: pytest.CaptureFixture[str], *lines: object, **given_: object) -> tuple[int, list[str]]:
    source = [line if isinstance(line, bytes) else (json.dumps(line) + "\n").encode() for line in lines]
    arguments = argparse.Namespace(**{"text": [], "json": True, "summary": False, "fit": False, **given_})
    status = triage.main(arguments, source)
    return status, capsys.readouterr().out.splitlines()


def test_each_line_is_answered_with_what_would_be_done_and_why(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = run(
        capsys, {"id": 7, "text": "I want to kill myself"}, {"id": "b", "text": "my bloods were fine", "lang": "en"}
    )
    danger, fine = map(json.loads, lines)
    assert status == 0
    assert list(danger) == ["id", "label", "score", "action", "reasons"]
    assert (danger["id"], danger["label"], danger["action"]) == (7, "crisis", "act")
    assert danger["reasons"]
    assert 0 <= danger["score"] <= 1
    assert (fine["id"], fine["label"], fine["action"], fine["reasons"]) == ("b", "none", "none", [])


@pytest.mark.parametrize(
    "line",
    [b"not json\n", b"[1, 2]\n", b"{}\n", b'{"id": 1, "text": 5}\n', b"\xff\xfe\n", b'"text"\n', b"[" * 5000 + b"\n"],
    ids=["words", "a list", "no text", "a number", "no UTF-8", "a string", "deep"],
)
def test_a_line_that_is_no_message_spoils_itself_alone(capsys: pytest.CaptureFixture[str], line: bytes) -> None:
    status, lines = run(capsys, line, {"id": 2, "text": "hello"})
    assert status == 1
    assert "error" in json.loads(lines[0])
    assert json.loads(lines[1])["label"] == "none"


def test_the_summary_counts_and_names_the_commonest_reasons(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = run(
        capsys, *({"text": text} for text in ("I want to die", "lovely day", "thank you")), b"broken\n", summary=True
    )
    assert status == 1
    assert lines[0] == "3 messages, 1 lines could not be read"
    assert any(line.split()[:3] == ["crisis", "answered", "1"] for line in lines)
    assert any(line.split() == ["left", "alone", "2"] for line in lines)


def test_words_of_the_command_line_are_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = run(capsys, text=["I", "want", "to", "die"], json=False)
    assert status == 0
    assert lines[0].startswith("crisis (act, ")


def test_words_and_json_do_not_go_together(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = argparse.Namespace(text=["x"], json=True, summary=False, fit=False)
    assert triage.main(arguments, []) == 2
    assert "give no words" in capsys.readouterr().err


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_answered(line: bytes) -> None:
    arguments = argparse.Namespace(text=[], json=True, summary=True, fit=False)
    assert triage.main(arguments, [line.replace(b"\n", b" ") + b"\n"]) in (0, 1)
