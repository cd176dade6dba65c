"""Prints the longest letters with a real browser: two pages at most, on either paper, and nothing fetched."""

import shutil
from pathlib import Path

import pytest

from pipeline.domain.notice import Letter
from tests.letters.letters import html
from tools.gallery import CHROMIUM, WORST_SITE, notice, printed

pytestmark = [pytest.mark.slow, pytest.mark.skipif(shutil.which(CHROMIUM) is None, reason="no browser here")]


@pytest.mark.parametrize("paper", ["letter", "A4"])
@pytest.mark.parametrize("letter", [Letter.NONDIAGNOSTIC, Letter.POSITIVE])
def test_the_longest_letters_print_on_two_pages(letter: Letter, paper: str, tmp_path: Path) -> None:
    page = html(notice(letter, corrected=True, worst=True), site=WORST_SITE, watermark=True)
    source = tmp_path / "page.html"
    source.write_text(page.replace("@page { ", f"@page {{ size: {paper}; "), "utf-8")
    assert printed(source, tmp_path / "page.pdf") <= 2
