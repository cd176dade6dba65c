"""The first tables."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.tables import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("what", sa.String(length=16), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("was", sa.String(length=24), nullable=False),
        sa.Column("became", sa.String(length=24), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("chain", "seq"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "control",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "daemons",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("heartbeat_at", Moment(), nullable=False),
        sa.Column("last_scan_at", Moment(), nullable=True),
        sa.Column("last_scan_ok", sa.Boolean(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "exams",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("accession", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("first_seen_at", Moment(), nullable=False),
        sa.Column("late_at", Moment(), nullable=True),
        sa.Column("audit_seq", sa.Integer(), nullable=False),
        sa.Column("audit_head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(
        "ix_exams_late_at",
        "exams",
        ["late_at"],
        unique=False,
        sqlite_where=sa.text("late_at IS NOT NULL"),
        postgresql_where=sa.text("late_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_exams_owner"), "exams", ["owner"], unique=False)
    op.create_index(
        "ix_exams_waiting", "exams", ["digest"], unique=False, sqlite_where=sa.text("waiting"), postgresql_where=sa.text("waiting")
    )
    op.create_table(
        "files",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("hash"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=True),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("destination", sa.String(length=64), nullable=False),
        sa.Column("item", sa.String(length=64), nullable=False),
        sa.Column("report", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("not_before", Moment(), nullable=False),
        sa.Column("leased_until", Moment(), nullable=True),
        sa.Column("lease", sa.String(length=32), server_default="", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_exam", "deliveries", ["exam"], unique=False)
    op.create_index("ix_deliveries_item", "deliveries", ["item"], unique=False)
    op.create_index("ix_deliveries_lane", "deliveries", ["lane", "destination", "ordinal"], unique=False)
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["destination", "not_before"],
        unique=False,
        sqlite_where=sa.text("state IN ('new', 'leased', 'staged')"),
        postgresql_where=sa.text("state IN ('new', 'leased', 'staged')"),
    )
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=True),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("due_at", Moment(), nullable=False),
        sa.Column("told_due", Moment(), nullable=True),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_follow_ups_exam", "follow_ups", ["exam", "ordinal"], unique=False)
    op.create_index(
        "ix_follow_ups_open",
        "follow_ups",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("state IN ('requested', 'accepted', 'in-progress')"),
        postgresql_where=sa.text("state IN ('requested', 'accepted', 'in-progress')"),
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_holds_exam", "holds", ["exam", "ordinal"], unique=False)
    op.create_index(
        "ix_holds_open",
        "holds",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_table(
        "identifiers",
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("value", "kind", "exam"),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_identifiers_exam"), "identifiers", ["exam"], unique=False)
    op.create_table(
        "messages",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=True),
        sa.Column("received_at", Moment(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["file"],
            ["files.hash"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_messages_exam"), "messages", ["exam"], unique=False)
    op.create_index(op.f("ix_messages_file"), "messages", ["file"], unique=False)
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=24), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_notices_exam", "notices", ["exam", "ordinal"], unique=False)
    op.create_table(
        "instances",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["hash"],
            ["messages.hash"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_instances_exam"), "instances", ["exam"], unique=False)
    op.create_table(
        "versions",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("exam", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("signed_at", Moment(), nullable=True),
        sa.Column("words", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam"],
            ["exams.digest"],
        ),
        sa.ForeignKeyConstraint(
            ["hash"],
            ["messages.hash"],
        ),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index("ix_versions_exam", "versions", ["exam", "number"], unique=False)
    op.create_index("ix_versions_signed", "versions", ["signed_at", "words"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("report", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("decided_at", Moment(), nullable=False),
        sa.Column("category", sa.String(length=16), nullable=False),
        sa.Column("grade", sa.String(length=16), nullable=True),
        sa.Column("chronic", sa.Boolean(), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.Column("follow_up", sa.String(length=24), nullable=True),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("code_version", sa.String(length=32), nullable=False),
        sa.Column("vocabulary_version", sa.String(length=32), nullable=False),
        sa.Column("vocabulary_hash", sa.String(length=64), nullable=False),
        sa.Column("policy_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["report"],
            ["versions.hash"],
        ),
        sa.PrimaryKeyConstraint("report", "number"),
    )
