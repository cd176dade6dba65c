"""Whether a quiet file looks whole: the last gate before it is taken, which only ever delays."""

import os
import re
from enum import Enum
from typing import BinaryIO

from pipeline.intake.elements import Strange, ends_whole

_HEAD, _TAIL = 256, 512
_FIRST_SEGMENTS = (b"MSH", b"FHS", b"BHS")
_BARE_DICOM = re.compile(rb"(\x02\x00\x00\x00UL|\x08\x00[\x00-\x20]\x00)", re.DOTALL)


class Probe(Enum):
    """WHOLE and UNKNOWN go on; PARTIAL waits until it changes or the site's patience ends."""

    WHOLE = "whole"
    PARTIAL = "partial"
    UNKNOWN = "unknown"


def probe(path: str) -> Probe:
    """Look at the ends of an HL7 file, or step over the elements of a DICOM file, without reading it in.

    HL7 v2 is whole when it ends with a segment terminator, an MLLP frame with its end block, a batch with its trailer
    (Source: HL7 v2.5.1 ch. 2, 2.10.3; MLLP release 1). DICOM is whole when its last element ends where the file ends.
    An empty file, and one too short to tell, is partial.

    Raises:
        OSError: it cannot be opened or read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb", buffering=8192) as file:
        size = os.fstat(descriptor).st_size
        head = file.read(_HEAD)
        start = head.lstrip(b"\xef\xbb\xbf\x0b \t\r\n")
        if start.startswith(_FIRST_SEGMENTS):
            tail = head if size <= len(head) else _tail(file, size)
            return _hl7(start[:3], b"\x0b" in head[: len(head) - len(start)], tail)
        if head[128:132] == b"DICM":
            return _dicom(file, 132, size)
        if _BARE_DICOM.match(head):
            return _dicom(file, 0, size)
    return Probe.PARTIAL if size < 132 and _may_become_one(head, start) else Probe.UNKNOWN


def _tail(file: BinaryIO, size: int) -> bytes:
    file.seek(max(0, size - _TAIL))
    return file.read(_TAIL)


def _hl7(first: bytes, framed: bool, tail: bytes) -> Probe:
    text = tail.rstrip(b"\x00 ")
    end = text.rstrip(b"\r\n")
    if end.endswith(b"\x1c"):
        return Probe.WHOLE
    if framed or end == text:
        return Probe.PARTIAL
    last = re.split(rb"[\r\n]", end)[-1][:3]
    trailers = {b"FHS": (b"FTS",), b"BHS": (b"BTS", b"FTS")}.get(first)
    return Probe.WHOLE if trailers is None or last in trailers else Probe.PARTIAL


def _may_become_one(head: bytes, start: bytes) -> bool:
    return not start or not head.strip(b"\x00") or any(name.startswith(start) for name in _FIRST_SEGMENTS)


def _dicom(file: BinaryIO, offset: int, size: int) -> Probe:
    try:
        return Probe.WHOLE if ends_whole(file, offset, size) else Probe.PARTIAL
    except Strange:
        return Probe.UNKNOWN
