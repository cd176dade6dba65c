"""The folder destination by itself: nothing half, nothing overwritten, nothing outside."""

import os
from pathlib import Path

import pytest

from pipeline.destinations import Differs, Unreachable
from pipeline.destinations.folder import STAGING, Folder, writable
from pipeline.domain.parcel import Parcel
from pipeline.errors import EnvironmentFailed

LETTER = Parcel("ab" * 16, "notice", "notices/0123456789abcdef", (("x.en.html", b"<p>"), ("x.en.txt", b"t"), ("x.en.json", b"{}")))


def _names(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file() and STAGING not in path.parts)


def test_nothing_is_visible_before_it_is_sent(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    folder.prepare(LETTER)
    folder.prepare(LETTER)
    folder.settle()
    assert _names(tmp_path / "out") == []
    assert folder.send(LETTER.delivery_id)
    assert len(_names(tmp_path / "out")) == 3
    # Sent before: there is nothing left to do, whoever asks.
    assert Folder(tmp_path / "out").send(LETTER.delivery_id)


def test_the_side_car_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    rename = Path.rename

    def noted(self: Path, target: Path) -> Path:
        order.append(Path(target).name)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", noted)
    folder = Folder(tmp_path / "out")
    folder.prepare(LETTER)
    folder.send(LETTER.delivery_id)
    assert order == ["x.en.html", "x.en.txt", "x.en.json"]


def test_the_same_bytes_are_no_conflict_and_others_are(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    for body, conflict in ((b"<p>", False), (b"other", True)):
        folder.prepare(LETTER)
        target = tmp_path / "out" / LETTER.folder / "x.en.html"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
        if conflict:
            with pytest.raises(Differs):
                folder.send(LETTER.delivery_id)
        else:
            assert folder.send(LETTER.delivery_id)
        assert target.read_bytes() == body


def test_what_has_not_gone_can_be_recalled(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out")
    folder.prepare(LETTER)
    assert folder.recall(LETTER.delivery_id)
    assert not folder.recall(LETTER.delivery_id)
    folder.prepare(LETTER)
    folder.send(LETTER.delivery_id)
    assert not folder.recall(LETTER.delivery_id)
    assert len(_names(tmp_path / "out")) == 3


def test_another_place_than_it_was_prepared_in_is_told(tmp_path: Path) -> None:
    assert not Folder(tmp_path / "elsewhere").send(LETTER.delivery_id)


@pytest.mark.parametrize("name", ["../x", "a/b", "a@b", "", "..", "a\x00"])
def test_a_path_that_is_not_ours_never_touches_the_disk(tmp_path: Path, name: str) -> None:
    for parcel in (Parcel("ab" * 16, "notice", "notices", ((name, b""),)), Parcel(name, "notice", "notices", (("x", b""),))):
        with pytest.raises(ValueError, match="not ours"):
            Folder(tmp_path / "out").prepare(parcel)
    assert not (tmp_path / "out").exists()


def test_a_group_may_take_the_files_away(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "out", group=str(os.getgid()))
    folder.prepare(LETTER)
    folder.send(LETTER.delivery_id)
    place = tmp_path / "out" / LETTER.folder
    assert place.stat().st_mode & 0o777 == 0o770
    assert {path.stat().st_mode & 0o777 for path in place.iterdir()} == {0o660}
    assert (tmp_path / "out" / STAGING).stat().st_mode & 0o777 == 0o700


def test_a_group_that_does_not_exist_is_told_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailed):
        Folder(tmp_path / "out", group="no-such-group-here")


def test_a_folder_that_cannot_be_written_is_unreachable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    folder = Folder(tmp_path / "file" / "out")
    with pytest.raises(Unreachable):
        folder.prepare(LETTER)
    assert not writable(tmp_path / "file" / "out")
    assert writable(tmp_path / "fresh")


def test_a_receiver_may_take_the_folder_too(tmp_path: Path) -> None:
    import shutil

    folder = Folder(tmp_path / "out")
    folder.prepare(LETTER)
    folder.settle()
    folder.send(LETTER.delivery_id)
    shutil.rmtree(tmp_path / "out" / "notices")
    folder.settle()
