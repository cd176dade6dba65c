"""Holds the JSON beside a letter to its schema and to the letter."""

import dataclasses
import hashlib
import json
from importlib import resources
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pipeline.domain.notice import Letter, NoticeType
from pipeline.domain.reading import Category, Grade
from tests.letters.letters import ENGLISH, KINDS, named, parcel
from tools.gallery import SITE, WORST_SITE, notice

SCHEMA: dict[str, Any] = json.loads(resources.files("pipeline.letters").joinpath("sidecar.schema.json").read_text("utf-8"))
CHECK = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)


def sidecar(letter: Letter = Letter.NORMAL, **facts: Any) -> dict[str, Any]:
    one = notice(letter)
    told = dataclasses.replace(one, facts=dataclasses.replace(one.facts, **facts))
    found: dict[str, Any] = json.loads(parcel(told).files[-1][1])
    return found


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_it_follows_its_schema_and_names_the_files_beside_it(kind: tuple[Letter, bool, bool]) -> None:
    letter, corrected, worst = kind
    made = parcel(notice(letter, corrected=corrected, worst=worst), site=WORST_SITE if worst else SITE, watermark=worst)
    *files, (name, content) = made.files
    assert name.endswith(".json")
    found = json.loads(content)
    CHECK.validate(found)
    assert found["files"] == [
        {"name": other, "media_type": media, "bytes": len(whole), "sha256": hashlib.sha256(whole).hexdigest()}
        for (other, whole), media in zip(files, ["text/html; charset=utf-8", "text/plain; charset=utf-8"], strict=True)
    ]
    assert (found["letter"], found["sample"], found["template_sha256"]) == (letter.value, worst, ENGLISH.sha256)


def test_it_says_what_the_notice_says() -> None:
    found = sidecar(Letter.NONDIAGNOSTIC)
    expected = {
        "accession": "SAMPLE-0001",
        "category": "nondiagnostic",
        "grade": "intermediate",
        "language": "en",
        "report_sha256": "a" * 64,
        "notice_type": "result",
        "letter": "nondiagnostic",
        "delivery_id": "d" * 32,
        "replaces": None,
        "exam_date": "2026-11-20",
        "hear_by": "2026-11-23",
        "wants_language": None,
    }
    assert {key: found[key] for key in expected} == expected
    assert (found["approval"]["status"], found["approval"]["reviewer"]) == ("demo", "vqroute sample site")


def test_a_day_is_named_only_where_the_letter_names_it() -> None:
    assert sidecar(Letter.NORMAL)["hear_by"] is None
    assert sidecar(Letter.WITHDRAWN)["hear_by"] == "2026-11-23"


def test_what_is_not_known_is_null() -> None:
    found = sidecar(exam_at=None, accession="")
    CHECK.validate(found)
    assert (found["exam_date"], found["accession"]) == (None, "")


def test_the_scan_date_is_the_sites() -> None:
    assert sidecar()["exam_date"] == "2026-11-20"
    tokyo = parcel(notice(Letter.NORMAL), site=dataclasses.replace(SITE, time_zone="Pacific/Kiritimati")).files[-1][1]
    assert json.loads(tokyo)["exam_date"] == "2026-11-21"


def test_keys_are_sorted_and_text_is_utf_8() -> None:
    one = notice(Letter.NORMAL)
    content = parcel(dataclasses.replace(one, facts=dataclasses.replace(one.facts, accession="Ä-1 \u202e\ud800"))).files[-1][1]
    found = json.loads(content)
    assert list(found) == sorted(found)
    assert "Ä-1" in content.decode("utf-8")
    assert content.endswith(b"}\n")


def test_the_schema_knows_every_word_of_the_domain() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    known = SCHEMA["properties"]
    assert set(known["letter"]["enum"]) == set(Letter)
    assert set(known["notice_type"]["enum"]) == set(NoticeType)
    assert set(known["category"]["enum"]) == set(Category)
    assert set(known["grade"]["enum"]) == {*Grade, None}
    assert set(SCHEMA["required"]) == set(known)
