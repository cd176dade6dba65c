"""What one step leaves in the ledger: each changed item, the code of its audit row, and the clock it is on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.domain import actions
from pipeline.domain.decision import Change
from pipeline.domain.followup import FollowUp, FollowUpReason
from pipeline.domain.notice import Notice
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Reading
from tests.domain.world import (
    ANNA,
    ANOTHER_QUESTION,
    BERT,
    CHRONIC,
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
    X,
    hours,
    minutes,
)

R = FollowUpReason
CLOCKS = {reason: minutes(100 + number) for number, reason in enumerate(R)} | {R.POSITIVE: minutes(7), R.NO_PE_QUESTION: timedelta(days=3)}
"""Another one for each reason: by default most are an hour, and nobody could tell which was taken."""


def told(changes: Sequence[Change], world: World) -> list[str]:
    """A line for each change: what, its new state, the code of its audit row; and the clock of a follow-up."""
    lines = []
    for item, why in ((change.item, change.why) for change in changes):
        if isinstance(item, FollowUp):
            clock = f"due in {(item.due_at - world.now) // minutes(1)}"
            lines.append(f"{item.reason.value} {item.state.value}: {why}, {'critical, ' if item.critical else ''}{clock}")
        elif isinstance(item, Notice):
            lines.append(f"letter {item.letter.value} {item.notice_type.value} {item.state.value}: {why}")
        else:
            lines.append(f"hold {item.state.value}: {why}, for {' and '.join(item.reasons)}")
    return lines


def exam(*readings: Reading, out: bool = False, policy: Policy | None = None) -> World:
    """These finals, a minute apart; the letter has left if so said. It is an hour later now."""
    world = World(policy or Policy(clocks=CLOCKS))
    for number, reading in enumerate(readings):
        world.send(reading, at=minutes(number))
    if out:
        for hold in world.holds:
            world.release(hold)
        world.leave()
    world.now = T0 + hours(1)
    return world


def correct(world: World, reading: Reading, **more: object) -> list[str]:
    return told(world.send(reading, C, at=hours(1), **more).changes, world)


def draft(world: World, reading: Reading, at: timedelta, **more: object) -> list[str]:
    return told(world.send(reading, P, at=at, **more).changes, world)


# ---- one version, and nothing before it


@pytest.mark.parametrize(
    ("reading", "changes"),
    [
        (NEGATIVE, ["letter absent result preparation: decided"]),
        (NONDIAGNOSTIC, ["indeterminate requested: indeterminate, due in 100", "letter nondiagnostic result preparation: decided"]),
        (
            REACHING_HIGH,
            [
                "indeterminate requested: indeterminate, critical, due in 7",
                "letter nondiagnostic result on-hold: decided",
                "hold open: range-with-high, for range-with-high",
            ],
        ),
        (
            POSITIVE,
            [
                "positive requested: positive, critical, due in 7",
                "letter positive result on-hold: decided",
                "hold open: positive, for positive",
            ],
        ),
        (
            CHRONIC,
            [
                "positive requested: positive, critical, due in 1440",
                "letter positive-chronic result on-hold: decided",
                "hold open: positive, for positive and chronic",
            ],
        ),
        (UNREADABLE, ["unreadable requested: unreadable, critical, due in 7", "hold open: unread-mention, for unread-mention"]),
        (ANOTHER_QUESTION, ["no-pe-question requested: no-pe-question, due in 4320", "hold open: no-pe-question, for no-pe-question"]),
    ],
)
def test_a_first_final(reading: Reading, changes: list[str]) -> None:
    world = World(Policy(clocks=CLOCKS))
    assert told(world.send(reading).changes, world) == changes


@pytest.mark.parametrize(
    ("reading", "changes"),
    [
        (NEGATIVE, []),
        (UNREADABLE, []),
        (NONDIAGNOSTIC, ["indeterminate requested: preliminary, due in 100"]),
        (REACHING_HIGH, ["indeterminate requested: preliminary, critical, due in 7"]),
        (POSITIVE, ["positive requested: preliminary, critical, due in 7"]),
    ],
)
def test_a_first_preliminary(reading: Reading, changes: list[str]) -> None:
    world = World(Policy(clocks=CLOCKS))
    assert draft(world, reading, at=timedelta(0)) == changes


# ---- a correction


WRONG = "wrong-letter-out requested: wrong-letter-out, critical, due in 7"
WITHDRAWN = "letter withdrawn withdrawn preparation: wrong-letter-out"


@pytest.mark.parametrize(
    ("before", "now", "changes"),
    [
        (NEGATIVE, NORMAL, ["letter absent result stopped: superseded", "letter normal result preparation: decided"]),
        (
            NONDIAGNOSTIC,
            NEGATIVE,
            [
                "indeterminate cancelled: corrected, due in 40",
                "letter nondiagnostic result stopped: superseded",
                "letter absent result preparation: decided",
            ],
        ),
        (
            NONDIAGNOSTIC,
            NONDIAGNOSTIC,
            [
                "indeterminate requested: same-result, due in 40",
                "letter nondiagnostic result stopped: superseded",
                "letter nondiagnostic result preparation: decided",
            ],
        ),
        (
            POSITIVE,
            NEGATIVE,
            [
                "result-changed requested: corrected, critical, due in -53",
                "letter positive result stopped: superseded",
                "hold superseded: superseded, for positive",
                "letter absent result preparation: decided",
            ],
        ),
    ],
    ids=["other words", "cancelled", "the same", "positive no more"],
)
def test_a_correction_before_the_letter_has_left(before: Reading, now: Reading, changes: list[str]) -> None:
    assert correct(exam(before), now) == changes


@pytest.mark.parametrize(
    ("before", "now", "follow_up", "changes"),
    [
        (NEGATIVE, NORMAL, None, ["letter absent result entered-in-error: corrected", "letter normal corrected preparation: decided"]),
        (
            NEGATIVE,
            NONDIAGNOSTIC,
            R.INDETERMINATE,
            [
                "indeterminate requested: indeterminate, due in 100",
                "letter absent result entered-in-error: wrong-letter-out",
                WRONG,
                "letter nondiagnostic corrected preparation: decided",
            ],
        ),
        (
            NONDIAGNOSTIC,
            NEGATIVE,
            R.WRONG_LETTER_OUT,
            [
                "indeterminate cancelled: corrected, due in 40",
                "letter nondiagnostic result entered-in-error: wrong-letter-out",
                WRONG,
                "letter absent corrected preparation: decided",
            ],
        ),
        (
            NEGATIVE,
            POSITIVE,
            R.POSITIVE,
            [
                "positive requested: positive, critical, due in 7",
                "letter absent result entered-in-error: wrong-letter-out",
                WRONG,
                WITHDRAWN,
                "letter positive corrected on-hold: decided",
                "hold open: positive, for positive",
            ],
        ),
    ],
    ids=["other words", "graver", "less grave", "a clot"],
)
def test_a_correction_after_the_letter_has_left(
    before: Reading, now: Reading, follow_up: FollowUpReason | None, changes: list[str]
) -> None:
    world = exam(before, out=True)
    decision = world.send(now, C, at=hours(1))
    assert (told(decision.changes, world), decision.follow_up) == (changes, follow_up)


def test_somebody_knows_of_the_result_that_changes() -> None:
    world = exam(NONDIAGNOSTIC)
    world.acknowledge(world.item(R.INDETERMINATE))
    assert correct(world, NEGATIVE)[0] == "result-changed requested: corrected, critical, due in 7"


@pytest.mark.parametrize("reading", [POSITIVE, REACHING_HIGH, UNREADABLE])
def test_somebody_has_dealt_with_a_grave_result_that_changes(reading: Reading) -> None:
    """Whatever was on the positive's clock: they may have begun a treatment."""
    world = exam(reading)
    world.acknowledge(world.exam.follow_ups[0])
    world.complete(world.exam.follow_ups[0])
    assert correct(world, NORMAL)[0] == "result-changed requested: corrected, critical, due in 7"


