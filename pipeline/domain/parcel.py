"""What a destination is handed: finished files under one stable delivery id."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Parcel:
    """Files of one delivery, side-car last.

    `delivery_id` (32 hex) is the idempotency key on every attempt. `folder` is a relative POSIX path made of our own words and
    hashes only (`notices/<exam>`, `followups`); no text of the input ever becomes part of it. `files` are (name, bytes).
    """

    delivery_id: str
    kind: str
    folder: str
    files: tuple[tuple[str, bytes], ...]
