"""One ORU message into the report of its lung scan; the other exams in the message never get in."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.domain.arrival import NotForUs, Rejection
from pipeline.domain.identity import ExamKey, Patient, PersonName
from pipeline.domain.report import Liveness, Report, TextBlock
from pipeline.formats import hl7v2
from pipeline.formats.hl7text import Delimiters
from pipeline.formats.hl7v2 import Message, Moment, Segment
from pipeline.readers.exams import Exams, Verdict, safe_code
from pipeline.readers.oru_people import People, another_person, differ
from pipeline.readers.oru_status import Standing, release_problems, standing, together, urgent
from pipeline.readers.oru_text import Story, blocks, breaks_off, story

if TYPE_CHECKING:
    from pipeline.config import Config, Source

_STUDY_UID = "113014"
_REPLACED = "\ufffd"


@dataclass(slots=True)
class Order:
    """One OBR with its ORC before it and everything after it up to the next order."""

    obr: Segment | None
    orc: Segment | None = None
    rest: list[Segment] = field(default_factory=list)
    verdict: Verdict = Verdict.UNKNOWN


@dataclass(slots=True)
class Subject:
    """One patient of the message with the orders that follow. More than one PID before the first order is a conflict."""

    pids: list[Segment] = field(default_factory=list)
    visits: list[Segment] = field(default_factory=list)
    orders: list[Order] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent the message and how that source writes. `zone` counts for times without an offset of their own."""

    name: str
    source: "Source"
    authority: str
    zone: tzinfo
    facility: str


