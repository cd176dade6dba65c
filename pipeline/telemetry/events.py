"""The catalogue of log events: every event there is, what it means, what to do, and what it may carry."""

import re
from dataclasses import dataclass
from typing import Final

DEBUG, INFO, WARNING, ERROR, CRITICAL = "debug", "info", "warning", "error", "critical"


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the catalogue. `meaning` and `what_to_do` are for the person who reads the log at three in the morning."""

    level: str
    meaning: str
    what_to_do: str
    fields: tuple[str, ...] = ()


HASH: Final = re.compile(r"[0-9a-f]{8,64}\Z")
CODE: Final = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*\Z")
CLASS: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*\Z")
LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,63}\Z")
SOFTWARE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]{0,31}\Z")

FIELDS: dict[str, re.Pattern[str]] = {
    "exam": HASH,
    "report": HASH,
    "file": HASH,
    "message": HASH,
    "follow_up_id": HASH,
    "hold_id": HASH,
    "notice_id": HASH,
    "delivery_id": HASH,
    "event_id": HASH,
    "config_hash": HASH,
    "policy_hash": HASH,
    "seal": HASH,
    "error": CLASS,
    "destination": LABEL,
    "source": LABEL,
    "folder": LABEL,
    "file_system": LABEL,
    "instance": LABEL,
    "event_name": LABEL,
    "field_name": LABEL,
    "version": SOFTWARE,
    "sqlite": SOFTWARE,
}
"""The shape of each field that holds text. A field that is not here holds a `CODE` (or a number, a boolean, a time).

