"""What one message led to, for the log and the caller."""

from dataclasses import dataclass

from pipeline.domain.decision import Decision
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.store.changes import Applied


@dataclass(frozen=True, slots=True)
class Decided:
    """What one message led to; `exam` is a digest, empty for a rejection."""

    exam: str = ""
    applied: tuple[Applied, ...] = ()
    report: Report | None = None
    reading: Reading | None = None
    decision: Decision | None = None
    reasons: tuple[str, ...] = ()
    also: tuple["Decided", ...] = ()
    """What it led to for further exams: news about a person may concern several."""
