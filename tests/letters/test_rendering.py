"""Holds HTML and text to being safe, self-contained, readable and the same every time."""

import dataclasses
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.domain.notice import Letter, LetterFacts
from pipeline.letters.facts import clean
from pipeline.letters.html import dial
from pipeline.letters.text import WIDTH
from tests.letters.letters import KINDS, TEXTS, html, named, parcel, text
from tools.gallery import SITE, WORST_NAME, WORST_SITE, notice

VOID = {"meta", "br", "hr", "img", "link", "input", "path"}
CSS = (Path(__file__).parents[2] / "pipeline" / "letters" / "letter.css").read_text("utf-8")


class Page(HTMLParser):
    """The page's tags, text and attributes; fails on a tag that is not closed where it should be."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.words: set[str] = set()
        self.feed(source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data
            self.words |= set(re.findall(r"\w+", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(kind: tuple[Letter, bool, bool]) -> Page:
    letter, corrected, worst = kind
    return Page(html(notice(letter, corrected=corrected, worst=worst), site=WORST_SITE if worst else SITE, watermark=worst))


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_page_is_whole_and_asks_nobody_for_anything(kind: tuple[Letter, bool, bool]) -> None:
    got = page(kind)
    names = {name for name, _ in got.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "base", "form", "input", "audio", "video", "use", "image"}
    for _, attributes in got.tags:
        assert not {"src", "srcset", "style", "xlink:href", "background", "poster"} & set(attributes)
        assert not any(name.startswith("on") for name in attributes)
        address = attributes.get("href") or ""
        assert address == "" or re.match(r"tel:\+?\d+$|https://", address)
    (policy,) = [a["content"] for a in got.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == "default-src 'none'; style-src 'unsafe-inline'"
    assert not re.search(r"url\(|@import|expression", CSS)


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_a_page_can_be_heard_as_well_as_seen(kind: tuple[Letter, bool, bool]) -> None:
    got = page(kind)
    (root,) = got.all("html")
    assert (root["lang"], root["dir"]) == ("en", "ltr")
    assert len(got.all("h1")) == len(got.all("main")) == len(got.all("title")) == 1
    headings = [name for name, _ in got.tags if re.match(r"h\d$", name)]
    assert set(headings) == {"h1", "h2"}
    ids = [attributes["id"] for _, attributes in got.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = [attributes["aria-labelledby"] for attributes in got.all("section") if "aria-labelledby" in attributes]
    assert set(labelled) <= set(ids)
    for figure in got.all("figure"):
        assert (figure["role"], bool(figure["aria-label"])) == ("img", True)
    assert all(drawing.get("aria-hidden") == "true" for drawing in got.all("svg"))


HOSTILE = [
    "<script>alert(1)</script>", "</bdi></dd><h1>free</h1>", "{{ 7*7 }}", "{% include '/etc/passwd' %}", "{phone}", "{term}", '" onload="x',
    "&lt;b&gt;", "\u202eevil\u202c", "\u200f\u05d0\u05d1", "Zoë 🫁 O’Brien-李", "A" * 60, "\x00\x07\x1b[31m", "line\r\nbreak\u2028",
    "#include", "javascript:alert(1)", "-->", "]]>", "\ud800",
]  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=[hashlib.sha256(value.encode("utf-8", "replace")).hexdigest()[:6] for value in HOSTILE])
def test_a_hostile_value_is_only_text_in_every_field(value: str) -> None:
    one = notice(Letter.LOW, corrected=True)
    told = dataclasses.replace(one.facts, patient_name=value, identifier=value, orderer=value, wants_language=value, accession=value)
    if clean(value):
        hostile = ("facility", "department", "address", "tty", "phone", "emergency_number")
        site = dataclasses.replace(SITE, **dict.fromkeys(hostile, value))  # type: ignore[arg-type]
        innocent = Page(html(one))
    else:
        # Nothing visible is as good as nothing said: the rows are left out, and the site keeps its name.
        site = SITE
        innocent = Page(html(dataclasses.replace(one, facts=dataclasses.replace(told, patient_name="", identifier="", orderer=""))))
    got = Page(html(dataclasses.replace(one, facts=told), site=site))
    drop = {"a", "bdi"}  # a number that cannot be dialled is no link
    assert [t for t, _ in got.tags if t not in drop] == [t for t, _ in innocent.tags if t not in drop]
    said = clean(value)
    assert got.text.count(said) >= (2 if said else 0)
    written = text(dataclasses.replace(one, facts=told), site=site)
    assert "".join(said.split()) in "".join(written.split())
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", written + got.text.replace("\n", ""))


@settings(max_examples=40, deadline=None)
@given(name=st.text(max_size=80), orderer=st.text(max_size=80), record=st.text(max_size=20))
def test_any_name_makes_a_letter(name: str, orderer: str, record: str) -> None:
    one = notice(Letter.NORMAL)
    told = dataclasses.replace(one, facts=dataclasses.replace(one.facts, patient_name=name, orderer=orderer, identifier=record))
    got = Page(html(told))
    assert clean(name) in got.text
    assert all(len(line) <= WIDTH for line in text(told).splitlines())


@pytest.mark.parametrize("kind", KINDS, ids=named)
def test_text_fits_72_columns_but_for_a_web_address(kind: tuple[Letter, bool, bool]) -> None:
    letter, corrected, worst = kind
    said = text(notice(letter, corrected=corrected, worst=worst), site=WORST_SITE if worst else SITE)
    assert [line for line in said.splitlines() if len(line) > WIDTH and "https://" not in line] == []
    assert said.endswith("\n")
    assert "\r" not in said
    assert not re.search(r"[ \t]$", said, re.MULTILINE)
    if worst and letter is not Letter.WITHDRAWN:
        assert WORST_SITE.portal_url in said.split()


def test_the_text_tells_the_same_as_the_page() -> None:
    one = notice(Letter.NONDIAGNOSTIC, corrected=True)
    title = TEXTS.languages["en"].letters[Letter.NONDIAGNOSTIC].title  # of the window, not of the letter
    assert Page(html(one)).words - set(re.findall(r"\w+", text(one))) <= set(title.split())
    assert set(re.findall(r"\b[^\W\d]\w*", text(one))) <= Page(html(one)).words


def test_the_sample_mark_is_on_the_page_in_print_and_in_the_text() -> None:
    one = notice(Letter.NORMAL)
    marked, unmarked = html(one, watermark=True), html(one)
    assert '<div class="sample-mark" data-mark="SAMPLE" aria-hidden="true">' in marked
    assert "SAMPLE: This is a sample letter. It is not about a real person." in marked
    assert "SAMPLE:" not in unmarked
    assert '<div class="sample-mark"' not in unmarked
    assert re.search(r"\.sample-mark \{ position: fixed;", CSS)  # fixed: on every printed page
    printing = CSS[CSS.index("@media print") :]
    assert re.search(r"\.sample-mark \{[^}]*print-color-adjust: exact", printing)
    assert "display: none" not in CSS
    said = text(one, watermark=True).splitlines()
    assert said[1].startswith("SAMPLE: ")
    assert "SAMPLE: " in "\n".join(said[-4:])
    assert "SAMPLE:" not in text(one)


def test_the_same_notice_gives_the_same_bytes() -> None:
    one = notice(Letter.NONDIAGNOSTIC, corrected=True, worst=True)
    assert parcel(one) == parcel(one)


def test_the_files_are_named_by_the_delivery_alone() -> None:
    got = parcel(notice(Letter.NORMAL, worst=True))
    assert [name for name, _ in got.files] == [f"{'d' * 32}.en.{ending}" for ending in ("html", "txt", "json")]
    assert (got.delivery_id, got.kind, got.folder) == ("d" * 32, "notice", f"notices/{'e' * 16}")


@pytest.mark.parametrize(
    ("number", "dialled"),
    [("(555) 555-0142", "5555550142"), ("+1 555 555 0142", "+15555550142"), ("911", "911"), ("711", "711"),
     ("555-0142 ext. 7", ""), ("1-800-HOSPITAL", ""), ("javascript:1", ""), ("", ""), ("-", "")],
)  # fmt: skip
def test_a_link_dials_the_number_that_is_printed_or_none(number: str, dialled: str) -> None:
    assert dial(number) == dialled


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio of two sRGB colours. Source: WCAG 2.2, definitions of relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


PAIRS = [
    ("ink", "paper"), ("soft", "paper"), ("lead", "paper"), ("ink", "lead-panel"), ("link", "paper"), ("alarm", "alarm-panel"),
    ("alarm-ink", "alarm-panel"), ("link", "alarm-panel"), ("change", "change-panel"), ("change-ink", "change-panel"), ("ink", "panel"),
    ("paper", "mark"),
]  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark", "print"])
def test_every_colour_of_text_stands_out(theme: str) -> None:
    light, dark, printing = (colours(block) for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL))
    used = {"light": light, "dark": light | dark, "print": light | printing}[theme]
    assert {pair: round(contrast(used[pair[0]], used[pair[1]]), 1) for pair in PAIRS if contrast(used[pair[0]], used[pair[1]]) < 4.5} == {}
    # 1.4.11: what is drawn needs 3:1 only where it is needed to understand
    assert min(contrast(used["air"], used["lung"]), contrast(used["blood"], used["lung"])) >= 3


def test_contrast_is_computed_as_the_standard_says() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_worst_name_is_all_there() -> None:
    assert clean(WORST_NAME) in Page(html(notice(Letter.NORMAL, worst=True))).text
    assert isinstance(notice(Letter.NORMAL).facts, LetterFacts)
