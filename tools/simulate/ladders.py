"""Whether each escalation comes at its time: looked at around every tick, wherever the product climbs ladders at all."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text

from pipeline.domain.followup import FollowUp
from pipeline.store.codec import load
from tools.simulate.running import Product

_DUE = text(
    "SELECT id, value FROM follow_ups WHERE step_at IS NOT NULL AND step_at <= :now AND state IN ('requested', 'accepted', 'in-progress')"
)
_NOW = text("SELECT value FROM follow_ups WHERE id = :id")
_OPEN = text("SELECT value FROM follow_ups WHERE state = 'requested'")


@dataclass(slots=True)
class Ladders:
    """What was to be escalated before a tick, against what the tick did; and now and then every open item against the site's rungs."""

    rungs: dict[str, Any]
    """The site's own ladders by reason, of rungs with `after` and `since` (opened, due); empty: this product has none."""
    late: list[str] = field(default_factory=list)
    climbed: dict[int, int] = field(default_factory=dict)
    """Level -> how many items came to it."""
    looked: int = 0
    _before: list[FollowUp] = field(default_factory=list)

    @property
    def active(self) -> bool:
        return bool(self.rungs)

    def before(self, product: Product, now: datetime) -> None:
        """Notes whose time has come."""
        if self.active:
            with product.app.ledger.read() as connection:
                self._before = [load(FollowUp, row.value) for row in connection.execute(_DUE, {"now": f"{now:%Y-%m-%dT%H:%M:%S.%f}Z"})]

    def after(self, product: Product, now: datetime) -> None:
        """Each of them has taken its step, and has a next one to come."""
        if not self.active:
            return
        with product.app.ledger.read() as connection:
            for was in self._before:
                item = load(FollowUp, connection.execute(_NOW, {"id": was.id}).scalar_one())
                self.looked += 1
                if item.state.open and (item.step_at is None or item.step_at <= now):
                    self.late.append(f"{item.id} ({item.reason}) was to take a step and did not, at {now:%d %H:%M}")
                if item.level > was.level:
                    self.climbed[item.level] = self.climbed.get(item.level, 0) + 1

    def compare(self, product: Product, now: datetime) -> None:
        """Every item that nobody has taken is as high as the time since it was opened, or due, asks for; and never silent."""
        if not self.active:
            return
        with product.app.ledger.read() as connection:
            items = [load(FollowUp, value) for value in connection.execute(_OPEN).scalars()]
        for item in items:
            self.looked += 1
            if item.step_at is None:
                self.late.append(f"{item.id} ({item.reason}) has no step to come, at {now:%d %H:%M}")
            if item.version - item.level > 1 or item.snoozed_until or item.critical:
                continue  # it was asked anew, or put off, or is on another ladder: its rungs count from then
            ladder = self.rungs.get(item.reason, ())
            come = sum(now >= (item.due_at if rung.since == "due" else item.opened_at) + rung.after for rung in ladder)
            if item.level < come:
                self.late.append(f"{item.id} ({item.reason}) is at level {item.level} and should be at {come}, at {now:%d %H:%M}")


def of(product: Product) -> Ladders:
    """The switch is the product itself: a policy that has ladders."""
    return Ladders(dict(getattr(product.app.flow._rules.policy, "ladders", {})))
