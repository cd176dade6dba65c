"""HL7 v2 content into arrivals: a cheap look at the header first, since most traffic is not about lung scans."""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from pipeline.domain.arrival import Arrival, Kind, NotForUs, OtherKind, Rejection
from pipeline.domain.report import Report
from pipeline.errors import Unreadable
from pipeline.formats import hl7v2
from pipeline.formats.hl7text import Delimiters, unescape
from pipeline.readers import adt, orders, oru, related
from pipeline.readers.exams import Exams, Verdict, exams_of, safe_code

if TYPE_CHECKING:
    from pipeline.config import Config

What = TypeVar("What", bound=Report | NotForUs | Rejection)
_LINE_ENDS = b"\r\n"
_HEAD_FIELDS = 45


def kind_of(body: bytes) -> Kind:
    """ORU or another message, by MSH-9; a message without MSH-9 counts as ORU if it holds results."""
    _, fields = hl7v2.head(body)
    kind = fields[9].strip()[:3].upper() if len(fields) > 9 else b""
    if kind == b"ORU":
        return Kind.HL7_ORU
    return Kind.HL7_ORU if not kind and _line(body, b"OBX", 0)[0] >= 0 else Kind.HL7_OTHER


def read(content: bytes, records: hl7v2.Records, config: "Config", file_hash: str = "") -> list[Arrival]:
    """Every message of the content as an arrival, in file order. Never raises for content.

    `records` is what `hl7v2.split` made of `content`; `file_hash` the SHA-256 of the content, empty if not taken yet.
    """
    arrivals: list[Arrival] = []
    for record in records.found:
        arrivals += _read_record(record, config, file_hash if record.body is content else "", len(arrivals) + 1)
    if records.missing:
        trailer = content[content.rfind(b"BTS") :]
        rejection = Rejection("broken-hl7", "the batch trailer counts more messages than the file holds", maybe_vq=True)
        digest = hashlib.sha256(content[: len(content) - len(trailer)] + b"\x1fmissing").hexdigest()
        arrivals.append(Arrival(Kind.HL7_OTHER, len(arrivals) + 1, digest, trailer, rejection))
    return arrivals


def _read_record(record: hl7v2.Record, config: "Config", digest: str, number: int) -> list[Arrival]:
    body = record.body
    digest = digest or hashlib.sha256(body).hexdigest()
    exams = exams_of(config.studies)
    if record.broken:
        kind = Kind.HL7_ORU if b"OBX" in body or b"ORU" in body else Kind.HL7_OTHER
        return [Arrival(kind, number, digest, body, Rejection("broken-hl7", "no usable MSH segment", maybe_vq=_maybe_lungs(body, exams)))]
    kind = kind_of(body)
    if len(body) > config.limits.max_message_bytes:
        rejection = Rejection("too-large", "a message larger than the limit", maybe_vq=_maybe_lungs(body, exams))
        return [Arrival(kind, number, digest, body, rejection)]
    if kind is Kind.HL7_OTHER:
        plain = _other_message(body, config, exams)
        if isinstance(plain, Rejection):
            return [Arrival(kind, number, digest, body, plain)]
        told = adt.outcomes(body, digest, config, plain)
        return [Arrival(kind, number + more, own, body, news) for more, (own, news) in enumerate(told)]
    quick, other = _not_for_us(body, exams)
    if quick is not None:
        return [Arrival(kind, number, digest, body, _with_news(quick, other, body, config))]
    try:
        found = oru.read(body, digest, config, exams)
    except Unreadable as trouble:
        found = [(digest, Rejection(trouble.reason, trouble.detail, maybe_vq=_maybe_lungs(body, exams)))]
    except Exception as error:  # noqa: BLE001 - one odd message must never stop the others; it is tracked as our own failure
        found = [(digest, Rejection("failed-inside", type(error).__name__, maybe_vq=True))]
    if len(found) == 1:
        found = [(own, _with_news(what, other, body, config)) for own, what in found]
    return [Arrival(kind, number + more, own, body, what) for more, (own, what) in enumerate(found)]


def _with_news(what: What, other: OtherKind | None, body: bytes, config: "Config") -> What:
    """The same, saying that an exam was done which matters to a V/Q scan."""
    if other is None or not isinstance(what, NotForUs):
        return what
    return replace(what, news=related.news_of(body, other, config))


