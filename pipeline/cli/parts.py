"""Opens what a command needs of the product, beside a daemon if one is running."""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import EnvironmentFailed, Refused

if TYPE_CHECKING:
    from pipeline.app import App
    from pipeline.cli.options import Place
    from pipeline.store.ledger import Ledger
    from pipeline.store.queries import Queries


@contextmanager
def opened(here: "Place") -> Iterator["App"]:
    """The whole application on an existing state, for what changes an exam. Raises `errors.EnvironmentFailed` if there is none."""
    _must_exist(here)

    from pipeline.app import App
    from pipeline.cli.clock import SystemClock

    with App.build(here.config, here.state, here.output, SystemClock(), folder_only=False) as app:
        app.flow.seated(_seat())
        yield app


@contextmanager
def looked_up(here: "Place") -> Iterator["Queries"]:
    """The questions that an existing ledger answers. Works with a broken vocabulary or letter too: people must see their lists."""
    from pipeline.store.queries import Queries

    with ledger_of(here) as ledger:
        yield Queries(ledger)


@contextmanager
def ledger_of(here: "Place") -> Iterator["Ledger"]:
    """The ledger alone.

    Raises:
        errors.EnvironmentFailed: there is none: a look-up must not create an empty one and then say that nothing is open.
    """
    _must_exist(here)

    from pipeline.store.ledger import Ledger

    ledger = Ledger.open(here.config.store.url, here.state / "ledger.db")
    try:
        yield ledger
    finally:
        ledger.close()


def one_of(typed: str, ids: list[str], what: str, where: str) -> str:
    """The one id that begins with what was typed.

    Raises:
        errors.Refused: none does, or several do.
    """
    found = sorted({known for known in ids if known.startswith(typed.strip().lower())}) if typed.strip() else []
    if len(found) == 1:
        return found[0]
    if found:
        raise Refused(f"{len(found)} {what}s begin with that id; type more of it")
    raise Refused(f"no open {what} has that id; `{where}` lists them")


def _seat() -> str:
    """OS user and host of whoever types, for the audit trail."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container may run under a number that has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _must_exist(here: "Place") -> None:
    if not here.config.store.url and not (here.state / "ledger.db").exists():
        raise EnvironmentFailed(f"there is no ledger in {here.state}; name the right folder with --state, or start `vqroute run` first")
