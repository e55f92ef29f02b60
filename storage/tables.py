"""The tables. What is about a person's health, their name or their platform id is in the sealed columns only.

Plain, since the database finds rows by them, are the moments at which something is to be sent and how that ended.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

_ID = String(32)


def _of_member(name: str = "member_id") -> Column[str]:
    return Column(name, _ID, ForeignKey("members.id", ondelete="CASCADE"), nullable=False)


# Small facts about the database itself, such as the value that tells whether the key is the right one.
facts = Table("facts", metadata, Column("name", String(40), primary_key=True), Column("value", LargeBinary))

members = Table(
    "members",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_member(),
    Column("platform", String(20), nullable=False),
    # A keyed hash of platform and person id.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("reach", String(20), nullable=False),
    Column("reason", String(60)),
    Column("reach_since", UtcDateTime, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "member_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_member(),
    Column("version", String(20), nullable=False),
    Column("given_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
    Index(None, "member_id"),
)

courses = Table(
    "courses",
    metadata,
    Column("member_id", _ID, ForeignKey("members.id", ondelete="CASCADE"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

drafts = Table(
    "drafts",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    _of_member(),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

reminders = Table(
    "reminders",
    metadata,
    Column("id", _ID, primary_key=True),
    _of_member(),
    # A keyed hash of what makes the occurrence one and the same; the database refuses a second row.
    Column("occurrence", LargeBinary, nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("status", String(20), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("repeat", Boolean, nullable=False, default=False),
    Column("repeated", Boolean, nullable=False),
    Column("claim_token", String(32)),
    Column("lease_until", UtcDateTime),
    Column("finished_at", UtcDateTime),
    Column("reason", Text),
    Column("told", Boolean, nullable=False, default=False),
    Column("sealed", LargeBinary, nullable=False),
    UniqueConstraint("member_id", "occurrence"),
    CheckConstraint(
        "status IN ('pending','claimed','sending','sent','cancelled','missed','undeliverable','in_doubt','dead')",
        name="status",
    ),
    Index("ix_reminders_due", "next_attempt_at", sqlite_where=text("status = 'pending'"),
          postgresql_where=text("status = 'pending'")),
    Index("ix_reminders_leased", "lease_until", sqlite_where=text("status IN ('claimed','sending')"),
          postgresql_where=text("status IN ('claimed','sending')")),
)  # fmt: skip
