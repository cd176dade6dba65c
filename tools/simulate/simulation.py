"""One simulation from the first drawn lot to the last check."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tools.simulate import course, ladders
from tools.simulate.checks import Checked, check
from tools.simulate.ladders import Ladders
from tools.simulate.month import Course, go_through
from tools.simulate.running import Clock, Product
from tools.simulate.staff import Staff
from tools.simulate.truth import World


@dataclass(slots=True)
class Month:
    """Everything that the page and the tests want to know."""

    seed: int
    world: World
    product: Product
    staff: Staff
    course: Course
    ladders: Ladders
    checked: Checked
    drawn_s: float
    lived_s: float
    follow_ups: list[tuple[str, str, int]]
    """(reason, state, how many)"""
    holds: list[tuple[str, str, int]]
    """(first reason, state, how many)"""


def simulate(place: Path, *, seed: int, exams: int, days: int, say: Callable[[str], None]) -> Month:
    """Draws the month, lives through it with the product in `place`, and checks it."""
    start = time.monotonic()
    say(f"drawing {exams} exams over {days} days ...")
    world = course.month(seed, exams, days)
    drawn = time.monotonic()
    clock = Clock(world.began)
    product = Product(place, clock)
    try:
        staff = Staff(product, {exam.accession: exam for exam in world.exams}, seed)
        climbing = ladders.of(product)

        def tell(at: datetime, files: int) -> None:
            day = (at - world.began).days
            say(f"\rday {day:3}: {files:6} of {len(world.posts)} files, {len(product.gone):6} parcels, {time.monotonic() - start:5.0f} s")

        lived = go_through(world, product, staff, climbing, tell)
        say("\rchecking ...".ljust(78))
        checked = check(world, product, staff)
        checked.looked_at["escalations at their time"] += climbing.looked
        checked.wrong += [f"escalations at their time: {words}" for words in climbing.late]
        follow_ups, holds = _counted(product)
    finally:
        product.app.close()
    return Month(seed, world, product, staff, lived, climbing, checked, drawn - start, time.monotonic() - drawn, follow_ups, holds)


def _counted(product: Product) -> tuple[list[tuple[str, str, int]], list[tuple[str, str, int]]]:
    counts: dict[tuple[str, str], int] = {}
    for item in product.app.queries.follow_ups("all"):
        counts[item.reason.value, item.state.value] = counts.get((item.reason.value, item.state.value), 0) + 1
    held: dict[tuple[str, str], int] = {}
    for hold in product.app.queries.holds("all"):
        held[hold.reason, hold.state.value] = held.get((hold.reason, hold.state.value), 0) + 1
    return [(*key, n) for key, n in sorted(counts.items())], [(*key, n) for key, n in sorted(held.items())]
