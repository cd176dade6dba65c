"""The readers: bytes into reports, images and refusals."""
