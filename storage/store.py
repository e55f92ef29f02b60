"""The engine, the unit of work and the schema's version."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import event, func, insert, select, text
from sqlalchemy.engine import URL, Connection, ExceptionContext, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from bot.errors import SettingsError, StorageError, WrongKeyError
from bot.meter import Counts
from storage import tables
from storage.counting import count
from storage.faq import SqlChats, SqlEntries, SqlFigures, SqlQuestions
from storage.finding import LOOKING
from storage.flags import SqlFlags
from storage.leases import SqlHolds, SqlLeases
from storage.members import SqlCourses, SqlDrafts, SqlMembers
from storage.moderation import SqlDeeds, SqlWatches
from storage.people import SqlPeople
from storage.reminders import SqlReminders
from storage.vault import Vault

HEAD = "0004"
"""The newest schema revision in ``migrations/versions``; a test holds them equal."""

BUSY_SECONDS = 30.0
"""How long SQLite waits for another writer before it gives up."""

# FULL: a commit survives a power cut. secure_delete: what is erased is overwritten in the file; the write-ahead log
# keeps its sealed pages until the next checkpoint.
_PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON")

_KEY_CHECK = b"roundtable"

_PATIENCE_SECONDS = 5.0
"""How long a process waits for another that prepares the database before it says so."""

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 15.0
"""How long PostgreSQL may take to let us in, and for one statement of a unit of work.

A connection whose other end is gone without a word would be waited on for ever.
"""

# A process that stands still inside of a transaction keeps what it locked: nobody waits for it for long, and PostgreSQL
# ends its transaction. (Version 17 knows the last one, which also ends those that stand still within a statement.)
_PATIENCE = """
    SELECT set_config('lock_timeout', '10s', false), set_config('idle_in_transaction_session_timeout', '20s', false),
        CASE WHEN current_setting('server_version_num')::int >= 170000
            THEN set_config('transaction_timeout', '60s', false) END
"""

_PREPARING = 0x526F756E64
"""PostgreSQL's number of the lock that a process holds while it prepares the database: a name of our own."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SqlWork:
    """One transaction: fulfils the units of work that the features ask for."""

    connection: AsyncConnection
    vault: Vault

    @property
    def members(self) -> SqlMembers:
        """Members and accounts."""
        return SqlMembers(self.connection, self.vault)

    @property
    def courses(self) -> SqlCourses:
        """Rounds and checks."""
        return SqlCourses(self.connection, self.vault)

    @property
    def drafts(self) -> SqlDrafts:
        """Half-filled forms."""
        return SqlDrafts(self.connection, self.vault)

    @property
    def reminders(self) -> SqlReminders:
        """Reminders."""
        return SqlReminders(self.connection, self.vault)

    @property
    def holds(self) -> SqlHolds:
        """Platforms that asked to be left alone."""
        return SqlHolds(self.connection)

    @property
    def leases(self) -> SqlLeases:
        """Names that one process holds at a time."""
        return SqlLeases(self.connection)

    @property
    def entries(self) -> SqlEntries:
        """Curated answers and their revisions."""
        return SqlEntries(self.connection, self.vault)

    @property
    def chats(self) -> SqlChats:
        """Chats and their settings."""
        return SqlChats(self.connection, self.vault)

    @property
    def questions(self) -> SqlQuestions:
        """Questions to the moderators."""
        return SqlQuestions(self.connection, self.vault)

    @property
    def figures(self) -> SqlFigures:
        """Counts, and where answers stood."""
        return SqlFigures(self.connection, self.vault)

    @property
    def watches(self) -> SqlWatches:
        """Communities and their policies."""
        return SqlWatches(self.connection, self.vault)

    @property
    def flags(self) -> SqlFlags:
        """Flags."""
        return SqlFlags(self.connection, self.vault)

    @property
    def deeds(self) -> SqlDeeds:
        """Who did what."""
        return SqlDeeds(self.connection, self.vault)

    @property
    def people(self) -> SqlPeople:
        """People who need not be members."""
        return SqlPeople(self.connection, self.vault)

    async def commit(self) -> None:
        """Make what happened so far last."""
        await self.connection.commit()


