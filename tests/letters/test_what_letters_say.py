"""Holds each letter to what it must say and must never say."""

import dataclasses
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.domain.notice import Letter, NoticeType
from pipeline.domain.reading import Category, Grade
from pipeline.letters.document import Role, write
from pipeline.letters.words import plain
from tests.letters.letters import KINDS, TEXTS, document, html, named, text
from tools.gallery import SIGNED, SITE, notice

RESULTS = [letter for letter in Letter if letter is not Letter.WITHDRAWN]


def flat(said: str) -> str:
    return " ".join(said.split())


@pytest.mark.parametrize("letter", Letter)
def test_only_the_normal_letter_says_normal(letter: Letter) -> None:
    for corrected in (False, True) if letter is not Letter.WITHDRAWN else (False,):
        said = text(notice(letter, corrected=corrected)).lower()
        assert ("normal" in said) is (letter is Letter.NORMAL)


def test_the_absent_letter_sends_the_reader_to_the_rest_of_the_report() -> None:
    said = flat(text(notice(Letter.ABSENT)))
    assert "no sign of a blood clot" in said
    assert "The report may also talk about other things that were seen. Ask your care team about them." in said


def test_the_low_letter_says_low_and_not_none() -> None:
    said = flat(text(notice(Letter.LOW)))
    assert "the chance of a blood clot is low" in said
    assert "A low chance is not the same as no chance." in said
    assert "no sign of" not in said


def test_the_nondiagnostic_letter_leans_neither_way() -> None:
    said = flat(text(notice(Letter.NONDIAGNOSTIC)))
    assert "did not give a clear answer" in said
    assert "This does not mean that you have a clot. It also does not mean that you have no clot." in said
    assert not any(leaning in said for leaning in ("likely", " low ", "no sign of", "%"))


def test_the_chronic_letter_speaks_of_old_clots_only() -> None:
    said = flat(text(notice(Letter.POSITIVE_CHRONIC)))
    assert "signs of old blood clots" in said
    assert "new clot" not in said.lower()
    assert "new blood clot" not in said.lower()
    assert "likely" not in said


@pytest.mark.parametrize("letter", [Letter.POSITIVE, Letter.POSITIVE_CHRONIC])
def test_a_letter_about_a_clot_is_never_the_first_to_tell(letter: Letter) -> None:
    said = flat(text(notice(letter)))
    assert "Your care team should have talked with you about this by now." in said
    assert "If no one has talked with you yet, call us" in said


@pytest.mark.parametrize("grade", [None, *Grade])
@pytest.mark.parametrize("category", Category)
def test_a_withdrawal_tells_no_result_whatever_the_notice_holds(category: Category, grade: Grade | None) -> None:
    plain_one = notice(Letter.WITHDRAWN)
    told = dataclasses.replace(plain_one, category=category, grade=grade)
    assert (html(told), text(told)) == (html(plain_one), text(plain_one))
    for said in (html(told), text(told)):
        body = flat(said).lower().split("<body>")[-1]
        assert not any(word in body for word in ("probability", "likely", "normal", "chance", "no sign of", "clear answer", "blood clot"))
    assert "Please do not rely on the letter we sent you" in flat(text(told))
    assert "November 20, 2026 at 8:52 AM" in flat(text(told).replace("\u00a0", " "))


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_every_letter_has_the_same_emergency_box(kind: tuple[Letter, bool, bool]) -> None:
    (box,) = [block for block in document(*kind).blocks if block.role is Role.EMERGENCY]
    (reference,) = [block for block in document(Letter.NORMAL).blocks if block.role is Role.EMERGENCY]
    assert box == reference
    signs = " ".join(plain(item) for item in box.items)
    # Source: research/communication.md 1.5 (NHLBI; fainting, racing heart and leg of the manufacturers' and hospitals' pages).
    assert all(sign in signs for sign in ("trouble breathing", "chest", "coughing up blood", "fast heartbeat", "passing out", "leg"))
    assert "911" in " ".join(plain(line) for line in box.lines)


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_the_main_message_comes_first_and_what_to_do_before_what_the_scan_is(kind: tuple[Letter, bool, bool]) -> None:
    roles = [block.role for block in document(*kind).blocks]
    banner = [Role.CORRECTED] if kind[1] else []
    assert roles[: len(banner) + 3] == [*banner, Role.MEANING, Role.NEXT, Role.EMERGENCY]
    assert roles.count(Role.CORRECTED) == len(banner)
    assert Role.NO_DOCTOR in roles
    assert Role.HELP in roles


@pytest.mark.parametrize("letter", RESULTS)
def test_a_result_letter_says_what_the_scan_is_who_calls_and_where_the_report_is(letter: Letter) -> None:
    said = flat(text(notice(letter)))
    assert "Air (V): where the air goes when you breathe in." in said
    assert "Blood (Q): where the blood flows in your lungs." in said
    assert "Dr. Example Orderer ordered your scan" in said
    assert "You can ask for the full report and the pictures." in said
    assert "https://portal.sampleton.example/" in said
    assert "TTY: 711" in said
    assert "Most people have both parts. Some people need only one." in said


@pytest.mark.parametrize("letter", RESULTS)
def test_contested_and_unrecorded_things_are_not_said(letter: Letter) -> None:
    said = flat(text(notice(letter)))
    # Which scan is better in pregnancy is contested; that a doctor was told needs a recorded acknowledgement.
    assert "CT" not in said
    assert "We told" not in said
    assert "fetus" not in said
    assert "Are you pregnant or breastfeeding? Ask your care team" in said


