"""Rules for what other parts of the product build; each runs from the day that its method, or the reader of its messages, is there.

Nothing has to be switched on: a rule of an act runs where `Flow` has the method (`has`), and those of ADT messages where the module
`pipeline.readers.adt` is there (`ADT`). Who renames one of them, or gives it other arguments, mends its one rule here.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pipeline.flow import Flow
from tests.life import wire
from tests.life.machine import BEDS, CRASH, WHICH, Life

ADT = find_spec("pipeline.readers.adt") is not None
"""Whether ADT messages are read."""
WHO = "Dr Sample"


def has(name: str) -> Callable[[Any], bool]:
    """A precondition: the product has this act."""
    return lambda _machine: hasattr(Flow, name)


class Acts(Life):
    """What people do beyond acknowledge, complete, release and pause."""

    def call(self, name: str, *arguments: object, crash: int = 0) -> bool:
        """An act by its name, so that this module can be read before the product has it."""
        return self.act(lambda: getattr(self.site.app.flow, name)(*arguments), crash)

    def some(self, query: str, which: int) -> str:
        rows = self.site.rows(query)
        return str(rows[which % len(rows)]["id"]) if rows else ""

    @precondition(has("withhold"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_withholds(self, which: int, crash: int) -> None:
        """A letter that a person has withheld never leaves; `Notice.left` of it is asked for ever after."""
        hold = self.some("SELECT id FROM holds WHERE state = 'open' ORDER BY id", which)
        if hold and self.call("withhold", hold, WHO, "the care team will tell them", crash=crash):
            notices = self.site.rows("SELECT notice FROM holds WHERE id = :id", id=hold)
            self.released.pop(notices[0]["notice"], None)

    @precondition(has("decide"))
    @rule(which=WHICH, category=st.sampled_from(("negative", "nondiagnostic", "positive")), crash=CRASH)
    def a_clinician_decides(self, which: str, category: str, crash: int) -> None:
        """Resolves a review. From then on the model asks only the safe things of this exam: a person has spoken."""
        found = self.site.exam(BEDS[which].accessions[0][1], BEDS[which].accessions[0][0])
        if found and self.call("decide", found[0], category, WHO, "read it myself", crash=crash):
            self.models[which].decided.add(category)

    @precondition(has("transfer"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_transfers(self, which: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted') ORDER BY id", which)
        if item:
            self.call("transfer", item, "SAMPLE duty nuclear medicine physician", WHO, crash=crash)

    @precondition(has("decline"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_declines(self, which: int, crash: int) -> None:
        """Whatever declining leads to, somebody still has it: the invariants on follow-ups are asked after it."""
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted') ORDER BY id", which)
        if item:
            self.call("decline", item, WHO, "not my patient", crash=crash)

    @precondition(has("snooze"))
    @rule(which=st.integers(0, 9), hours=st.sampled_from((1, 5)), crash=CRASH)
    def somebody_snoozes(self, which: int, hours: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted') ORDER BY id", which)
        if item:
            self.call("snooze", item, self.site.clock.now() + timedelta(hours=hours), WHO, crash=crash)

    @precondition(has("undelivered"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def a_letter_comes_back(self, which: int, crash: int) -> None:
        notice = self.some("SELECT id FROM notices WHERE state = 'completed' ORDER BY id", which)
        if notice:
            self.call("undelivered", notice, WHO, crash=crash)


class Persons(Acts):
    """What the admission system says: deaths and merges."""

    @precondition(lambda _machine: ADT)
    @rule(which=WHICH, crash=CRASH)
    def somebody_dies(self, which: str, crash: int) -> None:
        """A08 with PID-30: what has not left never leaves, whoever releases it."""
        person = BEDS[which].person
        self.news(wire.death(person, self.site.clock.now(), f"ADT-{self.count}"), crash)
        for name, bed in BEDS.items():
            if bed.person == person:
                self.models[name].dead.add(person.mrn)

    @precondition(lambda _machine: ADT)
    @rule(which=WHICH, crash=CRASH)
    def two_numbers_become_one(self, which: str, crash: int) -> None:
        """A40: the number of this bed's patient is retired. Only the safe things are asked of its exams from then on."""
        person = BEDS[which].person
        surviving = replace(person, mrn=f"{person.mrn}-new")
        self.news(wire.merge(surviving, person, self.site.clock.now(), f"ADT-{self.count}"), crash)
        self.models[which].merged = True

    def news(self, content: bytes, crash: int) -> None:
        self.count += 1
        self.doing(lambda: self.site.ingest(content), crash)
        self.site.files.append(content)


class LifeWithEverything(Persons):
    """The machine with every rule that this version of the product can answer."""
