"""Times as people write them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config.durations import parse, spell


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0min", 0), ("90s", 90), ("60min", 3600), ("24h", 86400), ("3d", 259200), ("3 working days", 259200), ("1.5 h", 5400)],
)
def test_durations_are_read_with_their_unit(text: str, seconds: int) -> None:
    assert parse(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", ["", "60", 60, 1.5, "h", "-5min", "5 bananas", "1h30min", None, True])
def test_what_has_no_clear_unit_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse(value)


@given(st.integers(min_value=0, max_value=10**7))
def test_what_is_spelled_reads_back(seconds: int) -> None:
    assert parse(spell(timedelta(seconds=seconds))) == timedelta(seconds=seconds)
