"""A letter as plain text, for portals and for who reads by ear."""

import textwrap

from pipeline.letters.document import Block, Document, Role
from pipeline.letters.words import plain

WIDTH = 72


def render_text(letter: Document) -> bytes:
    """UTF-8, LF line ends, wrapped at 72 columns; only a web address that is longer keeps its line whole."""
    parts = [_head(letter), _rows(letter)]
    parts += [_block(block) for block in letter.blocks if block.role is Role.CORRECTED]
    parts.append(_framed(plain(letter.message), "="))
    parts += [_block(block) for block in letter.blocks if block.role is not Role.CORRECTED]
    parts.append(f"{'-' * WIDTH}\n{_wrap(letter.footer)}")
    if letter.sample:
        note = _framed(f"{letter.sample}: {letter.sample_note}", "*")
        parts = [note, *parts, note]
    return ("\n\n".join(parts) + "\n").encode("utf-8")


def _head(letter: Document) -> str:
    sender = letter.sender
    reach = f"{sender.phone_label} {sender.phone}" + (f", {sender.tty_label} {sender.tty}" if sender.tty else "")
    return "\n".join(_wrap(line) for line in (sender.facility, sender.department, sender.address, reach) if line)


def _rows(letter: Document) -> str:
    return "\n".join(_wrap(f"{label}: {value}", later="  ") for label, value in letter.rows)


def _block(block: Block) -> str:
    lines = [_heading(block)]
    if block.picture:
        lines += [_wrap(caption, "- ", "  ") for caption in (block.picture.air, block.picture.blood)]
    lines += [_wrap(plain(line)) for line in block.lines]
    for number, item in enumerate(block.items, 1):
        mark = f"{number}. " if block.role is Role.NEXT else "- "
        lines.append(_wrap(plain(item), mark, " " * len(mark)))
    lines += [_wrap(plain(line)) for line in block.after]
    return "\n".join(lines)


def _heading(block: Block) -> str:
    if block.role in (Role.EMERGENCY, Role.CORRECTED):
        return _framed(block.heading, "!")
    return f"{_wrap(block.heading)}\n{'-' * min(len(block.heading), WIDTH)}"


def _framed(text: str, sign: str) -> str:
    return f"{sign * WIDTH}\n{_wrap(text)}\n{sign * WIDTH}"


def _wrap(text: str, first: str = "", later: str = "") -> str:
    # A web address broken over two lines can be neither read out nor clicked.
    whole = any("://" in word and len(word) > WIDTH - len(later) for word in text.split())
    return textwrap.fill(
        text, WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=not whole, break_on_hyphens=False, expand_tabs=False
    )
