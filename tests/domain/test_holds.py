"""Holds: how long each may wait, what time does to it, what people do with it; and that nothing leaves by time alone."""

from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain import actions
from pipeline.domain.decision import NoticeEffect
from pipeline.domain.followup import FollowUpReason, FollowUpState
from pipeline.domain.hold_steps import step_hold, tick_holds, wanted_by
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.patients import PatientKnown
from pipeline.domain.policy import HoldTerms, Mode, Policy
from pipeline.domain.reading import Category
from pipeline.domain.statutes import Statute
from pipeline.errors import Refused
from tests.domain.world import (
    ANNA,
    BERT,
    NEGATIVE,
    NONDIAGNOSTIC,
    NORMAL,
    POSITIVE,
    REACHING_HIGH,
    T0,
    UNREADABLE,
    C,
    World,
    hours,
    minutes,
)

R = FollowUpReason
KY = Statute("ky", "t", "US-KY", "c", reasons=frozenset({"malignancy-raised"}), hold_for=hours(72))
PA = Statute(
    "pa",
    "t",
    "US-PA",
    "c",
    patient_classes=frozenset({"O"}),
    categories=frozenset({Category.POSITIVE}),
    sentences=("As the Act says.",),
    notify_within=timedelta(days=20),
)
MALIGNANCY = replace(NEGATIVE, reasons=("malignancy-raised",))


def tick(world: World) -> list[str]:
    changes = tick_holds(world.exam, world.policy, world.now)
    world.apply(changes)
    return [change.why for change in changes]


def test_a_hold_reminds_its_owner_then_goes_to_another_and_never_releases() -> None:
    world = World(Policy(owner="duty physician", hold_escalates_to="chief, 4412"))
    world.send(NEGATIVE, problems=["release-withheld"])
    assert (world.hold.level, world.hold.step_at) == (0, T0 + hours(24))
    world.now = T0 + hours(24) - minutes(1)
    assert tick(world) == []
    world.now = T0 + hours(24)
    assert tick(world) == ["hold-expired"]
    assert (world.hold.level, world.hold.owner, world.hold.step_at) == (1, "duty physician", T0 + hours(48))
    assert tick(world) == [], "told once"
    world.now = T0 + hours(48)
    assert tick(world) == ["hold-escalated"]
    assert (world.hold.level, world.hold.owner, world.hold.step_at) == (2, "chief, 4412", T0 + hours(72))
    world.now = T0 + hours(72)
    assert tick(world) == ["hold-reminded"], "it never falls silent"
    assert (world.hold.level, world.hold.owner, world.hold.step_at) == (2, "chief, 4412", T0 + hours(96))
    world.now += timedelta(days=400)
    assert tick(world) == ["hold-reminded"], "once, however late"
    assert world.hold.step_at is not None
    assert timedelta() < world.hold.step_at - world.now <= hours(24)
    assert (world.notice.state, world.hold.state, world.open) == (NoticeState.ON_HOLD, HoldState.OPEN, [])


def test_one_that_nobody_saw_in_time_goes_up_at_once() -> None:
    world = World()
    world.send(POSITIVE)
    world.now = T0 + hours(5)
    assert tick(world) == ["hold-escalated"]
    assert (world.hold.level, world.hold.owner) == (2, "duty physician")


def test_a_positive_goes_up_after_an_hour_and_stays_held() -> None:
    world = World()
    world.send(POSITIVE, patient=replace(ANNA, restricted=True))
    world.now = T0 + minutes(30)
    assert tick(world) == ["hold-expired"]
    world.now = T0 + minutes(60)
    assert tick(world) == ["hold-escalated"]
    assert world.notice.state is NoticeState.ON_HOLD
    assert world.open == [R.POSITIVE], "its own follow-up is there already"


def test_each_reason_may_have_its_own_terms_and_the_shortest_count() -> None:
    terms = {"minor": HoldTerms(hours(1), hours(9), "paediatrics"), "restricted": HoldTerms(hours(3), hours(4), "privacy desk")}
    policy = Policy(hold_terms=terms)
    assert policy.terms(("minor", "restricted")) == HoldTerms(hours(1), hours(4), "privacy desk")
    assert policy.terms(("stale",)) == policy.terms(()) == HoldTerms(hours(24), hours(48))
    assert Policy(hold_terms={"minor": HoldTerms(hours(9), hours(2))}).terms(("minor",)).remind == hours(2)