def test_a_corrected_letter_names_the_letter_that_it_replaces_to_the_minute() -> None:
    said = flat(text(notice(Letter.LOW, corrected=True)).replace("\u00a0", " "))
    assert "It takes the place of our letter with the report date November 20, 2026 at 8:52 AM." in said
    assert "Report date: November 20, 2026 at 11:05 AM" in said


def test_without_the_date_of_the_old_letter_the_banner_still_stands() -> None:
    one = notice(Letter.LOW, corrected=True)
    undated = dataclasses.replace(one, facts=dataclasses.replace(one.facts, replaces_at=None))
    assert "It takes the place of our first letter about this scan." in flat(text(undated))


@pytest.mark.parametrize(
    ("signed", "release", "day"),
    [
        (datetime(2026, 11, 17, 16, 0, tzinfo=UTC), None, "Thursday, November 19, 2026"),
        (datetime(2026, 11, 19, 16, 0, tzinfo=UTC), None, "Monday, November 23, 2026"),  # two days on is a Saturday
        (datetime(2026, 11, 20, 16, 0, tzinfo=UTC), None, "Monday, November 23, 2026"),  # a Sunday
        # 03:00 UTC on the 18th is still the 17th in New York
        (datetime(2026, 11, 18, 3, 0, tzinfo=UTC), None, "Thursday, November 19, 2026"),
        # held for two weeks: a day that is already over helps nobody
        (datetime(2026, 11, 3, 16, 0, tzinfo=UTC), datetime(2026, 11, 17, 16, 0, tzinfo=UTC), "Thursday, November 19, 2026"),
        # the clocks go back on the 1st of November: still two calendar days
        (datetime(2026, 10, 31, 3, 30, tzinfo=UTC), None, "Monday, November 2, 2026"),
    ],
)
def test_the_day_to_have_heard_by_is_a_working_day_of_the_site(signed: datetime, release: datetime | None, day: str) -> None:
    one = notice(Letter.NONDIAGNOSTIC)
    told = dataclasses.replace(one, release_at=release, facts=dataclasses.replace(one.facts, signed_at=signed))
    assert f"Your care team should call you by {day}." in flat(text(told))


@pytest.mark.parametrize("letter", Letter)
def test_a_letter_about_which_little_is_known_has_no_holes(letter: Letter) -> None:
    bare = dataclasses.replace(
        notice(letter, corrected=letter is not Letter.WITHDRAWN),
        release_at=None,
        facts=dataclasses.replace(
            notice(letter).facts, patient_name="", birth_date="", identifier="", exam_at=None, signed_at=None, orderer="", accession=""
        ),
    )
    site = dataclasses.replace(SITE, department="", address="", tty="", portal_url="")
    said = flat(text(bare, site=site))
    assert "{" not in said
    assert "  " not in said
    assert not any(hole in said for hole in (" .", " ,", "by .", "None", "TTY", "portal"))
    assert len(write(bare, site, TEXTS, watermark=False).blocks) == len(write(notice(letter), SITE, TEXTS, watermark=False).blocks) + (
        letter is not Letter.WITHDRAWN
    )


def test_only_the_least_that_identifies_a_person_is_printed() -> None:
    one = notice(Letter.NORMAL)
    for said in (html(one), text(one)):
        assert "Sample Q. Testperson" in said
        assert "1961" in said
        assert "ends in 4217" in said
        assert not any(more in said for more in ("1961-02-03", "February 3", "SAMPLE004217", "SAMPLE-0001"))


def test_dates_are_those_of_the_site() -> None:
    late = datetime(2026, 11, 21, 3, 30, tzinfo=UTC)
    one = notice(Letter.NORMAL)
    told = dataclasses.replace(one, facts=dataclasses.replace(one.facts, exam_at=late - timedelta(hours=1), signed_at=late))
    said = flat(text(told).replace("\u00a0", " "))
    assert "Scan date: November 20, 2026" in said
    assert "Report date: November 20, 2026 at 10:30 PM" in said
    berlin = flat(text(told, site=dataclasses.replace(SITE, time_zone="Europe/Berlin")).replace("\u00a0", " "))
    assert "Report date: November 21, 2026 at 4:30 AM" in berlin


def test_a_patient_whose_language_we_lack_is_offered_an_interpreter() -> None:
    one = notice(Letter.NORMAL)
    asked = dataclasses.replace(one, facts=dataclasses.replace(one.facts, wants_language="vi"))
    assert "Your record asks for Vietnamese, Tiếng Việt. We do not have this letter in that language yet." in flat(text(asked))
    unknown = dataclasses.replace(one, facts=dataclasses.replace(one.facts, wants_language="martian tongue"))
    assert "Your record asks for" not in flat(text(unknown))


@pytest.mark.parametrize(("grade", "term"), [(Grade.VERY_LOW, "very low probability"), (Grade.LOW, "low probability")])
def test_the_readers_own_term_is_quoted(grade: Grade, term: str) -> None:
    assert f"Your report may say “{term}”." in flat(text(dataclasses.replace(notice(Letter.LOW), grade=grade)))


def test_low_as_nondiagnostic_is_told_as_no_answer() -> None:
    told = dataclasses.replace(notice(Letter.NONDIAGNOSTIC), grade=Grade.LOW)
    assert "Your report may say “low probability”. For your scan, this means that the answer is not known yet." in flat(text(told))


def test_the_notice_type_alone_makes_the_banner() -> None:
    assert "This is a new letter" not in text(notice(Letter.LOW))
    assert notice(Letter.LOW, corrected=True).notice_type is NoticeType.CORRECTED
    assert "This is a new letter" in text(notice(Letter.LOW, corrected=True))
    assert SIGNED.tzinfo is not None
