"""How an item that nobody works goes from one person to the next, and never falls silent."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.domain.decision import Change
from pipeline.domain.directory import NOBODY, Orderer
from pipeline.domain.followup import FollowUp, FollowUpReason
from pipeline.domain.policy import Policy
from pipeline.domain.rungs import CALM_REASONS, DEPUTY, OWNER, TEAM, Ladder, Rung, Since

_TO_THE_DEPARTMENT = frozenset(
    {FollowUpReason.REPORT_OVERDUE, FollowUpReason.WRONG_LETTER_OUT, FollowUpReason.IDENTITY, FollowUpReason.REJECTED}
)
"""What the orderer cannot mend: the duty role owns it, or whom the site names for the reason."""


def first_owner(policy: Policy, reason: FollowUpReason, orderer: Orderer) -> str:
    """Id of the person or role that a new item is for; "" stands for the duty role."""
    if reason in policy.owners:
        return policy.owners[reason]
    return "" if reason in _TO_THE_DEPARTMENT else policy.directory.owner_for(orderer)


def begun(item: FollowUp, policy: Policy, now: datetime, orderer: Orderer = NOBODY) -> FollowUp:
    """The item at the foot of its ladder: new, or asked anew."""
    return started(replace(item, next_step=policy.next_steps.get(item.reason, "")), first_owner(policy, item.reason, orderer), policy, now)


def started(item: FollowUp, who: str, policy: Policy, now: datetime) -> FollowUp:
    """The item at the foot of the ladder of this person or role."""
    owner = policy.directory.resolve(who, now) or policy.owner
    return scheduled(replace(item, asked=who, owner=owner, level=0, ladder_from=now), policy, now)


def scheduled(item: FollowUp, policy: Policy, now: datetime) -> FollowUp:
    """The item with the time of its next step: none once it is closed, always one before."""
    if not item.state.open:
        return replace(item, step_at=None)
    if item.acknowledged:
        # A plan is a promise with a date of its own, sooner or later than the due time.
        return replace(item, step_at=max(item.planned_for or item.due_at, now) + policy.patience)
    ladder = ladder_of(item, policy)
    return replace(item, step_at=_at(ladder[item.level], item) if item.level < len(ladder) else now + policy.remind)


def ladder_of(item: FollowUp, policy: Policy) -> Ladder:
    """The ladder of its reason; a critical item of a calm reason takes the positive's, one with time (chronic disease) a calm one."""
    if item.reason is FollowUpReason.POSITIVE and item.calm:
        return policy.ladders[FollowUpReason.INDETERMINATE]
    return policy.ladders[FollowUpReason.POSITIVE if item.critical and item.reason in CALM_REASONS else item.reason]


def step(item: FollowUp, policy: Policy, now: datetime) -> Change | None:
    """One step, if its time has come. After a pause of ours it goes to the highest rung that is due, as one version.

    Whoever has taken it is reminded first; if that does not help, the top of the ladder is asked again and again.
    """
    if not item.state.open or (item.step_at is not None and now < item.step_at):
        return None
    ladder = ladder_of(item, policy)
    due = [level for level, rung in enumerate(ladder, start=1) if _at(rung, item) <= now]
    if item.acknowledged:
        owner = item.owner if item.level == 0 else _asked(ladder[-1] if ladder else None, item, policy, now)
        moved, why = replace(item, level=item.level + 1, owner=owner), "reminded"
        later = regular_after(item.step_at, now, policy.patience)
    elif due and due[-1] > item.level:
        moved, why = replace(item, level=due[-1], owner=_asked(ladder[due[-1] - 1], item, policy, now)), "escalated"
        later = scheduled(moved, policy, now).step_at or now
    elif item.level < len(ladder):
        # It lies on the list without a step of its own (made before there were ladders, or put off): its next rung keeps its time.
        return Change(replace(scheduled(item, policy, now), version=item.version + 1), "ladder-set")
    else:
        moved, why = replace(item, level=item.level + 1, owner=_asked(ladder[-1] if ladder else None, item, policy, now)), "reminded"
        later = regular_after(item.step_at, now, policy.remind)
    return Change(replace(moved, step_at=later, version=item.version + 1), why)


def role_at(item: FollowUp, policy: Policy) -> str:
    """The word of its rung, for the log: never a person's name."""
    ladder = ladder_of(item, policy)
    if item.level == 0 or not ladder or (item.acknowledged and item.level == 1):
        return OWNER
    return ladder[-1].to if item.acknowledged else ladder[min(item.level, len(ladder)) - 1].to


def handed_on(item: FollowUp, policy: Policy, now: datetime) -> FollowUp:
    """The item at its next rung before its time; above the last rung the duty role has it."""
    ladder = ladder_of(item, policy)
    level = min(item.level, len(ladder)) + 1
    if level > len(ladder):
        return scheduled(replace(item, level=level, owner=policy.owner), policy, now)
    rung = ladder[level - 1]
    # The rungs above keep their distance from this one.
    return scheduled(replace(item, level=level, owner=_asked(rung, item, policy, now), ladder_from=now - rung.after), policy, now)


def _asked(rung: Rung | None, item: FollowUp, policy: Policy, now: datetime) -> str:
    """Who answers for a rung at this moment; in the end always the duty role."""
    directory, to = policy.directory, rung.to if rung else ""
    if to == OWNER:
        found = directory.resolve(item.asked, now)
    elif to == DEPUTY:
        found = directory.deputy(item.asked, now)
    elif to == TEAM:
        found = directory.covering(item.asked, now)
    else:
        found = directory.resolve(to, now)
    return found or policy.owner


def _at(rung: Rung, item: FollowUp) -> datetime:
    start = item.due_at if rung.since is Since.DUE else item.ladder_from or item.opened_at
    return start + rung.after


def regular_after(last: datetime | None, now: datetime, pause: timedelta) -> datetime:
    """The first of the regular times after `last` that is still to come: late ticks do not shift them."""
    start = last or now
    return start + pause * ((now - start) // pause + 1)
