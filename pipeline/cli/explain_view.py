"""One message on a terminal: what would happen, why, and the report with its evidence marked."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from pipeline.cli.terminal import harmless, local
from pipeline.domain.decision import Decision, NoticeEffect
from pipeline.domain.followup import FollowUp
from pipeline.domain.reading import Category, Reading, Role
from pipeline.domain.reasons import REASONS
from pipeline.explain import Explained

CATEGORY_STYLE = {Category.NEGATIVE: "green", Category.NONDIAGNOSTIC: "yellow", Category.POSITIVE: "red", Category.REVIEW: "magenta"}
_ROLE_STYLE = {
    Role.NEGATION: "bold cyan",
    Role.MASK: "dim",
    Role.UNREAD: "bold white on red",
    Role.HEADING: "bold underline",
    Role.CONTEXT: "italic blue",
}
_KINDS = {
    "hl7-oru": "HL7 result",
    "hl7-other": "HL7 message",
    "dicom-image": "DICOM image",
    "dicom-sr": "DICOM report",
    "dicom-other": "DICOM object",
    "text": "report text",
    "other": "unknown format",
}
_STUDY = "An image of a V/Q study: it is joined to its exam. Its report must follow, or a follow-up opens."
_NOT_VQ = "Not a V/Q result: recorded, nothing follows."
_REJECTED = "Cannot be used: it goes to quarantine with a reason file, and a follow-up tells a person."


def panel(one: Explained, zone: ZoneInfo) -> Panel:
    """The whole view of one message."""
    style = CATEGORY_STYLE[one.decision.category] if one.decision else "red" if one.outcome == "rejected" else "blue"
    title = Text(harmless(one.source), style="bold")
    if one.message > 1:
        title.append(f" · message {one.message}")
    title.append(f" · {_KINDS[one.kind.value]}", style="not bold")
    return Panel(Group(*_parts(one, zone)), title=title, title_align="left", border_style=style, expand=True)


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


def marked(text: str, reading: Reading, category: Category) -> Text:
    """The report with each span that was consumed in the colour of its role."""
    shown = Text(harmless(text))
    for span in sorted(reading.spans, key=lambda span: span.role is Role.VERDICT):
        style = f"bold reverse {CATEGORY_STYLE[category]}" if span.role is Role.VERDICT else _ROLE_STYLE[span.role]
        shown.stylize(style, span.start, span.end)
    for found in reading.evidence:
        shown.stylize(f"bold reverse {CATEGORY_STYLE[category]}", found.start, found.end)
    return shown


def _parts(one: Explained, zone: ZoneInfo) -> Iterator[RenderableType]:
    yield _headline(one)
    yield Text(what_happens(one, zone))
    for line in why(one.reasons):
        yield Text(f"  {line}", style="dim")
    if one.report is None or one.reading is None or one.decision is None:
        return
    yield Text("")
    yield marked(one.report.text, one.reading, one.decision.category)
    yield Text("")
    yield from _legend(one.report.text, one.reading)


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


def _legend(text: str, reading: Reading) -> Iterator[Text]:
    """What was taken as what, for terminals without colour and eyes that do not see it."""
    for found in reading.evidence:
        yield Text(f'  verdict   "{_short(found.text)}"  {found.phrase} ({found.section or "text"})')
    for span in reading.spans:
        if span.role is Role.UNREAD:
            yield Text(f'  unread    "{_short(text[span.start : span.end])}"', style="red")
    counts = {role: sum(1 for span in reading.spans if span.role is role) for role in (Role.NEGATION, Role.MASK)}
    told = [f"{number} {role.value}{'s' if number > 1 else ''}" for role, number in counts.items() if number]
    if told:
        yield Text(f"  also marked: {', '.join(told)}", style="dim")


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
