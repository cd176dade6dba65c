"""For every test: timings decide nothing, so a slow machine fails no property."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.shared_readings import Shared

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")

_TRY_EVERY_BRANCH = tuple(Path(__file__).parent / name for name in ("domain", "reading"))
"""The tests that must reach every branch of the clinical centre, alone. A branch that only a whole run of the product happens to reach
is tried by nobody; and the tracer doubles what such a run costs."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not any(folder in item.path.parents for folder in _TRY_EVERY_BRANCH):
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session", autouse=True)
def _corpora_read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two readers over fourteen thousand reports take a minute under coverage: no two workers need do it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tools.corpus_report.corpora._corpus", Shared(folder / "readings"))
        yield
