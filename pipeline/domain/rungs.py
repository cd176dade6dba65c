"""The ladders and recommended steps that a site begins with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from pipeline.domain.followup import FollowUpReason as Reason

OWNER, DEPUTY, TEAM = "owner", "deputy", "team"
"""Words that stand for whom the item was first for, their deputy, and the team that covers for them; others are roles."""
RELATIVE = frozenset({OWNER, DEPUTY, TEAM})


class Since(StrEnum):
    """What a rung counts from."""

    OPENED = "opened"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Rung:
    """Who is asked when nobody has taken the item for so long."""

    after: timedelta
    to: str
    since: Since = Since.OPENED


Ladder = tuple[Rung, ...]

URGENT: Ladder = (
    Rung(timedelta(minutes=15), DEPUTY),
    Rung(timedelta(minutes=30), "charge-nurse"),
    Rung(timedelta(minutes=60), "chief-on-call"),
)
CALM: Ladder = (
    Rung(timedelta(hours=2), TEAM),
    Rung(timedelta(hours=4), "nuclear-medicine-on-call"),
    Rung(timedelta(hours=24), "department-lead"),
    Rung(timedelta(hours=72), "patient-safety"),
)
SLOW: Ladder = (
    Rung(timedelta(0), "nuclear-medicine-on-call", Since.DUE),
    Rung(timedelta(hours=24), "department-lead", Since.DUE),
    Rung(timedelta(hours=72), "patient-safety", Since.DUE),
)
_SLOW = frozenset({Reason.NO_PE_QUESTION, Reason.REPORT_OVERDUE, Reason.UNDELIVERED, Reason.REJECTED})
CALM_REASONS = _SLOW | {Reason.INDETERMINATE}
"""Reasons that are no emergency of themselves; a critical item of them (a range that reaches high) is one all the same."""
DEFAULT_LADDERS: Mapping[Reason, Ladder] = {
    reason: CALM if reason is Reason.INDETERMINATE else SLOW if reason in _SLOW else URGENT for reason in Reason
}
"""Source: shared research, communication.md 2.1 (ladder default). The first rung, at once, is the first owner."""

DEFAULT_NEXT_STEPS: Mapping[Reason, str] = {
    Reason.INDETERMINATE: "Weigh clinical probability; consider CT pulmonary angiography, leg vein ultrasound, or a repeat scan.",
    Reason.POSITIVE: "Tell the patient by voice and decide on treatment now; then release the letter.",
    Reason.UNREADABLE: "Read the report yourself and tell the patient what it says.",
    Reason.NO_PE_QUESTION: "Read the report and tell the patient its answer.",
    Reason.DISCREPANCY: "Tell whoever acted on the preliminary what the final says, and look at the treatment again.",
    Reason.STATUS_REGRESSED: "Ask the reading physician which report stands.",
    Reason.WRONG_LETTER_OUT: "Phone the patient, say what is right now, and note when you did.",
    Reason.RESULT_CHANGED: "Read the new report and look at the treatment again.",
    Reason.REPORT_OVERDUE: "Ask the reading room for the final report.",
    Reason.IDENTITY: "Compare name, birth date and record number in RIS and PACS; have the wrong one corrected.",
    Reason.UNDELIVERED: "Reach the patient another way, say what the letter says, and have the address mended.",
    Reason.REJECTED: "Open the reason file in quarantine; if it is a lung scan, read it by hand and have it sent again.",
}
