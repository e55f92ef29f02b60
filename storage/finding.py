"""Keyed hashes by which rows are found without storing what they are found by, and statements of both databases."""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, Column, ColumnElement, Select, String, Table, any_, column, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.chat.people import Person, Place
from storage.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

LOOKING = "looking"
"""The execution option of a connection that only reads."""


def account_digest(vault: Vault, person: Person) -> bytes:
    """Of somebody's account on their platform."""
    return vault.digest("account", person.platform, person.id)


def community_digest(vault: Vault, place: Place) -> bytes:
    """Of what has one set of moderators and settings."""
    return vault.digest("community", place.platform, place.community)


def place_digest(vault: Vault, place: Place) -> bytes:
    """Of one chat, whatever part of it is meant."""
    return vault.digest("place", place.platform, place.id)


def upsert(connection: AsyncConnection, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """An insert that can say what happens where the row is there already."""
    # Only the dialect in use is imported: each costs every start some hundredths of a second.
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def holding(connection: AsyncConnection, rows: Select[Any], *, skip_held: bool = False) -> Select[Any]:
    """These rows, held until the unit of work ends; who only looks holds nothing and waits for nobody."""
    # SQLite has one writer at a time, and knows no such locks.
    if connection.sync_connection and connection.sync_connection.get_execution_options().get(LOOKING):
        return rows
    return rows.with_for_update(skip_locked=skip_held)


def among(connection: AsyncConnection, which: Column[str], values: Collection[str]) -> ColumnElement[bool]:
    """Whether a column holds one of many values, which go as one parameter.

    One for each would make another statement of every number of values, each of which both databases learn anew.
    """
    if connection.dialect.name == "postgresql":
        return which == any_(literal(list(values), ARRAY(String)))
    each = func.json_each(json.dumps(list(values))).table_valued(column("value", String))
    return which.in_(select(each.c.value))


def found_by(connection: AsyncConnection, which: Column[str], rows: Select[tuple[str]]) -> ColumnElement[bool]:
    """Whether a column holds one of the values that a query finds, which may hold its rows and skip those of others."""
    if connection.dialect.name == "postgresql":
        # As an array it is worked out once; a plain subquery may run for each row anew. Then it holds the same rows
        # many times, or with rows skipped that others hold finds more than its limit.
        return which == any_(func.array(rows.scalar_subquery()))
    return which.in_(rows)
