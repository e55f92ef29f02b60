"""The tables. What is about a person's health, their name or their platform id is in the sealed columns only.

Plain, since the database finds rows by them, are the moments at which something is to be sent and how that ended, and
of flags what the figures count.
Curated answers are plain as well: they are about nobody, and every group may read them.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Float,
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

# What partial indexes hold. A query that means these rows says so in these very words, without parameters: only then
# do both databases see that the index will do.
PENDING = text("status = 'pending'")
PUT_OFF = text("status = 'pending' AND next_attempt_at > due_at")
LEASED = text("status IN ('claimed','sending')")
UNTOLD = text("status IN ('missed','undeliverable','in_doubt','dead') AND told IS FALSE")
OPEN_FLAGS = text("state IN ('open','claimed')")


def _of_member(*, always: bool = True) -> Column[str]:
    return Column("member_id", _ID, ForeignKey("members.id", ondelete="CASCADE"), nullable=not always)


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
    # Empty for somebody who is no member: what a moderator is typing. It ends with its expiry.
    _of_member(always=False),
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
        "status IN ('pending','claimed','sending','sent','settled','cancelled',"
        "'missed','undeliverable','in_doubt','dead')",
        name="status",
    ),
    # With the id, since thousands of rows may be due at one and the same moment, and are taken in its order.
    Index("ix_reminders_due", "next_attempt_at", "id", sqlite_where=PENDING, postgresql_where=PENDING),
    Index("ix_reminders_leased", "lease_until", sqlite_where=LEASED, postgresql_where=LEASED),
    # What was tried in vain, held or kept for after the quiet hours; as a rule nothing.
    Index("ix_reminders_put_off", "due_at", sqlite_where=PUT_OFF, postgresql_where=PUT_OFF),
    Index("ix_reminders_untold", "finished_at", "status", sqlite_where=UNTOLD, postgresql_where=UNTOLD),
)  # fmt: skip

# Names that one process holds at a time.
leases = Table(
    "leases",
    metadata,
    Column("name", String(80), primary_key=True),
    Column("holder", String(8), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("until", UtcDateTime, nullable=False),
)

# Platforms that asked to be left alone.
holds = Table(
    "holds",
    metadata,
    Column("platform", String(20), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

# Numbers that only grow.
counters = Table(
    "counters", metadata, Column("name", String(40), primary_key=True), Column("value", Integer, nullable=False)
)

revisions = Table(
    "revisions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("team", Text, nullable=False),
    Column("entry_id", Text, nullable=False),
    Column("number", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("shown", Boolean, nullable=False),
    Column("based_on", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # Names the content of a file that came with the program.
    Column("digest", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("author", LargeBinary),
    Column("decided_by", LargeBinary),
    Column("decided_at", UtcDateTime),
    UniqueConstraint("team", "entry_id", "number"),
    CheckConstraint("state IN ('approved','proposed','rejected','held')", name="state"),
)

chats = Table(
    "chats",
    metadata,
    # Counts up, so that the oldest comes first.
    Column("number", Integer, primary_key=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("team", Text, nullable=False),
    # A keyed hash of platform and community id.
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("offers", Boolean, nullable=False),
    Column("two_approve", Boolean, nullable=False),
    Column("notices", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    # Who would have one moderator be enough, until another agrees.
    Column("lifted_by", LargeBinary),
    Index(None, "team"),
)

questions = Table(
    "questions",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("team", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("asker", LargeBinary),
    # As in accounts, so that a member who is erased is found here.
    Column("asker_digest", LargeBinary),
    Index(None, "asker_digest"),
)

votes = Table(
    "votes",
    metadata,
    Column("team", Text, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("helpful", Integer, nullable=False),
    Column("unhelpful", Integer, nullable=False),
)

shown = Table(
    "shown",
    metadata,
    # A keyed hash of platform and place id; community is as in chats, by which the team is found.
    Column("digest", LargeBinary, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("community", LargeBinary, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("entry_id", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("chat_id", _ID, primary_key=True),
    Column("what", Text, primary_key=True),
)

watches = Table(
    "watches",
    metadata,
    Column("chat_id", _ID, primary_key=True),
    # As in chats.
    Column("community", LargeBinary, nullable=False, unique=True),
    # A keyed hash of the moderators' chat, made as in shown.
    Column("desk", LargeBinary),
    Column("since", UtcDateTime, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "desk"),
)

flags = Table(
    "flags",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("chat_id", _ID, nullable=False),
    # What the figures count is plain: it names nobody and quotes nothing.
    Column("label", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("look_at", UtcDateTime),
    Column("seen_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("rules", Text, nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("score", Float, nullable=False),
    # A keyed hash of platform, place id and message id; empty where no message is meant.
    Column("message", LargeBinary, unique=True),
    # As in shown; empty for a direct chat, which is as good as the person.
    Column("place", LargeBinary),
    # Whether nothing is left in it that a purge would take.
    Column("bare", Boolean, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint("state IN ('open','claimed','resolved','false_alarm')", name="state"),
    Index(None, "chat_id", "at"),
    Index(None, "chat_id", "state"),
    Index(None, "place"),
    Index("ix_flags_due", "look_at", sqlite_where=text("look_at IS NOT NULL"),
          postgresql_where=text("look_at IS NOT NULL")),
    Index("ix_flags_open", "label", sqlite_where=OPEN_FLAGS, postgresql_where=OPEN_FLAGS),
    Index("ix_flags_kept", "at", sqlite_where=text("bare = 0"), postgresql_where=text("NOT bare")),
)  # fmt: skip

# The further messages that belong to a flag.
flag_messages = Table(
    "flag_messages",
    metadata,
    # As message and place in flags.
    Column("digest", LargeBinary, primary_key=True),
    Column("flag_id", _ID, nullable=False),
    Column("place", LargeBinary),
    Index(None, "flag_id"),
    Index(None, "place"),
)

flag_people = Table(
    "flag_people",
    metadata,
    Column("flag_id", _ID, primary_key=True),
    Column("role", String(20), primary_key=True),
    # As in accounts.
    Column("digest", LargeBinary, primary_key=True),
    CheckConstraint("role IN ('author','reporter','moderator')", name="role"),
    Index(None, "digest"),
)

deeds = Table(
    "deeds",
    metadata,
    # Counts up, so that of two in the same moment the later is known.
    Column("number", Integer, primary_key=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("chat_id", _ID, nullable=False),
    Column("flag_id", _ID, nullable=False),
    Column("what", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    # As in accounts.
    Column("by", LargeBinary),
    Column("sealed", LargeBinary, nullable=False),
    Index(None, "chat_id", "at"),
    Index(None, "by"),
)

# Of people who need not be members; the digests are those of accounts.
opt_outs = Table(
    "opt_outs",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

open_chats = Table(
    "open_chats",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

pauses = Table(
    "pauses",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("chat_id", _ID, primary_key=True),
    Column("what", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "until"),
)
