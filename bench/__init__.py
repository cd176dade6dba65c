"""Measurements of the whole product; numbers to look at, never a reason to fail."""
