"""Health is what the daemon last said, and how long ago."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.cli.health import health_of

NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


def told(age_s: float = 3, *, scan_age_s: float | None = 2, reachable: bool = True, ok: bool = True) -> dict[str, Any]:
    return {
        "at": (NOW - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": "0.1.0",
        "loops": {"delivery": {"ok": ok, "error": "" if ok else "OSError", "failures": 0}},
        "inboxes": [{"folder": "inbox", "reachable": reachable, "waiting": 0, "scan_age_s": scan_age_s}],
    }


@pytest.mark.parametrize(
    ("said", "well", "word"),
    [
        (told(), True, ""),
        (told(scan_age_s=None), True, ""),
        (told(age_s=31), False, "said nothing"),
        (told(scan_age_s=121), False, "looked through"),
        (told(reachable=False), False, "cannot be read"),
        (told(ok=False), False, "delivery"),
        ({"at": "yesterday"}, False, "cannot be read"),
        ({}, False, "cannot be read"),
    ],
)
def test_a_daemon_is_well_while_it_speaks_and_looks(tmp_path: Path, said: dict[str, Any], well: bool, word: str) -> None:
    (tmp_path / "health.json").write_text(json.dumps(said))
    health = health_of(tmp_path, NOW, scan_s=5.0)
    assert health.well is well
    assert word in " ".join(health.problems)


def test_slow_scans_that_are_meant_are_no_problem(tmp_path: Path) -> None:
    (tmp_path / "health.json").write_text(json.dumps(told(scan_age_s=500)))
    assert health_of(tmp_path, NOW, scan_s=60.0).well


def test_where_no_daemon_ever_ran_nobody_is_well(tmp_path: Path) -> None:
    assert health_of(tmp_path, NOW, 5.0).problems == ("no daemon has run with this state folder",)
    (tmp_path / "health.json").write_text("{")
    assert not health_of(tmp_path, NOW, 5.0).well
