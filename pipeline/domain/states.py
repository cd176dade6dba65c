"""Every state and every way from one to the next, as tables; docs/states.md is drawn from them."""

from collections.abc import Mapping

Table = Mapping[tuple[str, str], str]
"""(state, event) -> state. What is not in the table cannot happen."""

NOTICE: Table = {
    ("", "drafted"): "preparation",
    ("", "held"): "on-hold",
    ("preparation", "held"): "on-hold",
    ("on-hold", "released"): "preparation",
    ("preparation", "sent"): "completed",
    ("preparation", "withdrawn"): "stopped",
    ("on-hold", "withdrawn"): "stopped",
    ("preparation", "taken back"): "entered-in-error",
    ("completed", "taken back"): "entered-in-error",
}
"""Source of the codes: FHIR R4 value set event-status."""

FOLLOW_UP: Table = {
    ("", "opened"): "requested",
    ("requested", "acknowledged"): "accepted",
    ("accepted", "started"): "in-progress",
    ("requested", "result changed"): "requested",
    ("accepted", "result changed"): "requested",
    ("in-progress", "result changed"): "requested",
    ("requested", "cancelled"): "cancelled",
    ("accepted", "cancelled"): "cancelled",
    ("in-progress", "cancelled"): "cancelled",
    ("accepted", "completed"): "completed",
    ("in-progress", "completed"): "completed",
    # By another act than on the item itself: a clinician decided the report that it asked somebody to read.
    ("requested", "settled"): "completed",
    ("accepted", "settled"): "completed",
    ("in-progress", "settled"): "completed",
    # Who declines hands on: nobody can make a result vanish, so FHIR's `rejected` is none of our states.
    ("requested", "declined"): "requested",
    ("accepted", "declined"): "requested",
    ("in-progress", "declined"): "requested",
    ("requested", "transferred"): "requested",
    ("accepted", "transferred"): "requested",
    ("in-progress", "transferred"): "requested",
    ("completed", "reopened"): "requested",
}
"""Source of the codes: FHIR R4 value set task-status."""

HOLD: Table = {
    ("", "opened"): "open",
    ("open", "released"): "released",
    ("open", "withheld"): "withheld",
    ("open", "superseded"): "superseded",
}

DELIVERY: Table = {
    ("", "queued"): "new",
    ("new", "claimed"): "leased",
    ("leased", "lease expired"): "leased",
    ("leased", "staged"): "staged",
    ("leased", "sent"): "sent",
    ("leased", "failed"): "new",
    ("leased", "given up"): "dead",
    ("staged", "sent"): "sent",
    ("staged", "failed"): "staged",
    ("staged", "given up"): "dead",
    ("new", "withdrawn"): "withdrawn",
    ("leased", "recalled"): "withdrawn",
    ("staged", "recalled"): "withdrawn",
    ("withdrawn", "released again"): "new",
    ("dead", "retried"): "new",
}

TABLES: Mapping[str, Table] = {"notice": NOTICE, "follow-up": FOLLOW_UP, "hold": HOLD, "delivery": DELIVERY}


class Impossible(ValueError):
    """An event that the state does not know: a programming error, or two people acting on one item."""


def advance(table: Table, state: str, event: str) -> str:
    """The state after `event`. Raises Impossible where the table has no such way."""
    try:
        return table[(state, event)]
    except KeyError:
        raise Impossible(f"no way from {state or 'nothing'!r} by {event!r}") from None
