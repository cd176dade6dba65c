"""Who has become whom, who has died, who wants no letter."""

from collections.abc import Mapping
from datetime import datetime

from pipeline.domain.arrival import PatientChange
from pipeline.domain.policy import Policy
from pipeline.store.decided import Decided
from pipeline.store.exams import Exams


def change(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    news: PatientChange,
    content_hash: str,
    now: datetime,
) -> Decided:
    """Applies an ADT message."""
    raise NotImplementedError
