"""The periodic look through an inbox: what is taken, when, once, and what becomes of it."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.domain.arrival import Kind, Rejection
from pipeline.intake.folder import Taken
from tests.intake.conftest import MESSAGE, Bench, Fate


def left(bench: Bench) -> list[str]:
    return sorted(os.fsdecode(path.name) for path in bench.inbox.rglob("*") if path.is_file() and ".vqroute" not in path.parts)


def test_a_file_is_taken_after_two_equal_looks_and_removed_after_the_commit(bench: Bench) -> None:
    bench.put("a.hl7")
    inbox = bench.open()
    assert bench.look(inbox) == 0
    assert bench.look(inbox, after=1.9) == 0
    assert bench.look(inbox, after=0.2) == 1
    assert bench.taken == [MESSAGE]
    assert left(bench) == []


def test_the_same_gate_holds_at_start_up(bench: Bench) -> None:
    bench.put("growing.hl7")
    first = bench.open()
    assert bench.look(first) == 0
    again = bench.open()
    assert bench.look(again, after=60) == 0, "a new start has seen the file only once"
    assert bench.look(again, after=2) == 1


def test_settle_zero_takes_at_the_first_look(bench: Bench) -> None:
    bench.put("a.hl7")
    assert bench.look(bench.open(settle_s=0)) == 1


def test_a_growing_file_waits_and_comes_whole(bench: Bench) -> None:
    inbox = bench.open()
    path = bench.put("a.hl7", MESSAGE[:30])
    for end in range(40, len(MESSAGE), 17):
        assert bench.look(inbox, after=1.5) == 0
        path.write_bytes(MESSAGE[:end])
    path.write_bytes(MESSAGE)
    assert bench.look(inbox, after=1.5) == 0
    assert bench.look(inbox, after=2.0) == 1
    assert bench.taken == [MESSAGE]


def test_a_change_of_time_alone_starts_the_wait_anew(bench: Bench) -> None:
    inbox = bench.open()
    path = bench.put("a.hl7")
    bench.look(inbox)
    os.utime(path, ns=(1, 1))
    assert bench.look(inbox, after=2.0) == 0
    assert bench.look(inbox, after=2.0) == 1


@pytest.mark.parametrize("content", [MESSAGE[:-1], MESSAGE[:40], b"", b"\x0b" + MESSAGE, b"FHS|^~\\&\r" + MESSAGE])
def test_a_file_that_looks_broken_waits_for_give_up_and_then_goes_on(bench: Bench, content: bytes) -> None:
    bench.put("a.hl7", content)
    inbox = bench.open()
    assert bench.look(inbox) == 0
    assert bench.look(inbox, after=299) == 0
    assert inbox.waiting == 1
    assert bench.look(inbox, after=1) == 1
    assert bench.taken == [content]


def test_a_pause_in_the_writing_longer_than_settle_does_not_cut_a_file(bench: Bench) -> None:
    inbox = bench.open()
    path = bench.put("a.hl7", MESSAGE[:-20])
    bench.look(inbox)
    assert bench.look(inbox, after=30) == 0
    path.write_bytes(MESSAGE)
    bench.look(inbox)
    assert bench.look(inbox, after=2) == 1
    assert bench.taken == [MESSAGE]


def test_a_writer_that_still_has_the_file_open_finishes_it_in_our_claim_folder(bench: Bench) -> None:
    # The cut falls between two segments, so the file looks whole: only the open writer tells.
    cut = MESSAGE.index(b"OBX|")
    inbox = bench.open()
    with open(bench.inbox / "a.hl7", "wb") as writer:
        writer.write(MESSAGE[:cut])
        writer.flush()
        bench.look(inbox)
        assert bench.look(inbox, after=10) == 0
        writer.write(MESSAGE[cut:])
    bench.look(inbox, after=10)
    bench.look(inbox, after=10)
    assert bench.taken == [MESSAGE]
    assert not [path for path in (bench.inbox / ".vqroute" / "one").iterdir() if path.name != "heartbeat"]


def test_what_never_is_input_stays_where_it_is(bench: Bench) -> None:
    names = [".hidden", "a.hl7.tmp", "b.PART", "c.filepart", "Thumbs.db", "desktop.ini", "~$doc", "x~"]
    for name in names:
        bench.put(name)
    bench.put("@eaDir/a.hl7")
    bench.put(".stversions/a.hl7")
    bench.put(".vqroute/elsewhere.hl7")
    (bench.inbox / "link.hl7").symlink_to("/etc/hostname")
    (bench.inbox / "loop").symlink_to(bench.inbox)
    os.mkfifo(bench.inbox / "pipe.hl7")
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(bench.inbox / "socket.hl7"))
        inbox = bench.open(settle_s=0)
        assert bench.look(inbox) == 0
        assert bench.look(inbox, after=1000) == 0
    assert set(names) <= set(left(bench))


def test_temporary_names_are_taken_once_renamed(bench: Bench) -> None:
    inbox = bench.open(settle_s=0)
    path = bench.put("a.hl7.tmp")
    assert bench.look(inbox) == 0
    path.rename(bench.inbox / "a.hl7")
    assert bench.look(inbox) == 1


def test_a_whole_folder_moved_in_is_taken_to_its_bottom(bench: Bench) -> None:
    outside = bench.root / "outside"
    (outside / "deep" / "deeper").mkdir(parents=True)
    for number in range(20):
        (outside / "deep" / "deeper" / f"{number}.hl7").write_bytes(MESSAGE + b"NTE|%d\r" % number)
    inbox = bench.open()
    outside.rename(bench.inbox / "study")
    bench.look(inbox)
    assert bench.look(inbox, after=2) == 20
    assert len(set(bench.taken)) == 20
    assert (bench.inbox / "study" / "deep").is_dir(), "folders may be a sender's own: they are never removed"


def test_any_name_a_file_can_have(bench: Bench) -> None:
    names = [b"x" * 255, b"line\nfeed", b"\xff\xfe latin \xe9", b"-rf", b" ", "日本語".encode(), b"a'b\"c"]
    folder = os.fsencode(bench.inbox)
    for number, name in enumerate(names):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(MESSAGE + b"NTE|%d\r" % number)
    inbox = bench.open()
    bench.look(inbox)
    assert bench.look(inbox, after=2) == len(names)
    assert len(set(bench.taken)) == len(names)
    assert left(bench) == []


def test_batches_end_at_their_limits(bench: Bench) -> None:
    for number in range(600):
        bench.put(f"{number}.hl7", MESSAGE + b"NTE|%d\r" % number)
    inbox = bench.open(settle_s=0)
    sizes = []
    for batch in inbox.batches():
        sizes.append(len(batch))
        for item in batch:
            inbox.put_away(item, [Fate()])
    assert sizes == [256, 256, 88]


def test_a_batch_ends_at_its_bytes(bench: Bench) -> None:
    for number in range(5):
        bench.put(f"{number}.hl7", MESSAGE + b"NTE|%d|" % number + b"x" * 3_000_000 + b"\r")
    inbox = bench.open(settle_s=0)
    assert [len(batch) for batch in inbox.batches()] == [3, 2]


def test_too_large_a_file_is_refused_without_being_held(bench: Bench) -> None:
    bench.put("big.hl7", MESSAGE * 100)
    inbox = bench.open(settle_s=0)
    inbox._config = inbox._config.model_copy(update={"limits": inbox._config.limits.model_copy(update={"max_file_bytes": 1000})})
    (batch,) = inbox.batches()
    incoming = batch[0].incoming
    assert incoming.content == b""
    assert incoming.arrivals is not None
    assert isinstance(incoming.arrivals[0].what, Rejection)
    assert incoming.arrivals[0].what.reason == "too-large"


def test_bad_files_go_to_quarantine_with_a_reason_and_no_words_of_the_input(bench: Bench) -> None:
    bench.put("Doe^Jane.hl7", b"MSH|broken\r")
    bench.fate = lambda _item: [Fate("rejected", Kind.HL7_ORU, 1, "broken-hl7", Rejection("broken-hl7", "segment 1 is cut"))]
    bench.look(bench.open(settle_s=0))
    names = sorted(path.name for path in bench.quarantine.iterdir())
    assert names == [bench.hashes[0], f"{bench.hashes[0]}.reason.json"]
    words = (bench.quarantine / names[1]).read_text()
    assert "broken-hl7" in words
    assert "MSH" in words, "what breaks the standard is said in our words"
    assert "Jane" not in words
    assert (bench.quarantine / names[0]).read_bytes() == b"MSH|broken\r"
    assert (bench.quarantine / names[0]).stat().st_mode & 0o777 == 0o600
    assert left(bench) == []


def test_images_go_to_the_archive_by_hash(bench: Bench) -> None:
    bench.put("image.dcm", b"\0" * 128 + b"DICM" + b"\x02\x00\x10\x00UI\x04\x001.2\0" + b"\x08\x00\x60\x00CS\x02\x00NM")
    bench.fate = lambda _item: [Fate("study", Kind.DICOM_IMAGE)]
    assert bench.look(bench.open(settle_s=0)) == 1
    (kept,) = [path for path in bench.archive.rglob("*") if path.is_file()]
    assert kept.name == bench.hashes[0]
    assert left(bench) == []


def test_nothing_leaves_before_the_commit_and_a_restart_takes_it_up_again(bench: Bench) -> None:
    bench.put("a.hl7")
    dying = bench.open(settle_s=0)
    for batch in dying.batches():
        assert len(batch) == 1
        break  # killed here: claimed, read, never committed
    assert left(bench) == []
    assert bench.look(bench.open(settle_s=0)) == 1
    assert bench.taken == [MESSAGE]


def test_killed_twice_in_a_row_with_files_in_hand_nothing_is_lost(bench: Bench) -> None:
    # What the first process claimed and the second took up again must survive the claims that the second makes.
    wanted = {MESSAGE + b"NTE|%d\r" % number for number in range(40)}
    for number, content in enumerate(sorted(wanted)):
        if number == 20:
            for _batch in bench.open(settle_s=0).batches():
                break  # killed: 20 files claimed
        bench.put(f"{number}.hl7", content)
    for _batch in bench.open(settle_s=0).batches():
        break  # killed again: the 20 taken up, 20 more claimed
    bench.look(bench.open(settle_s=0))
    assert set(bench.taken) == wanted


def test_a_failed_commit_is_tried_again_after_a_pause(bench: Bench) -> None:
    bench.put("a.hl7")
    inbox = bench.open(settle_s=0)
    for _batch in inbox.batches():
        inbox.failed()
    assert bench.look(inbox) == 0
    assert bench.look(inbox, after=1.1) == 1


def test_a_move_that_fails_is_tried_again_and_never_loses_the_file(bench: Bench) -> None:
    bench.put("a.hl7", b"MSH|broken\r")
    bench.fate = lambda _item: [Fate("rejected", reason="broken-hl7")]
    inbox = bench.open(settle_s=0)
    bench.quarantine.parent.mkdir()
    bench.quarantine.write_bytes(b"a file where the folder should be")
    assert bench.look(inbox) == 1
    bench.quarantine.unlink()
    assert bench.look(inbox, after=2) == 1
    assert (bench.quarantine / bench.hashes[0]).is_file()
    assert bench.hashes[0] == bench.hashes[1]


def test_the_claims_of_a_dead_instance_are_taken_over_and_those_of_a_living_one_are_not(bench: Bench) -> None:
    bench.put("a.hl7")
    dead = bench.open("dead", settle_s=0)
    for _batch in dead.batches():
        break
    living = bench.open("living", settle_s=0)
    assert bench.look(living) == 0, "its heartbeat is fresh"
    heart = bench.inbox / ".vqroute" / "dead" / "heartbeat"
    os.utime(heart, (heart.stat().st_mtime - 91,) * 2)
    assert bench.look(living, after=31) == 1
    assert bench.taken == [MESSAGE]
    assert not heart.parent.exists()


def test_two_instances_share_an_inbox_without_taking_a_file_twice(bench: Bench) -> None:
    for number in range(300):
        bench.put(f"{number}.hl7", MESSAGE + b"NTE|%d\r" % number)
    one, two = bench.open("one", settle_s=0), bench.open("two", settle_s=0)
    seen: list[str] = []
    mine, theirs = one.batches(), two.batches()
    for batches, inbox in ((mine, one), (theirs, two), (mine, one), (theirs, two)):
        for batch in batches:
            for item in batch:
                seen.append(item.incoming.file_hash)
                inbox.put_away(item, [Fate()])
            break
    for inbox in (one, two):
        for batch in inbox.batches():
            seen += [item.incoming.file_hash for item in batch]
    assert len(seen) == len(set(seen)) == 300


def test_a_read_only_inbox_is_read_in_place_and_each_file_once(bench: Bench) -> None:
    path = bench.put("a.hl7")
    inbox = bench.open(keep_input=True)
    bench.look(inbox)
    assert bench.look(inbox, after=2) == 1
    assert bench.look(inbox, after=5) == 0
    assert path.read_bytes() == MESSAGE
    assert not (bench.inbox / ".vqroute").exists()
    path.write_bytes(MESSAGE + b"NTE|changed\r")
    bench.look(inbox, after=5)
    assert bench.look(inbox, after=5) == 1


def test_a_bad_file_in_a_read_only_inbox_is_copied_to_quarantine(bench: Bench) -> None:
    path = bench.put("a.hl7", b"MSH|broken\r")
    bench.fate = lambda _item: [Fate("rejected", reason="broken-hl7")]
    assert bench.look(bench.open(keep_input=True, settle_s=0)) == 1
    assert path.is_file()
    assert (bench.quarantine / bench.hashes[0]).read_bytes() == b"MSH|broken\r"


def test_an_inbox_that_vanishes_says_so_once_and_comes_back_by_itself(bench: Bench, events: list[tuple[str, dict[str, object]]]) -> None:
    inbox = bench.open(settle_s=0)
    bench.look(inbox)
    away = bench.root / "away"
    bench.inbox.rename(away)
    for _ in range(6):
        assert bench.look(inbox, after=5) == 0
    assert not inbox.reach.reachable
    away.rename(bench.inbox)
    bench.put("a.hl7")
    assert bench.look(inbox, after=5) == 1
    assert [name for name, _ in events if name.startswith("scan.") and name != "scan.finished"] == ["scan.failed", "scan.recovered"]


def test_an_inbox_that_is_deleted_and_made_anew_goes_on(bench: Bench) -> None:
    inbox = bench.open(settle_s=0)
    bench.put("a.hl7")
    bench.look(inbox)
    for path in sorted(bench.inbox.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    bench.inbox.rmdir()
    bench.inbox.mkdir()
    bench.put("b.hl7", MESSAGE + b"NTE|b\r")
    assert bench.look(inbox, after=5) == 1


def test_the_next_look_comes_when_the_first_file_may_be_ready(bench: Bench) -> None:
    inbox = bench.open(settle_s=2, scan_s=5)
    bench.look(inbox)
    assert inbox.next_look_s() == 5
    bench.put("a.hl7")
    bench.look(inbox)
    assert inbox.next_look_s() <= 2


def test_looks_that_find_nothing_ready_leave_the_machine_to_others(bench: Bench) -> None:
    inbox = bench.open()
    bench.put("a.hl7")
    real = inbox._files

    def slow() -> Iterator[tuple[str, os.stat_result]]:
        bench.ticks.now += 0.2  # a folder so full that listing it takes a while
        yield from real()

    inbox._files = slow  # type: ignore[method-assign]
    assert bench.look(inbox) == 0
    assert inbox.rest_s() == pytest.approx(0.8)
    bench.ticks.now += 2
    assert bench.look(inbox) == 1
    assert inbox.rest_s() == 0, "there was work, and there may be more"


def test_a_file_replaced_while_it_waits_is_taken_in_its_last_form(bench: Bench) -> None:
    inbox = bench.open()
    path = bench.put("a.hl7")
    bench.look(inbox)
    other = bench.root / "other"
    other.write_bytes(MESSAGE + b"NTE|2\r")
    os.replace(other, path)
    assert bench.look(inbox, after=2) == 0
    assert bench.look(inbox, after=2) == 1
    assert bench.taken == [MESSAGE + b"NTE|2\r"]


def test_waiting_files_cost_little_memory(bench: Bench) -> None:
    import tracemalloc

    for number in range(3000):
        bench.put(f"{number % 10}/{number}.hl7", MESSAGE * 10)
    inbox = bench.open()
    bench.look(inbox)
    tracemalloc.start()
    bench.look(inbox, after=0.1)
    size, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert inbox.waiting == 3000
    assert size < 3000 * 600, "a few hundred bytes a waiting file, never its content"


def test_a_stop_ends_a_look_after_the_file_in_hand(bench: Bench) -> None:
    for number in range(20):
        bench.put(f"{number}.hl7", MESSAGE + b"NTE|%d\r" % number)
    inbox = bench.open(settle_s=0)
    bench.stop.set()
    assert bench.look(inbox) == 1
    assert len(left(bench)) == 19


def test_files_that_may_not_be_read_are_counted_once_and_taken_when_they_may(
    bench: Bench, events: list[tuple[str, dict[str, object]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.put("a.hl7")
    inbox = bench.open(settle_s=0)
    denied = PermissionError(13, "no")

    def no(_path: str) -> None:
        raise denied

    with monkeypatch.context() as patched:
        patched.setattr("pipeline.intake.gate.probe", no)
        assert bench.look(inbox) == 0
        assert bench.look(inbox, after=5) == 0
    assert bench.look(inbox, after=5) == 1
    assert [name for name, _ in events if name in ("scan.incomplete", "scan.completed")] == ["scan.incomplete", "scan.completed"]


def test_a_file_below_another_mount_is_read_in_place_and_removed_after_the_commit(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.put("sub/a.hl7")
    inbox = bench.open(settle_s=0)

    def another_file_system(_path: str) -> str:
        raise OSError(18, "cross-device link")

    monkeypatch.setattr(inbox._claims, "claim", another_file_system)
    assert bench.look(inbox) == 1
    assert not path.exists()


def test_a_file_below_another_mount_that_was_replaced_after_reading_is_not_removed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    path = bench.put("sub/a.hl7")
    inbox = bench.open(settle_s=0)

    def another_file_system(_path: str) -> str:
        raise OSError(18, "cross-device link")

    def replaced(_item: Taken) -> list[Fate]:
        path.write_bytes(MESSAGE + b"NTE|new\r")
        return [Fate()]

    monkeypatch.setattr(inbox._claims, "claim", another_file_system)
    bench.fate = replaced
    bench.look(inbox)
    assert Path(path).read_bytes() == MESSAGE + b"NTE|new\r"
