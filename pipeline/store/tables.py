"""The tables of the ledger; migrations bring a database to exactly this."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    Boolean,
    Column,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine


class Moment(TypeDecorator[datetime]):
    """An instant in UTC: TIMESTAMPTZ on PostgreSQL; on SQLite ISO 8601 text of fixed width, so that it sorts and people can read it."""

    impl = String(27)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        kind: TypeEngine[Any] = TIMESTAMP(timezone=True) if dialect.name == "postgresql" else String(27)
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without zone")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.isoformat(timespec="microseconds")[:26] + "Z"

    def process_result_value(self, value: datetime | str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return datetime.fromisoformat(value) if isinstance(value, str) else value.astimezone(UTC)


metadata = MetaData()

files = Table(
    "files",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("size", Integer, nullable=False),
    Column("messages", Integer, nullable=False),
    # Of a file that is one message not for us, these four are all that is kept: 95 % of traffic costs one row.
    Column("kind", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("code", Text, nullable=False, server_default=""),
    sqlite_with_rowid=False,
)

messages = Table(
    "messages",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("file", String(64), ForeignKey("files.hash"), nullable=False, index=True),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("code", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
    Column("exam", String(64), ForeignKey("exams.digest"), index=True),
    Column("received_at", Moment, nullable=False),
    Column("body", LargeBinary),  # zlib; NULL: in the archive by hash, or not kept
)

exams = Table(
    "exams",
    metadata,
    # SHA-256 of (authority, accession): the primary key is what keeps the pair unique.
    Column("digest", String(64), primary_key=True),
    Column("authority", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("owner", String(64), ForeignKey("exams.digest"), index=True),  # the linked exam that answers for this one
    Column("waiting", Boolean, nullable=False),  # a study that has found no exam yet
    Column("first_seen_at", Moment, nullable=False),
    Column("late_at", Moment),  # from when on its report is late
    Column("settle_at", Moment),  # when its images are looked at as a whole; NULL: no images, or looked at
    Column("audit_seq", Integer, nullable=False),
    Column("audit_head", String(64), nullable=False),
    Index("ix_exams_late_at", "late_at", sqlite_where=text("late_at IS NOT NULL"), postgresql_where=text("late_at IS NOT NULL")),
    Index("ix_exams_settle_at", "settle_at", sqlite_where=text("settle_at IS NOT NULL"), postgresql_where=text("settle_at IS NOT NULL")),
    Index("ix_exams_waiting", "digest", sqlite_where=text("waiting"), postgresql_where=text("waiting")),
)

identifiers = Table(
    "identifiers",
    metadata,
    Column("value", Text, nullable=False),
    Column("kind", String(16), nullable=False),  # accession, mrn, control, study
    Column("exam", String(64), ForeignKey("exams.digest"), nullable=False, index=True),
    PrimaryKeyConstraint("value", "kind", "exam"),
    sqlite_with_rowid=False,
)

versions = Table(
    "versions",
    metadata,
    Column("hash", String(64), ForeignKey("messages.hash"), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest"), nullable=False),
    Column("number", Integer, nullable=False),  # order of decision within the exam
    Column("standing", String(16), nullable=False),
    Column("signed_at", Moment),
    Column("words", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("text", LargeBinary),  # zlib; only where a later message may promote it (OBX-11 U)
    Index("ix_versions_exam", "exam", "number"),
    Index("ix_versions_signed", "signed_at", "words"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("report", String(64), ForeignKey("versions.hash"), nullable=False),
    Column("number", Integer, nullable=False),  # 1, and one more for each reprocessing
    Column("decided_at", Moment, nullable=False),
    Column("category", String(16), nullable=False),
    Column("grade", String(16)),
    Column("chronic", Boolean, nullable=False),
    Column("standing", String(16), nullable=False),
    Column("notice", String(16), nullable=False),
    Column("follow_up", String(24)),
    Column("reasons", Text, nullable=False),
    Column("evidence", Text, nullable=False),
    Column("code_version", String(32), nullable=False),
    Column("vocabulary_version", String(32), nullable=False),
    Column("vocabulary_hash", String(64), nullable=False),
    Column("policy_hash", String(64), nullable=False),
    PrimaryKeyConstraint("report", "number"),
)

instances = Table(
    "instances",
    metadata,
    Column("hash", String(64), ForeignKey("messages.hash"), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest"), nullable=False, index=True),
    Column("value", Text, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("state", String(24), nullable=False),
    Column("value", Text, nullable=False),
    Index("ix_notices_exam", "exam", "ordinal"),
)

_OPEN_FOLLOW_UP: Final = text("state IN ('requested', 'accepted', 'in-progress')")

follow_ups = Table(
    "follow_ups",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest")),  # NULL: a rejected input
    Column("ordinal", Integer, nullable=False),
    Column("reason", String(24), nullable=False),
    Column("state", String(16), nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("told_due", Moment),  # the due time that was reported as missed
    Column("step_at", Moment),  # when its ladder takes the next step; NULL: never, or closed
    Column("value", Text, nullable=False),
    Index("ix_follow_ups_exam", "exam", "ordinal"),
    Index("ix_follow_ups_step", "step_at", sqlite_where=text("step_at IS NOT NULL"), postgresql_where=text("step_at IS NOT NULL")),
    Index("ix_follow_ups_open", "due_at", sqlite_where=_OPEN_FOLLOW_UP, postgresql_where=_OPEN_FOLLOW_UP),
)

_OPEN_HOLD: Final = text("state = 'open'")

holds = Table(
    "holds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("notice", String(64), nullable=False),  # empty where nothing was drafted
    Column("expires_at", Moment, nullable=False),
    Column("told", Boolean, nullable=False, server_default=text("false")),  # that it expired
    Column("step_at", Moment),  # when it reminds or escalates next; NULL: never, or closed
    Column("value", Text, nullable=False),
    Index("ix_holds_step", "step_at", sqlite_where=text("step_at IS NOT NULL"), postgresql_where=text("step_at IS NOT NULL")),
    Index("ix_holds_exam", "exam", "ordinal"),
    Index("ix_holds_open", "expires_at", sqlite_where=_OPEN_HOLD, postgresql_where=_OPEN_HOLD),
)

_OPEN_DELIVERY: Final = text("state IN ('new', 'leased', 'staged')")

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("exam", String(64), ForeignKey("exams.digest")),
    Column("lane", Text, nullable=False),  # deliveries of one lane leave in the order of their ordinals
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(16), nullable=False),  # notice, follow-up
    Column("destination", String(64), nullable=False),
    Column("item", String(64), nullable=False),
    Column("report", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("lease", String(32), nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", Text, nullable=False, server_default=""),  # class name of the last failure
    Column("payload", Text, nullable=False),  # the item as it was when queued: every attempt composes the same bytes
    Index("ix_deliveries_lane", "lane", "destination", "ordinal"),
    Index("ix_deliveries_item", "item"),
    Index("ix_deliveries_exam", "exam"),
    Index("ix_deliveries_open", "destination", "not_before", sqlite_where=_OPEN_DELIVERY, postgresql_where=_OPEN_DELIVERY),
)

audit = Table(
    "audit",
    metadata,
    Column("chain", String(64), nullable=False),  # exam digest, follow-up id of a rejected input, or `control`
    Column("seq", Integer, nullable=False),
    Column("at", Moment, nullable=False),
    Column("what", String(16), nullable=False),
    Column("item", String(64), nullable=False),
    Column("was", String(24), nullable=False),
    Column("became", String(24), nullable=False),
    Column("why", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("hash", String(64), nullable=False),  # over the row and the hash before it
    PrimaryKeyConstraint("chain", "seq"),
    sqlite_with_rowid=False,
)

unsealed = Table(
    "unsealed",
    metadata,
    Column("chain", String(64), primary_key=True),  # has grown since its last seal
)

seals = Table(
    "seals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("digest", String(64), nullable=False),  # over the seal before it and where each chain ended
)

sealed = Table(
    "sealed",
    metadata,
    Column("chain", String(64), nullable=False),
    Column("seal", Integer, ForeignKey("seals.number"), nullable=False, index=True),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    PrimaryKeyConstraint("chain", "seal"),
    sqlite_with_rowid=False,
)

patients = Table(
    "patients",
    metadata,
    # A row only where something is known that reports may not say: most patients have none.
    Column("authority", Text, nullable=False),
    Column("number", Text, nullable=False),
    Column("survivor_authority", Text),  # whose number this one was merged into; NULL: it lives
    Column("survivor", Text),
    Column("told", Boolean, nullable=False, server_default=text("false")),  # a late report under the retired number was held
    Column("deceased", Boolean, nullable=False, server_default=text("false")),
    Column("wish", String(16), nullable=False, server_default=""),  # opt-out, ask-first; empty: none
    Column("changed_at", Moment, nullable=False),
    # The messages' own times, for each kind of news its own: older news does not undo newer.
    Column("merged_at", Moment),
    Column("died_at", Moment),
    Column("said_at", Moment),
    PrimaryKeyConstraint("number", "authority"),
    Index("ix_patients_survivor", "survivor", sqlite_where=text("survivor IS NOT NULL"), postgresql_where=text("survivor IS NOT NULL")),
    sqlite_with_rowid=False,
)

other_exams = Table(
    "other_exams",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),  # chest-xray, ctpa, leg-ultrasound
    Column("authority", Text, nullable=False),
    Column("number", Text, nullable=False),  # the patient's record number
    Column("accession", Text, nullable=False),
    Column("done_at", Moment, nullable=False),
    Column("final", Boolean, nullable=False),
    Index("ix_other_exams_number", "number", "done_at"),
    sqlite_with_rowid=False,
)

expected = Table(
    "expected",
    metadata,
    Column("digest", String(64), primary_key=True),  # of the exam key, as in `exams`; the exam itself may never come
    Column("authority", Text, nullable=False),
    Column("accession", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("source", Text, nullable=False),  # order, list
    Column("number", Text, nullable=False, server_default=""),  # the patient's record number, folded
    Column("cancelled", Boolean, nullable=False, server_default=text("false")),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("code", Text, nullable=False, server_default=""),
    Index("ix_expected_due", "due_at"),
)

control = Table(
    "control",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("paused", Boolean, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", Moment),
)

daemons = Table(
    "daemons",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("version", String(32), nullable=False),
    Column("started_at", Moment, nullable=False),
    Column("heartbeat_at", Moment, nullable=False),
    Column("last_scan_at", Moment),
    Column("last_scan_ok", Boolean),
)

meta = Table(
    "meta",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

OPEN_FOLLOW_UP_STATES: Final = ("requested", "accepted", "in-progress")
__all__ = [
    "OPEN_FOLLOW_UP_STATES",
    "Moment",
    "audit",
    "control",
    "daemons",
    "decisions",
    "deliveries",
    "exams",
    "expected",
    "files",
    "follow_ups",
    "holds",
    "identifiers",
    "instances",
    "messages",
    "meta",
    "metadata",
    "notices",
    "other_exams",
    "patients",
    "sealed",
    "seals",
    "unsealed",
    "versions",
]