def _maybe_lungs(body: bytes, exams: Exams) -> bool:
    return exams.may_speak_of_lungs(body, Verdict.NUCLEAR)


def _other_message(body: bytes, config: "Config", exams: Exams) -> NotForUs | Rejection:
    _, fields = hl7v2.head(body)
    if len(fields) <= 9 or not fields[9].strip():
        return Rejection("broken-hl7", "MSH-9 is missing: nothing says what the message is")
    code = safe_code(fields[9][:7].decode("ascii", errors="replace").replace("^", " "))
    news = orders.news_of(body, config, exams) if fields[9].strip()[:3].upper() in orders.KINDS else None
    return NotForUs("not-a-result", code, news)


def _not_for_us(body: bytes, exams: Exams) -> tuple[NotForUs | Rejection | None, OtherKind | None]:
    """What the header lines alone decide; None where the message must be parsed. Also the exam it tells of, if that matters to us."""
    separator = body[3:4]
    verdict, code, position = Verdict.OTHER, "", 0
    other: OtherKind | None = None
    while True:
        at, end = _line(body, b"OBR", position)
        if at < 0:
            break
        fields = body[at:end].split(separator, _HEAD_FIELDS)
        found, own_code, kind = _judged(body, fields, exams)
        other = other or kind
        if found is Verdict.LUNG or found is Verdict.CONFLICT:
            return None, None
        if found is not Verdict.OTHER:
            if exams.may_speak_of_lungs(body, found):
                return None, other
            verdict = found
        code = code or own_code
        position = end
    if not position:
        return None, None
    return (NotForUs("other-exam-code", code) if _identified(body, separator) else _nobody(verdict)), other


def _nobody(verdict: Verdict) -> Rejection:
    return Rejection("no-identity", "no PID segment with an identifier, a name or a birth date", maybe_vq=verdict is not Verdict.OTHER)


def _line(body: bytes, name: bytes, start: int) -> tuple[int, int]:
    """Start and end of the next line that begins with a segment name; -1 if there is none."""
    at = body.find(name, start)
    while at > 0 and body[at - 1] not in _LINE_ENDS:
        at = body.find(name, at + 3)
    if at < 0:
        return -1, -1
    end = body.find(b"\r", at)
    other = body.find(b"\n", at, end if end >= 0 else len(body))
    if other >= 0:
        end = other
    return at, end if end >= 0 else len(body)


def _judged(body: bytes, fields: list[bytes], exams: Exams) -> tuple[Verdict, str, OtherKind | None]:
    """The verdict on one OBR, remembered by its raw bytes."""
    count = len(fields)
    key = (body[3:9], fields[4] if count > 4 else b"", fields[24] if count > 24 else b"", fields[44] if count > 44 else b"")
    known = exams.by_bytes.get(key)
    if known is None:
        encoding = body[4:12].split(body[3:4])[0].decode("ascii", errors="replace")
        delimiters = Delimiters.of(body[3:4].decode("ascii", errors="replace"), encoding)
        texts = [unescape(part.decode("utf-8", errors="replace"), delimiters) for part in key[1:]]
        codes, names = oru.exam_words(delimiters, texts[0], texts[2])
        verdict, modality = exams.judge(codes, names, delimiters.value(texts[1])), delimiters.value(texts[1])
        other = exams.related(codes, names, modality) if verdict is not Verdict.LUNG else None
        known = (verdict, safe_code(codes[0]) if codes else "", other)
        if sum(map(len, key)) <= exams.LONGEST_REMEMBERED:
            if len(exams.by_bytes) >= exams.REMEMBERED:
                exams.by_bytes.clear()
            exams.by_bytes[key] = known
    return known


def _identified(body: bytes, separator: bytes) -> bool:
    """Whether a PID names anybody: PID-2, 3, 4 (identifiers), 5 (name) or 7 (birth date)."""
    position = 0
    while True:
        at, end = _line(body, b"PID", position)
        if at < 0:
            return False
        fields = body[at:end].split(separator, 8)
        if any(_filled(fields[number]) for number in (3, 5, 2, 7, 4) if number < len(fields)):
            return True
        position = end


def _filled(raw: bytes) -> bool:
    return raw[:1].isalnum() or (raw != b'""' and any(byte > 0x7F or chr(byte).isalnum() for byte in raw))
