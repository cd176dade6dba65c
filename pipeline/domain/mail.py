"""The patient's letters: what is stopped, held, taken back, withdrawn and drafted."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from pipeline.domain.case import IDENTITY, UNSURE, Case
from pipeline.domain.decision import NoticeEffect
from pipeline.domain.dues import base_time, due_at
from pipeline.domain.followup import FollowUpReason
from pipeline.domain.gates import applying, effect_of, language_for
from pipeline.domain.notice import HoldState, Letter, LetterFacts, Notice, NoticeState, NoticeType
from pipeline.domain.plan import Plan
from pipeline.domain.policy import Mode
from pipeline.domain.reading import Category
from pipeline.domain.reasons import known
from pipeline.domain.statutes import next_moment
from pipeline.domain.study import breastfeeding_until, facts_of

DEAD = "deceased"


def out_of(plan: Plan) -> Notice | None:
    """The letter the patient holds: it has left and nothing has taken it back."""
    letter = _last_left(plan)
    return letter if letter and letter.live else None


def stop_pending(plan: Plan) -> None:
    """Stop every letter about the result that has not left, and what held it or stood in its place."""
    _stop(plan, {"", *(notice.id for notice in _pending(plan))})


def stop_for_the_dead(plan: Plan) -> None:
    """Stop whatever has not left, withdrawals too. What a person must still read stays with that person."""
    _stop(plan, {notice.id for notice in plan.notices.values() if notice.live and not notice.left})


def hold_pending(plan: Plan, codes: tuple[str, ...]) -> None:
    """Hold every letter about the result that has not left. One that is held already is held for these reasons as well."""
    for notice in _pending(plan):
        if notice.state is NoticeState.PREPARATION:
            plan.move_notice(notice, "held", codes[0])
            plan.hold(notice.id, codes, codes[0], statute_at=notice.notify_by)
            continue
        # None where somebody has withheld the letter for good.
        hold = next((hold for hold in plan.holds.values() if hold.state is HoldState.OPEN and hold.notice_id == notice.id), None)
        if hold and not set(codes) <= set(hold.reasons):
            plan.widen(hold, tuple(dict.fromkeys((*codes, *hold.reasons))), codes[0])


def take_back(plan: Plan, out: Notice) -> None:
    """Wrong letter out: a critical follow-up for each such letter.

    A letter on its way (leased or staged) counts as sent: it can only be taken back, no longer stopped.
    """
    plan.move_notice(out, "taken back", "wrong-letter-out")
    _tell_a_person(plan, out)


def tell_the_patient(plan: Plan, category: Category | None, reasons: Iterable[str], *, at_once: bool = False) -> None:
    """A withdrawal, where the patient holds a letter that was taken back and nothing else tells them so at once.

    Also where the letter that was to say it has itself been stopped or held before it left.

    Args:
        category: what the exam says now; None where it says nothing any more.
        at_once: the corrected letter leaves at once and says it.
    """
    codes = set(reasons)
    wrong = _last_left(plan)
    if wrong is None or wrong.state is not NoticeState.ENTERED_IN_ERROR:
        return
    if wrong.category is category and not IDENTITY & codes:
        # Other words for the same result: nothing in the old letter does harm.
        return
    if any(_says_so(notice, wrong, plan) for notice in plan.notices.values()):
        return
    if not plan.has_open(FollowUpReason.WRONG_LETTER_OUT):
        _tell_a_person(plan, wrong)
    if at_once or DEAD in codes:
        return
    # It goes to whoever got the wrong letter, whomever the new message names.
    facts = _replacing(wrong.facts, wrong)
    held = _kept_back(plan, codes, facts.language)
    notice = plan.draft(
        Letter.WITHDRAWN,
        NoticeType.WITHDRAWN,
        Category.REVIEW,
        None,
        facts,
        plan.now,
        held=bool(held),
        replaces=wrong.id,
        why="wrong-letter-out",
    )
    if held:
        plan.hold(notice.id, held, "wrong-letter-out")


def write(case: Case, plan: Plan) -> None:
    """The letters of a final version: stop what has not left, take back what has left and is wrong, draft what is right now."""
    effect, chosen = effect_of(case.reasons), case.letter
    out, before = out_of(plan), _last_left(plan)
    stop_pending(plan)
    if DEAD in case.reasons:
        stop_for_the_dead(plan)
    if out and out.category is case.category and out.letter is chosen and not case.mistaken:
        # The patient already holds these words.
        return
    drafted = chosen if effect is not NoticeEffect.NEVER else None
    if out and (out.category is not case.category or case.mistaken):
        take_back(plan, out)
    elif out and drafted:
        plan.move_notice(out, "taken back", "corrected")
    release_at = base_time(case.report, case.now) + case.policy.quiet_period
    at_once = drafted is not None and effect is NoticeEffect.RELEASE and release_at <= case.now
    # Before the new letter is drafted: letters of an exam leave in the order of their drafting.
    tell_the_patient(plan, case.category, case.reasons, at_once=at_once)
    held, notice_id = effect is NoticeEffect.HOLD, ""
    statutes = applying(case.report, case.category, case.reasons, case.policy)
    since = base_time(case.report, case.now)
    spans = [statute.notify_within for statute in statutes if statute.notify_within]
    if drafted:
        kind, replaces = (NoticeType.CORRECTED, before.id) if before else (NoticeType.RESULT, "")
        facts = _replacing(_facts(case), before) if before else _facts(case)
        facts = replace(facts, required=tuple(dict.fromkeys(sentence for one in statutes for sentence in one.sentences)))
        by = since + min(spans) if spans else None
        why = "decided"
        notice_id = plan.draft(
            drafted, kind, case.category, case.grade, facts, release_at, held=held, replaces=replaces, why=why, notify_by=by
        ).id
    if held:
        holding = tuple(code for code in case.reasons if known(code).effect is NoticeEffect.HOLD)
        plan.hold(notice_id, holding, holding[0], statute_at=next_moment(statutes, since, case.now))


def release_found(plan: Plan, code: str, why: str) -> None:
    """What a letter waited for has come: where it waited for nothing else, it may go."""
    waiting = [hold for hold in plan.holds.values() if hold.state is HoldState.OPEN and hold.reasons == (code,)]
    for hold in waiting:
        plan.move_hold(hold, "released", why)
        plan.move_notice(plan.notices[hold.notice_id], "released", why)


def _stop(plan: Plan, ids: Collection[str]) -> None:
    for notice in [notice for notice in plan.notices.values() if notice.id in ids and notice.live]:
        plan.move_notice(notice, "withdrawn", "superseded")
    for hold in [hold for hold in plan.holds.values() if hold.notice_id in ids and hold.state is HoldState.OPEN]:
        plan.move_hold(hold, "superseded", "superseded")


def _pending(plan: Plan) -> list[Notice]:
    """Results and corrections that have not left."""
    return [n for n in plan.notices.values() if n.live and not n.left and n.notice_type is not NoticeType.WITHDRAWN]


def _last_left(plan: Plan) -> Notice | None:
    left = [notice for notice in plan.notices.values() if notice.left and notice.notice_type is not NoticeType.WITHDRAWN]
    return left[-1] if left else None


def _says_so(notice: Notice, wrong: Notice, plan: Plan) -> bool:
    """Whether this letter tells the patient not to rely on `wrong`, or is about to."""
    if notice.replaces != wrong.id:
        return False
    if notice.notice_type is NoticeType.WITHDRAWN:
        return notice.live
    return notice.state is NoticeState.PREPARATION and (notice.release_at or plan.now) <= plan.now


def _tell_a_person(plan: Plan, wrong: Notice) -> None:
    reason = FollowUpReason.WRONG_LETTER_OUT
    plan.open(reason, due_at(reason, plan.now, plan.policy, critical=True), reason.value, critical=True, about=wrong)


def _kept_back(plan: Plan, codes: set[str], language: str) -> tuple[str, ...]:
    """Why a withdrawal must wait for a person; usually it leaves at once."""
    held = sorted(codes & (IDENTITY | UNSURE))
    if plan.policy.mode is Mode.SHADOW:
        held.append("shadow")
    if language not in plan.policy.approved_languages:
        held.append("language-unapproved")
    return tuple(held)


def _replacing(facts: LetterFacts, earlier: Notice) -> LetterFacts:
    return replace(facts, replaces_at=earlier.facts.signed_at)


def _facts(case: Case) -> LetterFacts:
    report, patient = case.report, case.report.patient
    language, lacking = language_for(patient, case.policy)
    return LetterFacts(
        patient_name=patient.name.spoken if patient.name else "",
        birth_date=patient.birth_date.isoformat() if patient.birth_date else "",
        identifier=patient.identifiers[0].value if patient.identifiers else "",
        exam_at=report.observed_at,
        signed_at=report.signed_at or report.message_at,
        orderer=report.orderer_name,
        accession=report.accession,
        language=language,
        wants_language=lacking,
        breastfeeding_until=breastfeeding_until(facts_of(case.exam.instances, settled=case.exam.settled), case.policy.breastfeeding),
    )
