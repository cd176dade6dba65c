"""The settings of one site: every section of `site.toml`, its defaults, and what each one may hold."""

import re
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from pipeline.config.durations import Duration, parse
from pipeline.domain.decision import NoticeEffect
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.policy import DEFAULT_CLOCKS, DEFAULT_HOLD_TERMS, Mode
from pipeline.domain.reading import Category
from pipeline.domain.reasons import REASONS
from pipeline.domain.rungs import DEFAULT_LADDERS, Ladder, Rung, Since
from pipeline.reading.weights import Rights

DEMO_PHONES = ("555-0100", "555-0101")
DEFAULT_OWNER = "duty nuclear medicine physician"


class Section(BaseModel):
    """A table of the file: read once, never changed, and no key in it that we do not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError('not a time zone of the IANA list, such as "Europe/London" or "America/Chicago"') from None
    return name


def _zone_or_empty(name: str) -> str:
    return _zone(name) if name else name


def _charset(name: str) -> str:
    if name:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError('not a character set, such as "latin-1" or "cp1252"') from None
    return name


def _language(tag: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", tag):
        raise ValueError('not a language tag, such as "en", "es" or "pt-BR"')
    return tag


def _field(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Z0-9]{2}-[1-9]\d?(\.[1-9]\d?)?", name):
        raise ValueError('not an HL7 field, such as "OBR-18" or "OBR-3.1"')
    return name


def _label(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        raise ValueError("a name is made of letters, digits, dot, hyphen and underscore, at most 64 of them")
    return name


Label = Annotated[str, AfterValidator(_label)]
Zone = Annotated[str, AfterValidator(_zone)]
Fields = tuple[Annotated[str, AfterValidator(_field)], ...]
Port = Annotated[int, Field(ge=0, le=65535)]


class Site(Section):
    """Who sends the letters, and in which mode. What is not said is the packaged demo's, which live mode refuses."""

    mode: Mode = Mode.DEMO
    facility: str = "SAMPLE General Hospital (invented)"
    department: str = "Nuclear Medicine"
    address: str = "1 Sample Street, Sampletown"
    phone: str = DEMO_PHONES[0]
    tty: str = ""
    portal_url: str = ""
    emergency_number: str = "911"
    time_zone: Zone = "UTC"
    default_language: Annotated[str, AfterValidator(_language)] = "en"
    owner: str = "SAMPLE duty nuclear medicine physician"
    owner_phone: str = DEMO_PHONES[1]
    category_map_signed_by: str = ""
    category_map_signed_on: date | None = None

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Folders(Section):
    """Where files come from and where things are kept. Relative paths count from the folder the command is started in."""

    inbox: tuple[Path, ...] = (Path("./inbox"),)
    state: Path = Path("./state")
    output: Path = Path("./output")
    settle_s: Annotated[float, Field(ge=0, le=3600)] = 2.0
    give_up_s: Annotated[float, Field(ge=1, le=86400)] = 300.0
    scan_s: Annotated[float, Field(ge=0.1, le=3600)] = 5.0
    watch: Literal["auto", "events", "poll"] = "auto"
    keep_input: bool = False


class Store(Section):
    """The ledger. An empty `url` is a SQLite file in the state folder."""

    url: Annotated[str, Field(pattern=r"^(?:postgresql\+psycopg://.*|sqlite:///.*)?$", repr=False)] = ""


class Limits(Section):
    """What is too large, and how many files share one transaction."""

    max_file_bytes: Annotated[int, Field(ge=1)] = 256 * 1024 * 1024
    max_message_bytes: Annotated[int, Field(ge=1)] = 16 * 1024 * 1024
    max_segments: Annotated[int, Field(ge=1)] = 100_000
    batch_items: Annotated[int, Field(ge=1, le=10_000)] = 256
    batch_bytes: Annotated[int, Field(ge=1)] = 8 * 1024 * 1024
    batch_s: Annotated[float, Field(gt=0, le=10)] = 0.05


class Source(Section):
    """How one sending system writes its messages. Both match fields must fit; an empty one fits any sender."""

    sending_application: str = ""
    sending_facility: str = ""
    authority: str = ""
    time_zone: Annotated[str, AfterValidator(_zone_or_empty)] = ""
    charset: Annotated[str, AfterValidator(_charset)] = ""
    empty_obx11: Literal["", "final"] = ""
    accession_fields: Fields = ("IPC-1", "OBR-18", "OBR-3.1", "ORC-3.1")
    study_uid_fields: Fields = ("IPC-3", "ZDS-1")
    impression_codes: tuple[str, ...] = ()
    require_study: bool = False


class Destination(Section):
    """Where deliveries go. `watched_by` names the people who look there: live mode wants at least one such destination."""

    kind: Literal["folder"] = "folder"
    path: Path | None = None
    """None: the folder of `--output`."""
    group: str = ""
    watched_by: str = ""


class Decisions(Section):
    """What a verdict means at this site, and how long a letter waits."""

    low: Literal[Category.NEGATIVE, Category.NONDIAGNOSTIC] | None = None
    quiet_period: Duration = parse("0min")
    study_settle: Duration = parse("60s")
    chest_x_ray_before: Duration = parse("24h")
    chest_x_ray_after: Duration = parse("4h")


def _clock(value: timedelta) -> timedelta:
    if not parse("1min") <= value <= parse("30d"):
        raise ValueError("a clock runs between 1min and 30d")
    return value


Clock = Annotated[Duration, AfterValidator(_clock)]


