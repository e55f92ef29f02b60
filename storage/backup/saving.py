"""Writing a backup while the bot runs."""

import asyncio
import os
import secrets
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import aclosing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Row, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.errors import StorageError
from storage import tables
from storage.backup.errors import BackupError, FileError
from storage.backup.lines import PAGE, Head, Writer
from storage.backup.schemas import StoredTable, is_known, revision_of, stored_tables
from storage.store import readers_of

_EMPTY = "There is nothing to back up yet: the bot has not been started on this database."


@dataclass(frozen=True, slots=True)
class Saved:
    """What was written: how many rows of which revision of the schema, and how many bytes."""

    rows: int
    schema: str
    size: int


async def save(engine: AsyncEngine, path: Path, now: datetime, stopped: asyncio.Event | None = None) -> Saved:
    """Write all that the database holds at one moment into a new file, readable for its owner only.

    Nobody waits for it: it reads in one transaction, which sees nothing of what is written meanwhile. The file is there
    when it is whole and safe on the disk, and not before. ``stopped`` ends it early.

    Raises:
        BackupError: there is nothing to be backed up, the file cannot be written, or it was stopped.
        StorageError: the database cannot be read.
    """
    schema = ""
    async with aclosing(_read(engine, now)) as parts:
        with _new_file(path) as file:
            writer = Writer(file)
            async for part in parts:
                if stopped is not None and stopped.is_set():
                    raise BackupError("Stopped. Nothing was written.")
                match part:
                    case Head():
                        writer.head(part)
                        schema = part.schema
                    case StoredTable():
                        writer.table(part)
                    case _:
                        writer.page(part)
            writer.end()
            size = file.tell()
    return Saved(writer.rows, schema, size)


async def _read(engine: AsyncEngine, now: datetime) -> AsyncGenerator[Head | StoredTable | Sequence[Row[Any]]]:
    """What the database held at one moment: the head, then each table and its rows, page by page."""
    if engine.dialect.name == "sqlite" and not _is_there(Path(engine.url.database or "")):
        raise BackupError(_EMPTY)  # looking would make the file
    readers = readers_of(engine)
    try:
        async with readers.connect() as connection:
            if engine.dialect.name == "postgresql":
                # Else every statement would see the database at a moment of its own.
                await connection.execution_options(isolation_level="REPEATABLE READ")
            schema = await _revision(connection)
            yield Head(schema, now)
            for table in stored_tables(schema):
                yield table
                rows = await connection.stream(select(table.clause()), execution_options={"yield_per": PAGE})
                async for page in rows.partitions():
                    yield page
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(type(error).__name__) from error
    finally:
        # On PostgreSQL they share the connections of others, who may still be at work.
        if engine.dialect.name == "sqlite":
            await readers.dispose()


async def _revision(connection: AsyncConnection) -> str:
    """The revision of a database that holds something."""
    schema = await connection.run_sync(revision_of)
    if schema is None:
        raise BackupError(_EMPTY)
    if not is_known(schema):
        raise BackupError("The database belongs to a newer version of this program; back it up with that version.")
    facts = tables.facts
    if (await connection.execute(select(facts.c.name).where(facts.c.name == "key"))).scalar_one_or_none() is None:
        raise BackupError(_EMPTY)
    return schema


@contextmanager
def _new_file(path: Path) -> Generator[BinaryIO]:
    """A file that gets its name, and stays, only if all went well and what it holds is safe on the disk."""
    part = path.parent / f".backup-{secrets.token_hex(4)}.part"
    try:
        if _is_there(path):
            raise FileError(f"{str(path)!r} is there already: name a file that is not.")
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except (OSError, ValueError) as error:
        raise FileError(f"{str(path)!r} cannot be made ({_why(error)}): name another file.") from error
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _name(part, path)
    except OSError as error:
        raise BackupError(f"{str(path)!r} cannot be written ({_why(error)}). Nothing is left of it.") from error
    finally:
        part.unlink(missing_ok=True)


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    return True


def _name(part: Path, path: Path) -> None:
    """Give the file its name, unless somebody else has taken that meanwhile."""
    try:
        os.link(part, path)
    except FileExistsError as error:
        raise FileError(f"{str(path)!r} has come to be meanwhile: name a file that is not there.") from error
    except OSError:
        part.rename(path)  # a file system that gives no file two names
    with suppress(OSError):
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or "the name cannot be used"
