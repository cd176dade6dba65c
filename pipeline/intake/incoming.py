"""One file's bytes on their way into the ledger, with what the way in already knows about them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pipeline.domain.arrival import Arrival
from pipeline.domain.instance import Instance
from pipeline.domain.report import Report


@dataclass(frozen=True, slots=True)
class Incoming:
    """One file, already complete and read into memory.

    Attributes:
        content: its bytes; empty for a file that was refused unread (`arrivals` then says why).
        file_hash: SHA-256 (64 hex) of the file's bytes.
        source: label of the folder or port it came from; never a path or a file name.
        received_at: when it was taken; aware.
        arrivals: what it holds, where the way in has decided that already (too large to read); None: `ingest` reads it.
    """

    content: bytes = field(repr=False)
    file_hash: str
    source: str
    received_at: datetime
    arrivals: tuple[Arrival, ...] | None = field(default=None, repr=False)


Now = Callable[[Incoming, Arrival], datetime]
"""The time that a decision about one message is made at."""


def message_time(item: Incoming, arrival: Arrival) -> datetime:
    """The `Now` of a replay: sign time, else message time, else time of the scan, else `received_at`.

    What a message itself tells, so that a second run over the same input gives the same bytes.
    """
    what = arrival.what
    own: datetime | None = None
    if isinstance(what, Report):
        own = what.signed_at or what.message_at or what.observed_at
    elif isinstance(what, Instance):
        own = what.acquired_at
    return own or item.received_at
