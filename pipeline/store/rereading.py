"""Reads a report once more from the bytes that were kept of it."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from pipeline.domain.arrival import Arrival
from pipeline.domain.exam import Exam
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.store import tables as t
from pipeline.store.deciding import Rules
from pipeline.store.objects import Archive
from pipeline.store.persons import Persons

Parse = Callable[[bytes, str], Sequence[Arrival]]
"""(bytes, hash of the file) -> what is in them."""


@dataclass(frozen=True, slots=True)
class Rereader:
    """Bytes out of the ledger or the archive, through the readers and the rules of today."""

    parse: Parse
    archive: Archive
    rules: Rules

    def report(self, connection: Connection, content_hash: str) -> Report | None:
        """The report of a message; None where its bytes are gone, or are no report to the readers of today."""
        row = connection.execute(select(t.messages.c.body, t.messages.c.file).where(t.messages.c.hash == content_hash)).first()
        if row is None:
            return None
        body = zlib.decompress(row.body) if row.body is not None else self.archive.get(content_hash)
        if body is None:
            return None
        found = (arrival.what for arrival in self.parse(body, row.file))
        report = next((what for what in found if isinstance(what, Report)), None)
        return replace(report, content_hash=content_hash) if report else None

    def version(self, connection: Connection, persons: Persons, exam: Exam, content_hash: str) -> tuple[Report, Reading] | None:
        """A version of an exam as it is read today; where it was sent without text, with the text that was stored before it.

        Under the numbers that live now, as `exam` is: under a retired one, the text stored before it would be another patient's.
        """
        report = self.report(connection, content_hash)
        if report is None:
            return None
        report = persons.called_now(report)
        hashes = [version.content_hash for version in exam.versions]
        before = replace(exam, versions=exam.versions[: hashes.index(content_hash)])
        report = self.rules.promoted_text(before, report)
        return report, self.rules.interpret(report.blocks)
