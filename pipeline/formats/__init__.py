"""The wire: each format in one file, and each format library in exactly one of them."""
