"""Which V/Q exams are to come, by orders and lists of the RIS."""

from collections.abc import Mapping
from datetime import datetime

from pipeline.domain.arrival import ExpectedExam
from pipeline.domain.policy import Policy
from pipeline.store.decided import Decided
from pipeline.store.exams import Exams


def order(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    news: ExpectedExam,
    content_hash: str,
    now: datetime,
) -> Decided:
    """Remembers an order."""
    raise NotImplementedError
