"""What really happens in the invented hospital: people, exams, report versions, and what is sent when. Nothing here asks the product."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Meaning(StrEnum):
    """What a report says to a clinician, by the words of our own texts."""

    NEGATIVE = "negative"
    NONDIAGNOSTIC = "nondiagnostic"
    POSITIVE = "positive"
    UNREADABLE = "review"


MEANING = {
    "normal": Meaning.NEGATIVE,
    "very_low": Meaning.NEGATIVE,
    "low": Meaning.NEGATIVE,
    "intermediate": Meaning.NONDIAGNOSTIC,
    "high": Meaning.POSITIVE,
    "unreadable": Meaning.UNREADABLE,
}
"""Of the words of `words.py`; `low` is negative at the simulated site."""

AUTHORITY = "SIMRIS"
HOSPITAL = "SIMHOSP"


@dataclass(slots=True)
class Person:
    """Somebody invented. `retired` is an older number of the same person that a merge takes away."""

    mrn: str
    family: str
    given: str
    born: str
    sex: str
    language: str = ""
    restricted: bool = False
    minor: bool = False
    died: datetime | None = None
    merged_into: str = ""
    """The number that survives; empty: never merged."""

    @property
    def spoken(self) -> str:
        return f"{self.given} {self.family}"


@dataclass(slots=True)
class Version:
    """One sending of a report. `status` is OBR-25 and OBX-11; `named` is whom the message names, right or wrong."""

    signed: datetime
    sent: datetime
    arrives: datetime
    status: str
    grade: str
    named: Person
    dead: bool = False
    addendum: bool = False
    processing: str = "P"
    control: str = ""
    ingested: datetime | None = None

    @property
    def meaning(self) -> Meaning:
        return MEANING[self.grade]

    @property
    def final(self) -> bool:
        return self.status in ("F", "C")

    @property
    def retracts(self) -> bool:
        return self.status == "W"


@dataclass(slots=True)
class Image:
    """One DICOM file of the exam; `named` is whom it names."""

    arrives: datetime
    part: str
    named: Person
    ingested: datetime | None = None


@dataclass(slots=True)
class Exam:
    """One exam as it really was; `person` is who lay under the camera. `oddities` say what is out of the ordinary, for the summary."""

    number: int
    accession: str
    person: Person
    done: datetime
    local_time: bool
    versions: list[Version] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    oddities: set[str] = field(default_factory=set)

    @property
    def live(self) -> bool:
        return "not-live" not in self.oddities

    def tells_too_much(self, version: Version) -> bool:
        """Whether this version speaks of ventilation that was not done: what templates do now and then."""
        return version.grade == "normal" and "perfusion-only" in self.oddities and self.number % 3 == 0

    def known(self, at: datetime | None = None) -> list[Version]:
        """What had been taken in by `at` (None: until the end), oldest signature first."""
        told = [one for one in self.versions if one.ingested and (at is None or one.ingested <= at)]
        return sorted(told, key=lambda one: (one.signed, one.sent))

    def speaks(self, at: datetime | None = None) -> Version | None:
        """The final that counts: the last one signed that is not taken back."""
        last: Version | None = None
        for one in self.known(at):
            if one.retracts:
                last = None
            elif one.final:
                last = one
        return last

    def said(self) -> set[Meaning]:
        """Everything that any version of it has said."""
        return {one.meaning for one in self.versions if one.ingested and not one.retracts}

    def at_odds(self) -> bool:
        """Whether somebody may have acted on a preliminary that says something else than the report that counts."""
        speaks = self.speaks()
        acted_on = {one.meaning for one in self.known() if one.status == "P"} & {Meaning.NONDIAGNOSTIC, Meaning.POSITIVE}
        return speaks is not None and bool(acted_on - {speaks.meaning})

    def mistaken_since(self) -> datetime | None:
        """Since when the product can know that two people are named under this accession."""
        told = [(one.ingested, one.named.mrn) for one in self.versions if one.ingested]
        told += [(one.ingested, one.named.mrn) for one in self.images if one.ingested]
        people: set[str] = set()
        for when, mrn in sorted(told):
            people.add(mrn)
            if len(people) > 1:
                return when
        return None


@dataclass(slots=True)
class PatientNews:
    """One ADT message: a death (A08 with PID-30) or a merge (A40)."""

    arrives: datetime
    person: Person
    event: str
    ingested: datetime | None = None


@dataclass(slots=True)
class Post:
    """One file on its way into the inbox. `about` gets its `ingested` time when the product has first taken it."""

    arrives: datetime
    order: int
    content: bytes
    about: "Version | Image | PatientNews | None" = None
    kind: str = "report"


@dataclass(slots=True)
class World:
    """All of it."""

    began: datetime
    days: int
    exams: list[Exam] = field(default_factory=list)
    news: list[PatientNews] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    daemon_down: list[tuple[datetime, datetime]] = field(default_factory=list)
    receiver_down: list[tuple[datetime, datetime]] = field(default_factory=list)
    killed: list[datetime] = field(default_factory=list)

    @property
    def ends(self) -> datetime:
        """A day after the last file has come."""
        return max([self.began + timedelta(days=self.days), *(post.arrives for post in self.posts)]) + timedelta(hours=26)


def within(when: datetime, spans: list[tuple[datetime, datetime]]) -> bool:
    return any(start <= when < end for start, end in spans)