def test_a_hold_that_is_widened_gets_no_more_time() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    world.now = T0 + hours(20)
    world.image(BERT)
    assert (world.hold.expires_at, world.hold.step_at) == (T0 + hours(24), T0 + hours(24))
    assert [hold.step_at for hold in world.exam.holds if hold.state is not HoldState.OPEN] == [None]


def test_closed_holds_take_no_step() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    world.release(world.hold)
    (hold,) = world.exam.holds
    assert (hold.step_at, hold.ended_by) == (None, "Dr Test")
    world.now = T0 + timedelta(days=9)
    assert tick(world) == []


def test_a_hold_from_before_there_were_steps_is_told_of_too() -> None:
    world = World()
    world.send(NEGATIVE, problems=["release-withheld"])
    old = replace(world.hold, step_at=None)
    assert step_hold(old, world.policy, T0 + hours(25)).level == 1
    assert step_hold(replace(old, level=2), world.policy, T0 + hours(99)).level == 2


@pytest.mark.parametrize(
    ("codes", "wanted"),
    [
        (("minor", "restricted", "opt-out", "release-withheld", "stale"), None),
        ((), None),
        (("shadow", "positive"), None),
        (("status-unknown",), R.UNREADABLE),
        (("positive", "identity-study"), R.IDENTITY),
        (("discrepancy",), R.DISCREPANCY),
        (("chronic", "positive"), R.POSITIVE),
        (("range-with-high",), R.INDETERMINATE),
        (("status-regressed",), R.STATUS_REGRESSED),
        (("no-pe-question",), R.NO_PE_QUESTION),
        (("no-pe-question", "hedge"), R.UNREADABLE),
    ],
)
def test_which_follow_up_a_hold_has(codes: tuple[str, ...], wanted: FollowUpReason | None) -> None:
    assert wanted_by(codes) is wanted


def test_a_result_that_nobody_works_on_any_more_is_put_on_the_list_when_its_hold_goes_up() -> None:
    world = World()
    world.send(POSITIVE)
    (item,) = world.exam.follow_ups
    world.exam = replace(world.exam, follow_ups=(replace(item, state=FollowUpState.CANCELLED),))
    world.now = T0 + hours(2)
    assert tick(world) == ["hold-escalated", "hold-escalated"]
    assert (world.open, world.exam.follow_ups[-1].report_hash) == ([R.POSITIVE], world.current.content_hash)
    assert tick(world) == []


def test_not_where_somebody_has_done_it_or_works_on_the_exam() -> None:
    world = World()
    world.send(UNREADABLE)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    world.now = T0 + hours(72)
    assert tick(world) == ["hold-escalated"]
    other = World()
    other.send(POSITIVE)
    other.exam = replace(other.exam, follow_ups=(replace(other.exam.follow_ups[0], reason=R.RESULT_CHANGED),))
    other.now = T0 + hours(2)
    assert tick(other) == ["hold-escalated"]


def test_shadow_opens_nothing() -> None:
    world = World(Policy(mode=Mode.SHADOW))
    world.send(NEGATIVE)
    world.now = T0 + timedelta(days=9)
    assert tick(world) == ["hold-escalated"]
    assert world.open == []


# ---- statutes


def test_a_statute_holds_and_its_end_asks_a_person_and_releases_nothing() -> None:
    world = World(Policy(statutes=(KY,)))
    assert world.send(NEGATIVE).notice is NoticeEffect.RELEASE
    world = World(Policy(statutes=(KY,)))
    assert "statute-malignancy" in world.send(MALIGNANCY).reasons
    world.now = T0 + hours(49)
    assert tick(world) == ["hold-escalated"]
    assert world.hold.step_at == T0 + hours(72)
    world.now = T0 + hours(72)
    assert tick(world) == ["statute-time"]
    last = world.hold
    assert (last.level, last.step_at) == (3, T0 + hours(96))
    assert world.notice.state is NoticeState.ON_HOLD
    world.release(world.hold)


def test_a_statutes_hold_stands_where_the_site_holds_for_nothing_else() -> None:
    world = World(Policy(statutes=(KY,), holds_off=frozenset({"malignancy-raised"})))
    world.send(MALIGNANCY)
    assert world.hold.reasons == ("statute-malignancy",)


