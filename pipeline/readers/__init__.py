"""Bytes into reports, images or refusals; what something is, its content says, never its name."""

import hashlib
import re
from typing import TYPE_CHECKING

from pipeline.domain.arrival import Arrival, Kind, Rejection
from pipeline.formats import dicom as dicom_format
from pipeline.formats import hl7v2
from pipeline.formats.charsets import without_utf16
from pipeline.readers import dicom, hl7, text
from pipeline.readers.exams import Verdict, exams_of

if TYPE_CHECKING:
    from pipeline.config import Config

__all__ = ["read", "sniff"]

_HEADLESS = re.compile(rb"\A[\s\x0b\xef\xbb\xbf]*(?:PID|OBR|OBX|ORC|EVN|PV1)[|^~&$#]")


def sniff(content: bytes) -> Kind:
    """What the content is. Never raises. A file of several HL7 messages counts as its first one."""
    if dicom_format.is_dicom(content):
        return dicom.kind_of(content)
    records = hl7v2.split(without_utf16(content))
    if not records.hl7:
        return Kind.OTHER
    return hl7.kind_of(records.found[0].body) if records.found and not records.found[0].broken else Kind.HL7_OTHER


def read(content: bytes, config: "Config", *, as_text: bool = False, file_hash: str = "") -> list[Arrival]:
    """Everything in the content, in order; at least one arrival. Never raises for content: trouble is a `Rejection`.

    Args:
        content: the bytes of one file or one received message.
        config: studies, sources, limits.
        as_text: take content of no recognised format as the text of a final, live lung-scan report (`explain` only).
        file_hash: SHA-256 (64 hex) of `content` if the caller has it already; it is then not taken twice.
    """
    try:
        return _read(content, config, as_text, file_hash)
    except Exception as error:  # noqa: BLE001 - whatever a file does to us, it is tracked and the others go on
        return [_rejected(Kind.OTHER, content, file_hash, "failed-inside", type(error).__name__, maybe_vq=True)]


def _read(content: bytes, config: "Config", as_text: bool, file_hash: str) -> list[Arrival]:
    if not content:
        return [_rejected(Kind.OTHER, content, file_hash, "empty-file", "no bytes")]
    if len(content) > config.limits.max_file_bytes:
        return [_rejected(Kind.OTHER, content, file_hash, "too-large", "larger than max_file_bytes")]
    if dicom_format.is_dicom(content):
        return [dicom.read(content, config, file_hash)]
    plain = without_utf16(content)
    records = hl7v2.split(plain)
    if records.hl7:
        arrivals = hl7.read(plain, records, config, file_hash if plain is content else "")
        if arrivals:
            return arrivals
        # Batch headers without a single message between them.
        return [_rejected(Kind.HL7_OTHER, content, file_hash, "broken-hl7", "a batch without messages")]
    if as_text:
        return [text.read(content, file_hash)]
    if not content.strip(b"\r\n \t\x0b\x1c\x00"):
        return [_rejected(Kind.OTHER, content, file_hash, "empty-file", "nothing but blanks")]
    if _HEADLESS.match(plain):
        lungs = exams_of(config.studies).may_speak_of_lungs(plain, Verdict.NUCLEAR)
        return [_rejected(Kind.HL7_OTHER, content, file_hash, "broken-hl7", "HL7 segments without MSH", maybe_vq=lungs)]
    return [_rejected(Kind.OTHER, content, file_hash, "unknown-format", "neither HL7 v2 nor DICOM")]


def _rejected(kind: Kind, content: bytes, digest: str, reason: str, detail: str, *, maybe_vq: bool = False) -> Arrival:
    digest = digest or hashlib.sha256(content).hexdigest()
    body = content if kind is Kind.HL7_OTHER else b""
    return Arrival(kind, 1, digest, body, Rejection(reason, detail, maybe_vq))
