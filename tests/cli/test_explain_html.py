"""`vqroute explain --html`: one page that shows a report exactly as it is, and what each part of it was taken as."""

import os
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline import cli
from pipeline.cli import written
from pipeline.cli.explain_page import exact, page, shown
from pipeline.cli.explain_roles import BY_KEY, MARKS, Marker, legend
from pipeline.config import packaged
from pipeline.domain.arrival import Kind
from pipeline.domain.reading import Category, Evidence, Reading, Role, Span
from pipeline.errors import Refused
from pipeline.explain import Explained
from pipeline.reading import Vocabulary
from tests.cli.inputs import NEGATIVE, POSITIVE, UNREADABLE, lab, oru, write

RUNNER = CliRunner()
CSS = (Path(cli.__file__).parent / "explain.css").read_text(encoding="utf-8")


class Read(HTMLParser):
    """What a browser makes of the page: the text of each report, and every tag with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.reports: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._inside = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if ("class", "report") in attrs:
            self._inside = True
            self.reports.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside = self._inside and tag != "div"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.reports[-1] += data

    def marks(self) -> list[str]:
        return [attrs["class"] or "" for tag, attrs in self.tags if tag == "mark"]


@cache
def vocabulary() -> Vocabulary:
    file = packaged() / "vocabulary/en.toml"
    return Vocabulary.parse(file.read_text(encoding="utf-8"), str(file))


@cache
def marker() -> Marker:
    return Marker(vocabulary())


def explained(tmp_path: Path, files: dict[str, bytes], *options: str, code: int = 0) -> str:
    out = tmp_path / "page.html"
    done = RUNNER.invoke(cli.app, ["explain", "--html", str(out), *options, str(write(tmp_path / "in", files))])
    assert done.exit_code == code, done.output
    return out.read_text(encoding="utf-8")


# -- the text is the report's

SPANS = st.lists(
    st.tuples(st.sampled_from(Role), st.sampled_from(["low", "hedge-open", "indication", "legend", "doubt", "what"]))
    .flatmap(lambda what: st.tuples(st.just(what), st.integers(0, 40), st.integers(0, 40)))
    .map(lambda it: Span(*it[0], *it[1:])),
    max_size=12,
)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
HOSTILE = st.lists(
    st.sampled_from(["</div>", "<script>", "&amp;", "&#13;", "\r", "\n", "\r\n", "\u202e", "\x1b", "\x85", '"', " ", "a"])
).map("".join)


@given(TEXT | HOSTILE, SPANS)
def test_the_text_of_the_page_is_the_text_of_the_report(text: str, spans: list[Span]) -> None:
    reading = Reading(Category.REVIEW, evidence=(Evidence("low", "impression", text[2:9], 2, 9),), spans=tuple(spans))
    pieces = marker().pieces(text, reading, Category.REVIEW, [Span(Role.UNREAD, "doubt", 3, 5)])
    assert "".join(piece.text for piece in pieces) == text
    marked = "".join(f"<mark>{exact(piece.text)}</mark>" if piece.mark else exact(piece.text) for piece in pieces)
    assert Read(f'<div class="report">{marked}</div>').reports == [text]


@given(st.text(min_size=1, max_size=20))
def test_what_html_cannot_hold_is_replaced_one_for_one(text: str) -> None:
    whole = "".join("\ufffd" if char == "\0" or 0xD800 <= ord(char) <= 0xDFFF else char for char in text)
    assert Read(f'<div class="report">{exact(text)}</div>').reports == [whole]
    exact(text).encode("utf-8")


def test_characters_that_nobody_sees_are_shown() -> None:
    tags = Read(f'<div class="report">{exact(chr(0x202E))}a{exact(chr(0x200B))}</div>').tags
    assert [attrs.get("data-code") for _, attrs in tags] == [None, "U+202E", "U+200B"]


@given(TEXT, SPANS)
def test_of_spans_that_overlap_the_innermost_is_shown(text: str, spans: list[Span]) -> None:
    place = 0
    for piece in marker().pieces(text, Reading(Category.REVIEW, spans=tuple(spans)), Category.REVIEW):
        over = [span for span in spans if span.start <= place < span.end <= len(text)]
        if over:
            best = max((span.start, -span.end) for span in over)
            assert piece.mark in {marker().mark_of(span) for span in over if (span.start, -span.end) == best}
        else:
            assert piece.mark is None
        place += len(piece.text)


def test_the_whole_page_shows_the_whole_report(tmp_path: Path) -> None:
    text = "HISTORY: a < b & \"c\" </div><script>alert('1')</script>\n\n\tIMPRESSION: No pulmonary embolism.\n{{ 7 * 7 }} \u202eabc"
    read = Read(explained(tmp_path, {"a.txt": text.encode()}))
    assert read.reports == [text]
    assert "script" not in {tag for tag, _ in read.tags}


# -- what it is and says


def test_the_page_needs_nothing_and_runs_nothing(tmp_path: Path) -> None:
    made = explained(tmp_path, {"a.hl7": oru(POSITIVE), "b.hl7": lab(2), "c.bin": b"?"}, "--trace", code=1)
    read = Read(made)
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in read.tags}
    for tag, attrs in read.tags:
        assert not {name for name in attrs if name in ("style", "src", "srcset") or name.startswith("on")}
        assert tag != "a" or (attrs["href"] or "").startswith("#m")
    assert not re.search(r"url\(|@import|https?:", made)
    assert len(re.findall(r"<style>", made)) == 1


def test_its_policy_lets_only_its_own_style_in(tmp_path: Path) -> None:
    import base64
    import hashlib

    made = explained(tmp_path, {"a.hl7": oru(NEGATIVE)})
    (style,) = re.findall(r"<style>(.*?)</style>", made, flags=re.S)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}'" in made


def test_it_says_what_happens_why_and_what_to_do(tmp_path: Path) -> None:
    made = explained(tmp_path, {"a.hl7": oru(POSITIVE), "b.hl7": oru(UNREADABLE, number=2), "c.hl7": lab(3), "d.bin": b"?"}, code=1)
    for said in (
        "Positive<small> · high",
        "A letter would be written and held until a person releases it.",
        "A letter is never how a patient first hears of a clot.",
        "What to do: Tell the patient, then release.",
        "No letter would be written: a person reads the report first.",
        "Not a V/Q result",
        "Rejected",
        "ACCZQ0001",
        'href="#m4"',
    ):
        assert said in made
    assert "Every step of the reading" not in made


def test_what_to_do_stands_once_for_all_the_reasons_that_ask_for_it(tmp_path: Path) -> None:
    text = b"IMPRESSION: Low probability for PE. Amputated clots are seen. Embolism cannot be excluded.\n"
    made = explained(tmp_path, {"a.txt": text})
    assert made.count('class="against"') >= 2
    assert made.count("What to do:") == 1


def test_one_message_needs_no_table(tmp_path: Path) -> None:
    assert "<table>" not in explained(tmp_path, {"a.hl7": oru(NEGATIVE)})


def test_a_message_without_a_report_has_no_text() -> None:
    made = page([shown(Explained("a", 1, Kind.OTHER, "rejected", reason="not-a-code"), ZoneInfo("UTC"), marker())], "0" * 64).decode()
    assert "not-a-code" in made
    assert Read(made).reports == []


def test_the_same_messages_give_the_same_bytes(tmp_path: Path) -> None:
    assert explained(tmp_path, {"a.hl7": oru(NEGATIVE)}) == explained(tmp_path, {"a.hl7": oru(NEGATIVE)}, "--force")


# -- roles


def test_each_role_is_shown_and_the_legend_has_those_that_occur(tmp_path: Path) -> None:
    text = (
        b"IMPRESSION: Low probability for pulmonary embolism. The prior scan of 2019 was high probability.\n"
        b"Amputated segmental clots are noted. No mismatched defects. If suspicion remains high, CTPA is recommended.\n"
        b"Embolism cannot be entirely excluded.\n\nLow probability: 10-19 %\nHigh probability: more than 80 %\n"
    )
    marks = Read(explained(tmp_path, {"a.txt": text})).marks()
    keys = ["unread", "hedge", "verdict", "context", "prior", "condition", "legend", "heading"]
    assert marks[: len(keys)] == keys
    assert {mark.split()[0] for mark in marks[len(keys) :]} == set(keys)
    # Of two verdicts that contradict each other each has its own colour.
    assert {"verdict negative", "verdict positive"} <= set(marks)


def test_the_word_for_which_a_verdict_is_doubted_is_marked(tmp_path: Path) -> None:
    made = explained(tmp_path, {"a.txt": b"IMPRESSION: High probability of pulmonary embolism is rejected.\n"})
    assert re.search(r'<mark class="doubt"[^>]*>rejected</mark>', made)


def test_a_verdict_has_the_colour_of_what_the_site_makes_of_it(tmp_path: Path) -> None:
    site = tmp_path / "site.toml"
    site.write_text('[decisions]\nlow = "nondiagnostic"\n')
    made = explained(tmp_path, {"a.txt": b"IMPRESSION: Low probability for PE.\n"}, "--config", str(site))
    assert "verdict nondiagnostic" in Read(made).marks()


def test_the_report_that_names_its_criteria_gives_low_its_colour() -> None:
    text, span = "Low probability", Span(Role.VERDICT, "low", 0, 15)
    pieces = marker().pieces(text, Reading(Category.REVIEW, spans=(span,), names_pioped2=True), Category.REVIEW)
    assert [piece.says for piece in pieces] == [Category.NONDIAGNOSTIC]


def test_every_kind_of_mask_and_every_role_has_its_mark() -> None:
    named = {mask.kind for mask in vocabulary().masks} | {"legend", "template", "pretest"}
    assert all(marker().mark_of(Span(Role.MASK, kind, 0, 1)).key != "masked" for kind in named)
    assert marker().mark_of(Span(Role.MASK, "some day", 0, 1)).key == "masked"
    by_role = {phrase.role: marker().mark_of(Span(Role.CONTEXT, phrase.id, 0, 1)).key for phrase in vocabulary().phrases}
    assert (by_role["hedge"], by_role["refuse"], by_role["remark"]) == ("hedge", "refusal", "context")
    assert all(marker().mark_of(Span(role, "", 0, 1)) for role in Role)


def test_the_terminal_shows_every_role_too() -> None:
    from rich.style import Style

    assert len({Style.parse(mark.style) for mark in MARKS}) == len(MARKS)
    assert [mark.key for mark in legend([])] == []


def test_the_interface_page_names_the_roles() -> None:
    told = (
        (Path(__file__).resolve().parents[2] / "docs/interface.md")
        .read_text(encoding="utf-8")
        .split("| role | marks |\n", 1)[1]
        .split("\n\n")[0]
    )
    assert re.findall(r"^\| ([a-z, ]+) \|", told, flags=re.M) == [mark.name for mark in MARKS if mark.key != "masked"]


# -- colours


def themes() -> dict[str, dict[str, str]]:
    light, dark = (dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", CSS, flags=re.S)[:2])
    return {"light": light, "dark": light | dark}


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, relative luminance and contrast ratio."""

    def luminance(colour: str) -> float:
        parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
        r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b

    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


