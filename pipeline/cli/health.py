"""Whether the daemon of a state folder lives and does its work, from the health file that it writes every few seconds."""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FRESH_S = 30.0
"""The daemon writes every 5 s; half a minute of silence is no hiccup."""

SCAN_S = 120.0
"""An inbox that nobody has looked through for this long (or for twelve of its own intervals)."""


@dataclass(frozen=True, slots=True)
class Health:
    """What the daemon last said. `problems` is empty where all is well; `age_s` is None where no daemon has ever run here."""

    problems: tuple[str, ...]
    age_s: float | None = None
    scan_age_s: float | None = None
    version: str = ""

    @property
    def well(self) -> bool:
        return not self.problems


def health_of(state: Path, now: datetime, scan_s: float) -> Health:
    """Read the health file. Never raises: an unreadable file is a problem like any other."""
    try:
        told = json.loads((state / "health.json").read_text(encoding="utf-8"))
        at = datetime.fromisoformat(told["at"])
        inboxes = [(str(one["folder"]), bool(one["reachable"]), one["scan_age_s"]) for one in told["inboxes"]]
        loops = {str(name): bool(loop["ok"]) for name, loop in told["loops"].items()}
        version = str(told["version"])
    except FileNotFoundError:
        return Health(("no daemon has run with this state folder",))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Health(("the daemon's health file cannot be read",))
    age = (now - at).total_seconds()
    problems = []
    if age > FRESH_S:
        problems.append(f"the daemon has said nothing for {age:.0f} s; it is not running, or it hangs")
    problems += [f"the loop {name} fails; see the log" for name, ok in loops.items() if not ok]
    problems += [f"the inbox {folder} cannot be read" for folder, reachable, _ in inboxes if not reachable]
    limit = max(SCAN_S, 12 * scan_s)
    scans = [(folder, float(scan_age)) for folder, _, scan_age in inboxes if scan_age is not None]
    problems += [f"the inbox {folder} was last looked through {scan_age:.0f} s ago" for folder, scan_age in scans if scan_age > limit]
    return Health(tuple(problems), age, max((scan_age for _, scan_age in scans), default=None), version)
