"""Whether an inbox can be seen, and the watch that hastens the look: with real inotify."""

import os
from pathlib import Path

import pytest

from pipeline import telemetry
from pipeline.intake.mounts import Mount
from pipeline.intake.reach import Reach
from tests.intake.conftest import MESSAGE, Bench, Ticks

EXT4 = Mount("/", "ext4")
Events = list[tuple[str, dict[str, object]]]


def test_a_file_moved_in_wakes_the_look(bench: Bench) -> None:
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    assert inbox.reach.watching()
    outside = bench.root / "a.hl7"
    outside.write_bytes(MESSAGE)
    outside.rename(bench.inbox / "a.hl7")
    assert bench.wake.wait(10)
    assert bench.look(inbox, woken=True) == 1


def test_a_file_in_a_folder_moved_in_wakes_the_look(bench: Bench) -> None:
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    (bench.root / "study").mkdir()
    (bench.root / "study" / "a.hl7").write_bytes(MESSAGE)
    (bench.root / "study").rename(bench.inbox / "study")
    assert bench.wake.wait(10)
    assert bench.look(inbox, woken=True) == 1


def test_our_own_claims_do_not_wake_us(bench: Bench) -> None:
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    outside = bench.root / "a.hl7"
    outside.write_bytes(MESSAGE)
    outside.rename(bench.inbox / "a.hl7")  # one event, unlike writing it here
    assert bench.wake.wait(10)
    bench.wake.clear()
    assert bench.look(inbox, woken=True) == 1
    assert not bench.wake.wait(1.0), "renaming into the claim folder is no news"


def test_the_watch_is_let_go_in_a_burst_and_armed_again_afterwards(bench: Bench) -> None:
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    for number in range(300):
        bench.put(f"{number}.hl7", MESSAGE + b"NTE|%d\r" % number)
    assert bench.look(inbox, woken=True) == 300
    assert not inbox.reach.watching()
    assert inbox.next_look_s() <= 0.5, "nobody would tell us of the rest"
    bench.look(inbox, after=0.5)
    assert inbox.reach.watching()
    assert inbox.next_look_s() == 0, "what came before the watch was armed is found by one more look"


def test_a_folder_made_anew_is_watched_anew(bench: Bench) -> None:
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    bench.inbox.rename(bench.root / "old")
    bench.inbox.mkdir()
    assert not bench.look(inbox, after=5)
    assert inbox.reach.watching()
    bench.wake.clear()
    bench.put("a.hl7")
    assert bench.wake.wait(10)


def test_what_only_the_look_finds_is_counted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = telemetry.METRICS.files_found_by_scan_only_total
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    inbox.reach._watch._wake = lambda: None
    before = counter._value.get()
    observer = inbox.reach._watch._observer
    assert observer is not None
    for emitter in observer.emitters:
        monkeypatch.setattr(emitter, "queue_event", lambda _event: None)  # the kernel's queue has overflowed: nobody is told
    bench.put("a.hl7")
    assert bench.look(inbox, after=5) == 1
    assert counter._value.get() == before + 1


@pytest.mark.parametrize(
    ("wanted", "kind", "mode"),
    [
        ("auto", "ext4", "events"),
        ("auto", "nfs4", "poll"),
        ("auto", "cifs", "poll"),
        ("auto", "", "poll"),
        ("events", "nfs4", "events"),
        ("poll", "ext4", "poll"),
    ],
)
def test_the_mode_follows_the_file_system_and_is_logged(tmp_path: Path, events: Events, wanted: str, kind: str, mode: str) -> None:
    reach = Reach(tmp_path, "inbox", wanted, lambda: None, Ticks(), lambda _path: Mount("/", kind))  # type: ignore[arg-type]
    assert reach.check()
    assert reach.check()
    assert reach.mode == mode
    assert [fields["mode"] for name, fields in events if name == "watch.chosen"] == [mode]


def test_the_bare_mount_point_of_a_share_that_is_gone_is_not_our_inbox(tmp_path: Path, events: Events) -> None:
    inbox = tmp_path / "share"
    inbox.mkdir()
    mounts = {"now": Mount(str(inbox), "nfs4")}
    reach = Reach(inbox, "inbox", "auto", lambda: None, Ticks(), lambda _path: mounts["now"])
    assert reach.check()
    # unmounted: another folder shows at the same path, on the file system below
    mounts["now"] = EXT4
    inbox.rename(tmp_path / "server")
    inbox.mkdir()
    assert not reach.check()
    assert not reach.check()
    # mounted again
    inbox.rmdir()
    os.rename(tmp_path / "server", inbox)
    mounts["now"] = Mount(str(inbox), "nfs4")
    assert reach.check()
    assert [name for name, _ in events if name.startswith("scan.")] == ["scan.failed", "scan.recovered"]


def test_without_watches_left_the_looks_go_on(bench: Bench, events: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_self: object, _status: os.stat_result) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("pipeline.intake.watch.Watch.arm", none_left)
    inbox = bench.open(settle_s=0, watch="events")
    bench.look(inbox)
    bench.put("a.hl7")
    assert bench.look(inbox, after=5) == 1
    bench.look(inbox, after=5)
    assert [name for name, _ in events if name == "watch.failed"] == ["watch.failed"]
