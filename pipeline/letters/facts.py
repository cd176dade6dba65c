"""What a letter may say about one patient, one exam and one site, as text in the letter's language."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time

from pipeline.domain.notice import Notice
from pipeline.errors import Misconfigured, Problem

ALWAYS = frozenset({"facility", "phone", "emergency_number"})
"""Facts that every letter has, whatever is known of the patient."""

SOMETIMES = frozenset(
    {"term", "patient_name", "exam_on", "report_at", "replaces_at", "hear_by", "orderer"}
    | {"department", "address", "tty", "portal_url", "wants_language"}
)

# Bidirectional overrides and isolates can turn the text around them; the marks (LRM, RLM) only settle their own neighbours and stay.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_URL = re.compile(r"https?://[^\s<>\"']+\Z")
_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What letters say about the site. `time_zone` is an IANA name; `portal_url` starts with http:// or https://.

    `hear_by_days` is how many days after the report (rolled on to Monday from a weekend) a patient is told to have heard by.
    Raises `errors.Misconfigured` with every problem: a letter that names no phone must never be composed.
    """

    facility: str
    phone: str
    emergency_number: str
    time_zone: str
    department: str = ""
    address: str = ""
    tty: str = ""
    portal_url: str = ""
    hear_by_days: int = 2

    def __post_init__(self) -> None:
        missing = [name for name in ("facility", "phone", "emergency_number") if not clean(getattr(self, name))]
        problems = [f"[site] {name} is empty, and every letter needs it" for name in missing]
        try:
            ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):
            problems.append("[site] time_zone is not an IANA time zone such as America/New_York")
        if self.portal_url and not _URL.match(self.portal_url):
            problems.append("[site] portal_url must start with http:// or https:// and hold no spaces")
        if self.hear_by_days < 1:
            problems.append("[site] hear_by_days must be 1 or more")
        if problems:
            raise Misconfigured([Problem("site.toml", 0, problem) for problem in problems])


def facts_of(notice: Notice, site: SiteFacts, language: str, date_and_time: str, term: str) -> dict[str, str]:
    """Every fact by name; what is not known is absent. Dates are those of the site's time zone, written as the language does.

    `date_and_time` is the language's pattern for joining `{date}` and `{time}`.
    """
    locale, zone, told = Locale.parse(language, sep="-"), ZoneInfo(site.time_zone), notice.facts

    def day(moment: datetime | None, style: str = "long") -> str:
        return format_date(moment.astimezone(zone).date(), style, locale) if moment else ""

    def minute(moment: datetime | None) -> str:
        if not moment:
            return ""
        # Two versions signed on one day must be told apart, hence the time. The locale's thin space has no glyph in many fonts.
        clock = format_time(moment.astimezone(zone).time(), "short", locale=locale).replace("\u202f", "\u00a0")
        return date_and_time.replace("{date}", day(moment)).replace("{time}", clock)

    found = {
        "facility": site.facility,
        "department": site.department,
        "address": site.address,
        "phone": site.phone,
        "tty": site.tty,
        "portal_url": site.portal_url,
        "emergency_number": site.emergency_number,
        "term": term,
        "patient_name": told.patient_name,
        "birth_year": _year(told.birth_date),
        "record_end": clean(told.identifier)[-4:],
        "orderer": told.orderer,
        "exam_on": day(told.exam_at),
        "report_at": minute(told.signed_at),
        "replaces_at": minute(told.replaces_at),
        "hear_by": day(hear_by(notice, site), "full"),
        "wants_language": language_name(told.wants_language, locale),
    }
    cleaned = {name: clean(value) for name, value in found.items()}
    return {name: value for name, value in cleaned.items() if value}


def hear_by(notice: Notice, site: SiteFacts) -> datetime | None:
    """When the patient should have heard at the latest: counted from the sign time, or from the release if that was later."""
    known = [moment for moment in (notice.facts.signed_at, notice.release_at) if moment]
    if not known:
        return None
    local = max(known).astimezone(ZoneInfo(site.time_zone)) + timedelta(days=site.hear_by_days)
    # Nobody is at the phone on a weekend in most departments: a promise for Saturday is a promise broken.
    return local + timedelta(days=max(0, 7 - local.weekday()) if local.weekday() >= _WEEKEND else 0)


def language_name(tag: str, locale: Locale) -> str:
    """A language in the letter's language and in its own ("Vietnamese, Tiếng Việt"); empty if the tag means nothing to us."""
    if not tag:
        return ""
    try:
        wanted = Locale.parse(tag.replace("_", "-"), sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        return ""
    here, there = wanted.get_display_name(locale) or "", wanted.get_display_name(wanted) or ""
    return f"{here}, {there}" if here and there and here.casefold() != there.casefold() else here or there


def clean(value: str) -> str:
    """One line of visible text: composed, without control characters, bidirectional overrides or runs of spaces."""
    text = unicodedata.normalize("NFC", _UNSAFE.sub(" ", value))
    return re.sub(" {2,}", " ", text).strip()


def _year(birth_date: str) -> str:
    return birth_date[:4] if re.match(r"\d{4}", birth_date) else ""
