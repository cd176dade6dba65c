"""When the patient was told, as people type it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pipeline.cli.when import told_at
from pipeline.errors import Misconfigured

NOW = datetime(2025, 3, 1, 20, 30, tzinfo=UTC)
CHICAGO = ZoneInfo("America/Chicago")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", "2025-03-01T14:30-06:00"),
        ("14:20", "2025-03-01T14:20-06:00"),
        (" 9:05 ", "2025-03-01T09:05-06:00"),
        ("2025-02-28 16:00", "2025-02-28T16:00-06:00"),
        ("2025-03-01T20:00:00+00:00", "2025-03-01T14:00-06:00"),
    ],
)
def test_a_time_is_understood_in_the_sites_zone(typed: str, meant: str) -> None:
    assert told_at(typed, NOW, CHICAGO) == meant


@pytest.mark.parametrize("typed", ["", "yes", "25:00", "2025-02-30 10:00", "2025-02-28", "14:31", "2025-03-02 08:00", "2025-03-01T21:00Z"])
def test_what_is_no_time_or_has_not_come_is_refused(typed: str) -> None:
    with pytest.raises(Misconfigured):
        told_at(typed, NOW, CHICAGO)
