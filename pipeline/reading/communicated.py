"""Reads whether a report says that somebody was told of its result: who, when, how. It is evidence, and stops no clock."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.domain.report import TextBlock


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody was told. `who` is a name or role as written, `at` the time as written; both empty where not said."""

    who: str = ""
    at: str = ""

    @property
    def said(self) -> str:
        """Our own sentence for whoever works the follow-up."""
        when = f" at {self.at}" if self.at else ""
        return f"The report says that {self.who or 'somebody'} was told{when}. Make sure of it; this item stays open."


_STOP = re.compile(r"(?<![DdMm]r)(?<!Drs)(?<!Mrs)(?<!\b[A-Z])(?<!\b[ap]\.m)(?<!\b[ap])\.(?=\s|$)|\n{2,}")
_TOLD = re.compile(
    r"\b(?:(?:was|were|has been|have been|had been|been)\s+(?:\w+ly\s+)?(?:discussed|communicated|conveyed|relayed|notified|informed|called"
    r"|phoned|telephoned|told|paged|contacted|reported|given|made aware|alerted|reviewed)"
    r"|(?:discussed|communicated|conveyed|relayed|reviewed|spoke|spoken)\s+(?:\w+ly\s+)?(?:\w+\s+){0,8}?(?:with|to)\b"
    r"|(?:i|we|radiologist|reader)\s+(?:\w+ly\s+)?(?:notified|informed|called|phoned|telephoned|told|alerted|discussed|communicated|spoke)"
    r"|(?:notified|informed|called|phoned|telephoned|alerted)\s+(?=(?:the\s+)?(?:dr|doctor|nurse|physician|ordering|referring|treating|team|ed\b|er\b|pa\b|np\b)))",
    re.IGNORECASE,
)
_NOT = re.compile(
    r"\b(?:should|will|shall|must|may|might|can|could|would|to be|is being|are being|being|if|unless|please|pending|recommend\w*|advis\w*"
    r"|attempt\w*|tried|trying|unsuccessful\w*|unable|failed|no answer|voice ?mail|awaiting|until"
    r"|message (?:was|has been|had been) left|left (?:a )?message|when(?:ever)? (?:available|reached)"
    r"|not|never|nobody|no one|without|cannot|couldn't|wasn't|weren't|hasn't|haven't|didn't|unreachable|not yet|needs?|plan\w*|going to)\b",
    re.IGNORECASE,
)
_OTHER_EXAM = re.compile(
    r"\b(?:prior|previous|previously|earlier|last (?:year|month|week)|at the time of (?:the|that)|old|comparison|history of|on outside"
    r"|chest x-?ray|radiograph|ct|cta|ultrasound|mri)\b",
    re.IGNORECASE,
)
_PATIENT = re.compile(
    r"\b(?:procedure|risks?|benefits?|consent|examination was explained|technique|protocol|discussed with the patient|with the patient"
    r"|(?:patient|family|parents?|wife|husband|mother|father|son|daughter) (?:was|were|has been)"
    r"|to the (?:patient|family)|peer|tumou?r board|literature|above|below|elsewhere|section|differential)\b",
    re.IGNORECASE,
)
_TITLE = (
    r"(?:(?:attending|resident|fellow|ordering|referring|treating|covering|emergency|ed|er|icu|physician|clinician|nurse|provider)\s+)*"
)
_PERSON = re.compile(
    rf"\b(?:(?i:{_TITLE})(?:Drs?\.?|DR\.?|dr\.?|Doctor|Nurse|RN|PA|NP)\s+[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+|\s+[A-Z]\.)?"
    r"|[A-Z][\w'’-]+(?:\s+[A-Z]\.)?\s+[A-Z][\w'’-]+,?\s+(?:MD|DO|RN|PA-C|PA|NP|M\.D\.))",
)
_ROLE = re.compile(
    r"\b(?:the\s+)?(?:(?:ordering|referring|treating|attending|covering|on-?call|emergency(?: department| room)?|ed|er|icu"
    r"|ward|floor|primary|clinical|care)\s+)+"
    r"(?:physician|clinician|provider|team|nurse|doctor|resident|service|attending)\b"
    r"|\b(?:the\s+)?(?:nurse|clinical team|primary team|care team)\b",
    re.IGNORECASE,
)
_CLOCK = re.compile(
    r"(?:\b(\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2})\b[\s,]*(?:at\s+)?)?"
    r"\b((?:[01]?\d|2[0-3]):[0-5]\d(?:\s?(?:[ap]\.?m\b\.?))?|(?:[01]\d|2[0-3])[0-5]\d\s?(?:h|hrs?|hours)\b|(?:1[0-2]|[1-9])\s?(?:[ap]\.?m\.?))"
    r"(?:\s*(?:hrs?|hours))?(?:\s+on\s+(\d{1,2}/\d{1,2}/(?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}))?",
    re.IGNORECASE,
)


def communicated(blocks: Sequence[TextBlock]) -> Contact | None:
    """The first plain statement that a clinician was told of this result; None where there is none, or where any sentence doubts it.

    A block that the source coded as communication (LOINC 73568-8) counts as being about telling, so a name in it is enough.
    """
    found: Contact | None = None
    for block in blocks:
        if block.section in ("history", "indication", "comparison", "technique", "procedure"):
            continue
        for sentence in _sentences(block.text):
            told = _read(sentence, coded=block.section == "communication")
            if isinstance(told, bool):
                return None
            found = found or told
    return found


def _sentences(text: str) -> list[str]:
    return [" ".join(part.split()) for part in _STOP.split(text) if part.strip()]


def _read(sentence: str, *, coded: bool) -> Contact | bool | None:
    """A contact; None where the sentence is about something else; False where it says that nobody has been told."""
    person = _PERSON.search(sentence)
    role = None if person else _ROLE.search(sentence)
    tells = bool(_TOLD.search(sentence))
    if _NOT.search(sentence):
        # Whoever says that somebody was not told, or shall be, is believed before any other sentence.
        return False if coded or _REACH.search(sentence) or ((person or role) and (tells or _CALLS.search(sentence))) else None
    if not tells and not (coded and person):
        return None
    if not person and not role and not coded:
        return None
    if _OTHER_EXAM.search(sentence) or _PATIENT.search(sentence):
        return None
    named = person or role
    return Contact(_name(named.group(0)) if named else "", _time(sentence))


_CALLS = re.compile(r"\b(?:call|inform|discuss|told|tell|spoke|speak)", re.IGNORECASE)
_REACH = re.compile(
    r"\b(?:reach\w*|contact\w*|notif\w*|communicat\w*|voice ?mail|no answer|message (?:was|has been|had been) left|left (?:a )?message)\b",
    re.IGNORECASE,
)


def _name(text: str) -> str:
    text = text.strip(" ,.")
    return text[:80]


def _time(sentence: str) -> str:
    clock = _CLOCK.search(sentence)
    if clock is None:
        return ""
    day = clock.group(1) or clock.group(3)
    return f"{clock.group(2).strip()} on {day}" if day else clock.group(2).strip()
