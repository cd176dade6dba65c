"""The machine can see: three bugs, planted one at a time in the product's rules, each caught within few steps of a named seed.

This replaces throw-away branches: the bug is put in by monkeypatch, so the check is made again on every run. If one of these tests
fails, the machine has gone blind, or the function that the bug is planted in has moved.
"""

import pytest
from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from pipeline.domain import decide, duties, mail
from pipeline.domain.case import Case
from pipeline.domain.decision import Decision
from pipeline.domain.exam import Standing
from pipeline.domain.followup import FollowUp
from pipeline.domain.notice import Notice
from pipeline.domain.plan import Plan
from pipeline.domain.versions import spoken_for
from tests.life.guarded import LifeWithEverything
from tests.life.machine import STEPS
from tests.life.test_machine import lives

MOST_STEPS = 600


def _late_preliminary_wins(case: Case) -> Decision:
    return case.settled(Standing.PROVISIONAL, None, case.plan, spoken_for(case.exam))


def _forgets_the_sent_letter(_plan: Plan) -> Notice | None:
    return None


def _opens_another(case: Case, plan: Plan, item: FollowUp) -> None:
    plan.open(item.reason, item.due_at, "same-result", critical=item.critical)


PLANTED = {
    "a late preliminary wins": (decide, "decide_preliminary", _late_preliminary_wins, 4, "the exam says|the model says|nobody follows up"),
    "a correction forgets the letter that left": (mail, "out_of", _forgets_the_sent_letter, 4, "is out, the exam says|more than one live"),
    "a follow-up is opened twice": (duties, "_keep", _opens_another, 4, "open follow-ups for one result|followed up twice"),
}
"""Name -> module, function, the bug, the seed, and in which words the machine complains."""


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", PLANTED)
def test_the_machine_catches(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function, bug, number, words = PLANTED[name]
    monkeypatch.setattr(module, function, bug)

    @seed(number)
    class Planted(LifeWithEverything):
        pass

    before = STEPS["steps"]
    with pytest.raises(AssertionError, match=words):
        run_state_machine_as_test(Planted, settings=lives(MOST_STEPS // 50, 50, same=False, shrink=False))
    print(f"{name}: seed {number}, {STEPS['steps'] - before} steps")