HUES = ("negative", "nondiagnostic", "positive", "review", "plain")
PAIRS = [
    *product(("ink", "soft"), ("paper", "panel", *(f"{hue}-bg" for hue in HUES))),
    *((hue, ground) for hue in HUES for ground in (f"{hue}-bg", "paper")),
    ("on-alarm", "alarm"),
    *(("alarm", ground) for ground in ("doubt-bg", "paper", "panel")),
    *((mark, f"{mark}-bg") for mark in ("hedge", "negation")),
    *product(("indication", "prior", "condition", "legend"), ("mask-bg",)),
    *product(("context",), ("paper", "panel")),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_text_can_be_read_on_its_ground(theme: str) -> None:
    colours = themes()[theme]
    assert {
        pair: round(contrast(*(colours[name] for name in pair)), 2) for pair in PAIRS if contrast(*(colours[n] for n in pair)) < 4.5
    } == {}


def rules() -> dict[str, str]:
    found: dict[str, str] = {}
    for selectors, body in re.findall(r"^([.a-z][^{}@]*?) \{ ([^{}]*) \}$", CSS, flags=re.M):
        for selector in selectors.split(", "):
            found[selector] = f"{found.get(selector, '')}{body} "
    return found


def test_no_role_is_told_by_its_colour_alone() -> None:
    """Two roles differ in more than colours: in line, border, weight or slant."""
    seen = {mark.key: rules()[f".{mark.key}"] for mark in MARKS}
    plain = {key: re.sub(r"(?:background|color): [^;]+;|var\([^)]*\)", "", body).split() for key, body in seen.items()}
    for one, other in pairwise(sorted(plain.items(), key=lambda item: item[1])):
        assert one[1] != other[1], f"{one[0]} and {other[0]} look alike without colour"
    assert all(BY_KEY[key].tag or "text-decoration-style" in body or key == "heading" for key, body in seen.items())


# -- the file


def test_it_is_for_its_owner_only_and_says_where_it_is(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = RUNNER.invoke(cli.app, ["explain", "--html", str(out), str(write(tmp_path / "in", {"a.hl7": oru(NEGATIVE)}))])
    assert done.exit_code == 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert done.stdout == f"1 message explained in {out}, which holds reports of patients (mode 0600).\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "page.html"]


def test_it_takes_no_place_unasked(tmp_path: Path) -> None:
    out = tmp_path / "zqpage.html"
    out.write_text("mine")
    out.chmod(0o644)
    words = ["explain", "--html", str(out), str(write(tmp_path / "in", {"a.hl7": oru(NEGATIVE)}))]
    done = RUNNER.invoke(cli.app, words)
    assert (done.exit_code, out.read_text()) == (2, "mine")
    assert "--force" in done.stderr
    assert "zqpage" not in done.stderr
    assert RUNNER.invoke(cli.app, [*words, "--force"]).exit_code == 0
    assert out.read_text().startswith("<!DOCTYPE html>")
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("not ours")
    (tmp_path / "page.html").symlink_to(tmp_path / "other")
    explained(tmp_path, {"a.hl7": oru(NEGATIVE)}, "--force")
    assert (tmp_path / "other").read_text() == "not ours"
    assert not (tmp_path / "page.html").is_symlink()


@pytest.mark.parametrize("out", [".", "no/such/page.html"])
def test_a_place_that_cannot_be_is_refused(out: str, tmp_path: Path) -> None:
    done = RUNNER.invoke(cli.app, ["explain", "--html", str(tmp_path / out), str(write(tmp_path / "in", {"a.hl7": oru(NEGATIVE)}))])
    assert done.exit_code == 2
    assert "--html" in done.stderr


@pytest.mark.parametrize("option", [["--html", "x.html"], ["--trace"]])
def test_programs_and_people_are_served_one_at_a_time(option: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = RUNNER.invoke(cli.app, ["explain", "--json", *option, str(write(tmp_path / "in", {"a.hl7": oru(NEGATIVE)}))])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert not (tmp_path / "x.html").exists()


def test_a_page_of_an_earlier_run_is_no_message(tmp_path: Path) -> None:
    folder = write(tmp_path, {"a.hl7": oru(NEGATIVE)})
    for _ in range(2):
        done = RUNNER.invoke(cli.app, ["explain", "--force", "--html", str(folder / "page.html"), str(folder)])
        assert done.exit_code == 0, done.output
        assert "1 message explained" in done.stdout


def test_a_file_that_came_while_we_worked_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written, "may_write", lambda *_, **__: None)
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(Refused):
        written.write_whole(tmp_path / "page.html", b"ours", "--html", force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "mine"


def test_it_is_written_where_there_are_no_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    written.write_whole(tmp_path / "page.html", b"ours", "--html", force=False)
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_nothing_is_left_behind_where_it_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "link", link)
    with pytest.raises(OSError, match="No space"):
        written.write_whole(tmp_path / "page.html", b"ours", "--html", force=False)
    assert list(tmp_path.iterdir()) == []