def test_a_retraction() -> None:
    world = exam(NONDIAGNOSTIC)
    assert told(world.send(NONDIAGNOSTIC, X, at=hours(1)).changes, world) == [
        "letter nondiagnostic result stopped: superseded",
        "indeterminate cancelled: corrected, due in 40",
    ]
    world = exam(NEGATIVE, out=True)
    decision = world.send(NEGATIVE, X, at=hours(1))
    assert told(decision.changes, world) == ["letter absent result entered-in-error: wrong-letter-out", WRONG, WITHDRAWN]
    assert decision.follow_up is R.WRONG_LETTER_OUT


# ---- a preliminary and a final


@pytest.mark.parametrize(
    ("reading", "first"),
    [
        (NONDIAGNOSTIC, "indeterminate requested: finalised, due in 40"),
        (NEGATIVE, "discrepancy requested: finalised, critical, due in 7"),
        (POSITIVE, "discrepancy requested: finalised, critical, due in 7"),
    ],
)
def test_the_final_takes_the_item_of_the_preliminary_over(reading: Reading, first: str) -> None:
    world = World(Policy(clocks=CLOCKS))
    draft(world, NONDIAGNOSTIC, at=timedelta(0))
    world.now += hours(1)
    assert told(world.send(reading, at=hours(1)).changes, world)[0] == first


