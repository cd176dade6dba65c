"""Who and which exam: identifiers with the authority that gave them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pipeline.domain.names import PersonName as PersonName
from pipeline.domain.names import folded as folded
from pipeline.domain.names import may_be_one


@dataclass(frozen=True, slots=True, order=True)
class ExamKey:
    """An accession (filler order number) together with the authority that issued it; never a bare number.

    Two sites with the same accession number have different keys. `authority` is never blank.
    A report without any accession is keyed by its source and control id: `accession` is then
    `"msh10:" + control id` and the report carries the reason `accession-missing`.
    """

    authority: str
    accession: str

    @property
    def digest(self) -> str:
        """SHA-256 (64 hex) of the key: what logs and ids are made of, since an accession is patient data."""
        return hashlib.sha256(f"{self.authority}\x1f{self.accession}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Identifier:
    """One PID-3 repetition or DICOM PatientID: value, assigning authority, type (HL7 table 0203: MR, PI, ...)."""

    value: str
    authority: str = ""
    type: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The person a report or an image says it is about. Empty fields were not sent."""

    identifiers: tuple[Identifier, ...] = ()
    name: PersonName | None = None
    birth_date: date | None = None
    sex: str = ""
    language: str = ""
    """PID-15 as sent, lower case (ISO 639 code or local text); empty: not said."""
    deceased: bool = False
    """PID-30 = Y, or PID-29 filled."""
    restricted: bool = False
    """PV1-16 (VIP) or ORC-28/TXA-18 ask for confidentiality."""

    @property
    def known(self) -> bool:
        """Whether anything identifies a person: an identifier, or a name, or a birth date."""
        return bool(self.identifiers or self.birth_date or (self.name and self.name.spoken))


def conflicts(one: Patient, other: Patient) -> bool:
    """Whether two mentions cannot be of the same person.

    What is not filled on one side never conflicts. Another birth date or sex conflicts, whatever the numbers; so do numbers of
    one authority and kind of which none is common; so do names that share nothing, even under one number (see `may_be_one`).
    """
    if one.birth_date and other.birth_date and one.birth_date != other.birth_date:
        return True
    if one.sex in ("M", "F") and other.sex in ("M", "F") and one.sex != other.sex:
        return True
    if _numbers_differ(one.identifiers, other.identifiers):
        return True
    if not (one.name and other.name):
        return False
    same_number = any(_same_number(mine, yours) for mine in one.identifiers for yours in other.identifiers)
    same_birth = bool(one.birth_date and other.birth_date)
    return not may_be_one(one.name, other.name, same_number=same_number, same_birth=same_birth)


_RECORD = frozenset({"", "MR", "PI"})
_PASSING = frozenset({"AN", "VN", "OTHER"})
"""Numbers of a visit or an account, and what DICOM lists besides: one person has many."""


def _numbers_differ(ours: Iterable[Identifier], theirs: Iterable[Identifier]) -> bool:
    """Whether one authority gives the two numbers of one kind that have nothing in common."""
    mine, yours = _by_authority(ours), _by_authority(theirs)
    for authority in mine.keys() & yours.keys():
        # A DICOM file does not say of what kind its number is.
        untold = any(one.type == "" for one in mine[authority] + yours[authority])
        left, right = _by_kind(mine[authority], untold=untold), _by_kind(yours[authority], untold=untold)
        if any(not left[kind] & right[kind] for kind in left.keys() & right.keys()):
            return True
    return False


def _by_authority(identifiers: Iterable[Identifier]) -> dict[str, list[Identifier]]:
    found: dict[str, list[Identifier]] = {}
    for one in identifiers:
        if one.authority and one.type not in _PASSING:
            found.setdefault(one.authority.casefold(), []).append(one)
    return found


def _by_kind(identifiers: Iterable[Identifier], *, untold: bool) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in identifiers:
        found.setdefault("" if untold and one.type in _RECORD else one.type, set()).add(one.value.strip().upper())
    return found


def _same_number(mine: Identifier, yours: Identifier) -> bool:
    """Whether this is one number, as far as its authority and kind are said: the same digits elsewhere are another person's."""
    if mine.authority and yours.authority and mine.authority.casefold() != yours.authority.casefold():
        return False
    kinds = {mine.type, yours.type}
    return mine.value.strip().upper() == yours.value.strip().upper() and (len(kinds) == 1 or ("" in kinds and kinds <= _RECORD))
