"""One message on a terminal: what would happen, why, and the report with its evidence marked."""

from collections import Counter
from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from pipeline.cli.explain_roles import Marker, Piece, legend
from pipeline.cli.explain_trace import Step
from pipeline.cli.terminal import harmless, local
from pipeline.domain.decision import Decision, NoticeEffect
from pipeline.domain.followup import FollowUp
from pipeline.domain.reading import Category, Reading, Span
from pipeline.domain.reasons import REASONS
from pipeline.explain import Explained

CATEGORY_STYLE = {Category.NEGATIVE: "green", Category.NONDIAGNOSTIC: "yellow", Category.POSITIVE: "red", Category.REVIEW: "magenta"}
KINDS = {
    "hl7-oru": "HL7 result",
    "hl7-other": "HL7 message",
    "dicom-image": "DICOM image",
    "dicom-sr": "DICOM report",
    "dicom-other": "DICOM object",
    "text": "report text",
    "other": "unknown format",
}
_AGAINST = frozenset({"unread", "doubt", "refusal", "hedge"})
_STUDY = "An image of a V/Q study: it is joined to its exam. Its report must follow, or a follow-up opens."
_NOT_VQ = "Not a V/Q result: recorded, nothing follows."
_REJECTED = "Cannot be used: it goes to quarantine with a reason file, and a follow-up tells a person."


def panel(one: Explained, zone: ZoneInfo, marker: Marker, doubts: Sequence[Span] = ()) -> Panel:
    """The whole view of one message; `doubts`: the words for which verdicts of it were doubted."""
    style = CATEGORY_STYLE[one.decision.category] if one.decision else "red" if one.outcome == "rejected" else "blue"
    title = Text(harmless(one.source), style="bold")
    if one.message > 1:
        title.append(f" · message {one.message}")
    title.append(f" · {KINDS[one.kind.value]}", style="not bold")
    return Panel(Group(*_parts(one, zone, marker, doubts)), title=title, title_align="left", border_style=style, expand=True)


def traced(steps: Sequence[Step]) -> Group:
    """The steps of one reading, numbered; what speaks for leaving the report to a person is marked."""
    lines, number = [], 0
    for step in steps:
        number += step.depth == 0
        head = f"{number}. " if step.depth == 0 else "   " * step.depth
        sign = "! " if step.against else ""
        lines.append(Text(f"{head}{sign}{harmless(step.said)}", style="bold" if step.depth == 0 else "red" if step.against else ""))
    return Group(*lines, Text(""))


def what_happens(one: Explained, zone: ZoneInfo) -> str:
    """One or two plain sentences."""
    if one.decision is None:
        return {"study": _STUDY, "not_vq": _NOT_VQ}.get(one.outcome, _REJECTED)
    decision = one.decision
    return f"{_letter_sentence(decision)} {_follow_up_sentence(decision, zone)}"


def why(reasons: tuple[str, ...]) -> Iterator[str]:
    """What each reason code means."""
    for code in reasons:
        found = REASONS.get(code)
        yield f"{code}: {found.meaning}" if found else code


def marked(pieces: Sequence[Piece]) -> Text:
    """The report with everything that was read in the style of its role."""
    shown = Text()
    for piece in pieces:
        shown.append(harmless(piece.text), _style(piece) if piece.mark else None)
    return shown


def _style(piece: Piece) -> str:
    colour = CATEGORY_STYLE[piece.says] if piece.says else ""
    return f"{piece.mark.style if piece.mark else ''} {colour}".strip()


def _parts(one: Explained, zone: ZoneInfo, marker: Marker, doubts: Sequence[Span]) -> Iterator[RenderableType]:
    yield _headline(one)
    yield Text(what_happens(one, zone))
    for line in why(one.reasons):
        yield Text(f"  {line}", style="dim")
    if one.report is None or one.reading is None or one.decision is None:
        return
    yield Text("")
    pieces = marker.pieces(one.report.text, one.reading, one.decision.category, doubts)
    yield marked(pieces)
    yield Text("")
    yield from _told(pieces, one.reading)
    yield _key(pieces)


def _headline(one: Explained) -> Text:
    if one.decision is None:
        return Text(one.outcome.replace("_", " "), style="bold")
    decision = one.decision
    line = Text(decision.category.value.upper(), style=f"bold {CATEGORY_STYLE[decision.category]}")
    if decision.grade:
        line.append(f" ({decision.grade.value.replace('_', ' ')})")
    if decision.chronic:
        line.append(" chronic")
    if one.report:
        line.append(f" · {one.report.status.value}")
    line.append(f" · notice: {decision.notice.value} · follow-up: {one.follow_up or 'none'}")
    return line


def _told(pieces: Sequence[Piece], reading: Reading) -> Iterator[Text]:
    """What decided, in words: for terminals without colour and eyes that do not see it."""
    for found in reading.evidence:
        yield Text(f'  verdict   "{_short(found.text)}"  {found.phrase} ({found.section or "text"})')
    for piece in pieces:
        if piece.mark and piece.mark.key in _AGAINST:
            yield Text(f'  {piece.mark.name:<9} "{_short(piece.text)}"', style="red")


def _key(pieces: Sequence[Piece]) -> Text:
    """The roles that occur, each in its own style, with how often."""
    counts = Counter(piece.mark.key for piece in pieces if piece.mark and piece.first)
    line = Text("  marked:")
    for mark in legend(pieces):
        line.append(" ")
        line.append(mark.name, mark.style)
        line.append(f" {counts[mark.key]}", "dim")
    return line if counts else Text("  nothing is marked", style="dim")


def _short(text: str) -> str:
    return harmless(" ".join(text.split()))


def _letter_sentence(decision: Decision) -> str:
    if decision.notice is NoticeEffect.RELEASE:
        return f"The letter about a {decision.category.value} result would be released to the patient."
    if decision.notice is NoticeEffect.NEVER:
        return "The patient would get no letter about this version."
    if decision.category is Category.REVIEW:
        return "No letter would be written: a person reads the report first."
    return "A letter would be written and held until a person releases it."


def _follow_up_sentence(decision: Decision, zone: ZoneInfo) -> str:
    if decision.follow_up is None:
        return "No follow-up would open."
    opened = [c.item for c in decision.changes if isinstance(c.item, FollowUp) and c.item.reason is decision.follow_up]
    due = f", due {local(opened[0].due_at, zone)}, owner {harmless(opened[0].owner)}" if opened else ""
    return f"A follow-up ({decision.follow_up.value}) would open{due}."
