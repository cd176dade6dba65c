"""For every test: timings decide nothing, so a slow machine fails no property."""

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.shared_readings import Shared

settings.register_profile("no-deadline", deadline=None)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session", autouse=True)
def _corpora_read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two readers over fourteen thousand reports take a minute under coverage: no two workers need do it."""
    base = tmp_path_factory.getbasetemp()
    folder = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("tools.corpus_report.corpora._corpus", Shared(folder / "readings"))
        yield
