"""Collects the changes of one decision and gives each new item its stable id."""

import hashlib
from dataclasses import replace
from datetime import datetime

from pipeline.domain.decision import Change
from pipeline.domain.directory import NOBODY, Orderer
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUp, FollowUpReason, FollowUpState
from pipeline.domain.ladder import begun, scheduled
from pipeline.domain.notice import Hold, HoldState, Letter, LetterFacts, Notice, NoticeState, NoticeType
from pipeline.domain.policy import Policy
from pipeline.domain.reading import Category, Grade
from pipeline.domain.states import FOLLOW_UP, HOLD, NOTICE, advance

_NOTES = {
    FollowUpReason.INDETERMINATE: "The V/Q scan could not decide. Choose the next test and tell the patient when.",
    FollowUpReason.POSITIVE: "The V/Q scan shows a clot. Speak to the patient now; the letter waits for you.",
    FollowUpReason.UNREADABLE: "The report could not be read safely. Read it yourself; the patient has been told nothing.",
    FollowUpReason.NO_PE_QUESTION: "The study asked another question than pulmonary embolism. Read it and tell the patient.",
    FollowUpReason.DISCREPANCY: "Preliminary and final report differ. Make sure that whoever acted on the first knows the second.",
    FollowUpReason.STATUS_REGRESSED: "A preliminary report was signed after the final one. Ask the reader which one stands.",
    FollowUpReason.WRONG_LETTER_OUT: "The patient holds a letter that is no longer right. Phone them.",
    FollowUpReason.RESULT_CHANGED: "The result changed after this item was opened. Look again.",
    FollowUpReason.REPORT_OVERDUE: "The scan was done and its final report is late. Find it.",
    FollowUpReason.IDENTITY: "It is not certain whose exam this is. Find out before anybody is told anything.",
    FollowUpReason.UNDELIVERED: "The letter to the patient came back. Tell them another way, and find out where they live.",
    FollowUpReason.REJECTED: "A file could not be read and may be somebody's result. It is in quarantine with a reason file.",
}

_IN_SHORT = {
    Letter.NORMAL: "normal",
    Letter.ABSENT: "no sign of a clot",
    Letter.LOW: "a low chance of a clot",
    Letter.NONDIAGNOSTIC: "the scan could not decide",
    Letter.POSITIVE: "a clot is likely",
    Letter.POSITIVE_CHRONIC: "signs of old clots",
    Letter.WITHDRAWN: "do not rely on our earlier letter",
}

_NAMES_THE_RESULT = frozenset({FollowUpReason.DISCREPANCY, FollowUpReason.RESULT_CHANGED})
"""What these ask for depends on what the report says now: a clot among them must be seen without opening anything."""


