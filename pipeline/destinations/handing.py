"""Hands parcels to one destination and keeps account of what happened to each, whatever the destination raises."""

from collections.abc import Callable
from dataclasses import dataclass, field

from pipeline.destinations import Destination, Differs, Unreachable
from pipeline.domain.parcel import Parcel

Make = Callable[[], Parcel]


@dataclass(slots=True)
class Handing:
    """One round with one destination.

    Attributes:
        later: delivery id -> class name of what was in the way; worth another attempt.
        hopeless: delivery id -> class name; another attempt would fail in the same way.
        differs: those of `hopeless` whose target is there with other bytes.
    """

    destination: Destination
    later: dict[str, str] = field(default_factory=dict)
    hopeless: dict[str, str] = field(default_factory=dict)
    differs: set[str] = field(default_factory=set)
    _down: str = ""

    def prepare(self, delivery_id: str, make: Make) -> bool:
        """Composes and prepares one parcel; False if that failed. Once the destination is down nothing more is tried."""
        if self._down:
            self.later[delivery_id] = self._down
            return False
        try:
            parcel = make()
        except Exception as error:  # noqa: BLE001 - composing is pure: what fails now fails always, and a person must know
            self.hopeless[delivery_id] = type(error).__name__
            return False
        return self._tried(delivery_id, lambda: self.destination.prepare(parcel))

    def settle(self, delivery_ids: list[str]) -> bool:
        """Makes what was prepared durable; False if that failed, for all of them."""
        if not self._down:
            try:
                self.destination.settle()
            except Exception as error:  # noqa: BLE001 - a destination of any kind; the next must have its turn
                self._down = _name(error)
        if self._down:
            self.later |= dict.fromkeys(delivery_ids, self._down)
        return not self._down

    def send(self, delivery_id: str, make: Make) -> bool:
        """Sends what was prepared; prepares it once more where the destination does not know of it."""
        known = False

        def once() -> None:
            nonlocal known
            known = self.destination.send(delivery_id)

        if self._down:
            self.later[delivery_id] = self._down
            return False
        if not self._tried(delivery_id, once):
            return False
        if known:
            return True
        return self.prepare(delivery_id, make) and self.settle([delivery_id]) and self._tried(delivery_id, once) and known

    def recall(self, delivery_id: str) -> bool:
        """Takes back what was prepared; False if a part of it has gone, or if nobody can say."""
        try:
            return self.destination.recall(delivery_id)
        except Exception:  # noqa: BLE001 - as above
            return False

    def _tried(self, delivery_id: str, step: Callable[[], None]) -> bool:
        try:
            step()
        except Differs:
            self.hopeless[delivery_id] = "Differs"
            self.differs.add(delivery_id)
        except Unreachable as error:
            self._down = self.later[delivery_id] = _name(error)
        except Exception as error:  # noqa: BLE001 - as above
            self.later[delivery_id] = _name(error)
        else:
            return True
        return False


def _name(error: Exception) -> str:
    """A class name, never the words of a library: they may hold a path."""
    inner = str(error)
    return inner if isinstance(error, Unreachable) and inner.isidentifier() else type(error).__name__
