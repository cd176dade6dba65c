"""Other exams of a patient that matter to a V/Q scan: chest x-rays, CTPA, leg ultrasounds."""

from collections.abc import Mapping
from datetime import datetime

from pipeline.domain.arrival import OtherExam
from pipeline.domain.policy import Policy
from pipeline.store.decided import Decided
from pipeline.store.exams import Exams


def other(
    exams: Exams,
    policy: Policy,
    destinations: Mapping[str, frozenset[str]],
    news: OtherExam,
    content_hash: str,
    now: datetime,
) -> Decided:
    """Remembers another exam that passed through."""
    raise NotImplementedError
