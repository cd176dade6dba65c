"""A small hospital for the hazard tests: real readers, reading, decision, ledger, letters and folders; only the clock is ours."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pipeline.app import App
from pipeline.config import Config, load
from pipeline.flow import Incoming, Outcome
from tests.docs.pages import ROOT

NOON = datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
SIGNED = "20260302115000"
"""Ten minutes before noon at the sample hospital, whose local time is six hours behind UTC in winter."""


def oru(
    impression: str,
    *,
    findings: str = "Comparison was made with the chest radiograph.",
    history: str = "Dyspnea.",
    accession: str = "A-1",
    authority: str = "RIS",
    mrn: str = "M-1",
    name: str = "SAMPLE^ANNA",
    born: str = "19600501",
    status: str = "F",
    signed: str = SIGNED,
    processing: str = "P",
    control: str = "C-1",
    code: str = "78582^NM LUNG VENTILATION PERFUSION^C4",
    pid: str = "",
    release: str = "",
    before_obr: str = "",
    after: str = "",
) -> bytes:
    """One ORU^R01, CR line ends. `pid` goes on after PID-8; `before_obr` and `after` are whole segments."""
    obx = [
        f"OBX|{number}|TX|{observation}^^L||{text}||||||{status}{'|' * 15 + release if release else ''}"
        for number, (observation, text) in enumerate((("HIST", history), ("78582&GDT", findings), ("78582&IMP", impression)), 1)
    ]
    obx[0] = obx[0].replace("HIST^^L||", "11329-0^History^LN||")
    lines = [
        f"MSH|^~\\&|RIS|GENERAL|VQROUTE|X|{signed}||ORU^R01|{control}|{processing}|2.5.1",
        f"PID|1||{mrn}^^^GENERAL^MR||{name}||{born}|F{pid}",
        *([before_obr] if before_obr else []),
        f"OBR|1||{accession}^{authority}|{code}|||20260302090000{'|' * 15}{signed}||NM|{status}",
        *obx,
        *([after] if after else []),
    ]
    return "\r".join(lines).encode() + b"\r"


def adt(
    event: str,
    mrn: str = "M-2",
    *retired: str,
    name: str = "SAMPLE^ANNA",
    born: str = "19600501",
    sex: str = "F",
    at: str = "20260302115100",
    died: str = "",
    authority: str = "GENERAL",
    processing: str = "P",
) -> bytes:
    """One ADT message; `retired` are MRG-1 of as many groups."""
    pid = f"PID|1||{mrn}^^^{authority}^MR||{name}||{born}|{sex}{'|' * 21}{died}"
    lines = [f"MSH|^~\\&|ADT|GENERAL|VQROUTE|X|{at}||ADT^{event}|{event}-{at}|{processing}|2.5.1", f"EVN||{at}", pid]
    for number, one in enumerate(retired):
        lines += [*([pid] if number else []), f"MRG|{one}^^^{authority}^MR"]
    return "\r".join(lines).encode() + b"\r"


def unlink(one: str, other: str, at: str = "20260302115700") -> bytes:
    pids = [f"PID|{n}||{mrn}^^^GENERAL^MR||SAMPLE^ANNA||19600501|F" for n, mrn in enumerate((one, other), 1)]
    lines = [f"MSH|^~\\&|ADT|GENERAL|VQROUTE|X|{at}||ADT^A37|U-{at}|P|2.5.1", f"EVN||{at}", *pids]
    return "\r".join(lines).encode() + b"\r"


@dataclass
class Clock:
    """Stands until a test moves it."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def forward(self, **by: float) -> None:
        self.at += timedelta(**by)


class Hospital:
    """One site with an empty ledger, in mode demo, whose settings differ by `changes` ({section: {setting: value}})."""

    def __init__(self, place: Path, changes: dict[str, dict[str, Any]] | None = None) -> None:
        config: Config = load(ROOT / "config" / "site.toml")
        for section, settings in (changes or {}).items():
            config = config.model_copy(update={section: getattr(config, section).model_copy(update=settings)})
        self.clock = Clock()
        self.output = place / "output"
        self.app = App.build(config, place / "state", self.output, self.clock, folder_only=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.app.close()

    def send(self, *messages: bytes) -> list[Outcome]:
        """Take each message as a file of its own, and deliver whatever may leave."""
        files = [Incoming(content, hashlib.sha256(content).hexdigest(), "test", self.clock.now()) for content in messages]
        outcomes = [one for file in files for one in self.app.flow.ingest([file])[0]]
        self.deliver()
        return outcomes

    def deliver(self) -> None:
        while self.app.flow.deliver().more:
            pass

    @property
    def letters(self) -> list[dict[str, Any]]:
        """The side-cars that have left, oldest letter first."""
        found = sorted(self.output.glob("notices/*/*.json"), key=lambda path: path.stat().st_mtime_ns)
        return [json.loads(path.read_bytes()) for path in found]

    def words(self, letter: str) -> str:
        """The text of the one letter of this kind that has left."""
        (path,) = [p for p in self.output.glob("notices/*/*.json") if json.loads(p.read_bytes())["letter"] == letter]
        return path.with_suffix(".txt").read_text(encoding="utf-8")

    @property
    def tasks(self) -> list[dict[str, Any]]:
        """The newest version of each follow-up that was sent."""
        found = [json.loads(path.read_bytes()) for path in self.output.glob("followups/*.json")]
        newest = {task["id"]: task for task in sorted(found, key=lambda task: int(task["meta"]["versionId"]))}
        return list(newest.values())

    @property
    def open_reasons(self) -> list[str]:
        """Reasons of the follow-ups that are open, by the ledger."""
        return sorted(row.reason for row in self.app.queries.follow_ups())

    @property
    def hold_reasons(self) -> set[str]:
        return {reason for row in self.app.queries.holds() for reason in row.reasons}
