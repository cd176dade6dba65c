"""ADT messages: who has become whom, who has died, what is written about a person now; everything else stays not for us."""

import hashlib
from datetime import UTC
from typing import TYPE_CHECKING

from pipeline.domain.arrival import NotForUs, PatientChange, PatientEvent, Rejection
from pipeline.domain.identity import Identifier, Patient
from pipeline.domain.patients import carries_a_person
from pipeline.domain.report import Liveness
from pipeline.errors import Unreadable
from pipeline.formats import hl7v2
from pipeline.formats.hl7v2 import Message, Segment
from pipeline.readers.oru import first_of, liveness_of, sender_of
from pipeline.readers.oru_people import People

if TYPE_CHECKING:
    from pipeline.config import Config

_MERGE = frozenset({"A18", "A30", "A34", "A35", "A36", "A39", "A40", "A46", "A47"})
"""One person's number goes into another's. Source: HL7 v2 ch. 3.6, A34-A36, A46 and A47 withdrawn but still sent."""
_MOVE = frozenset({"A43", "A44", "A45"})
"""A number, an account or a visit goes to another person, and the person stays: which exams go along is not said."""
_UNMERGE = frozenset({"A37"})
_DEMOGRAPHICS = frozenset({"A08", "A31"})
_NEVER = frozenset({"A24"})
"""A link keeps both numbers alive: it merges nobody."""
_DEATH_FIELDS = (29, 30)


def news_of(body: bytes, config: "Config") -> list[PatientChange]:
    """What an ADT message says that exams must know; empty for nearly all. Several where one message merges several people.

    Raises:
        errors.Unreadable: a message of such an event that cannot be parsed.
    """
    _, head = hl7v2.head(body)
    event = _event(body, head)
    if not event or event in _NEVER:
        return []
    if event not in _MERGE | _MOVE | _UNMERGE | _DEMOGRAPHICS and not _speaks_of_death(body):
        return []
    name, source = config.source_for(first_of(head, 3), first_of(head, 4))
    message = hl7v2.parse(body, source.charset, config.limits.max_segments)
    if liveness_of(message) is Liveness.NOT_LIVE:
        return []
    sender = sender_of(message, name, source, config)
    people = People(message, sender.authority, dict(config.authorities))
    evn = next((one for one in message.segments if one.name == "EVN"), None)
    said = hl7v2.moment(message.value(evn, 2), sender.zone) or hl7v2.moment(message.value(message.header, 7), sender.zone)
    said_at = said.at.astimezone(UTC) if said else None
    found = [
        PatientChange(event, patient, prior, said_at, revived, certain)
        for event, patient, prior, revived, certain in _told(message, people, event)
    ]
    return [one for one in found if one.event is not PatientEvent.UPDATE or one.patient.identifiers]


def outcomes(body: bytes, digest: str, config: "Config", plain: NotForUs) -> list[tuple[str, NotForUs | Rejection]]:
    """Pairs of content hash and outcome, as batch ORU messages give them; the first hash is `digest`. Never raises for content."""
    try:
        found = news_of(body, config)
    except Unreadable as trouble:
        # A merge or a death that nobody heard of would let a letter go to the wrong place.
        return [(digest, Rejection(trouble.reason, trouble.detail))]
    if not found:
        return [(digest, plain)]
    return [
        (digest if number == 0 else hashlib.sha256(f"{digest}#{number + 1}".encode()).hexdigest(), NotForUs(plain.reason, plain.code, news))
        for number, news in enumerate(found)
    ]


_Told = tuple[PatientEvent, Patient, tuple[Identifier, ...], bool, bool]


def _told(message: Message, people: People, event: str) -> list[_Told]:
    if event in _UNMERGE:
        return _parted(message, people)
    told: list[_Told] = []
    for pid, visits, retired in _groups(message):
        patient = people.patient(pid, visits, [])
        revived = message.value(pid, 30).upper() in ("N", "NO", "0") and not patient.deceased
        if event in _MERGE or event in _MOVE:
            told += _merged(people, patient, retired, revived=revived, moved=event in _MOVE)
        elif event in _DEMOGRAPHICS or patient.deceased or revived:
            told.append((PatientEvent.UPDATE, patient, (), revived, True))
    return told


