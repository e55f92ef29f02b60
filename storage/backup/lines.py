"""The file of a backup: gzip'd lines of JSON, the same whichever database they came from.

::

    {"format": 1, "schema": "0004", "at": "2026-11-23T00:00:00+00:00"}
    {"table": "members", "columns": {"id": "text", "active": "boolean", …}}
    ["5f1c…", true, …]
    …
    {"end": {"members": 1, …}, "sha256": "…"}

The first line holds the format, the schema's revision and the moment; then comes every table, each after those that its
rows refer to; the last line counts each table's rows and holds the SHA-256 of all lines before it. A file that was cut
short or changed is thereby known, as a whole, before any of it is used. It tells of accidents alone: whoever can write
the file can also write another checksum.

What is sealed in the database stays sealed in the file, and the key is not in it.
"""

import asyncio
import gzip
import hashlib
import json
import struct
import zlib
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from storage.backup.errors import BackupError
from storage.backup.schemas import StoredTable, is_known, stored_tables
from storage.backup.values import from_json, to_json

PAGE = 500
"""Rows that are in memory at the same time."""

_FORMAT = 1
_LONGEST_LINE = 1 << 26
# Sealed values cannot be made smaller, so that more effort gains nothing.
_EFFORT = 1
# Without name and time, so that any other beginning is a change.
_BEGINNING = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"

STOPPED = "Stopped. Nothing was restored."
_BROKEN = "The file is no whole backup: it was cut short or changed, or is something else. Nothing was restored."
_NEWER = (
    "The backup was made by a newer version of this program: install that version, or a later one, to restore it. "
    "Nothing was restored."
)

Row = dict[str, object]


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself: the schema's revision, and the moment (aware UTC) from which its rows are."""

    schema: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Checked:
    """A backup that is whole. ``rows`` is how many it holds, ``key`` the value that opens with the right key only."""

    head: Head
    rows: int
    key: bytes


@dataclass(slots=True)
class Writer:
    """Writes a backup into a file: the head, then each table and its rows, then the end."""

    file: BinaryIO
    # Without zlib's own beginning and end of the file, which differ between its builds.
    _packer: Any = field(init=False, default_factory=lambda: zlib.compressobj(_EFFORT, wbits=-zlib.MAX_WBITS))
    _size: int = field(init=False, default=0)
    _sum: int = field(init=False, default=0)
    _digest: Any = field(init=False, default_factory=hashlib.sha256)
    _counts: dict[str, int] = field(init=False, default_factory=dict[str, int])
    _table: StoredTable = field(init=False)

    @property
    def rows(self) -> int:
        """How many rows were written."""
        return sum(self._counts.values())

    def head(self, head: Head) -> None:
        """Begin."""
        self.file.write(_BEGINNING)
        self._put({"format": _FORMAT, "schema": head.schema, "at": head.at.isoformat()})

    def table(self, table: StoredTable) -> None:
        """Go on with this table."""
        self._table = table
        self._counts[table.name] = 0
        self._put({"table": table.name, "columns": {name: kind.value for name, kind in table.columns.items()}})

    def page(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write rows of the table, their values in the order of its columns."""
        kinds = tuple(self._table.columns.values())
        self._put(*([to_json(kind, value) for kind, value in zip(kinds, row, strict=True)] for row in rows))
        self._counts[self._table.name] += len(rows)

    def end(self) -> None:
        """Finish; the file itself stays open."""
        self._put({"end": self._counts, "sha256": self._digest.hexdigest()})
        self.file.write(self._packer.flush() + struct.pack("<LL", self._sum, self._size % (1 << 32)))

    def _put(self, *values: object) -> None:
        lines = "".join(f"{json.dumps(value, separators=(',', ':'))}\n" for value in values).encode("ascii")
        self._digest.update(lines)
        self._sum = zlib.crc32(lines, self._sum)
        self._size += len(lines)
        self.file.write(self._packer.compress(lines))


def check(file: BinaryIO, stopped: asyncio.Event | None = None) -> Checked:
    """Read a backup from its beginning to its end and make sure that every value of it could be restored.

    ``stopped`` ends it early.

    Raises:
        BackupError: it is not whole, or newer than this program, or it was stopped.
    """
    rows, key = 0, None
    for table, page in pages(file):
        if stopped is not None and stopped.is_set():
            raise BackupError(STOPPED)
        rows += len(page)
        if table.name == "facts":
            key = next((each["value"] for each in page if each["name"] == "key"), key)
    if not isinstance(key, bytes):
        raise BackupError(_BROKEN)
    with _whole():
        return Checked(_head(next(_parsed(file))), rows, key)


def pages(file: BinaryIO) -> Iterator[tuple[StoredTable, Sequence[Row]]]:
    """The rows of a backup, page by page; what is not whole is known for sure only after the last.

    Raises:
        BackupError: as in ``check``.
    """
    with _whole():
        lines = _parsed(file)
        head = _head(next(lines))
        if not is_known(head.schema):
            # The last line tells whether the revision is a newer one, or no revision at all.
            for _ in lines:
                pass
            raise BackupError(_NEWER)
        yield from _pages(lines, stored_tables(head.schema))


def _pages(lines: Iterator[Any], tables: Sequence[StoredTable]) -> Iterator[tuple[StoredTable, Sequence[Row]]]:
    table, page, coming = StoredTable("", {}), list[Row](), iter(tables)
    for line in lines:
        if isinstance(line, dict) or len(page) == PAGE:
            if page:
                yield table, page
            page = []
        if isinstance(line, dict):
            table = _same(next(coming, None), cast("Mapping[str, Any]", line))
            continue
        pairs = zip(table.columns.items(), line, strict=True)
        page.append({name: from_json(kind, value) for (name, kind), value in pairs})
    if next(coming, None) is not None:
        raise ValueError("a table is missing")
    if page:
        yield table, page


def _same(expected: StoredTable | None, line: Mapping[str, Any]) -> StoredTable:
    """The table of a line, with its columns in the line's order; it must be the one that is expected."""
    columns = expected and {name: kind.value for name, kind in expected.columns.items()}
    if expected is None or line != {"table": expected.name, "columns": columns}:
        raise ValueError("another table than that of the schema")
    return StoredTable(expected.name, {name: expected.columns[name] for name in line["columns"]})


def _head(line: Mapping[str, Any]) -> Head:
    if line["format"] != _FORMAT:
        raise BackupError(_NEWER)
    return Head(line["schema"], datetime.fromisoformat(line["at"]).astimezone(UTC))


def _parsed(file: BinaryIO) -> Iterator[Any]:
    """Every line but the last; an error where that one does not speak for all the others."""
    file.seek(0)
    if file.read(len(_BEGINNING)) != _BEGINNING:
        raise ValueError("not the beginning of a backup")
    file.seek(0)
    digest, counts, table = hashlib.sha256(), dict[str, int](), ""
    with gzip.GzipFile(fileobj=file, mode="rb") as stream:
        while (text := stream.readline(_LONGEST_LINE)).endswith(b"\n"):
            line: Any = json.loads(text)
            if isinstance(line, dict) and "end" in line:
                if line != {"end": counts, "sha256": digest.hexdigest()} or stream.read(1):
                    break
                return
            digest.update(text)
            if isinstance(line, list):
                counts[table] += 1
            elif "table" in line:
                table = str(cast("Any", line)["table"])
                counts[table] = 0
            yield line
    raise ValueError("no end")


@contextmanager
def _whole() -> Generator[None]:
    """Say of whatever goes wrong with a file that it is not whole; no message repeats what the file holds."""
    try:
        yield
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(_BROKEN) from error