`exam` is `ExamKey.digest` or a part of it, never an accession. `error` is the class name of an exception, never its message.
`source`, `folder` and `destination` are names from the configuration, never text from a message. `by` is not a field: who did
something is in the audit trail, which is protected, not in the log.
"""


def _event(level: str, meaning: str, what_to_do: str, fields: str = "") -> Event:
    return Event(level, meaning, what_to_do, tuple(fields.split()))


EVENTS: dict[str, Event] = {
    # the service
    "service.started": _event(
        INFO,
        "The service has begun to start.",
        "Nothing.",
        "version mode instance config_hash inboxes",
    ),
    "service.ready": _event(
        INFO,
        "The service takes files from now on.",
        "Nothing.",
        "seconds mode instance",
    ),
    "service.stopping": _event(
        INFO,
        "A signal asked the service to stop; it finishes what it holds.",
        "Nothing.",
        "signal",
    ),
    "service.stopped": _event(
        INFO,
        "The service has stopped in good order.",
        "Nothing, unless nobody asked for it.",
        "seconds",
    ),
    "service.failed": _event(
        CRITICAL,
        "The service cannot go on.",
        "See `error`; the supervisor starts it again.",
        "error loop",
    ),
    "loop.failed": Event(
        ERROR,
        "A part of the service failed; it is started again after a pause.",
        "See `error`: disk full, database gone? Else send it to support.",
        ("loop", "error", "seconds"),
    ),
    "loop.recovered": Event(INFO, "A part of the service that had failed works again.", "Nothing.", ("loop",)),
    "config.reloaded": _event(
        INFO,
        "A changed configuration is in force.",
        "Nothing.",
        "config_hash mode",
    ),
    "config.refused": _event(
        ERROR,
        "A changed configuration has problems, or another mode; the old one stays in force.",
        "Run `vqroute check-config`. A change of mode needs a restart.",
        "problems error mode",
    ),
    "telemetry.field_dropped": _event(
        ERROR,
        "A log call carried something that is not allowed in a log; it was left out.",
        "Report it to support.",
        "event_name field_name",
    ),
    # files
    "scan.finished": _event(
        DEBUG,
        "The inbox was looked through.",
        "Nothing.",
        "folder found ready waiting seconds",
    ),
    "scan.failed": _event(
        ERROR,
        "The inbox cannot be read.",
        "Check the mount and its permissions.",
        "folder error",
    ),
    "watch.failed": _event(
        WARNING,
        "File events are not available; the periodic scan goes on.",
        "Nothing on network file systems; else check inotify limits.",
        "folder error",
    ),
    "scan.recovered": Event(INFO, "An inbox that could not be read is back.", "Nothing.", ("folder",)),
    "scan.incomplete": Event(
        ERROR,
        "Files or folders in the inbox may not be read; the rest goes on.",
        "Check their permissions.",
        ("folder", "unreadable"),
    ),
    "scan.completed": Event(INFO, "Everything in the inbox can be read again.", "Nothing.", ("folder", "unreadable")),
    "watch.chosen": Event(
        INFO,
        "How an inbox tells of new files: by events and scans, or by scans alone.",
        "Nothing.",
        ("folder", "mode", "file_system"),
    ),
    "inbox.read_only": Event(
        WARNING,
        "Files cannot be moved out of the inbox; they are read in place and known by their hash.",
        "Give write permission, or set `keep_input`.",
        ("folder", "error"),
    ),
    "file.unreadable": Event(ERROR, "A file cannot be opened.", "Check its permissions.", ("folder", "error")),
    "claim.taken_over": _event(
        WARNING,
        "Files that a dead instance had claimed were taken over.",
        "See why that instance died.",
        "folder files",
    ),
    "file.received": _event(
        INFO,
        "A file was taken from an inbox.",
        "Nothing.",
        "file folder size kind outcome messages",
    ),
    "file.seen_before": _event(
        INFO,
        "A file whose content was handled before came again; nothing was done.",
        "Nothing.",
        "file folder",
    ),
    "file.archived": _event(
        DEBUG,
        "A file was moved out of the inbox after it was safe in the ledger.",
        "Nothing.",
        "file",
    ),
    "file.quarantined": _event(
        WARNING,
        "A file cannot be used; it is in quarantine with a reason file, and a follow-up is open.",
        "Work the follow-up.",
        "file message kind reason ordinal",
    ),
    "file.move_failed": _event(
        ERROR,
        "A file is safe in the ledger but cannot be moved out of the inbox.",
        "Check space and permissions; it is tried again.",
        "file folder error",
    ),
    # messages
    "batch.committed": _event(
        DEBUG,
        "A batch of files is in the ledger.",
        "Nothing.",
        "files messages seconds",
    ),
    "batch.failed": _event(
        ERROR,
        "A batch could not be written; it is tried again.",
        "See `error`: is the disk full, is the database gone?",
        "files error",
    ),
    "item.failed": _event(
        ERROR,
        "Our own failure on one message; it is quarantined and tracked.",
        "Send the reason file to support.",
        "file message ordinal error",
    ),
    "message.not_for_us": _event(
        DEBUG,
        "A message or image of another exam.",
        "Nothing.",
        "file message kind reason",
    ),
    "message.rejected": _event(
        WARNING,
        "A message cannot be used; it is tracked by a follow-up.",
        "Work the follow-up.",
        "file message ordinal kind reason",
    ),
    "source.not_live": _event(
        WARNING,
        "A source sends test or training messages here.",
        "Ask the source why.",
        "source message",
    ),
    "report.decided": _event(
        INFO,
        "A report version was read and decided.",
        "Nothing.",
        "exam report file source status standing category grade chronic notice follow_up reasons",
    ),
    "report.ruled": _event(
        INFO,
        "A clinician decided a report that could not be read.",
        "Nothing.",
        "exam category notice",
    ),
    "study.recorded": _event(
        INFO,
        "An image was joined to its exam.",
        "Nothing.",
        "exam file part reasons",
    ),
    # what follows
    "study.flagged": _event(
        INFO,
        "The images of an exam are complete, and the reading room should look: no chest x-ray, or a report of what was not imaged.",
        "Look at the study with `vqroute show`; no letter or follow-up has changed for it, but for a hold that says so.",
        "exam reasons",
    ),
    "follow_up.opened": _event(
        INFO,
        "A follow-up is on somebody's list.",
        "Work it before `due_at`.",
        "follow_up_id exam reason due_at critical preliminary",
    ),
    "follow_up.changed": _event(
        INFO,
        "A follow-up changed its state.",
        "Nothing.",
        "follow_up_id exam reason state why",
    ),
    "follow_up.overdue": _event(
        ERROR,
        "Nobody has acknowledged a follow-up in time.",
        "Phone its owner.",
        "follow_up_id exam reason due_at critical",
    ),
    "follow_up.escalated": _event(
        WARNING,
        "Nobody has worked a follow-up in time, and the next on its ladder is asked.",
        "Phone whoever `vqroute followups` names as its owner.",
        "follow_up_id exam reason step role",
    ),
    "follow_up.reminded": _event(
        WARNING,
        "A follow-up is still not done: its owner, or whoever stands at the top of its ladder, is asked again.",
        "Phone whoever `vqroute followups` names as its owner.",
        "follow_up_id exam reason step role",
    ),
    "hold.opened": _event(
        INFO,
        "A letter is held.",
        "See `vqroute holds`.",
        "hold_id exam reasons due_at",
    ),
    "hold.closed": _event(
        INFO,
        "A hold has ended.",
        "Nothing.",
        "hold_id exam state why",
    ),
    "hold.expired": _event(
        WARNING,
        "A letter has been held for longer than the site wants.",
        "Release or withhold it.",
        "hold_id exam reasons due_at",
    ),
    "hold.escalated": _event(
        ERROR,
        "Nobody has answered a hold; it went to somebody else. It never leaves by time alone.",
        "Phone its new owner; see `vqroute holds`.",
        "hold_id exam reasons due_at step",
    ),
    "hold.reminded": _event(
        ERROR,
        "Nobody has answered a hold that had gone to somebody else; that person is reminded again.",
        "Phone its owner; see `vqroute holds`.",
        "hold_id exam reasons due_at step",
    ),
    "notice.released": _event(
        INFO,
        "A letter may leave.",
        "Nothing.",
        "notice_id exam letter notice_type",
    ),
    "notice.stopped": _event(
        INFO,
        "A letter was stopped before it left.",
        "Nothing.",
        "notice_id exam why",
    ),
    "notices.paused": _event(
        WARNING,
        "Somebody stopped all letters; follow-ups go on.",
        "`vqroute resume notices` when the reason is gone.",
        "",
    ),
    "notices.resumed": _event(
        INFO,
        "Letters leave again.",
        "Nothing.",
        "",
    ),
    # deliveries
    "delivery.sent": _event(
        INFO,
        "A delivery has arrived.",
        "Nothing.",
        "delivery_id destination kind exam attempt",
    ),
    "delivery.failed": _event(
        WARNING,
        "A delivery failed and is tried again.",
        "Look at the destination if it goes on.",
        "delivery_id destination kind exam attempt error next_at",
    ),
    "delivery.dead_lettered": _event(
        CRITICAL,
        "A delivery is given up; a person must act.",
        "See `vqroute dead-letters`.",
        "delivery_id destination kind exam attempt error",
    ),
    "delivery.target_differs": _event(
        CRITICAL,
        "A file of this delivery exists with other content; nothing was overwritten.",
        "Find out who wrote it.",
        "delivery_id destination kind exam",
    ),
    # the ledger
    "ledger.opened": _event(
        INFO,
        "The ledger is open.",
        "Nothing.",
        "store sqlite revision",
    ),
    "ledger.migrated": _event(
        INFO,
        "The ledger's tables were brought up to date.",
        "Nothing.",
        "from_revision revision",
    ),
    "ledger.sealed": _event(
        INFO,
        "The audit trail was sealed.",
        "Keep this line where nobody who can write to the ledger can change it: `vqroute audit verify --seal` holds the ledger to it.",
        "seal number rows",
    ),
    # replay
    "replay.started": _event(
        INFO,
        "A replay has begun.",
        "Nothing.",
        "files mode",
    ),
    "replay.finished": _event(
        INFO,
        "A replay has ended.",
        "Nothing.",
        "files messages rejected seconds",
    ),
}
"""The catalogue: every event there is. Append rows for events you emit; docs/events.md is made from it."""
