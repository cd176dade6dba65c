"""The archive: bodies too large for the ledger, by the hash of their content."""

import contextlib
import os
from pathlib import Path

from pipeline.errors import TryAgain


class Archive:
    """Files named by the SHA-256 of their content under 256 folders (`ab/abcd...`); 0700 and 0600; nothing is ever overwritten."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, content: bytes, content_hash: str) -> Path:
        """Has the content on disk, durably, when it returns; nothing happens where it is there already.

        Raises:
            TryAgain: no space or no permission; no half file is left under the final name.
        """
        target = self.folder / content_hash[:2] / content_hash
        if target.exists():
            return target
        try:
            target.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            target.parent.mkdir(mode=0o700, exist_ok=True)
            write_durably(target.with_name(f".{content_hash}.{os.getpid()}"), content, 0o600).rename(target)
            sync_folder(target.parent)
        except OSError as error:
            raise TryAgain(f"the archive cannot be written ({type(error).__name__})") from None
        return target

    def get(self, content_hash: str) -> bytes | None:
        """The content; None if it is not here."""
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / content_hash[:2] / content_hash).read_bytes()
        return None


def write_durably(path: Path, content: bytes, mode: int) -> Path:
    """Writes a new file and waits until it is on disk; removes it again if that fails. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise
    return path


def sync_folder(folder: Path) -> None:
    """Makes renames in a folder survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
