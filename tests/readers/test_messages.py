"""Files into messages, messages into segments: framing, batches, line ends, delimiters, character sets, times."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.arrival import Kind, Rejection
from pipeline.domain.report import Report
from pipeline.formats import hl7v2
from pipeline.readers import read, sniff
from tests.readers.making import CONFIG, NORMAL, OBR4, PID, message, msh, obr, obx, one, report, site, vq

PLAIN = vq()


@pytest.mark.parametrize(
    "content",
    [
        PLAIN,
        PLAIN.replace(b"\r", b"\n"),
        PLAIN.replace(b"\r", b"\r\n"),
        PLAIN.replace(b"\r", b"\r\r\n"),
        b"\xef\xbb\xbf" + PLAIN,
        b"\x0b" + PLAIN + b"\x1c\r",
        b"\x0b" + PLAIN + b"\x1c\r\n--- 2025-03-04 spooled 1 msg, 0 errors, status normal ---\n",
        PLAIN + b"\n--- 2025-03-04 spooled 1 msg ---\n",
        b"2025-03-04 02:11 received from port 2575\r\n" + PLAIN,
        b"received: " + PLAIN,
        b"\r\n\r\n  " + PLAIN + b"\r\n\r\n\x00\x00\x1a",
        PLAIN.rstrip(b"\r"),
        PLAIN.decode().encode("utf-16"),
        PLAIN.decode().encode("utf-16-le"),
    ],
)
def test_the_same_report_in_every_wrapping(content: bytes) -> None:
    found = report(content)
    assert sniff(content) is Kind.HL7_ORU
    assert (found.text, found.problems, found.status.value, found.accession) == (NORMAL, (), "final", "HR25-118820")


def test_framing_is_no_part_of_the_messages_hash_or_body() -> None:
    bare = one(PLAIN)
    for wrapped in (b"\x0b" + PLAIN + b"\x1c\r", b"\xef\xbb\xbf" + PLAIN, b"\r\n" + PLAIN + b"\r\n"):
        assert (one(wrapped).content_hash, one(wrapped).body) == (bare.content_hash, PLAIN)


def test_any_delimiters() -> None:
    odd = PLAIN.translate(bytes.maketrans(b"|^~\\&", b"$@!%*"))
    assert (report(odd).text, report(odd).blocks[0].section) == (NORMAL, "impression")


def test_a_line_that_is_no_segment_continues_the_field_before_it() -> None:
    found = report(vq(obx("First line\rsecond: line\r\rIMP|third"), obx("next")))
    assert found.text == "First line\nsecond: line\n\nIMP|third\nnext" or found.problems
    assert "second: line" in found.text


def test_line_feeds_inside_text_between_carriage_returns() -> None:
    assert report(vq(obx("There is no\nevidence of PE.\n\nEnd."))).text == "There is no\nevidence of PE.\n\nEnd."


def test_lower_case_and_indented_segments() -> None:
    content = PLAIN.replace(b"\rPID|", b"\rpid|").replace(b"\rOBX|", b"\r  OBX|")
    assert report(content).text == NORMAL


def test_site_segments_anywhere() -> None:
    content = message(
        msh(), "ZPT|x", PID, "PV1|1|I", "ZV1|1", "ORC|RE||HR25-118820", obr(), "ZRD|a", obx("No"), "ZZZ|b", obx("PE."), "ZBL|1"
    )
    assert report(content).text == "No\nPE."


BATCH = (
    message("FHS|^~\\&|A|B", "BHS|^~\\&|A|B", msh(f10="1"), PID, obr(accession="A1"), obx("One."))
    + message(msh(f10="2"), PID, obr(accession="A2"), obx("Two."))
    + message(msh(f10="3"), PID, obr(accession="A3"), obx("Three."), "BTS|3", "FTS|1")
)


def test_a_batch_gives_each_message_on_its_own() -> None:
    arrivals = read(BATCH, CONFIG)
    reports = [arrival.what for arrival in arrivals]
    assert [arrival.ordinal for arrival in arrivals] == [1, 2, 3]
    assert [(r.accession, r.text, r.problems) for r in reports if isinstance(r, Report)] == [
        ("A1", "One.", ()),
        ("A2", "Two.", ()),
        ("A3", "Three.", ()),
    ]
    assert one(message(msh(f10="2"), PID, obr(accession="A2"), obx("Two."))).content_hash == arrivals[1].content_hash


@pytest.mark.parametrize(
    "broken",
    [
        b"MSH\r",
        b"MSH|\rPID|1||9\r",
        b"MSH|^~\\&|X\r",
        b"MSH|^~\\&|A|B|||||ORU^R01|9|P|2.3\rOBX|1|TX|&IMP||PE",
        b"MSH|^~\\&|A|B|||||ORU^R01|9\r\xff\xfe\x00\r",
    ],
)
def test_one_bad_record_never_hurts_its_neighbours(broken: bytes) -> None:
    first, second = (
        message(msh(f10="1"), PID, obr(accession="A1"), obx("One.")),
        message(msh(f10="2"), PID, obr(accession="A2"), obx("Two.")),
    )
    arrivals = read(first + broken + b"\r" + second, CONFIG)
    good = [arrival.what for arrival in (arrivals[0], arrivals[-1])]
    assert [(r.text, r.problems) for r in good if isinstance(r, Report)] == [("One.", ()), ("Two.", ())]
    assert len(arrivals) == 3
    assert not isinstance(arrivals[1].what, Report)


def test_frames_in_a_row_are_messages_each() -> None:
    content = b"".join(b"\x0b" + message(msh(f10=str(n)), PID, obr(accession=f"A{n}"), obx("x y.")) + b"\x1c\r" for n in range(4))
    assert [arrival.what.accession for arrival in read(content, CONFIG) if isinstance(arrival.what, Report)] == ["A0", "A1", "A2", "A3"]


def test_a_batch_that_lost_messages_says_so() -> None:
    arrivals = read(BATCH.replace(b"BTS|3", b"BTS|5"), CONFIG)
    assert len(arrivals) == 4
    assert isinstance(arrivals[3].what, Rejection)
    assert arrivals[3].what.maybe_vq


@pytest.mark.parametrize(
    ("declared", "codec", "problems"),
    [
        ("UNICODE UTF-8", "utf-8", ()),
        ("8859/1", "iso8859-1", ()),
        ("8859/15", "iso8859-15", ()),
        ("8859/2", "iso8859-2", ()),
        ("ISO IR100", "iso8859-1", ()),
        ("CP1252", "cp1252", ()),
        ("WINDOWS-1252", "cp1252", ()),
        ("ISO-8859-1", "iso8859-1", ()),
        ("GB 18030-2000", "gb18030", ()),
        ("UNICODE UTF-8~ISO IR87", "utf-8", ()),
        ("", "utf-8", ("charset-assumed",)),
        ("", "cp1252", ("charset-assumed",)),
        ("ASCII", "utf-8", ("charset-assumed",)),
        ("KLINGON", "cp1252", ("charset-assumed",)),
    ],
)
def test_character_sets(declared: str, codec: str, problems: tuple[str, ...]) -> None:
    content = vq(pid=PID.replace("ABARA", "Szőke" if codec == "iso8859-2" else "Björk"), header=msh(f18=declared)).decode().encode(codec)
    found = report(content)
    assert found.patient.name is not None
    assert (found.patient.name.family, found.problems) == ("Szőke" if codec == "iso8859-2" else "Björk", problems)


def test_the_sites_own_character_set_for_undeclared_bytes() -> None:
    content = vq(pid=PID.replace("ABARA", "Szőke"), header=msh(f18="")).decode().encode("cp1250")
    name = report(content, site(charset="cp1250")).patient.name
    assert name is not None
    assert name.family == "Szőke"


def test_bytes_that_the_declared_set_lacks_hold_the_letter_and_are_never_dropped() -> None:
    content = vq(pid=PID.replace("ABARA", "Bj~rk")).replace(b"Bj~rk", b"Bj\xf6rk")
    found = report(content)
    assert found.problems == ("charset-undecodable",)
    assert found.patient.name is not None
    assert found.patient.name.family == "Bj\ufffdrk"


def test_undecodable_bytes_outside_names_and_text_do_not_hold() -> None:
    assert report(vq(pid=PID + "|||1 Stra~e").replace(b"~", b"\xdf")).problems == ("charset-assumed",)


def test_japanese_with_escape_sequences() -> None:
    content = vq(pid=PID.replace("ABARA", "山田"), header=msh(f18="ISO IR87")).decode().encode("iso2022_jp")
    name = report(content).patient.name
    assert name is not None
    assert name.family == "山田"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("20250422164501-0400", datetime(2025, 4, 22, 20, 45, 1, tzinfo=UTC)),
        ("20250422164501.1234+0530", datetime(2025, 4, 22, 11, 15, 1, 123400, tzinfo=UTC)),
        ("202504221645", datetime(2025, 4, 22, 20, 45, tzinfo=UTC)),
        ("2025042216", datetime(2025, 4, 22, 20, 0, tzinfo=UTC)),
        ("20250115", datetime(2025, 1, 15, 5, 0, tzinfo=UTC)),
        ("2025-04-22T16:45:01-04:00", datetime(2025, 4, 22, 20, 45, 1, tzinfo=UTC)),
        ("20251102013000", datetime(2025, 11, 2, 5, 30, tzinfo=UTC)),
        ("20250309023000", datetime(2025, 3, 9, 7, 30, tzinfo=UTC)),
        ("202504", None),
        ("2025", None),
        ("20251301", None),
        ("20250422996000", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_times(raw: str, expected: datetime | None) -> None:
    found = hl7v2.moment(raw, ZoneInfo("America/New_York"))
    assert (found.at if found else None) == expected


def test_times_without_offset_take_that_of_msh_7_then_the_sources_zone() -> None:
    local = PLAIN.replace(b"20250422143000-0400", b"20250422143000")
    assert report(local).observed_at == datetime(2025, 4, 22, 18, 30, tzinfo=UTC)
    assert report(local.replace(b"164501-0400", b"164501"), site(time_zone="Europe/Berlin")).observed_at == datetime(
        2025, 4, 22, 12, 30, tzinfo=UTC
    )


def test_a_bare_sign_date_on_the_day_of_sending_counts_as_the_time_of_sending() -> None:
    found = report(PLAIN.replace(b"20250422164400-0400", b"20250422"))
    assert found.signed_at == found.message_at
    assert report(PLAIN.replace(b"20250422164400-0400", b"20250420")).signed_at == datetime(2025, 4, 20, 4, 0, tzinfo=UTC)


def test_days() -> None:
    assert [hl7v2.day(text) for text in ("19750628", "1975-06-28", "197506", "19750231", "")] == [
        date(1975, 6, 28),
        date(1975, 6, 28),
        None,
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("content", "reason", "kind"),
    [
        (b"", "empty-file", Kind.OTHER),
        (b"\r\n \n", "empty-file", Kind.OTHER),
        (b"Lung scan: no PE.", "unknown-format", Kind.OTHER),
        (b"%PDF-1.7 ...", "unknown-format", Kind.OTHER),
        (b"PID|1||1\rOBR|1||2\rOBX|1|TX|&IMP||x", "broken-hl7", Kind.HL7_OTHER),
        (b"FHS|^~\\&|A\rBHS|^~\\&|A\rBTS|0\rFTS|0\r", "broken-hl7", Kind.HL7_OTHER),
        (b"MSH|^~\\&|A|B|C|D|20250101||ORU^R01|1|P|2.3\rPID|1||", "no-identity", Kind.HL7_ORU),
        (message(msh(f9=""), "EVN|1"), "broken-hl7", Kind.HL7_OTHER),
        (message(msh(), PID), "broken-hl7", Kind.HL7_ORU),
        (message(msh(), "PID|1|||||||F", obr(), obx(NORMAL)), "no-identity", Kind.HL7_ORU),
        (message(msh(), 'PID|1||""||""^""||""|F', obr(), obx(NORMAL)), "no-identity", Kind.HL7_ORU),
        (message(msh(), obr(), obx(NORMAL)), "no-identity", Kind.HL7_ORU),
        (message(msh(), "PID|1|||||||F", obr(exam="71046^XR CHEST", f24="CR"), obx("Clear.")), "no-identity", Kind.HL7_ORU),
    ],
)
def test_rejections(content: bytes, reason: str, kind: Kind) -> None:
    arrival = one(content)
    assert isinstance(arrival.what, Rejection)
    assert (arrival.what.reason, arrival.kind) == (reason, kind)


def test_limits() -> None:
    small = CONFIG.model_copy(update={"limits": CONFIG.limits.model_copy(update={"max_message_bytes": 300, "max_segments": 3})})
    assert one(vq(obx("x" * 400)), small).what == Rejection("too-large", "a message larger than the limit", maybe_vq=True)
    few = CONFIG.model_copy(update={"limits": CONFIG.limits.model_copy(update={"max_segments": 3})})
    assert isinstance(one(vq(obx("a"), obx("b")), few).what, Rejection)


def failed(content: bytes) -> bool:
    arrivals = read(content, CONFIG)
    assert arrivals
    return any(isinstance(arrival.what, Rejection) and arrival.what.reason == "failed-inside" for arrival in arrivals)


@given(st.binary(max_size=300))
def test_noise_never_raises(noise: bytes) -> None:
    assert not failed(noise)
    assert sniff(noise) in Kind


@given(st.integers(0, len(PLAIN)), st.binary(max_size=8), st.integers(0, 12))
def test_damage_anywhere_never_raises(at: int, noise: bytes, cut: int) -> None:
    assert not failed(PLAIN[:at] + noise + PLAIN[at + cut :])


def test_a_message_cut_anywhere_is_never_a_whole_final_report() -> None:
    whole = vq(obx("Findings.", code="78582&GDT"), obx(NORMAL))
    for length in range(len(whole)):
        what = read(whole[:length], CONFIG)[0].what
        if isinstance(what, Report) and what.status.value == "final" and not what.problems:
            # Cut exactly between two segments: no part of an impression, which the reading then misses.
            assert what.text in (f"Findings.\n{NORMAL}", "Findings.", "")


def test_large_messages_are_read_in_linear_time() -> None:
    many = vq(*(obx(f"Line {number} of a long report", code="78582&GDT") for number in range(20_000)), obx(NORMAL))
    assert report(many).text.endswith(NORMAL)
    for hostile in (
        b"MSH|^~\\&" * 50_000,
        b"MSH|^~\\&|" + b"\n" * 500_000,
        PLAIN + b"OBX" * 200_000,
        PLAIN + b"\nBTS" * 100_000,
        PLAIN + b"\nline" * 100_000,
    ):
        assert not failed(hostile)


def test_obr4_is_what_the_tests_think() -> None:
    assert OBR4.encode() in PLAIN
