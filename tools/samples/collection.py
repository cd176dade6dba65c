"""The whole collection, in the order in which files are taken."""

from datetime import date

from tools.samples import (
    cases_gates,
    cases_negative,
    cases_nondiagnostic,
    cases_other,
    cases_positive,
    cases_review,
    cases_versions,
)
from tools.samples.sample import Sample

FIRST_DAY = date(2026, 9, 7)
"""The day of exam 01. Later exams follow within four weeks."""
DAYS = 26

_PARTS = (cases_negative, cases_nondiagnostic, cases_positive, cases_versions, cases_gates, cases_review, cases_other)


def collection(first_day: date = FIRST_DAY) -> list[Sample]:
    """Every sample, sorted by the bytes of its name. Raises ValueError if two have one name."""
    samples = sorted((sample for part in _PARTS for sample in part.cases(first_day)), key=lambda sample: sample.name.encode())
    names = [name for sample in samples for name in (sample.name, sample.expected_name)]
    if len(set(names)) != len(names):
        raise ValueError("two samples share a name")
    return samples
