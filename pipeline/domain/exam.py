"""The exam: every report version and image of one accession, and what we have said and promised about it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from pipeline.domain.followup import FollowUp
from pipeline.domain.identity import ExamKey, Patient
from pipeline.domain.instance import Instance
from pipeline.domain.notice import Hold, Notice
from pipeline.domain.patients import NOTHING_KNOWN, PatientKnown
from pipeline.domain.reading import Category, Grade
from pipeline.domain.report import Status


class Standing(StrEnum):
    """What a version is to its exam, as decided."""

    CURRENT = "current"
    """It speaks for the exam."""
    PROVISIONAL = "provisional"
    """A preliminary read that no final has replaced yet."""
    SUPERSEDED = "superseded"
    REPEAT = "repeat"
    RETRACTED = "retracted"
    """It took an earlier version back."""
    NOT_LIVE = "not-live"


@dataclass(frozen=True, slots=True)
class Version:
    """One report version that has been decided. `words` is a hash of its folded text: equal words, equal hash."""

    content_hash: str
    order: tuple[float, float, str]
    status: Status
    category: Category
    grade: Grade | None
    chronic: bool
    standing: Standing
    patient: Patient
    words: str
    observed_at: datetime | None = None
    urgent: bool = False
    """PV1-2 E, or STAT in OBR-5 or OBR-27."""
    ventilation: bool = False
    """Its words tell what ventilation images showed."""
    text: str = ""
    """The report's text, kept by the store for versions whose words a later message may promote (OBX-11 `U`)."""
    ruled_by: str = ""
    """Who decided what it says, where no reader of ours could; empty: its text was read."""
    orderer: str = ""
    orderer_id: str = ""


@dataclass(frozen=True, slots=True)
class Exam:
    """The aggregate that `decide` sees. Versions are in the order of their decision."""

    key: ExamKey
    versions: tuple[Version, ...] = ()
    instances: tuple[Instance, ...] = ()
    notices: tuple[Notice, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    holds: tuple[Hold, ...] = ()
    first_seen_at: datetime | None = None
    known: PatientKnown = NOTHING_KNOWN
    urgent: bool = False
    """An order of it said emergency or STAT."""
    settled: bool = False
    """Its images have been looked at as a whole, and no new one has come since: what is absent was not done."""

    @property
    def current(self) -> Version | None:
        """The version that speaks for the exam now: the latest final one, else the latest provisional one."""
        for standing in (Standing.CURRENT, Standing.PROVISIONAL):
            found = [v for v in self.versions if v.standing is standing]
            if found:
                return max(found, key=lambda version: version.order)
        return None
