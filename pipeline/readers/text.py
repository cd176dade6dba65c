"""A plain text file taken as the text of a final, live lung-scan report: for `explain` only."""

import hashlib

from pipeline.domain.arrival import Arrival, Kind
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.formats.charsets import decode, without_utf16


def read(content: bytes, file_hash: str = "") -> Arrival:
    """The whole content as one report without sections, patient or times. UTF-8, else Windows-1252."""
    digest = file_hash or hashlib.sha256(content).hexdigest()
    decoded = decode(without_utf16(content).removeprefix(b"\xef\xbb\xbf"), "")
    text = decoded.text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").strip("\n")
    report = Report(
        kind="text",
        key=ExamKey("text", digest),
        content_hash=digest,
        status=Status.FINAL,
        liveness=Liveness.LIVE,
        blocks=(TextBlock(text),),
        patient=Patient(),
        problems=("charset-undecodable",) if "\ufffd" in text else (),
    )
    return Arrival(Kind.TEXT, 1, digest, content, report)
