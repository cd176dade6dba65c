"""Seals of the audit trail."""

import sqlalchemy as sa
from alembic import op

from pipeline.store.tables import Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("unsealed", sa.Column("chain", sa.String(length=64), nullable=False), sa.PrimaryKeyConstraint("chain"))
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "sealed",
        sa.Column("chain", sa.String(length=64), nullable=False),
        sa.Column("seal", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["seal"], ["seals.number"]),
        sa.PrimaryKeyConstraint("chain", "seal"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_sealed_seal", "sealed", ["seal"], unique=False)
    # What was written before there were seals is sealed first.
    op.execute("INSERT INTO unsealed (chain) SELECT DISTINCT chain FROM audit")


def downgrade() -> None:
    op.drop_table("sealed")
    op.drop_table("seals")
    op.drop_table("unsealed")
