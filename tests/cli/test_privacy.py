"""No patient data in logs, metrics, messages of failures or names of files, whatever comes in and whatever is asked.

Every word about the patient in these inputs holds `zq`, file names too. Allowed to hold it: letters and tasks, the ledger, the
contents of archive and quarantine, and what `explain`, `find`, `show`, `followups`, `holds` and `replay --json` print on purpose.
"""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, generate_uid
from typer.testing import CliRunner

from pipeline import cli, telemetry
from tests.cli.inputs import NEGATIVE, NONDIAGNOSTIC, POSITIVE, UNREADABLE, lab, oru, strays, write

ROOT = Path(__file__).resolve().parents[2]
RUNNER = CliRunner()


def image() -> bytes:
    """A perfusion image whose every text about the patient holds `zq`."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.20")
    meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["zq"])
    data = Dataset()
    data.file_meta = meta
    data.SOPClassUID = meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    data.StudyInstanceUID = generate_uid(entropy_srcs=["zq", "study"])
    data.SeriesInstanceUID = generate_uid(entropy_srcs=["zq", "series"])
    data.PatientName = "ZQUIGLEY^XERZQES"
    data.PatientID = "MRNZQ0002"
    data.PatientBirthDate = "19610704"
    data.AccessionNumber = "ACCZQ0002"
    data.Modality = "NM"
    data.StudyDescription = "NM LUNG VENT PERF ZQ"
    data.SeriesDescription = "PERFUSION ZQ"
    data.StudyDate, data.StudyTime = "20250301", "090000"
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, data, enforce_file_format=True)
    return buffer.getvalue()


def inputs() -> dict[str, bytes]:
    whole = oru(NEGATIVE, number=9)
    nobody = b"\r".join(line if not line.startswith(b"PID") else b"PID|1||||||||" for line in whole.split(b"\r"))
    return {
        "ZQUIGLEY-XERZQES-1.hl7": oru(NEGATIVE, number=1, language="zqish"),
        "ZQUIGLEY-XERZQES-2.hl7": oru(NONDIAGNOSTIC, number=2),
        "ZQ/UIGLEY 3.hl7": oru(POSITIVE, number=3),
        "zq4.hl7": oru(UNREADABLE, number=4),
        "zq5-preliminary.hl7": oru(POSITIVE, number=5, status="P"),
        "zq6-minor.hl7": oru(NEGATIVE, number=6, born="20200101"),
        "zq7-traversal.hl7": oru(NEGATIVE, number=7, accession="../../zqetc/passwd", control="../zq"),
        "zq8-lab.hl7": lab(8),
        "zq9-nobody.hl7": nobody,
        "zq10-cut.hl7": whole[:60],
        "zq11-latin.hl7": oru("Zq\u00fcrich: " + NEGATIVE, number=11).decode().encode("latin-1"),
        "zq12-broken.hl7": b"MSH|^~\\&|ZQ\rZQZ|zqsegment",
        "zq13.bin": b"ZQ nothing known \x00\x01",
        "zq14.dcm": image(),
        "zq15-cut.dcm": image()[:400],
        "zq16.txt": b"IMPRESSION: no clot in Mr Zquigley.",
        "zq17-other-patient.hl7": oru(NONDIAGNOSTIC, number=2, name="ZQOTHER^ZQULA", born="19350505", signed="20250302101500", control="Z"),
        "zq18-bad-dates.hl7": oru(NEGATIVE, number=18, signed="ZQDATE"),
    }


def names_below(*folders: Path) -> str:
    return "\n".join(str(path.relative_to(folder)) for folder in folders for path in folder.rglob("*"))


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    telemetry.start(stream, level="debug")
    yield stream
    telemetry.stop()


def command(tmp_path: Path, *arguments: str) -> Any:
    return RUNNER.invoke(cli.app, [*arguments, "--state", str(tmp_path / "state"), "--output", str(tmp_path / "output")])


def check(tmp_path: Path, log: io.StringIO) -> None:
    assert log.getvalue(), "the test must have something to look at"
    assert not strays(log.getvalue())
    assert not strays(telemetry.metrics_text())
    assert not strays(names_below(tmp_path / "state", tmp_path / "output"))
    for told in (tmp_path / "state" / "quarantine").rglob("*.json"):
        assert not strays(told.read_bytes()), told.name


def test_no_command_leaks(tmp_path: Path, log: io.StringIO) -> None:
    folder = str(write(tmp_path / "zqinbox", inputs()))
    done = command(tmp_path, "replay", folder)
    assert done.exit_code == 1, done.output
    shown = done.output.replace(str(tmp_path), "")
    assert not strays(shown)
    for arguments in (["replay", "--json", folder], ["replay", "--dry-run", folder], ["explain", "--json", folder], ["explain", folder]):
        done = command(tmp_path, *arguments)
        assert done.exit_code == 1
        assert not strays(done.stderr)
    follow_ups = [json.loads(line) for line in command(tmp_path, "followups", "--json").stdout.splitlines()]
    holds = [json.loads(line) for line in command(tmp_path, "holds", "--json").stdout.splitlines()]
    assert len(follow_ups) >= 5
    assert len(holds) >= 3
    # What people are shown on purpose may hold it; what fails, what is logged and what is answered to an act may not.
    for arguments in (
        ["followups"],
        ["holds"],
        ["find", "ACCZQ0002"],
        ["show", "ACCZQ0003"],
        ["status"],
        ["dead-letters"],
        ["status", "--json"],
    ):
        done = command(tmp_path, *arguments)
        assert done.exit_code == 0, done.output
        assert not strays(done.stderr)
    for arguments in (
        *(["ack", row["id"], "--by", "me"] for row in follow_ups[:2]),
        *(["complete", row["id"], "--by", "me"] for row in follow_ups[:2]),
        *(["release", row["id"], "--by", "me", "--patient-told", "now"] for row in holds[:2]),
        *(["release", row["id"], "--by", "me", "--override", "asked for"] for row in holds[:2]),
        ["pause", "notices", "--by", "me"],
        ["resume", "notices", "--by", "me"],
        ["retry", "--by", "me"],
        ["check-config"],
        ["show", "no-such-exam"],
        ["ack", "ffff", "--by", "me"],
    ):
        assert not strays(command(tmp_path, *arguments).output), arguments[0]
    check(tmp_path, log)


def test_our_own_faults_do_not_leak(tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import app

    def read(blocks: Any, _vocabulary: Any) -> Any:
        raise ValueError(f"could not read {blocks!r}")

    monkeypatch.setattr(app, "read_text", read)
    done = command(tmp_path, "replay", str(write(tmp_path / "zqinbox", inputs())))
    assert done.exit_code in (1, 3)
    assert not strays(done.output.replace(str(tmp_path), ""))
    assert "Traceback" not in done.output
    check(tmp_path, log)


def test_a_destination_that_fails_does_not_leak(tmp_path: Path, log: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import app

    def compose(letter: Any, **_: Any) -> Any:
        raise RuntimeError(f"cannot compose {letter!r}")

    monkeypatch.setattr(app, "compose_notice", compose)
    done = command(tmp_path, "replay", str(write(tmp_path / "zqinbox", inputs())))
    assert done.exit_code in (1, 3)
    assert not strays(done.output.replace(str(tmp_path), ""))
    check(tmp_path, log)


@pytest.mark.process
def test_the_daemon_does_not_leak(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "site.toml").write_text(
        f'[folders]\ninbox = ["{tmp_path}/inbox"]\nstate = "{tmp_path}/state"\noutput = "{tmp_path}/output"\n'
        f'settle_s = 0.0\ngive_up_s = 1\nscan_s = 0.2\n[logs]\nlevel = "debug"\n[metrics]\nport = {port}\n'
    )
    write(tmp_path / "inbox", inputs())
    (tmp_path / "log").touch()
    with (tmp_path / "log").open("wb") as out, (tmp_path / "err").open("wb") as err:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "pipeline", "run", "--config", str(tmp_path / "site.toml")],
            cwd=ROOT,
            stdout=out,
            stderr=err,
            env={key: value for key, value in os.environ.items() if key != "PYTEST_CURRENT_TEST"},
        )
        try:
            deadline = time.monotonic() + 60
            while _files_waiting(tmp_path / "inbox") and time.monotonic() < deadline:
                assert daemon.poll() is None, (tmp_path / "err").read_text()
                time.sleep(0.2)
            scraped = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10).read()
        finally:
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(30) == 0
    assert not _files_waiting(tmp_path / "inbox")
    log = (tmp_path / "log").read_bytes()
    events = {json.loads(line)["event"] for line in log.splitlines()}
    assert {"file.received", "report.decided", "file.quarantined", "delivery.sent"} <= events
    assert "telemetry.field_dropped" not in events
    assert not strays(log)
    assert not strays((tmp_path / "err").read_bytes())
    assert b"vqroute_files_received_total" in scraped
    assert not strays(scraped)
    assert not strays(names_below(tmp_path / "state", tmp_path / "output"))


def _files_waiting(inbox: Path) -> list[Path]:
    return [path for path in inbox.rglob("*") if path.is_file() and path.name != "heartbeat"]
