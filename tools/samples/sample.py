"""One sample: the bytes of a file, and what must come of it."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Expect:
    """The outcome of one message in `vqroute replay sample_data`, mode demo, files in sorted order.

    `explain` holds what differs when the message is looked at alone, as `vqroute explain` does.
    """

    outcome: str
    category: str | None = None
    grade: str | None = None
    chronic: bool = False
    notice: str = "never"
    follow_up: str | None = None
    report_status: str | None = None
    explain: tuple[tuple[str, Any], ...] = ()

    def row(self) -> dict[str, Any]:
        names = ("outcome", "category", "grade", "chronic", "notice", "follow_up", "report_status")
        row: dict[str, Any] = {name: getattr(self, name) for name in names}
        return row | ({"explain": dict(self.explain)} if self.explain else {})


@dataclass(frozen=True)
class Sample:
    """`name` is the file name: its number, what it is, and for the versions of one exam their order."""

    name: str
    about: str
    content: bytes
    expected: tuple[Expect, ...]

    @property
    def expected_name(self) -> str:
        return self.name.rpartition(".")[0] + ".expected.json"

    @property
    def expected_content(self) -> bytes:
        body = {"about": self.about, "messages": [expect.row() for expect in self.expected]}
        return (json.dumps(body, indent=2, ensure_ascii=False) + "\n").encode()


def negative(grade: str, **more: Any) -> Expect:
    return _read("negative", grade, "release", None, more)


def nondiagnostic(grade: str, **more: Any) -> Expect:
    return _read("nondiagnostic", grade, "release", "indeterminate", more)


def positive(grade: str, **more: Any) -> Expect:
    return _read("positive", grade, "hold", "positive", more)


def review(follow_up: str = "unreadable", **more: Any) -> Expect:
    return _read("review", None, "hold", follow_up, more)


def _read(category: str, grade: str | None, notice: str, follow_up: str | None, more: dict[str, Any]) -> Expect:
    explain = more.pop("explain", {})
    values: dict[str, Any] = {"notice": notice, "follow_up": follow_up, "report_status": "final"} | more
    return Expect("read", category, grade, explain=tuple(explain.items()), **values)


STUDY = Expect("study")
NOT_VQ = Expect("not_vq")
REJECTED = Expect("rejected", follow_up="rejected")
