"""What the database takes for now."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.errors import StorageError

__all__ = ["clock_ahead"]


async def clock_ahead(engine: AsyncEngine) -> timedelta | None:
    """How far PostgreSQL's clock is ahead of ours; None for SQLite, which has none of its own.

    Raises:
        StorageError: the database cannot be asked.
    """
    if engine.dialect.name == "sqlite":
        return None
    try:
        async with engine.connect() as connection:
            # The connection is open by now, so that only the question itself lies between the two looks at our clock.
            before = datetime.now(UTC)
            theirs = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
            after = datetime.now(UTC)
    except (SQLAlchemyError, OSError) as error:
        raise StorageError(type(error).__name__) from error
    return theirs - (before + (after - before) / 2)
