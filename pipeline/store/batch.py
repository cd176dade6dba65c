"""One transaction over a batch of files: what is not for us in one statement, what decides in savepoints of its own."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from pipeline.domain.arrival import Arrival, Kind, NotForUs, Rejection
from pipeline.domain.identity import ExamKey
from pipeline.domain.instance import Instance
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.errors import TryAgain
from pipeline.store import record
from pipeline.store.deciding import Decided, Deciding, Rules
from pipeline.store.engine import Contended, translated
from pipeline.store.exams import Exams
from pipeline.store.ledger import Ledger
from pipeline.store.writer import Writer
from pipeline.telemetry import emit


@dataclass(slots=True)
class Work:
    """One message on its way: read, not yet decided.

    `decided` is what it led to; None after the commit means that it was handled before. `body` is compressed.
    """

    file_hash: str
    source: str
    received_at: datetime
    size: int
    arrival: Arrival
    now: datetime
    reading: Reading | None = None
    body: bytes | None = None
    decided: Decided | None = None

    @property
    def not_for_us(self) -> bool:
        """Nothing of it concerns any exam: its file's row is all that is kept."""
        return isinstance(self.arrival.what, NotForUs) and self.arrival.what.news is None


Files = Mapping[str, list[Work]]
"""File hash -> its messages in order."""
_TRIES = 5
_NOTHING = Decided()


def failed(error: Exception) -> Rejection:
    """Our own failure as the rejection of the input that it happened on; it may have been a report."""
    return Rejection("failed-inside", type(error).__name__, maybe_vq=True)


def remember(ledger: Ledger, rules: Rules, destinations: Mapping[str, frozenset[str]], files: Files, now: datetime) -> None:
    """Decides and remembers these files: all in one transaction, and what fails in it once more alone.

    Raises:
        TryAgain: the environment failed; what was written stays, and is recognised when it is given again.
    """
    if not files:
        return
    again: list[str] | None = None
    try:
        again = commit(ledger, rules, destinations, files, now, last=False)
    except Contended:
        pass
    except TryAgain:
        raise
    except Exception as error:  # noqa: BLE001 - a row that the database refuses: alone, only its own file is to blame
        emit("batch.failed", files=len(files), error=type(error).__name__)
    if again is None:
        for work in (work for works in files.values() for work in works):
            work.decided = None
        again = list(files)
    for file_hash in again:
        commit_alone(ledger, rules, destinations, file_hash, files[file_hash], now)


def commit_alone(
    ledger: Ledger, rules: Rules, destinations: Mapping[str, frozenset[str]], file_hash: str, works: list[Work], now: datetime
) -> None:
    """One file in a transaction of its own, again and again while others are in the way; what fails now becomes a rejection."""
    decided = [work.decided for work in works]
    for left in reversed(range(_TRIES)):
        for work, before in zip(works, decided, strict=False):
            work.decided = before
        try:
            commit(ledger, rules, destinations, {file_hash: works}, now, last=True)
        except Contended:
            if not left:
                raise
        except TryAgain:
            raise
        except Exception as error:
            if not left:
                raise
            # The database takes no row of it as it is: the file as a whole becomes the rejection.
            emit("item.failed", file=file_hash, error=type(error).__name__)
            whole = Arrival(Kind.OTHER, 1, file_hash, b"", failed(error))
            works[:] = [replace(works[0], arrival=whole, reading=None, body=None, decided=None)]
        else:
            return


