"""The application as a command builds it: private folders, one user of a state at a time, real parts."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.app import App
from pipeline.config import load, packaged
from pipeline.errors import EnvironmentFailed
from pipeline.store import outbox
from tests.flow.kit import HandClock, Kit, report

DEMO = packaged() / "site.toml"


def _build(tmp_path: Path, *, exclusive: bool) -> App:
    clock = HandClock(datetime(2026, 3, 4, tzinfo=UTC))
    return App.build(load(DEMO), tmp_path / "state", tmp_path / "output", clock, folder_only=True, exclusive=exclusive)


def test_the_state_folder_is_tightened(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    with _build(tmp_path, exclusive=False) as app:
        assert app.queries.status().files == 0
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700
    modes = {path.stat().st_mode & 0o077 for path in (tmp_path / "state").rglob("*")}
    assert modes == {0}


def test_a_state_in_use_is_refused_to_a_second_replay_but_not_to_people(tmp_path: Path) -> None:
    with _build(tmp_path, exclusive=True):
        with pytest.raises(EnvironmentFailed, match="in use"):
            _build(tmp_path, exclusive=True)
        with _build(tmp_path, exclusive=False) as beside:
            beside.flow.pause("Ops")
    with _build(tmp_path, exclusive=True) as app:
        assert app.queries.status().paused


def test_what_a_killed_replay_had_begun_is_not_waited_for(tmp_path: Path) -> None:
    with _build(tmp_path, exclusive=True) as app:
        kit = Kit(app.ledger, tmp_path)
        kit.one(report("indeterminate"))
        with app.ledger.write() as connection:
            assert len(outbox.claim(connection, "folder", 10, timedelta(hours=1), kit.clock.now(), app.instance)) == 2
        assert app.flow.deliver().sent == 0
    with _build(tmp_path, exclusive=False) as beside:
        assert beside.flow.deliver().sent == 0
    with _build(tmp_path, exclusive=True) as app:
        assert app.flow.deliver().sent == 2


def test_a_state_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(EnvironmentFailed):
        _build(tmp_path, exclusive=True)


def test_a_real_report_comes_out_as_letter_and_task(tmp_path: Path) -> None:
    import hashlib

    from pipeline.intake.incoming import Incoming, message_time

    message = (
        b"MSH|^~\\&|RIS|GENERAL|VQROUTE|X|20260302101500||ORU^R01|MSG1|P|2.5.1\r"
        b"PID|1||M-77^^^GENERAL^MR||SAMPLE^ANNA||19600501|F\r"
        b"OBR|1||ACC-9^RIS|78582^NM LUNG VENTILATION PERFUSION^C4|||20260302090000|||||||||||||||20260302101000|||F\r"
        b"OBX|1|TX|78582&IMP^NM LUNG VENTILATION PERFUSION^C4||Intermediate probability for pulmonary embolism.||||||F\r"
    )
    item = Incoming(message, hashlib.sha256(message).hexdigest(), "test", datetime(2026, 3, 2, 11, tzinfo=UTC))
    with _build(tmp_path, exclusive=True) as app:
        outcome = app.flow.ingest([item], now=message_time)[0][0]
        assert outcome.outcome == "read"
        while app.flow.deliver().more:
            pass
        assert app.queries.dead_letters() == []
    names = sorted(path.suffix for path in (tmp_path / "output").rglob("*") if path.is_file())
    assert names == [".html", ".json", ".json", ".txt"]
    folder = next((tmp_path / "output" / "notices").iterdir()).name
    assert len(folder) == 16
    assert "ACC-9" not in folder
