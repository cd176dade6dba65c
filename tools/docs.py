"""Writes the reference pages of docs/ from the code, so that they cannot say anything else."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from pipeline.config.reference import FOLDER, READINGS
from tools.corpus_report.page import corpus_page
from tools.corpus_report.reference import packed_readings
from tools.docs_cli import cli_page
from tools.docs_settings import settings_page

ROOT = Path(__file__).resolve().parent.parent
GENERATED = "<!-- Made by `make docs` from the code. Do not edit. -->"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |" for line in lines)


def page(title: str, intro: str, *parts: str) -> str:
    """One whole page: the mark of the generator, a title, an introduction, and the parts."""
    return "\n\n".join([GENERATED, f"# {title}", intro, *parts]) + "\n"


def _diagram(transitions: Mapping[tuple[str, str], str]) -> str:
    """Mermaid source. A state's name may hold a hyphen, which Mermaid would read as part of an arrow: hence the aliases."""

    def alias(state: str) -> str:
        return state.replace("-", "_") or "[*]"

    states = sorted({before for before, _ in transitions if before} | set(transitions.values()))
    ends = sorted(set(transitions.values()) - {before for before, _ in transitions})
    lines = [f'state "{state}" as {alias(state)}' for state in states]
    lines += [f"{alias(before)} --> {alias(after)}: {event}" for (before, event), after in transitions.items()]
    lines += [f"{alias(end)} --> [*]" for end in ends]
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


def states_page() -> str:
    """Diagrams and tables of `pipeline.domain.states`."""
    from pipeline.domain.states import TABLES

    parts = []
    for name, transitions in TABLES.items():
        rows = [[f"`{before}`" if before else "(new)", event, f"`{after}`"] for (before, event), after in transitions.items()]
        parts.append(f"## {name.capitalize()}\n\n{_diagram(transitions)}\n\n" + table(["from", "what happens", "to"], rows))
    intro = (
        "Every state there is and every way from one to the next. What is not in these tables cannot happen: "
        "`pipeline.domain.states.advance` refuses it. States of notices and follow-ups are FHIR R4 codes (`event-status`, `task-status`). "
        "Overdue is no state: it is a due time that has passed."
    )
    return page("States", intro, *parts)


def reasons_page() -> str:
    """The table of `pipeline.domain.reasons`."""
    from pipeline.domain.reasons import REASONS

    rows = [
        [f"`{reason.code}`", reason.effect.value, "yes" if reason.review else "", reason.meaning, reason.what_to_do]
        for reason in REASONS.values()
    ]
    intro = (
        "Every reason code that a decision, a hold or a rejection can carry. "
        "*Notice* is the least that the code does to the patient's letter; with several codes the strictest wins "
        "(never, then hold, then release). *Review* means that no category is taken from the text."
    )
    return page("Reason codes", intro, table(["code", "notice", "review", "what it means", "what to do"], rows))


def events_page() -> str:
    """Events and metrics of `pipeline.telemetry`."""
    from pipeline.telemetry import EVENTS, METRICS

    events = table(
        ["event", "level", "what it means", "what to do", "fields"],
        (
            [f"`{name}`", event.level, event.meaning, event.what_to_do, ", ".join(f"`{f}`" for f in event.fields)]
            for name, event in EVENTS.items()
        ),
    )
    families = sorted(METRICS.registry.collect(), key=lambda family: family.name)
    metrics = table(
        ["metric", "type", "what it counts"],
        ([f"`{f.name}_total`" if f.type == "counter" else f"`{f.name}`", f.type, f.documentation] for f in families),
    )
    intro = (
        "`vqroute run` writes one JSON object a line on standard output: `event`, `level`, `at` (UTC) and the fields below. "
        "An event may carry no other field, and a field holds a hash, a code, a number or a time: no name, number or text of a patient "
        "has a place to be. To follow one file, look for its `file` (SHA-256 of its content); to follow one exam, for its `exam`."
    )
    return page("Events and metrics", intro, events, "## Metrics", "Labels are codes of ours, never text from a message.", metrics)


PAGES: dict[str, Callable[[], str]] = {
    "docs/states.md": states_page,
    "docs/reasons.md": reasons_page,
    "docs/events.md": events_page,
    "docs/settings.md": lambda: page(*settings_page()),
    "docs/cli.md": lambda: page(*cli_page()),
    "docs/corpus.md": lambda: page(*corpus_page()),
    # No page, but the same kind of thing: what a change of the vocabulary changes can be read in its diff.
    (FOLDER / READINGS).relative_to(ROOT).as_posix(): packed_readings,
}


def main() -> int:
    """Write the pages, or with `--check` say which of them are not what the code says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    check = parser.parse_args().check
    stale = []
    for name, make in PAGES.items():
        path, text = ROOT / name, make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            path.write_text(text, encoding="utf-8")
    for name in stale:
        print(f"{name} {'is out of date: run `make docs`' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
