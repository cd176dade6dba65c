"""An exam's history in sentences that a clinician understands."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from pipeline.cli.lists import SHORT
from pipeline.domain.reasons import REASONS
from pipeline.store.answers import DecisionRow, Happening, Shown

_NOTICE = {
    "preparation": "The letter may leave.",
    "on-hold": "The letter is held.",
    "completed": "The letter has left: the patient may be reading it.",
    "stopped": "The letter was stopped before it left.",
    "entered-in-error": "The letter that has left no longer counts.",
}
_STILL = {"on-hold": "held", "preparation": "to leave"}
_LETTER = {
    "release": "Its letter may leave",
    "hold": "Its letter waits for a person",
    "never": "No letter comes of it",
}
_FOLLOW_UP = {
    "accepted": "was taken over",
    "in-progress": "is being worked",
    "completed": "was completed",
    "cancelled": "was cancelled",
}
_ASKS = {
    "indeterminate": "the scan could not decide",
    "positive": "the scan shows a clot",
    "unreadable": "a person must read the report",
    "no-pe-question": "the study asked another question",
    "discrepancy": "preliminary and final differ",
    "status-regressed": "a preliminary was signed after the final",
    "wrong-letter-out": "the patient holds a wrong letter",
    "result-changed": "the result changed after the item was opened",
    "report-overdue": "no final report has come",
    "identity": "it is not certain whose report it is",
    "undelivered": "the letter to the patient came back",
    "rejected": "a file could not be used",
    "preliminary": "a preliminary result that cannot wait",
    "hold-escalated": "a letter was held too long",
    "patient-merged": "the patient's number was merged; make sure whose exam it is",
}
"""Why a follow-up opened, by its reason or by the code in the audit row."""

_PATIENT = {
    "merged": "The patient's number was merged into another one; the exam is under the surviving number now.",
    "parted": "A merge of the patient's number was undone: somebody must find out whose exam it is.",
    "died": "The hospital said that the patient has died: what has not left never leaves.",
    "revived": "The hospital said that the patient has not died after all.",
    "doubted": "A merge did not say plainly who has become whom; a person must find out.",
    "updated": "The hospital's record of the patient changed.",
}
_FOLLOW_UP_ACTS = {
    "completed": "was completed",
    "planned": "has a plan",
    "transferred": "was handed to somebody else",
    "declined": "was declined and went to the next on its ladder",
    "snoozed": "was put off",
    "reopened": "was taken up again",
    "escalated": "was not taken in time and went up its ladder",
    "reminded": "was not finished in time and was brought to mind again",
    "ladder-set": "was put on its ladder",
}
_RENEWED = {
    "finalised": "stands for the final report now",
    "same-result": "stands for the newest version now",
    "corrected": "asks to look again: the report was corrected",
    "patient-merged": "names the patient's surviving number now",
    "undelivered": "asks anew: the letter came back",
    "preliminary": "stands for the preliminary report now",
    "decided-by-person": "stands for what a clinician decided",
}
"""What became of an open follow-up whose state stayed."""

_FOLLOW_UP_DONE = frozenset({"acknowledged", "completed"})
_HOLD = {
    "released": "was released",
    "withheld": "ended: the letter is withheld for good",
    "superseded": "ended: a later version took its place",
}

_WAITS = {
    "hold-expired": "its owner was reminded",
    "hold-escalated": "it went to somebody else, since nobody answered",
    "hold-reminded": "whoever has it was reminded again",
    "statute-time": "the time that a statute names has come",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline. `by` is the person who did it, empty for the service itself."""

    at: datetime
    said: str
    by: str = ""


def timeline(shown: Shown) -> list[Line]:
    """What happened, in the order in which it happened; what only machines care about is left out."""
    return [Line(one.at, said, one.by) for one in shown.history if (said := _said(one, shown))]


def meaning(code: str) -> str:
    """What a reason code means, for people; a word that is no reason code stays itself."""
    return REASONS[code].meaning.rstrip(".") if code in REASONS else code.replace("-", " ")


def _said(one: Happening, shown: Shown) -> str:
    if one.what == "patient":
        return _PATIENT.get(one.became, f"News about the patient: {one.became}.")
    teller = {
        "study": _study,
        "report": _report,
        "instance": _instance,
        "notice": _notice,
        "follow-up": _follow_up,
        "hold": _hold,
        "delivery": _delivery,
    }
    tell = teller.get(one.what)
    return tell(one, shown) if tell else f"{one.what}: {one.became} ({meaning(one.why)})"


def _report(one: Happening, shown: Shown) -> str:
    if one.was and one.was == one.became:
        code, _, said = one.why.partition(": ")
        anew = next((found for found in shown.decisions if found.report == one.item and found.decided_at == one.at), None)
        verdict = f" as {_verdict(anew)}" if anew else ""
        return f"Report version {one.item[:SHORT]} was decided once more{verdict}: {meaning(code)}{f' ({said})' if said else ''}."
    if one.was:
        return f"Report version {one.item[:SHORT]} is now {one.became}."
    decision = next((found for found in shown.decisions if found.report == one.item), None)
    version = next((found for found in shown.exam.versions if found.content_hash == one.item), None)
    status = f"{version.status.value} " if version else ""
    if decision is None:
        return f"A {status}report version came ({one.became})."
    telling = [code for code in decision.reasons if code not in (decision.category.value, "preliminary")]
    why = f" Because: {'; '.join(meaning(code) for code in telling)}." if telling else ""
    return f"A {status}report version came and was read as {_verdict(decision)}. {_LETTER[decision.notice]}.{why}"


