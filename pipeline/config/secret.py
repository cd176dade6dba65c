"""The site secret: made once, kept in the state folder, never shown."""

import os
import secrets
from pathlib import Path

from pipeline.errors import EnvironmentFailed

_SIZE = 32


def site_secret(state: Path) -> bytes:
    """The 32 bytes that key exam folder names; `VQROUTE_SECRET_FILE` may point to a secret kept elsewhere.

    Raises:
        errors.EnvironmentFailed: the secret cannot be made or read, or the file is not one of ours.
    """
    elsewhere = os.environ.get("VQROUTE_SECRET_FILE", "")
    file = Path(elsewhere) if elsewhere else state / "secret"
    try:
        if not elsewhere:
            _make(state, file)
        content = file.read_bytes()
    except OSError as error:
        raise EnvironmentFailed(f"the site secret cannot be read or made ({type(error).__name__})") from None
    if elsewhere:
        content = content.strip()
    if len(content) < _SIZE:
        raise EnvironmentFailed("the site secret is shorter than 32 bytes: restore it from the backup of the state folder")
    return content


def _make(state: Path, file: Path) -> None:
    if file.exists():
        return
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    staging = state / f".secret.{os.getpid()}"
    descriptor = os.open(staging, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(descriptor, secrets.token_bytes(_SIZE))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    try:
        # A link, unlike a rename, never replaces a secret that another instance made in the same moment.
        os.link(staging, file)
    except FileExistsError:
        pass
    finally:
        staging.unlink()
