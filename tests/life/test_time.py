"""Time on the wire (issue 4, item 10): what a sender writes is one moment, whatever the zone of the machine that reads it."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from pipeline.domain.instance import Instance
from pipeline.domain.report import Report
from pipeline.formats.hl7v2 import moment
from tests.docs.pages import ROOT
from tests.life import wire
from tests.readers.making import CONFIG, MAA, message, msh, nm, obr, obx, one, report, site, structured, text_item, written
from tests.readers.making import PID as WHO
from tests.readers.making import code as coded

CHICAGO = ZoneInfo("America/Chicago")
"""The sample site's zone: UTC-6 in winter, UTC-5 in summer; 2026 from 8 March to 1 November."""


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("text", "moment_in_utc"),
    [
        ("20260302115000", at(2026, 3, 2, 17, 50)),
        ("202603021150", at(2026, 3, 2, 17, 50)),
        ("2026030211", at(2026, 3, 2, 17)),
        ("20260702115000", at(2026, 7, 2, 16, 50)),
        ("20260302115000-0500", at(2026, 3, 2, 16, 50)),
        ("20260302115000+0000", at(2026, 3, 2, 11, 50)),
        ("20260302115000+0530", at(2026, 3, 2, 6, 20)),
        ("20260302115000-0330", at(2026, 3, 2, 15, 20)),
        ("20260302115000.25", at(2026, 3, 2, 17, 50, 0, 250_000)),
        ("20260302115000.1234567-0600", at(2026, 3, 2, 17, 50, 0, 123_456)),
        ("2026-03-02T11:50:00Z", at(2026, 3, 2, 11, 50)),
        ("2026-03-02 11:50:00.5+01:00", at(2026, 3, 2, 10, 50, 0, 500_000)),
        # A leap second is the last second of its minute.
        ("20161231235960+0000", at(2016, 12, 31, 23, 59, 59)),
        # 2:30 on 8 March never was: read with the offset before the change, as 3:30 summer time.
        ("20260308023000", at(2026, 3, 8, 8, 30)),
        ("20260308015959", at(2026, 3, 8, 7, 59, 59)),
        ("20260308030000", at(2026, 3, 8, 8)),
        # 1:30 on 1 November was twice: the first, unless the offset says which.
        ("20261101013000", at(2026, 11, 1, 6, 30)),
        ("20261101013000-0500", at(2026, 11, 1, 6, 30)),
        ("20261101013000-0600", at(2026, 11, 1, 7, 30)),
        ("20261101020000", at(2026, 11, 1, 8)),
    ],
)
def test_one_moment(text: str, moment_in_utc: datetime) -> None:
    found = moment(text, CHICAGO)
    assert found
    assert (found.at, found.whole_day) == (moment_in_utc, False)
    assert found.at.tzinfo is UTC


@pytest.mark.parametrize("text", ["20260302", "2026-03-02"])
def test_a_date_alone_is_local_midnight_and_says_so(text: str) -> None:
    found = moment(text, CHICAGO)
    assert found
    assert (found.at, found.whole_day) == (at(2026, 3, 2, 6), True)


