"""Says in plain words why a quarantined HL7 message breaks the standard; never called for a message that could be read."""

import logging
import re

from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hl7apy.validation import Validator

from pipeline.errors import Unreadable
from pipeline.formats import hl7v2
from pipeline.formats.charsets import without_utf16

# hl7apy's messages quote values of the message: they may reach neither a log nor a reason file.
logging.getLogger("hl7apy").addHandler(logging.NullHandler())
logging.getLogger("hl7apy").propagate = False

_MOST_BYTES = 32 * 1024
_MOST_SEGMENTS = 30
_MOST_FINDINGS = 20
_ELEMENT = re.compile(r"\b([A-Z][A-Z0-9]{2})_(\d{1,2})\b|\b((?:ORU|ADT|ORM|MDM)_[A-Z]\d\d(?:_[A-Z_]+)?)\b")
_VERSIONS = frozenset({"2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8", "2.8.1", "2.8.2"})


def why(content: bytes) -> list[str]:
    """Sentences free of patient data: what our reader and hl7apy find wrong with the first message of the content.

    Bounded: only the first 32 KiB and 30 segments are looked at. Never raises.
    """
    records = hl7v2.split(without_utf16(content[: 4 * _MOST_BYTES]))
    if not records.found:
        return ["There is no MSH segment."]
    body = records.found[0].body[:_MOST_BYTES]
    try:
        message = hl7v2.parse(body)
    except Unreadable as trouble:
        return [f"The message cannot be split: {trouble.detail}."]
    return (_missing(message) + _standard(message))[:_MOST_FINDINGS]


def _missing(message: hl7v2.Message) -> list[str]:
    header, names = message.header, {segment.name for segment in message.segments}
    found = []
    for number, what in ((7, "time of the message"), (9, "message type"), (10, "control id"), (11, "processing id"), (12, "version")):
        if not message.value(header, number):
            found.append(f"MSH-{number} ({what}) is empty.")
    if message.value(header, 9).upper() == "ORU":
        found += [f"A result message without {name}." for name in ("PID", "OBR", "OBX") if name not in names]
    pid = next((segment for segment in message.segments if segment.name == "PID"), None)
    if pid and not message.value(pid, 3):
        found.append("PID-3 (patient identifier) is empty.")
    if pid and not (message.value(pid, 5) or message.value(pid, 5, 2)):
        found.append("PID-5 (patient name) is empty.")
    if message.torn or not message.terminated:
        found.append("The last segment has no terminator: the message may be cut off.")
    if message.stray:
        found.append(f"{len(message.stray)} line(s) belong to no segment.")
    return found


def _standard(message: hl7v2.Message) -> list[str]:
    """What hl7apy objects to, reduced to the names of the elements it names."""
    version = message.value(message.header, 12)
    if version not in _VERSIONS:
        return ["MSH-12 names no version of HL7 v2 that can be checked."]
    separator = message.delimiters.field
    lines = []
    for segment in message.segments[:_MOST_SEGMENTS]:
        fields = segment.fields[:1] + segment.fields[2:] if segment.name == "MSH" else segment.fields
        lines.append(separator.join(fields).replace("\n", " "))
    try:
        parsed = parse_message("\r".join(lines) + "\r", validation_level=VALIDATION_LEVEL.TOLERANT)
        Validator.validate(parsed)
    except Exception as error:  # noqa: BLE001 - hl7apy raises its own classes, ValueError and more on odd messages
        return [_sentence(error)]
    return []


def _sentence(error: Exception) -> str:
    names = []
    for segment, number, structure in _ELEMENT.findall(str(error)):
        if structure or segment in hl7v2.SEGMENTS:
            names.append(structure or f"{segment}-{int(number)}")
    where = f" at {', '.join(dict.fromkeys(names))}" if names else ""
    return f"It does not conform to its version of the standard{where} ({type(error).__name__})."
