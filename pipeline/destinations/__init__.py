"""Where things go: each kind of destination in a module of its own, all under one protocol."""

from typing import Protocol

from pipeline.domain.parcel import Parcel


class Unreachable(Exception):
    """The destination as a whole cannot be used now. Carries a class name only, never a path or a server's words."""


class Differs(Exception):
    """Something else has the name of this delivery; it was not overwritten."""


class Destination(Protocol):
    """Hands a parcel over in two steps, so that a crash between them loses nothing and sends nothing twice.

    `prepare` does all that can still be undone, then the ledger says `staged`, then `send` makes it visible.
    """

    name: str
    kinds: frozenset[str]

    def prepare(self, parcel: Parcel) -> None:
        """Makes the parcel ready. May be repeated. Raises Unreachable, Differs, or OSError for this parcel alone."""
        ...

    def settle(self) -> None:
        """Makes everything prepared or sent since the last call durable. Raises Unreachable."""
        ...

    def send(self, delivery_id: str) -> bool:
        """Lets a prepared parcel go. Repeated after a crash it finishes what was begun, and sends nothing that has gone.

        Returns:
            False where this destination cannot know it as prepared (it is another place than then): prepare it again.

        Raises:
            Unreachable, Differs, OSError.
        """
        ...

    def recall(self, delivery_id: str) -> bool:
        """Takes back what was prepared; False if a part of it has gone already."""
        ...
