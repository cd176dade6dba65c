"""DICOM structured reports, and documents in DICOM wrapping, into the same `Report` as HL7 gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.domain.arrival import NotForUs, Rejection
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.report import Liveness, Report, Status, TextBlock
from pipeline.errors import Unreadable
from pipeline.formats.dicom import Header
from pipeline.readers.exams import Exams, Verdict, safe_code
from pipeline.readers.oru_text import LOINC_SECTIONS

if TYPE_CHECKING:
    from pipeline.config import Config

_DCM_SECTIONS = {
    "121072": "impression", "121073": "impression", "121076": "impression", "121077": "impression", "121111": "impression",
    "121070": "findings", "121071": "findings",
    "121074": "recommendation", "121075": "recommendation",
    "121078": "addendum",
    "121060": "history", "121109": "indication",
    "121064": "technique", "121065": "technique",
    "121068": "comparison", "121069": "comparison",
}  # fmt: skip
"""Headings and elements of TID 2000, today's and the older ones. Source: PS3.16 CID 7001, 7002 and their retired codes."""

_MOST_ITEMS = 20_000
_DEEPEST = 32
_ADDENDED = "121361"
_BEFORE_FINAL = frozenset({"121362", "121363"})
_NM_TITLES = frozenset({"49118-3"})


@dataclass(frozen=True, slots=True)
class _Said:
    section: str | None
    text: str


def read(
    header: Header, digest: str, config: "Config", exams: Exams, patient: Patient, keyed: tuple[ExamKey | None, bool]
) -> Report | NotForUs | Rejection:
    """A Basic, Enhanced or Comprehensive SR. Source: PS3.16 TID 2000; flags: PS3.3 C.17.2.

    Raises:
        errors.Unreadable: the content tree is deeper or larger than any report.
    """
    said = list(_walk(header))
    title = [code for code in header.codes("ConceptNameCodeSequence") if code.value]
    blocks = _blocks(said)
    verdict = _judged(header, exams, nuclear=any(code.value in _NM_TITLES or "nuclear" in code.meaning.lower() for code in title))
    if verdict in (Verdict.NUCLEAR, Verdict.UNKNOWN) and exams.speaks_of_lungs(" ".join(block.text for block in blocks), verdict):
        verdict = Verdict.CONFLICT
    if verdict not in (Verdict.LUNG, Verdict.CONFLICT):
        return NotForUs("other-exam-code", _exam(header)[0])
    status, problems = _status(header)
    if verdict is Verdict.CONFLICT:
        problems = ("exam-unknown", *problems)
    return _report(header, digest, config, patient, keyed, status, problems, blocks)


def read_document(
    header: Header, digest: str, config: "Config", exams: Exams, patient: Patient, keyed: tuple[ExamKey | None, bool]
) -> Report | NotForUs | Rejection:
    """An encapsulated PDF or CDA: never opened. One that is titled as a lung scan is a report for a person to read."""
    names = [header.text("DocumentTitle"), header.text("StudyDescription"), header.text("SeriesDescription")]
    names += [code.meaning for code in header.codes("ConceptNameCodeSequence")]
    verdict = exams.judge((), tuple(name for name in names if name), "")
    if verdict is not Verdict.LUNG:
        verdict = _judged(header, exams, nuclear=False)
    if verdict not in (Verdict.LUNG, Verdict.CONFLICT):
        return NotForUs("other-object")
    status, problems = _status(header)
    return _report(header, digest, config, patient, keyed, status, ("text-not-readable", *problems), ())


def _report(
    header: Header,
    digest: str,
    config: "Config",
    patient: Patient,
    keyed: tuple[ExamKey | None, bool],
    status: Status,
    problems: tuple[str, ...],
    blocks: tuple[TextBlock, ...],
) -> Report | Rejection:
    if not patient.known:
        return Rejection("no-identity", "a structured report without patient identifier, name or birth date", maybe_vq=True)
    key, _ = keyed
    uid = header.uid("SOPInstanceUID")
    # (0008,0201) stands at the top of the file alone, and speaks for its sequences too. Source: PS3.3 C.12.1 (SOP Common).
    zone = header.zone(config.site.zone)
    verifiers = header.items("VerifyingObserverSequence")
    verified = [at for at in (one.time(zone, "VerificationDateTime") for one in verifiers) if at]
    code, text = _exam(header)
    if "\ufffd" in "".join(block.text for block in blocks) + (patient.name.spoken if patient.name else ""):
        problems = (*problems, "charset-undecodable")
    return Report(
        kind="dicom-sr",
        key=key or ExamKey(header.text("InstitutionName") or "unknown", f"msh10:{uid or digest[:16]}"),
        content_hash=digest,
        status=status,
        liveness=Liveness.LIVE,
        blocks=blocks,
        patient=patient,
        accession=key.accession if key else "",
        problems=problems if key else ("accession-missing", *problems),
        orderer=header.person("ReferringPhysicianName"),
        interpreter=next((name for name in (one.person("VerifyingObserverName") for one in verifiers) if name), None),
        observed_at=header.time(zone, ("StudyDate", "StudyTime")),
        signed_at=max(verified) if verified else header.time(zone, ("ContentDate", "ContentTime")),
        message_at=header.time(zone, ("InstanceCreationDate", "InstanceCreationTime"), ("ContentDate", "ContentTime")),
        exam_code=code,
        exam_text=text,
        study_uid=header.uid("StudyInstanceUID"),
        source=header.text("InstitutionName"),
        control_id=uid,
    )