@dataclass(frozen=True, slots=True)
class Store:
    """A database and the vault that its sealed values open with.

    ``engine`` waits for PostgreSQL as long as it takes, which suits migrations; units of work do not.
    """

    engine: AsyncEngine
    vault: Vault
    answer_seconds: float = ANSWER_SECONDS
    _writers: AsyncEngine = field(init=False, repr=False, compare=False)
    _readers: AsyncEngine = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Prepare the units of work; nothing is opened before the first."""
        writers = _impatient(self.engine, self.answer_seconds)
        object.__setattr__(self, "_writers", writers)
        object.__setattr__(self, "_readers", readers_of(writers))

    def work(self) -> AbstractAsyncContextManager[SqlWork]:
        """One unit of work; what was not committed when it ends has not happened.

        Raises:
            StorageError: the database could not do what it was asked.
        """
        return self._open(self._writers)

    def look(self) -> AbstractAsyncContextManager[SqlWork]:
        """One unit of work that only reads: it waits for no writer, and holds nothing that others wait for.

        Raises:
            StorageError: the database could not do what it was asked, or was asked to write.
        """
        return self._open(self._readers)

    @asynccontextmanager
    async def _open(self, engine: AsyncEngine) -> AsyncGenerator[SqlWork]:
        try:
            async with engine.connect() as connection:
                yield SqlWork(connection, self.vault)
        except (SQLAlchemyError, OSError) as error:
            # While connecting, the driver's own OSError (no server, no such host, too slow) comes through as it is.
            # The text of a database error can hold the values of the statement, so only its kind goes on.
            raise StorageError(type(error).__name__) from error

    async def check_key(self) -> None:
        """Make sure that stored values open with this key; the first call on an empty database remembers the key.

        Raises:
            WrongKeyError: they were sealed with another one.
        """
        table = tables.facts
        async with self.work() as work:
            found = await work.connection.execute(select(table.c.value).where(table.c.name == "key"))
            sealed = found.scalar_one_or_none()
            if sealed is None:
                value = self.vault.seal(_KEY_CHECK, "facts/key")
                await work.connection.execute(insert(table).values(name="key", value=value))
                await work.commit()
            elif self.vault.open(sealed, "facts/key") != _KEY_CHECK:
                raise WrongKeyError("the database was sealed with another key")

    async def counts(self, now: datetime) -> Counts:
        """What stands in the database just now.

        Raises:
            StorageError: the database could not do what it was asked.
        """
        async with self.look() as work:
            return await count(work.connection, now)

    async def close(self) -> None:
        """Close every connection."""
        for engine in (self.engine, self._writers, self._readers):
            await engine.dispose()


def open_engine(database_url: str, busy_seconds: float = BUSY_SECONDS) -> AsyncEngine:
    """Open the database of an SQLAlchemy address; a SQLite file's folder is made.

    ``busy_seconds`` is how long SQLite waits for another writer.

    Raises:
        SettingsError: the address cannot be used; the text does not repeat it, since it may hold a password.
    """
    try:
        url = make_url(database_url)
        if url.get_backend_name() == "sqlite" and url.database in (None, "", ":memory:"):
            raise SettingsError("DATABASE_URL names a database in memory, which would forget everything at each end.")
        if url.get_backend_name() == "sqlite":
            url = url.set(drivername="sqlite+aiosqlite")
            if url.database and url.database != ":memory:":
                Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _open_sqlite(url, busy_seconds, "BEGIN IMMEDIATE")
        if url.get_backend_name() == "postgresql":
            return create_async_engine(url.set(drivername="postgresql+asyncpg"), pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, OSError, ImportError, ValueError) as error:
        raise SettingsError(
            "DATABASE_URL cannot be used: check the address and that its folder can be made."
        ) from error
    raise SettingsError("DATABASE_URL must name a SQLite file or a PostgreSQL database.")


def _impatient(engine: AsyncEngine, answer_seconds: float) -> AsyncEngine:
    """What opens connections to the same database that do not wait for ever."""
    if engine.dialect.name == "sqlite":
        return engine
    limits = {"timeout": min(CONNECT_SECONDS, answer_seconds), "command_timeout": answer_seconds}
    impatient = create_async_engine(engine.url, pool_pre_ping=True, connect_args=limits)

    @event.listens_for(impatient.sync_engine, "handle_error")
    def _failed(context: ExceptionContext) -> None:  # pyright: ignore[reportUnusedFunction] - SQLAlchemy calls it
        # What did not answer in time will not do so later, and neither will the others that are open.
        if isinstance(context.original_exception, TimeoutError):
            context.is_disconnect = True

    @event.listens_for(impatient.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type # pyright: ignore[reportUnusedFunction] - SQLAlchemy calls it
        cursor = connection.cursor()
        cursor.execute(_PATIENCE)
        cursor.close()
        connection.commit()

    return impatient


def readers_of(engine: AsyncEngine) -> AsyncEngine:
    """What opens connections to the same database that only read."""
    if engine.dialect.name == "sqlite":
        # Of their own, so that no look waits for a connection on which somebody waits to write.
        return _open_sqlite(engine.url, BUSY_SECONDS, "BEGIN", "query_only=ON")
    return engine.execution_options(postgresql_readonly=True, **{LOOKING: True})


def _open_sqlite(url: URL, busy_seconds: float, begin: str, *pragmas: str) -> AsyncEngine:
    """Let a transaction begin with this: SQLAlchemy's default begins late and loses updates."""
    # One writer at a time is all that SQLite has: more connections than these would only wait for each other.
    engine = create_async_engine(url, connect_args={"timeout": busy_seconds}, pool_size=5, max_overflow=0)

    @event.listens_for(engine.sync_engine, "connect")
    def _connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own type # pyright: ignore[reportUnusedFunction] - SQLAlchemy calls it
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (*_PRAGMAS, *pragmas):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _begun(connection: Connection) -> None:  # pyright: ignore[reportUnusedFunction] - SQLAlchemy calls it
        connection.exec_driver_sql(begin)

    return engine


