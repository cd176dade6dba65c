"""What is known of a patient beyond what one report says."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PatientKnown:
    """Told by ADT messages and by people, for the patient of one exam."""

    deceased: bool = False
    retired: bool = False
    """The report names an identifier that was merged into another one."""
    wish: str = ""
    """`opt-out`: wants no letters; `ask-first`: wants to be asked; empty: nothing is known."""


NOTHING_KNOWN = PatientKnown()
