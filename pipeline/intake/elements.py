"""Steps over the elements of a DICOM file to see whether the last one ends where the file ends; reads no value."""

import os
import struct
from typing import BinaryIO

_MAX_ELEMENTS, _MAX_DEPTH = 200_000, 64
_UNDEFINED = 0xFFFFFFFF
_ENDS = ((0xFFFE, 0xE00D), (0xFFFE, 0xE0DD))
_TRANSFER_SYNTAX = (0x0002, 0x0010)
_LONG = frozenset((b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"))
_SHORT = frozenset(
    (b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FL", b"FD", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS", b"ST", b"TM", b"UI")
) | {b"UL", b"US"}
_IMPLICIT, _BIG_ENDIAN, _DEFLATED = b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.2", b"1.2.840.10008.1.2.1.99"


class Strange(Exception):
    """This small walk cannot follow the file."""


def ends_whole(file: BinaryIO, offset: int, size: int) -> bool:
    """Whether the elements from `offset` on fill the file to its end of `size` bytes.

    `offset` is 132 behind a preamble, 0 in a file without one. Source: DICOM PS3.5 section 7, PS3.10 section 7.1.

    Raises:
        Strange: it cannot be told (deflated, a VR that is on no list, more than 200,000 elements).
    """
    walk = _Walk(file, offset)
    for _ in range(_MAX_ELEMENTS):
        if walk.position == size:
            return walk.between_elements
        if not walk.step() or walk.position > size:
            return False
    raise Strange


class _Walk:
    def __init__(self, file: BinaryIO, offset: int) -> None:
        self._file = file
        self._order = "<"
        self._syntax = b""
        self._open: list[bool] = []  # for each open element of undefined length: whether VRs are implicit outside of it
        file.seek(offset)
        first = file.read(6)
        self._meta = first[:2] == b"\x02\x00"
        self._implicit = not self._meta and first[4:] not in _LONG | _SHORT
        file.seek(offset)
        self.position = offset

    @property
    def between_elements(self) -> bool:
        return not self._open and not self._meta

    def step(self) -> bool:
        """Go past the next element, or into it where its length is undefined; False if the file ends within its header."""
        header = self._file.read(8)
        if len(header) < 8:
            return False
        self.position += 8
        if self._meta and header[:2] != b"\x02\x00":
            self._leave_meta()
        tag: tuple[int, int] = struct.unpack(self._order + "HH", header[:4])
        vr = header[4:6] if not self._implicit and tag[0] != 0xFFFE else b""
        length = self._length(vr, header)
        if length is None:
            return False
        if tag in _ENDS:
            if not self._open or length:
                raise Strange
            self._implicit = self._open.pop()
        elif length == _UNDEFINED:
            if len(self._open) == _MAX_DEPTH:
                raise Strange
            self._open.append(self._implicit)
            self._implicit = self._implicit or vr == b"UN"  # Source: PS3.5 6.2.2: UN of undefined length holds implicit VRs
        else:
            if tag == _TRANSFER_SYNTAX:
                self._syntax = self._file.read(length).rstrip(b"\x00 ")
            else:
                self._file.seek(length, os.SEEK_CUR)
            self.position += length
        return True

    def _length(self, vr: bytes, header: bytes) -> int | None:
        if not vr:
            return int(struct.unpack(self._order + "I", header[4:])[0])
        if vr in _SHORT:
            return int(struct.unpack(self._order + "H", header[6:])[0])
        if vr not in _LONG:
            raise Strange
        wide = self._file.read(4)
        self.position += 4
        return int(struct.unpack(self._order + "I", wide)[0]) if len(wide) == 4 else None

    def _leave_meta(self) -> None:
        if self._syntax == _DEFLATED:
            raise Strange
        self._meta = False
        self._implicit = self._syntax == _IMPLICIT
        self._order = ">" if self._syntax == _BIG_ENDIAN else "<"
