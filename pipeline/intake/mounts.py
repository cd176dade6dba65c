"""Which file system a folder is on: network file systems tell nobody when a file arrives."""

import os
from dataclasses import dataclass
from pathlib import Path

_TABLE = Path("/proc/self/mountinfo")
_LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "tmpfs", "ramfs", "overlay", "jfs", "bcachefs", "reiserfs"})


@dataclass(frozen=True, slots=True)
class Mount:
    """`kind` is the kernel's name of the file system; empty where there is no mount table (not Linux)."""

    point: str
    kind: str

    @property
    def tells(self) -> bool:
        """Whether events arrive for files that other machines or containers write. Unknown kinds are polled: slower, never blind."""
        return self.kind in _LOCAL


def mount_of(folder: Path, table: Path = _TABLE) -> Mount:
    """The mount that holds a folder. Source: proc(5), /proc/pid/mountinfo: fields 5 and the one behind the hyphen."""
    where = os.fsencode(os.path.realpath(folder))
    best = (b"", "")
    try:
        lines = table.read_bytes().splitlines()
    except OSError:
        return Mount("", "")
    for line in lines:
        fields = line.split(b" ")
        try:
            point, kind = _plain(fields[4]), fields[fields.index(b"-") + 1]
        except (IndexError, ValueError):
            continue
        inside = where == point or where.startswith(point.rstrip(b"/") + b"/")
        if inside and len(point) >= len(best[0]):  # the later of two mounts on one point covers the earlier
            best = (point, kind.decode("ascii", "replace"))
    return Mount(os.fsdecode(best[0]), best[1])


def _plain(field: bytes) -> bytes:
    for escaped, char in ((rb"\040", b" "), (rb"\011", b"\t"), (rb"\012", b"\n"), (rb"\134", b"\\")):
        field = field.replace(escaped, char)
    return field
