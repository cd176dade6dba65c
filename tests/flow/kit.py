"""A flow over fake readers and composers, real decisions, a real ledger and a real output folder."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from pipeline.destinations import Destination
from pipeline.destinations.folder import Folder
from pipeline.domain.arrival import Arrival, Kind, NotForUs, Rejection
from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import ExamKey, Identifier, Patient, PersonName
from pipeline.domain.instance import Instance, Part
from pipeline.domain.notice import Notice
from pipeline.domain.parcel import Parcel
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.flow import Composers, Flow, Incoming, Outcome
from pipeline.store.changes import About
from pipeline.store.deciding import Rules
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Archive
from pipeline.store.queries import Queries
from pipeline.store.record import Provenance

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ANNA = Patient((Identifier("M-1001", "HOSP", "MR"),), PersonName("Sample", "Anna"), date(1960, 5, 1), "F")
BERT = Patient((Identifier("M-2002", "HOSP", "MR"),), PersonName("Example", "Bert"), date(1950, 1, 9), "M")

_GRADES = {"normal": Grade.NORMAL, "absent": Grade.ABSENT, "indeterminate": Grade.INDETERMINATE, "high": Grade.HIGH}


def interpret(blocks: Sequence[TextBlock]) -> Reading:
    """The last word of the text is the verdict; anything else is a review."""
    words = blocks[-1].text.split() if blocks else []
    if words and words[-1] == "boom":
        raise RuntimeError("boom")
    grade = _GRADES.get(words[-1]) if words else None
    return Reading(grade.category, grade) if grade else Reading(Category.REVIEW, reasons=("no-verdict",))


def report(
    verdict: str = "normal",
    accession: str = "A1",
    *,
    authority: str = "RIS",
    patient: Patient = ANNA,
    status: Status = Status.FINAL,
    signed: datetime = T0,
    control: str = "C1",
    study: str = "",
    linked: tuple[str, ...] = (),
    **more: Any,
) -> Report:
    return Report(
        kind="hl7-oru",
        key=ExamKey(authority, accession),
        content_hash="",
        status=status,
        liveness=Liveness.LIVE,
        blocks=(TextBlock(f"Impression: {verdict}", "impression"),),
        patient=patient,
        accession=accession,
        linked=tuple(ExamKey(authority, other) for other in linked),
        signed_at=signed,
        message_at=signed,
        control_id=control,
        study_uid=study,
        **more,
    )


def image(
    uid: str = "1.2.3.1", accession: str = "A1", *, authority: str = "", study: str = "1.2.3", patient: Patient = ANNA, issued: bool = False
) -> Instance:
    key = ExamKey(authority or "PACS", accession) if accession else None
    return Instance(uid, study, "1.2.3.0", "NM", "NM", Part.PERFUSION, patient, key, accession, issued, T0)


def arrival(what: Report | Instance | NotForUs | Rejection, *, ordinal: int = 1, salt: str = "") -> Arrival:
    kinds = {Report: Kind.HL7_ORU, Instance: Kind.DICOM_IMAGE, NotForUs: Kind.HL7_ORU, Rejection: Kind.OTHER}
    body = f"{what!r}{salt}".encode()
    content_hash = hashlib.sha256(body).hexdigest()
    if isinstance(what, Report | Instance):
        what = replace(what, content_hash=content_hash)
    return Arrival(kinds[type(what)], ordinal, content_hash, b"" if isinstance(what, Instance) else body, what)


def file_of(*whats: Report | Instance | NotForUs | Rejection, salt: str = "") -> Incoming:
    arrivals = tuple(arrival(what, ordinal=number, salt=salt) for number, what in enumerate(whats, 1))
    if len(arrivals) == 1:
        return Incoming(arrivals[0].body, arrivals[0].content_hash, "test", T0, arrivals)
    content = b"\n".join(one.content_hash.encode() for one in arrivals)
    return Incoming(content, hashlib.sha256(content).hexdigest(), "test", T0, arrivals)


@dataclass
class HandClock:
    """Stands until it is moved."""

    at: datetime = T0

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


def compose_notice(notice: Notice, delivery_id: str, exam: str) -> Parcel:
    facts = {"accession": notice.facts.accession, "letter": notice.letter.value, "notice_type": notice.notice_type.value}
    files = ((f"{delivery_id}.en.html", b"<p>" + notice.letter.value.encode()), (f"{delivery_id}.en.json", json.dumps(facts).encode()))
    return Parcel(delivery_id, "notice", f"notices/{exam[:16]}", files)


def compose_task(item: FollowUp, delivery_id: str, about: About) -> Parcel:
    task = {
        "id": item.id,
        "version": item.version,
        "reason": item.reason.value,
        "status": item.state.value,
        "accessions": [value for _, value in about.accessions],
    }
    return Parcel(delivery_id, "follow-up", "followups", ((f"{delivery_id}.json", json.dumps(task).encode()),))


class Kit:
    """One flow, and what a test asks about it."""

    def __init__(self, ledger: Ledger, tmp_path: Path, **rules: Any) -> None:
        self.ledger = ledger
        self.output = tmp_path / "output"
        self.clock = HandClock()
        self.rules = Rules(interpret, Policy(), Provenance("0", "en", "0" * 64, "1" * 64), **rules)
        self.archive = Archive(tmp_path / "archive")
        self.queries = Queries(ledger)
        self.destinations: list[Destination] = [Folder(self.output)]
        self.composers = Composers(compose_notice, compose_task)
        self.flow = self.build()

    def build(self, **rules: Any) -> Flow:
        """A second flow over the same ledger and folder, as after a restart."""
        self.flow = Flow(self.ledger, _no_reader, replace(self.rules, **rules), self.destinations, self.composers, self.clock, self.archive)
        return self.flow

    def ingest(self, *files: Incoming) -> list[list[Outcome]]:
        return self.flow.ingest(files)

    def one(self, what: Report | Instance | NotForUs | Rejection) -> Outcome:
        return self.flow.ingest([file_of(what)])[0][0]

    def deliver(self) -> tuple[int, int, int]:
        """Rounds until nothing more is due: (sent, failed, dead)."""
        sent = failed = dead = 0
        while True:
            this = self.flow.deliver()
            sent, failed, dead = sent + this.sent, failed + this.failed, dead + this.dead
            if not this.more:
                return sent, failed, dead

    def files(self, below: str = "") -> list[Path]:
        return sorted(path for path in (self.output / below).rglob("*") if path.is_file())

    def letters(self) -> list[dict[str, str]]:
        """The side-cars that are out, oldest first by the ledger's order."""
        order = {row["id"]: row["ordinal"] for row in self.rows("SELECT id, ordinal FROM deliveries WHERE kind = 'notice'")}
        found = sorted(self.output.glob("notices/*/*.json"), key=lambda path: (order[path.name.split(".")[0]], path.name))
        return [json.loads(path.read_bytes()) for path in found]

    def tasks(self) -> list[dict[str, Any]]:
        found = [json.loads(path.read_bytes()) for path in self.output.glob("followups/*.json")]
        return sorted(found, key=lambda task: (task["id"], task["version"]))

    def rows(self, query: str) -> list[dict[str, Any]]:
        with self.ledger.read() as connection:
            return [dict(row) for row in connection.execute(text(query)).mappings()]

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"])

    def execute(self, statement: str) -> None:
        with self.ledger.write() as connection:
            connection.execute(text(statement))

    def end_leases(self) -> None:
        """As if the time of every lease had passed."""
        self.execute("UPDATE deliveries SET leased_until = '2000-01-01T00:00:00.000000Z' WHERE leased_until IS NOT NULL")

    def chains_whole(self) -> bool:
        from pipeline.store.audit import broken_at

        with self.ledger.read() as connection:
            chains = connection.execute(text("SELECT DISTINCT chain FROM audit")).scalars().all()
            return bool(chains) and all(broken_at(connection, chain) is None for chain in chains)


def _no_reader(content: bytes, file_hash: str) -> Sequence[Arrival]:
    raise AssertionError("tests hand over what was read")


Decide = Callable[..., Any]
