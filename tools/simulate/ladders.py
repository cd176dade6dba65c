"""Whether each escalation comes at its time: looked at after every tick, wherever the product climbs ladders at all."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text

from pipeline.domain.followup import FollowUp
from pipeline.store.codec import load
from tools.simulate.running import Product

_OPEN = "('requested', 'accepted', 'in-progress')"
_STEPS = text(f"SELECT id, step_at, value FROM follow_ups WHERE step_at IS NOT NULL AND state IN {_OPEN}")
_MISSED = text(f"SELECT id FROM follow_ups WHERE step_at <= :now AND state IN {_OPEN}")


@dataclass(slots=True)
class Ladders:
    """Remembers when each rung was to come, and compares with when it came."""

    active: bool
    late: list[str] = field(default_factory=list)
    climbed: dict[int, int] = field(default_factory=dict)
    """Level -> how many items came to it."""
    _rungs: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    _looked: datetime | None = None

    def look(self, product: Product, now: datetime) -> None:
        """After a tick no step that has come may be left, and none may be taken before its time."""
        if not self.active:
            return
        with product.app.ledger.read() as connection:
            missed = connection.execute(_MISSED, {"now": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"}).scalars().all()
            rows = connection.execute(_STEPS).all()
        self.late += [f"{item} was to be escalated and was not, at {now:%d %H:%M}" for item in missed]
        for row in rows:
            item = load(FollowUp, row.value)
            level, step = self._rungs.get(item.id, (0, item.step_at or now))
            if item.level > level:
                self.climbed[item.level] = self.climbed.get(item.level, 0) + 1
                if step > now:
                    self.late.append(f"{item.id} was escalated at {now:%d %H:%M}, before its time {step:%d %H:%M}")
            if item.step_at:
                self._rungs[item.id] = (item.level, item.step_at)
        self._looked = now


def of(product: Product) -> Ladders:
    """The integrator's switch is the product itself: a policy that has ladders."""
    return Ladders(active=any("ladder" in name for name in dir(product.app.flow._rules.policy)))
