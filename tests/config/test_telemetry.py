"""Logs and metrics: what is in the catalogue gets out, what is not cannot."""

import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline import telemetry

ROOT = Path(__file__).resolve().parents[2]
HASH = "ab" * 32


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    telemetry.start(stream, level="debug")
    yield stream
    telemetry.stop()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_event_is_one_line_that_begins_with_time_level_and_name(log: io.StringIO) -> None:
    telemetry.emit("report.decided", exam=HASH, category="negative", reasons=("no-verdict",), chronic=False, grade=None)
    (line,) = lines(log)
    assert list(line)[:3] == ["at", "level", "event"]
    assert str(line["at"]).endswith("Z")
    assert {key: line[key] for key in list(line)[1:]} == {
        "level": "info",
        "event": "report.decided",
        "exam": HASH,
        "category": "negative",
        "reasons": ["no-verdict"],
        "chronic": False,
    }


def test_times_are_written_in_utc(log: io.StringIO) -> None:
    telemetry.emit("hold.opened", due_at=datetime(2025, 3, 1, 9, 30, tzinfo=UTC))
    assert lines(log)[0]["due_at"] == "2025-03-01T09:30:00Z"


def test_nothing_is_written_before_start(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.emit("service.ready", seconds=1)
    assert capsys.readouterr() == ("", "")


def test_what_is_below_the_level_is_not_written() -> None:
    stream = io.StringIO()
    telemetry.start(stream, level="warning")
    telemetry.emit("service.ready", seconds=1)
    telemetry.emit("scan.failed", error="PermissionError")
    telemetry.stop()
    assert [line["event"] for line in lines(stream)] == ["scan.failed"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Doe"},
        {"exam": "ACC-2025-0012"},
        {"exam": "12345678-A"},
        {"category": "Jane Doe"},
        {"category": "No pulmonary embolism."},
        {"reasons": ["Jane Doe"]},
        {"source": "JANE DOE"},
        {"error": "cannot open '/in/DOE JANE.hl7'"},
        {"category": "x" * 65},
        {"exam": object()},
        {"category": {"nested": "Jane"}},
        {"due_at": datetime(2025, 1, 1)},  # noqa: DTZ001 - the point is that it has no zone
    ],
)
def test_values_that_could_be_patient_data_do_not_fit(fields: dict[str, object], log: io.StringIO) -> None:
    with pytest.raises(AssertionError) as caught:
        telemetry.emit("report.decided", **fields)
    assert "Doe" not in str(caught.value)
    assert log.getvalue() == ""


def test_in_production_the_rest_of_the_event_still_gets_out(log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    telemetry.emit("delivery.failed", delivery_id=HASH, error="No such file: DOE^JANE.hl7", patient="DOE")
    telemetry.emit("made.up", exam=HASH)
    assert "DOE" not in log.getvalue()
    told = lines(log)
    assert [(line["event"], line.get("field_name")) for line in told] == [
        ("telemetry.field_dropped", "error"),
        ("telemetry.field_dropped", "unlisted"),
        ("delivery.failed", None),
        ("telemetry.field_dropped", "event"),
    ]
    assert told[2]["delivery_id"] == HASH


def test_the_catalogue_is_complete_and_well_named() -> None:
    for name, event in telemetry.EVENTS.items():
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name), name
        assert event.meaning.endswith("."), name
        assert event.what_to_do.endswith((".", "?")), name
        assert event.level in ("debug", "info", "warning", "error", "critical")
        assert all(re.fullmatch(r"[a-z_]+", field) for field in event.fields), name


def test_every_event_that_the_code_emits_is_in_the_catalogue() -> None:
    emitted: dict[str, set[str]] = {}
    for file in (ROOT / "pipeline").rglob("*.py"):
        for name in re.findall(r'\bemit\(\s*"([a-z_.]+)"', file.read_text(encoding="utf-8")):
            emitted.setdefault(name, set()).add(file.name)
    assert set(emitted) <= set(telemetry.EVENTS), {name: emitted[name] for name in set(emitted) - set(telemetry.EVENTS)}


def test_metrics_carry_no_free_text_labels() -> None:
    families = telemetry.METRICS.registry.collect()
    labels = {label for family in families for sample in family.samples for label in sample.labels}
    assert labels <= {"kind", "outcome", "category", "notice", "code", "destination", "result", "reason", "le"}
    telemetry.METRICS.files_received_total.labels(kind="hl7-oru", outcome="read").inc(0)
    assert 'vqroute_files_received_total{kind="hl7-oru",outcome="read"}' in telemetry.metrics_text()


def test_prometheus_is_answered_on_loopback_only() -> None:
    code = """
import socket, urllib.request
from pipeline import telemetry
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0)); port = probe.getsockname()[1]
telemetry.serve_metrics(port)
print(b"vqroute_scan_age_seconds" in urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read())
open_ports = [line.split()[1] for line in open("/proc/net/tcp") if line.split()[3] == "0A"]
print([entry.split(":")[0] for entry in open_ports if int(entry.split(":")[1], 16) == port])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.split() == ["True", "['0100007F']"]


def test_every_event_can_be_written_with_all_of_its_fields(log: io.StringIO) -> None:
    for name, row in telemetry.EVENTS.items():
        telemetry.emit(name, **dict.fromkeys(row.fields, 1))
        line = lines(log)[-1]
        assert (line["event"], line["level"]) == (name, row.level), "a field must not bear a name that every line has already"
        assert set(line) == {"at", "level", "event", *row.fields}
