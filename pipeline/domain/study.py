"""What the images of an exam say of how it was done: parts, order, days, tracer; pure, and never a word about the result."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from pipeline.domain.instance import Instance, Part


class PartsOrder(StrEnum):
    """In which order the two parts were done."""

    VENTILATION_FIRST = "ventilation-first"
    PERFUSION_FIRST = "perfusion-first"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Injection:
    """One tracer given. `activity_mbq` is None where the header says none, or says it in a unit that cannot be told."""

    agent: str
    part: Part
    at: datetime | None
    activity_mbq: float | None


@dataclass(frozen=True, slots=True)
class StudyFacts:
    """`settled`: no new image for a while, so that what is absent counts as not done."""

    ventilation: bool = False
    perfusion: bool = False
    order: PartsOrder = PartsOrder.UNKNOWN
    days_between: int = 0
    """Local days between the two parts; 0: the same day, or one of them is not there."""
    started_at: datetime | None = None
    injections: tuple[Injection, ...] = ()
    settled: bool = False
    unclear: bool = False
    """Some nuclear images show neither part for certain: then nothing is concluded from what is absent."""

    @property
    def no_ventilation(self) -> bool:
        """Perfusion was imaged and ventilation was not, for certain."""
        return self.settled and self.perfusion and not self.ventilation and not self.unclear


def facts_of(images: Sequence[Instance], *, settled: bool) -> StudyFacts:
    """The facts of one exam's images, whatever the order of their arrival."""
    starts = {part: _first(images, part) for part in (Part.VENTILATION, Part.PERFUSION)}
    breath, blood = starts[Part.VENTILATION], starts[Part.PERFUSION]
    order, days = PartsOrder.UNKNOWN, 0
    if breath and blood and breath != blood:
        order = PartsOrder.VENTILATION_FIRST if breath < blood else PartsOrder.PERFUSION_FIRST
        days = abs(blood - breath).days
        if days == 0 and abs(blood - breath) >= timedelta(hours=14):
            # The next morning is another day, whatever the time zone.
            days = 1
    given = {(i.radiopharmaceutical, i.part, i.injected_at, i.activity_mbq) for i in images if i.radiopharmaceutical or i.injected_at}
    ordered = sorted(given, key=lambda one: (one[2] is None, one[2].timestamp() if one[2] else 0.0, one[0], one[1], one[3] or 0.0))
    times = [image.acquired_at for image in images if image.acquired_at]
    return StudyFacts(
        ventilation=any(image.part is Part.VENTILATION for image in images),
        perfusion=any(image.part is Part.PERFUSION for image in images),
        order=order,
        days_between=days,
        started_at=min(times, default=None),
        injections=tuple(Injection(agent, part, at, activity) for agent, part, at, activity in ordered),
        settled=settled,
        unclear=any(image.part is Part.UNKNOWN and image.modality in _NUCLEAR for image in images),
    )


_NUCLEAR = frozenset({"NM", "PT", "ST", ""})


def _first(images: Sequence[Instance], part: Part) -> datetime | None:
    return min((image.acquired_at for image in images if image.part is part and image.acquired_at), default=None)


_LEAST_MBQ, _MOST_MBQ = 1.0, 5000.0
_MBQ_OF_MCI = 37.0


def activity_of(total_dose: float | None) -> float | None:
    """(0018,1074) in MBq. The standard says Bq for PET and MBq for NM, and senders write either, or mCi.

    What lung scans use lies between 10 and 5,000 MBq: as Bq that is above ten million, as mCi below ten. A value that
    may be read in two ways (1 to 10: a little in MBq, usual in mCi) is none.
    """
    if total_dose is None or not 0 < total_dose < 1e12:
        return None
    if total_dose >= 1e6:
        found = total_dose / 1e6
    elif 10 < total_dose <= _MOST_MBQ:
        found = total_dose
    else:
        return None
    return round(found, 1) if _LEAST_MBQ <= found <= _MOST_MBQ else None


def breastfeeding_until(facts: StudyFacts, table: Mapping[str, timedelta]) -> datetime | None:
    """Until when breast milk is better not given, by the site's table (a word of the tracer's name -> how long).

    None where any tracer, its time of injection or its activity is not known, or the table has no word for it: then nobody is
    given a time, since a wrong one is worse than none. Zero in the table means that no pause is needed.
    """
    ends = []
    for one in facts.injections:
        pause = next((length for word, length in table.items() if word.casefold() in one.agent.casefold()), None)
        if pause is None or one.at is None or (pause and one.activity_mbq is None):
            return None
        if pause:
            ends.append(one.at + pause)
    return max(ends, default=None)


NO_CHEST_X_RAY = "no-chest-x-ray"
"""A soft flag for the reading room: no chest x-ray passed through from a day before the scan to shortly after."""


def chest_x_ray_window(facts: StudyFacts, before: timedelta, after: timedelta) -> tuple[datetime, datetime] | None:
    """From when to when a chest x-ray counts for this scan; None where it is not known when the scan was."""
    return (facts.started_at - before, facts.started_at + after) if facts.started_at else None


_SENTENCE = re.compile(r"[^.;\n]+")
_NOT_DONE = re.compile(
    r"\b(?:no|not|without|unable|omitted|deferred|declined|refused|cancell?ed|prior|previous|earlier|limited|only|if|recommend\w*|consider)\b"
    r"|\b(?:left out|skipped|for(?:e)?gone|waived|dispensed|avoided|spared|instead|unavailable|impossible|contraindicated|never|nor)\b"
    r"|\bperfusion[- ]only\b"
)
_SEEN = re.compile(
    r"\bventilation (?:images?|imaging|scan|study|phase|portion|component|defects?|spect|is|was|are|were|appears?)\b"
    r"|\bventilation (?:demonstrat\w+|show\w*|reveal\w*)\b"
    r"|\b(?:normal|homogeneous|uniform|heterogeneous|abnormal) ventilation\b"
    r"|\b(?:mis)?match(?:ed)? (?:segmental |subsegmental |perfusion |ventilation |v/?q )*defects?\b"
    r"|\bventilation[ -]perfusion (?:mis)?match"
)


def speaks_of_ventilation(text: str) -> bool:
    """Whether a report tells what ventilation images showed. A sentence that denies or doubts anything does not count."""
    return any(_SEEN.search(one) and not _NOT_DONE.search(one) for one in _SENTENCE.findall(text.casefold()))
