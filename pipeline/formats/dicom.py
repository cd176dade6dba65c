"""DICOM headers out of bytes: bounded, pixel data never touched; the one place that knows pydicom."""

import logging
import re
import warnings
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from io import BytesIO
from typing import Any

import pydicom
from pydicom import config as pydicom_config
from pydicom.dataset import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from pipeline.domain.identity import PersonName
from pipeline.errors import Unreadable
from pipeline.formats.hl7v2 import day, moment, offset

# Values are ours to judge; pydicom's warnings and log lines quote them, and they are patient data.
pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
logging.getLogger("pydicom").propagate = False
logging.getLogger("pydicom").addHandler(logging.NullHandler())

_PREFIX = b"DICM"
_PREFIX_AT = 128
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_PLAIN = b"1.2.840.10008.1.2.1\x00\x00\x00"
_LARGEST_HEADER = 8 * 1024 * 1024
_MOST_ELEMENTS = 5000
_BULK = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010, 0x00420011})
"""Pixel data and the encapsulated document: nothing behind them is needed, and they are never read."""
_LONGEST_VALUE = 1024 * 1024
_VRS = frozenset(b"AE AS AT CS DA DS DT FD FL IS LO LT OB OW PN SH SL SQ SS ST TM UI UL UN US UT".split())
_UID = re.compile(r"[0-9](?:[0-9.]{0,62}[0-9])?")


@dataclass(frozen=True, slots=True)
class Code:
    """A coded concept: value, designator (SCT, SRT, LN, DCM ...) and meaning."""

    value: str
    scheme: str
    meaning: str


def is_dicom(content: bytes) -> bool:
    """Whether the content is DICOM: by the prefix, or, for files without preamble, by a first element that fits."""
    return content[_PREFIX_AT : _PREFIX_AT + 4] == _PREFIX or _bare(content)


def _bare(content: bytes) -> bool:
    """A data set without preamble and prefix: its first element is of group 0002 or 0008 and has a VR or a small length."""
    if len(content) < 16 or content[:2] not in (b"\x02\x00", b"\x08\x00") or content[3]:
        return False
    return content[4:6] in _VRS or int.from_bytes(content[4:8], "little") <= 1024


class Header:
    """A data set without its pixels. Reading a value never raises: what is missing, empty or broken is empty."""

    __slots__ = ("_data",)

    def __init__(self, data: Dataset) -> None:
        self._data = data

    def text(self, keyword: str) -> str:
        """A value as text without padding; several values joined by a blank."""
        value = self._value(keyword)
        if value is None:
            return ""
        parts = value if isinstance(value, pydicom.multival.MultiValue | list | tuple) else [value]
        return " ".join(self._decoded(str(part)).strip(" \x00") for part in parts)[:_LONGEST_VALUE].strip()

    def uid(self, keyword: str) -> str:
        """A UID, or empty if the value is none."""
        found = self.text(keyword)
        return found if _UID.fullmatch(found) else ""

    def items(self, keyword: str) -> "list[Header]":
        """The items of a sequence."""
        value = self._value(keyword)
        if not isinstance(value, pydicom.sequence.Sequence):
            return []
        return list(self._items(value))

    @staticmethod
    def _items(value: Any) -> "Iterator[Header]":
        for item in value:
            if isinstance(item, Dataset):
                yield Header(item)

    def codes(self, keyword: str) -> list[Code]:
        """The codes of a code sequence."""
        return [item.code() for item in self.items(keyword)]

    def code(self) -> Code:
        """This item as a coded concept."""
        return Code(self.text("CodeValue") or self.text("LongCodeValue"), self.text("CodingSchemeDesignator"), self.text("CodeMeaning"))

    def person(self, keyword: str) -> PersonName | None:
        """A PN value: its first group with letters (alphabetic, ideographic, phonetic). Source: PS3.5 6.2.1."""
        groups = self.text(keyword).split("=")
        parts = next((group.split("^") for group in groups if group.strip("^ ")), [])
        family, given, middle, prefix, suffix = ([part.strip() for part in parts] + [""] * 5)[:5]
        return PersonName(family, given, middle, prefix, suffix) if family or given else None

    def date(self, keyword: str) -> date | None:
        return day(self.text(keyword).replace(".", "-") if "." in self.text(keyword) else self.text(keyword))

    def time(self, zone: tzinfo, *sources: str | tuple[str, str]) -> datetime | None:
        """The first of several times that is there: a DT keyword, or a pair of DA and TM keywords; UTC.

        (0008,0201) gives the offset of times without one, else `zone` counts.
        """
        here = self.zone(zone)
        for source in sources:
            if isinstance(source, str):
                found = moment(self.text(source), here)
            else:
                on, at = self.text(source[0]).replace(".", ""), self.text(source[1]).replace(":", "")
                found = (moment(on + at, here) or moment(on, here)) if on else None
            if found:
                return found.at.astimezone(UTC)
        return None

    def zone(self, zone: tzinfo) -> tzinfo:
        """The zone of the times in this data set: its own offset (0008,0201), else `zone`."""
        own = self.text("TimezoneOffsetFromUTC")
        try:
            return offset(own) if own else zone
        except (ValueError, IndexError):
            return zone

    def _value(self, keyword: str) -> Any:
        try:
            return self._data[keyword].value
        except Exception:  # noqa: BLE001 - a missing element is no value, and a broken one counts as missing
            return None

    def _decoded(self, text: str) -> str:
        """Undo the default character set where the file declares none and holds UTF-8 all the same."""
        if text.isascii() or "SpecificCharacterSet" in self._data:
            return text
        try:
            return text.encode("latin-1").decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            return text


