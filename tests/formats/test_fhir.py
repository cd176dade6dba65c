"""Holds the Task to the rules of FHIR R4, written here by hand from the specification, and to the follow-up."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.formats.fhir import BASE, FOLLOW_UP_SYSTEM, REASON_SYSTEM, WORDS, compose_task, uri_of

OPENED = datetime(2026, 11, 20, 16, 5, 30, 999999, tzinfo=UTC)
ITEM = FollowUp(
    id="5f" * 16,
    reason=FollowUpReason.INDETERMINATE,
    state=FollowUpState.REQUESTED,
    opened_at=OPENED,
    due_at=OPENED + timedelta(hours=4),
    owner="duty nuclear medicine physician",
    report_hash="a" * 64,
    note="The V/Q scan could not decide. Choose the next test and tell the patient when.",
)
IDENTIFIERS = (("1.2.840.99999.1", "ACC-1"), ("SAMPLE RIS", "ACC-2"))


@dataclass(frozen=True)
class Site:
    facility: str = "Sampleton Valley Hospital"


def task(item: FollowUp = ITEM, **more: Any) -> dict[str, Any]:
    made = compose_task(item, delivery_id="d" * 32, identifiers=more.pop("identifiers", IDENTIFIERS), site=Site(), **more)
    found: dict[str, Any] = json.loads(made.files[0][1])
    check(found)
    return found


# ---- FHIR R4 (4.0.1), as far as our Task uses it. Source: hl7.org/fhir/R4/task.html, datatypes.html, references.html, narrative.html.

ZONE = r"(Z|[+-](0\d|1[0-3]):[0-5]\d|[+-]14:00)"
INSTANT = rf"\d{{4}}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?{ZONE}"
DATE_TIME = rf"\d{{4}}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?|{INSTANT}"
TASK_STATUS = {
    "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed", "completed",
    "entered-in-error",
}  # fmt: skip
TASK_INTENT = {"unknown", "proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"}
PRIORITY = {"routine", "urgent", "asap", "stat"}
IDENTIFIER_TYPES = {"ACSN", "MR"}  # of v2-0203, those we use

Rule = Callable[[Any], bool]


def matches(pattern: str) -> Rule:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def one_of(values: set[str]) -> Rule:
    return lambda value: value in values


def shaped(required: dict[str, Rule], optional: dict[str, Rule] | None = None) -> Rule:
    """An object with all of `required` and nothing that is in neither table."""
    allowed = required | (optional or {})

    def holds(value: Any) -> bool:
        if not isinstance(value, dict) or not set(required) <= set(value) <= set(allowed):
            return False
        return all(allowed[key](part) for key, part in value.items())

    return holds


def every(rule: Rule) -> Rule:
    # A JSON array of FHIR is never empty.
    return lambda value: isinstance(value, list) and len(value) > 0 and all(rule(item) for item in value)


STRING = matches(r"[ \r\n\t\S]+")
CODE = matches(r"[^\s]+(\s[^\s]+)*")
URI = matches(r"(https?://|urn:oid:|urn:)\S+")
CODING = shaped({"system": URI, "code": CODE, "display": STRING})
CONCEPT = shaped({"coding": every(CODING)}, {"text": STRING})
IDENTIFIER = shaped({"value": STRING}, {"system": URI, "type": CONCEPT})
REFERENCE = shaped({}, {"type": one_of({"DiagnosticReport", "Patient", "Organization"}), "identifier": IDENTIFIER, "display": STRING})
TASK = shaped(
    {
        "resourceType": one_of({"Task"}),
        "id": matches(r"[A-Za-z0-9\-.]{1,64}"),
        "status": one_of(TASK_STATUS),
        "intent": one_of(TASK_INTENT),
        "meta": shaped({"versionId": matches(r"[A-Za-z0-9\-.]{1,64}"), "lastUpdated": matches(INSTANT)}, {"tag": every(CODING)}),
        "text": shaped({"status": one_of({"generated"}), "div": matches(r'(?s)<div xmlns="http://www.w3.org/1999/xhtml">.+</div>')}),
        "identifier": every(IDENTIFIER),
        "businessStatus": CONCEPT,
        "priority": one_of(PRIORITY),
        "code": CONCEPT,
        "description": STRING,
        "authoredOn": matches(DATE_TIME),
        "lastModified": matches(DATE_TIME),
        "reasonCode": CONCEPT,
        "restriction": shaped({"period": shaped({"end": matches(DATE_TIME)})}),
    },
    {
        "focus": REFERENCE,
        "for": REFERENCE,
        "requester": REFERENCE,
        "owner": REFERENCE,
        "note": every(shaped({"text": STRING}, {"authorString": STRING, "time": matches(DATE_TIME)})),
    },
)


def check(found: dict[str, Any]) -> None:
    assert TASK(found)
    assert found["lastModified"] >= found["authoredOn"]  # invariant inv-1; both are UTC, so their text orders them
    for reference in (found.get(key, {}) for key in ("focus", "for", "requester", "owner")):
        assert reference == {} or "identifier" in reference or "display" in reference  # ref-1 with what we send
    for identifier in found["identifier"]:
        types = [coding["code"] for coding in identifier.get("type", {}).get("coding", [])]
        assert set(types) <= IDENTIFIER_TYPES


@pytest.mark.parametrize(
    "broken",
    [{"status": "banana"}, {"intent": "request"}, {"priority": "high"}, {"authoredOn": "20261120"}, {"id": "a_b"}, {"identifier": []},
     {"due": "x"}, {"authoredOn": "2026-11-20T16:05:30"}, {"lastModified": "2026-11-20T16:05:29Z"}],
)  # fmt: skip
def test_the_rules_can_fail(broken: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        check(task() | broken)


# ---- our Task


@pytest.mark.parametrize("reason", FollowUpReason)
@pytest.mark.parametrize("state", FollowUpState)
def test_every_reason_in_every_state_is_a_task(reason: FollowUpReason, state: FollowUpState) -> None:
    found = task(replace(ITEM, reason=reason, state=state, version=3))
    assert found["status"] == state.value
    assert found["code"]["coding"][0] == {"system": REASON_SYSTEM, "code": reason.value, "display": WORDS[reason].title}
    assert found["reasonCode"]["coding"][0]["code"] == reason.value


def test_every_field_says_what_the_follow_up_says() -> None:
    found = task(patient=("1.2.840.99999.2", "MRN-7"))
    assert found["id"] == ITEM.id
    assert found["meta"] == {"versionId": "1", "lastUpdated": "2026-11-20T16:05:30Z"}
    assert (found["intent"], found["priority"]) == ("order", "urgent")
    assert found["description"] == ITEM.note
    assert found["authoredOn"] == found["lastModified"] == "2026-11-20T16:05:30Z"
    assert found["restriction"] == {"period": {"end": "2026-11-20T20:05:30Z"}}
    assert found["owner"] == {"display": "duty nuclear medicine physician"}
    assert found["requester"] == {"type": "Organization", "display": "Sampleton Valley Hospital"}
    assert found["focus"]["identifier"]["value"] == "a" * 64
    assert found["for"]["identifier"]["system"] == "urn:oid:1.2.840.99999.2"
    assert found["for"]["identifier"]["value"] == "MRN-7"
    assert [(one["system"], one["value"]) for one in found["identifier"]] == [
        ("urn:oid:1.2.840.99999.1", "ACC-1"),
        (f"{BASE}/NamingSystem/authority/SAMPLE%20RIS", "ACC-2"),
        (FOLLOW_UP_SYSTEM, ITEM.id),
    ]
    assert found["identifier"][0]["type"]["coding"][0]["code"] == "ACSN"


def test_the_file_is_named_by_the_delivery_and_the_bytes_are_stable() -> None:
    made = [compose_task(ITEM, delivery_id="d" * 32, identifiers=IDENTIFIERS, site=Site()) for _ in range(2)]
    assert made[0] == made[1]
    assert (made[0].folder, made[0].files[0][0]) == ("followups", f"{'d' * 32}.json")
    assert list(json.loads(made[0].files[0][1])) == sorted(json.loads(made[0].files[0][1]))


@pytest.mark.parametrize(
    ("item", "priority"),
    [
        (replace(ITEM, reason=FollowUpReason.POSITIVE, critical=True), "stat"),
        (replace(ITEM, critical=True), "stat"),
        (ITEM, "urgent"),
        (replace(ITEM, reason=FollowUpReason.NO_PE_QUESTION), "routine"),
    ],
)
def test_what_is_critical_comes_first(item: FollowUp, priority: str) -> None:
    assert task(item)["priority"] == priority


def test_a_changed_item_keeps_its_id_and_counts_its_versions() -> None:
    seen = replace(ITEM, version=2, state=FollowUpState.ACCEPTED, acknowledged_by="Dr. Ack", acknowledged_at=OPENED + timedelta(minutes=9))
    found = task(seen)
    assert (found["id"], found["meta"]["versionId"], found["status"]) == (ITEM.id, "2", "accepted")
    assert found["lastModified"] == found["meta"]["lastUpdated"] == "2026-11-20T16:14:30Z"
    assert found["note"] == [{"authorString": "Dr. Ack", "text": "Acknowledged.", "time": "2026-11-20T16:14:30Z"}]
    assert found["businessStatus"]["coding"][0]["code"] == "acknowledged"


def test_a_clock_that_ran_behind_breaks_no_invariant() -> None:
    found = task(changed_at=OPENED - timedelta(hours=1))
    assert found["lastModified"] == found["authoredOn"]
    assert task(changed_at=OPENED + timedelta(hours=1))["lastModified"] == "2026-11-20T17:05:30Z"


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ({}, ["unacknowledged"]),
        ({"preliminary": True}, ["preliminary", "unacknowledged"]),
        ({"state": FollowUpState.COMPLETED}, ["done"]),
        ({"state": FollowUpState.CANCELLED}, ["closed"]),
    ],
)
def test_the_business_status_says_what_the_status_cannot(change: dict[str, Any], codes: list[str]) -> None:
    assert [one["code"] for one in task(replace(ITEM, **change))["businessStatus"]["coding"]] == codes


def test_times_are_sent_in_utc_and_a_time_without_zone_is_refused() -> None:
    eastern = OPENED.astimezone(timezone(timedelta(hours=-5)))
    assert task(replace(ITEM, opened_at=eastern))["authoredOn"] == "2026-11-20T16:05:30Z"
    with pytest.raises(ValueError, match="zone"):
        task(replace(ITEM, due_at=datetime(2026, 11, 20, 16, 5)))  # noqa: DTZ001


def test_what_is_not_known_is_left_out() -> None:
    found = task(replace(ITEM, owner="", report_hash="", note=""), identifiers=(("X", " "),), patient=("X", ""))
    assert not {"owner", "focus", "for", "note"} & set(found)
    assert [one["system"] for one in found["identifier"]] == [FOLLOW_UP_SYSTEM]
    words = WORDS[FollowUpReason.INDETERMINATE]
    assert found["description"] == f"{words.why} {words.what_to_do}"


def test_a_sample_is_marked_as_test_data() -> None:
    assert task(sample=True)["meta"]["tag"][0]["code"] == "HTEST"
    assert "tag" not in task()["meta"]


def test_an_id_that_fhir_does_not_take_is_refused() -> None:
    with pytest.raises(ValueError, match="id"):
        task(replace(ITEM, id="a/b"))


@pytest.mark.parametrize(
    ("authority", "uri"),
    [
        ("1.2.840.113619", "urn:oid:1.2.840.113619"),
        ("urn:oid:1.2.3", "urn:oid:1.2.3"),
        ("https://hospital.example/acc", "https://hospital.example/acc"),
        ("SITE A/B", f"{BASE}/NamingSystem/authority/SITE%20A%2FB"),
        ("Ä<&>", f"{BASE}/NamingSystem/authority/%C3%84%3C%26%3E"),
        ("javascript:alert(1)", f"{BASE}/NamingSystem/authority/javascript%3Aalert%281%29"),
        ("", ""),
        (" ", ""),
    ],
)
def test_an_authority_becomes_a_uri(authority: str, uri: str) -> None:
    assert uri_of(authority) == uri


@settings(max_examples=60, deadline=None)
@given(owner=st.text(max_size=60), note=st.text(max_size=60), accession=st.text(max_size=20), authority=st.text(max_size=20))
def test_any_text_gives_a_whole_task(owner: str, note: str, accession: str, authority: str) -> None:
    found = task(replace(ITEM, owner=owner, note=note), identifiers=((authority, accession),))
    assert found["text"]["div"].count("<p>") == 3
    assert "<script" not in task(replace(ITEM, note="<script>alert(1)</script>"))["text"]["div"]


def test_every_reason_has_its_words() -> None:
    assert set(WORDS) == set(FollowUpReason)


def test_a_task_tells_its_ladder_its_plan_and_what_is_recommended() -> None:
    found = task(replace(ITEM, level=2, plan="CTPA", planned_for=ITEM.due_at, next_step="Repeat the scan.", closed_why="no clot"))
    check(found)
    assert [one["code"] for one in found["businessStatus"]["coding"]] == ["unacknowledged", "escalated-2", "planned"]
    assert [one["text"] for one in found["note"]] == ["Planned: CTPA", "Recommended: Repeat the scan.", "Outcome: no clot"]


def test_a_task_tells_what_may_settle_it() -> None:
    found = task(replace(ITEM, proposal="A later CTPA,\x07 A-2.", contact="Told to Dr Sample at 10:20."))
    check(found)
    assert [one["text"] for one in found["note"]] == [
        "Proposed for closure: A later CTPA, A-2.",
        "Said in the report: Told to Dr Sample at 10:20.",
    ]
