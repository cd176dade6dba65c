"""The people in an ORU message: whom it is about, who ordered it, who read it, and whether it names two patients."""

import re
from datetime import date

from pipeline.domain.identity import Identifier, Patient, PersonName, conflicts, folded
from pipeline.formats.hl7text import Delimiters
from pipeline.formats.hl7v2 import Message, Segment, day

_HIDDEN_NAMES = frozenset({"NAV", "TEMP", "S", "MSK", "NB"})
"""Name types that say the name is no name to write a letter to. Source: HL7 v2 table 0200."""
_NAME_ORDER = ("L", "", "D", "N", "BAD", "C", "M")
_OPEN_RECORD = frozenset({"", "N", "NO", "0", "U", "L", "M", "NORMAL"})


class People:
    """Reads persons of one message. `authority` stands in where an identifier names none; `aliases` maps authorities."""

    def __init__(self, message: Message, authority: str, aliases: dict[str, str]) -> None:
        self._message = message
        self._delimiters = message.delimiters
        self._authority = authority
        self._aliases = aliases

    def authority(self, name: str) -> str:
        return self._aliases.get(name, name)

    def patient(self, pid: Segment | None, visits: list[Segment], orders: list[Segment]) -> Patient:
        """Whom it is about, from PID, PV1, PV2, PD1 and ORC."""
        if pid is None:
            return Patient(restricted=self._restricted(visits, orders))
        message = self._message
        name, hidden = self._legal_name(pid[5])
        died_at, died = message.value(pid, 29), message.value(pid, 30)
        language = message.value(pid, 15) or message.value(pid, 15, 2)
        return Patient(
            identifiers=self._identifiers(pid),
            name=name,
            birth_date=_born(message.value(pid, 7)),
            sex=message.value(pid, 8)[:1].upper(),
            language=language.lower(),
            deceased=bool(died_at) or died.upper() in ("Y", "YES", "1"),
            restricted=hidden or self._restricted(visits, orders),
        )

    def _identifiers(self, pid: Segment) -> tuple[Identifier, ...]:
        """Every PID-3 repetition, medical record numbers of the message's own authority first; PID-2 only where PID-3 is empty."""
        return self.identifiers(pid[3]) or self.identifiers(pid[2])

    def identifiers(self, raw: str, stand_in: str = "") -> tuple[Identifier, ...]:
        """The numbers of a field in CX form (PID-3, MRG-1), medical record numbers of the message's own authority first.

        `stand_in`: the authority of a number that names none; empty: the message's own.
        """
        found = []
        for one in self._delimiters.repetitions(raw):
            parts = self._delimiters.components(one)
            value = self._plain(parts, 0)
            if value:
                authority = self._plain(parts, 3) or (self._plain(parts, 3, 1) if len(parts) > 3 else "") or stand_in or self._authority
                found.append(Identifier(value, self.authority(authority), self._plain(parts, 4).upper()))
        own = self.authority(self._authority)
        return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.type not in ("MR", ""), one.authority != own)))

    def double_record_number(self, pid: Segment | None) -> bool:
        """Whether one authority gives the patient two different medical record numbers: it cannot be told which is the person's."""
        if pid is None:
            return False
        numbers: dict[str, set[str]] = {}
        for one in self._identifiers(pid):
            if one.type == "MR":
                numbers.setdefault(one.authority.casefold(), set()).add(one.value)
        return any(len(values) > 1 for values in numbers.values())

    def _plain(self, parts: list[str], index: int, sub: int = 0) -> str:
        if index >= len(parts):
            return ""
        subs = self._delimiters.subcomponents(parts[index])
        if sub >= len(subs):
            return ""
        text = self._message.text(subs[sub]).strip()
        return "" if text == '""' else text

    def _legal_name(self, raw: str) -> tuple[PersonName | None, bool]:
        """The name to use: by its type code, never by its place. Also whether all names there are stand for a hidden one."""
        names = []
        for one in self._delimiters.repetitions(raw):
            parts = self._delimiters.components(one)
            family, given, middle, suffix, prefix = (self._plain(parts, n) for n in range(5))
            if family or given:
                names.append(PersonName(family, given, middle, prefix, suffix, self._plain(parts, 6).upper()))
        open_ones = [name for name in names if name.type not in _HIDDEN_NAMES]
        if not open_ones:
            return (names[0] if names else None), bool(names)
        ranked = sorted(open_ones, key=lambda name: _NAME_ORDER.index(name.type) if name.type in _NAME_ORDER else len(_NAME_ORDER))
        return ranked[0], False

    def _restricted(self, visits: list[Segment], orders: list[Segment]) -> bool:
        asked = [self._message.value(one, 16) for one in visits if one.name == "PV1"]
        asked += [self._message.value(one, 22) for one in visits if one.name == "PV2"]
        asked += [self._message.value(one, 12) for one in visits if one.name == "PD1"]
        asked += [self._message.value(one, 28) for one in orders if one.name == "ORC"]
        return any(value.upper() not in _OPEN_RECORD for value in asked)

    def clinician(self, raw: str) -> PersonName | None:
        """A person in XCN form (OBR-16, ORC-12): id, family, given, middle, suffix, prefix; or all in the first component."""
        parts = self._delimiters.components(self._delimiters.repetitions(raw)[0])
        family, given, middle, suffix, prefix = (self._plain(parts, n) for n in range(1, 6))
        if not (family or given):
            whole = self._plain(parts, 0)
            return PersonName(family=whole) if " " in whole and any(c.isalpha() for c in whole) else None
        return PersonName(family, given, middle, prefix, suffix)

    def orderer(self, ordered: list[str], attending: list[str]) -> tuple[PersonName | None, str]:
        """Name and id of who ordered, from the first of these XCN fields that has a name, else an id.

        Where none says anything, the id of the attending: somebody to own a follow-up, but nobody whom a letter calls the orderer.
        """
        names = [(self.clinician(raw), self._number(raw)) for raw in ordered]
        found = next((one for one in names if one[0]), None) or next((one for one in names if one[1]), None)
        return found or (None, next(filter(None, map(self._number, attending)), ""))

    def _number(self, raw: str) -> str:
        """XCN.1, unless the whole name stands in it."""
        number = self._plain(self._delimiters.components(self._delimiters.repetitions(raw)[0]), 0)
        return "" if " " in number else number

    def reader(self, raw: str) -> PersonName | None:
        """OBR-32: the name's parts are subcomponents of the first component; some senders use components all the same."""
        first = self._delimiters.components(self._delimiters.repetitions(raw)[0])[0]
        if self._delimiters.subcomponent and self._delimiters.subcomponent in first:
            inner = Delimiters(self._delimiters.field, self._delimiters.subcomponent, "", self._delimiters.escape, "")
            parts = inner.components(first)
            family, given, middle, suffix, prefix = (self._plain(parts, n) for n in range(1, 6))
            return PersonName(family, given, middle, prefix, suffix) if family or given else None
        return self.clinician(raw)


