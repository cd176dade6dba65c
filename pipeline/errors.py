"""Failures, named for what the caller does next.

No message of these exceptions may hold patient data: they carry a reason code and words of our own,
never text from the input and never the message of a library's exception.
"""

from dataclasses import dataclass


class VqrouteError(Exception):
    """Anything this product raises on purpose."""


class Unreadable(VqrouteError):
    """The bytes cannot be used: quarantine them, track them, go on with the rest.

    Attributes:
        reason: a code of `pipeline.domain.reasons`.
        detail: our own words, free of patient data, for the reason file.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class TryAgain(VqrouteError):
    """The environment failed for now (disk full, database busy): keep the input where it is, come back."""


class Refused(VqrouteError):
    """A person asked for something that cannot be done now; the message says why, in words for that person."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the configuration. `line` is 1-based, 0 where no line is to blame."""

    file: str
    line: int
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}"


class Misconfigured(VqrouteError):
    """Wrong use or configuration (exit code 2). Holds every problem found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


class EnvironmentFailed(VqrouteError):
    """The machine cannot carry us (exit code 3): unfixed SQLite, unreadable state folder, state in use."""