def test_one_preliminary_overrules_another() -> None:
    world = World(Policy(clocks=CLOCKS))
    draft(world, NONDIAGNOSTIC, at=timedelta(0))
    assert draft(world, NEGATIVE, at=minutes(0), sent=minutes(1)) == ["discrepancy requested: preliminary, critical, due in 7"]


REGRESSED = ["letter absent result on-hold: status-regressed", "hold open: status-regressed, for status-regressed"]
AT_ODDS = ["letter absent result on-hold: discrepancy", "hold open: discrepancy, for discrepancy"]


def test_a_preliminary_beside_a_final() -> None:
    assert draft(exam(NEGATIVE), NEGATIVE, at=hours(1)) == ["status-regressed requested: status-regressed, critical, due in 7", *REGRESSED]
    assert draft(exam(NEGATIVE), POSITIVE, at=hours(-1)) == ["discrepancy requested: discrepancy, critical, due in -113", *AT_ODDS]
    assert draft(exam(NONDIAGNOSTIC), POSITIVE, at=hours(-1))[0] == "discrepancy requested: discrepancy, critical, due in -113"


def test_a_final_signed_before_the_preliminary() -> None:
    world = World(Policy(clocks=CLOCKS), now=T0 + hours(1))
    draft(world, NEGATIVE, at=hours(1))
    decision = world.send(NEGATIVE, at=hours(0))
    assert told(decision.changes, world) == [
        "status-regressed requested: status-regressed, critical, due in -53",
        "letter absent result on-hold: decided",
        "hold open: status-regressed, for status-regressed",
    ]
    assert decision.follow_up is R.STATUS_REGRESSED


# ---- another person, death, a wish


def test_another_person() -> None:
    asked = "identity requested: {}, critical, due in 7"
    world = exam(NEGATIVE)
    held = ["letter absent result on-hold: {0}", "hold open: {0}, for {0}", asked]
    assert told(world.image(BERT).changes, world) == [line.format("identity-study") for line in held]
    assert draft(exam(NEGATIVE), NEGATIVE, at=timedelta(0), patient=BERT) == [line.format("identity-version") for line in held]
    assert correct(exam(NEGATIVE), NEGATIVE, patient=BERT) == [
        asked.format("identity"),
        "letter absent result stopped: superseded",
        "letter absent result on-hold: decided",
        "hold open: identity-version, for identity-version",
    ]
    assert correct(exam(NEGATIVE, out=True), NEGATIVE, patient=BERT) == [
        asked.format("identity"),
        "letter absent result entered-in-error: wrong-letter-out",
        WRONG,
        WITHDRAWN.replace("preparation", "on-hold"),
        "hold open: wrong-letter-out, for identity-version",
        "letter absent corrected on-hold: decided",
        "hold open: identity-version, for identity-version",
    ]
    world = World(Policy(clocks=CLOCKS))
    draft(world, NEGATIVE, at=timedelta(0))
    assert draft(world, NEGATIVE, at=minutes(1), patient=BERT) == [asked.format("identity")]


