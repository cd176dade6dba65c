"""`make demo` fails when anything differs from what it should be."""

import json
from pathlib import Path
from typing import Any

from tools.demo import check


def samples(place: Path, messages: list[dict[str, Any]]) -> Path:
    (place / "one.hl7").write_bytes(b"MSH|")
    (place / "one.expected.json").write_text(json.dumps({"about": "a sample", "messages": messages}))
    return place


def row(place: Path, **changes: Any) -> dict[str, Any]:
    return {"source": str(place / "one.hl7"), "outcome": "read", "category": "negative", "grade": "normal", **changes}


def test_equal_is_right(tmp_path: Path) -> None:
    place = samples(tmp_path, [{"outcome": "read", "category": "negative"}])
    (item,) = check(place, [row(place)])
    assert (item.file, item.what, item.wrong) == ("one.hl7", "a sample", ())


def test_another_value_is_wrong_and_says_which(tmp_path: Path) -> None:
    place = samples(tmp_path, [{"outcome": "read", "category": "positive"}])
    (item,) = check(place, [row(place)])
    assert item.wrong == ("category: 'negative', should be 'positive'",)


def test_a_key_that_nobody_printed_is_wrong(tmp_path: Path) -> None:
    place = samples(tmp_path, [{"notice_colour": None, "category": "negative"}])
    (item,) = check(place, [row(place)])
    assert item.wrong


def test_a_missing_and_an_extra_message_are_wrong(tmp_path: Path) -> None:
    place = samples(tmp_path, [{"category": "negative"}])
    assert check(place, [])[0].wrong
    assert [bool(item.wrong) for item in check(place, [row(place), row(place)])] == [False, True]


def test_a_file_without_expectation_is_wrong(tmp_path: Path) -> None:
    place = samples(tmp_path, [{"category": "negative"}])
    stranger = row(place) | {"source": str(place / "two.hl7")}
    assert [item.file for item in check(place, [row(place), stranger]) if item.wrong] == ["two.hl7"]
