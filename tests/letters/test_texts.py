"""Holds the loading of letter texts to finding every problem at once, and to counting only signatures under today's words."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from pipeline.domain.notice import Letter
from pipeline.errors import Misconfigured, Problem
from pipeline.letters import Approval, SiteFacts, approved_languages, load_texts
from tests.letters.letters import ENGLISH, FOLDER, TEXTS

SOURCE = (FOLDER / "en.toml").read_text("utf-8")


def problems(folder: Path) -> list[Problem]:
    with pytest.raises(Misconfigured) as caught:
        load_texts(folder)
    return caught.value.problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(FOLDER, tmp_path / "letters")
    return tmp_path / "letters"


def change(folder: Path, *changes: tuple[str, str]) -> None:
    text = SOURCE
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    (folder / "en.toml").write_text(text, "utf-8")


def line(needle: str, text: str = SOURCE) -> int:
    return text[: text.index(needle)].count("\n") + 1


def test_the_packaged_words_are_signed_for_the_demo_and_for_nothing_else() -> None:
    assert approved_languages(TEXTS) == {"en"}
    assert approved_languages(TEXTS, live=True) == frozenset()
    signed = TEXTS.approval("en")
    assert signed
    assert "demo only" in signed.note


def test_comments_and_layout_do_not_count_but_every_word_does(folder: Path) -> None:
    (folder / "en.toml").write_text("# reviewed\n" + SOURCE.replace(" = ", "  =  "), "utf-8")
    assert load_texts(folder).languages["en"].sha256 == ENGLISH.sha256
    change(folder, ("Your lung scan was normal.", "Your lung scan was  normal."))
    changed = load_texts(folder)
    assert changed.languages["en"].sha256 != ENGLISH.sha256
    assert approved_languages(changed) == frozenset()
    assert changed.approval("en") is None


@pytest.mark.parametrize(("status", "demo", "live"), [("draft", False, False), ("demo", True, False), ("approved", True, True)])
def test_what_a_signature_is_good_for(status: str, demo: bool, live: bool) -> None:
    signature = {"language": "en", "sha256": ENGLISH.sha256, "reviewer": "R", "date": date(2026, 1, 1), "status": status}
    signed = Approval.model_validate(signature)
    assert (approved_languages(TEXTS, [signed]) == {"en"}) is demo
    assert (approved_languages(TEXTS, [signed], live=True) == {"en"}) is live


def test_a_signature_counts_for_its_own_language_and_words() -> None:
    other = {"reviewer": "R", "date": date(2026, 1, 1), "status": "approved"}
    foreign = Approval.model_validate({"language": "es", "sha256": ENGLISH.sha256, **other})
    stale = Approval.model_validate({"language": "en", "sha256": "0" * 64, **other})
    assert approved_languages(TEXTS, [foreign, stale]) == frozenset()
    assert approved_languages(TEXTS, []) == frozenset()


def test_without_signatures_everything_loads_and_nothing_is_signed(folder: Path) -> None:
    (folder / "approvals.toml").unlink()
    assert approved_languages(load_texts(folder)) == frozenset()


def test_every_problem_is_found_at_once_with_its_line(folder: Path) -> None:
    change(
        folder,
        ('message = "Your lung scan was normal."', 'mesage = "Your lung scan was normal."'),
        ("Your record asks for {wants_language}", "Your record asks for {language_wanted}"),
        ('absent = "PE absent"\n', ""),
        ('direction = "ltr"', 'direction = "sideways"'),
    )
    with (folder / "approvals.toml").open("a", encoding="utf-8") as file:
        file.write('\n[[approval]]\nlanguage = "es"\nsha256 = "x"\nreviewer = ""\ndate = 2026-11-23\nstatus = "approved"\n')
    found = problems(folder)
    said = "\n".join(str(problem) for problem in found)
    text = (folder / "en.toml").read_text("utf-8")
    assert f'en.toml:{line("mesage = ", text)}: there is no letters.normal.mesage; did you mean "message"?' in said
    assert f"en.toml:{line('[letters.normal]', text)}: letters.normal.message is missing" in said
    assert "speaks of {language_wanted}, which is no fact" in said
    assert "direction" in said
    assert "sha256" in said
    assert "reviewer" in said
    assert all(problem.line > 0 for problem in found)
    assert len(found) == 6


@pytest.mark.parametrize(
    ("change_of", "sentence"),
    [
        (('absent = "PE absent"\n', ""), "[terms] absent is missing"),
        (('[letters.withdrawn]\n', '[letters.withdrew]\n'), "withdrew"),
        (("We have to check the report again.", "It said {term}."), "a withdrawal tells no result"),
        (("Your lung scan did not give a clear answer.", "Your lung scan says {term}."), "message would be left out where"),
        (("Your lung scan did not give a clear answer.", "Hello {patient_name}."), "message would be left out where"),
        (("This help is free.", "This help is free {now."), "has a brace that belongs to no {fact}"),
        (("This help is free.", "This help says {term}."), "[help] stands in every letter"),
        (('"coughing up blood",', '"",'), "is empty"),
        (('language = "en"', 'language = "de"'), 'language is "de", but the file is named en.toml'),
        (('date_and_time = "{date} at {time}"', 'date_and_time = "{date}"'), "must hold {date} and {time}"),
        (("version = 1", "version = 0"), "version"),
    ],
)  # fmt: skip
def test_what_would_make_a_wrong_letter_is_refused(folder: Path, change_of: tuple[str, str], sentence: str) -> None:
    change(folder, change_of)
    assert sentence in "\n".join(str(problem) for problem in problems(folder))


def test_a_file_that_is_no_toml_names_its_line(folder: Path) -> None:
    change(folder, ("[sample]", "[sample"))
    (found,) = problems(folder)
    assert found.line == line("[sample]")


def test_no_utf_8_and_no_letters_are_problems_too(folder: Path, tmp_path: Path) -> None:
    (folder / "en.toml").write_bytes(b"\xff\xfe")
    assert "UTF-8" in str(problems(folder)[0])
    (tmp_path / "empty").mkdir()
    assert "holds no letters" in str(problems(tmp_path / "empty")[0])


def test_there_are_words_for_every_letter() -> None:
    assert set(ENGLISH.letters) == set(Letter)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"phone": " "}, "phone is empty"),
        ({"facility": ""}, "facility is empty"),
        ({"emergency_number": ""}, "emergency_number is empty"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"portal_url": "javascript:alert(1)"}, "portal_url"),
        ({"portal_url": "https://a b"}, "portal_url"),
        ({"hear_by_days": 0}, "hear_by_days"),
    ],
)
def test_a_site_without_a_phone_sends_no_letter(wrong: dict[str, str], sentence: str) -> None:
    right: dict[str, str] = {"facility": "H", "phone": "1", "emergency_number": "911", "time_zone": "UTC"}
    SiteFacts(**right)  # type: ignore[arg-type]
    with pytest.raises(Misconfigured, match=sentence):
        SiteFacts(**(right | wrong))  # type: ignore[arg-type]
