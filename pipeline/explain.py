"""Says, without remembering anything, what would happen to each message of a file and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pipeline.config import Config
from pipeline.domain.arrival import Arrival, Kind, NotForUs, Rejection
from pipeline.domain.decide import decide, promoted_text
from pipeline.domain.decision import Decision
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.instance import Instance, Part
from pipeline.domain.policy import Mode, Policy
from pipeline.domain.reading import Reading
from pipeline.domain.report import Report
from pipeline.readers import read as read_bytes
from pipeline.reading import Vocabulary
from pipeline.reading import read as read_text
from pipeline.reading.tracing import Tracer, untraced


@dataclass(frozen=True, slots=True)
class Explained:
    """One message, what it is and what follows. `source` is the path as it was given, for the person who gave it only.

    `outcome` is `read`, `study`, `not_vq` or `rejected`; `reason` is the code of the last two. `decision` may come from the
    ledger without a report beside it, for a message that was seen before.
    """

    source: str
    message: int
    kind: Kind
    outcome: str
    report: Report | None = None
    reading: Reading | None = None
    decision: Decision | None = None
    instance: Instance | None = None
    reason: str = ""

    def filled_from(self, other: "Explained | None") -> "Explained":
        """This, with the report, reading and image of `other` where they are missing here; what was decided stays."""
        if other is None:
            return self
        return replace(
            self,
            report=self.report or other.report,
            reading=self.reading or other.reading,
            instance=self.instance or other.instance,
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        if self.decision:
            return self.decision.reasons
        return (self.reason,) if self.reason else ()

    @property
    def accession(self) -> str:
        if self.report:
            return self.report.accession
        return self.instance.accession if self.instance else ""

    @property
    def follow_up(self) -> str | None:
        if self.decision:
            return self.decision.follow_up.value if self.decision.follow_up else None
        return FollowUpReason.REJECTED.value if self.outcome == "rejected" else None

    def as_row(self) -> dict[str, object]:
        """The keys and their order that `explain --json` and `replay --json` promise. Source: shared design, section 8."""
        decision, report, reading = self.decision, self.report, self.reading
        return {
            "source": self.source,
            "message": self.message,
            "kind": self.kind.value,
            "outcome": self.outcome,
            "report_status": report.status.value if report else None,
            "category": decision.category.value if decision else None,
            "grade": decision.grade.value if decision and decision.grade else None,
            "chronic": decision.chronic if decision else False,
            "notice": decision.notice.value if decision else "never",
            "follow_up": self.follow_up,
            "reasons": list(self.reasons),
            "evidence": [
                {"phrase": found.phrase, "section": found.section, "text": found.text, "start": found.start, "end": found.end}
                for found in (reading.evidence if reading else ())
            ],
            "accession": self.accession,
            "study_parts": [self.instance.part.value] if self.instance and self.instance.part is not Part.UNKNOWN else [],
        }


class Explainer:
    """Reads and decides single messages, each against an exam of which nothing else is known.

    Args:
        config: whose sources, studies and settings apply.
        vocabulary: what reports say.
        fallback_now: the time of decision for a message that tells no time of its own; aware.
        tracer: is told each step of each reading, of one message after the other.
    """

    def __init__(self, config: Config, vocabulary: Vocabulary, fallback_now: datetime, tracer: Tracer = untraced) -> None:
        self._config = config
        self._vocabulary = vocabulary
        self._fallback_now = fallback_now
        self._tracer = tracer
        self._policy = as_if_signed(config)

    def explain(self, content: bytes, source: str, arrivals: Sequence[Arrival] | None = None) -> Iterator[Explained]:
        """Every message in the bytes of one file, in their order. Never raises for content.

        Bytes of no recognised format are the text of a final, live V/Q report where `source` ends in `.txt`.
        """
        as_text = source.lower().endswith(".txt")
        if arrivals is None:
            # An empty text is still a report, one without an impression.
            arrivals = read_bytes(content or b"\n", self._config, as_text=True) if as_text else read_bytes(content, self._config)
        for arrival in arrivals:
            yield self._one(arrival, source)

    def _one(self, arrival: Arrival, source: str) -> Explained:
        what = arrival.what
        base = Explained(source, arrival.ordinal, arrival.kind, "not_vq")
        if isinstance(what, Rejection):
            return replace(base, outcome="rejected", reason=what.reason)
        if isinstance(what, NotForUs):
            return replace(base, reason=what.reason)
        if isinstance(what, Instance):
            return replace(base, outcome="study", instance=what)
        return self._report(base, what)

    def _report(self, base: Explained, report: Report) -> Explained:
        exam = Exam(report.key)
        report = promoted_text(exam, report)
        reading = read_text(report.blocks, self._vocabulary, self._tracer)
        now = report.signed_at or report.message_at or report.observed_at or self._fallback_now
        decision = decide(exam, report, reading, self._policy, now)
        return replace(base, outcome="read", report=report, reading=reading, decision=decision)


def as_if_signed(config: Config) -> Policy:
    """The site's policy as it would be in live mode, with every letter signed and no quiet period."""
    return replace(config.policy(), mode=Mode.LIVE, quiet_period=timedelta(0), approved_languages=config.languages())
