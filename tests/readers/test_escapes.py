"""HL7 escape sequences, both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.formats.hl7text import Delimiters, escape, unescape

USUAL = Delimiters()


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        (r"5 \T\ 6", "5 & 6"),
        (r"\F\\S\\R\\E\ ", "|^~\\ "),
        (r"one\.br\two", "one\ntwo"),
        (r"one\.BR\two", "one\ntwo"),
        (r"one\E\.br\E\two", "one\ntwo"),
        (r"a \E\T\E\ b", "a & b"),
        (r"one\.sp 2\two", "one\n\ntwo"),
        (r"one\.sp\two\.sp+3\three", "one\ntwo\n\n\nthree"),
        (r"\.ce\TITLE", "\nTITLE"),
        (r"one\.in+4\two\.ti-2\three\.fi\four\.nf\five\.sk 3\six", "one two three four five six"),
        (r"\H\BOLD\N\ plain", "BOLD plain"),
        (r"caf\XC3A9\ \X0D0A\next", "café \nnext"),
        (r"\Z01\x\C2842\y\M244280\z", "xyz"),
        (r"C:\temp\scan and a lone \ here", r"C:\temp\scan and a lone \ here"),
        (r"a \ b \.br\ c", "a \\ b \n c"),
        (r"\X4\ stays, \Q\ too", r"\X4\ stays, \Q\ too"),
    ],
)
def test_what_each_escape_means(raw: str, meant: str) -> None:
    assert unescape(raw, USUAL) == meant


def test_hexadecimal_bytes_are_of_the_messages_own_character_set() -> None:
    assert unescape(r"Bj\XF6\rk", USUAL, "iso8859-1") == "Björk"


def test_a_blank_line_command_cannot_blow_up_the_text() -> None:
    assert unescape(r"a\.sp 9999\b", USUAL).count("\n") <= 20


@given(st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"])))
def test_escaping_and_unescaping_gives_the_text_back(text: str) -> None:
    # Text that spells an escape itself is read as one that an engine escaped twice.
    if unescape(text, USUAL) == text:
        assert unescape(escape(text, USUAL), USUAL) == text


@given(st.text(), st.sampled_from([USUAL, Delimiters("$", "@", "!", "%", "*"), Delimiters.of("|", "^")]))
def test_unescaping_never_raises(text: str, delimiters: Delimiters) -> None:
    assert isinstance(unescape(text, delimiters), str)


def test_unescaping_is_linear_in_hostile_text() -> None:
    for hostile in ("\\" * 400_000, "\\E" * 200_000, "\\X" + "41" * 200_000, "\\.sp " * 100_000):
        unescape(hostile, USUAL)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("^~\\&", "^~\\&"),
        ("^~\\&#", "^~\\&"),
        ("^~\\\\&", "^~\\&"),
        ("^", "^~\\&"),
        ("", "^~\\&"),
        ("@!", "@!\\&"),
        ("&", "&~\\"),
    ],
)
def test_encoding_characters_of_any_length(encoding: str, expected: str) -> None:
    made = Delimiters.of("|", encoding)
    assert made.component + made.repetition + made.escape + made.subcomponent == expected
