"""Backups' files, and what is no file to write to or to read from."""

import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

import builders
from builders import NOW
from contract.storage.filled import take, write
from storage.backup import FileError, save
from storage.backup.lines import check
from storage.store import Store


@pytest.fixture
async def source(sqlite_url: str) -> AsyncIterator[Store]:
    async with builders.open_store(sqlite_url) as store:
        await store.check_key()
        yield store


def held_by(path: Path) -> bytes:
    return path.read_bytes()


def test_a_backup_is_for_its_owner_alone(backup: Path) -> None:
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert list(backup.parent.iterdir()) == [backup]


async def test_any_name_will_do(source: Store, path: Path) -> None:
    named = [path.with_name(name) for name in ("-f", "a\nb", "\u00e4 b;$(c)", os.fsdecode(b"\xff"), "x" * 255)]
    for each in named:
        await save(source.engine, each, NOW)
        with each.open("rb") as file:
            assert check(file).head.at == NOW
    assert sorted(path.parent.iterdir()) == sorted(named)


async def _refused(store: Store, path: Path) -> str:
    with pytest.raises(FileError) as caught:
        await save(store.engine, path, NOW)
    return str(caught.value)


async def test_a_file_that_is_there_is_not_touched(source: Store, path: Path) -> None:
    write(path, b"mine")
    link = path.with_name("link")
    link.symlink_to(path.with_name("nowhere"))
    for taken in (path, link, path.parent, Path(), Path("..")):
        assert "is there already" in await _refused(source, taken)
    assert (held_by(path), sorted(path.parent.iterdir())) == (b"mine", [path, link])


@pytest.mark.parametrize(
    "name",
    ["none/backup.gz", "x" * 256, "a\0b", "../none/backup.gz"],
    ids=["no folder", "too long", "null", "no other"],
)
async def test_a_file_that_cannot_be_made_is_refused(name: str, source: Store, path: Path) -> None:
    assert "cannot be" in await _refused(source, path.parent / name)
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda _: None], ids=["folder", "pipe", "none"])
async def test_what_is_no_file_is_not_read(path: Path, source: Store, make: Callable[[Path], object]) -> None:
    make(path)
    with pytest.raises(FileError, match="cannot be read"):
        await take(source, path)