def exam_words(delimiters: Delimiters, *coded: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes and names of coded exam fields (OBR-4, OBR-44), both the main and the alternate triple."""
    codes, names = [], []
    for raw in coded:
        for repetition in delimiters.repetitions(raw):
            parts = [part.strip() for part in delimiters.components(repetition)]
            codes += [parts[n] for n in (0, 3) if n < len(parts) and parts[n]]
            names += [parts[n] for n in (1, 4) if n < len(parts) and parts[n]]
            if len(parts) == 1 and " " in parts[0]:
                names.append(parts[0])
    return tuple(codes), tuple(names)


def read(body: bytes, digest: str, config: "Config", exams: Exams) -> list[tuple[str, Report | NotForUs | Rejection]]:
    """What one ORU message holds: usually one thing; one for each patient where it carries lung scans of several.

    Returns pairs of content hash and outcome; the first hash is `digest`.

    Raises:
        errors.Unreadable: the message cannot be parsed.
    """
    _, head = hl7v2.head(body)
    application, facility = (first_of(head, number) for number in (3, 4))
    name, source = config.source_for(application, facility)
    message = hl7v2.parse(body, source.charset, config.limits.max_segments)
    sender = sender_of(message, name, source, config)
    subjects = subjects_of(message)
    _judge(message, subjects, exams)
    people = People(message, sender.authority, dict(config.authorities))
    ours = [subject for subject in subjects if any(order.verdict in (Verdict.LUNG, Verdict.CONFLICT) for order in subject.orders)]
    ours = ours or [subject for subject in subjects if _lungs_on_no_list(message, subject, exams)]
    if not ours:
        return [(digest, _nothing_for_us(message, subjects, people))]
    ours = _merged(ours, people)
    found: list[tuple[str, Report | NotForUs | Rejection]] = []
    for number, subject in enumerate(ours):
        own = digest if number == 0 else hashlib.sha256(f"{digest}#{number + 1}".encode()).hexdigest()
        found.append((own, _report(message, subject, people, sender, own, last=subject is ours[-1])))
    return found


def first_of(head: list[bytes], number: int) -> str:
    """The first component of a field of the header."""
    raw = head[number] if number < len(head) else b""
    component = head[2][:1] if len(head) > 2 and head[2] else b"^"
    return raw.split(component)[0].decode("utf-8", errors="replace").strip()


def sender_of(message: Message, name: str, source: "Source", config: "Config") -> Sender:
    """Who sent the message."""
    facility = message.value(message.header, 4)
    spoken = source.authority or facility or message.value(message.header, 3) or "unknown"
    # MSH-7's offset is the default of every time in the message. Source: HL7 v2.9 ch. 2.14.9.7.
    own = hl7v2.own_offset(message.value(message.header, 7))
    zone: tzinfo = own or ZoneInfo(source.time_zone or config.site.time_zone)
    return Sender(name, source, config.authorities.get(spoken, spoken), zone, facility)


def subjects_of(message: Message) -> list[Subject]:
    """Segments by patient and order, in whatever order the sender put them."""
    subjects: list[Subject] = [Subject()]
    waiting: list[Segment] = []
    for segment in message.segments[1:]:
        subject = subjects[-1]
        if segment.name == "PID":
            if subject.orders:
                subject.orders[-1].rest += waiting
                waiting = []
                subjects.append(subject := Subject())
            subject.pids.append(segment)
        elif segment.name in ("PV1", "PV2", "PD1"):
            subject.visits.append(segment)
        elif segment.name == "OBR":
            orc = next((one for one in waiting if one.name == "ORC"), None)
            subject.orders.append(Order(segment, orc, [one for one in waiting if one.name not in ("ORC", "NTE")]))
            waiting = []
        elif segment.name == "ORC" or (waiting and segment.name not in ("OBX", "NTE")):
            waiting.append(segment)
        elif subject.orders:
            order = subject.orders[-1]
            if waiting:
                # ORC after its OBR: out of order, but there is only one order it can belong to.
                order.orc = order.orc or next((one for one in waiting if one.name == "ORC"), None)
                order.rest += waiting
                waiting = []
            order.rest.append(segment)
        elif segment.name == "OBX":
            subject.orders.append(Order(None, next((one for one in waiting if one.name == "ORC"), None), [segment]))
            waiting = []
    return [subject for subject in subjects if subject.pids or subject.orders]


def _judge(message: Message, subjects: list[Subject], exams: Exams) -> None:
    for subject in subjects:
        for order in subject.orders:
            fields = [order.obr[4], order.obr[44]] if order.obr else []
            if not any(fields):
                # Nothing but the observation's own name says what was done.
                fields += [one[3] for one in order.rest if one.name == "OBX"][:1]
            codes, names = exam_words(message.delimiters, *(message.text(raw) for raw in fields))
            order.verdict = exams.judge(codes, names, message.value(order.obr, 24))


def _lungs_on_no_list(message: Message, subject: Subject, exams: Exams) -> bool:
    """Mark the orders on no list whose text is about lung perfusion or ventilation; whether there is one."""
    found = False
    for order in subject.orders:
        if order.verdict in (Verdict.NUCLEAR, Verdict.UNKNOWN):
            text = " ".join(message.text(one[5] if one.name == "OBX" else one[3]) for one in order.rest if one.name in ("OBX", "NTE"))
            if exams.speaks_of_lungs(text, order.verdict):
                order.verdict = Verdict.CONFLICT
                found = True
    return found


def _nothing_for_us(message: Message, subjects: list[Subject], people: People) -> NotForUs | Rejection:
    orders = [order for subject in subjects for order in subject.orders]
    if not any(people.patient(pid, [], []).known for subject in subjects for pid in subject.pids):
        return Rejection("no-identity", "no PID segment with an identifier, a name or a birth date", maybe_vq=not orders)
    if not orders:
        return Rejection("broken-hl7", "a result message without OBR", maybe_vq=True)
    code = next((message.value(order.obr, 4) for order in orders if order.obr), "")
    return NotForUs("other-exam-code", safe_code(code))


def _merged(subjects: list[Subject], people: People) -> list[Subject]:
    """Subjects of one message as one wherever they are plainly the same person (senders that repeat PID before each OBR)."""
    merged: list[Subject] = []
    for subject in subjects:
        same = merged[-1] if merged else None
        if (
            same
            and subject.pids
            and same.pids
            and not differ(people.patient(same.pids[0], [], []), people.patient(subject.pids[0], [], []))
        ):
            same.orders += subject.orders
            same.visits += subject.visits
        else:
            merged.append(subject)
    return merged


def _of(subject: Subject, *verdicts: Verdict) -> list[Order]:
    return [order for order in subject.orders if order.verdict in verdicts]


def _report(message: Message, subject: Subject, people: People, sender: Sender, digest: str, *, last: bool) -> Report | Rejection:
    orders = _of(subject, Verdict.LUNG) or _of(subject, Verdict.CONFLICT)
    codes = frozenset(code.casefold() for code in sender.source.impression_codes)
    stories = [story(message, order.rest, codes) for order in orders]
    problems = ["exam-unknown"] if orders[0].verdict is Verdict.CONFLICT else []
    if all(told.empty for told in stories):
        # The text may hang on a child order of its own that no list names ("REPORT").
        spare = [order for order in _of(subject, Verdict.NUCLEAR, Verdict.UNKNOWN) if order not in orders]
        told_there = [story(message, order.rest, codes) for order in spare]
        if any(not told.empty for told in told_there):
            orders, stories = orders + spare, stories + told_there
            problems.append("exam-unknown")
    pid = subject.pids[0] if subject.pids else None
    patient = people.patient(pid, subject.visits, [order.orc for order in subject.orders if order.orc])
    if not patient.known:
        return Rejection("no-identity", "no PID segment with an identifier, a name or a birth date", maybe_vq=True)
    keys, missing = _keys(message, orders, sender, people, digest)
    status = together([_standing(order, told, sender) for order, told in _telling(orders, stories)])
    told = _joined(stories)
    made, found = blocks(told)
    problems += [*missing, *status.problems, *found]
    said = told.impression_rows()
    if any(row.status.upper() == "U" for row in said) and not any(row.text.strip() for row in said):
        made = ()
        problems.append("text-promoted")
    if breaks_off(message, told, made, last_order=last and orders[-1] is subject.orders[-1]):
        problems.append("broken-off")
    problems += release_problems([row.release for row in told.rows])
    problems += _identity_problems(subject, people, patient, "\n".join(block.text for block in made))
    first = orders[0]
    interpreter = people.reader(first.obr[32]) if first.obr else None
    ordered = [segment[number] for segment, number in ((first.obr, 16), (first.orc, 12)) if segment]
    orderer, orderer_id = people.orderer(ordered, [one[7] for one in subject.visits if one.name == "PV1"])
    problems += _charset_problems(message, made, [patient.name, orderer, interpreter])
    times = _times(message, orders, sender)
    return Report(
        kind="hl7-oru",
        key=keys[0],
        content_hash=digest,
        status=status.status,
        liveness=liveness_of(message),
        blocks=made,
        patient=patient,
        accession="" if "accession-missing" in missing else keys[0].accession,
        linked=keys[1:],
        orderer=orderer,
        orderer_id=orderer_id,
        interpreter=interpreter,
        exam_code=message.value(first.obr, 4),
        exam_text=message.value(first.obr, 4, 2) or message.value(first.obr, 4, 5),
        discharged=any(message.value(one, 45).strip() not in ("", '""') for one in subject.visits if one.name == "PV1"),
        patient_class=next((message.value(one, 2).upper() for one in subject.visits if one.name == "PV1"), ""),
        study_uid=_study_uid(message, orders, sender),
        source=sender.name or sender.facility,
        control_id=message.value(message.header, 10),
        urgent=any(urgent(message, order.obr, order.rest, subject.visits) for order in orders),
        observed_at=times.observed,
        signed_at=times.signed,
        message_at=times.sent,
        problems=tuple(dict.fromkeys(problems)),
    )


def _telling(orders: list[Order], stories: list[Story]) -> list[tuple[Order, Story]]:
    """The orders whose status counts: those with text, where any has text (an order whose text stands elsewhere has none)."""
    pairs = list(zip(orders, stories, strict=True))
    return [pair for pair in pairs if not pair[1].empty] or pairs


def _standing(order: Order, told: Story, sender: Sender) -> Standing:
    every = list(dict.fromkeys(row.status for row in told.rows))
    counted = list(dict.fromkeys(row.status for row in told.impression_rows()))
    return standing(order.obr[25] if order.obr else "", counted, every, empty_is_final=sender.source.empty_obx11 == "final")


def _joined(stories: list[Story]) -> Story:
    whole = Story()
    for told in stories:
        if whole.rows:
            whole.rows[-1].notes += told.before
        else:
            whole.before += told.before
        whole.rows += told.rows
    return whole


def _keys(message: Message, orders: list[Order], sender: Sender, people: People, digest: str) -> tuple[tuple[ExamKey, ...], list[str]]:
    """The exam keys of the orders, each once, and problems: `accession-missing`, `order-number-conflict`."""
    keys, problems = [], []
    for order in orders:
        filler, control = message.value(order.obr, 3), message.value(order.orc, 3)
        if filler and control and filler != control:
            problems.append("order-number-conflict")
        key = next((key for key in (key_in(message, order, path, sender, people) for path in sender.source.accession_fields) if key), None)
        if key:
            keys.append(key)
    if not keys:
        number = message.value(message.header, 10) or digest[:16]
        problems.append("accession-missing")
        keys.append(ExamKey(sender.authority, f"msh10:{number}"))
    return tuple(dict.fromkeys(keys)), list(dict.fromkeys(problems))


def key_in(message: Message, order: Order, path: str, sender: Sender, people: People) -> ExamKey | None:
    """The exam key in one configured field such as `OBR-3.1`: the value, and beside it the authority of an EI."""
    value = _field(message, order, path)
    if not value:
        return None
    name, _, rest = path.partition("-")
    number, _, component = rest.partition(".")
    segment = _segment(order, name)
    own = ""
    if component in ("", "1"):
        own = message.value(segment, int(number), 2) or message.value(segment, int(number), 3)
    return ExamKey(people.authority(own) or sender.authority, value)


def _segment(order: Order, name: str) -> Segment | None:
    if name == "OBR":
        return order.obr
    if name == "ORC":
        return order.orc
    return next((one for one in order.rest if one.name == name), None)


def _field(message: Message, order: Order, path: str) -> str:
    name, _, rest = path.partition("-")
    number, _, component = rest.partition(".")
    return message.value(_segment(order, name), int(number), int(component or 1))


def _study_uid(message: Message, orders: list[Order], sender: Sender) -> str:
    found = [_field(message, order, path) for order in orders for path in sender.source.study_uid_fields]
    said = [one for order in orders for one in order.rest if one.name == "OBX" and _STUDY_UID in one[3]]
    found += [message.value(one, 5) for one in said if message.value(one, 3) == _STUDY_UID]
    return next((uid for uid in found if uid and len(uid) <= 64 and uid.replace(".", "").isdigit()), "")


def liveness_of(message: Message) -> Liveness:
    """MSH-11. Source: HL7 v2 tables 0103 and 0207."""
    processing, mode = message.value(message.header, 11).upper(), message.value(message.header, 11, 2).upper()
    if mode in ("A", "R", "I") or processing not in ("P", ""):
        return Liveness.NOT_LIVE
    return Liveness.LIVE if processing == "P" and mode in ("", "T") else Liveness.UNSTATED


def _identity_problems(subject: Subject, people: People, patient: Patient, text: str) -> list[str]:
    several = False
    if len(subject.pids) > 1:
        first = people.patient(subject.pids[0], [], [])
        several = any(differ(first, people.patient(pid, [], [])) for pid in subject.pids[1:])
    doubled = people.double_record_number(subject.pids[0] if subject.pids else None)
    return ["identity-conflict"] if several or doubled or another_person(text, patient) else []


def _charset_problems(message: Message, made: Sequence[TextBlock], people: Sequence[PersonName | None]) -> list[str]:
    if any(_REPLACED in block.text for block in made) or any(_REPLACED in person.spoken for person in people if person):
        return ["charset-undecodable"]
    return ["charset-assumed"] if message.decoded.assumed else []


@dataclass(frozen=True, slots=True)
class _Times:
    """When the exam was done, the report signed, the message sent; UTC, None where nothing says so."""

    observed: datetime | None
    signed: datetime | None
    sent: datetime | None


def _times(message: Message, orders: list[Order], sender: Sender) -> _Times:
    def at(segment: Segment | None, number: int) -> Moment | None:
        return hl7v2.moment(message.value(segment, number), sender.zone)

    sent = at(message.header, 7)
    signed = [moment for moment in (at(order.obr, 22) for order in orders) if moment]
    done = [moment for moment in (at(order.obr, 7) for order in orders) if moment]
    latest = max(signed, key=lambda moment: moment.at, default=None)
    if latest and latest.whole_day and sent and not sent.whole_day and 0 <= (sent.at - latest.at).total_seconds() < 86400:
        # A bare date on the day of sending says less than MSH-7 does, and must not sort before an earlier version of that day.
        latest = sent
    return _Times(
        observed=min(done, key=lambda moment: moment.at).at if done else None,
        signed=latest.at if latest else None,
        sent=sent.at if sent else None,
    )
