"""Messages explained on one HTML page that needs nothing else: no script, no font, no request."""

import base64
import functools
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from zoneinfo import ZoneInfo

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline import __version__
from pipeline.cli.explain_roles import Mark, Marker, Piece, legend
from pipeline.cli.explain_trace import Step
from pipeline.cli.explain_view import KINDS, what_happens
from pipeline.cli.terminal import harmless
from pipeline.domain.reading import Evidence, Span
from pipeline.domain.reasons import REASONS
from pipeline.explain import Explained

_RESULTS = {"study": "V/Q image", "not_vq": "Not a V/Q result", "rejected": "Rejected"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the page shows it. `hue` is the class that colours it; `pieces` is None where there is no report."""

    name: str
    kind: str
    hue: str
    result: str
    detail: str
    notice: str
    follow_up: str
    facts: tuple[tuple[str, str], ...]
    what: str
    reasons: tuple["Why", ...]
    pieces: list[Piece] | None
    legend: list[Mark]
    evidence: tuple[Evidence, ...]
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Why:
    """A reason code in words. `against`: it keeps the letter or sends the report to a person."""

    code: str
    meaning: str
    todo: str
    against: bool


def shown(one: Explained, zone: ZoneInfo, marker: Marker, doubts: Sequence[Span] = (), steps: Sequence[Step] = ()) -> Shown:
    """What the page says of one message; `doubts`: the words for which verdicts of it were doubted."""
    decision = one.decision
    pieces = marker.pieces(one.report.text, one.reading, decision.category, doubts) if one.report and one.reading and decision else None
    grade = f" · {decision.grade.value.replace('_', ' ')}" if decision and decision.grade else ""
    return Shown(
        name=harmless(one.source) + (f", message {one.message}" if one.message > 1 else ""),
        kind=KINDS[one.kind.value],
        hue=decision.category.value if decision else one.outcome,
        result=decision.category.value.capitalize() if decision else _RESULTS[one.outcome],
        detail=grade + (" · chronic" if decision and decision.chronic else ""),
        notice=decision.notice.value if decision else "never",
        follow_up=one.follow_up or "none",
        facts=tuple(_facts(one)),
        what=what_happens(one, zone),
        reasons=tuple(_reasons(one.reasons)),
        pieces=pieces,
        legend=legend(pieces or ()),
        evidence=one.reading.evidence if one.reading else (),
        steps=steps,
    )


def page(messages: Sequence[Shown], vocabulary: str) -> bytes:
    """UTF-8. Every value is escaped; the same messages give the same bytes. `vocabulary`: the hash of what they were read with."""
    css = _packaged("explain.css")
    made = _environment().get_template("explain.html.j2")
    text = made.render(
        messages=messages,
        css=Markup(css),  # noqa: S704 - our own file
        css_hash=base64.b64encode(hashlib.sha256(css.encode()).digest()).decode(),
        version=__version__,
        vocabulary=vocabulary[:12],
    )
    return text.encode("utf-8")


def exact(text: str) -> Markup:
    """Text so that a page's text content is this very text; characters that nobody sees stand in a box with their number.

    What HTML cannot hold at all, NUL and halves of surrogate pairs, becomes `\\ufffd`, one for one.
    """
    if all(map(_plain, text)):
        return escape(text)
    return Markup("").join(escape(char) if _plain(char) else _box(char) for char in text)


def _plain(char: str) -> bool:
    return char in "\n\t\u00a0" or char.isprintable()


def _box(char: str) -> Markup:
    number = ord(char)
    inside = "\ufffd" if number == 0 or 0xD800 <= number <= 0xDFFF else char
    # A bare carriage return would be read as a line feed.
    written = Markup("&#13;") if char == "\r" else escape(inside)
    return Markup('<span class="hidden" data-code="U+{}">{}</span>').format(f"{number:04X}", written)


def _facts(one: Explained) -> Iterator[tuple[str, str]]:
    if one.report and one.report.accession:
        yield "Accession", harmless(one.report.accession)
    if one.report:
        yield "Report", one.report.status.value
    if one.decision:
        yield "Letter", one.decision.notice.value
    yield "Follow-up", one.follow_up or "none"


def _reasons(codes: Sequence[str]) -> Iterator[Why]:
    """Those that keep a letter first; what to do stands once, behind the last of the reasons that ask for it."""
    whys = sorted(map(_why, codes), key=lambda why: not why.against)
    for number, why in enumerate(whys):
        again = any(later.todo == why.todo for later in whys[number + 1 :])
        yield replace(why, todo="") if again else why


def _why(code: str) -> Why:
    known = REASONS.get(code)
    if known is None:
        return Why(code, "", "", against=False)
    todo = "" if known.what_to_do == "Nothing." else known.what_to_do
    return Why(code, known.meaning, todo, known.review or known.effect.value != "release")


@functools.cache
def _environment() -> Environment:
    made = Environment(loader=FunctionLoader(_packaged), autoescape=True, undefined=StrictUndefined, auto_reload=False)
    made.filters["exact"] = exact
    return made


@functools.cache
def _packaged(name: str) -> str:
    return resources.files("pipeline.cli").joinpath(name).read_text("utf-8")
