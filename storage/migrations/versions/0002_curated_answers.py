"""Curated answers, and drafts of people who are no members."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the curated answers."""
    op.create_table(
        "chats",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("offers", sa.Boolean(), nullable=False),
        sa.Column("two_approve", sa.Boolean(), nullable=False),
        sa.Column("notices", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lifted_by", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_chats")),
        sa.UniqueConstraint("digest", name=op.f("uq_chats_digest")),
        sa.UniqueConstraint("id", name=op.f("uq_chats_id")),
    )
    with op.batch_alter_table("chats", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_chats_team"), ["team"], unique=False)

    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "notices",
        sa.Column("chat_id", sa.String(length=32), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "what", name=op.f("pk_notices")),
    )
    op.create_table(
        "offers",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", "entry_id", name=op.f("pk_offers")),
    )
    op.create_table(
        "questions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asker", sa.LargeBinary(), nullable=True),
        sa.Column("asker_digest", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_questions")),
    )
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_questions_asker_digest"), ["asker_digest"], unique=False)

    op.create_table(
        "revisions",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", sa.LargeBinary(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('approved','proposed','rejected','held')", name=op.f("ck_revisions_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("team", "entry_id", "number", name=op.f("uq_revisions_team_entry_id_number")),
    )
    op.create_table(
        "shown",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("community", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "entry_id", name=op.f("pk_shown")),
    )
    op.create_table(
        "votes",
        sa.Column("team", sa.Text(), nullable=False),
        sa.Column("entry_id", sa.Text(), nullable=False),
        sa.Column("helpful", sa.Integer(), nullable=False),
        sa.Column("unhelpful", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("team", "entry_id", name=op.f("pk_votes")),
    )
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.alter_column("member_id", existing_type=sa.String(length=32), nullable=True)


def downgrade() -> None:
    """Drop the tables of the curated answers."""
    # What nobody in particular was typing has no place in the older schema.
    op.execute("DELETE FROM drafts WHERE member_id IS NULL")
    with op.batch_alter_table("drafts", schema=None) as batch_op:
        batch_op.alter_column("member_id", existing_type=sa.String(length=32), nullable=False)

    op.drop_table("votes")
    op.drop_table("shown")
    op.drop_table("revisions")
    with op.batch_alter_table("questions", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_questions_asker_digest"))

    op.drop_table("questions")
    op.drop_table("offers")
    op.drop_table("notices")
    op.drop_table("counters")
    with op.batch_alter_table("chats", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_chats_team"))

    op.drop_table("chats")
