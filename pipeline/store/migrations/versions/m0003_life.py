"""The life of an exam: steps of ladders, what is known of patients, other exams, expected exams."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.tables import Moment

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STEPS = sa.text("step_at IS NOT NULL")


def upgrade() -> None:
    for table in ("follow_ups", "holds"):
        op.add_column(table, sa.Column("step_at", Moment(), nullable=True))
        op.create_index(f"ix_{table}_step", table, ["step_at"], sqlite_where=_STEPS, postgresql_where=_STEPS)
    settle = sa.text("settle_at IS NOT NULL")
    op.add_column("exams", sa.Column("settle_at", Moment(), nullable=True))
    op.create_index("ix_exams_settle_at", "exams", ["settle_at"], sqlite_where=settle, postgresql_where=settle)
    # What is open already takes its next step at its due time.
    op.execute("UPDATE follow_ups SET step_at = due_at WHERE state IN ('requested', 'accepted', 'in-progress')")
    op.execute("UPDATE holds SET step_at = expires_at WHERE state = 'open'")
    op.create_table(
        "patients",
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("survivor_authority", sa.Text(), nullable=True),
        sa.Column("survivor", sa.Text(), nullable=True),
        sa.Column("told", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("deceased", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("wish", sa.String(length=16), nullable=False, server_default=""),
        sa.Column("changed_at", Moment(), nullable=False),
        sa.Column("merged_at", Moment(), nullable=True),
        sa.Column("died_at", Moment(), nullable=True),
        sa.Column("said_at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("number", "authority"),
        sqlite_with_rowid=False,
    )
    merged = sa.text("survivor IS NOT NULL")
    op.create_index("ix_patients_survivor", "patients", ["survivor"], sqlite_where=merged, postgresql_where=merged)
    op.create_table(
        "other_exams",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("done_at", Moment(), nullable=False),
        sa.Column("final", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_other_exams_number", "other_exams", ["number", "done_at"])
    op.create_table(
        "expected",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False, server_default=""),
        sa.Column("cancelled", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("urgent", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.Column("code", sa.Text(), nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_expected_due", "expected", ["due_at"])


def downgrade() -> None:
    for name in ("expected", "other_exams", "patients"):
        op.drop_table(name)
    op.drop_index("ix_exams_settle_at", "exams")
    op.drop_column("exams", "settle_at")
    for table in ("follow_ups", "holds"):
        op.drop_index(f"ix_{table}_step", table)
        op.drop_column(table, "step_at")
