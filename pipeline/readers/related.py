"""What a result or image of another exam says that matters to a V/Q scan: whose it is, what was done, when, and whether it is final."""

from typing import TYPE_CHECKING

from pipeline.domain.arrival import OtherExam, OtherKind
from pipeline.domain.identity import Patient
from pipeline.domain.report import Liveness
from pipeline.errors import Unreadable
from pipeline.formats import hl7v2
from pipeline.readers import oru
from pipeline.readers.oru_people import People

if TYPE_CHECKING:
    from pipeline.config import Config

_ACCESSION = ((18, 1), (3, 1))
_FINAL = frozenset({"F", "C"})


def news_of(body: bytes, kind: OtherKind, config: "Config") -> OtherExam | None:
    """News of another exam out of an ORU message; None where it is not live, or does not say whose it is or when it was done.

    Only the lines that are needed are parsed: chest x-rays are a third of all traffic. Several patients in one message: none of them.
    """
    lines = [line for line in body.replace(b"\n", b"\r").split(b"\r") if line[:3] in (b"MSH", b"PID", b"OBR")]
    people = [line for line in lines if line[:3] == b"PID"]
    if len(people) != 1 or lines[0][:3] != b"MSH":
        return None
    _, head = hl7v2.head(body)
    name, source = config.source_for(oru.first_of(head, 3), oru.first_of(head, 4))
    try:
        message = hl7v2.parse(b"\r".join(lines) + b"\r", source.charset, config.limits.max_segments)
    except Unreadable:
        return None
    if oru.liveness_of(message) is not Liveness.LIVE:
        return None
    sender = oru.sender_of(message, name, source, config)
    read = People(message, sender.authority, dict(config.authorities)).patient
    patient = next((read(segment, [], []) for segment in message.segments if segment.name == "PID"), Patient())
    results = [segment for segment in message.segments if segment.name == "OBR"]
    times = [found.at for result in results if (found := hl7v2.moment(message.value(result, 7), sender.zone))]
    if not patient.identifiers or not times:
        return None
    accession = next((said for number, part in _ACCESSION if (said := message.value(results[0], number, part))), "")
    # All of them: where one exam of the message is not final yet, nothing of it is evidence.
    final = all(message.value(result, 25).upper() in _FINAL for result in results)
    return OtherExam(kind, patient, accession, max(times), final)
