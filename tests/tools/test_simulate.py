"""A few days of the simulated hospital: nothing is lost, and the simulation notices what is broken on purpose."""

import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from pipeline.domain.followup import FollowUpReason
from pipeline.domain.gates import reasons_for
from pipeline.domain.reading import Category
from tools.simulate import chart, course, summary
from tools.simulate.simulation import Month, simulate


def lived(place: Path, *, seed: int, exams: int, days: int) -> Month:
    return simulate(place, seed=seed, exams=exams, days=days, say=lambda _words: None)


@pytest.mark.slow
def test_a_few_days_lose_nothing_and_fit_on_a_page(tmp_path: Path) -> None:
    month = lived(tmp_path, seed=4, exams=60, days=1)
    assert month.checked.wrong == []
    looked = month.checked.looked_at
    for kind in ("no letter to the dead", "letters name their patient", "no result without follow-up", "every file is in the ledger"):
        assert looked[kind] > 0, kind
    assert month.starts > 1  # killed on the way, and nothing lost
    page = summary.page(month, 1.0)
    assert "0 wrong" in page
    assert len(page.splitlines()) < 66
    picture = ET.fromstring(chart.drawn(month.samples, month.began, 1))
    assert picture.find("{*}title") is not None
    assert picture.find("{*}desc") is not None


def test_a_seed_always_draws_the_same_month() -> None:
    one, same, other = (course.month(seed, 40, 2) for seed in (1, 1, 2))
    assert [post.content for post in one.posts] == [post.content for post in same.posts]
    assert [post.content for post in one.posts] != [post.content for post in other.posts]


def dead_gate_off(monkeypatch: pytest.MonkeyPatch) -> None:
    def blind(*arguments: Any) -> tuple[str, ...]:
        return tuple(code for code in reasons_for(*arguments) if code != "deceased")

    monkeypatch.setattr("pipeline.domain.decide.reasons_for", blind)
    # Everybody dies, and half of the registries write to us.
    monkeypatch.setattr(course, "DEATHS", 1.0)


def no_follow_up_of_the_indeterminate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.domain.duties.OF_CATEGORY", {Category.POSITIVE: FollowUpReason.POSITIVE})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plant", "noticed"),
    [(dead_gate_off, "no letter to the dead"), (no_follow_up_of_the_indeterminate, "no result without follow-up")],
)
def test_the_simulation_notices_a_planted_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plant: Any, noticed: str) -> None:
    plant(monkeypatch)
    month = lived(tmp_path, seed=4, exams=20, days=1)
    assert any(words.startswith(f"{noticed}: ") for words in month.checked.wrong), month.checked.wrong
