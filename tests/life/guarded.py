"""Rules for what other parts of the product build; each begins to run on the day that its method or reader is there."""

from tests.life.machine import Life


class LifeWithEverything(Life):
    """The machine with every rule that this version of the product can answer."""
