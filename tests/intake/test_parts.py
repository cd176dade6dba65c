"""The small parts of the way in: walking, taking, claims, shelves, mounts, batches."""

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.config import Config
from pipeline.domain.arrival import Kind, Rejection
from pipeline.errors import Misconfigured
from pipeline.intake.batches import Batch, cut
from pipeline.intake.claims import Claims
from pipeline.intake.mounts import mount_of
from pipeline.intake.shelf import Shelf, why
from pipeline.intake.taking import Changed, take
from pipeline.intake.walk import files_under
from tests.intake.conftest import MESSAGE, Ticks

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
HASH = "ab" * 32


def test_the_walk_is_sorted_by_bytes_and_leaves_out_what_is_no_sample(tmp_path: Path) -> None:
    for name in ("b/z.hl7", "b/Z.hl7", "a.hl7", "a/1.hl7", "é.hl7", "a.expected.json", "README.md", "b/README", ".git/x", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [str(path.relative_to(tmp_path)) for path in files_under([tmp_path])]
    assert found == ["a.hl7", "a/1.hl7", "b/Z.hl7", "b/z.hl7", "é.hl7"]


def test_files_named_outright_are_taken_but_companions_are_not(tmp_path: Path) -> None:
    for name in (".hidden.hl7", "a.hl7", "a.expected.json"):
        (tmp_path / name).write_bytes(b"x")
    found = files_under([tmp_path / "a.expected.json", tmp_path / "a.hl7", tmp_path / ".hidden.hl7", tmp_path / "a.hl7"])
    assert [path.name for path in found] == [".hidden.hl7", "a.hl7"]


def test_links_to_files_count_and_links_to_folders_cannot_hold_us(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "real.hl7").write_bytes(b"x")
    (tmp_path / "in" / "link.hl7").symlink_to(tmp_path / "real.hl7")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "dangling.hl7").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "in" / "pipe")
    (tmp_path / "in" / "loop.hl7").symlink_to("loop.hl7")
    assert [path.name for path in files_under([tmp_path / "in"])] == ["link.hl7"]


def test_every_missing_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        files_under([tmp_path / "no", tmp_path, tmp_path / "neither"])
    assert [Path(problem.file).name for problem in caught.value.problems] == ["no", "neither"]


