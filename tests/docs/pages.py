"""The Markdown pages of the repository, and what they mention."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATED = "<!-- Made by `make docs`"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "sample_data").rglob("*.md")])
WRITTEN = [page for page in PAGES if not page.read_text(encoding="utf-8").startswith(GENERATED)]
"""Pages that a person wrote, and that may therefore be wrong."""


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def ticked(text: str) -> list[str]:
    """Everything between single backticks, outside of fenced and indented code."""
    prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
    return re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose)


def code_lines(text: str) -> list[str]:
    """Lines that a reader would type: of fenced and indented blocks, and single backticks."""
    fenced = [line.strip() for block in re.findall(r"^```\w*\n(.*?)^```", text, flags=re.M | re.S) for line in block.splitlines()]
    indented = [line.strip() for line in re.findall(r"^ {4,}(\S.*)$", text, flags=re.M)]
    return [*fenced, *indented, *ticked(text)]
