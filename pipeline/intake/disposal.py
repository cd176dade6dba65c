"""What becomes of a file once the ledger is safe: archive, quarantine, or gone."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from pipeline import telemetry
from pipeline.domain.arrival import Kind, Rejection
from pipeline.domain.reasons import REASONS
from pipeline.intake.incoming import Incoming
from pipeline.intake.shelf import Shelf, why


class Fate(Protocol):
    """What this part needs to know of the outcome of one message."""

    @property
    def ordinal(self) -> int: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def outcome(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def rejection(self) -> Rejection | None: ...


class Disposal:
    """Puts files away. The ledger keeps the bytes of messages, so only images go to the archive as files.

    A file that holds even one message that cannot be used goes to quarantine whole, with a reason file beside it. What is not
    for us is removed: its row stays in the ledger, its content is none of our business.
    """

    def __init__(self, archive: Shelf, quarantine: Shelf) -> None:
        self._archive = archive
        self._quarantine = quarantine

    def after(self, path: Path, incoming: Incoming, fates: Sequence[Fate], *, ours: bool) -> None:
        """Put one file away. `ours`: it may leave `path`; otherwise it is only copied, and only if it is bad.

        Raises:
            OSError: it could not be put away; it is where it was, and doing it again is harmless.
        """
        bad = [fate for fate in fates if fate.outcome == "rejected"]
        if bad:
            self._reject(path, incoming, bad, ours=ours)
        elif not ours:
            return
        elif any(fate.outcome == "study" and fate.kind is Kind.DICOM_IMAGE for fate in fates):
            self._archive.move(path, incoming.file_hash)
            telemetry.emit("file.archived", file=incoming.file_hash)
        else:
            path.unlink(missing_ok=True)

    def _reject(self, path: Path, incoming: Incoming, bad: Sequence[Fate], *, ours: bool) -> None:
        file_hash = incoming.file_hash
        rejections = [(fate.ordinal, fate.kind, fate.rejection or Rejection(_known(fate.reason))) for fate in bad]
        is_new = not self._quarantine.path_of(file_hash).exists()
        if is_new:
            # The note first: a file in quarantine without a reason is what nobody can work with.
            self._quarantine.note(file_hash, why(file_hash, path.stat().st_size, rejections, _findings(incoming, bad)))
        if ours:
            self._quarantine.move(path, file_hash)
        else:
            self._quarantine.keep(path, file_hash)
        if is_new:
            for ordinal, kind, rejection in rejections:
                telemetry.emit("file.quarantined", file=file_hash, kind=kind.value, reason=rejection.reason, ordinal=ordinal)
                telemetry.METRICS.quarantined_total.labels(reason=rejection.reason).inc()


def _findings(incoming: Incoming, bad: Sequence[Fate]) -> list[str]:
    """How a message breaks the standard, for whoever talks to its sender."""
    if not incoming.content or all(fate.kind not in (Kind.HL7_ORU, Kind.HL7_OTHER) for fate in bad):
        return []
    from pipeline.formats import hl7check  # its library takes long to load, and most runs never need it

    return hl7check.why(incoming.content)


def _known(reason: str) -> str:
    return reason if reason in REASONS else "failed-inside"
