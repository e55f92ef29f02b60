"""Flags, the communities in which the bot listens, and the record of what was done."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of moderation."""
    _watches_and_people()
    _flags()
    _deeds()


def _watches_and_people() -> None:
    op.create_table(
        "watches",
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("community", sa.LargeBinary(), nullable=False),
        sa.Column("desk", sa.LargeBinary(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", name=op.f("pk_watches")),
        sa.UniqueConstraint("community", name=op.f("uq_watches_community")),
    )
    op.create_index(op.f("ix_watches_desk"), "watches", ["desk"], unique=False)
    for name in ("opt_outs", "open_chats"):
        op.create_table(
            name,
            sa.Column("digest", sa.LargeBinary(), nullable=False),
            sa.Column("at", sa.DateTime(timezone=True), nullable=False),
            sa.PrimaryKeyConstraint("digest", name=op.f(f"pk_{name}")),
        )
    op.create_table(
        "pauses",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "chat_id", "what", name=op.f("pk_pauses")),
    )
    op.create_index(op.f("ix_pauses_until"), "pauses", ["until"], unique=False)


def _flags() -> None:
    op.create_table(
        "flags",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("label", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=True),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("bare", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("state IN ('open','claimed','resolved','false_alarm')", name=op.f("ck_flags_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_flags")),
        sa.UniqueConstraint("message", name=op.f("uq_flags_message")),
    )
    op.create_index(op.f("ix_flags_chat_id_at"), "flags", ["chat_id", "at"], unique=False)
    op.create_index(op.f("ix_flags_chat_id_state"), "flags", ["chat_id", "state"], unique=False)
    op.create_index(op.f("ix_flags_place"), "flags", ["place"], unique=False)
    due = sa.text("look_at IS NOT NULL")
    op.create_index("ix_flags_due", "flags", ["look_at"], unique=False, sqlite_where=due, postgresql_where=due)
    op.create_index(
        "ix_flags_kept",
        "flags",
        ["at"],
        unique=False,
        sqlite_where=sa.text("bare = 0"),
        postgresql_where=sa.text("NOT bare"),
    )
    op.create_table(
        "flag_messages",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("flag_id", sa.String(length=32), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_flag_messages")),
    )
    op.create_index(op.f("ix_flag_messages_flag_id"), "flag_messages", ["flag_id"], unique=False)
    op.create_index(op.f("ix_flag_messages_place"), "flag_messages", ["place"], unique=False)
    op.create_table(
        "flag_people",
        sa.Column("flag_id", sa.String(length=32), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("role IN ('author','reporter','moderator')", name=op.f("ck_flag_people_role")),
        sa.PrimaryKeyConstraint("flag_id", "role", "digest", name=op.f("pk_flag_people")),
    )
    op.create_index(op.f("ix_flag_people_digest"), "flag_people", ["digest"], unique=False)


def _deeds() -> None:
    op.create_table(
        "deeds",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("flag_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.LargeBinary(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_deeds")),
        sa.UniqueConstraint("id", name=op.f("uq_deeds_id")),
    )
    op.create_index(op.f("ix_deeds_chat_id_at"), "deeds", ["chat_id", "at"], unique=False)
    op.create_index(op.f("ix_deeds_by"), "deeds", ["by"], unique=False)


def downgrade() -> None:
    """Drop the tables of moderation; their indexes go with them."""
    for name in ("deeds", "flag_people", "flag_messages", "flags", "pauses", "open_chats", "opt_outs", "watches"):
        op.drop_table(name)
