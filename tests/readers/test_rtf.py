"""RTF to text."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import Unreadable
from pipeline.formats.rtf import looks_like_rtf, plain_text


@pytest.mark.parametrize(
    ("rtf", "text"),
    [
        (r"{\rtf1\ansi IMPRESSION:\par Low probability for PE.\par}", "IMPRESSION:\nLow probability for PE."),
        (r"{\rtf1{\fonttbl{\f0 Arial;}}{\colortbl;\red0;}{\b No} evidence}", "No evidence"),
        (r"{\rtf1\ansicpg1252 caf\'e9 \u8211? end}", "café – end"),
        (r"{\rtf1\uc2\u233\'c3\'a9x}", "éx"),
        (r"{\rtf1 {\v hidden}{\deleted gone}kept {\*\generator Word;}\~too}", "kept  too"),
        (r"{\rtf1 a\tab b\cell c\row d\line e\{f\}\\}", "a b c\nd\ne{f}\\"),
        ("{\\rtf1 broken\r\nover lines}", "brokenover lines"),
        (r"{\rtf1{\pict\bin3 }}}}shown}", "shown"),
        (r"{\rtf1{\header Smith}{\footer 1}body", "body"),
    ],
)
def test_the_visible_text(rtf: str, text: str) -> None:
    assert looks_like_rtf(rtf)
    assert plain_text(rtf) == text


@pytest.mark.parametrize("rtf", ["{\\rtf1 " + "{" * 200, r"{\rtf1 PE {\strike not} present}"])
def test_what_cannot_be_told_in_plain_text_is_refused(rtf: str) -> None:
    with pytest.raises(Unreadable):
        plain_text(rtf)


@given(st.text(alphabet="\\{}'*~_ \r\nabu0123-é"))
def test_nothing_breaks_it(noise: str) -> None:
    with suppress(Unreadable):
        assert isinstance(plain_text("{\\rtf1 " + noise), str)
