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

from pipeline.domain.again import Ruling
from pipeline.domain.reading import Category
from pipeline.flow import Flow
from pipeline.store.reprocessing import Wanted
from tests.life import wire
from tests.life.machine import ACTS, BEDS, CRASH, WHICH, Life

ADT = find_spec("pipeline.readers.adt") is not None
"""Whether ADT messages are read."""
WHO = "Dr Sample"


def has(name: str) -> Callable[[Any], bool]:
    """A precondition: the product has this act."""
    return lambda _machine: hasattr(Flow, name)


class Acts(Life):
    """What people do beyond acknowledge, complete, release and pause."""

    def call(self, name: str, *arguments: object, crash: int = 0, once: bool = False) -> bool:
        """An act by its name, so that this module can be read before the product has it. `once`: done again it is refused."""
        done = self.act(lambda: getattr(self.site.app.flow, name)(*arguments), crash, once=once)
        ACTS[name] += done
        return done

    def some(self, query: str, which: int) -> str:
        rows = self.site.rows(query)
        return str(rows[which % len(rows)]["id"]) if rows else ""

    @precondition(has("withhold"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_withholds(self, which: int, crash: int) -> None:
        """A letter that a person has withheld never leaves; `Notice.left` of it is asked for ever after."""
        hold = self.some("SELECT id FROM holds WHERE state = 'open' ORDER BY id", which)
        if hold and self.call("withhold", hold, WHO, "the care team will tell them", crash=crash, once=True):
            notices = self.site.rows("SELECT notice FROM holds WHERE id = :id", id=hold)
            self.released.pop(notices[0]["notice"], None)

    @precondition(has("decide"))
    @rule(which=WHICH, category=st.sampled_from(("negative", "nondiagnostic", "positive")), crash=CRASH)
    def a_clinician_decides(self, which: str, category: str, crash: int) -> None:
        """Resolves a review. From then on the model asks only the safe things of this exam: a person has spoken."""
        found = self.site.exam(BEDS[which].accessions[0][1], BEDS[which].accessions[0][0])
        ruling = Ruling(Category(category), WHO, "read it myself")
        if found and self.call("decide", found[0], ruling, crash=crash, once=True):
            self.models[which].decided.add(category)

    @precondition(has("transfer"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_transfers(self, which: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted', 'in-progress') ORDER BY id", which)
        if item:
            self.call("transfer", item, "SAMPLE ward team", WHO, crash=crash)

    @precondition(has("decline"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_declines(self, which: int, crash: int) -> None:
        """Whatever declining leads to, somebody still has it: the invariants on follow-ups are asked after it."""
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted', 'in-progress') ORDER BY id", which)
        if item:
            self.call("decline", item, "not my patient", WHO, crash=crash)

    @precondition(has("snooze"))
    @rule(which=st.integers(0, 9), hours=st.sampled_from((1, 5)), crash=CRASH)
    def somebody_snoozes(self, which: int, hours: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('requested', 'accepted', 'in-progress') ORDER BY id", which)
        if item:
            self.call("snooze", item, self.site.clock.now() + timedelta(hours=hours), WHO, crash=crash)

    @precondition(has("undelivered"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def a_letter_comes_back(self, which: int, crash: int) -> None:
        notice = self.some("SELECT id FROM notices WHERE state = 'completed' ORDER BY id", which)
        if notice:
            self.call("undelivered", notice, WHO, crash=crash, once=True)

    @precondition(has("plan"))
    @rule(which=st.integers(0, 9), hours=st.sampled_from((1, 30)), crash=CRASH)
    def somebody_plans(self, which: int, hours: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state IN ('accepted', 'in-progress') ORDER BY id", which)
        if item:
            self.call("plan", item, "CTPA", self.site.clock.now() + timedelta(hours=hours), WHO, crash=crash)

    @precondition(has("reopen"))
    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_takes_it_up_again(self, which: int, crash: int) -> None:
        item = self.some("SELECT id FROM follow_ups WHERE state = 'completed' ORDER BY id", which)
        if item:
            self.call("reopen", item, "the CTPA was not done", WHO, crash=crash, once=True)

    @precondition(has("wish"))
    @rule(which=WHICH, wish=st.sampled_from(("opt-out", "opt-out", "")), crash=CRASH)
    def somebody_wants_no_letters(self, which: str, wish: str, crash: int) -> None:
        """From now on a letter of theirs leaves only where a person says why; what was let go before is held again."""
        person = BEDS[which].person
        if self.call("wish", "GENERAL", person.mrn, wish, WHO, crash=crash, once=True):
            model = self.models[which]
            model.wants_none = model.wants_none | {person.mrn} if wish else model.wants_none - {person.mrn}
            if wish:
                self._doubt_of_the_person(which)

    @precondition(has("reprocess"))
    @rule(crash=CRASH)
    def everything_is_read_again(self, crash: int) -> None:
        """The rules are the same as before: nothing reads otherwise, and nothing changes."""
        before = self.site.dump()
        self.doing(lambda: list(self.site.app.flow.reprocess(Wanted(), dry_run=False)), crash)
        assert self.site.dump() == before, "read again under the same rules it changed"
        ACTS["reprocess"] += 1


class Persons(Acts):
    """What the admission system says: deaths and merges."""

    @precondition(lambda _machine: ADT)
    @rule(which=WHICH, crash=CRASH)
    def somebody_dies(self, which: str, crash: int) -> None:
        """A08 with PID-30: what has not left never leaves, whoever releases it."""
        person = BEDS[which].person
        self.news(wire.death(person, self.site.clock.now(), f"ADT-{self.count}"), crash)
        ACTS["death"] += 1
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
        ACTS["merge"] += 1
        self.models[which].merged = True

    def news(self, content: bytes, crash: int) -> None:
        self.count += 1
        self.doing(lambda: self.site.ingest(content), crash)
        self.site.files.append(content)


class LifeWithEverything(Persons):
    """The machine with every rule that this version of the product can answer."""
