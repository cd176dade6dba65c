"""Work in portions: small transactions, and statements with no more values than a database takes."""

from collections.abc import Iterable, Iterator

TRANSACTION = 50
"""Exams that one transaction of the clocks looks at: ingest is never kept waiting for longer."""


def chunks(ids: Iterable[str], size: int = TRANSACTION) -> Iterator[list[str]]:
    """Each id once, in their order: what waits longest comes first, whatever happens to the rest of a round."""
    whole = list(dict.fromkeys(ids))
    return (whole[start : start + size] for start in range(0, len(whole), size))