def _requests(header: Header) -> list[Header]:
    return [*header.items("ReferencedRequestSequence"), header]


def _exam(header: Header) -> tuple[str, str]:
    """Code and name of the exam."""
    for request in _requests(header):
        for keyword in ("RequestedProcedureCodeSequence", "ProcedureCodeSequence"):
            for code in request.codes(keyword):
                if code.value:
                    return safe_code(code.value), code.meaning or header.text("StudyDescription")
    return "", header.text("StudyDescription") or next((one.text("RequestedProcedureDescription") for one in _requests(header)), "")


def _judged(header: Header, exams: Exams, *, nuclear: bool) -> Verdict:
    codes, names = [], [header.text("StudyDescription")]
    for request in _requests(header):
        names.append(request.text("RequestedProcedureDescription"))
        for keyword in ("RequestedProcedureCodeSequence", "ProcedureCodeSequence"):
            codes += request.codes(keyword)
    names += [code.meaning for code in codes]
    # The modality of a report is SR; the scan's own is not in it. The title may say nuclear medicine.
    return exams.judge(tuple(code.value for code in codes), tuple(name for name in names if name), "NM" if nuclear else "")


def _status(header: Header) -> tuple[Status, tuple[str, ...]]:
    """From the flags: only complete and verified is final; a report that replaces another is corrected."""
    complete, verified, early = (header.text(flag).upper() for flag in ("CompletionFlag", "VerificationFlag", "PreliminaryFlag"))
    if complete == "PARTIAL":
        return Status.PARTIAL, ()
    if early == "PRELIMINARY" or verified == "UNVERIFIED":
        return Status.PRELIMINARY, ()
    if verified != "VERIFIED" or complete not in ("COMPLETE", ""):
        return Status.UNKNOWN, ("status-unknown",)
    earlier = header.items("PredecessorDocumentsSequence")
    purposes = {code.value for one in _all_references(earlier) for code in one.codes("PurposeOfReferenceCodeSequence")}
    if _ADDENDED in purposes:
        return Status.UNKNOWN, ("status-appended",)
    return (Status.CORRECTED if earlier and not (purposes and purposes <= _BEFORE_FINAL) else Status.FINAL), ()


def _all_references(documents: list[Header]) -> Iterator[Header]:
    for document in documents:
        yield document
        for series in document.items("ReferencedSeriesSequence"):
            yield series
            yield from series.items("ReferencedSOPSequence")


def _walk(header: Header) -> Iterator[_Said]:
    """What the content tree says, in order, each with the section of its own concept or of the nearest heading above."""
    stack: list[tuple[Header, str | None, int]] = [(item, None, 1) for item in reversed(header.items("ContentSequence"))]
    seen = 0
    while stack:
        item, above, depth = stack.pop()
        seen += 1
        if seen > _MOST_ITEMS or depth > _DEEPEST:
            raise Unreadable("too-large", "a content tree larger or deeper than any report")
        if item.text("RelationshipType") in ("HAS OBS CONTEXT", "HAS ACQ CONTEXT", "INFERRED FROM", "SELECTED FROM"):
            continue
        name = next(iter(item.codes("ConceptNameCodeSequence")), None)
        own = (LOINC_SECTIONS.get(name.value) or _DCM_SECTIONS.get(name.value)) if name else None
        section = own or above
        kind = item.text("ValueType").upper()
        if kind == "TEXT":
            yield _Said(section, item.text("TextValue"))
        elif kind == "CODE" and item.text("RelationshipType") != "HAS CONCEPT MOD":
            for code in item.codes("ConceptCodeSequence"):
                yield _Said(section, f"{name.meaning}: {code.meaning}" if name and not own else code.meaning)
        stack.extend((child, section, depth + 1) for child in reversed(item.items("ContentSequence")))


def _blocks(said: list[_Said]) -> tuple[TextBlock, ...]:
    made: list[tuple[str | None, list[str]]] = []
    for one in said:
        text = one.text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").strip()
        if made and made[-1][0] == one.section:
            made[-1][1].append(text)
        else:
            made.append((one.section, [text]))
    whole = [TextBlock("\n".join(lines), section) for section, lines in made]
    return tuple(block for block in whole if block.text.strip() or block.section == "impression")