@pytest.mark.parametrize(
    "text", ["", "2026", "202603", "20260230", "20260302250000", "20260302115099", "20260302115000+9900", "yesterday", '""']
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert moment(text, CHICAGO) is None


def signed(signed_at: str, sent_at: str, **source: object) -> tuple[datetime | None, datetime | None]:
    found = report(message(msh(f7=sent_at), WHO, obr(f22=signed_at), obx("No evidence of pulmonary embolism.")), site(**source))
    return found.signed_at, found.message_at


@pytest.mark.parametrize(
    ("signed_at", "sent_at", "source", "expected"),
    [
        # the offset of MSH-7 is the message's default
        ("20260302115000", "20260302120000-0500", {}, at(2026, 3, 2, 16, 50)),
        ("20260302115000", "20260302120000+0100", {}, at(2026, 3, 2, 10, 50)),
        ("20260302115000", "2026-03-02T12:00:00-05:00", {}, at(2026, 3, 2, 16, 50)),
        ("20260302115000", "2026-03-02T17:00:00Z", {}, at(2026, 3, 2, 11, 50)),
        ("20260302115000-0800", "20260302120000-0500", {}, at(2026, 3, 2, 19, 50)),
        # else the source's zone, else the site's
        ("20260302115000", "20260302120000", {"time_zone": "America/New_York"}, at(2026, 3, 2, 16, 50)),
        ("20260302115000", "20260302120000", {}, at(2026, 3, 2, 17, 50)),
        ("20260302115000", "20260302120000-0700", {"time_zone": "America/New_York"}, at(2026, 3, 2, 18, 50)),
    ],
)
def test_whose_zone_counts(signed_at: str, sent_at: str, source: dict[str, object], expected: datetime) -> None:
    assert signed(signed_at, sent_at, **source)[0] == expected


def test_an_offset_that_is_none_is_no_default() -> None:
    assert signed("20260302115000", "20260302120000-9900")[0] == at(2026, 3, 2, 17, 50)


def test_a_bare_sign_date_on_the_day_of_sending_gives_way_to_the_time_of_sending() -> None:
    assert signed("20260302", "20260302120000") == (at(2026, 3, 2, 18), at(2026, 3, 2, 18))
    assert signed("20260301", "20260302120000") == (at(2026, 3, 1, 6), at(2026, 3, 2, 18))


def test_a_sign_time_in_the_hour_that_occurs_twice_does_not_sort_before_what_was_sent_earlier() -> None:
    """Signed and sent in the second 1:xx of 1 November, both without offset: they are read alike, so their order stays."""
    first, later = signed("20261101013000", "20261101013100"), signed("20261101014500", "20261101014600")
    for earlier, after in zip(first, later, strict=True):
        assert earlier
        assert after
        assert earlier < after


def sr_signed(**values: Any) -> datetime | None:
    made = structured(text_item(coded("121071", "DCM", "Finding"), "No evidence of pulmonary embolism."), **values)
    what = one(written(made)).what
    assert isinstance(what, Report)
    return what.signed_at


def verifier(when: str) -> Sequence:
    item = Dataset()
    item.VerificationDateTime, item.VerifyingObserverName = when, "Sample^Reader"
    return Sequence([item])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, at(2025, 4, 22, 21, 44)),
        ({"TimezoneOffsetFromUTC": "-0400"}, at(2025, 4, 22, 20, 44)),
        ({"TimezoneOffsetFromUTC": "+0530"}, at(2025, 4, 22, 11, 14)),
        ({"TimezoneOffsetFromUTC": "nonsense"}, at(2025, 4, 22, 21, 44)),
        ({"VerifyingObserverSequence": verifier("20250422170000")}, at(2025, 4, 22, 22)),
        ({"VerifyingObserverSequence": verifier("20250422170000-0400")}, at(2025, 4, 22, 21)),
        # (0008,0201) speaks for the whole file, its sequences too.
        ({"VerifyingObserverSequence": verifier("20250422170000"), "TimezoneOffsetFromUTC": "-0400"}, at(2025, 4, 22, 21)),
        ({"VerifyingObserverSequence": verifier("20250422170000-0700"), "TimezoneOffsetFromUTC": "-0400"}, at(2025, 4, 23, 0)),
    ],
)
def test_when_a_structured_report_was_signed(values: dict[str, object], expected: datetime) -> None:
    assert sr_signed(**values) == expected


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"AcquisitionDateTime": "20260302093000"}, at(2026, 3, 2, 15, 30)),
        ({"AcquisitionDateTime": "20260302093000.500000-0500"}, at(2026, 3, 2, 14, 30, 0, 500_000)),
        ({"AcquisitionDateTime": "20260302093000", "TimezoneOffsetFromUTC": "-0500"}, at(2026, 3, 2, 14, 30)),
        ({"AcquisitionDate": "20260302", "AcquisitionTime": "093000.25"}, at(2026, 3, 2, 15, 30, 0, 250_000)),
        ({"AcquisitionDate": "20260302", "AcquisitionTime": "0930", "TimezoneOffsetFromUTC": "+0100"}, at(2026, 3, 2, 8, 30)),
        ({"AcquisitionDate": "20260302"}, at(2026, 3, 2, 6)),
        ({"StudyDate": "20260302", "StudyTime": "235960"}, at(2026, 3, 3, 5, 59, 59)),
    ],
)
def test_when_an_image_was_acquired(values: dict[str, object], expected: datetime) -> None:
    what = one(written(nm("NM LUNG VENTILATION PERFUSION", MAA, **values))).what
    assert isinstance(what, Instance)
    assert what.acquired_at == expected


def test_no_time_without_a_zone_reaches_the_domain() -> None:
    """Every reader, every sort of time: what comes out is aware, and in UTC."""
    reports = [
        report(message(msh(f7=sent), WHO, obr(f22=sign, f7=done), obx("No evidence of pulmonary embolism.")))
        for sent in ("20260302120000", "20260302", "20260302120000-0500", "")
        for sign in ("20260302115000", "20260302", "20260302115000+0100", "")
        for done in ("20260302093000", "20260302", "")
    ]
    what = one(wire.structured_report(wire.Letter())).what
    assert isinstance(what, Report)
    times = [time for one_ in [*reports, what] for time in (one_.signed_at, one_.message_at, one_.observed_at) if time]
    scan = one(wire.image(wire.ANNA, "A-1", "RIS", 1)).what
    assert isinstance(scan, Instance)
    assert scan.acquired_at
    assert {time.tzinfo for time in [*times, scan.acquired_at]} == {UTC}
    assert CONFIG.site.time_zone == "America/Chicago"


def _run(place: Path, zone: str, *command: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *command],
        cwd=place,
        env={**os.environ, "TZ": zone, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": "0"},
        capture_output=True,
        check=False,
    ).stdout


ZONES = ("Asia/Kolkata", "America/St_Johns")


@pytest.mark.slow
def test_the_zone_of_the_machine_plays_no_part(tmp_path: Path) -> None:
    """`explain --json` and everything that `replay` writes, byte for byte, on machines half a world apart."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "one.hl7").write_bytes(wire.oru(wire.Letter(says="indeterminate", signed=wire.slot(3), sent=wire.slot(4))))
    (inbox / "two.hl7").write_bytes(wire.oru(wire.Letter(says="high", status="C", signed=wire.slot(5), sent=wire.slot(6), control="C-2")))
    (inbox / "three.dcm").write_bytes(wire.image(wire.ANNA, "A-1", "RIS", 1))
    told, outputs = [], []
    for number, zone in enumerate(ZONES):
        told.append(_run(tmp_path, zone, "explain", "--json", str(inbox / "one.hl7")))
        state, output = tmp_path / f"state-{number}", tmp_path / f"output-{number}"
        _run(tmp_path, zone, "replay", str(inbox), "--state", str(state), "--output", str(output))
        files = {path.name: path.read_bytes() for path in output.rglob("*") if path.is_file()}
        assert any(name.endswith(".json") for name in files)
        outputs.append(files)
    assert told[0]
    assert told[0] == told[1]
    assert outputs[0] == outputs[1]
