"""``migrate`` prepares all that several processes would otherwise have to make at the same time."""

import argparse
from pathlib import Path

import pytest

from bot.cli import migrate
from storage.store import HEAD


def test_it_makes_schema_and_key_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "keys" / "key"
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/data/roundtable.db")
    monkeypatch.setenv("KEY_FILE", str(key))
    monkeypatch.delenv("DATA_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    assert migrate.main(argparse.Namespace()) == 0
    said = capsys.readouterr().out
    assert f"The schema is at revision {HEAD}.\n" in said
    assert f"The key was made: {key}." in said
    made = key.read_bytes()
    assert made.decode("ascii").strip() not in said
    assert migrate.main(argparse.Namespace()) == 0
    assert capsys.readouterr().out == f"The schema is at revision {HEAD}, as before.\n"
    assert key.read_bytes() == made
    key.write_text("00" * 32)
    assert migrate.main(argparse.Namespace()) == 1
    assert capsys.readouterr().err.startswith("migrate: The key does not open what is stored.")
