"""The people of the hospital: they take follow-ups late or never, speak to patients, look through holds."""

import heapq
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import count

from pipeline.domain.notice import Letter
from pipeline.errors import Refused
from tools.simulate.running import Gone, Product
from tools.simulate.truth import Exam

NEVER = 0.10
"""Of the follow-ups: nobody ever takes them, whatever the service does."""


@dataclass(slots=True)
class Staff:
    product: Product
    exams: dict[str, Exam]
    seed: int
    told: dict[str, datetime] = field(default_factory=dict)
    released: set[str] = field(default_factory=set)
    """Accessions whose held letter a person has let go."""
    taken: list[tuple[str, float]] = field(default_factory=list)
    """(reason, minutes from opening to acknowledgement)"""
    refused: int = 0
    _diary: list[tuple[datetime, int, Callable[[], object]]] = field(default_factory=list)
    _in_diary: set[str] = field(default_factory=set)
    _read: int = 0
    _order: Iterator[int] = field(default_factory=count)
    _looked_at: set[str] = field(default_factory=set)

    def hear(self) -> None:
        """Reads what has been delivered since the last time; each task that asks somebody goes into the diary."""
        news, self._read = self.product.gone[self._read :], len(self.product.gone)
        for gone in news:
            if gone.kind == "follow-up" and gone.facts["status"] == "requested":
                self._asked(gone)

    def work(self, now: datetime) -> None:
        """Does what the diary says."""
        while self._diary and self._diary[0][0] <= now:
            heapq.heappop(self._diary)[2]()

    def _asked(self, gone: Gone) -> None:
        task, accession = gone.facts, _accession(gone.facts)
        item = str(task["id"])
        if item in self._in_diary or random.Random(f"{self.seed} {item}").random() < NEVER:
            return
        self._in_diary.add(item)
        draw = random.Random(f"{self.seed} {item} {task['meta']['versionId']}")
        reason = task["code"]["coding"][0]["code"]
        median = 25.0 if task.get("priority") == "stat" or reason in ("positive", "wrong-letter-out", "identity") else 70.0
        wait = timedelta(minutes=min(draw.lognormvariate(0, 0.8) * median, 2880))
        at = gone.at + wait
        self._note(at, lambda: self._take(item, reason, accession, gone.at, draw))

    def _take(self, item: str, reason: str, accession: str, asked: datetime, draw: random.Random) -> None:
        now = self.product.clock.now()
        self._in_diary.discard(item)
        if not self._do(lambda: self.product.app.flow.acknowledge(item, f"Dr Sim {draw.randrange(20)}")):
            return
        self.taken.append((reason, (now - asked).total_seconds() / 60))
        if reason in ("positive", "discrepancy", "result-changed") and draw.random() < 0.85:
            self._note(now + timedelta(minutes=draw.uniform(5, 90)), lambda: self._tell(accession))
        if draw.random() < 0.9:
            done = now + timedelta(hours=draw.uniform(1, 40))
            self._note(done, lambda: self._do(lambda: self.product.app.flow.complete(item, "Dr Sim Complete")))

    def _tell(self, accession: str) -> None:
        exam = self.exams.get(accession)
        if exam and not exam.person.died:
            self.told.setdefault(accession, self.product.clock.now())

    def look_at_holds(self) -> None:
        """The round over what waits: positives that were told go, some minors and restricted records too; the rest stays."""
        for hold in self.product.app.queries.holds():
            exam = self.exams.get(hold.accession)
            if exam is None or hold.id in self._looked_at or not hold.notice or exam.person.died or exam.mistaken_since():
                continue
            told = self.told.get(hold.accession)
            if hold.letter in (Letter.POSITIVE, Letter.POSITIVE_CHRONIC):
                if told is None:
                    continue
            elif not set(hold.reasons) <= {"minor", "restricted", "positive", "discrepancy"}:
                continue
            draw = random.Random(f"{self.seed} hold {hold.id}")
            self._looked_at.add(hold.id)
            when = told.isoformat() if told else ""
            release = partial(self.product.app.flow.release, hold.id, "Dr Sim Release", when)
            if draw.random() < 0.6 and self._do(release):
                self.released.add(hold.accession)

    def _note(self, at: datetime, act: Callable[[], object]) -> None:
        heapq.heappush(self._diary, (at, next(self._order), act))

    def _do(self, act: Callable[[], None]) -> bool:
        try:
            act()
        except Refused:
            self.refused += 1
            return False
        return True


def _accession(task: dict[str, object]) -> str:
    identifiers = task.get("identifier") or []
    assert isinstance(identifiers, list)
    return next((str(one["value"]) for one in identifiers if str(one.get("value", "")).startswith("SIM")), "")
