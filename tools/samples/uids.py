"""DICOM UIDs that are hashes of what they name, so that every run gives the same ones."""

import hashlib


def uid(*parts: object) -> str:
    """A UID under the 2.25 root (ITU-T X.667: any 128-bit number). Source: DICOM PS3.5 B.2."""
    digest = hashlib.sha256("\x1f".join(("vqroute sample", *map(str, parts))).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"
