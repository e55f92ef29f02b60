"""Documents: records of the core as JSON, inside one encrypted value, or plain where they are about nobody."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bot.chat.people import Person, Place
from bot.errors import StorageError, WrongKeyError
from bot.moderation.flag import Answered, Card, Note, Origin, Report
from storage.vault import Vault

RecordT = TypeVar("RecordT")


@cache
def _adapter(kind: type[RecordT]) -> TypeAdapter[RecordT]:
    return TypeAdapter(kind)


def seal_record(vault: Vault, record: object, bound_to: str) -> bytes:
    """Seal a record for one row."""
    return vault.seal(_adapter(type(record)).dump_json(record), bound_to)


def open_record(vault: Vault, kind: type[RecordT], sealed: bytes, bound_to: str) -> RecordT:
    """Open the record of one row.

    Raises:
        WrongKeyError: see ``Vault.open``; or what was sealed is no such record.
    """
    try:
        return _adapter(kind).validate_json(vault.open(sealed, bound_to))
    except ValidationError:
        # Without its cause, which quotes the values.
        raise WrongKeyError("a stored value opens, but is not the record that it should be") from None


def write_record(record: object) -> str:
    """Write a record that is about nobody."""
    return _adapter(type(record)).dump_json(record).decode()


def read_record(kind: type[RecordT], written: str) -> RecordT:
    """Read a record that ``write_record`` wrote.

    Raises:
        StorageError: it is no such record.
    """
    try:
        return _adapter(kind).validate_json(written)
    except ValidationError:
        raise StorageError(f"a stored {kind.__name__} is not the record that it should be") from None


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """What an account's row keeps of a person: no name."""

    id: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """What a draft's row keeps."""

    form: str
    arguments: tuple[str, ...]
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class StoredOccurrence:
    """What a reminder's row keeps of its occurrence beside the moments that the database sorts by."""

    kind: str
    day: date
    number: int
    shown_on: date
    round_number: int


@dataclass(frozen=True, slots=True)
class StoredModerator:
    """What a revision's row keeps of its author and of who decided: with the name, since it is a public record."""

    platform: str
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class StoredAsker:
    """What a question's row keeps of who wants the answer: no name."""

    platform: str
    id: str
    locale: str | None


@dataclass(frozen=True, slots=True)
class StoredFlag:
    """What a flag's row keeps beside what the database finds and counts it by; people with their names."""

    origin: Origin
    place: Place
    message_id: str
    link: str
    disputed: bool
    reasons: tuple[str, ...]
    version: str
    quote: str
    author: Person | None
    reports: tuple[Report, ...]
    answered: Answered
    times: int
    card: Card | None
    claimed_by: Person | None
    claimed_until: datetime | None
    closed_by: Person | None
    notes: tuple[Note, ...]
    escalated_by: Person | None
    contested: bool
    calls: int
    language: str = ""
    author_told: bool = False


@dataclass(frozen=True, slots=True)
class StoredDeed:
    """What a deed's row keeps of who did it, and of what was done in detail."""

    by: Person | None
    detail: str


def seal_moderator(vault: Vault, person: Person | None, bound_to: str) -> bytes | None:
    """Seal who changed something, if anybody."""
    return person and seal_record(vault, StoredModerator(person.platform, person.id, person.name), bound_to)


def open_moderator(vault: Vault, sealed: bytes | None, bound_to: str) -> Person | None:
    """Open what ``seal_moderator`` sealed."""
    if sealed is None:
        return None
    kept = open_record(vault, StoredModerator, sealed, bound_to)
    return Person(kept.platform, kept.id, kept.name)
