"""The daemon as a process: files that come in every way there is, a stop, a kill, a changed configuration."""

import hashlib
import os
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bench import traffic
from tests.process.running import Daemon, Site

pytestmark = pytest.mark.process


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path / "site", tmp_path / "secret")


def message(number: int, *, vq: bool) -> bytes:
    """A report signed yesterday: an old one would be held as stale."""
    return traffic.message(number, vq=vq, day=datetime.now(UTC).date() - timedelta(days=1))


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def waiting(site: Site) -> list[Path]:
    return [path for path in site.inbox.rglob("*") if path.is_file() and ".vqroute" not in path.parts]


def claimed(site: Site) -> list[Path]:
    return [path for path in (site.inbox / ".vqroute").rglob("*") if path.is_file() and path.name != "heartbeat"]


def received(daemon: Daemon) -> Counter[str]:
    return Counter(row["file"] for row in daemon.of("file.received"))


def write_slowly(path: Path, content: bytes, *, bytes_per_s: int = 20_000, step: int = 1000) -> None:
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(content), step):
            file.write(content[start : start + step])
            time.sleep(step / bytes_per_s)  # the pace of the sender is what is tested


def test_files_that_come_in_every_way_are_each_taken_once_and_whole(site: Site, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    contents = [message(number, vq=number % 5 == 0) for number in range(40)]
    with Daemon.start(site) as daemon:
        # moved in
        for number in range(10):
            (outside / f"{number}.hl7").write_bytes(contents[number])
            (outside / f"{number}.hl7").rename(site.inbox / f"{number}.hl7")
        # copied slowly, by a sender whose pauses are shorter than the quiet time
        write_slowly(site.inbox / "slow.hl7", contents[10])
        # written under a temporary name, then renamed
        (site.inbox / "renamed.hl7.tmp").write_bytes(contents[11])
        (site.inbox / "renamed.hl7.tmp").rename(site.inbox / "renamed.hl7")
        # a whole folder moved in
        (outside / "study" / "below").mkdir(parents=True)
        for number in range(12, 40):
            (outside / "study" / "below" / f"{number}.hl7").write_bytes(contents[number])
        (outside / "study").rename(site.inbox / "study")
        daemon.wait_for("file.received", 40)
        daemon.until(lambda: not waiting(site) and not claimed(site), what="an empty inbox")
        assert received(daemon) == Counter(map(sha, contents))
        assert len(daemon.of("report.decided")) == 8
        daemon.until(lambda: len({name.split("/")[1] for name in site.written() if name.startswith("notices/")}) >= 1, what="a letter")
        assert daemon.stop() == 0
        assert not daemon.errors, daemon.story()
    assert [row["event"] for row in daemon.rows if row["event"].startswith("service.")] == [
        "service.started",
        "service.ready",
        "service.stopping",
        "service.stopped",
    ]
    (seal,) = daemon.of("ledger.sealed")
    code, told = site.call("audit", "verify", "--seal", seal["seal"])
    assert code == 0
    assert told.startswith("whole: ")


def test_a_sender_that_pauses_for_longer_than_the_quiet_time_is_waited_for(site: Site) -> None:
    content = message(0, vq=True)
    cut = content.index(b"\rOBX|20|") + 1  # between two segments: the file looks whole
    with Daemon.start(site) as daemon, (site.inbox / "paused.hl7").open("wb", buffering=0) as file:
        file.write(content[:cut])
        daemon.until(lambda: bool(claimed(site)), what="the claim")
        time.sleep(1.0)  # three quiet times: the sender's pause is what is tested
        assert not daemon.of("file.received")
        file.write(content[cut:])
        file.close()
        daemon.wait_for("file.received")
        assert received(daemon) == Counter([sha(content)])


def test_a_file_without_an_end_goes_on_as_broken_after_give_up(site: Site) -> None:
    site.give_up_s = 1.0
    site.write_settings()
    content = message(0, vq=True)[:-1]
    with Daemon.start(site) as daemon:
        (site.inbox / "cut.hl7").write_bytes(content)
        daemon.wait_for("file.received")
        assert received(daemon) == Counter([sha(content)])


def test_bad_files_go_to_quarantine_with_a_reason_and_the_rest_goes_on(site: Site) -> None:
    bad = b"\x00\x01 neither HL7 nor DICOM, and long enough to be judged " * 10
    good = message(0, vq=True)
    with Daemon.start(site) as daemon:
        (site.inbox / "bad.bin").write_bytes(bad)
        (site.inbox / "good.hl7").write_bytes(good)
        daemon.wait_for("file.received", 2)
        daemon.wait_for("file.quarantined")
        daemon.until(lambda: not waiting(site) and not claimed(site), what="an empty inbox")
        assert daemon.stop() == 0
    assert (site.state / "quarantine" / sha(bad)).read_bytes() == bad
    assert "unknown-format" in (site.state / "quarantine" / f"{sha(bad)}.reason.json").read_text()
    assert "Traceback" not in daemon.story()


def test_sigterm_finishes_what_is_in_hand_and_the_next_start_finds_the_rest(site: Site, tmp_path: Path) -> None:
    site.settle_s = 0
    site.write_settings()
    outside = tmp_path / "many"
    outside.mkdir()
    contents = [message(number, vq=number % 4 == 0) for number in range(800)]
    for number, content in enumerate(contents):
        (outside / f"{number}.hl7").write_bytes(content)
    with Daemon.start(site) as first:
        outside.rename(site.inbox / "many")
        first.wait_for("file.received")
        assert first.stop() == 0
        assert not claimed(site), "a stop leaves nothing half done"
        done = received(first)
    assert sum(done.values()) + len(waiting(site)) == 800
    with Daemon.start(site) as second:
        second.wait_for("file.received", 800 - sum(done.values()), timeout_s=60)
        second.until(lambda: not waiting(site) and not claimed(site), what="an empty inbox")
        assert second.stop() == 0
        done += received(second)
    assert done == Counter(map(sha, contents))


def test_killed_with_files_claimed_and_started_again(site: Site, tmp_path: Path) -> None:
    site.settle_s = 0
    site.write_settings()
    outside = tmp_path / "many"
    outside.mkdir()
    contents = [message(number, vq=number % 4 == 0) for number in range(800)]
    for number, content in enumerate(contents):
        (outside / f"{number}.hl7").write_bytes(content)
    with Daemon.start(site) as first:
        outside.rename(site.inbox / "many")
        first.wait_for("file.received")
        first.stop(signal.SIGKILL)
        seen = received(first)
    assert claimed(site), "killed in the middle of its work, it holds files"
    with Daemon.start(site) as second:
        second.until(lambda: not waiting(site) and not claimed(site), what="an empty inbox", timeout_s=60)
        assert second.stop() == 0
        seen += received(second) + Counter(row["file"] for row in second.of("file.seen_before"))
    assert set(seen) == set(map(sha, contents))
    decided = Counter(row["report"] for row in first.of("report.decided") + second.of("report.decided"))
    # A decision that was committed but not yet logged when the process died is in no log; none is made twice.
    assert set(decided.values()) == {1}


def test_the_claims_of_another_instance_that_died_are_taken_over(site: Site) -> None:
    content = message(0, vq=True)
    dead = site.inbox / ".vqroute" / "deadbeef0000"
    dead.mkdir(parents=True)
    (dead / "17").write_bytes(content)
    (dead / "heartbeat").touch()
    os.utime(dead / "heartbeat", (1, 1))
    with Daemon.start(site) as daemon:
        daemon.wait_for("claim.taken_over")
        daemon.wait_for("file.received")
        assert received(daemon) == Counter([sha(content)])
        daemon.until(lambda: not dead.exists(), what="the end of the dead instance's folder")


def test_sighup_takes_a_good_configuration_and_refuses_a_bad_one(site: Site, tmp_path: Path) -> None:
    with Daemon.start(site) as daemon:
        site.write_settings("[nonsense]\nx = 1\n")
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("config.refused")
        (site.inbox / "a.hl7").write_bytes(message(0, vq=True))
        daemon.wait_for("file.received")
        settings = site.settings.read_text().replace("[nonsense]\nx = 1\n", "")
        site.settings.write_text(settings.replace("mode = 'demo'", "mode = 'shadow'"))
        daemon.process.send_signal(signal.SIGHUP)
        assert daemon.wait_for("config.refused", 2)[-1]["mode"] == "shadow", "the mode never changes by a signal"
        site.settings.write_text(settings)
        other = tmp_path / "other"
        other.mkdir()
        site.settings.write_text(site.settings.read_text().replace(str(site.inbox), str(other)).replace("[nonsense]\nx = 1\n", ""))
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for("config.reloaded")
        (other / "b.hl7").write_bytes(message(5, vq=True))
        daemon.wait_for("file.received", 2)
        assert daemon.stop() == 0


def test_an_inbox_that_is_taken_away_is_said_once_and_comes_back_alone(site: Site) -> None:
    with Daemon.start(site) as daemon:
        away = site.root / "away"
        site.inbox.rename(away)
        daemon.wait_for("scan.failed")
        daemon.until(lambda: '"reachable": false' in (site.state / "health.json").read_text(), what="a red health file")
        away.rename(site.inbox)
        daemon.wait_for("scan.recovered")
        (site.inbox / "a.hl7").write_bytes(message(0, vq=True))
        daemon.wait_for("file.received")
        assert len(daemon.of("scan.failed")) == len(daemon.of("scan.recovered")) == 1


def test_a_second_daemon_on_the_same_state_is_refused(site: Site) -> None:
    with Daemon.start(site):
        code, _ = site.call("run")
        assert code == 3
        code, _ = site.call("replay", str(site.inbox))
        assert code == 3


def test_the_log_holds_no_patient_data_and_no_file_name(site: Site) -> None:
    content = message(3, vq=True)
    with Daemon.start(site) as daemon:
        (site.inbox / "Mockford_Devon_M0700000003.hl7").write_bytes(content)
        daemon.wait_for("file.received")
        daemon.stop()
    words = ("Mockford", "Devon", "M0700000003", "BN0070000003", "Invented Way", "Referrer", "C7-3", "PIOPED", "embolism")
    assert not [word for word in words if word in daemon.story()]