def _born(text: str) -> date | None:
    return day(text[:8]) if text[:8].isdigit() else day(text[:10])


def differ(one: Patient, other: Patient) -> bool:
    """Whether two PID segments in a row are not plainly of one person."""
    if conflicts(one, other):
        return True
    return {i.value for i in one.identifiers} != {i.value for i in other.identifiers}


# A report may open with a header of its own. Where that names somebody else, the text belongs to another patient.
_LABELLED = re.compile(
    r"^\W{0,5}(?:patient(?:'s)?(?: full)? name|name of patient|pt\.? name|patient|pt)[ \t]*[:=][ \t]*(\S.{1,80})$", re.IGNORECASE
)
_ADDRESSED = re.compile(r"^\W{0,5}(?:re|regarding)[ \t]*:[ \t]*(?:mr|mrs|ms|miss|mx)\.?[ \t]+(\S.{1,80})$", re.IGNORECASE)
_BIRTH = re.compile(r"\b(?:d\.?o\.?b\.?|date of birth|birth ?date|born)[ \t]*[:=]?[ \t]*(\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4})", re.IGNORECASE)
_NUMBER = re.compile(
    r"\b(?:mrn|m\.r\.n\.|medical record (?:number|no\.?)|patient id|hospital (?:number|no\.?))[ \t]*[:#=][ \t]*([A-Za-z0-9-]{3,24})",
    re.IGNORECASE,
)
_NOT_NAMES = frozenset(
    """
    year years old yo male female man woman supine prone upright position inpatient outpatient age sex history unable with is was has the
    status location class type pregnant emergency ward room unknown information data confidential declined
    """.split()
)
_HEADER_LINES = 25
_DIGIT = re.compile(r"\d")


def another_person(text: str, patient: Patient) -> bool:
    """Whether a header in the report's own text names a person other than `patient` (name, birth date or record number)."""
    for line in text.split("\n", _HEADER_LINES)[:_HEADER_LINES]:
        if (":" in line or "=" in line) and _other_name(line, patient.name):
            return True
        if _DIGIT.search(line) and (_other_birth(line, patient.birth_date) or _other_number(line, patient)):
            return True
    return False


def _other_name(line: str, name: PersonName | None) -> bool:
    found = _LABELLED.match(line) or _ADDRESSED.match(line)
    if not found or name is None:
        return False
    candidate = re.split(r"\s{2,}|\t|[(;|\[]|,?\s+(?:DOB|D\.O\.B|MRN|ID|Age|Sex|DATE|Date|Accession|ACC)\b", found[1])[0]
    words = folded(candidate).split()
    if not 2 <= len(words) <= 5 or any(word in _NOT_NAMES or not word.isalpha() for word in words):
        return False
    tokens = re.findall(r"[^\W\d_]+", candidate)
    if not all(token[0].isupper() for token in tokens):
        return False
    own = set(folded(f"{name.family} {name.given}").split())
    return bool(own) and not own & set(words)


def _other_birth(line: str, born: date | None) -> bool:
    found = _BIRTH.search(line)
    if not found or born is None:
        return False
    parts = [int(part) for part in re.split(r"[-/.]", found[1])]
    # Day and month stand in either order; a year of two digits is compared by its two digits.
    years = [part for part in parts if part in (born.year, born.year % 100)]
    return not (years and sorted(parts) in (sorted((born.year, born.month, born.day)), sorted((born.year % 100, born.month, born.day))))


def _other_number(line: str, patient: Patient) -> bool:
    found = _NUMBER.search(line)
    if not found or not any(c.isdigit() for c in found[1]):
        return False
    known = {_bare(one.value) for one in patient.identifiers}
    return bool(known) and _bare(found[1]) not in known


def _bare(number: str) -> str:
    return re.sub(r"[^0-9a-z]", "", number.lower()).lstrip("0")
