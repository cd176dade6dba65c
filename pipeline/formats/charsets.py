"""From the bytes of a message to characters, by what it declares and without losing any."""

import re
from dataclasses import dataclass

_NAMED = {
    "ASCII": "ascii",
    "US-ASCII": "ascii",
    "ISO IR6": "ascii",
    "UNICODE": "utf-8",
    "UNICODE UTF-8": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    # UTF-16 and UTF-32 messages are re-written as UTF-8 before they get here.
    "UNICODE UTF-16": "utf-8",
    "UNICODE UTF-32": "utf-8",
    "UTF-16": "utf-8",
    "ISO IR192": "utf-8",
    "ISO IR14": "iso2022_jp",
    "ISO IR87": "iso2022_jp",
    "ISO IR159": "iso2022_jp_1",
    "JAS2020": "iso2022_jp",
    "SHIFT JIS": "cp932",
    "SJIS": "cp932",
    "EUC-JP": "euc_jp",
    "KS X 1001": "euc_kr",
    "GB 18030-2000": "gb18030",
    "GB18030": "gb18030",
    "GB2312": "gb18030",
    "GBK": "gb18030",
    "BIG-5": "big5hkscs",
    "BIG5": "big5hkscs",
    "ISO IR100": "iso8859-1",
    "ISO IR101": "iso8859-2",
    "ISO IR109": "iso8859-3",
    "ISO IR110": "iso8859-4",
    "ISO IR144": "iso8859-5",
    "ISO IR127": "iso8859-6",
    "ISO IR126": "iso8859-7",
    "ISO IR138": "iso8859-8",
    "ISO IR148": "iso8859-9",
    "ISO IR203": "iso8859-15",
    "ISO IR13": "cp932",
    "ISO IR166": "tis-620",
    "LATIN1": "iso8859-1",
    "LATIN-1": "iso8859-1",
    "WE8ISO8859P1": "iso8859-1",
    "WE8MSWIN1252": "cp1252",
    "ANSI": "cp1252",
    "1252": "cp1252",
    "KOI8-R": "koi8-r",
    "CP850": "cp850",
    "CP437": "cp437",
}
_PART = re.compile(r"(?:ISO[ _-]?)?8859[-_/ ]?(\d{1,2})")
_WINDOWS = re.compile(r"(?:CP|WIN|WINDOWS)[-_ ]?(125[0-8]|874|932|949|950)")
_MARKS = ((b"\xff\xfe\x00\x00", "utf-32"), (b"\x00\x00\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_C1 = re.compile("[\x80-\x9f]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and how sure we are of it.

    Attributes:
        text: the characters; U+FFFD stands where bytes could not be decoded.
        codec: Python's name of the character set that was used, also for `\\X..\\` escapes.
        assumed: bytes outside ASCII were there, and nothing reliable said what they mean.
    """

    text: str
    codec: str
    assumed: bool = False


def codec_of(declared: str) -> str | None:
    """Python's codec for a value of MSH-18, or None for one that we do not know. Source: HL7 v2 table 0211."""
    name = " ".join(declared.upper().replace("_", " ").split())
    squeezed = name.replace("ISO-IR", "ISO IR").replace("ISO IR ", "ISO IR")
    found = _NAMED.get(name) or _NAMED.get(name.replace(" ", "-")) or _NAMED.get(squeezed)
    if found:
        return found
    if part := _PART.fullmatch(name):
        number = int(part[1])
        return f"iso8859-{number}" if 1 <= number <= 16 and number != 12 else None
    if windows := _WINDOWS.fullmatch(name):
        return f"cp{windows[1]}"
    return None


def decode(raw: bytes, declared: str, assumed: str = "") -> Decoded:
    """Decode a message. Never raises, never drops a byte.

    Args:
        raw: the message's bytes.
        declared: first repetition of MSH-18; empty means seven-bit ASCII by the standard.
        assumed: the site's codec for bytes outside ASCII that nothing declares (empty: cp1252). Strict UTF-8 is tried before it.
    """
    codec = codec_of(declared) if declared.strip() else "ascii"
    if raw.isascii() and codec not in ("iso2022_jp", "iso2022_jp_1"):
        return Decoded(raw.decode("ascii"), codec if codec and codec != "ascii" else "utf-8")
    if codec is None or codec == "ascii":
        return _guess(raw, assumed)
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError:
        return Decoded(raw.decode(codec, errors="replace"), codec, assumed=True)
    if codec == "iso8859-1" and _C1.search(text):
        # No report holds C1 control characters; Windows senders call their own code page Latin-1.
        return Decoded(raw.decode("cp1252", errors="replace"), "cp1252", assumed=True)
    return Decoded(text, codec)


def _guess(raw: bytes, assumed: str) -> Decoded:
    try:
        return Decoded(raw.decode("utf-8"), "utf-8", assumed=True)
    except UnicodeDecodeError:
        codec = assumed or "cp1252"
        return Decoded(raw.decode(codec, errors="replace"), codec, assumed=True)


def without_utf16(content: bytes) -> bytes:
    """UTF-16 and UTF-32 content re-written as UTF-8; other content as it is.

    They are recognised by their byte order mark, or by the NUL bytes in `MSH`.
    """
    if content[:3] == b"MSH":
        return content
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return content.decode(codec, errors="replace").encode("utf-8", errors="replace")
    head = content[:64]
    if b"M\x00S\x00H\x00" in head:
        return content.decode("utf-16-le", errors="replace").encode("utf-8", errors="replace")
    if b"\x00M\x00S\x00H" in head:
        return content.decode("utf-16-be", errors="replace").encode("utf-8", errors="replace")
    return content
