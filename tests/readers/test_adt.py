"""What an ADT message says about people, and what stays not for us."""

from datetime import UTC, datetime

import pytest

from pipeline.domain.arrival import Arrival, NotForUs, PatientChange, PatientEvent, Rejection
from pipeline.domain.identity import Identifier
from pipeline.readers import read
from tests.readers.making import CONFIG, PID, message, msh, site

PID2 = "PID|1||77^^^HARLOW^MR||ROWAN^IDA||19700101|F"


def adt(event: str, *segments: str, evn: str = "EVN||20250422120000-0400", **fields: str) -> bytes:
    return message(msh(f9=f"ADT^{event}", **fields), evn, *segments)


def heard(content: bytes) -> list[PatientChange]:
    arrivals = read(content, CONFIG)
    assert all(isinstance(one.what, NotForUs) and one.what.reason == "not-a-result" for one in arrivals)
    return [one.what.news for one in arrivals if isinstance(one.what, NotForUs) and isinstance(one.what.news, PatientChange)]


@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A35", "A36", "A40^ADT_A39", "A46", "A47"])
def test_a_merge_retires_mrg_1(event: str) -> None:
    (news,) = heard(adt(event, PID, "MRG|99^^^HARLOW^MR"))
    assert news.event is PatientEvent.MERGE
    assert news.prior == (Identifier("99", "HARLOW", "MR"),)
    assert news.patient.identifiers == (Identifier("4471902", "HARLOW", "MR"),)
    assert news.said_at == datetime(2025, 4, 22, 16, 0, tzinfo=UTC)
    assert news.certain


def test_several_merges_of_one_message_are_several_arrivals_of_their_own() -> None:
    content = adt("A40", PID, "PD1|", "MRG|99^^^HARLOW^MR", PID2, "MRG|88^^^HARLOW^MR~87^^^HARLOW^MR")
    arrivals = read(content, CONFIG)
    assert [one.ordinal for one in arrivals] == [1, 2]
    assert len({one.content_hash for one in arrivals}) == 2
    assert arrivals == read(content, CONFIG)
    first, second = heard(content)
    assert [one.value for one in first.prior] == ["99"]
    assert [one.value for one in second.prior] == ["88", "87"]
    assert second.patient.identifiers[0].value == "77"


@pytest.mark.parametrize(
    "merge",
    [
        adt("A40", PID),
        adt("A40", PID, "MRG|"),
        adt("A40", PID, "MRG|99^^^CLINIC^MR"),
        adt("A40", PID, "MRG|99^^^HARLOW^AN"),
        adt("A44", PID, "MRG|99^^^HARLOW^MR"),
    ],
    ids=["no MRG", "empty MRG-1", "another authority", "the number of a visit", "an account moves"],
)
def test_a_merge_that_does_not_say_who_has_become_whom_is_no_certain_one(merge: bytes) -> None:
    (news,) = heard(merge)
    assert (news.event, news.certain) == (PatientEvent.MERGE, False)


@pytest.mark.parametrize("event", ["A40", "A44"])
def test_a_number_into_itself_merges_nobody(event: str) -> None:
    (news,) = heard(adt(event, PID, "MRG|4471902^^^HARLOW^MR"))
    assert news.event is PatientEvent.UPDATE


@pytest.mark.parametrize("segments", [(PID, PID2), (PID, "MRG|77^^^HARLOW^MR")])
def test_an_unlink_names_two_people(segments: tuple[str, ...]) -> None:
    (news,) = heard(adt("A37", *segments))
    assert news.event is PatientEvent.UNMERGE
    assert [one.value for one in news.prior] == ["77"]
    assert news.patient.identifiers[0].value == "4471902"


@pytest.mark.parametrize(
    "content",
    [
        adt("A01", PID),
        adt("A04", f'{PID}{"|" * 21}""|""'),
        adt("A24", PID, PID2),
        adt("A40", PID, "MRG|99^^^HARLOW^MR", f11="T"),
        adt("A08", PID, f11="P^A"),
        adt("A08", "PID|1||||ROWAN^IDA"),
        adt("A37", PID),
        adt("A08"),
        message(msh(f9="ORM^O01"), PID),
        message(msh(f9="ADT"), PID),
    ],
    ids=["admission", "deleted death", "link", "test", "archive", "nobody's number", "one alone", "no PID", "order", "no event"],
)
def test_this_is_no_news(content: bytes) -> None:
    assert heard(content) == []
    assert len(read(content, CONFIG)) == 1


@pytest.mark.parametrize(("event", "end"), [("A01", "\r"), ("A03", "\n"), ("A08", "\r\n")])
@pytest.mark.parametrize(("died", "deceased", "revived"), [("20250401|", True, False), ("|Y", True, False), ("|N", False, True)])
def test_a_death_is_news_in_every_event(event: str, end: str, died: str, deceased: bool, revived: bool) -> None:
    (news,) = heard(message(msh(f9=f"ADT^{event}"), f"{PID}{'|' * 21}{died}", end=end))
    assert (news.event, news.patient.deceased, news.revived) == (PatientEvent.UPDATE, deceased, revived)
    assert news.said_at == datetime(2025, 4, 22, 20, 45, 1, tzinfo=UTC), "MSH-7 where there is no EVN-2"


def test_the_event_may_stand_in_evn_alone() -> None:
    (news,) = heard(message(msh(f9="ADT"), "EVN|A08|20250422120000-0400", PID))
    assert news.event is PatientEvent.UPDATE


def test_authorities_go_by_their_aliases_and_times_by_the_zone_of_the_source() -> None:
    config = site(authority="HARLOW", time_zone="America/New_York").model_copy(update={"authorities": {"H2": "HARLOW"}})
    content = message(msh(f9="ADT^A40", f7="20250422120000"), PID, "MRG|99^^^H2^MR~98")
    (arrival,) = read(content, config)
    assert isinstance(arrival, Arrival)
    assert isinstance(arrival.what, NotForUs)
    news = arrival.what.news
    assert isinstance(news, PatientChange)
    assert {one.authority for one in news.prior} == {"HARLOW"}
    assert news.certain
    assert news.said_at == datetime(2025, 4, 22, 16, 0, tzinfo=UTC)


def test_what_cannot_be_parsed_is_no_silence() -> None:
    tight = CONFIG.model_copy(update={"limits": CONFIG.limits.model_copy(update={"max_segments": 1})})
    (arrival,) = read(adt("A40", PID, "MRG|99^^^HARLOW^MR"), tight)
    assert isinstance(arrival.what, Rejection)
    assert arrival.what.reason == "too-large"


def test_a_retired_number_without_authority_may_be_one_of_the_survivors() -> None:
    (arrival,) = read(adt("A40", PID, "MRG|99").replace(b"HARLOW^MR", b"ELSEWHERE^MR"), CONFIG)
    assert isinstance(arrival.what, NotForUs)
    news = arrival.what.news
    assert isinstance(news, PatientChange)
    assert not news.certain
    assert "ELSEWHERE" in {one.authority for one in news.prior}
    assert len(news.prior) == 2
