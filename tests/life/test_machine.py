"""The life of an exam as a state machine, at product level.

`make test` runs at least 2,000 steps, always the same ones. The nightly setting runs 50,000, other ones each time:

    python -m pytest tests/life -m nightly
    VQROUTE_NIGHTLY=1 python -m pytest tests/life/test_machine.py       (the same, without the marker)

A red run prints its steps and a `@reproduce_failure` blob; `LIFE_STEPS` sets another number of steps, `LIFE_SHRINK=1` makes the life small.
"""

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.life.guarded import LifeWithEverything
from tests.life.machine import ACTS, STEPS

NIGHTLY = os.environ.get("VQROUTE_NIGHTLY", "") not in ("", "0")
SHRINK = os.environ.get("LIFE_SHRINK", "") not in ("", "0")
"""Each shrinking step replays a life through the whole product; ask for it when a red run is to be made small."""

REALLY_DONE = {
    "merge": 20,
    "death": 20,
    "decide": 1,
    "withhold": 5,
    "release": 5,
    "transfer": 10,
    "decline": 10,
    "snooze": 10,
    "plan": 3,
    "undelivered": 5,
    "acknowledge": 20,
    "complete": 5,
    "reopen": 1,
    "wish": 10,
    "reprocess": 10,
}
"""How often each act must have been done, not refused, in 2,000 steps: a rule that only ever asks in vain tries nothing."""


def lives(examples: int, steps: int, *, same: bool, shrink: bool = SHRINK) -> settings:
    phases = (Phase.explicit, Phase.generate, *((Phase.shrink,) if shrink else ()))
    return settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=same,
        database=None,
        print_blob=True,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


def live(steps: int, *, same: bool) -> int:
    """Runs lives until this many steps are done; how many were."""
    before = STEPS["steps"]
    run_state_machine_as_test(LifeWithEverything, settings=lives(max(2, steps // (45 if same else 35)), 50, same=same))
    return STEPS["steps"] - before


@pytest.mark.timeout(0 if NIGHTLY else 300)
@pytest.mark.slow
def test_every_life_goes_as_the_plain_model_says() -> None:
    wanted = int(os.environ.get("LIFE_STEPS", "50000" if NIGHTLY else "2000"))
    done = live(wanted, same=not NIGHTLY)
    # The first lives are the same in every run, and so are those that are added until each act was really done.
    for number in range(1, 7):
        if seldom():
            more = seed(number)(type("MoreOfLife", (LifeWithEverything,), {}))
            run_state_machine_as_test(more, settings=lives(12, 50, same=False))
    print(STEPS, dict(ACTS))
    assert done >= wanted
    assert STEPS["kills"] > wanted // 100, "hardly anything was killed"
    assert not seldom(), f"hardly ever done: {seldom()}"


def seldom() -> dict[str, int]:
    """The acts that were not done often enough yet."""
    return {name: ACTS[name] for name, least in REALLY_DONE.items() if ACTS[name] < least}


@pytest.mark.nightly
@pytest.mark.timeout(0)
def test_fifty_thousand_steps() -> None:
    assert live(50_000, same=False) >= 50_000
