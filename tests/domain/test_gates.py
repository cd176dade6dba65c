"""DESIGN section 6, the table of gates: one test a row, and one for what wins."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from pipeline.domain.decision import NoticeEffect
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.gates import WISHES, age_at, language_for
from pipeline.domain.identity import Patient, PersonName
from pipeline.domain.patients import PatientKnown
from pipeline.domain.policy import SWITCHABLE, Mode, Policy
from pipeline.domain.reading import Category, Grade, Reading
from pipeline.domain.report import Liveness, Status
from tests.domain.world import (
    ANNA,
    ANOTHER_QUESTION,
    CHRONIC,
    LOW,
    NEGATIVE,
    NONDIAGNOSTIC,
    NORMAL,
    POSITIVE,
    REACHING_HIGH,
    T0,
    UNREADABLE,
    C,
    F,
    P,
    World,
    hours,
    minutes,
)

R = FollowUpReason


def letter_of(world: World) -> tuple[str, str, str]:
    (letter,) = world.letters
    return letter


# ---- mode


def test_demo_lets_letters_leave() -> None:
    world = World(Policy(mode=Mode.DEMO))
    assert world.send(NEGATIVE).notice is NoticeEffect.RELEASE
    assert letter_of(world) == ("absent", "result", "preparation")


@pytest.mark.parametrize("reading", [NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE])
def test_shadow_computes_everything_and_holds_every_letter(reading: Reading) -> None:
    world, live = World(Policy(mode=Mode.SHADOW)), World()
    decision, other = world.send(reading), live.send(reading)
    assert decision.notice is NoticeEffect.HOLD
    assert "shadow" in world.hold.reasons
    assert (decision.category, decision.follow_up, world.open) == (other.category, other.follow_up, live.open)


# ---- not live


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("reading", [NEGATIVE, POSITIVE, UNREADABLE])
def test_not_live_is_recorded_and_leads_to_nothing(status: Status, reading: Reading) -> None:
    world = World()
    decision = world.send(reading, status, liveness=Liveness.NOT_LIVE)
    assert (decision.notice, decision.follow_up, decision.changes) == (NoticeEffect.NEVER, None, ())
    assert "not-live" in decision.reasons
    assert [version.standing for version in world.exam.versions] == [Standing.NOT_LIVE]


def test_not_live_never_touches_what_a_live_report_did() -> None:
    world = World()
    world.send(NONDIAGNOSTIC)
    before = (world.exam.notices, world.exam.follow_ups)
    world.send(NEGATIVE, C, at=hours(1), liveness=Liveness.NOT_LIVE)
    world.send(NEGATIVE, Status.CANCELLED, at=hours(2), liveness=Liveness.NOT_LIVE)
    assert (world.exam.notices, world.exam.follow_ups) == before
    assert world.current.category is Category.NONDIAGNOSTIC


def test_an_empty_processing_id_holds() -> None:
    world = World()
    assert world.send(NEGATIVE, liveness=Liveness.UNSTATED).notice is NoticeEffect.HOLD
    assert world.hold.reasons == ("liveness-unstated",)
    assert world.open == []


# ---- preliminary: see test_preliminary.py; final and corrected


@pytest.mark.parametrize("status", [F, C])
@pytest.mark.parametrize(
    ("reading", "effect", "letter", "follow_up"),
    [
        (NEGATIVE, "release", "absent", None),
        (NORMAL, "release", "normal", None),
        (LOW, "release", "low", None),
        (Reading(Category.NEGATIVE, Grade.VERY_LOW), "release", "low", None),
        (NONDIAGNOSTIC, "release", "nondiagnostic", "indeterminate"),
        (Reading(Category.NONDIAGNOSTIC, Grade.INDETERMINATE), "release", "nondiagnostic", "indeterminate"),
        (Reading(Category.NONDIAGNOSTIC, Grade.NONDIAGNOSTIC), "release", "nondiagnostic", "indeterminate"),
        (POSITIVE, "hold", "positive", "positive"),
        (Reading(Category.POSITIVE, Grade.PRESENT), "hold", "positive", "positive"),
        (CHRONIC, "hold", "positive-chronic", "positive"),
        (REACHING_HIGH, "hold", "nondiagnostic", "indeterminate"),
        (UNREADABLE, "hold", None, "unreadable"),
        (ANOTHER_QUESTION, "hold", None, "no-pe-question"),
    ],
)
def test_each_category_has_its_effect_letter_and_follow_up(
    status: Status, reading: Reading, effect: str, letter: str | None, follow_up: str | None
) -> None:
    world = World()
    decision = world.send(reading, status)
    assert (decision.notice.value, decision.follow_up and decision.follow_up.value) == (effect, follow_up)
    assert [name for name, _, _ in world.letters] == ([letter] if letter else [])
    assert [reason.value for reason in world.open] == ([follow_up] if follow_up else [])
    assert bool(world.holds) == (effect == "hold")
    assert decision.standing is Standing.CURRENT
    assert ("corrected" in decision.reasons) == (status is C)
    assert ("chronic" in decision.reasons) == decision.chronic == (reading is CHRONIC)
    assert ("range-with-high" in decision.reasons) == (reading is REACHING_HIGH)


@pytest.mark.parametrize(
    ("reading", "critical", "due"),
    [
        (NONDIAGNOSTIC, False, hours(4)),
        (REACHING_HIGH, True, hours(1)),
        (POSITIVE, True, hours(1)),
        (UNREADABLE, True, hours(1)),
        (CHRONIC, True, timedelta(days=1)),
        (ANOTHER_QUESTION, False, timedelta(days=3)),
        (Reading(Category.REVIEW, reasons=("no-pe-question", "unread-mention")), True, hours(1)),
    ],
)
def test_each_follow_up_has_its_clock_from_the_sign_time(reading: Reading, critical: bool, due: timedelta) -> None:
    world = World(now=T0 + minutes(20))
    world.send(reading)
    (item,) = world.exam.follow_ups
    assert (item.critical, item.due_at) == (critical, T0 + due)
    assert item.owner == world.policy.owner
    assert item.opened_at == world.now


def test_another_question_with_a_doubt_beside_it_is_not_on_the_slow_clock() -> None:
    """A positive may hide in what could not be read."""
    world = World()
    world.send(ANOTHER_QUESTION, problems=["broken-off"])
    assert world.open == [R.UNREADABLE]


def test_working_days_skip_the_weekend() -> None:
    friday = hours(24 * 4)
    world = World(now=T0 + friday)
    world.send(CHRONIC, at=friday)
    assert world.item(R.POSITIVE).due_at == T0 + timedelta(days=7)
    assert world.item(R.POSITIVE).due_at.weekday() == 0


# ---- status empty, unknown, left open, contradictory


@pytest.mark.parametrize("code", ["status-unknown", "status-conflict", "status-appended"])
@pytest.mark.parametrize(
    ("reading", "follow_up"),
    [(NEGATIVE, R.UNREADABLE), (NONDIAGNOSTIC, R.INDETERMINATE), (POSITIVE, R.POSITIVE), (UNREADABLE, R.UNREADABLE)],
)
def test_a_status_that_nobody_explains_keeps_the_category_and_holds(code: str, reading: Reading, follow_up: FollowUpReason) -> None:
    world = World()
    decision = world.send(reading, Status.UNKNOWN, problems=[code])
    assert (decision.category, decision.notice, decision.follow_up) == (reading.category, NoticeEffect.HOLD, follow_up)
    assert code in world.hold.reasons
    assert ("status-unknown" in decision.reasons) == (code == "status-unknown"), "one word for it is enough"
    assert world.open == [follow_up]


def test_an_unknown_status_without_its_reason_holds_all_the_same() -> None:
    world = World()
    world.send(NEGATIVE, Status.UNKNOWN)
    assert world.hold.reasons == ("status-unknown",)
    assert world.item(R.UNREADABLE).critical


# ---- review


@pytest.mark.parametrize("code", ["broken-off", "exam-unknown", "text-not-readable", "nothing-to-promote", "no-result"])
def test_problems_of_the_message_make_it_review_whatever_the_text_says(code: str) -> None:
    world = World()
    decision = world.send(NEGATIVE, problems=[code])
    assert (decision.category, decision.grade, decision.notice) == (Category.REVIEW, None, NoticeEffect.HOLD)
    assert world.letters == []
    assert world.hold.notice_id == ""
    assert world.open == [R.UNREADABLE]


@pytest.mark.parametrize(
    "reading",
    [
        Reading(Category.REVIEW),
        Reading(Category.REVIEW, reasons=("incidental",)),
        Reading(Category.REVIEW, Grade.LOW),
        Reading(Category.NEGATIVE, None),
        Reading(Category.NEGATIVE, Grade.HIGH),
        Reading(Category.POSITIVE, Grade.ABSENT),
        Reading(Category.NEGATIVE, Grade.ABSENT, reasons=("contradiction",)),
    ],
)
def test_a_reading_that_does_not_say_why_or_contradicts_itself_still_holds(reading: Reading) -> None:
    world = World()
    decision = world.send(reading)
    assert (decision.category, decision.notice, decision.follow_up) == (Category.REVIEW, NoticeEffect.HOLD, R.UNREADABLE)
    assert world.letters == []
    assert world.holds


def test_an_identity_conflict_inside_the_message_is_read_and_held() -> None:
    world = World()
    decision = world.send(NEGATIVE, problems=["identity-conflict"])
    assert (decision.category, decision.follow_up) == (Category.NEGATIVE, R.IDENTITY)
    assert letter_of(world) == ("absent", "result", "on-hold")
    assert world.item(R.IDENTITY).critical


# ---- the patient


def test_no_letter_for_the_dead_and_the_follow_up_all_the_same() -> None:
    world = World()
    decision = world.send(POSITIVE, patient=replace(ANNA, deceased=True))
    assert (decision.notice, decision.follow_up) == (NoticeEffect.NEVER, R.POSITIVE)
    assert (world.letters, world.holds) == ([], [])


@pytest.mark.parametrize(
    ("patient", "code"),
    [
        (replace(ANNA, birth_date=date(2010, 1, 1)), "minor"),
        (replace(ANNA, birth_date=None), "birth-date-missing"),
        (replace(ANNA, identifiers=()), "identity-incomplete"),
        (replace(ANNA, name=None), "identity-incomplete"),
        (replace(ANNA, name=PersonName(" ")), "identity-incomplete"),
        (replace(ANNA, restricted=True), "restricted"),
    ],
)
def test_patients_whose_letter_waits(patient: object, code: str) -> None:
    world = World()
    assert world.send(NONDIAGNOSTIC, patient=patient).notice is NoticeEffect.HOLD
    assert world.hold.reasons == (code,)
    assert world.open == [R.INDETERMINATE], "no gate suppresses a follow-up"


@pytest.mark.parametrize(
    "code", ["release-withheld", "release-unknown", "charset-undecodable", "accession-missing", "order-number-conflict"]
)
def test_messages_whose_letter_waits(code: str) -> None:
    world = World()
    world.send(NEGATIVE, problems=[code])
    assert world.hold.reasons == (code,)
    assert world.open == [], "of a kind that needs no follow-up"


def test_a_newly_raised_malignancy_waits_for_the_care_team() -> None:
    world = World()
    world.send(replace(NEGATIVE, reasons=("malignancy-raised",)))
    assert world.hold.reasons == ("malignancy-raised",)


def test_an_incidental_finding_does_not_wait() -> None:
    assert World().send(replace(NEGATIVE, reasons=("incidental",))).notice is NoticeEffect.RELEASE


def test_eighteen_on_the_very_day() -> None:
    today = T0.date()
    assert age_at(today.replace(year=today.year - 18), today) == 18
    assert age_at(today.replace(year=today.year - 18, day=today.day + 1), today) == 17
    assert age_at(today.replace(year=today.year - 18, month=today.month + 1), today) == 17
    world = World()
    assert world.send(NEGATIVE, patient=replace(ANNA, birth_date=today.replace(year=2008))).notice is NoticeEffect.RELEASE


def test_a_birth_date_in_the_future_is_a_minors() -> None:
    world = World()
    world.send(NEGATIVE, patient=replace(ANNA, birth_date=date(2030, 1, 1)))
    assert world.hold.reasons == ("minor",)


def test_a_text_has_no_patient_and_waits_for_none() -> None:
    world = World()
    report = replace(world.report(), kind="text", patient=Patient())
    assert world.receive(report, NEGATIVE).notice is NoticeEffect.RELEASE


@pytest.mark.parametrize(
    ("late", "effect"), [(timedelta(days=30), NoticeEffect.RELEASE), (timedelta(days=30, seconds=1), NoticeEffect.HOLD)]
)
def test_a_final_older_than_thirty_days_is_stale(late: timedelta, effect: NoticeEffect) -> None:
    world = World(now=T0 + late)
    decision = world.send(NONDIAGNOSTIC)
    assert decision.notice is effect
    assert ("stale" in decision.reasons) == (effect is NoticeEffect.HOLD)
    assert world.open == [R.INDETERMINATE]


@pytest.mark.parametrize(("signed", "sent", "stale"), [(0, 31, True), (31, 0, False), (None, 0, True), (0, None, True), (None, 31, False)])
def test_its_age_counts_from_its_signature_else_from_its_message(signed: int | None, sent: int | None, stale: bool) -> None:
    world = World(now=T0 + timedelta(days=31))
    times = [T0 + timedelta(days=days) if days is not None else None for days in (signed, sent)]
    decision = world.receive(replace(world.report(), signed_at=times[0], message_at=times[1]), NEGATIVE)
    assert ("stale" in decision.reasons) == stale


def test_without_any_time_it_is_not_stale_and_its_clock_starts_now() -> None:
    world = World()
    assert world.send(NONDIAGNOSTIC, at=None).notice is NoticeEffect.RELEASE
    assert world.item(R.INDETERMINATE).due_at == world.now + hours(4)


def test_a_sign_time_in_the_future_counts_as_now() -> None:
    world = World()
    world.send(POSITIVE, at=timedelta(days=300))
    assert world.item(R.POSITIVE).due_at == world.now + hours(1)


def test_the_message_time_stands_in_for_the_sign_time() -> None:
    world = World(now=T0 + hours(2))
    world.send(POSITIVE, at=None, sent=hours(1))
    assert world.item(R.POSITIVE).due_at == T0 + hours(2)
    assert world.notice.facts.signed_at == T0 + hours(1)


# ---- off by default


def test_inpatients_wait_only_where_the_site_wants_it() -> None:
    assert World().send(NEGATIVE, patient_class="I").notice is NoticeEffect.RELEASE
    world = World(Policy(hold_inpatients=True))
    world.send(NEGATIVE, patient_class="I")
    assert world.hold.reasons == ("inpatient",)
    assert World(Policy(hold_inpatients=True)).send(NEGATIVE, patient_class="O").notice is NoticeEffect.RELEASE


def test_a_letter_waits_for_images_only_where_the_site_wants_it() -> None:
    assert World().send(NEGATIVE).notice is NoticeEffect.RELEASE
    world = World(Policy(require_study=True))
    world.send(NEGATIVE)
    assert world.hold.reasons == ("study-missing",)
    world.image()
    assert letter_of(world) == ("absent", "result", "preparation")
    assert world.holds == []


def test_images_free_only_what_waited_for_nothing_else() -> None:
    world = World(Policy(require_study=True))
    world.send(POSITIVE)
    world.image()
    assert world.letters == [("positive", "result", "on-hold")]
    assert len(world.holds) == 1


def test_images_free_nothing_that_was_overtaken() -> None:
    world = World(Policy(require_study=True))
    world.send(NEGATIVE)
    world.send(NORMAL, C, at=minutes(1))
    world.image()
    assert world.letters == [("absent", "result", "stopped"), ("normal", "result", "preparation")]
    assert [hold.state.value for hold in world.exam.holds] == ["superseded", "released"]


def test_images_that_came_first_are_enough() -> None:
    world = World(Policy(require_study=True))
    world.image()
    assert world.send(NEGATIVE).notice is NoticeEffect.RELEASE


# ---- what a site may switch off


@pytest.mark.parametrize("code", sorted(SWITCHABLE))
def test_a_site_may_switch_these_holds_off(code: str) -> None:
    patient = {
        "minor": replace(ANNA, birth_date=date(2010, 1, 1)),
        "birth-date-missing": replace(ANNA, birth_date=None),
        "restricted": replace(ANNA, restricted=True),
    }.get(code, ANNA)
    reading = replace(NEGATIVE, reasons=(code,)) if code in ("malignancy-raised", "second-reader") else NEGATIVE
    now = T0 + timedelta(days=40 if code == "stale" else 0)
    held, free = World(Policy(), now), World(Policy(holds_off=frozenset({code})), now)
    problems = [code] if code.startswith("release-") else []
    words = "IMPRESSION: The ventilation images are normal. No embolism." if code == "ventilation-not-acquired" else None
    for world in (held, free):
        wish = code if code in WISHES else ""
        world.exam = replace(world.exam, known=PatientKnown(wish=wish))
        if words:
            world.image()
            world.exam = replace(world.exam, settled=True)
    assert held.send(reading, patient=patient, problems=problems, words=words).notice is NoticeEffect.HOLD
    assert free.send(reading, patient=patient, problems=problems, words=words).notice is NoticeEffect.RELEASE


@pytest.mark.parametrize(
    "code", ["positive", "identity-conflict", "status-unknown", "liveness-unstated", "unread-mention", "shadow", "deceased"]
)
def test_a_site_can_never_switch_these_off(code: str) -> None:
    world = World(Policy(mode=Mode.SHADOW if code == "shadow" else Mode.LIVE, holds_off=frozenset({code})))
    reading = {"positive": POSITIVE, "unread-mention": UNREADABLE}.get(code, NEGATIVE)
    decision = world.send(
        reading,
        patient=replace(ANNA, deceased=code == "deceased"),
        liveness=Liveness.UNSTATED if code == "liveness-unstated" else Liveness.LIVE,
        problems=[code] if code in ("identity-conflict", "status-unknown") else [],
    )
    assert code in decision.reasons
    assert decision.notice is not NoticeEffect.RELEASE


def test_no_age_is_asked_where_the_site_treats_minors_as_others() -> None:
    world = World(Policy(minor_age=0))
    assert world.send(NEGATIVE, patient=replace(ANNA, birth_date=date(2020, 1, 1))).notice is NoticeEffect.RELEASE
    assert World(Policy(minor_age=0)).send(NEGATIVE, patient=replace(ANNA, birth_date=None)).notice is NoticeEffect.RELEASE


# ---- low, and the language


def test_low_means_what_the_site_signed() -> None:
    world = World(Policy(low_category=Category.NONDIAGNOSTIC))
    decision = world.send(LOW)
    assert (decision.category, decision.grade, decision.follow_up) == (Category.NONDIAGNOSTIC, Grade.LOW, R.INDETERMINATE)
    assert letter_of(world)[0] == "nondiagnostic"
    assert World().send(LOW).category is Category.NEGATIVE


def test_low_under_pioped_two_is_nondiagnostic_whatever_the_site_says() -> None:
    world = World(Policy(low_category=Category.NEGATIVE))
    decision = world.send(Reading(Category.NONDIAGNOSTIC, Grade.LOW, names_pioped2=True))
    assert (decision.category, decision.follow_up) == (Category.NONDIAGNOSTIC, R.INDETERMINATE)
    assert letter_of(world)[0] == "nondiagnostic"


@pytest.mark.parametrize("grade", [Grade.VERY_LOW, Grade.ABSENT, Grade.NORMAL])
def test_the_setting_for_low_is_for_low_alone(grade: Grade) -> None:
    assert World(Policy(low_category=Category.NONDIAGNOSTIC)).send(Reading(Category.NEGATIVE, grade)).category is Category.NEGATIVE


@pytest.mark.parametrize(
    ("asked", "language", "lacking"),
    [
        ("", "en", ""),
        ("en", "en", ""),
        ("EN-US ", "en", ""),
        ("eng", "en", ""),
        ("spa", "es", ""),
        ("es", "es", ""),
        ("spanish", "es", ""),
        ("chi", "en", "zh-Hans"),
        ("klingon", "en", "klingon"),
        (" spa ", "es", ""),
        ("es-MX", "en", "es-mx"),
    ],
)
def test_the_letters_language(asked: str, language: str, lacking: str) -> None:
    world = World(Policy(approved_languages=frozenset({"en", "es"})))
    decision = world.send(NEGATIVE, patient=replace(ANNA, language=asked))
    assert decision.notice is NoticeEffect.RELEASE, "release as otherwise"
    assert (world.notice.facts.language, world.notice.facts.wants_language) == (language, lacking)
    assert ("language-missing" in decision.reasons) == bool(lacking)


@pytest.mark.parametrize(
    ("names", "tag"),
    [("eng english", "en"), ("spa spanish español ES", "es"), ("ara arabic ar", "ar"), ("zho chi zh chinese zh-hans", "zh-Hans")],
)
def test_each_name_of_a_language(names: str, tag: str) -> None:
    policy = Policy(default_language="de", approved_languages=frozenset({"de", "en", "es", "ar", "zh-Hans"}))
    for name in names.split():
        assert language_for(replace(ANNA, language=name), policy) == (tag, ""), name


@pytest.mark.parametrize("default", ["en", "EN", "en-GB", "pt-BR"])
def test_whoever_asks_for_the_default_language_lacks_none_signed_or_not(default: str) -> None:
    for approved in (frozenset({default}), frozenset[str]()):
        for asked in (default, default.lower(), default.upper(), ""):
            assert language_for(replace(ANNA, language=asked), Policy(default_language=default, approved_languages=approved)) == (
                default,
                "",
            )
    assert language_for(replace(ANNA, language="en-us"), Policy(default_language="EN")) == ("EN", "")


def test_a_default_language_that_nobody_signed_holds() -> None:
    world = World(Policy(approved_languages=frozenset()))
    world.send(NEGATIVE)
    assert world.hold.reasons == ("language-unapproved",)


# ---- what wins, and what a letter and a hold carry


def test_the_strictest_effect_wins() -> None:
    dead = replace(ANNA, deceased=True, restricted=True)
    assert World().send(NEGATIVE, patient=dead).notice is NoticeEffect.NEVER
    assert World().send(POSITIVE, patient=replace(ANNA, restricted=True)).notice is NoticeEffect.HOLD


def test_a_hold_names_all_its_reasons_an_owner_and_an_expiry() -> None:
    world = World(Policy(hold_expiry=hours(5), owner="Dr Owner"), now=T0 + minutes(3))
    world.send(POSITIVE, patient=replace(ANNA, restricted=True))
    assert set(world.hold.reasons) == {"positive", "restricted"}
    assert (world.hold.owner, world.hold.opened_at, world.hold.expires_at) == ("Dr Owner", world.now, world.now + minutes(30))
    assert world.hold.notice_id == world.notice.id


def test_the_quiet_period_runs_from_the_sign_time_and_follow_ups_never_wait() -> None:
    world = World(Policy(quiet_period=minutes(60)), now=T0 + minutes(10))
    world.send(NONDIAGNOSTIC)
    assert world.notice.release_at == T0 + minutes(60)
    assert world.leave() == []
    assert world.open == [R.INDETERMINATE]
    world.now = T0 + minutes(60)
    assert len(world.leave()) == 1


def test_a_letter_tells_what_the_report_said_of_person_and_exam() -> None:
    world = World()
    world.send(NEGATIVE)
    facts = world.notice.facts
    assert (facts.patient_name, facts.birth_date, facts.identifier) == ("Anna Example", "1960-05-01", "M-1")
    assert (facts.exam_at, facts.signed_at, facts.orderer, facts.accession) == (T0 - hours(1), T0, "Dora Doctor", "A1")
    assert (facts.replaces_at, world.notice.replaces) == (None, "")
    world = World()
    world.send(NEGATIVE, at=hours(-2), sent=hours(-1))
    assert world.notice.facts.signed_at == T0 - hours(2)


def test_a_letter_about_somebody_of_whom_little_is_known() -> None:
    world = World(Policy(minor_age=0))
    nobody = replace(ANNA, identifiers=(), name=None, birth_date=None)
    world.receive(replace(world.report(patient=nobody), orderer=None), NEGATIVE)
    facts = world.notice.facts
    assert (facts.patient_name, facts.birth_date, facts.identifier, facts.orderer) == ("", "", "", "")


def test_registered_and_partial_are_preliminary_too() -> None:
    for status in (Status.REGISTERED, Status.PARTIAL, P):
        world = World()
        assert world.send(NEGATIVE, status).notice is NoticeEffect.NEVER
        assert world.letters == []
