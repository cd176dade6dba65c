"""Folders that keep whole files by the SHA-256 of their content: nothing in them is ever overwritten."""

import errno
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from pipeline.domain.arrival import Kind, Rejection
from pipeline.domain.reasons import REASONS

_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS, errno.EACCES})


class Shelf:
    """One folder of files named by hash; made at first use, mode 0700, files 0600.

    `fanned`: spread over 256 folders named by the first two hex digits, for a shelf that grows without end.
    """

    def __init__(self, folder: Path, *, fanned: bool = False) -> None:
        self._folder = folder
        self._fanned = fanned

    def path_of(self, file_hash: str) -> Path:
        return self._folder / file_hash[:2] / file_hash if self._fanned else self._folder / file_hash

    def keep(self, path: Path, file_hash: str) -> Path:
        """Have the file here, durably; `path` itself stays where it is.

        The caller removes it afterwards if it is ours to remove, so that there is no moment without it.

        Raises:
            OSError: no space, no permission; nothing half-written is left under the final name.
        """
        target = self._ready(file_hash)
        if _is_there(target, path):
            return target
        staging = target.with_name(f".{file_hash}.{os.getpid()}")
        staging.unlink(missing_ok=True)
        try:
            shutil.copyfile(path, staging)
            staging.chmod(0o600)
            _sync(staging)
            _place(staging, target)
        finally:
            staging.unlink(missing_ok=True)
        _sync(target.parent)
        return target

    def move(self, path: Path, file_hash: str) -> Path:
        """Have the file here, durably, and no longer at `path`: by link and unlink where both are on one file system."""
        target = self._ready(file_hash)
        if not _is_there(target, path):
            try:
                path.chmod(0o600)
                _sync(path)
                os.link(path, target, follow_symlinks=False)
                _sync(target.parent)
            except FileExistsError:
                pass
            except OSError as error:
                if error.errno not in _NO_LINK:
                    raise
                self.keep(path, file_hash)
        path.unlink()
        return target

    def note(self, file_hash: str, words: str) -> None:
        """Put `<sha-256>.reason.json` beside a file that is kept; a note that is there already stays."""
        target = self._ready(file_hash).with_name(f"{file_hash}.reason.json")
        if target.exists():
            return
        staging = target.with_name(f".{file_hash}.{os.getpid()}.reason")
        try:
            staging.write_text(words, encoding="utf-8")
            staging.chmod(0o600)
            _sync(staging)
            _place(staging, target)
        finally:
            staging.unlink(missing_ok=True)

    def _ready(self, file_hash: str) -> Path:
        target = self.path_of(file_hash)
        if not target.parent.is_dir():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.mkdir(mode=0o700, exist_ok=True)
        return target


def why(file_hash: str, size: int, rejections: Sequence[tuple[int, Kind, Rejection]], findings: Sequence[str] = ()) -> str:
    """The reason file: JSON for people and machines, without a word of the input.

    Args:
        rejections: (1-based number of the message in the file, kind, why) of each message that cannot be used.
        findings: sentences on what in the first message breaks the standard.
    """
    return (
        json.dumps(
            {
                "file_sha256": file_hash,
                "size": size,
                "messages": [
                    {
                        "message": ordinal,
                        "kind": kind.value,
                        "reason": rejection.reason,
                        "meaning": REASONS[rejection.reason].meaning,
                        "what_to_do": REASONS[rejection.reason].what_to_do,
                        "detail": rejection.detail,
                        "maybe_vq": rejection.maybe_vq,
                    }
                    for ordinal, kind, rejection in rejections
                ],
                "findings": list(findings),
            },
            indent=2,
        )
        + "\n"
    )


def _is_there(target: Path, path: Path) -> bool:
    try:
        size = target.stat().st_size
    except FileNotFoundError:
        return False
    if size != path.stat().st_size:
        raise OSError(errno.EEXIST, "a file of this hash is there with another size")
    return True


def _place(staging: Path, target: Path) -> None:
    """Give a finished file its name unless the name is taken: its content is then the same, for the name is its hash."""
    try:
        os.link(staging, target)
    except FileExistsError:
        return
    except OSError as error:
        if error.errno not in _NO_LINK:
            raise
        staging.rename(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