def test_taking_gives_the_bytes_and_their_hash(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(MESSAGE * 50_000)
    incoming, identity = take(str(path), source="s", received_at=NOON, max_bytes=1 << 30)
    assert incoming.content == MESSAGE * 50_000
    assert identity.size == len(MESSAGE) * 50_000
    import hashlib

    assert incoming.file_hash == hashlib.sha256(incoming.content).hexdigest()


def test_a_file_too_large_is_hashed_but_not_held(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    small, _ = take(str(path), source="s", received_at=NOON, max_bytes=10)
    whole, _ = take(str(path), source="s", received_at=NOON, max_bytes=1 << 30)
    assert small.content == b""
    assert small.file_hash == whole.file_hash


def test_a_pipe_never_blocks_and_a_link_is_not_followed_in_an_inbox(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    for name in ("pipe", "link"):
        with pytest.raises(OSError, match=r"."):
            take(str(tmp_path / name), source="s", received_at=NOON, max_bytes=100)


def test_an_open_writer_is_noticed_and_a_reader_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("rb"):
        take(str(path), source="s", received_at=NOON, max_bytes=100, alone=True)
    with path.open("ab"), pytest.raises(Changed):
        take(str(path), source="s", received_at=NOON, max_bytes=100, alone=True)
    take(str(path), source="s", received_at=NOON, max_bytes=100, alone=True)


def test_opening_for_writing_right_after_the_question_is_not_delayed_nor_kills_us(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x")
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            try:
                take(str(path), source="s", received_at=NOON, max_bytes=100, alone=True)
            except Changed:
                continue

    asker = threading.Thread(target=ask)
    asker.start()
    for _ in range(300):
        with path.open("r+b") as file:
            file.write(b"y")
    stop.set()
    asker.join()


def test_no_claim_ever_replaces_another_whatever_an_earlier_process_left(tmp_path: Path) -> None:
    contents = set()
    for process in range(3):
        claims = Claims(tmp_path, "one")  # a new process of the same instance
        if not claims.folder.is_dir():
            claims.open()
        for number in range(3):
            content = f"{process}/{number}".encode()
            (tmp_path / "a").write_bytes(content)
            assert claims.claim(str(tmp_path / "a"))
            contents.add(content)
    held = Claims(tmp_path, "one").held()
    assert {Path(path).read_bytes() for path in held} == contents
    assert len(held) == 9
    assert Claims(tmp_path, "one").claim(str(tmp_path / "gone")) is None


def test_the_claim_folder_is_made_again_if_somebody_removes_it(tmp_path: Path) -> None:
    claims = Claims(tmp_path, "one")
    claims.open()
    (claims.folder / "heartbeat").unlink()
    claims.folder.rmdir()
    (tmp_path / "a").write_bytes(b"a")
    path = claims.claim(str(tmp_path / "a"))
    assert path is not None
    assert Path(path).read_bytes() == b"a"


def test_a_shelf_never_overwrites(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf", fanned=True)
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"same")
    two.write_bytes(b"same")
    kept = shelf.move(one, HASH)
    inode = kept.stat().st_ino
    assert shelf.move(two, HASH) == kept
    assert kept.stat().st_ino == inode
    assert not one.exists()
    assert not two.exists()
    other = tmp_path / "other"
    other.write_bytes(b"of another size")
    with pytest.raises(OSError, match="another size"):
        shelf.move(other, HASH)
    assert other.exists()
    assert kept.read_bytes() == b"same"


def test_a_shelf_on_another_file_system_gets_a_copy_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "one"
    source.write_bytes(b"content")
    real = os.link

    def link(src: Path, dst: Path, **rest: bool) -> None:
        if Path(src) == source:
            raise OSError(18, "cross-device link")
        real(src, dst, **rest)

    monkeypatch.setattr(os, "link", link)
    kept = Shelf(tmp_path / "shelf").move(source, HASH)
    assert kept.read_bytes() == b"content"
    assert not source.exists()


def test_no_half_written_file_shows_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "one"
    source.write_bytes(b"content")

    def full(_source: Path, target: Path) -> None:
        Path(target).write_bytes(b"con")
        raise OSError(28, "no space left on device")

    monkeypatch.setattr("shutil.copyfile", full)
    with pytest.raises(OSError, match="no space"):
        Shelf(tmp_path / "shelf").keep(source, HASH)
    assert list((tmp_path / "shelf").iterdir()) == []
    assert source.exists()


def test_the_reason_file_says_what_to_do(tmp_path: Path) -> None:
    words = why(HASH, 12, [(2, Kind.HL7_ORU, Rejection("broken-hl7", "MSH is cut", maybe_vq=True))])
    for expected in ('"message": 2', '"reason": "broken-hl7"', "ask the sender", '"maybe_vq": true', "MSH is cut"):
        assert expected in words


@pytest.mark.parametrize(
    ("folder", "point", "kind", "tells"),
    [
        ("/srv/inbox", "/", "ext4", True),
        ("/mnt/share/inbox", "/mnt/share", "cifs", False),
        ("/mnt/sharedbutnot", "/", "ext4", True),
        ("/mnt/with space/x", "/mnt/with space", "nfs4", False),
        ("/mnt/twice", "/mnt/twice", "xfs", True),
        ("/mnt/fuse", "/mnt/fuse", "fuse.sshfs", False),
    ],
)
def test_the_mount_of_a_folder(tmp_path: Path, folder: str, point: str, kind: str, tells: bool) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "21 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
        "30 21 0:40 / /mnt/share rw shared:2 master:1 - cifs //server/share rw\n"
        "31 21 0:41 / /mnt/with\\040space rw - nfs4 server:/x rw\n"
        "32 21 0:42 / /mnt/twice rw - nfs server:/y rw\n"
        "33 32 8:1 / /mnt/twice rw - xfs /dev/sda1 rw\n"
        "34 21 0:43 / /mnt/fuse rw - fuse.sshfs host: rw\n"
        "nonsense\n"
    )
    mount = mount_of(Path(folder), table)
    assert (mount.point, mount.kind, mount.tells) == (point, kind, tells)


def test_a_batch_ends_after_its_time() -> None:
    ticks = Ticks()
    batch: Batch[int] = Batch(Config(), ticks)
    assert not batch.add(1, 10)
    ticks.now += 0.06
    assert batch.add(2, 10)
    assert batch.drain() == [1, 2]
    assert not batch.add(3, 10), "the time counts from the first item of the next batch"


def test_cut_gives_every_item_once() -> None:
    batch: Batch[int] = Batch(Config(), Ticks())
    groups = list(cut(((number, 1) for number in range(1000)), batch))
    assert [len(group) for group in groups] == [256, 256, 256, 232]
    assert [number for group in groups for number in group] == list(range(1000))