def test_the_time_of_a_statute_goes_before_a_site_that_is_slower() -> None:
    world = World(Policy(statutes=(KY,), hold_expiry=hours(24), hold_escalate=hours(400)))
    world.send(MALIGNANCY)
    world.now = T0 + hours(24)
    assert tick(world) == ["hold-expired"]
    assert world.hold.step_at == T0 + hours(72)
    world.now = T0 + hours(72)
    assert tick(world) == ["statute-time"]


@pytest.mark.parametrize(("patient_class", "applies"), [("O", True), ("I", False), ("", False)])
def test_a_pack_applies_to_its_patients_with_its_words_and_its_date(patient_class: str, applies: bool) -> None:
    world = World(Policy(statutes=(PA,)))
    decision = world.send(POSITIVE, patient_class=patient_class)
    assert ("statute-notice" in decision.reasons) is applies
    assert world.notice.facts.required == (("As the Act says.",) if applies else ())
    assert world.notice.notify_by == (T0 + timedelta(days=20) if applies else None)
    assert world.hold.statute_at == world.notice.notify_by
    assert "statute-notice" not in world.send(NEGATIVE, C, at=hours(1), patient_class=patient_class).reasons


# ---- wishes and wards


@pytest.mark.parametrize(("wish", "notice"), [("opt-out", "hold"), ("ask-first", "hold"), ("", "release"), ("thought-of", "release")])
def test_what_a_patient_has_asked_for_holds(wish: str, notice: str) -> None:
    world = World()
    world.exam = replace(world.exam, known=PatientKnown(wish=wish))
    assert world.send(NORMAL).notice.value == notice


def test_a_letter_to_somebody_who_wants_none_needs_a_reason() -> None:
    world = World()
    world.exam = replace(world.exam, known=PatientKnown(wish="opt-out"))
    world.send(NORMAL)
    with pytest.raises(Refused, match="wants no letters"):
        world.release(world.hold)
    world.release(world.hold, override="asked for this one by phone")
    assert world.notice.state is NoticeState.PREPARATION


@pytest.mark.parametrize(("discharged", "held"), [(False, True), (True, False)])
def test_an_inpatient_is_one_until_discharged(discharged: bool, held: bool) -> None:
    world = World(Policy(hold_inpatients=True))
    decision = world.receive(replace(world.report(patient_class="I"), discharged=discharged), NEGATIVE)
    assert ("inpatient" in decision.reasons) is held


# ---- withhold


def test_a_letter_that_is_withheld_never_leaves_and_its_follow_up_stays() -> None:
    world = World()
    world.send(POSITIVE)
    hold = world.hold
    world.apply(actions.withhold(world.exam, hold.id, " Dr Test ", "told in person"))
    (kept,) = world.exam.holds
    assert (kept.state, kept.ended_by, kept.ended_why, kept.step_at) == (HoldState.WITHHELD, "Dr Test", "told in person", None)
    assert (world.notice.state, world.open) == (NoticeState.STOPPED, [R.POSITIVE])
    assert world.leave() == []
    with pytest.raises(Refused, match="withheld already by Dr Test"):
        actions.withhold(world.exam, hold.id, "Dr Test", "again")
    with pytest.raises(Refused, match="withheld already"):
        world.release(hold)


def test_what_cannot_be_withheld() -> None:
    world = World()
    world.send(POSITIVE)
    with pytest.raises(Refused, match="say who you are"):
        actions.withhold(world.exam, world.hold.id, "", "r")
    with pytest.raises(Refused, match="say why"):
        actions.withhold(world.exam, world.hold.id, "Dr Test", " ")
    with pytest.raises(Refused, match="no hold has this id"):
        actions.withhold(world.exam, "0" * 32, "Dr Test", "r")
    stopped = replace(world.exam, notices=tuple(replace(one, state=NoticeState.STOPPED) for one in world.exam.notices))
    with pytest.raises(Refused, match="nothing to withhold"):
        actions.withhold(stopped, world.hold.id, "Dr Test", "r")


def test_a_review_that_a_person_has_dealt_with_is_closed_without_a_letter() -> None:
    world = World()
    world.send(UNREADABLE)
    world.apply(actions.withhold(world.exam, world.hold.id, "Dr Test", "read it and spoke to the patient"))
    assert (world.holds, world.open, world.exam.notices) == ([], [R.UNREADABLE], ())


