"""Takes the bytes of one file, once, and says which file they came from."""

import errno
import fcntl
import hashlib
import os
import signal
import stat
from datetime import UTC, datetime
from typing import NamedTuple

from pipeline.domain.arrival import Arrival, Kind, Rejection
from pipeline.intake.incoming import Incoming

_CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK


class Identity(NamedTuple):
    """Which file it was and in which state: equal identities mean that nobody touched it in between."""

    device: int
    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Identity":
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class Changed(OSError):
    """The file changed while it was read, or somebody still has it open to write: it was not complete, look again later."""


def take(
    path: str, *, source: str, received_at: datetime | None, max_bytes: int, follow_links: bool = False, alone: bool = False
) -> tuple[Incoming, Identity]:
    """Read one whole regular file.

    A file larger than `max_bytes` is hashed in pieces, never held, and comes as a rejection `too-large`.

    Args:
        received_at: None for the time at which the file was last changed.
        alone: refuse a file that any process of this machine has open for writing. Only for a path that nobody else knows:
            the question asked of the kernel would make an opener of the same path wait for a moment.

    Raises:
        Changed: size or time of change moved while it was read, or it has a writer.
        OSError: it cannot be opened or read, or is no regular file (a pipe never blocks us).
    """
    descriptor = os.open(path, _FLAGS | (0 if follow_links else os.O_NOFOLLOW))
    try:
        before = os.fstat(descriptor)
        if not stat.S_ISREG(before.st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        if alone and _has_writer(descriptor):
            raise Changed(errno.EAGAIN, "somebody writes to it")
        if before.st_size > max_bytes:
            digest, content = _hash_in_pieces(descriptor), b""
        else:
            content = _read(descriptor, before.st_size)
            digest = hashlib.sha256(content).hexdigest()
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    identity = Identity.of(after)
    if identity != Identity.of(before) or (content and len(content) != after.st_size):
        raise Changed(errno.EAGAIN, "changed while it was read")
    received_at = received_at or datetime.fromtimestamp(after.st_mtime_ns / 1e9, UTC)
    arrivals = (refused(digest, "too-large", maybe_vq=True),) if before.st_size > max_bytes else None
    return Incoming(content, digest, source, received_at, arrivals), identity


def refused(file_hash: str, reason: str, detail: str = "", *, maybe_vq: bool = False) -> Arrival:
    """A whole file as one rejected arrival, for what is refused without reading it as a message."""
    return Arrival(Kind.OTHER, 1, file_hash, b"", Rejection(reason, detail, maybe_vq))


def _has_writer(descriptor: int) -> bool:
    """Source: fcntl(2), F_SETLEASE: a read lease is refused with EAGAIN while anybody has the file open for writing."""
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, signal.SIGURG)  # the default, SIGIO, would end the process
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN  # anything else: no leases here (network, another owner); the other gates decide
    return False


def _read(descriptor: int, size: int) -> bytes:
    # One byte more than the size: the read that ends a file of exactly that size is then the first one.
    first = os.read(descriptor, size + 1)
    if len(first) == size:
        return first
    pieces = [first]
    while piece := os.read(descriptor, _CHUNK):
        pieces.append(piece)
    return b"".join(pieces)


def _hash_in_pieces(descriptor: int) -> str:
    digest = hashlib.sha256()
    while piece := os.read(descriptor, _CHUNK):
        digest.update(piece)
    return digest.hexdigest()
