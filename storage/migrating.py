"""Running the migrations. It imports Alembic, which would cost every start a quarter of a second: import it late."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

__all__ = ["revisions", "upgrade"]

_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(connection: Connection, to: str) -> None:
    """Bring an empty or older database to a revision, in the transaction that is under way.

    Raises:
        CommandError: (Alembic's) the database is at a revision that this version of the program does not know.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def revisions() -> frozenset[str]:
    """Every revision that this version of the program knows."""
    return frozenset(each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return config
