"""What each revision of the schema holds, told by the migrations themselves.

A database may be older than the program, and so may a backup. The migrations are therefore run on an empty database in
memory, which gives one and the same answer whichever database the rows come from and go to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    TableClause,
    column,
    create_engine,
    inspect,
    select,
    table,
)
from sqlalchemy.types import TypeEngine

from storage.backup.values import Kind
from storage.migrating import revisions, upgrade
from storage.types import UtcDateTime

VERSIONS = "alembic_version"
"""The table in which the revision of a database stands."""

_OF_PROCESSES = "leases"
"""What is about processes that run; those of a backup do not."""

# The first that fits counts.
_KINDS: tuple[tuple[type[TypeEngine[Any]], Kind], ...] = (
    (Boolean, Kind.BOOLEAN),
    (DateTime, Kind.MOMENT),
    (LargeBinary, Kind.BYTES),
    (Float, Kind.FLOAT),
    (Integer, Kind.INTEGER),
    (String, Kind.TEXT),
)
_TYPES: Mapping[Kind, type[TypeEngine[Any]]] = {kind: found for found, kind in _KINDS}


@dataclass(frozen=True, slots=True)
class StoredTable:
    """A table of one revision: its columns by name."""

    name: str
    columns: Mapping[str, Kind]

    def clause(self) -> TableClause:
        """The table as a statement wants it."""
        return table(
            self.name,
            *(
                column(name, UtcDateTime if kind is Kind.MOMENT else _TYPES[kind])
                for name, kind in self.columns.items()
            ),
        )


def revision_of(connection: Connection) -> str | None:
    """The revision of a database; None where it is empty."""
    if not inspect(connection).has_table(VERSIONS):
        return None
    return connection.execute(select(column("version_num", String)).select_from(table(VERSIONS))).scalar_one_or_none()


def is_known(revision: str) -> bool:
    """Whether this version of the program has the revision."""
    return revision in _revisions()


@lru_cache
def tables_of(revision: str) -> tuple[StoredTable, ...]:
    """Every table of a known revision, each after those that its rows refer to."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        upgrade(connection, revision)
        inspector = inspect(connection)
        names = [name for name, _ in inspector.get_sorted_table_and_fkc_names() if name and name != VERSIONS]
        found = tuple(
            StoredTable(name, {each["name"]: _kind(each["type"]) for each in inspector.get_columns(name)})
            for name in names
        )
    engine.dispose()
    return found


def stored_tables(revision: str) -> tuple[StoredTable, ...]:
    """Those tables of a known revision that belong into a backup."""
    return tuple(each for each in tables_of(revision) if each.name != _OF_PROCESSES)


@lru_cache
def _revisions() -> frozenset[str]:
    return revisions()


def _kind(found: TypeEngine[Any]) -> Kind:
    return next(kind for type_, kind in _KINDS if isinstance(found, type_))
