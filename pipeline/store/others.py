"""Other exams of a patient that matter to a V/Q scan: chest x-rays, CTPA, leg ultrasounds."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from pipeline.domain.arrival import OtherExam, OtherKind
from pipeline.domain.identity import Patient
from pipeline.domain.policy import Policy
from pipeline.store import tables as t
from pipeline.store.decided import Decided
from pipeline.store.dialect import storable
from pipeline.store.exams import Exams
from pipeline.store.record import folded


def other(
    exams: Exams,
    policy: Policy,  # noqa: ARG001 - all news are told in one way
    destinations: Mapping[str, frozenset[str]],  # noqa: ARG001
    news: OtherExam,
    content_hash: str,
    now: datetime,  # noqa: ARG001
) -> Decided:
    """Remembers another exam that passed through, by one row that is kept back. What follows from it the clocks find.

    It is never asked here whether an exam of that patient is open: chest x-rays are a third of all traffic.
    """
    number = next((one for one in news.patient.identifiers if one.value.strip()), None)
    if number is not None and news.done_at is not None:
        exams.writer.add(
            "other_exams",
            {
                "hash": content_hash,
                "kind": news.kind.value,
                "authority": storable(number.authority, 200),
                "number": folded(number.value),
                "accession": storable(news.accession, 200),
                "done_at": news.done_at,
                "final": news.final,
            },
        )
    return Decided()


def chest_x_rays(connection: Connection, patients: Sequence[Patient], start: datetime, end: datetime) -> list[datetime]:
    """When a chest x-ray of any of these (the same person, under all the numbers that are known) was done, from start to end."""
    wanted = {(folded(one.value), one.authority.casefold()) for patient in patients for one in patient.identifiers if one.value.strip()}
    query = select(t.other_exams.c.number, t.other_exams.c.authority, t.other_exams.c.done_at).where(
        t.other_exams.c.number.in_(sorted({number for number, _ in wanted})),
        t.other_exams.c.kind == OtherKind.CHEST_XRAY.value,
        t.other_exams.c.done_at >= start - timedelta(seconds=1),
        t.other_exams.c.done_at <= end,
    )
    found = connection.execute(query).all() if wanted else []
    # A number without an authority (most DICOM files) fits any: the flag is for the reading room only.
    return [
        row.done_at for row in found if any(n == row.number and a in ("", row.authority.casefold()) for n, a in wanted) or not row.authority
    ]
