"""`audit verify`: whether the record of what was decided and done is as it was written."""

import enum
import re
import sys
from typing import Annotated

import typer

from pipeline.cli.failures import REJECTED, complain
from pipeline.cli.machine import write_line
from pipeline.cli.options import ConfigOption, JsonOption, OutputOption, StateOption, place
from pipeline.cli.parts import ledger_of


class Look(enum.StrEnum):
    """What can be asked of the audit trail."""

    VERIFY = "verify"


def audit(
    what: Annotated[Look, typer.Argument(metavar="verify", help="Hold every row to its chain and every chain to the seals.")],  # noqa: ARG001 - there is one yet
    seal: Annotated[
        str | None, typer.Option(metavar="DIGEST", help="The `seal` of a `ledger.sealed` log line: the ledger must still hold it.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    state: StateOption = None,
    output: OutputOption = None,
) -> None:
    """Find rows of the audit trail that were changed, taken out or cut off. Exit code 1 if there are any."""
    from pipeline.store.seals import verify

    expected = seal.strip().lower() if seal is not None else ""
    if seal is not None and not re.fullmatch(r"[0-9a-f]{64}", expected):
        raise typer.BadParameter("a seal is 64 hexadecimal digits, as the log line has it", param_hint="--seal")
    with ledger_of(place(config, state, output)) as ledger, ledger.read() as connection:
        found = verify(connection, expected)
    if as_json:
        write_line(found)
    else:
        for fault in found.faults:
            complain(fault)
        counted = f"{found.rows} rows in {found.chains} chains, {found.seals} seals, {found.unsealed} chains grown since the last"
        sys.stdout.write(f"{'BROKEN' if found.faults else 'whole'}: {counted}\n")
        if found.last:
            sys.stdout.write(f"last seal {found.last}\n")
    if found.faults:
        raise typer.Exit(REJECTED)
