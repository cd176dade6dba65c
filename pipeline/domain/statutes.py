"""Statute packs: what a law asks of a letter, as data that a site switches on and its counsel has read."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline.domain.reading import Category

HOLD = "statute-malignancy"
"""The reason code of a hold that a statute asks for."""
NOTIFY = "statute-notice"
"""The reason code where a statute says until when the patient must have been told, and in which words."""


@dataclass(frozen=True, slots=True)
class Statute:
    """One pack.

    Attributes:
        id: name of its file.
        title, jurisdiction, citation: for people.
        patient_classes: PV1-2 codes it applies to; empty: all.
        categories: it applies to results of these.
        reasons: it applies to reports with one of these codes, whatever the category.
        sentences: what the letter must say word for word, taken from the Act itself; never written by us.
        notify_within: from the sign time; the patient must have been told by then.
        hold_for: from the sign time; nothing may leave before without a clinician. Its end releases nothing: it reminds a person.
    """

    id: str
    title: str
    jurisdiction: str
    citation: str
    patient_classes: frozenset[str] = frozenset()
    categories: frozenset[Category] = frozenset()
    reasons: frozenset[str] = frozenset()
    sentences: tuple[str, ...] = ()
    notify_within: timedelta | None = None
    hold_for: timedelta | None = None

    def applies(self, patient_class: str, category: Category, codes: frozenset[str]) -> bool:
        if self.patient_classes and patient_class not in self.patient_classes:
            return False
        return category in self.categories or bool(self.reasons & codes)


def statute_codes(applying: tuple[Statute, ...]) -> list[str]:
    """The reason codes of the packs that apply."""
    codes = [HOLD] if any(statute.hold_for for statute in applying) else []
    return [*codes, NOTIFY] if any(statute.notify_within for statute in applying) else codes


def next_moment(applying: tuple[Statute, ...], since: datetime, now: datetime) -> datetime | None:
    """The first time to come that one of these names; None where none does. A person is asked then."""
    spans = [span for statute in applying for span in (statute.hold_for, statute.notify_within) if span]
    return min((since + span for span in spans if since + span > now), default=None)
