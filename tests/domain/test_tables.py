"""The tables that other pages are made from: states, reasons, and what every code does."""

import ast
import dataclasses
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

from pipeline.domain.decision import NoticeEffect
from pipeline.domain.followup import FollowUpState
from pipeline.domain.gates import effect_of
from pipeline.domain.notice import HoldState, NoticeState
from pipeline.domain.reading import Category, Grade
from pipeline.domain.reasons import REASONS, known, strictest
from pipeline.domain.report import Status
from pipeline.domain.states import DELIVERY, FOLLOW_UP, HOLD, NOTICE, TABLES, Impossible, advance

PIPELINE = Path(__file__).parents[2] / "pipeline"


def test_states_are_those_of_the_types() -> None:
    for table, states in ((NOTICE, NoticeState), (FOLLOW_UP, FollowUpState), (HOLD, HoldState)):
        assert set(table.values()) == {state.value for state in states}
        assert {before for before, _ in table} <= {"", *(state.value for state in states)}
    assert set(TABLES) == {"notice", "follow-up", "hold", "delivery"}


@pytest.mark.parametrize("table", [NOTICE, FOLLOW_UP, HOLD, DELIVERY], ids=["notice", "follow-up", "hold", "delivery"])
def test_every_state_can_be_reached(table: dict[tuple[str, str], str]) -> None:
    reached = {""}
    for _ in table:
        reached |= {after for (before, _), after in table.items() if before in reached}
    assert reached == {"", *table.values()}


@pytest.mark.parametrize(
    ("table", "state", "event"),
    [
        (NOTICE, "stopped", "sent"),
        (NOTICE, "on-hold", "sent"),
        (NOTICE, "entered-in-error", "released"),
        (NOTICE, "completed", "withdrawn"),
        (FOLLOW_UP, "requested", "completed"),
        (FOLLOW_UP, "completed", "result changed"),
        (FOLLOW_UP, "cancelled", "acknowledged"),
        (HOLD, "superseded", "released"),
        (HOLD, "released", "opened"),
        (HOLD, "", "released"),
    ],
)
def test_ways_that_do_not_exist(table: dict[tuple[str, str], str], state: str, event: str) -> None:
    with pytest.raises(Impossible, match=event):
        advance(table, state, event)


def test_open_follow_ups_are_those_that_somebody_must_still_do() -> None:
    assert {state.value for state in FollowUpState if state.open} == {"requested", "accepted", "in-progress"}


def test_the_strictest_effect_of_several() -> None:
    assert effect_of(()) is NoticeEffect.RELEASE
    assert effect_of(("negative", "incidental")) is NoticeEffect.RELEASE
    assert effect_of(("negative", "stale", "incidental")) is NoticeEffect.HOLD
    assert strictest([NoticeEffect.HOLD, NoticeEffect.NEVER, NoticeEffect.RELEASE]) is NoticeEffect.NEVER
    with pytest.raises(KeyError):
        known("no such code")


def test_what_is_review_never_releases() -> None:
    assert all(reason.effect is not NoticeEffect.RELEASE for reason in REASONS.values() if reason.review)
    assert all(reason.code == code and reason.meaning and reason.what_to_do for code, reason in REASONS.items())


def test_every_code_that_the_domain_names_is_on_the_list() -> None:
    """One that is on no list would make `decide` raise. Words with a hyphen in these modules are codes, or among those said here."""
    others = {"entered-in-error", "follow-up", "zh-Hans", "report-arrived", "same-result", "study-found", "wrong-letter-out"}
    for module in ("case", "clocks", "decide", "duties", "gates", "mail", "persons", "plan", "preliminary", "retraction", "versions"):
        for node in ast.walk(ast.parse((PIPELINE / "domain" / f"{module}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"\w+(-\w+)+", node.value):
                assert node.value in REASONS.keys() | others, f"{module}: {node.value}"


def test_grades_and_statuses() -> None:
    assert [grade.value for grade in Grade if grade.category is Category.NEGATIVE] == ["normal", "very_low", "low", "absent"]
    assert [grade.value for grade in Grade if grade.category is Category.NONDIAGNOSTIC] == [
        "intermediate",
        "indeterminate",
        "nondiagnostic",
    ]
    assert [grade.value for grade in Grade if grade.category is Category.POSITIVE] == ["high", "present"]
    assert {status.value for status in Status if status.provisional} == {"registered", "partial", "preliminary"}
    assert {status.value for status in Status if status.retracted} == {"cancelled", "entered-in-error"}


def test_everything_the_domain_knows_is_a_value() -> None:
    """Frozen: what was decided cannot be changed behind the store's back, and the same input gives the same output."""
    found = set()
    for module in pkgutil.iter_modules([str(PIPELINE / "domain")]):
        for kind in vars(importlib.import_module(f"pipeline.domain.{module.name}")).values():
            if dataclasses.is_dataclass(kind) and isinstance(kind, type):
                found.add(kind.__name__)
                assert kind.__dataclass_params__.frozen, kind.__name__  # type: ignore[attr-defined]
    assert {"Exam", "Decision", "Notice", "FollowUp", "Hold", "Report", "Reading", "Policy", "Parcel"} <= found