def test_a_withdrawal_is_withheld_only_after_the_patient_was_phoned() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.image(BERT)
    hold = world.hold
    with pytest.raises(Refused, match="phone them"):
        actions.withhold(world.exam, hold.id, "Dr Test", "wrong address")
    item = world.item(R.WRONG_LETTER_OUT)
    world.acknowledge(item)
    world.complete(world.item(R.WRONG_LETTER_OUT))
    world.apply(actions.withhold(world.exam, hold.id, "Dr Test", "phoned"))
    assert world.holds == []


# ---- release of what has moved on


def test_a_letter_that_speaks_for_nothing_any_more_is_not_released() -> None:
    world = World()
    world.send(POSITIVE)
    moved = replace(world.exam, versions=(replace(world.exam.versions[0], content_hash="f" * 64),))
    with pytest.raises(Refused, match="moved on"):
        actions.release(moved, world.hold.id, "Dr Test", "10:00", "", T0)
    with pytest.raises(Refused, match="moved on"):
        actions.release(replace(world.exam, versions=()), world.hold.id, "Dr Test", "10:00", "", T0)
    dead = replace(world.exam, known=PatientKnown(deceased=True))
    with pytest.raises(Refused, match="has died"):
        actions.release(dead, world.hold.id, "Dr Test", "10:00", "", T0)


# ---- returned mail


def test_a_letter_that_came_back_takes_the_acknowledgement_with_it() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    world.leave()
    world.acknowledge(world.exam.follow_ups[0])
    world.now = T0 + timedelta(days=6)
    world.apply(actions.undelivered(world.exam, world.notice.id, "mail room", world.policy, world.now))
    (item,) = world.exam.follow_ups
    assert (item.reason, item.state, item.acknowledged_by) == (R.INDETERMINATE, FollowUpState.REQUESTED, "")
    assert "came back" in item.note
    assert item.due_at == world.now + hours(4)
    assert (world.notice.state, world.notice.returned_by) == (NoticeState.COMPLETED, "mail room")
    with pytest.raises(Refused, match="mail room has reported"):
        actions.undelivered(world.exam, world.notice.id, "mail room", world.policy, world.now)


@pytest.mark.parametrize(("reading", "closed"), [(NORMAL, False), (NONDIAGNOSTIC, True), (REACHING_HIGH, True)])
def test_where_nobody_has_it_on_the_list_somebody_tells_the_patient(reading: object, closed: bool) -> None:
    world = World()
    world.send(reading)  # type: ignore[arg-type]
    if world.holds:
        world.release(world.hold)
    world.leave()
    if closed:
        world.acknowledge(world.exam.follow_ups[0])
        world.complete(world.exam.follow_ups[0])
    world.apply(actions.undelivered(world.exam, world.notice.id, "mail room", world.policy, world.now))
    assert world.open == [R.UNDELIVERED]
    assert world.item(R.UNDELIVERED).due_at == world.now + hours(24)


def test_a_withdrawal_that_came_back_is_the_critical_item_anew() -> None:
    world = World()
    world.send(NEGATIVE)
    world.leave()
    world.send(UNREADABLE, C, at=hours(1))
    world.now = T0 + hours(2)
    world.leave()
    withdrawal = world.notice
    world.acknowledge(world.item(R.WRONG_LETTER_OUT))
    world.apply(actions.undelivered(world.exam, withdrawal.id, "mail room", world.policy, world.now))
    assert world.item(R.WRONG_LETTER_OUT).state is FollowUpState.REQUESTED
    taken_back = world.exam.notices[0]
    before = world.exam.follow_ups
    world.apply(actions.undelivered(world.exam, taken_back.id, "mail room", world.policy, world.now))
    assert world.exam.follow_ups == before, "that the wrong letter never came is no harm"


def test_what_cannot_have_come_back() -> None:
    world = World()
    world.send(POSITIVE)
    with pytest.raises(Refused, match="has not left"):
        actions.undelivered(world.exam, world.notice.id, "mail room", world.policy, T0)
    with pytest.raises(Refused, match="no letter has this id"):
        actions.undelivered(world.exam, "0" * 32, "mail room", world.policy, T0)
    with pytest.raises(Refused, match="say who you are"):
        actions.undelivered(world.exam, world.notice.id, " ", world.policy, T0)


def test_what_is_written_after_a_letter_was_withheld_waits_for_a_person() -> None:
    world = World()
    world.send(NEGATIVE, problems=("liveness-unstated",))
    world.withhold(world.hold)
    assert "withheld-before" in world.send(NONDIAGNOSTIC, C, at=hours(1)).reasons
    assert ("nondiagnostic", "result", "on-hold") in world.letters