def _verdict(decision: DecisionRow) -> str:
    grade = f" ({decision.grade.value.replace('_', ' ')})" if decision.grade else ""
    return f"{decision.category.value.upper()}{grade}{', chronic' if decision.chronic else ''}"


def _instance(one: Happening, shown: Shown) -> str:
    found = next((image for image in shown.exam.instances if image.content_hash == one.item), None)
    return f"An image came ({found.part.value})." if found else "An image came."


def _study(one: Happening, _: Shown) -> str:
    return f"For the reading room: {meaning(one.why)}."


def _notice(one: Happening, shown: Shown) -> str:
    found = next((notice for notice in shown.exam.notices if notice.id == one.item), None)
    kinds = dict.fromkeys((found.letter.value, found.notice_type.value)) if found else {}
    kind = f" [{', '.join(one for one in kinds if one != 'result')}]" if found else ""
    if not one.was:
        return f"A letter was written{kind}: {'it may leave' if one.became == 'preparation' else 'it is held'}."
    if one.was == one.became:
        code, _colon, more = one.why.partition(": ")
        said = "came back" if code == "undelivered" else f"was written anew, and is still {_STILL.get(one.became, one.became)}"
        return f"The letter{kind} {said}{f': {more}' if more else ''}."
    return _NOTICE.get(one.became, f"The letter is {one.became}.") + kind


def _follow_up(one: Happening, shown: Shown) -> str:
    name = f"Follow-up {one.item[:SHORT]}"
    code, _colon, more = one.why.partition(": ")
    if not one.was:
        return f"{name} opened: {_told(code)}{f' ({more})' if more else ''}."
    if code in _FOLLOW_UP_ACTS:
        return f"{name} {_FOLLOW_UP_ACTS[code]}" + (f": {more}." if more else ".")
    if one.became == one.was and one.why == "evidence-found":
        found = next((item for item in shown.exam.follow_ups if item.id == one.item), None)
        return f"{name} may be closed by a person: {found.proposal if found else meaning(one.why)}"
    if one.became == one.was:
        said = _RENEWED.get(code, f"was renewed: {meaning(code)}")
        return f"{name} {said}{f' ({more})' if more else ''}."
    return f"{name} {_FOLLOW_UP.get(one.became, one.became)}" + (f": {meaning(code)}." if code not in _FOLLOW_UP_DONE else ".")


def _told(code: str) -> str:
    return _ASKS.get(code) or meaning(code)


def _hold(one: Happening, _: Shown) -> str:
    name = f"Hold {one.item[:SHORT]}"
    if not one.was:
        return f"{name} opened: {meaning(one.why)}."
    code, _colon, more = one.why.partition(": ")
    if one.became == one.was:
        return f"{name} waits for an answer: {_WAITS.get(code, meaning(code))}."
    return f"{name} {_HOLD.get(one.became, one.became)}{f' ({more})' if more else ''}."


def _delivery(one: Happening, shown: Shown) -> str:
    found = next((delivery for delivery in shown.deliveries if delivery.id == one.item), None)
    what = {"notice": "The letter", "follow-up": "The follow-up"}.get(found.kind if found else "", "A delivery")
    where = f" to {found.destination}" if found else ""
    if one.became == "sent":
        return f"{what} was delivered{where}."
    if one.became == "dead":
        return f"{what} could not be delivered{where} and was given up: a person must act."
    return ""


def now_lines(shown: Shown) -> Iterator[str]:
    """How the exam stands now."""
    current = shown.exam.current
    if current is None:
        yield "No report speaks for this exam." if not shown.waiting else "Images wait for an exam that fits them."
    else:
        grade = f" ({current.grade.value.replace('_', ' ')})" if current.grade else ""
        yield f"The {current.status.value} report says {current.category.value.upper()}{grade}."
    for item in shown.exam.follow_ups:
        if item.state.open:
            taken = f", taken over by {item.acknowledged_by}" if item.acknowledged_by else ", nobody has taken it over"
            yield f"Open follow-up {item.id[:SHORT]}: {item.note or _ASKS[item.reason.value]} (owner {item.owner}{taken})"
            if item.plan and item.planned_for:
                yield f"  Planned for {item.planned_for.date().isoformat()}: {item.plan}"
            if item.next_step:
                yield f"  Recommended: {item.next_step}"
            for told in (item.proposal, item.contact):
                if told:
                    yield f"  {told}"
    for hold in shown.exam.holds:
        if hold.state.value == "open":
            yield f"Open hold {hold.id[:SHORT]}: {'; '.join(meaning(code) for code in hold.reasons)}."
    if shown.broken_at is not None:
        yield "WARNING: the audit trail of this exam was altered."
