"""Values as they stand in a backup: what JSON cannot say is said in text."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from enum import Enum
from typing import Any


class Kind(Enum):
    """What a column holds. The value is the kind's name in backups."""

    TEXT = "text"
    BYTES = "bytes"  # as base64
    MOMENT = "moment"  # UTC, as ISO 8601
    INTEGER = "integer"
    FLOAT = "float"
    BOOLEAN = "boolean"


def to_json(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as it stands in a backup."""
    if value is None:
        return None
    if kind is Kind.BYTES:
        return b64encode(value).decode("ascii")
    return value.isoformat() if kind is Kind.MOMENT else value


def from_json(kind: Kind, value: object) -> object:
    """The value that stands in a backup.

    Raises:
        ValueError: it is none of this kind; the text does not repeat it.
    """
    match kind, value:
        case _, None:
            return None
        case Kind.BYTES, str():
            return b64decode(value, validate=True)
        case Kind.MOMENT, str():
            return datetime.fromisoformat(value).astimezone(UTC)
        case (Kind.TEXT, str()) | (Kind.BOOLEAN, bool()):
            return value
        # To Python, a truth value is an integer.
        case (Kind.INTEGER, int()) | (Kind.FLOAT, int() | float()) if not isinstance(value, bool):
            return value
        case _:
            raise ValueError("not of the kind of its column")
