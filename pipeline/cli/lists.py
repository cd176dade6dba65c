"""Follow-ups and holds as lists: JSON lines for machines, tables for people."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipeline.cli.machine import write_line

if TYPE_CHECKING:
    from rich.text import Text

    from pipeline.store.answers import FollowUpRow, HoldRow

SHORT = 12
"""Characters of an id that a person sees: enough to be unique, and what commands take."""


def show_follow_ups(rows: Sequence["FollowUpRow"], now: datetime, zone: ZoneInfo, *, as_json: bool) -> None:
    """Write the list to stdout, in the order given."""
    if as_json:
        for row in rows:
            write_line(
                {
                    "id": row.id,
                    "accession": row.accession,
                    "reason": row.reason,
                    "state": row.state,
                    "due_at": row.due_at,
                    "overdue": row.overdue(now),
                    "critical": row.critical,
                    "preliminary": row.preliminary,
                    "owner": row.owner,
                    "exam": row.exam,
                    "opened_at": row.opened_at,
                    "note": row.note,
                    "acknowledged_by": row.acknowledged_by,
                    "acknowledged_at": row.acknowledged_at,
                    "version": row.version,
                    "level": row.level,
                    "step_at": row.step_at,
                    "next_step": row.next_step,
                    "plan": row.plan,
                    "planned_for": row.planned_for,
                    "snoozed_until": row.snoozed_until,
                    "proposal": row.proposal,
                    "contact": row.contact,
                }
            )
        return
    from pipeline.cli.terminal import console, harmless, local, table

    screen = console()
    shown = [
        (
            row.id[:SHORT],
            _due(row.due_at, zone, late=row.overdue(now)),
            row.reason.value + (" (preliminary)" if row.preliminary else ""),
            "critical" if row.critical else "",
            row.accession,
            row.state.value
            + (f", asked again {row.level}x" if row.level else "")
            + (f" by {row.acknowledged_by}, {local(row.acknowledged_at, zone)}" if row.acknowledged_by else ""),
            row.owner,
        )
        for row in rows
    ]
    if shown:
        screen.print(table("", ("id", "due", "reason", "", "accession", "state", "owner"), shown))
    for row in rows:
        for said in (_planned(row, zone), row.proposal, row.contact):
            if said:
                screen.print(f"{row.id[:SHORT]}: {harmless(said)}", markup=False)
    late = sum(row.overdue(now) for row in rows)
    screen.print(f"{len(rows)} follow-ups, {late} overdue.")


def show_holds(rows: Sequence["HoldRow"], now: datetime, zone: ZoneInfo, *, as_json: bool) -> None:
    """Write the list to stdout, in the order given."""
    if as_json:
        for row in rows:
            write_line(
                {
                    "id": row.id,
                    "accession": row.accession,
                    "reason": row.reason,
                    "reasons": row.reasons,
                    "state": row.state,
                    "due_at": row.expires_at,
                    "overdue": row.overdue(now),
                    "owner": row.owner,
                    "letter": row.letter,
                    "exam": row.exam,
                    "opened_at": row.opened_at,
                    "level": row.level,
                    "step_at": row.step_at,
                    "statute_at": row.statute_at,
                }
            )
        return
    from pipeline.cli.terminal import console, table

    screen = console()
    shown = [
        (
            row.id[:SHORT],
            _due(row.expires_at, zone, late=row.overdue(now)),
            ", ".join(row.reasons),
            row.letter.value if row.letter else "none written",
            row.accession,
            row.state.value,
            row.owner,
        )
        for row in rows
    ]
    if shown:
        screen.print(table("", ("id", "until", "reasons", "letter", "accession", "state", "owner"), shown))
    screen.print(f"{len(rows)} holds.")


def _planned(row: "FollowUpRow", zone: ZoneInfo) -> str:
    from pipeline.cli.terminal import local

    parts = [f"Planned by {local(row.planned_for, zone)}: {row.plan}."] if row.plan else []
    parts += [f"Put off until {local(row.snoozed_until, zone)}."] if row.snoozed_until else []
    return " ".join(parts)


def _due(moment: datetime, zone: ZoneInfo, *, late: bool) -> "Text":
    from rich.text import Text

    from pipeline.cli.terminal import local

    return Text(local(moment, zone) + (" overdue" if late else ""), style="bold red" if late else "")