def _whole_days(clocks: dict[FollowUpReason, timedelta]) -> dict[FollowUpReason, timedelta]:
    slow = clocks.get(FollowUpReason.NO_PE_QUESTION)
    if slow is not None and slow % timedelta(days=1):
        raise ValueError('no-pe-question is counted in whole working days, such as "3 working days"')
    return clocks


class Reading(Section):
    """Who reads a report's text."""

    second_reader: Rights = Rights.SETTLES


class RungEntry(Section):
    """One rung of a ladder."""

    after: Duration
    to: str
    since: Since = Since.OPENED


def _rungs_in_order(ladders: dict[FollowUpReason, tuple[RungEntry, ...]]) -> dict[FollowUpReason, tuple[RungEntry, ...]]:
    """Each rung comes no sooner than the one below it; times from opening and from the due time are not compared with each other."""
    for reason, ladder in ladders.items():
        for since in Since:
            pauses = [rung.after for rung in ladder if rung.since is since]
            if pauses != sorted(pauses):
                raise ValueError(f'the ladder of "{reason.value}" has a rung that comes before the one below it; sort them by `after`')
    return ladders


class FollowUps(Section):
    """When a person must have looked, counted from the report's sign time; whom it is for, and who is asked when nobody looks."""

    preliminary: Clock = parse("12h")
    study: Clock = parse("24h")
    study_urgent: Clock = parse("4h")
    remind: Clock = parse("24h")
    patience: Clock = parse("24h")
    snooze_most: Annotated[int, Field(ge=0, le=10)] = 2
    snooze_total: Clock = parse("72h")
    clocks: Annotated[dict[FollowUpReason, Clock], AfterValidator(_whole_days)] = Field(default_factory=dict)
    owners: dict[FollowUpReason, str] = Field(default_factory=dict)
    ladders: Annotated[dict[FollowUpReason, tuple[RungEntry, ...]], AfterValidator(_rungs_in_order)] = Field(default_factory=dict)
    next_steps: dict[FollowUpReason, str] = Field(default_factory=dict)

    @property
    def all_clocks(self) -> dict[FollowUpReason, Duration]:
        return {**DEFAULT_CLOCKS, **self.clocks}

    @property
    def all_ladders(self) -> dict[FollowUpReason, Ladder]:
        own = {reason: tuple(Rung(one.after, one.to, one.since) for one in rungs) for reason, rungs in self.ladders.items()}
        return {**DEFAULT_LADDERS, **own}


class HoldExpiry(Section):
    """When the hold of one reason reminds its owner, and when it goes to whom; both from its opening."""

    remind: Clock
    escalate: Clock
    to: str = ""


def _of_known_reasons(expiries: dict[str, HoldExpiry]) -> dict[str, HoldExpiry]:
    for code, terms in expiries.items():
        if code not in REASONS or REASONS[code].effect is not NoticeEffect.HOLD:
            raise ValueError(f'"{code}" is no reason that holds a letter; docs/reasons.md lists them')
        if terms.escalate < terms.remind:
            raise ValueError(f'"{code}" escalates before it reminds')
    return expiries


def _default_expiries() -> dict[str, HoldExpiry]:
    return {code: HoldExpiry(remind=terms.remind, escalate=terms.escalate, to=terms.to) for code, terms in DEFAULT_HOLD_TERMS.items()}


class Holds(Section):
    """What keeps a letter back until a person releases it."""

    expiry: Clock = parse("24h")
    escalate: Clock = parse("48h")
    escalate_to: str = ""
    expiries: Annotated[dict[str, HoldExpiry], AfterValidator(_of_known_reasons)] = Field(default_factory=_default_expiries)
    minor_age: Annotated[int, Field(ge=0, le=25)] = 18
    stale_after: Duration = parse("30d")
    off: frozenset[
        Literal[
            "minor",
            "birth-date-missing",
            "restricted",
            "opt-out",
            "ask-first",
            "release-withheld",
            "release-unknown",
            "stale",
            "malignancy-raised",
            "second-reader",
            "ventilation-not-acquired",
        ]
    ] = frozenset()
    inpatients: bool = False
    require_study: bool = False

    @property
    def all_expiries(self) -> dict[str, HoldExpiry]:
        return {**_default_expiries(), **self.expiries}


class Policies(Section):
    """Which statute packs of `policies/` apply at this site."""

    on: tuple[Label, ...] = ()


_PAUSES = {"aggregated albumin": parse("12h"), "macroaggregated": parse("12h"), "MAA": parse("12h"), "macrosalb": parse("12h")}
_PAUSES |= {"technegas": parse("0min"), "pentetate": parse("0min"), "DTPA": parse("0min"), "xenon": parse("0min"), "krypton": parse("0min")}


class Logs(Section):
    """How the log on standard output looks."""

    pretty: bool = False
    level: Literal["debug", "info", "warning", "error"] = "info"


class Metrics(Section):
    """Prometheus answers on 127.0.0.1 only; port 0 switches it off."""

    port: Port = 0


class SiteFile(Section):
    """The whole of `site.toml`."""

    site: Site = Site()
    folders: Folders = Folders()
    store: Store = Store()
    limits: Limits = Limits()
    reading: Reading = Reading()
    decisions: Decisions = Decisions()
    follow_ups: FollowUps = FollowUps()
    holds: Holds = Holds()
    policies: Policies = Policies()
    logs: Logs = Logs()
    metrics: Metrics = Metrics()
    sources: dict[Label, Source] = Field(default_factory=dict)
    breastfeeding: dict[str, Duration] = Field(default_factory=lambda: dict(_PAUSES))
    authorities: dict[str, str] = Field(default_factory=dict)
    destinations: dict[Label, Destination] = Field(default_factory=lambda: {"folder": Destination()})