def commit(
    ledger: Ledger, rules: Rules, destinations: Mapping[str, frozenset[str]], files: Files, now: datetime, *, last: bool
) -> list[str]:
    """Decides and remembers these files together or not at all.

    A message that fails is taken back together with its file's row, and the rest goes on; with `last`, when nobody will try again,
    it becomes a rejection in the same transaction.

    Returns:
        The hashes of files that hold a message that was taken back.

    Raises:
        TryAgain, Contended: nothing was written.
    """
    taken_back: list[str] = []
    with ledger.write() as connection:
        seen = record.seen_files(connection, files.keys())
        todo = {file_hash: works for file_hash, works in files.items() if file_hash not in seen}
        record.add_files(connection, [row for works in todo.values() if (row := _file_row(works))])
        single = [work for works in todo.values() for work in works if len(works) > 1 or not work.not_for_us]
        mine = _take(connection, single)
        writer = Writer(connection)
        exams = Exams(writer, now)
        exams.lock(key for work in mine.values() for key in _keys(work.arrival))
        deciding = Deciding(exams, rules, destinations)
        deciding.expect([work.arrival.what for work in mine.values() if isinstance(work.arrival.what, Report)])
        for file_hash, works in todo.items():
            for work in works:
                if len(works) == 1 and work.not_for_us:
                    work.decided = _NOTHING
                elif mine.get(work.arrival.content_hash) is work and not _decide(writer, deciding, work, last=last):
                    record.forget(connection, file_hash, work.arrival.content_hash)
                    taken_back.append(file_hash)
            if last:
                record.finish_file(connection, file_hash)
        writer.flush()
    return list(dict.fromkeys(taken_back))


def _take(connection: Connection, works: Sequence[Work]) -> dict[str, Work]:
    """The messages that nobody has handled before, now under their own rows; of equal ones in a batch the first."""
    known = record.seen_messages(connection, {work.arrival.content_hash for work in works}, {work.file_hash for work in works})
    fresh: dict[str, Work] = {}
    for work in works:
        if work.arrival.content_hash not in known:
            fresh.setdefault(work.arrival.content_hash, work)
    rows = [record.message_row(work.file_hash, work.received_at, work.arrival, work.body) for work in fresh.values()]
    ours = record.add_messages(connection, rows)
    return {content_hash: work for content_hash, work in fresh.items() if content_hash in ours}


def _decide(writer: Writer, deciding: Deciding, work: Work, *, last: bool) -> bool:
    """One message, undone alone if it fails; False if that happened and it may be tried again.

    The first report of an exam touches nothing but rows that are kept back: dropping those is its savepoint.
    """
    alone = deciding.alone(work.arrival.what)
    if not alone:
        writer.flush()
    mark = writer.mark()
    try:
        with nullcontext() if alone else writer.connection.begin_nested():
            work.decided = _decided(deciding, work)
            if not alone:
                writer.flush()
    except Exception as error:
        if isinstance(error, TryAgain) or (isinstance(error, SQLAlchemyError) and isinstance(translated(error), TryAgain)):
            raise
        # What the savepoint made is gone from the database; forget it here as well.
        writer.rollback(mark)
        writer.flush()
        deciding.forget()
        work.decided = None
        if not last:
            return False
        emit("item.failed", file=work.file_hash, message=work.arrival.content_hash, error=type(error).__name__)
        rejection = failed(error)
        work.arrival = replace(work.arrival, what=rejection)
        work.decided = deciding.rejection(work.arrival.content_hash, rejection, work.now)
    return True


def _decided(deciding: Deciding, work: Work) -> Decided:
    what, content_hash = work.arrival.what, work.arrival.content_hash
    if isinstance(what, Report) and work.reading is not None:
        return deciding.report(replace(what, content_hash=content_hash), work.reading, work.now)
    if isinstance(what, Instance):
        return deciding.instance(replace(what, content_hash=content_hash), work.now)
    if isinstance(what, Rejection):
        return deciding.rejection(content_hash, what, work.now)
    if isinstance(what, NotForUs) and what.news is not None:
        return deciding.news(content_hash, what.news, work.now)
    return Decided()


def _keys(arrival: Arrival) -> Iterator[ExamKey]:
    what = arrival.what
    if isinstance(what, Report):
        yield what.key
        yield from what.linked
    elif isinstance(what, Instance) and what.issued and what.key:
        yield what.key


def _file_row(works: Sequence[Work]) -> dict[str, object] | None:
    if not works:
        return None
    first = works[0]
    return record.file_row(first.file_hash, first.source, first.received_at, first.size, [work.arrival for work in works])
