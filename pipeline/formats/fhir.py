"""FHIR R4 Task: a follow-up as other systems take it.

Source: HL7 FHIR R4 (4.0.1), Task; value sets task-status, task-intent, request-priority; datatypes id, instant, dateTime, uri.
"""

import html
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from urllib.parse import quote

from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.parcel import Parcel

BASE = "https://vqroute.example/fhir"
"""Root of our own code systems and namespaces: names, not addresses. RFC 2606 keeps `.example` from ever being somebody else's."""

REASON_SYSTEM = f"{BASE}/CodeSystem/follow-up-reason"
STANDING_SYSTEM = f"{BASE}/CodeSystem/follow-up-standing"
FOLLOW_UP_SYSTEM = f"{BASE}/NamingSystem/follow-up"
REPORT_SYSTEM = f"{BASE}/NamingSystem/report-sha256"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")


class Site(Protocol):
    """What a task says about who sends it."""

    @property
    def facility(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Words:
    """A reason in the words of the person who works it: what it is called, why it is there, what to do."""

    title: str
    why: str
    what_to_do: str


WORDS: dict[FollowUpReason, Words] = {
    FollowUpReason.INDETERMINATE: Words(
        "Indeterminate V/Q scan",
        "The scan could not show whether there is a clot in the lung.",
        "Decide on the next test with the ordering clinician and make sure that the patient has heard from somebody.",
    ),
    FollowUpReason.POSITIVE: Words(
        "Positive V/Q scan",
        "The report says that a clot in the lung is likely.",
        "Reach the ordering clinician now, by voice. Then tell the patient, and release the letter.",
    ),
    FollowUpReason.UNREADABLE: Words(
        "V/Q report that could not be read safely",
        "No result could be read in the report without a doubt, so nothing was sent to the patient.",
        "Read the report, decide with the reader of the scan, and tell the patient yourself.",
    ),
    FollowUpReason.NO_PE_QUESTION: Words(
        "V/Q scan that asked another question",
        "The scan was not done to look for a clot (split function, shunt or the like), so nothing was sent to the patient.",
        "Make sure that the patient hears the result from the care team.",
    ),
    FollowUpReason.DISCREPANCY: Words(
        "Preliminary and final report differ",
        "The final report has another result than the preliminary one that people may have acted on.",
        "Reach whoever acted on the preliminary report and tell them the final result.",
    ),
    FollowUpReason.STATUS_REGRESSED: Words(
        "A preliminary report after the final one",
        "A preliminary report was signed after the final report of the same scan.",
        "Ask the reader of the scan which report stands.",
    ),
    FollowUpReason.WRONG_LETTER_OUT: Words(
        "The patient may hold a wrong letter",
        "A letter has left, and a later version of the report changes or takes back what it says.",
        "Phone the patient now: say not to rely on the letter, and what the result is.",
    ),
    FollowUpReason.RESULT_CHANGED: Words(
        "The result has changed",
        "A corrected report has another result than the one this item was opened for.",
        "Tell everybody who knew the earlier result, then acknowledge again.",
    ),
    FollowUpReason.REPORT_OVERDUE: Words(
        "Report overdue",
        "The scan was done, or a preliminary report was given, and no final report has come.",
        "Find the report, or the reader of the scan.",
    ),
    FollowUpReason.IDENTITY: Words(
        "Not certain whose result this is",
        "Reports, images or messages of one exam name different people, or the patient's record number was merged or parted.",
        "Find out whose result it is before anybody is told anything.",
    ),
    FollowUpReason.UNDELIVERED: Words(
        "The letter came back",
        "The letter to the patient could not be delivered, so the patient may not have heard.",
        "Tell the patient another way, and have the address put right.",
    ),
    FollowUpReason.REJECTED: Words(
        "A file that could not be read",
        "A file or message was set aside because it could not be read. Somebody's result may be in it.",
        "Look at the reason file beside it in quarantine and ask the sender for it again.",
    ),
}


def compose_task(
    follow_up: FollowUp,
    *,
    delivery_id: str,
    identifiers: tuple[tuple[str, str], ...],
    site: Site,
    patient: tuple[str, str] | None = None,
    changed_at: datetime | None = None,
    sample: bool = False,
) -> Parcel:
    """The parcel of one version of a follow-up: `<delivery_id>.json`, UTF-8, keys sorted.

    `identifiers` are (issuing authority, accession) of every exam that the item is about; `patient` is (authority, record number).
    An authority may be a URI, an OID or a plain name. `changed_at`: when this version came to be; without it, the last time that the
    follow-up itself knows. `sample` marks it as test data. Pure: the same arguments give the same bytes.
    """
    task = _task(follow_up, identifiers, site, patient, changed_at, sample)
    content = (json.dumps(task, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8", "replace")
    return Parcel(delivery_id, "follow-up", "followups", ((f"{delivery_id}.json", content),))


def _task(
    follow_up: FollowUp,
    identifiers: tuple[tuple[str, str], ...],
    site: Site,
    patient: tuple[str, str] | None,
    changed_at: datetime | None,
    sample: bool,
) -> dict[str, Any]:
    if not _ID.match(follow_up.id):
        raise ValueError("a follow-up's id must be 1 to 64 letters, digits, hyphens and dots (FHIR id)")
    words = WORDS[follow_up.reason]
    authored = follow_up.opened_at
    # Task invariant inv-1: lastModified >= authoredOn; a retried version may carry a clock that ran behind.
    modified = max(authored, changed_at or follow_up.acknowledged_at or authored)
    description = _one_line(follow_up.note) or f"{words.why} {words.what_to_do}"
    named = [_accession(*one) for one in identifiers if _one_line(one[1])]
    code = {"coding": [{"system": REASON_SYSTEM, "code": follow_up.reason.value, "display": words.title}], "text": words.title}
    task: dict[str, Any] = {
        "resourceType": "Task",
        "id": follow_up.id,
        "meta": {"versionId": str(follow_up.version), "lastUpdated": _moment(modified)},
        "text": _narrative(words.title, description, follow_up),
        "identifier": [*named, {"system": FOLLOW_UP_SYSTEM, "value": follow_up.id}],
        "status": follow_up.state.value,
        "businessStatus": _standing(follow_up),
        "intent": "order",
        "priority": _priority(follow_up),
        "code": code,
        "description": description,
        "authoredOn": _moment(authored),
        "lastModified": _moment(modified),
        "reasonCode": {"coding": code["coding"], "text": words.why},
        "restriction": {"period": {"end": _moment(follow_up.due_at)}},
    }
    if follow_up.report_hash:
        task["focus"] = {"type": "DiagnosticReport", "identifier": {"system": REPORT_SYSTEM, "value": follow_up.report_hash}}
    if patient and _one_line(patient[1]):
        task["for"] = {"type": "Patient", "identifier": {"type": _v2_type("MR"), **_identifier(*patient)}}
    if facility := _one_line(site.facility):
        task["requester"] = {"type": "Organization", "display": facility}
    if owner := _one_line(follow_up.owner):
        task["owner"] = {"display": owner}
    if notes := _notes(follow_up):
        task["note"] = notes
    if sample:
        task["meta"]["tag"] = [{"system": ACT_REASON, "code": "HTEST", "display": "test health data"}]
    return task


def _priority(follow_up: FollowUp) -> str:
    if follow_up.critical:
        return "stat"
    return "routine" if follow_up.reason is FollowUpReason.NO_PE_QUESTION else "urgent"


def _standing(follow_up: FollowUp) -> dict[str, Any]:
    """Task.businessStatus: what the status codes cannot say (of a preliminary report; seen by somebody)."""
    said = [("preliminary", "From a preliminary report")] if follow_up.preliminary else []
    if follow_up.state is FollowUpState.COMPLETED:
        said.append(("done", "Done"))
    elif not follow_up.state.open:
        said.append(("closed", "Closed without being worked"))
    else:
        said.append(("acknowledged", "Acknowledged") if follow_up.acknowledged else ("unacknowledged", "Nobody has acknowledged it yet"))
        if follow_up.level:
            said.append((f"escalated-{follow_up.level}", f"Asked {follow_up.level} times more: nobody has worked it in time"))
        if follow_up.planned_for:
            said.append(("planned", f"Planned for {_moment(follow_up.planned_for)}"))
    coding = [{"system": STANDING_SYSTEM, "code": code, "display": display} for code, display in said]
    return {"coding": coding, "text": ". ".join(display for _, display in said)}


def _notes(follow_up: FollowUp) -> list[dict[str, str]]:
    """What people have said, and what the site recommends."""
    notes = [_acknowledgement(follow_up)] if _one_line(follow_up.acknowledged_by) else []
    if planned := _one_line(follow_up.plan):
        notes.append({"text": f"Planned: {planned}"})
    if recommended := _one_line(follow_up.next_step):
        notes.append({"text": f"Recommended: {recommended}"})
    # Of both only a person can say whether they settle it: the item stays open.
    if proposed := _one_line(follow_up.proposal):
        notes.append({"text": f"Proposed for closure: {proposed}"})
    if contact := _one_line(follow_up.contact):
        notes.append({"text": f"Said in the report: {contact}"})
    if why := _one_line(follow_up.closed_why):
        notes.append({"text": f"Outcome: {why}"})
    return notes


def _acknowledgement(follow_up: FollowUp) -> dict[str, str]:
    note = {"authorString": _one_line(follow_up.acknowledged_by), "text": "Acknowledged."}
    return note | ({"time": _moment(follow_up.acknowledged_at)} if follow_up.acknowledged_at else {})


def _accession(authority: str, accession: str) -> dict[str, Any]:
    return {"type": _v2_type("ACSN"), **_identifier(authority, accession)}


def _v2_type(code: str) -> dict[str, Any]:
    display = {"ACSN": "Accession ID", "MR": "Medical record number"}[code]
    return {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": code, "display": display}]}


def _identifier(authority: str, value: str) -> dict[str, str]:
    system = uri_of(authority)
    return ({"system": system} if system else {}) | {"value": _one_line(value)}


def uri_of(authority: str) -> str:
    """The authority as a FHIR uri: a URI stays, an OID becomes `urn:oid:`, a plain name goes under a namespace of ours; "" stays ""."""
    name = authority.strip()
    if not name:
        return ""
    if re.fullmatch(r"[0-2](\.(0|[1-9]\d*))+", name):
        return f"urn:oid:{name}"
    if re.match(r"(https?://|urn:[a-z0-9][a-z0-9-]+:)\S+\Z", name, re.IGNORECASE):
        return name
    return f"{BASE}/NamingSystem/authority/{quote(name, safe='', errors='replace')}"


def _narrative(title: str, description: str, follow_up: FollowUp) -> dict[str, str]:
    lines = [title, description, f"Due: {_moment(follow_up.due_at)}"]
    paragraphs = "".join(f"<p>{html.escape(line, quote=False)}</p>" for line in lines)
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{paragraphs}</div>'}


def _moment(when: datetime) -> str:
    """FHIR instant and dateTime in UTC, whole seconds. Raises ValueError for a time without a zone."""
    if when.tzinfo is None:
        raise ValueError("a time without a zone cannot be sent")
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _one_line(text: str) -> str:
    # FHIR string: no control characters; text of people may hold any.
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())
