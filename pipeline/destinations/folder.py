"""A folder on this machine or a mounted share: files appear whole, once, side-car last."""

import contextlib
import grp
import os
import shutil
import stat
from pathlib import Path, PurePosixPath

from pipeline.destinations import Differs, Unreachable
from pipeline.domain.parcel import Parcel
from pipeline.errors import EnvironmentFailed

STAGING = ".vqroute-staging"
_SLASH = "@"
_KINDS = frozenset({"notice", "follow-up"})


class Folder:
    """Writes parcels below `root` by the staged rename protocol.

    A parcel is first written and synced under `root/.vqroute-staging/<delivery id>/`, on the same file system; sending it is renaming
    each file into place. What is missing from staging afterwards has gone, even where the receiver has taken it away. In staging a
    file's name is its path below `root` with `@` for the slashes: one folder to sync, not four.
    Folders are 0700 and files 0600; with `group` (a name or a number) that group may read, write and take away: 0770 and 0660.
    """

    def __init__(self, root: Path, *, name: str = "folder", group: str = "") -> None:
        self.name = name
        self.kinds = _KINDS
        self._root = root
        self._group = _group_id(group)
        self._modes = (0o770, 0o660) if group else (0o700, 0o600)
        self._unsynced: set[Path] = set()

    def prepare(self, parcel: Parcel) -> None:
        """Writes the parcel into staging; half-written remains of an earlier attempt are replaced."""
        _checked(parcel)
        place = self._staging(parcel.delivery_id)
        try:
            self._folder(self._root / STAGING, private=True)
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir(mode=0o700)
            for name, content in parcel.files:
                self._write(place / f"{parcel.folder}/{name}".replace("/", _SLASH), content)
            _sync_folder(place)
        except OSError as error:
            shutil.rmtree(place, ignore_errors=True)
            raise Unreachable(type(error).__name__) from None
        self._unsynced.add(place.parent)

    def settle(self) -> None:
        """Syncs the folders that files came into, each once for all parcels."""
        try:
            for folder in sorted(self._unsynced):
                # A receiver may have taken the files away together with their folder.
                with contextlib.suppress(FileNotFoundError):
                    _sync_folder(folder)
                self._unsynced.discard(folder)
        except OSError as error:
            raise Unreachable(type(error).__name__) from None

    def send(self, delivery_id: str) -> bool:
        """Renames the staged files into place, side-car (JSON) last.

        Raises:
            Differs: a target is there with other bytes; nothing of this delivery was overwritten.
            Unreachable: the folder cannot be written now.
        """
        place = self._staging(delivery_id)
        try:
            if not (self._root / STAGING).is_dir():
                return False
            if not place.exists():
                return True
            moves = self._moves(place)
            for staged, target in moves:
                self._folder(target.parent)
                if len(moves) > 1 and staged.suffix == ".json":
                    # In place durably before the side-car, which tells the receiver that all is there.
                    _sync_folder(target.parent)
                if target.exists():
                    if target.read_bytes() != staged.read_bytes():
                        raise Differs
                    staged.unlink()
                else:
                    staged.rename(target)
                self._unsynced.add(target.parent)
            shutil.rmtree(place)
        except OSError as error:
            raise Unreachable(type(error).__name__) from None
        return True

    def recall(self, delivery_id: str) -> bool:
        """Removes what is staged, if none of it has gone."""
        place = self._staging(delivery_id)
        if not place.exists():
            return False
        whole = not any(target.exists() for _, target in self._moves(place))
        shutil.rmtree(place, ignore_errors=True)
        return whole

    def _moves(self, place: Path) -> list[tuple[Path, Path]]:
        files = sorted(place.iterdir(), key=lambda path: (path.suffix == ".json", path.name))
        return [(path, self._root / path.name.replace(_SLASH, "/")) for path in files]

    def _staging(self, delivery_id: str) -> Path:
        return self._root / STAGING / delivery_id

    def _folder(self, folder: Path, *, private: bool = False) -> None:
        """Makes a folder and those above it up to the root, each with our mode and group, and its name durable in its parent."""
        if folder.is_dir():
            return
        if folder != self._root:
            self._folder(folder.parent)
            folder.mkdir(exist_ok=True)
        else:
            folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700 if private else self._modes[0])
        if self._group is not None and not private:
            os.chown(folder, -1, self._group)
        self._unsynced.add(folder.parent)

    def _write(self, path: Path, content: bytes) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if self._group is not None:
                os.chown(path, -1, self._group)
            os.fchmod(file.fileno(), self._modes[1])
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def writable(root: Path) -> bool:
    """Whether files can be written below `root`; made if it is not there."""
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        return stat.S_ISDIR(root.stat().st_mode) and os.access(root, os.W_OK | os.X_OK)
    except OSError:
        return False


def _group_id(group: str) -> int | None:
    """Raises EnvironmentFailed for a group that this machine does not know."""
    try:
        return None if not group else int(group) if group.isdecimal() else grp.getgrnam(group).gr_gid
    except KeyError:
        raise EnvironmentFailed("the group of a folder destination does not exist on this machine") from None


def _checked(parcel: Parcel) -> None:
    """Paths are made of our own words and hashes; anything else is a fault of ours and must not touch a disk."""
    parts = (*PurePosixPath(parcel.folder).parts, *(name for name, _ in parcel.files), parcel.delivery_id)
    if any(not part or part in (".", "..") or "/" in part or _SLASH in part or "\x00" in part for part in parts):
        raise ValueError("a parcel with a path that is not ours")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
