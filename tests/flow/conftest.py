"""Fixtures of the flow tests."""

from pathlib import Path

import pytest

from pipeline.store.ledger import Ledger
from tests.flow.kit import Kit
from tests.store.databases import ledger, postgresql_url

__all__ = ["ledger", "postgresql_url"]


@pytest.fixture
def kit(ledger: Ledger, tmp_path: Path) -> Kit:
    return Kit(ledger, tmp_path)
