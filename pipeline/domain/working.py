"""What people do to follow-ups: take, plan, hand on, put off, finish, take up again. Nothing that they do makes an open result vanish."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.domain.decision import Change
from pipeline.domain.dues import due_at
from pipeline.domain.exam import Exam
from pipeline.domain.followup import FollowUp, FollowUpState
from pipeline.domain.ladder import handed_on, scheduled, started
from pipeline.domain.policy import Mode, Policy
from pipeline.domain.states import FOLLOW_UP, advance
from pipeline.errors import Refused

_STANDARD = Policy()
_WORKED = (FollowUpState.ACCEPTED, FollowUpState.IN_PROGRESS)


def known(policy: Policy, by: str) -> str:
    """Who acts: the name of `people.toml` where it has one for what was typed, else that, trimmed.

    Of two people with one name the id stays what it was typed as, or nobody could tell them apart afterwards.

    Raises:
        Refused: nobody is named, or live mode does not know them.
    """
    if not by.strip():
        raise Refused("say who you are: --by")
    directory = policy.directory
    found = directory.people.get(directory.find(by))
    if found is None and policy.mode is Mode.LIVE:
        raise Refused(f'"{by.strip()}" is not in config/people.toml; add a table [people.ID] with this name, then try again')
    return found.name if found and directory.find(found.name) == found.id else by.strip()


def acknowledge(item: FollowUp, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """Somebody takes the item. It stays open until it is completed, and a letter is never released by it.

    Raises:
        Refused: nobody is named, the item is closed, or somebody took it before.
    """
    who = known(policy, by)
    if not item.state.open:
        raise Refused(f"this follow-up is {item.state.value}; it cannot be acknowledged any more")
    if item.acknowledged:
        raise Refused("this follow-up was acknowledged before; see its history with: vqroute show")
    found = policy.directory.people.get(policy.directory.find(who))
    taken = replace(
        item,
        acknowledged_by=who,
        acknowledged_at=now,
        owner=found.reached_by if found else who,
        level=0,
    )
    return _moved(item, scheduled(_in_state(taken, "acknowledged"), policy, now), "acknowledged")


def plan(item: FollowUp, what: str, on: datetime, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """What will be done and when. The item comes back if that time passes and nobody has completed it.

    Raises:
        Refused: nobody is named, it was not taken, there are no words, or the time is past or too far.
    """
    known(policy, by)
    _must_be_worked(item)
    if not what.strip():
        raise Refused("say what is planned: --what")
    most = policy.plan_most_critical if item.critical else policy.plan_most
    if not now < on <= now + most:
        raise Refused(f"a plan for this item lies between now and {most.days} days from now")
    planned = replace(item, plan=what.strip(), planned_for=on, level=0)
    planned = planned if item.state is FollowUpState.IN_PROGRESS else _in_state(planned, "started")
    return _moved(item, scheduled(planned, policy, now), "planned")


def transfer(item: FollowUp, to: str, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """Somebody else is to do it: their ladder begins, and they must acknowledge it.

    Raises:
        Refused: nobody is named, the item is closed, or the directory does not know whom it is for.
    """
    known(policy, by)
    _must_be_open(item)
    who = policy.directory.find(to)
    if not who:
        raise Refused(f'"{to.strip()}" is no person or role of config/people.toml; give an id or the whole name')
    asked = _untaken(_in_state(item, "transferred"))
    return _moved(item, started(asked, who, policy, now), "transferred")


def decline(item: FollowUp, reason: str, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """Somebody will not do it: the next rung of its ladder is asked at once, in the end the duty role. It stays open.

    Raises:
        Refused: nobody is named, there is no reason, or the item is closed.
    """
    known(policy, by)
    _must_be_open(item)
    if not reason.strip():
        raise Refused("say why you decline: --reason")
    asked = _untaken(_in_state(item, "declined"))
    return _moved(item, handed_on(asked, policy, now), "declined")


def snooze(item: FollowUp, until: datetime, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """No reminder before that time; the item stays open, and overdue when it is.

    Raises:
        Refused: nobody is named, the item is closed or critical and not taken, the time is past, or it was put off too often or too long.
    """
    known(policy, by)
    _must_be_open(item)
    if item.critical and not item.acknowledged:
        raise Refused("this is urgent and nobody has taken it: it cannot be put off. Acknowledge it, or transfer it to somebody")
    if until <= now:
        raise Refused("that time is past")
    if item.snoozes >= policy.snooze_most:
        raise Refused(f"this follow-up was put off {item.snoozes} times, which is all that this site allows; plan or transfer it")
    total = timedelta(seconds=item.snoozed_s) + (until - now)
    if total > policy.snooze_total:
        raise Refused(f"this follow-up can be put off for {_hours(policy.snooze_total)} in all; {_hours(total)} would be more")
    put_off = replace(item, snoozed_until=until, snoozes=item.snoozes + 1, snoozed_s=round(total.total_seconds()))
    if not item.acknowledged:
        # The whole ladder waits: whoever put it off is asked first when the time has come.
        put_off = replace(put_off, ladder_from=(item.ladder_from or item.opened_at) + (until - now))
        put_off = scheduled(put_off, policy, now)
    return _moved(item, replace(put_off, step_at=max(until, put_off.step_at or until)), "snoozed")


def complete(item: FollowUp, by: str, now: datetime, outcome: str = "", policy: Policy = _STANDARD) -> Change:
    """The work is done. Only an acknowledged item can be completed.

    Raises:
        Refused: nobody is named, or the item was not acknowledged or is closed.
    """
    who = known(policy, by)
    _must_be_worked(item)
    done = replace(_in_state(item, "completed"), closed_by=who, closed_at=now, closed_why=outcome.strip())
    return _moved(item, scheduled(done, policy, now), "completed")


def reopen(item: FollowUp, exam: Exam | None, reason: str, by: str, now: datetime, policy: Policy = _STANDARD) -> Change:
    """A completed item was not done after all: somebody must take it again, with a new due time.

    Raises:
        Refused: nobody is named, there is no reason, it was not completed, or a later item or version has taken its place.
    """
    known(policy, by)
    if item.state is not FollowUpState.COMPLETED:
        raise Refused(f"this follow-up is {item.state.value}; only a completed one can be taken up again")
    if not reason.strip():
        raise Refused("say why it is taken up again: --reason")
    if exam and _replaced(item, exam.follow_ups, exam.current.content_hash if exam.current else ""):
        raise Refused("the result has changed since, or a later follow-up stands for it; work that one: vqroute show")
    due = due_at(item.reason, now, policy, critical=item.critical)
    asked = _untaken(_in_state(item, "reopened"))
    again = replace(asked, due_at=due, calm=False, reopened=True, closed_by="", closed_at=None, closed_why="")
    return _moved(item, started(again, item.asked, policy, now), "reopened")


def _untaken(item: FollowUp) -> FollowUp:
    """As nobody has taken it: what one person planned is not the next one's promise."""
    return replace(item, acknowledged_by="", acknowledged_at=None, plan="", planned_for=None, snoozed_until=None)


def _replaced(item: FollowUp, others: Sequence[FollowUp], current: str) -> bool:
    return item.report_hash != current or any(other.state.open for other in others)


def _in_state(item: FollowUp, event: str) -> FollowUp:
    return replace(item, state=FollowUpState(advance(FOLLOW_UP, item.state, event)))


def _moved(before: FollowUp, after: FollowUp, why: str) -> Change:
    return Change(replace(after, version=before.version + 1), why)


def _must_be_open(item: FollowUp) -> None:
    if not item.state.open:
        raise Refused(f"this follow-up is {item.state.value} already; see its history with: vqroute show")


def _must_be_worked(item: FollowUp) -> None:
    if item.state not in _WORKED:
        raise Refused(f"this follow-up is {item.state.value}; acknowledge it first")


def _hours(span: timedelta) -> str:
    return f"{span.total_seconds() / 3600:g} hours"
