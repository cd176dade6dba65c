"""The command line: the only part that people type."""

from collections.abc import Callable

import typer

from pipeline.cli import auditing, checking, deciding, expecting, explaining, lookups, replaying, running, working, worklists
from pipeline.cli.failures import Guarded
from pipeline.cli.options import examples

app = typer.Typer(
    cls=Guarded,
    name="vqroute",
    help="Reads lung V/Q reports, writes the patient's letter, and makes sure that nobody forgets an indeterminate result.",
    epilog="Exit codes: 0 done; 1 something was rejected, quarantined or dead-lettered; 2 wrong use or configuration; "
    "3 the environment failed.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

_COMMANDS: tuple[tuple[str, Callable[..., None], tuple[str, ...]], ...] = (
    ("run", running.run, ("vqroute run", "vqroute run --config /etc/vqroute/site.toml --state /var/lib/vqroute")),
    ("replay", replaying.replay, ("vqroute replay sample_data", "vqroute replay --dry-run --json exports/2025-03 > decisions.jsonl")),
    (
        "explain",
        explaining.explain,
        (
            "vqroute explain report.hl7",
            "vqroute explain --trace --html why.html report.hl7",
            "vqroute explain --json sample_data | jq .category",
        ),
    ),
    (
        "followups",
        worklists.followups,
        ("vqroute followups", "vqroute followups --overdue --json", "vqroute followups --report"),
    ),
    ("holds", worklists.holds, ("vqroute holds", "vqroute holds --json")),
    ("find", lookups.find, ("vqroute find NM25-00719", "vqroute find --json 1.2.840.99999.1.7")),
    ("show", lookups.show, ("vqroute show NM25-00719", "vqroute show 3f9a1c2b77d04e61")),
    ("expect", expecting.expect, ("vqroute expect today.csv", "vqroute expect today.csv --authority RIS --dry-run")),
    ("expected", expecting.expected, ("vqroute expected", "vqroute expected --day 2026-03-02 --json")),
    ("ack", worklists.ack, ('vqroute ack 3f9a1c2b --by "Dr A. Reader"',)),
    ("complete", worklists.complete, ('vqroute complete 3f9a1c2b --by "Dr A. Reader"',)),
    ("plan", working.plan, ('vqroute plan 3f9a1c2b --by "Dr A. Reader" --what "CT pulmonary angiography" --on 2025-03-04',)),
    ("transfer", working.transfer, ('vqroute transfer 3f9a1c2b --to ward-team --by "Dr A. Reader" --reason "moved wards"',)),
    ("decline", working.decline, ('vqroute decline 3f9a1c2b --reason "not my patient" --by "Dr A. Reader"',)),
    (
        "snooze",
        working.snooze,
        ('vqroute snooze 3f9a1c2b --for 2h --by "Dr A. Reader"', "vqroute snooze 3f9a --until '2025-03-01 08:00' --by AR"),
    ),
    ("reopen", working.reopen, ('vqroute reopen 3f9a1c2b --reason "the scan was not done" --by "Dr A. Reader"',)),
    (
        "release",
        worklists.release,
        ('vqroute release 77d04e61 --by "Dr A. Reader" --patient-told 14:20', "vqroute release 77d0 --by AR --override 'on the ward'"),
    ),
    ("withhold", deciding.withhold, ('vqroute withhold 77d04e61 --by "Dr A. Reader" --reason "told in person, wants no letter"',)),
    (
        "decide",
        deciding.decide,
        (
            'vqroute decide NM25-00719 negative --by "Dr A. Reader" --reason "read with the radiologist" --read-report',
            'vqroute decide 77d04e61 nondiagnostic --grade intermediate --by "Dr A. Reader" --reason "two verdicts, the second stands"',
        ),
    ),
    ("undelivered", deciding.undelivered, ('vqroute undelivered NM25-00719 --by "mail room" --reason "moved away"',)),
    ("wish", deciding.wish, ("vqroute wish MRN0042 opt-out --authority GENERAL --by jsmith",)),
    ("wishes", deciding.wishes, ("vqroute wishes", "vqroute wishes --json")),
    ("reprocess", deciding.reprocess, ("vqroute reprocess --dry-run", "vqroute reprocess --since 2025-03-01 --outcome review --json")),
    ("pause", worklists.pause, ("vqroute pause notices --by jsmith",)),
    ("resume", worklists.resume, ("vqroute resume notices --by jsmith",)),
    ("status", lookups.status, ("vqroute status", "vqroute status --health")),
    ("dead-letters", lookups.dead_letters, ("vqroute dead-letters", "vqroute dead-letters --json")),
    ("retry", worklists.retry, ("vqroute retry --by jsmith", "vqroute retry 3ff34bf5 --by jsmith")),
    ("audit", auditing.audit, ("vqroute audit verify", "vqroute audit verify --seal 5f0c...")),
    ("check-config", checking.check_config, ("vqroute check-config", "vqroute check-config --config /etc/vqroute/site.toml --live")),
    ("version", checking.version, ("vqroute version",)),
)

for _name, _command, _examples in _COMMANDS:
    app.command(_name, epilog=examples(*_examples), no_args_is_help=_name in ("replay", "explain"))(_command)


def main() -> None:
    """The `vqroute` command."""
    app(prog_name="vqroute")
