"""Fixtures of the store tests."""

from tests.store.databases import ledger, postgresql_url

__all__ = ["ledger", "postgresql_url"]
