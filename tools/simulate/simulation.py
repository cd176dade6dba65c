"""One simulated hospital from the first drawn lot to the last check; and several of them, each in a process of its own, as one month."""

import multiprocessing
import os
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from tools.simulate import course, ladders
from tools.simulate.checks import Checked, check
from tools.simulate.month import Sample, go_through
from tools.simulate.running import Clock, Product
from tools.simulate.staff import Staff
from tools.simulate.truth import World


@dataclass(slots=True)
class Month:
    """Everything that the page and the tests want to know, in plain values that come from another process as they are."""

    seed: int
    began: datetime
    days: int
    hospitals: int = 1
    exams: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    """Files by kind."""
    said: Counter[str] = field(default_factory=Counter)
    oddities: Counter[str] = field(default_factory=Counter)
    outages: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    letters: Counter[str] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    taken: list[tuple[str, float]] = field(default_factory=list)
    """(reason, minutes from asking to acknowledgement)"""
    laddered: bool = False
    """Whether the product climbs ladders at all."""
    climbed: Counter[int] = field(default_factory=Counter)
    """Level -> how many items came to it."""
    samples: list[Sample] = field(default_factory=list)
    checked: Checked = field(default_factory=Checked)
    follow_ups: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (reason, state)."""
    holds: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By (first reason, state)."""


def simulate(place: Path, *, seed: int, exams: int, days: int, say: Callable[[str], None]) -> Month:
    """Draws the month, lives through it with the product in `place`, and checks it."""
    start = time.monotonic()
    say(f"drawing {exams} exams over {days} days ...")
    world = course.month(seed, exams, days)
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
        month = _month(seed, world, product)
    finally:
        product.app.close()
    month.taken, month.samples, month.checked = staff.taken, lived.samples, checked
    month.laddered, month.climbed = climbing.active, Counter(climbing.climbed)
    return month


def several(place: Path, *, seed: int, exams: int, days: int, hospitals: int, say: Callable[[str], None]) -> Month:
    """The exams shared among so many hospitals, each with a product and a seed of its own, at the same time; told as one."""
    if hospitals == 1:
        return simulate(place, seed=seed, exams=exams, days=days, say=say)
    shares = [exams // hospitals + (number < exams % hospitals) for number in range(hospitals)]
    told = [(place / f"hospital-{number}", seed + 1000 * number, share, days) for number, share in enumerate(shares)]
    with ProcessPoolExecutor(hospitals, multiprocessing.get_context("spawn")) as pool:
        # The first one tells how far it is; the others are about as far.
        months = [one.result() for one in [pool.submit(_alone, *one, number == 0) for number, one in enumerate(told)]]
    say("\r")
    return together(months)


def together(months: list[Month]) -> Month:
    """Several hospitals' months as one."""
    whole = Month(months[0].seed, months[0].began, months[0].days, len(months))
    for number, one in enumerate(months, 1):
        whole.exams += one.exams
        whole.starts += one.starts
        whole.laddered = whole.laddered or one.laddered
        whole.taken += one.taken
        for name in ("kinds", "said", "oddities", "outages", "letters", "types", "climbed", "follow_ups", "holds"):
            getattr(whole, name).update(getattr(one, name))
        whole.checked.looked_at.update(one.checked.looked_at)
        whole.checked.wrong_letters_out += one.checked.wrong_letters_out
        whole.checked.wrong += [f"{words} (hospital {number})" for words in one.checked.wrong]
    longest = max((one.samples for one in months), key=len)
    for position, sample in enumerate(longest):
        # Who is through sooner stays as it was at its end.
        then = [one.samples[min(position, len(one.samples) - 1)] for one in months]
        counts = {name: sum(getattr(one, name) for one in then) for name in ("unacknowledged", "overdue", "acknowledged", "closed")}
        whole.samples.append(Sample(sample.at, **counts))
    return whole


def _alone(place: Path, seed: int, exams: int, days: int, tells: bool) -> Month:
    place.mkdir()

    def say(words: str) -> None:
        if tells:
            os.write(2, words.encode())

    return simulate(place, seed=seed, exams=exams, days=days, say=say)


def _month(seed: int, world: World, product: Product) -> Month:
    """What the world and the product's lists tell at the end."""
    letters = [gone.facts for gone in product.gone if gone.kind == "notice"]
    return Month(
        seed,
        world.began,
        world.days,
        exams=len(world.exams),
        kinds=Counter(post.kind for post in world.posts),
        said=Counter(final.meaning.value for exam in world.exams if (final := exam.speaks())),
        oddities=Counter(name for exam in world.exams for name in exam.oddities),
        outages=Counter(daemon=len(world.daemon_down), receiver=len(world.receiver_down), killed=len(world.killed)),
        starts=product.starts,
        letters=Counter(f"{facts['letter']}" for facts in letters),
        types=Counter(f"{facts['notice_type']}" for facts in letters),
        follow_ups=Counter((item.reason.value, item.state.value) for item in product.app.queries.follow_ups("all")),
        holds=Counter((hold.reason, hold.state.value) for hold in product.app.queries.holds("all")),
    )
