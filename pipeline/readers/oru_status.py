"""What OBR-25 and OBX-11 together say about a report: its status, and what contradicts or is missing."""

from dataclasses import dataclass

from pipeline.domain.report import Status
from pipeline.formats.hl7v2 import Message, Segment

_PROVISIONAL_ORDER = {
    "P": Status.PRELIMINARY,
    "R": Status.PRELIMINARY,
    "I": Status.REGISTERED,
    "S": Status.REGISTERED,
    "O": Status.REGISTERED,
}
"""OBR-25. Source: HL7 v2 table 0123."""

_PROVISIONAL_RESULT = {
    "P": Status.PRELIMINARY,
    "R": Status.PRELIMINARY,
    "S": Status.PARTIAL,
    "I": Status.REGISTERED,
    "O": Status.REGISTERED,
}
"""OBX-11. Source: HL7 v2 table 0085."""

_FINAL = frozenset("FCU")
_APPENDED = frozenset("ABV")
_RELEASED_AT_ONCE = "SIMM"
_WITHHELD = frozenset({"SID", "SIDC", "STBD", "SWNL", "SWTH"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A status and the reason codes found on the way to it."""

    status: Status
    problems: tuple[str, ...] = ()


def standing(order: str, results: list[str], everything: list[str], *, empty_is_final: bool = False) -> Standing:
    """The status of one order's report.

    Args:
        order: OBR-25.
        results: OBX-11 of each impression OBX, or of each text OBX where no impression is coded.
        everything: OBX-11 of every text OBX: a `W` on any of them says that the report went to the wrong patient.
        empty_is_final: the source is known to leave OBX-11 empty on final reports.
    """
    order = order.strip().upper()
    codes = [_code(result, empty_is_final) for result in results]
    if order == "X":
        return Standing(Status.CANCELLED)
    if any(_code(result, False) == "W" for result in everything):
        return Standing(Status.ENTERED_IN_ERROR, ("wrong-patient",))
    kept = [code for code in codes if code != "D"]
    if codes and not kept:
        return Standing(Status.ENTERED_IN_ERROR)
    problems = ("no-result",) if kept and set(kept) == {"X"} else ()
    if problems:
        kept = []
    if order in ("F", "C"):
        found = _final(order, kept, replaced=len(kept) < len(codes) and not problems)
    elif order in _PROVISIONAL_ORDER:
        found = _provisional(order, kept)
    elif not order and kept and all(code in _PROVISIONAL_RESULT for code in kept):
        # Nothing claims to be final, so nothing contradicts: the clock of a preliminary read is the right one.
        found = Standing(_PROVISIONAL_RESULT[kept[0]])
    else:
        found = Standing(Status.UNKNOWN, ("status-unknown", *(["status-appended"] if _APPENDED & set(kept) else [])))
    return Standing(found.status, found.problems + problems)


def _code(result: str, empty_is_final: bool) -> str:
    # A stray line after the status must not make it another status.
    code = result.strip().split("\n")[0].strip().upper()
    return "F" if not code and empty_is_final else code


def _final(order: str, kept: list[str], *, replaced: bool) -> Standing:
    codes = set(kept)
    if codes - _FINAL - _APPENDED - set(_PROVISIONAL_RESULT) - {"X"}:
        return Standing(Status.UNKNOWN, ("status-unknown",))
    if codes & _APPENDED:
        return Standing(Status.UNKNOWN, ("status-appended",))
    if codes - _FINAL:
        return Standing(Status.UNKNOWN, ("status-conflict",))
    return Standing(Status.CORRECTED if order == "C" or "C" in codes or replaced else Status.FINAL)


def _provisional(order: str, kept: list[str]) -> Standing:
    if not kept or "" in kept or any(code in _PROVISIONAL_RESULT for code in kept):
        return Standing(_PROVISIONAL_ORDER[order])
    # Contradicted, and still nothing that says it may go out: the stricter of the two counts.
    return Standing(_PROVISIONAL_ORDER[order], ("status-conflict",))


def together(standings: list[Standing]) -> Standing:
    """The status of a report that answers several orders (separate V and Q accessions)."""
    statuses = {one.status for one in standings}
    problems = tuple(dict.fromkeys(code for one in standings for code in one.problems))
    if len(statuses) == 1:
        return Standing(statuses.pop(), problems)
    if statuses == {Status.FINAL, Status.CORRECTED}:
        return Standing(Status.CORRECTED, problems)
    if Status.UNKNOWN in statuses:
        return Standing(Status.UNKNOWN, problems)
    if all(status.provisional for status in statuses):
        return Standing(Status.PRELIMINARY, problems)
    return Standing(Status.UNKNOWN, (*problems, "status-conflict"))


def release_problems(categories: list[str]) -> tuple[str, ...]:
    """What OBX-26 asks for. Only `SIMM` (share immediately) lets an automatic letter go. Source: HL7 v2.8 table 0909."""
    found = []
    for category in categories:
        code = category.strip().upper()
        if not code or code == _RELEASED_AT_ONCE:
            continue
        found.append("release-withheld" if code in _WITHHELD else "release-unknown")
    return tuple(dict.fromkeys(found))


_URGENT = frozenset({"S", "A", "STAT", "ASAP"})


def urgent(message: Message, obr: Segment | None, rest: list[Segment], visits: list[Segment]) -> bool:
    """Emergency (PV1-2 E) or STAT (OBR-5, OBR-27.6, TQ1-9 S or A)."""
    said = {message.value(obr, 5), message.value(obr, 27, 6), *(message.value(one, 9) for one in rest if one.name == "TQ1")}
    return bool({one.upper() for one in said} & _URGENT) or any(
        one.name == "PV1" and message.value(one, 2).upper() == "E" for one in visits
    )
