"""Who ordered: name and id from OBR-16, else ORC-12; the attending (PV1-7) only as an id."""

import pytest

from pipeline.domain.identity import PersonName
from pipeline.formats.hl7text import Delimiters
from pipeline.readers.oru_people import People


class _Plain:
    """As much of a message as People needs to read a person."""

    delimiters = Delimiters("|", "^", "~", "\\", "&")

    def text(self, raw: str) -> str:
        return raw


DORA = PersonName("Quill", "Dora")


@pytest.mark.parametrize(
    ("ordered", "attending", "found"),
    [
        (["9001^Quill^Dora", "7^Else^Eve"], ["5"], (DORA, "9001")),
        (["", "9001^Quill^Dora"], [], (DORA, "9001")),
        (["9001", "9001^Quill^Dora"], [], (DORA, "9001")),
        (["9001", ""], ["5^Attend^Al"], (None, "9001")),
        (["Dora Quill"], [], (PersonName("Dora Quill"), "")),
        (["", ""], ["5^Attend^Al"], (None, "5")),
        ([""], [], (None, "")),
    ],
)
def test_who_ordered(ordered: list[str], attending: list[str], found: tuple[PersonName | None, str]) -> None:
    assert People(_Plain(), "A", {}).orderer(ordered, attending) == found  # type: ignore[arg-type]
