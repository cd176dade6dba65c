"""What the images of an exam say of how it was done."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from pipeline.domain import clocks
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.instance import Instance, Part
from pipeline.domain.notice import NoticeState
from pipeline.domain.policy import Policy
from pipeline.domain.study import (
    Injection,
    PartsOrder,
    StudyFacts,
    activity_of,
    breastfeeding_until,
    chest_x_ray_window,
    facts_of,
    speaks_of_ventilation,
)
from tests.domain.world import ANNA, KEY, NEGATIVE, T0, P, World, X, hours

V, Q, U = Part.VENTILATION, Part.PERFUSION, Part.UNKNOWN
PAUSES = {"MAA": hours(12), "DTPA": hours(0)}
VENTILATED = "IMPRESSION: Ventilation images are normal. No pulmonary embolism."


def picture(part: Part, at: timedelta | None = hours(0), **more: object) -> Instance:
    when = T0 + at if at is not None else None
    return Instance("1.2.3", "1.2", "1.2.0", "NM", "NM", part, ANNA, KEY, "A1", acquired_at=when, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("images", "order", "days"),
    [
        ([picture(V), picture(Q, hours(1))], PartsOrder.VENTILATION_FIRST, 0),
        ([picture(Q), picture(V, hours(1))], PartsOrder.PERFUSION_FIRST, 0),
        ([picture(Q), picture(V, hours(16))], PartsOrder.PERFUSION_FIRST, 1),
        ([picture(V), picture(Q, hours(50))], PartsOrder.VENTILATION_FIRST, 2),
        ([picture(V), picture(Q)], PartsOrder.UNKNOWN, 0),
        ([picture(V, None), picture(Q)], PartsOrder.UNKNOWN, 0),
        ([picture(Q)], PartsOrder.UNKNOWN, 0),
        ([], PartsOrder.UNKNOWN, 0),
    ],
)
def test_parts_order_and_day(images: list[Instance], order: PartsOrder, days: int) -> None:
    for some in (images, images[::-1]):
        facts = facts_of(some, settled=True)
        assert (facts.order, facts.days_between) == (order, days)


@pytest.mark.parametrize(
    ("parts", "settled", "lacking"),
    [([Q], True, True), ([Q], False, False), ([Q, V], True, False), ([Q, U], True, False), ([V], True, False), ([], True, False)],
)
def test_nothing_is_concluded_from_what_may_still_come_or_is_unclear(parts: list[Part], settled: bool, lacking: bool) -> None:
    assert facts_of([picture(part) for part in parts], settled=settled).no_ventilation is lacking


def test_a_ct_of_the_study_is_no_unclear_part() -> None:
    assert facts_of([picture(Q), replace(picture(U), modality="CT")], settled=True).no_ventilation


@pytest.mark.parametrize(
    ("dose", "mbq"),
    [
        (185_000_000.0, 185.0),
        (185.0, 185.0),
        (5.0, None),
        (10.0, None),
        (0.0, None),
        (-1.0, None),
        (None, None),
        (1e13, None),
        (90_000.0, None),
    ],
)
def test_activity_only_where_its_unit_is_certain(dose: float | None, mbq: float | None) -> None:
    assert activity_of(dose) == mbq


def test_an_activity_beyond_all_use_is_none() -> None:
    assert activity_of(9e9) is None


def given(agent: str, at: datetime | None = T0, activity: float | None = 185.0) -> Injection:
    return Injection(agent, Q, at, activity)


@pytest.mark.parametrize(
    ("injections", "until"),
    [
        ((given("Tc99m MAA"),), T0 + hours(12)),
        ((given("Tc99m MAA"), given("Tc99m DTPA", T0 - hours(1), None)), T0 + hours(12)),
        ((given("Tc99m DTPA"),), None),
        ((given("something"),), None),
        ((given("Tc99m MAA"), given("something")), None),
        ((given("Tc99m MAA", None),), None),
        ((given("Tc99m MAA", T0, None),), None),
        ((), None),
    ],
)
def test_breastfeeding_only_where_everything_is_known(injections: tuple[Injection, ...], until: datetime | None) -> None:
    assert breastfeeding_until(StudyFacts(injections=injections), PAUSES) == until


def test_the_letter_knows_until_when() -> None:
    world = World(Policy(breastfeeding=PAUSES))
    image = picture(Q, radiopharmaceutical="Tc99m MAA", injected_at=T0, activity_mbq=148.0)
    world.exam = replace(world.exam, instances=(image, image))
    world.send(NEGATIVE)
    assert world.exam.notices[0].facts.breastfeeding_until == T0 + hours(12)


def test_injections_are_told_once_and_in_order() -> None:
    images = [
        picture(Q, radiopharmaceutical="MAA", injected_at=T0, activity_mbq=148.0),
        picture(V, radiopharmaceutical="DTPA", injected_at=T0 - hours(1)),
        picture(V, radiopharmaceutical="xenon"),
        picture(Q, radiopharmaceutical="MAA", injected_at=T0, activity_mbq=148.0),
        picture(U),
    ]
    assert [one.agent for one in facts_of(images, settled=False).injections] == ["DTPA", "MAA", "xenon"]


def test_when_a_chest_x_ray_counts() -> None:
    facts = facts_of([picture(V), picture(Q, hours(1))], settled=True)
    assert chest_x_ray_window(facts, hours(24), hours(4)) == (T0 - hours(24), T0 + hours(4))
    assert chest_x_ray_window(StudyFacts(), hours(24), hours(4)) is None


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("Ventilation images are normal.", True),
        ("Normal ventilation.", True),
        ("Two mismatched segmental defects.", True),
        ("Matched defects at the bases.", True),
        ("Ventilation-perfusion mismatch in the right lower lobe.", True),
        ("No ventilation images were acquired. Perfusion is normal.", False),
        ("Ventilation imaging was not performed.", False),
        ("Perfusion-only study.", False),
        ("Ventilation scan was deferred.", False),
        ("No mismatched defects.", False),
        ("If needed, a ventilation scan is recommended.", False),
        ("On the prior study ventilation was normal.", False),
        ("Perfusion is homogeneous.", False),
        ("", False),
        ("Ventilation was left out.", False),
        ("The ventilation study was skipped in pregnancy.", False),
    ],
)
def test_what_speaks_of_ventilation(text: str, speaks: bool) -> None:
    assert speaks_of_ventilation(text) is speaks


def test_a_report_of_what_was_not_imaged_is_held_and_neither_category_nor_follow_up_change() -> None:
    world = World()
    world.image()
    decision = world.send(NEGATIVE, words=VENTILATED)
    assert "ventilation-not-acquired" not in decision.reasons, "more images may come"
    world.apply(clocks.settled(world.exam, world.policy, world.now))
    assert world.exam.notices[0].state is NoticeState.ON_HOLD
    assert world.exam.holds[0].reasons == ("ventilation-not-acquired",)
    assert world.exam.follow_ups == ()


@pytest.mark.parametrize("kept", ["ventilation", "words", "off", "nothing"])
def test_what_settles_without_a_word(kept: str) -> None:
    world = World(Policy(holds_off=frozenset({"ventilation-not-acquired"} if kept == "off" else set())))
    world.image()
    if kept == "ventilation":
        world.image(part=V)
    if kept != "nothing":
        world.send(NEGATIVE, words="IMPRESSION: Perfusion is normal." if kept == "words" else VENTILATED)
    assert clocks.settled(world.exam, world.policy, world.now) == ()


def test_the_report_of_another_study_says_so() -> None:
    world = World()
    world.image()
    assert "study-uid-conflict" in world.receive(replace(world.report(), study_uid="9.9"), NEGATIVE).reasons
    world = World()
    world.image()
    assert "study-uid-conflict" not in world.receive(replace(world.report(), study_uid="1.2"), NEGATIVE).reasons


def test_an_emergency_is_late_sooner() -> None:
    world = World()
    world.image(acquired=hours(0))
    assert clocks.late_from(world.exam, world.policy) == T0 + hours(24)
    assert clocks.late_from(replace(world.exam, urgent=True), world.policy) == T0 + hours(4)
    world.receive(replace(world.report(P), urgent=True), NEGATIVE)
    assert clocks.late_from(world.exam, world.policy) == T0 + hours(4)
    world.now = T0 + hours(4)
    world.tick()
    assert world.item(FollowUpReason.REPORT_OVERDUE).due_at == T0 + hours(8)


def test_an_emergency_whose_report_was_taken_back() -> None:
    world = World()
    world.image(acquired=hours(0))
    world.receive(replace(world.report(X), urgent=True), NEGATIVE)
    assert clocks.late_from(world.exam, world.policy) == T0 + hours(4)
