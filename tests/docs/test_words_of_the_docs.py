"""What the documents name exists in the code, and what the code has is in the documents."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from pipeline.cli import app
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.reasons import REASONS
from pipeline.telemetry import EVENTS, METRICS
from tests.docs.pages import PAGES, ROOT, WRITTEN, code_lines, name, ticked
from tools.docs_settings import said_in, sections

EVERY_WRITTEN = pytest.mark.parametrize("page", WRITTEN, ids=name)


@cache
def commands() -> dict[str, Any]:
    root: Any = typer.main.get_command(app)
    return {key: command for key, command in root.commands.items() if not command.hidden}


def options_of(command: Any) -> set[str]:
    nested = [options_of(child) for child in getattr(command, "commands", {}).values()]
    own = {flag for param in command.params for flag in (*param.opts, *param.secondary_opts)}
    return own.union({"--help"}, *nested)


def typed(text: str) -> Iterator[tuple[str, list[str]]]:
    """(command, its words) for each use of `vqroute COMMAND ...` that a page shows."""
    for line in code_lines(text):
        for use in re.findall(r"\bvqroute ([a-z][a-z-]*(?: [^|;&#`]*)?)", re.sub(r"\.service\b.*", "", line)):
            first, *rest = use.split()
            yield first, rest


@EVERY_WRITTEN
def test_commands_and_options_exist(page: Path) -> None:
    for command, words in typed(page.read_text(encoding="utf-8")):
        assert command in commands(), f"vqroute {command} does not exist"
        flags = {re.split(r"[=\]]", word.lstrip("["))[0] for word in words if word.lstrip("[").startswith("--")}
        assert flags <= options_of(commands()[command]), f"vqroute {command} has no {flags - options_of(commands()[command])}"


def test_interface_page_has_every_command() -> None:
    shown = {command for command, _ in typed((ROOT / "docs/interface.md").read_text(encoding="utf-8"))}
    assert set(commands()) <= shown


@EVERY_WRITTEN
def test_events_and_metrics_exist(page: Path) -> None:
    nouns = {event.split(".")[0] for event in EVENTS}
    metrics = {sample.name for family in METRICS.registry.collect() for sample in family.samples} | {
        family.name for family in METRICS.registry.collect()
    }
    for word in ticked(page.read_text(encoding="utf-8")):
        if re.fullmatch(r"[a-z_]+\.[a-z_]+", word) and word.split(".")[0] in nouns and not word.endswith((".py", ".md", ".toml", ".db")):
            assert word in EVENTS, f"there is no event {word}"
        if re.fullmatch(r"vqroute_[a-z_]+", word):
            assert word in metrics or f"{word}_total" in metrics, f"there is no metric {word}"


@EVERY_WRITTEN
def test_reason_codes_exist(page: Path) -> None:
    for word in re.findall(r"\breasons? `([a-z0-9-]+)`", page.read_text(encoding="utf-8")):
        assert word in REASONS or word in set(FollowUpReason), f"there is no reason {word}"


def settings() -> set[str]:
    return {f"{section}.{key}" for section, _, rows in sections() for key, _, _ in rows}


@EVERY_WRITTEN
def test_settings_exist(page: Path) -> None:
    tables = {setting.split(".")[0] for setting in settings()}
    for word in ticked(page.read_text(encoding="utf-8")):
        if re.fullmatch(r"[a-z_]+(\.[A-Za-z0-9_-]+)+", word) and word.split(".")[0] in tables and word not in EVENTS | {"site.toml": None}:
            assert word in settings() | {section for section, _, _ in sections()}, f"there is no setting {word}"


def test_every_setting_is_explained_in_the_packaged_file() -> None:
    said = said_in(ROOT / "config/site.toml")
    silent = [f"{section}.{key}" for section, _, rows in sections() for key, _, _ in rows if not said.get((section, key))]
    # What hangs on a name that the site or the list of reasons gives is explained at the table.
    free = {"authorities.NAME", "breastfeeding.NAME", *(f"holds.expiries.NAME.{key}" for key in ("remind", "escalate", "to"))}
    free |= {f"follow_ups.{table}.{reason}" for table in ("owners", "ladders", "next_steps") for reason in FollowUpReason}
    assert set(silent) <= free


def test_nothing_in_the_packaged_file_is_unknown() -> None:
    known = settings()
    for section, key in said_in(ROOT / "config/site.toml"):
        assert section in ("authorities", "holds.expiries") or f"{section}.{key}" in known


@pytest.mark.parametrize("event", [key for key, event in EVENTS.items() if event.level in ("error", "critical")])
def test_every_alarming_event_is_in_a_runbook(event: str) -> None:
    runbooks = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if page.parent.name == "runbooks")
    assert f"`{event}`" in runbooks


def test_make_targets_exist_and_are_told() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.M))
    told = set()
    for page in WRITTEN:
        for line in code_lines(page.read_text(encoding="utf-8")):
            told |= set(re.findall(r"(?:^|&& |; )make ([a-z]+(?:-[a-z]+)*)\b", line))
    assert told <= targets
    assert targets - {"help"} <= told


def slug(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_resolve(page: Path) -> None:
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https:", "http:", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), f"{target} leads nowhere"
        if anchor:
            headings = re.findall(r"^#+ (.*)$", other.read_text(encoding="utf-8"), flags=re.M)
            assert anchor in {slug(heading) for heading in headings}, f"{target}: no such heading"


def names_in(file: Path) -> set[str]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


@EVERY_WRITTEN
def test_tests_that_are_named_exist(page: Path) -> None:
    for word in ticked(page.read_text(encoding="utf-8")):
        if word.startswith("tests/"):
            file, _, function = word.partition("::")
            assert (ROOT / file).exists(), f"{file} does not exist"
            if function:
                assert function in names_in(ROOT / file), f"{word} does not exist"


def test_every_hazard_is_complete_and_names_a_test() -> None:
    hazards = re.split(r"^### ", (ROOT / "docs/hazards.md").read_text(encoding="utf-8"), flags=re.M)[1:]
    assert [hazard.split(".")[0] for hazard in hazards] == [f"H{number}" for number in range(1, len(hazards) + 1)]
    assert len(hazards) >= 15
    for hazard in hazards:
        assert re.match(r"H\d+\. .* \(S[123]\)\n", hazard)
        parts = dict(re.findall(r"^- \*\*([A-Z][a-z ]+)\*\*: ((?:.|\n  )+)", hazard, flags=re.M))
        assert list(parts) == ["Cause", "Control", "Proof", "What remains"]
        assert re.search(r"`tests/[^`]+::test_\w+`", parts["Proof"])


def test_every_promise_names_a_test() -> None:
    lines = (ROOT / "docs/promises.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| **")]
    assert len(rows) >= 8
    assert [row for row in rows if not re.search(r"`tests/[^`]+::test_\w+`", row)] == []