def stable_id(*parts: str) -> str:
    """32 hex of SHA-256 over the parts: the same facts give the same id on every run."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


class Plan:
    """The changes so far. One plan serves one decision; later changes of an item replace earlier ones.

    `says`: the result of the report with `report_hash`, as its letter says it; None where it is not certain, or taken back.
    """

    def __init__(
        self, exam: Exam, policy: Policy, now: datetime, report_hash: str, orderer: Orderer = NOBODY, says: Letter | None = None
    ) -> None:
        self.policy = policy
        self.now = now
        self.report_hash = report_hash
        self._says = says
        self._orderer = _orderer_of(exam) if orderer == NOBODY else orderer
        self._digest = exam.key.digest
        self._counts = {"notice": len(exam.notices), "follow-up": len(exam.follow_ups), "hold": len(exam.holds)}
        self._changes: dict[str, Change] = {}
        self.notices = {notice.id: notice for notice in exam.notices}
        self.follow_ups = {item.id: item for item in exam.follow_ups}
        self.holds = {hold.id: hold for hold in exam.holds}
        self._known_holds = frozenset(self.holds)
        self._versions = {item.id: item.version for item in exam.follow_ups}

    @property
    def changes(self) -> tuple[Change, ...]:
        return tuple(self._changes.values())

    def draft(
        self,
        letter: Letter,
        notice_type: NoticeType,
        category: Category,
        grade: Grade | None,
        facts: LetterFacts,
        release_at: datetime,
        *,
        held: bool,
        replaces: str,
        why: str,
        notify_by: datetime | None = None,
    ) -> Notice:
        notice = Notice(
            id=self._new_id("notice"),
            report_hash=self.report_hash,
            letter=letter,
            notice_type=notice_type,
            category=category,
            grade=grade,
            state=NoticeState(advance(NOTICE, "", "held" if held else "drafted")),
            release_at=release_at,
            facts=facts,
            replaces=replaces,
            notify_by=notify_by,
        )
        self.notices[notice.id] = notice
        self._put(notice, notice.id, why)
        return notice

    def move_notice(self, notice: Notice, event: str, why: str) -> None:
        moved = replace(notice, state=NoticeState(advance(NOTICE, notice.state, event)))
        self.notices[notice.id] = moved
        self._put(moved, notice.id, why)

    def readdress(self, notice: Notice, facts: LetterFacts, why: str) -> None:
        """A held letter with other facts; nothing of it is in the outbox."""
        self.notices[notice.id] = replace(notice, facts=facts)
        self._put(self.notices[notice.id], notice.id, why)

    def redraft(self, notice: Notice, why: str) -> None:
        """The same letter once more under an id of its own, in the state of a letter that may leave."""
        anew = replace(notice, id=self._new_id("notice"), state=NoticeState(advance(NOTICE, "", "drafted")))
        self.notices[anew.id] = anew
        self._put(anew, anew.id, why)

    def return_notice(self, notice: Notice, by: str) -> None:
        """The letter had left and came back."""
        self.notices[notice.id] = replace(notice, returned_by=by)
        self._put(self.notices[notice.id], notice.id, "undelivered")

    def hold(
        self,
        notice_id: str,
        reasons: tuple[str, ...],
        why: str,
        *,
        expires_at: datetime | None = None,
        statute_at: datetime | None = None,
    ) -> None:
        """Opens a hold. `expires_at`: when the one that it takes the place of would have reminded; nobody gets more time by that."""
        reminds_at = self.now + self.policy.terms(reasons).remind
        reminds_at = min(reminds_at, expires_at) if expires_at else reminds_at
        item = Hold(
            id=self._new_id("hold"),
            report_hash=self.report_hash,
            notice_id=notice_id,
            reasons=reasons,
            owner=self.policy.owner,
            state=HoldState(advance(HOLD, "", "opened")),
            opened_at=self.now,
            expires_at=reminds_at,
            step_at=reminds_at,
            statute_at=statute_at,
        )
        self.holds[item.id] = item
        self._put(item, item.id, why)

    def widen(self, hold: Hold, reasons: tuple[str, ...], why: str) -> None:
        """Further reasons for a hold. One that people may have seen is closed, so that whoever wants to release it looks again."""
        if hold.id in self._known_holds:
            self.move_hold(hold, "superseded", why)
            self.hold(hold.notice_id, reasons, why, expires_at=hold.expires_at, statute_at=hold.statute_at)
        else:
            reminds_at = min(hold.expires_at, hold.opened_at + self.policy.terms(reasons).remind)
            self.holds[hold.id] = replace(hold, reasons=reasons, expires_at=reminds_at, step_at=reminds_at)
            self._put(self.holds[hold.id], hold.id, why)

    def move_hold(self, hold: Hold, event: str, why: str) -> None:
        moved = replace(hold, state=HoldState(advance(HOLD, hold.state, event)), step_at=None)
        self.holds[hold.id] = moved
        self._put(moved, hold.id, why)

    def step_hold(self, hold: Hold, why: str) -> None:
        """A hold that time has moved on; it stays open."""
        self.holds[hold.id] = hold
        self._put(hold, hold.id, why)

    def open(
        self, reason: FollowUpReason, due: datetime, why: str, *, critical: bool, preliminary: bool = False, about: Notice | None = None
    ) -> None:
        note = self._note(reason)
        if about is not None:
            note = f"{note} It says: {_IN_SHORT[about.letter]}."
        item = FollowUp(
            id=self._new_id("follow-up"),
            reason=reason,
            state=FollowUpState(advance(FOLLOW_UP, "", "opened")),
            opened_at=self.now,
            due_at=due,
            owner=self.policy.owner,
            report_hash=self.report_hash,
            preliminary=preliminary,
            critical=critical,
            note=note,
            calm=self._calm(reason, due),
        )
        self._follow_up(begun(item, self.policy, self.now, self._orderer), why)

    def renew(
        self,
        item: FollowUp,
        reason: FollowUpReason,
        due: datetime,
        why: str,
        *,
        critical: bool,
        preliminary: bool = False,
        again: bool = False,
        note: str = "",
    ) -> None:
        """The same item with another meaning. A changed reason (or `again`) asks for a new acknowledgement, else it is kept.

        Nobody gets more time for an item by leaving it alone: only one that was acknowledged and must be again has a new due time.
        """
        asked_anew = again or reason is not item.reason
        renewed = replace(
            item,
            reason=reason,
            state=FollowUpState(advance(FOLLOW_UP, item.state, "result changed")) if asked_anew else item.state,
            due_at=due if asked_anew and item.acknowledged else min(due, item.due_at),
            report_hash=self.report_hash,
            preliminary=preliminary,
            critical=critical,
            note=note or self._note(reason),
            calm=self._calm(reason, due),
            acknowledged_by="" if asked_anew else item.acknowledged_by,
            acknowledged_at=None if asked_anew else item.acknowledged_at,
        )
        if asked_anew:
            # Nothing of what somebody planned or put off is about what it says now.
            renewed = replace(
                begun(renewed, self.policy, self.now, self._orderer), plan="", planned_for=None, snoozed_until=None, proposal="", contact=""
            )
        self._follow_up(renewed, why)

    def reopen(self, item: FollowUp, due: datetime, *, critical: bool) -> None:
        """A completed item that a later version asks for once more: somebody must take it again, with a ladder begun anew."""
        again = replace(
            item,
            state=FollowUpState(advance(FOLLOW_UP, item.state, "reopened")),
            due_at=due,
            report_hash=self.report_hash,
            preliminary=False,
            critical=critical,
            note=self._note(item.reason),
            calm=self._calm(item.reason, due),
            acknowledged_by="",
            acknowledged_at=None,
            plan="",
            planned_for=None,
            snoozed_until=None,
            reopened=True,
            closed_by="",
            closed_at=None,
            closed_why="",
            proposal="",
            contact="",
        )
        self._follow_up(begun(again, self.policy, self.now, self._orderer), "reopened")

    def move_follow_up(self, item: FollowUp, event: str, why: str) -> None:
        self._follow_up(replace(item, state=FollowUpState(advance(FOLLOW_UP, item.state, event))), why)

    def finish(self, item: FollowUp, by: str, why: str) -> None:
        """Somebody has done what the item asks for, by another act than on the item itself."""
        done = replace(
            item,
            state=FollowUpState(advance(FOLLOW_UP, item.state, "settled")),
            acknowledged_by=item.acknowledged_by or by,
            acknowledged_at=item.acknowledged_at or self.now,
            closed_by=by,
            closed_at=self.now,
            closed_why=why,
            step_at=None,
        )
        self._follow_up(done, why)

    def open_follow_ups(self) -> list[FollowUp]:
        return [item for item in self.follow_ups.values() if item.state.open]

    def has_open(self, reason: FollowUpReason) -> bool:
        return any(item.reason is reason for item in self.open_follow_ups())

    def _follow_up(self, item: FollowUp, why: str) -> None:
        # Changed twice in one decision it leaves once, as one version.
        item = replace(item, version=self._versions.get(item.id, 0) + 1)
        if not (item.state.open and item.acknowledged and item.step_at):
            item = scheduled(item, self.policy, self.now)
        self.follow_ups[item.id] = item
        self._put(item, item.id, why)

    def _note(self, reason: FollowUpReason) -> str:
        if reason in _NAMES_THE_RESULT and self._says:
            return f"{_NOTES[reason]} The report that counts now says: {_IN_SHORT[self._says]}."
        return _NOTES[reason]

    def _calm(self, reason: FollowUpReason, due: datetime) -> bool:
        """Told by the due time of this version alone: how old the item is says nothing about how urgent it has become."""
        return reason is FollowUpReason.POSITIVE and due - self.now > self.policy.clocks[reason]

    def _new_id(self, kind: str) -> str:
        self._counts[kind] += 1
        return stable_id(self._digest, kind, str(self._counts[kind]))

    def _put(self, item: Notice | FollowUp | Hold, key: str, why: str) -> None:
        # An item changed twice in one decision leaves once, as its last value.
        self._changes.pop(key, None)
        self._changes[key] = Change(item, why)


def _orderer_of(exam: Exam) -> Orderer:
    said = [Orderer(version.orderer_id, version.orderer) for version in (exam.current, *reversed(exam.versions)) if version]
    return next((orderer for orderer in said if orderer != NOBODY), NOBODY)


def rejection_follow_up(content_hash: str, *, critical: bool, due: datetime, owner: str, now: datetime) -> FollowUp:
    """The follow-up of an input that belongs to no exam."""
    return FollowUp(
        id=stable_id(content_hash, "rejected"),
        reason=FollowUpReason.REJECTED,
        state=FollowUpState.REQUESTED,
        opened_at=now,
        due_at=due,
        owner=owner,
        report_hash=content_hash,
        critical=critical,
        note=_NOTES[FollowUpReason.REJECTED],
    )
