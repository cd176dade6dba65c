"""A line of the table of measurements."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, the figure with its unit, and what it means."""

    name: str
    figure: str
    note: str
