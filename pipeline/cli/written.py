"""A file that a person asked for: there whole or not at all, for its owner only, and never in the place of another unasked."""

import contextlib
import errno
import os
from pathlib import Path

from pipeline.errors import Refused

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK})


def may_write(target: Path, option: str, *, force: bool) -> None:
    """Refuse early what `write_whole` would refuse after all the work.

    Raises:
        Refused: in words that name the option, not the file, whose name may hold patient data.
    """
    if target.is_dir():
        raise Refused(f"{option} names a folder; name a file in it")
    if not target.parent.is_dir():
        raise Refused(f"the folder of the file that {option} names does not exist")
    if not force and os.path.lexists(target):
        raise Refused(f"the file that {option} names is there already; --force writes over it")


def write_whole(target: Path, content: bytes, option: str, *, force: bool) -> None:
    """Mode 0600. A file that is there is replaced only with `force`, even one that came while we worked.

    Raises:
        Refused: as `may_write`.
        OSError: no space, no permission; nothing half-written is left.
    """
    from pipeline.store.objects import sync_folder, write_durably

    may_write(target, option, force=force)
    staging = write_durably(target.with_name(f".vqroute-{os.getpid()}"), content, 0o600)
    try:
        if force or not _linked(staging, target, option):
            staging.replace(target)
    finally:
        staging.unlink(missing_ok=True)
    # Some file systems cannot sync a folder; the file itself is safe.
    with contextlib.suppress(OSError):
        sync_folder(target.parent)


def _linked(staging: Path, target: Path, option: str) -> bool:
    """Put the file in its place unless one is there; False where the file system has no links and nothing is there."""
    try:
        os.link(staging, target, follow_symlinks=False)
    except FileExistsError:
        raise Refused(f"the file that {option} names is there already; --force writes over it") from None
    except OSError as failure:
        if failure.errno not in _NO_LINKS:
            raise
        may_write(target, option, force=False)
        return False
    return True
