"""The reference pages say what the code says."""

import pytest

from pipeline.domain.reasons import REASONS
from pipeline.domain.states import TABLES
from pipeline.telemetry import EVENTS
from tests.docs.pages import ROOT
from tools.docs import PAGES
from tools.docs_cli import commands
from tools.docs_settings import sections


@pytest.mark.parametrize("path", PAGES)
def test_page_is_what_the_code_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == PAGES[path](), "run `make docs`"


def test_nothing_is_left_out() -> None:
    reasons, events, states, settings, cli = (PAGES[f"docs/{page}.md"]() for page in ("reasons", "events", "states", "settings", "cli"))
    assert all(f"`{code}`" in reasons for code in REASONS)
    assert all(f"| `{event}` |" in events for event in EVENTS)
    assert all(f"`{state}`" in states for table in TABLES.values() for state in table.values())
    assert all(f"| `{key}` |" in settings for _, _, rows in sections() for key, _, _ in rows)
    assert all(f"## vqroute {command}\n" in cli for command in commands())
