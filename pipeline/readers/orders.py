"""Orders that pass through: which V/Q exams are to come (ORM^O01, OMG^O19, OMI^O23)."""

from datetime import datetime
from typing import TYPE_CHECKING

from pipeline.domain.arrival import ExpectedExam
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.report import Liveness
from pipeline.errors import Unreadable
from pipeline.formats import hl7v2
from pipeline.formats.hl7v2 import Message
from pipeline.readers import oru
from pipeline.readers.exams import Exams, Verdict, safe_code
from pipeline.readers.oru_people import People
from pipeline.readers.oru_status import urgent

if TYPE_CHECKING:
    from pipeline.config import Config

KINDS = frozenset({b"ORM", b"OMG", b"OMI"})
_CANCELLED = frozenset({"CA", "OC", "DC", "OD", "CR", "DR"})
_PLACED = frozenset({"NW", "XO", "SC", "OK", "NA", "SN", "RO", "RP", "RU", "XR", ""})
_NOT_DONE = frozenset({"CA", "DC"})
"""ORC-5 of a status change (SC) that says the order will not be done. Source: HL7 v2 table 0038."""


def news_of(body: bytes, config: "Config", exams: Exams) -> ExpectedExam | None:
    """The V/Q exam that an order message asks for or calls off; None where it is about none, is not live or cannot be read.

    One message orders one exam, by the profiles in use; where it orders several, the first V/Q exam counts.
    """
    if not exams.may_order_a_lung_scan(body):
        return None
    _, head = hl7v2.head(body)
    name, source = config.source_for(oru.first_of(head, 3), oru.first_of(head, 4))
    try:
        message = hl7v2.parse(body, source.charset, config.limits.max_segments)
    except Unreadable:
        return None
    if oru.liveness_of(message) is not Liveness.LIVE:
        return None
    sender = oru.sender_of(message, name, source, config)
    people = People(message, sender.authority, dict(config.authorities))
    for subject in oru.subjects_of(message):
        for order in subject.orders:
            fields = [order.obr[4], order.obr[44]] if order.obr else []
            codes, names = oru.exam_words(message.delimiters, *(message.text(raw) for raw in fields))
            if order.obr is None or exams.judge(codes, names, message.value(order.obr, 24)) is not Verdict.LUNG:
                continue
            control = message.value(order.orc, 1).upper()
            found = (oru.key_in(message, order, path, sender, people) for path in source.accession_fields)
            key: ExamKey | None = next((one for one in found if one), None)
            cancelled = control in _CANCELLED or message.value(order.orc, 5).upper() in _NOT_DONE
            if key is None or (not cancelled and control not in _PLACED):
                return None
            return ExpectedExam(
                key,
                people.patient(subject.pids[0], [], []) if subject.pids else Patient(),
                _due(message, order, sender),
                cancelled,
                urgent(message, order.obr, order.rest, subject.visits),
                safe_code(codes[0]) if codes else "",
            )
    return None


def _due(message: Message, order: oru.Order, sender: oru.Sender) -> datetime | None:
    """When the exam is to be done: OBR-36, OBR-27.4, TQ1-7, SCH-11.4; else when the message was sent."""
    said = [message.value(order.obr, 36), message.value(order.obr, 27, 4)]
    said += [message.value(one, 7) for one in order.rest if one.name == "TQ1"]
    said += [message.value(one, 11, 4) for one in message.segments if one.name == "SCH"]
    said.append(message.value(message.header, 7))
    return next((found.at for text in said if text and (found := hl7v2.moment(text, sender.zone))), None)
