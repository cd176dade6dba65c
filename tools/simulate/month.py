"""Lets the month go by, ten minutes at a time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import text

from tools.simulate.ladders import Ladders
from tools.simulate.running import Clock, Product
from tools.simulate.staff import Staff
from tools.simulate.truth import Post, World, within

STEP, TAIL = timedelta(minutes=10), timedelta(hours=1)
"""The steps of the month, and of the days after it in which only late files come."""
_COUNTS = text("SELECT state, due_at < :now AS late, count(*) AS n FROM follow_ups GROUP BY state, due_at < :now")


@dataclass(frozen=True, slots=True)
class Sample:
    """How many follow-ups there are in which state."""

    at: datetime
    unacknowledged: int
    overdue: int
    acknowledged: int
    closed: int


@dataclass(slots=True)
class Course:
    """What was seen on the way."""

    samples: list[Sample] = field(default_factory=list)
    holds: list[int] = field(default_factory=list)
    files: int = 0


def go_through(world: World, product: Product, staff: Staff, ladders: Ladders, tell: Callable[[datetime, int], None]) -> Course:
    """From the first day to a day after the last file."""
    course, posts, kills = Course(), list(world.posts), list(world.killed)
    clock: Clock = product.clock
    busy_until = world.began + timedelta(days=world.days, hours=12)
    waiting = 0
    steps = 0
    ends = world.ends
    while clock.at < ends:
        clock.at += STEP if clock.at < busy_until else TAIL
        steps += 1
        if not within(clock.at, world.daemon_down):
            due = []
            while waiting < len(posts) and posts[waiting].arrives <= clock.at:
                due.append(posts[waiting])
                waiting += 1
            _take_in(product, due, clock.at, killed=bool(kills) and kills[0] <= clock.at)
            course.files += len(due)
            ladders.before(product, clock.at)
            product.app.flow.tick(clock.at)
            ladders.after(product, clock.at)
            if steps % 36 == 0:
                ladders.compare(product, clock.at)
            product.receiver.down = within(clock.at, world.receiver_down)
            if kills and kills[0] <= clock.at:
                kills.pop(0)
                product.killed_while_delivering()
            product.deliver()
        staff.hear()
        staff.work(clock.at)
        if steps % 12 == 0 and 7 <= clock.at.hour - 6 <= 21:
            staff.look_at_holds()
        if steps % 36 == 0:
            product.app.flow.seal()
        if steps % 12 == 0:
            course.samples.append(_sample(product, clock.at))
        if steps % 144 == 0:
            tell(clock.at, course.files)
    product.deliver()
    product.app.flow.seal()
    return course


def _take_in(product: Product, due: list[Post], at: datetime, *, killed: bool) -> None:
    if not due:
        return
    product.ingest([post.content for post in due])
    if killed:
        # Dead between the commit and the move of the files: they are found again.
        product.restart()
        product.ingest([post.content for post in due])
    for post in due:
        if post.about and post.about.ingested is None:
            post.about.ingested = at


def _sample(product: Product, now: datetime) -> Sample:
    counts = {"unacknowledged": 0, "overdue": 0, "acknowledged": 0, "closed": 0}
    with product.app.ledger.read() as connection:
        for state, late, n in connection.execute(_COUNTS, {"now": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"}):
            if state == "requested":
                counts["overdue" if late else "unacknowledged"] += n
            else:
                counts["acknowledged" if state in ("accepted", "in-progress") else "closed"] += n
    return Sample(now, **counts)
