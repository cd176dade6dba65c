"""Random lives of one exam: whatever comes in whatever order, the invariants hold after every step."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test

from pipeline.domain.again import Ruling
from pipeline.domain.case import UNSURE
from pipeline.domain.decide import promoted_text
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUp, FollowUpState
from pipeline.domain.identity import conflicts
from pipeline.domain.notice import Notice, NoticeState, NoticeType
from pipeline.domain.policy import Mode, Policy
from pipeline.domain.reading import Category
from pipeline.domain.report import Liveness, Report, Status
from pipeline.domain.versions import final_of
from pipeline.errors import Refused
from tests.domain import invariants
from tests.domain.world import (
    ANNA,
    ANOTHER_QUESTION,
    BERT,
    CHRONIC,
    LOW,
    NEGATIVE,
    NONDIAGNOSTIC,
    NORMAL,
    POSITIVE,
    REACHING_HIGH,
    UNREADABLE,
    F,
    World,
    minutes,
)

READINGS = {
    "negative": NEGATIVE,
    "normal": NORMAL,
    "low": LOW,
    "nondiagnostic": NONDIAGNOSTIC,
    "reaching high": REACHING_HIGH,
    "positive": POSITIVE,
    "chronic": CHRONIC,
    "unreadable": UNREADABLE,
    "another question": ANOTHER_QUESTION,
}
PATIENTS = {
    "anna": ANNA,
    "bert": BERT,
    "anna, dead": replace(ANNA, deceased=True),
    "anna, restricted": replace(ANNA, restricted=True),
    "anna without a birth date": replace(ANNA, birth_date=None),
    "a name only": replace(ANNA, identifiers=()),
}
# What is rare in a hospital is rarer here too, or most lives would end in a hold before anything has left.
PEOPLE = st.sampled_from(("anna",) * 16 + ("bert", "anna, dead", "anna, restricted", "anna without a birth date"))
WORDS = st.sampled_from(("negative",) * 3 + ("normal",) * 2 + ("nondiagnostic",) * 2 + tuple(READINGS))
STATUSES = st.sampled_from(("preliminary",) * 5 + ("final",) * 9 + ("corrected",) * 8 + ("unknown", "cancelled", "entered-in-error"))
LIVENESS = st.sampled_from(("live",) * 14 + ("not-live", "unstated"))
PROBLEMS = st.sampled_from(("",) * 16 + ("release-withheld", "broken-off", "identity-conflict", "status-appended"))
POLICIES = {
    "demo": Policy(),
    "an hour of quiet": Policy(quiet_period=minutes(60)),
    "no letter without images": Policy(require_study=True),
    "shadow": Policy(mode=Mode.SHADOW),
}
MOMENTS = st.integers(min_value=0, max_value=12)
"""In steps of five minutes."""


class Life(RuleBasedStateMachine):
    """One exam, its messages, images, letters and people."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.sent: list[tuple[Report, str]] = []
        self.released: set[str] = set()

    @initialize(policy=st.sampled_from(("demo",) * 6 + tuple(POLICIES)), says=WORDS, image=st.booleans(), letter=st.booleans())
    def begin(self, policy: str, says: str, image: bool, letter: bool) -> None:
        """Most lives begin with images, a final report, and a letter that leaves."""
        self.world.policy = POLICIES[policy]
        if image:
            self.image("anna")
        if says != "unreadable":
            self.receive(self.world.report(at=minutes(20)), says)
        if letter:
            self.letters_leave("sent")

    # -- messages

    @rule(status=STATUSES, says=WORDS, at=MOMENTS, late=MOMENTS, patient=PEOPLE, liveness=LIVENESS, problem=PROBLEMS)
    def version(self, status: str, says: str, at: int, late: int, patient: str, liveness: str, problem: str) -> None:
        problem = "wrong-patient" if status == "entered-in-error" else problem
        self.receive(
            self.world.report(
                Status(status),
                at=minutes(5 * at),
                sent=minutes(5 * (at + late)),
                patient=PATIENTS[patient],
                liveness=Liveness(liveness),
                problems=(problem,) if problem else (),
            ),
            says,
        )

    @rule(status=st.sampled_from(("preliminary", "final", "final", "corrected", "corrected")), says=WORDS, at=MOMENTS)
    def plain_version(self, status: str, says: str, at: int) -> None:
        self.receive(self.world.report(Status(status), at=minutes(5 * at)), says)

    @precondition(lambda self: self.sent)
    @rule(which=st.integers(0, 50), how=st.sampled_from(("same times", "sent later", "no sign time", "no time")), at=MOMENTS)
    def again(self, which: int, how: str, at: int) -> None:
        """The same words under another message number, with the same times or a fresh one."""
        report, says = self.sent[which % len(self.sent)]
        self.world.count += 1
        twin = replace(report, content_hash=f"{self.world.count:064x}")
        if how != "same times":
            twin = replace(twin, message_at=self.world.now + minutes(5 * at))
        if how in ("no sign time", "no time"):
            twin = replace(twin, signed_at=None)
        if how == "no time":
            twin = replace(twin, message_at=None)
        self.receive(twin, says)

    @rule(at=MOMENTS)
    def text_not_sent_again(self, at: int) -> None:
        stored = [says for report, says in self.sent if report.text]
        self.receive(
            self.world.report(F, at=minutes(5 * at), words="", problems=("text-promoted",)), stored[-1] if stored else "unreadable"
        )

    def receive(self, report: Report, says: str) -> None:
        self.sent.append((report, says))
        before = self.world.exam
        decision = self.world.receive(report, READINGS[says])
        if decision.standing is Standing.NOT_LIVE:
            assert (decision.changes, decision.follow_up) == ((), None)
            return
        if decision.standing is not Standing.REPEAT and before.current and conflicts(before.current.patient, report.patient):
            # What a person released was released before this doubt.
            self.released.clear()
        drafted = [change.item for change in decision.changes if isinstance(change.item, Notice) and not change.item.replaces]
        if any(notice.left for notice in before.notices):
            assert {notice.id for notice in drafted} <= {notice.id for notice in before.notices}, "after one that has left it is corrected"
        if UNSURE & set(decision.reasons):
            assert not any(
                isinstance(change.item, FollowUp) and change.item.state is FollowUpState.CANCELLED for change in decision.changes
            )
        if decision.standing is Standing.REPEAT:
            assert not any(isinstance(change.item, FollowUp) for change in decision.changes)
        if report.status.provisional:
            assert not [n for n in self.world.exam.notices if n.report_hash == report.content_hash and n.live]

    @rule(patient=st.sampled_from(("anna",) * 8 + ("bert", "a name only")))
    def image(self, patient: str) -> None:
        if self.world.image(PATIENTS[patient]).reasons:
            self.released.clear()

    # -- the product and people

    @rule(how=st.sampled_from(("sent", "sent", "claimed", "claimed in vain")))
    def letters_leave(self, how: str) -> None:
        if how == "sent":
            self.world.leave()
        else:
            # What has once been claimed counts as sent: a doubt that only holds letters comes too late for it.
            self.released |= {notice.id for notice in self.world.lease()}
        if how == "claimed in vain":
            self.world.expire()

    @rule(count=st.sampled_from((1, 30, 60, 240, 1500)))
    def time_passes(self, count: int) -> None:
        self.world.now += minutes(count)
        self.world.tick()
        assert self.world.tick() == (), "told once"
        before = [notice.state for notice in self.world.exam.notices]
        self.world.tick_holds()
        assert self.world.tick_holds() == (), "told once"
        assert [notice.state for notice in self.world.exam.notices] == before, "nothing leaves by time alone"

    @precondition(lambda self: self.items(FollowUpState.REQUESTED))
    @rule(which=st.integers(0, 9))
    def somebody_takes_one(self, which: int) -> None:
        items = self.items(FollowUpState.REQUESTED)
        self.world.acknowledge(items[which % len(items)])

    @precondition(lambda self: self.items(FollowUpState.ACCEPTED))
    @rule(which=st.integers(0, 9))
    def somebody_is_done(self, which: int) -> None:
        items = self.items(FollowUpState.ACCEPTED)
        self.world.complete(items[which % len(items)])

    @precondition(lambda self: self.world.holds)
    @rule(which=st.integers(0, 9), override=st.sampled_from(("", "checked the identity")))
    def somebody_releases(self, which: int, override: str) -> None:
        hold = self.world.holds[which % len(self.world.holds)]
        try:
            self.world.release(hold, override=override)
        except Refused:
            doubt = any(code.startswith("identity") or code == "wrong-patient" for code in hold.reasons)
            assert not hold.notice_id or "shadow" in hold.reasons or (doubt and not override)
        else:
            self.released.add(hold.notice_id)

    @precondition(lambda self: self.world.holds)
    @rule(which=st.integers(0, 9))
    def somebody_withholds(self, which: int) -> None:
        hold = self.world.holds[which % len(self.world.holds)]
        try:
            self.world.withhold(hold)
        except Refused:
            notice = next(one for one in self.world.exam.notices if one.id == hold.notice_id)
            assert notice.notice_type is NoticeType.WITHDRAWN

    @rule(category=st.sampled_from(("negative", "nondiagnostic", "positive")))
    def a_clinician_decides(self, category: str) -> None:
        final = final_of(self.world.exam)
        if final is None or final.category is not Category.REVIEW:
            return
        report, says = next((report, says) for report, says in self.sent if report.content_hash == final.content_hash)
        self.world.rule(promoted_text(self.world.exam, report), READINGS[says], Ruling(Category(category), "Dr Test", "read it"))

    @rule(which=st.integers(0, 9))
    def a_letter_comes_back(self, which: int) -> None:
        left = [notice for notice in self.world.exam.notices if notice.left and notice.state is NoticeState.COMPLETED]
        if left and not (notice := left[which % len(left)]).returned_by:
            self.world.undelivered(notice)

    def items(self, state: FollowUpState) -> list[FollowUp]:
        return [item for item in self.world.exam.follow_ups if item.state is state]

    @invariant()
    def all_is_well(self) -> None:
        invariants.check(self.world, self.released)


def lives(examples: int, steps: int) -> settings:
    """Deterministic, so that a red run can be run again; the long one looks elsewhere each time."""
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=examples < 1000,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


def test_the_invariants_hold_in_every_life() -> None:
    run_state_machine_as_test(Life, settings=lives(80, 40))


@pytest.mark.torture
@pytest.mark.timeout(0)
def test_the_invariants_hold_in_many_lives() -> None:
    run_state_machine_as_test(Life, settings=lives(1500, 50))
