"""Random lives of a few exams at once, driven through the real product: the rules of the machine.

Each step is one of: a message (any status, any order, again, as SR, under another accession), an image, an act of a person, time, a round
of deliveries, a crash. Any of them may be struck by a crash in the middle; what a real site would do again is done again.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pipeline.domain.exam import Exam
from pipeline.domain.notice import NoticeType
from pipeline.errors import Refused
from tests.life import checks, wire
from tests.life.model import ExamModel
from tests.life.ward import Killed, Ward
from tests.life.wire import Letter, Person

STEPS = {"steps": 0, "kills": 0, "doubts": 0, "asked": 0}
"""What was really done, over all examples of this process."""
ACTS: Counter[str] = Counter()
"""Acts of people that were not refused, and news of persons that were read, likewise."""


@dataclass(frozen=True)
class Bed:
    """One exam of the ward: who is in it, who might be mistaken for them, and its accessions."""

    person: Person
    stranger: Person
    accessions: tuple[tuple[str, str], ...]


def _person(number: int, name: str, sex: str) -> Person:
    return Person(f"M-{number}", name, f"19{60 + number}0501", sex)


BEDS = {
    "anna": Bed(_person(1, "SAMPLE^ANNA", "F"), _person(11, "OTHER^AMOS", "M"), (("A-1", "RIS"),)),
    "cleo, same number at another site": Bed(_person(2, "INVENTED^CLEO", "F"), _person(12, "OTHER^CARL", "M"), (("A-1", "RIS2"),)),
    "dora, V and Q in one message": Bed(_person(3, "EXAMPLE^DORA", "F"), _person(13, "OTHER^DIRK", "M"), (("D-V", "RIS"), ("D-Q", "RIS"))),
    "emil, V and Q in two": Bed(_person(4, "FICTIVE^EMIL", "M"), _person(14, "OTHER^ELLA", "F"), (("E-V", "RIS"), ("E-Q", "RIS"))),
}
WHICH = st.sampled_from(("anna",) * 5 + tuple(BEDS))
USUAL = st.sampled_from(("P",) * 4 + ("F",) * 8 + ("C",) * 6 + ("R", "C on the line"))
ANY_STATUS = st.sampled_from(tuple(wire.STATUSES))
SAYS = st.sampled_from(("absent",) * 3 + ("indeterminate",) * 3 + ("high", "nondiagnostic") + tuple(wire.WORDS))
SLOTS = st.integers(0, 12)
LATE = st.sampled_from((0, 0, 0, 1, 3))
CRASH = st.sampled_from((0,) * 9 + (1, 2, 3, 4, 5, 6, 8))
"""After how many points the process dies; 0: it lives."""
QUIET = (timedelta(0),) * 4 + (timedelta(minutes=60),)


class Life(RuleBasedStateMachine):
    """The machine. Subclasses and mix-ins add rules for what others build."""

    def __init__(self) -> None:
        super().__init__()
        self.models = {name: ExamModel() for name in BEDS}
        self.sent: list[tuple[str, Letter, bytes]] = []
        self.count = 0
        self.paused = False
        self.released: dict[str, int] = {}
        self.left: set[str] = set()
        self.heads: dict[str, tuple[int, int]] = {}
        self.exams: dict[str, tuple[str, Exam]] = {}
        self.linked: set[str] = {"dora, V and Q in one message"}
        self.quiet, self.require_study = timedelta(0), False
        self.ward: Ward | None = None

    @property
    def site(self) -> Ward:
        assert self.ward
        return self.ward

    @initialize(quiet=st.sampled_from(QUIET), require=st.sampled_from((False,) * 5 + (True,)), says=SAYS, letter=st.booleans())
    def begin(self, quiet: timedelta, require: bool, says: str, letter: bool) -> None:
        """Most lives begin with a final report, and half of them with its letter out."""
        self.quiet, self.require_study = quiet, require
        self.ward = Ward(quiet=quiet, require_study=require)
        if says != "unreadable":
            self.tell("anna", Letter(BEDS["anna"].person, status="F", says=says, signed=wire.slot(4), sent=wire.slot(4)))
        if letter:
            self.site.deliver()

    def teardown(self) -> None:
        if self.ward:
            STEPS["kills"] += self.ward.kills
            self.ward.close()

    # -- messages

    @rule(which=WHICH, status=USUAL, says=SAYS, at=SLOTS, late=LATE, crash=CRASH)
    def version(self, which: str, status: str, says: str, at: int, late: int, crash: int) -> None:
        bed = BEDS[which]
        letter = Letter(bed.person, status=status, says=says, signed=wire.slot(at), sent=wire.slot(at + late))
        self.tell(which, letter, crash)

    @rule(
        which=WHICH,
        status=ANY_STATUS,
        says=SAYS,
        at=SLOTS,
        late=LATE,
        crash=CRASH,
        odd=st.sampled_from(("",) * 12 + ("stranger", "training", "dead", "vip", "SWTH", "unsigned")),
    )
    def odd_version(self, which: str, status: str, says: str, at: int, late: int, crash: int, odd: str) -> None:
        bed = BEDS[which]
        letter = Letter(
            bed.stranger if odd == "stranger" else bed.person,
            status=status,
            says=says,
            signed=None if odd == "unsigned" else wire.slot(at),
            sent=wire.slot(at + late),
            processing="T" if odd == "training" else "P",
            release="SWTH" if odd == "SWTH" else "",
            dead=odd == "dead",
            vip=odd == "vip",
        )
        self.tell(which, letter, crash)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 30), how=st.sampled_from(("bytes", "control", "content", "sent later", "sr")), says=SAYS, crash=CRASH)
    def again(self, which: int, how: str, says: str, crash: int) -> None:
        """The same bytes; the same content under another control id; another content under the same; the same report as DICOM SR."""
        name, letter, content = self.sent[which % len(self.sent)]
        if how == "bytes":
            before = self.site.dump()
            self.doing(lambda: self.site.ingest(content), crash)
            assert self.site.dump() == before, "the same bytes again changed something"
        elif how == "sr" and letter.status in ("F", "P") and letter.processing == "P" and letter.signed and not (letter.dead or letter.vip):
            letter = replace(letter, sent=letter.signed, release="")
            self.count += 1
            self.tell(name, letter, crash, content=wire.structured_report(letter, self.count))
        elif how == "content":
            self.tell(name, replace(letter, says=says), crash, control=letter.control)
        elif how == "sent later" and letter.sent:
            self.tell(name, replace(letter, sent=letter.sent + timedelta(minutes=7)), crash)
        else:
            self.tell(name, letter, crash)

    @precondition(lambda self: self.models["emil, V and Q in two"].told)
    @rule(crash=CRASH)
    def other_accession(self, crash: int) -> None:
        """The same report of the same patient under the accession of the other exam."""
        name = "emil, V and Q in two"
        own = [letter for bed, letter, _ in self.sent if bed == name and letter.processing == "P" and letter.signed and letter.impression]
        if own:
            self.tell(name, replace(own[-1], accessions=BEDS[name].accessions[1:]), crash)
            self.linked.add(name)

    def tell(self, name: str, letter: Letter, crash: int = 0, *, content: bytes = b"", control: str = "") -> None:
        """One message to the product and to the model."""
        model, bed = self.models[name], BEDS[name]
        self.count += 1
        if letter.accessions == Letter().accessions:
            letter = replace(letter, accessions=bed.accessions if name in self.linked and name.startswith("dora") else bed.accessions[:1])
        letter = replace(letter, control=control or f"C-{self.count}")
        content = content or wire.oru(letter)
        note(f"{name}: {letter}")
        new = content not in self.site.files
        strangers = model.people
        self.doing(lambda: self.site.ingest(content), crash)
        if not new:
            return
        self.site.files.append(content)
        self.sent.append((name, letter, content))
        model.tell(letter)
        if strangers and model.people != strangers:
            self._doubt_of_the_person(name)

    @rule(which=WHICH, stranger=st.sampled_from((False,) * 9 + (True,)), second=st.booleans(), crash=CRASH)
    def image(self, which: str, stranger: bool, second: bool, crash: int) -> None:
        bed, model = BEDS[which], self.models[which]
        accession, authority = bed.accessions[-1 if second and which in self.linked and model.told else 0]
        person = bed.stranger if stranger else bed.person
        self.count += 1
        content = wire.image(person, accession, authority, self.count)
        before = model.people
        self.doing(lambda: self.site.ingest(content), crash)
        self.site.files.append(content)
        model.images.append(person.mrn)
        if model.people != before and before:
            self._doubt_of_the_person(which)

    def _doubt_of_the_person(self, name: str) -> None:
        """What a person let go of this exam was let go before this doubt."""
        bed = BEDS[name]
        if found := self.site.exam(bed.accessions[0][1], bed.accessions[0][0]):
            for notice in found[1].notices:
                self.released.pop(notice.id, None)

    # -- the product

    @rule(down=st.sampled_from((False,) * 4 + (True,)), crash=CRASH)
    def letters_leave(self, down: bool, crash: int) -> None:
        self.site.down = down
        self.doing(self.site.deliver, crash)
        self.site.down = False

    @rule(minutes=st.sampled_from((1, 30, 60, 240, 1500)), crash=CRASH)
    def time_passes(self, minutes: int, crash: int) -> None:
        self.site.clock.forward(minutes=minutes)
        if minutes > 2:
            self.site.leases_end()
        waiting = self._waiting()
        self.doing(lambda: self.site.app.flow.tick(self.site.clock.now()), crash)
        assert waiting <= self._waiting(), "a hold ended by time alone"

    def _waiting(self) -> set[str]:
        """Open holds and held letters."""
        query = "SELECT id FROM holds WHERE state = 'open' UNION SELECT id FROM notices WHERE state = 'on-hold'"
        return {row["id"] for row in self.site.rows(query)}

    @rule(lost=st.sampled_from((False, False, True)))
    def restart(self, lost: bool) -> None:
        before = self.site.dump()
        self.site.restart(lost=lost)
        assert self.site.dump() == before, "another state after a restart"

    @precondition(lambda self: len(self.site.files) > 1)
    @rule(backwards=st.booleans())
    def everything_again(self, backwards: bool) -> None:
        """The whole history once more, as one file."""
        messages = [content for content in self.site.files if content.startswith(b"MSH")]
        before = self.site.dump("files")
        for content in self.site.files:
            self.site.ingest(content)
        if messages:
            self.site.ingest(b"".join(reversed(messages) if backwards else messages))
        assert self.site.dump("files") == before, "the whole history again changed something"

    # -- people

    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_takes_one(self, which: int, crash: int) -> None:
        items = [row.id for row in self.site.app.queries.follow_ups("requested")]
        if items:
            done = self.act(lambda: self.site.app.flow.acknowledge(items[which % len(items)], "Dr Sample"), crash, once=True)
            ACTS["acknowledge"] += done

    @rule(which=st.integers(0, 9), crash=CRASH)
    def somebody_is_done(self, which: int, crash: int) -> None:
        items = [row.id for row in self.site.app.queries.follow_ups("accepted")]
        if items:
            done = self.act(lambda: self.site.app.flow.complete(items[which % len(items)], "Dr Sample"), crash, once=True)
            ACTS["complete"] += done

    @rule(which=st.integers(0, 9), how=st.sampled_from(("", "told", "override", "override")), crash=CRASH)
    def somebody_releases(self, which: int, how: str, crash: int) -> None:
        holds = self.site.rows("SELECT id, notice, value FROM holds WHERE state = 'open' ORDER BY id")
        if not holds:
            return
        hold = holds[which % len(holds)]
        told = self.site.clock.now().isoformat() if how == "told" else ""
        override = "spoke to them" if how == "override" else ""
        if self.act(lambda: self.site.app.flow.release(hold["id"], "Dr Sample", told, override), crash, once=True):
            ACTS["release"] += 1
            assert hold["notice"], "released what nobody drafted"
            (notice,) = self.site.rows("SELECT value FROM notices WHERE id = :id", id=hold["notice"])
            assert how or '"positive"' not in notice["value"], "a patient would first hear of a clot from a letter"
            self.released[hold["notice"]] = self.count

    @rule(to=st.booleans())
    def pause(self, to: bool) -> None:
        (self.site.app.flow.pause if to else self.site.app.flow.resume)("Dr Sample")
        self.paused = to

    def act(self, what: Callable[[], None], crash: int = 0, *, once: bool = False) -> bool:
        """An act of a person; whether it was done. A refusal is an answer, too. `once`: nobody can do it a second time."""
        kills = self.site.kills
        try:
            self.doing(what, crash)
        except Refused:
            # Done, but the process died before it could say so; asked again, it is refused.
            return self.site.kills > kills
        if once:
            before = self.site.dump()
            with pytest.raises(Refused):
                what()
            assert self.site.dump() == before, "a refused act changed something"
        return True

    def doing(self, what: Callable[[], object], crash: int) -> None:
        """Something that a crash may strike in the middle; after it the product starts again, and it is done again."""
        self.site.countdown = crash
        try:
            what()
        except Killed:
            self.site.restart()
            what()
        finally:
            self.site.countdown = 0

    # -- what must hold

    @invariant()
    def all_is_well(self) -> None:
        if self.ward is None:
            return
        STEPS["steps"] += 1
        self._look()
        for name, (digest, exam) in self.exams.items():
            model = self.models[name]
            STEPS["asked"] += 1
            STEPS["doubts"] += model.doubt
            self._nothing_leaves_that_must_not(exam, model)
            checks.one_version_speaks(exam, model)
            checks.one_letter_at_most(exam)
            checks.the_result_is_followed_up(exam, model)
            checks.whoever_has_a_wrong_letter_is_known(exam, model)
            checks.the_exam_is_followed_up_once(exam, model)
            checks.what_is_open_is_never_silent(exam)
            checks.no_letter_names_a_retired_number(exam, BEDS[name].person.mrn if model.merged else "")
            checks.every_change_is_in_the_audit_trail(self.site, digest)
        checks.overdue_is_computed(self.site)
        sidecars = checks.files_stay(self.site)
        assert {one["delivery_id"] for one in sidecars} <= self._deliveries(), "a file that no delivery stands for"

    def _look(self) -> None:
        """The exams that something has happened to since the last step."""
        heads = {
            row["digest"]: (row["audit_seq"], row["n"])
            for row in self.site.rows(
                "SELECT e.digest, e.audit_seq, (SELECT count(*) FROM messages m WHERE m.exam = e.digest) AS n FROM exams e"
            )
        }
        if heads == self.heads:
            self.exams = {}
            return
        self.exams = {}
        for name, bed in BEDS.items():
            found = self.site.exam(bed.accessions[0][1], bed.accessions[0][0])
            if found and heads.get(found[0]) != self.heads.get(found[0]):
                self.exams[name] = found
        self.heads = heads

    def _deliveries(self) -> set[str]:
        return {row["id"] for row in self.site.rows("SELECT id FROM deliveries WHERE kind = 'notice' AND state IN ('staged', 'sent')")}

    def _nothing_leaves_that_must_not(self, exam: Exam, model: ExamModel) -> None:
        """Each letter, in the step in which it leaves (is sent, or is on a way on which nobody can stop it)."""
        done = any(item.reason.value == "discrepancy" and item.state.value == "completed" for item in exam.follow_ups)
        for notice in exam.notices:
            if not notice.left:
                self.left.discard(notice.id)
                continue
            if notice.id in self.left:
                continue
            self.left.add(notice.id)
            assert not self.paused, "a letter left while letters were paused"
            if notice.notice_type is NoticeType.WITHDRAWN:
                continue
            assert notice.state.value in ("preparation", "completed"), f"a letter left that is {notice.state.value}"
            why = model.automatic(
                notice.category.value, self.site.clock.now(), self.quiet, image_wanted=self.require_study, discrepancy_done=done
            )
            by_a_person = notice.id in self.released and why != "the patient has died"
            assert not why or by_a_person, f"a letter ({notice.category.value}) left by itself: {why}"
