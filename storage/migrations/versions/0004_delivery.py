"""Leases of processes, holds of platforms, reminders that were settled, and indexes for many rows."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BEFORE = "status IN ('pending','claimed','sending','sent','cancelled','missed','undeliverable','in_doubt','dead')"
_AFTER = (
    "status IN ('pending','claimed','sending','sent','settled','cancelled','missed','undeliverable','in_doubt','dead')"
)
_PENDING = sa.text("status = 'pending'")
_PUT_OFF = sa.text("status = 'pending' AND next_attempt_at > due_at")
_UNTOLD = sa.text("status IN ('missed','undeliverable','in_doubt','dead') AND told IS FALSE")
_OPEN = sa.text("state IN ('open','claimed')")


def upgrade() -> None:
    """Make the tables of the processes, and let reminders be settled."""
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("holder", sa.String(length=8), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "holds",
        sa.Column("platform", sa.String(length=20), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("platform", name=op.f("pk_holds")),
    )
    _exchange(_AFTER, ["next_attempt_at", "id"])
    op.create_index(
        "ix_reminders_put_off", "reminders", ["due_at"], unique=False, sqlite_where=_PUT_OFF, postgresql_where=_PUT_OFF
    )
    op.create_index(
        "ix_reminders_untold",
        "reminders",
        ["finished_at", "status"],
        unique=False,
        sqlite_where=_UNTOLD,
        postgresql_where=_UNTOLD,
    )
    op.create_index("ix_flags_open", "flags", ["label"], unique=False, sqlite_where=_OPEN, postgresql_where=_OPEN)


def downgrade() -> None:
    """Drop the tables of the processes; what was settled counts as cancelled."""
    op.drop_index("ix_flags_open", "flags")
    op.drop_index("ix_reminders_untold", "reminders")
    op.drop_index("ix_reminders_put_off", "reminders")
    op.execute("UPDATE reminders SET status = 'cancelled' WHERE status = 'settled'")
    _exchange(_BEFORE, ["next_attempt_at"])
    op.drop_table("holds")
    op.drop_table("leases")


def _exchange(statuses: str, due: list[str]) -> None:
    """Let these be the statuses of a reminder, and index what is due by these columns."""
    op.drop_index("ix_reminders_due", "reminders")
    with op.batch_alter_table("reminders") as batch_op:
        batch_op.drop_constraint(batch_op.f("ck_reminders_status"), type_="check")
        batch_op.create_check_constraint(batch_op.f("ck_reminders_status"), statuses)
    op.create_index(
        "ix_reminders_due", "reminders", due, unique=False, sqlite_where=_PENDING, postgresql_where=_PENDING
    )
