"""When somebody told the patient, as people type it."""

import re
from datetime import datetime, time
from zoneinfo import ZoneInfo

from pipeline.errors import Misconfigured, Problem

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


def told_at(text: str, now: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 in the site's zone, for the audit trail.

    Takes `now`, `14:20` (today), `2025-03-01 14:20` or an ISO time with its offset.

    Raises:
        errors.Misconfigured: it is none of these, or lies in the future: nobody has told anybody anything yet.
    """
    typed = text.strip()
    local_now = now.astimezone(zone)
    clock = _CLOCK.match(typed)
    if typed.lower() == "now":
        moment = local_now
    elif clock:
        moment = datetime.combine(local_now.date(), time(int(clock[1]), int(clock[2])), zone)
    else:
        try:
            moment = datetime.fromisoformat(typed)
        except ValueError:
            raise _wrong('say when the patient was told: "now", "14:20" or "2025-03-01 14:20"') from None
        if re.fullmatch(r"\d{4}-\d\d-\d\d|\d{8}", typed):
            raise _wrong('say the time of day too, such as "2025-03-01 14:20"')
        moment = moment.astimezone(zone) if moment.tzinfo else moment.replace(tzinfo=zone)
    if moment > local_now:
        raise _wrong("that time has not come yet; tell the patient first")
    return moment.isoformat(timespec="minutes")


def _wrong(sentence: str) -> Misconfigured:
    return Misconfigured([Problem("--patient-told", 0, sentence)])
