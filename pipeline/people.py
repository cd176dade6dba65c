"""What people do to follow-ups, holds and letters: found, locked, done by the domain's rules, audited, told."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Protocol

from pipeline.domain import actions, working
from pipeline.domain.again import Ruling
from pipeline.domain.decision import Change, Decision
from pipeline.domain.followup import FollowUp
from pipeline.domain.policy import Mode, Policy
from pipeline.errors import Refused
from pipeline.store import acts, outbox, reprocessing, rulings, wishes
from pipeline.store.control import set_paused
from pipeline.store.deciding import Rules
from pipeline.store.ledger import Ledger
from pipeline.store.reprocessing import Changed, Wanted
from pipeline.store.rereading import Rereader
from pipeline.store.telling import tell_changes
from pipeline.telemetry import emit


class Clock(Protocol):
    """Where the time comes from; the shell gives the real one, tests their own."""

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        ...


class People:
    """The acts of people. The command line and the web call these and nothing else."""

    def __init__(self, ledger: Ledger, rules: Rules, kinds: Mapping[str, frozenset[str]], clock: Clock, reread: Rereader) -> None:
        self._ledger = ledger
        self._rules = rules
        self._kinds = kinds
        self._clock = clock
        self._reread = reread
        self._seat = ""

    def seated(self, seat: str) -> None:
        """Who sits where (OS user and host); the audit trail names it beside whoever acts."""
        self._seat = seat

    def acknowledge(self, follow_up_id: str, by: str) -> None:
        """Somebody has taken it over (state accepted). Raises Refused."""
        self._on_follow_up(follow_up_id, lambda item, now: working.acknowledge(item, by, now, self._policy), by)

    def complete(self, follow_up_id: str, by: str, outcome: str = "") -> None:
        """Somebody has done it. Raises Refused."""
        self._on_follow_up(follow_up_id, lambda item, now: working.complete(item, by, now, outcome, self._policy), by, outcome)

    def plan(self, follow_up_id: str, what: str, on: datetime, by: str) -> None:
        """Somebody says what will be done, and when (state in-progress). Raises Refused."""
        note = f"{what.strip()}, by {self._local(on)}"
        self._on_follow_up(follow_up_id, lambda item, now: working.plan(item, what, on, by, now, self._policy), by, note)

    def transfer(self, follow_up_id: str, to: str, by: str, reason: str = "") -> None:
        """Another person or role is to do it, and must acknowledge it. Raises Refused."""
        self._on_follow_up(follow_up_id, lambda item, now: working.transfer(item, to, by, now, self._policy), by, reason)

    def decline(self, follow_up_id: str, reason: str, by: str) -> None:
        """Somebody will not do it: the next on its ladder is asked at once; it stays open. Raises Refused."""
        self._on_follow_up(follow_up_id, lambda item, now: working.decline(item, reason, by, now, self._policy), by, reason)

    def snooze(self, follow_up_id: str, until: datetime, by: str) -> None:
        """No reminder before then. Raises Refused."""
        note = f"until {self._local(until)}"
        self._on_follow_up(follow_up_id, lambda item, now: working.snooze(item, until, by, now, self._policy), by, note)

    def reopen(self, follow_up_id: str, reason: str, by: str) -> None:
        """A completed one is taken up again. Raises Refused."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            exam = acts.exam_of(connection, follow_up_id, now)
            digest, made = acts.on_follow_up(
                connection,
                follow_up_id,
                lambda item: working.reopen(item, exam, reason, by, now, self._policy),
                self._who(by),
                now,
                self._kinds,
                reason.strip(),
            )
        tell_changes(digest, made)

    def release(self, hold_id: str, by: str, patient_told: str, override: str = "") -> None:
        """Lets a held letter leave; the caller then calls `deliver`. Raises Refused."""
        now = self._clock.now()
        note = "; ".join(f"{word}: {text}" for word, text in (("patient told", patient_told), ("override", override)) if text.strip())
        with self._ledger.write() as connection:
            exam, made = acts.on_hold(
                connection,
                hold_id,
                lambda e: actions.release(e, hold_id, by, patient_told, override, now),
                self._who(by),
                now,
                self._kinds,
                note,
            )
        tell_changes(exam, made)

    def withhold(self, hold_id: str, by: str, reason: str) -> None:
        """Decides that a held letter never leaves. Raises Refused."""
        now = self._clock.now()
        note = f"reason: {reason.strip()}"
        with self._ledger.write() as connection:
            act = partial(actions.withhold, hold_id=hold_id, by=by, reason=reason)
            exam, made = acts.on_hold(connection, hold_id, act, self._who(by), now, self._kinds, note)
        tell_changes(exam, made)

    def decide(self, exam: str, ruling: Ruling, note: str = "") -> Decision:
        """A clinician says what a report says that could not be read; the caller then calls `deliver`. Raises Refused."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            digest, made, decision = rulings.decide(
                connection, exam, replace(ruling, by=self._who(ruling.by)), self._reread, now, self._kinds, note
            )
        tell_changes(digest, made)
        emit("report.ruled", exam=digest, category=decision.category.value, notice=decision.notice.value)
        return decision

    def undelivered(self, notice_id: str, by: str, reason: str = "") -> None:
        """A letter came back. Raises Refused."""
        now = self._clock.now()
        with self._ledger.write() as connection:
            exam, made = rulings.came_back(connection, notice_id, self._who(by), self._rules.policy, now, self._kinds, reason.strip())
        tell_changes(exam, made)

    def wish(self, authority: str, number: str, wish: str, by: str) -> int:
        """Writes the list of who wants no letters. Returns in how many exams a letter was held by it. Raises Refused."""
        now, policy = self._clock.now(), self._rules.policy
        with self._ledger.write() as connection:
            held = wishes.set_wish(connection, authority.strip(), number.strip(), wish, self._who(by), policy, self._kinds, now)
        for exam, made in held:
            tell_changes(exam, made)
        return len(held)

    def to_reprocess(self, wanted: Wanted) -> int:
        """How many exams `reprocess` would look at."""
        return reprocessing.count(self._ledger, wanted)

    def reprocess(
        self, wanted: Wanted, *, dry_run: bool, on_progress: Callable[[int], None] | None = None
    ) -> Generator[Changed, None, None]:
        """Each version that today's rules decide otherwise; without `dry_run` it is made so, exam by exam, as it is taken from here.

        Raises Refused where live mode does not know who wants it so; elsewhere the OS user will do.
        """
        now = self._clock.now()
        if not dry_run and (wanted.by.strip() or self._policy.mode is Mode.LIVE):
            wanted = replace(wanted, by=self._who(wanted.by))
        elif not dry_run and self._seat:
            wanted = replace(wanted, by=f"os:{self._seat}")
        found = reprocessing.reprocess(self._ledger, self._reread, self._kinds, wanted, now, dry_run=dry_run, on_progress=on_progress)
        for exam, made in found:
            tell_changes(exam, made.applied)
            yield from made.rows

    def pause(self, by: str) -> None:
        """No letter leaves from now on; follow-ups go on. Idempotent. Raises Refused if nobody is named."""
        self._switch(True, by)

    def resume(self, by: str) -> None:
        """Letters may leave again. Idempotent. Raises Refused if nobody is named, or live mode does not know them."""
        self._switch(False, working.known(self._policy, by))

    def retry(self, by: str, ids: Sequence[str] = ()) -> int:
        """Puts dead letters (all, or these) back into the queue. Returns how many. Raises Refused."""
        with self._ledger.write() as connection:
            return outbox.retry(connection, ids, self._who(by), self._clock.now())

    def _on_follow_up(self, follow_up_id: str, act: Callable[[FollowUp, datetime], Change], by: str, note: str = "") -> None:
        now = self._clock.now()
        with self._ledger.write() as connection:
            exam, made = acts.on_follow_up(
                connection, follow_up_id, lambda item: act(item, now), self._who(by), now, self._kinds, note.strip()
            )
        tell_changes(exam, made)

    def _who(self, by: str) -> str:
        """Who acts, as the audit trail has it. Raises Refused where live mode does not know them."""
        who = working.known(self._policy, by)
        return f"{who} (os:{self._seat})" if self._seat else who

    def _local(self, moment: datetime) -> str:
        return moment.astimezone(self._policy.directory.zone).strftime("%Y-%m-%d %H:%M")

    @property
    def _policy(self) -> Policy:
        return self._rules.policy

    def _switch(self, to: bool, by: str) -> None:
        if not by.strip():
            raise Refused("say who you are: --by")
        with self._ledger.write() as connection:
            changed = set_paused(connection, to=to, by=by.strip(), now=self._clock.now())
        if changed:
            emit("notices.paused" if to else "notices.resumed")