async def revision(engine: AsyncEngine) -> str | None:
    """The schema revision of the database; None where it is empty.

    Raises:
        StorageError: the database cannot be reached.
    """
    try:
        async with engine.connect() as connection:
            tables_there = await connection.run_sync(lambda sync: set(sync.dialect.get_table_names(sync)))
            if "alembic_version" not in tables_there:
                return None
            return (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one_or_none()
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(type(error).__name__) from error


async def has_key(engine: AsyncEngine) -> bool:
    """Whether values have been sealed here already, so that only their key will do.

    Raises:
        StorageError: the database cannot be read.
    """
    try:
        async with engine.connect() as connection:
            found = await connection.execute(select(tables.facts.c.name).where(tables.facts.c.name == "key"))
            return found.scalar_one_or_none() is not None
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(type(error).__name__) from error


@asynccontextmanager
async def preparing(engine: AsyncEngine) -> AsyncGenerator[None]:
    """Let no other process prepare the same database meanwhile; SQLite's transactions wait for their turn anyway.

    Where another one takes long, that is said.

    Raises:
        StorageError: the database cannot be reached.
    """
    if engine.dialect.name == "sqlite":
        yield
        return
    connection = engine.connect()
    telling = asyncio.get_running_loop().call_later(
        _PATIENCE_SECONDS, partial(log.warning, "waiting_to_prepare", what="another process prepares the database")
    )
    try:
        await connection.start()
        # It is given back as the transaction ends, which it does not before the connection is closed here.
        await connection.execute(select(func.pg_advisory_xact_lock(_PREPARING)))
    except (SQLAlchemyError, OSError) as error:
        await connection.close()
        raise StorageError(type(error).__name__) from error
    finally:
        telling.cancel()
    try:
        yield
    finally:
        await connection.close()


async def migrate(engine: AsyncEngine) -> bool:
    """Bring the schema to its newest revision; whether there was anything to do.

    Raises:
        StorageError: the database cannot be reached, or is newer than this program.
    """
    if await revision(engine) == HEAD:
        return False
    # Alembic is imported only where a migration is due: it would cost every start a quarter of a second.
    from alembic.util import CommandError

    from storage.migrating import upgrade

    try:
        async with engine.begin() as connection:
            await connection.run_sync(upgrade, HEAD)
    except CommandError as error:
        raise StorageError("the database belongs to a newer version of this program") from error
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(type(error).__name__) from error
    return True