def _merged(people: People, patient: Patient, retired: list[Segment], *, revived: bool, moved: bool) -> list[_Told]:
    """The numbers that go, each with the surviving one of its own authority.

    Without MRG-1, or where PID-3 has no number of the same authority, nobody can tell who has become whom; nothing is guessed then.
    """
    survivors = {(one.authority.casefold(), one.value.strip().upper()) for one in patient.identifiers}
    authorities = {one.authority.casefold() for one in patient.identifiers if carries_a_person(one)}
    named = [one for mrg in retired for one in people.identifiers(mrg[1]) if carries_a_person(one)]
    prior = tuple(one for one in named if (one.authority.casefold(), one.value.strip().upper()) not in survivors)
    if not prior and (named or moved):
        # A number into itself, or an account that stays with its person: nothing has happened, but for what is said of the person.
        return [(PatientEvent.UPDATE, patient, (), revived, True)]
    certain = bool(prior) and not moved and all(one.authority.casefold() in authorities for one in prior)
    if not certain:
        # Nobody is merged, but the exams of whoever may be meant wait: a number without authority may be one of the survivor's.
        issuers = sorted({one.authority for one in patient.identifiers})
        meant = [one for mrg in retired for issuer in issuers for one in people.identifiers(mrg[1], issuer) if carries_a_person(one)]
        prior = tuple(dict.fromkeys((*prior, *meant)))
    return [(PatientEvent.MERGE, patient, prior, revived, certain)] if prior or patient.identifiers else []


def _parted(message: Message, people: People) -> list[_Told]:
    """A37: pairs of PID. Whoever stands alone (or beside MRG) is parted from what MRG names."""
    groups = _groups(message)
    told: list[_Told] = []
    for pid, visits, retired in groups:
        named = tuple(one for mrg in retired for one in people.identifiers(mrg[1]) if carries_a_person(one))
        if named:
            told.append((PatientEvent.UNMERGE, people.patient(pid, visits, []), named, False, True))
    alone = [group for group in groups if not group[2]]
    for one, other in zip(alone[::2], alone[1::2], strict=False):
        numbers = tuple(number for number in people.patient(other[0], [], []).identifiers if carries_a_person(number))
        told.append((PatientEvent.UNMERGE, people.patient(one[0], one[1], []), numbers, False, True))
    return told


def _groups(message: Message) -> list[tuple[Segment, list[Segment], list[Segment]]]:
    """Each PID with its PV1, PV2, PD1 and its MRG."""
    groups: list[tuple[Segment, list[Segment], list[Segment]]] = []
    for segment in message.segments:
        if segment.name == "PID":
            groups.append((segment, [], []))
        elif groups and segment.name in ("PV1", "PV2", "PD1"):
            groups[-1][1].append(segment)
        elif groups and segment.name == "MRG":
            groups[-1][2].append(segment)
    return groups


def _event(body: bytes, head: list[bytes]) -> str:
    """The trigger event of an ADT message: MSH-9.2, else EVN-1; empty for any other message."""
    raw = head[9] if len(head) > 9 else b""
    parts = raw.split(head[2][:1] if len(head) > 2 and head[2] else b"^")
    if parts[0].strip().upper() != b"ADT":
        return ""
    event = parts[1] if len(parts) > 1 else b""
    if not event.strip():
        at = max(body.find(b"\rEVN"), body.find(b"\nEVN"))
        fields = body[at + 1 : at + 40].split(body[3:4], 2) if at >= 0 else []
        event = fields[1] if len(fields) > 1 else b""
    return event.strip().upper().decode("ascii", errors="replace")


def _speaks_of_death(body: bytes) -> bool:
    """Whether a PID fills PID-29 or PID-30: all that an admission or a transfer can say that matters here."""
    separator = body[3:4]
    for end in (b"\r", b"\n"):
        for line in body.split(end):
            if line.startswith(b"PID"):
                fields = line.split(separator, max(_DEATH_FIELDS) + 1)
                if any(fields[n].strip() not in (b"", b'""') for n in _DEATH_FIELDS if n < len(fields)):
                    return True
        if end in body:
            break
    return False
