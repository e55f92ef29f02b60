"""``backup`` and ``restore``: what they say and return, and that what they say holds no value of the data."""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import builders
from bot.cli import backup, restore
from storage.store import Store

Run = Callable[..., tuple[int, str, str]]

ROOT = Path(__file__).parents[3]
KEY = builders.KEY.hex()


@pytest.fixture
def run(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with a database that has its tables, and return the status and what was said."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATA_KEY", KEY)

    def run(command: str, *typed: str, database: str = sqlite_url) -> tuple[int, str, str]:
        monkeypatch.setenv("DATABASE_URL", database)
        parser = argparse.ArgumentParser()
        module = {"backup": backup, "restore": restore}[command]
        module.add_arguments(parser)
        status = module.main(parser.parse_args(typed))
        said = capsys.readouterr()
        return status, said.out, said.err

    return run


@pytest.fixture
async def used(store: Store) -> Store:
    """The database, with a member and their reminders."""
    await store.check_key()
    async with store.work() as work:
        await builders.join(work, builders.member(), has=builders.course())
        await work.commit()
    return store


@pytest.mark.usefixtures("used")
def test_there_and_back(run: Run, tmp_path: Path) -> None:
    status, said, refused = run("backup", "b.gz")
    assert (status, refused) == (0, "")
    assert "'b.gz'" in said
    assert "keep DATA_KEY as well, in another place" in said
    status, said, refused = run("restore", "b.gz", database=f"sqlite:///{tmp_path}/new.db")
    assert (status, refused) == (0, "")
    assert "rows are back as they stood at" in said
    assert "Next: `python -m bot doctor`" in said
    assert KEY not in said


@pytest.mark.usefixtures("used")
def test_what_stands_in_the_way_of_a_backup_is_one_plain_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    for typed, status, words in (
        ("there", 2, "is there already"),
        ("none/b.gz", 2, "cannot be made (No such file or directory)"),
    ):
        assert run("backup", typed)[:2] == (status, "")
        assert words in run("backup", typed)[2]
        assert run("backup", typed)[2].count("\n") == 1
    status, said, refused = run("backup", "b.gz", database=f"sqlite:///{tmp_path}/new.db")
    assert (status, said) == (1, "")
    assert "nothing to back up yet" in refused
    status, said, refused = run("backup", "b.gz", database="mysql://host/name")
    assert (status, said) == (1, "")
    assert "DATABASE_URL" in refused


@pytest.mark.usefixtures("used")
def test_what_stands_in_the_way_of_a_return_is_one_plain_line(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("backup", "b.gz")
    (tmp_path / "short.gz").write_bytes((tmp_path / "b.gz").read_bytes()[:-1])
    new = f"sqlite:///{tmp_path}/new.db"
    for typed, database, status, words in (
        ("none.gz", new, 2, "cannot be read"),
        ("short.gz", new, 1, "no whole backup"),
        ("b.gz", None, 1, "not empty"),
        ("b.gz", "postgresql://nobody@127.0.0.1:1/none", 1, "The database cannot be used"),
    ):
        found = run("restore", typed, **({"database": database} if database else {}))
        assert found[:2] == (status, "")
        assert words in found[2]
        assert found[2].count("\n") == 1
    monkeypatch.setenv("DATA_KEY", "00" * 32)
    assert "key does not open" in run("restore", "b.gz", database=new)[2]
    monkeypatch.delenv("DATA_KEY")
    assert "The key file keys/roundtable.key is missing: put the key" in run("restore", "b.gz", database=new)[2]
    assert not (tmp_path / "keys").exists()
    assert not (tmp_path / "new.db").exists()


def _start(url: str, folder: Path, *typed: str) -> subprocess.Popen[str]:
    """The program as a process, which may write files of no more than 300 KB."""
    code = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000));"
        "from bot.__main__ import main; sys.exit(main(sys.argv[1:]))"
    )
    environment = os.environ | {"DATABASE_URL": url, "DATA_KEY": KEY, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", code, *typed],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


async def _grow(store: Store) -> None:
    """Let the database hold more than fits."""
    async with store.work() as work:
        for number in range(8):
            draft = builders.draft(text=os.urandom(50_000).hex())
            await work.drafts.save(builders.person(str(number)), draft)
        await work.commit()


async def test_a_disk_that_is_full_leaves_nothing_half_behind(used: Store, sqlite_url: str, tmp_path: Path) -> None:
    await _grow(used)
    folder = tmp_path / "full"
    folder.mkdir()
    said, refused = (process := _start(sqlite_url, folder, "backup", "b.gz")).communicate()
    assert (process.returncode, said) == (1, "")
    assert refused == "backup: 'b.gz' cannot be written (File too large). Nothing is left of it.\n"
    assert list(folder.iterdir()) == []