def quiet() -> "warnings.catch_warnings[None]":
    """Keeps pydicom's warnings, which quote values, off standard error while a header is parsed and used."""
    return warnings.catch_warnings(action="ignore")


def open_header(content: bytes) -> Header:
    """Parse a DICOM file up to its pixel data, at most 8 MiB and 5000 elements of it: small files may claim to be huge.

    Raises:
        errors.Unreadable: `broken-dicom`; `detail` names the kind of failure, never a value.
    """
    if content[_PREFIX_AT : _PREFIX_AT + 4] == _PREFIX and _DEFLATED in content[132:1024]:
        content = _inflated(content)
    seen = 0

    def enough(tag: BaseTag, _vr: str | None, _length: int) -> bool:
        nonlocal seen
        seen += 1
        if seen > _MOST_ELEMENTS:
            raise ValueError
        return int(tag) in _BULK

    with quiet():
        try:
            # A slice of a larger file copies; a BytesIO of the whole does not.
            source = BytesIO(content if len(content) <= _LARGEST_HEADER else content[:_LARGEST_HEADER])
            data = read_partial(source, stop_when=enough, force=True)
            known = bool(data) and "SOPClassUID" in data
        except Exception as error:  # noqa: BLE001 - hostile bytes make pydicom raise anything
            raise Unreadable("broken-dicom", f"the data set cannot be parsed ({type(error).__name__})") from None
    header = Header(data)
    if not known or not header.uid("SOPClassUID"):
        raise Unreadable("broken-dicom", "no SOP class")
    return header


def _inflated(content: bytes) -> bytes:
    """A deflated file as a plain one. Only so much is inflated: a small file may hold a huge one. Source: PS3.5 A.5."""
    start = _meta_end(content)
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = unpacker.decompress(content[start:], _LARGEST_HEADER)
    except zlib.error:
        raise Unreadable("broken-dicom", "deflated data set that cannot be inflated") from None
    return content[:start].replace(_DEFLATED, _PLAIN, 1) + data


def _meta_end(content: bytes) -> int:
    """Where the file meta information ends, by its group length. Source: PS3.10 7.1."""
    if content[132:140] != b"\x02\x00\x00\x00UL\x04\x00":
        raise Unreadable("broken-dicom", "file meta information without group length")
    end = 144 + int.from_bytes(content[140:144], "little")
    if end > len(content):
        raise Unreadable("broken-dicom", "file meta information longer than the file")
    return end


def sop_class(content: bytes) -> str:
    """The SOP class UID, cheaply: from the file meta information if it is there, else by parsing; empty if unknown."""
    at = content.find(b"\x02\x00\x02\x00UI", 132, 1024)
    if at >= 0:
        length = int.from_bytes(content[at + 6 : at + 8], "little")
        found = content[at + 8 : at + 8 + length].rstrip(b"\x00 ").decode("ascii", errors="replace")
        if _UID.fullmatch(found):
            return found
    try:
        return open_header(content).uid("SOPClassUID")
    except Unreadable:
        return ""
