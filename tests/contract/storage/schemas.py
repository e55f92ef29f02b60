"""Schemas of earlier versions of the program."""

from collections.abc import Callable
from pathlib import Path

from alembic.config import Config
from sqlalchemy import Connection

import storage
from storage.store import Store


def alembic_config() -> Config:
    """Where the migrations are."""
    config = Config()
    config.set_main_option("script_location", str(Path(storage.__file__).parent / "migrations"))
    return config


async def turn(store: Store, way: Callable[[Config, str], None], revision_id: str) -> None:
    """Bring the schema up or down to a revision."""
    config = alembic_config()

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        way(config, revision_id)

    async with store.engine.begin() as connection:
        await connection.run_sync(run)