def test_an_image_of_another_person_after_the_letter_has_left() -> None:
    world = exam(NEGATIVE, out=True)
    assert told(world.image(BERT).changes, world) == [
        "identity requested: identity-study, critical, due in 7",
        "letter absent result entered-in-error: wrong-letter-out",
        WRONG,
        WITHDRAWN.replace("preparation", "on-hold"),
        "hold open: wrong-letter-out, for identity-study",
    ]


def test_a_repeat_that_tells_of_death_or_a_wish() -> None:
    dead, wish = replace(ANNA, deceased=True), ["release-withheld"]
    world = exam(NEGATIVE)
    assert told(world.send(NEGATIVE, patient=dead).changes, world) == ["letter absent result stopped: superseded"]
    world = exam(NEGATIVE)
    assert told(world.send(NEGATIVE, problems=wish).changes, world) == [
        "letter absent result on-hold: release-withheld",
        "hold open: release-withheld, for release-withheld",
    ]
    world = exam(POSITIVE)
    assert told(world.send(POSITIVE, problems=wish).changes, world) == [
        "hold superseded: release-withheld, for positive",
        "hold open: release-withheld, for release-withheld and positive",
    ]
    assert world.hold.report_hash == world.current.content_hash, "about what speaks, not about its repetition"


# ---- images, time, people


def test_images_that_were_waited_for() -> None:
    world = exam(NEGATIVE, policy=Policy(require_study=True))
    assert told(world.image().changes, world) == [
        "hold released: study-found, for study-missing",
        "letter absent result preparation: study-found",
    ]


def test_a_report_that_is_late_and_comes() -> None:
    world = World(Policy(clocks=CLOCKS))
    world.image(acquired=timedelta(0))
    world.now += hours(24)
    assert told(world.tick(), world) == ["report-overdue requested: report-overdue, due in 108"]
    assert told(world.send(NEGATIVE, at=hours(24)).changes, world)[0] == "report-overdue cancelled: report-arrived, due in 108"


def test_what_people_do() -> None:
    world = exam(POSITIVE)
    acts: list[Callable[[], Sequence[Change]]] = [
        lambda: (actions.acknowledge(world.exam.follow_ups[0], "Dr Test", world.now),),
        lambda: (actions.complete(world.exam.follow_ups[0], "Dr Test", world.now),),
        lambda: actions.release(world.exam, world.hold.id, "Dr Test", "by phone", "", world.now),
    ]
    lines = []
    for act in acts:
        changes = act()
        lines += told(changes, world)
        world.apply(changes)
    assert lines == [
        "positive accepted: acknowledged, critical, due in -53",
        "positive completed: completed, critical, due in -53",
        "hold released: released, for positive",
        "letter positive result preparation: released",
    ]


def test_two_doubts_are_one_hold() -> None:
    """A draft that is both late and at odds."""
    world = exam(NEGATIVE)
    assert draft(world, POSITIVE, at=hours(1)) == [
        "status-regressed requested: status-regressed, critical, due in 7",
        "discrepancy requested: discrepancy, critical, due in 7",
        "letter absent result on-hold: status-regressed",
        "hold open: status-regressed, for status-regressed and discrepancy",
    ]


def test_a_final_that_came_too_late_changes_nothing() -> None:
    world = exam(NEGATIVE, NORMAL)
    assert world.letters == [("absent", "result", "stopped"), ("normal", "result", "preparation")]
    assert world.send(NONDIAGNOSTIC, F, at=minutes(0.5)).changes == ()
