"""Letters and follow-ups leave once, in order, only while they may; whatever breaks in between."""

import shutil
from datetime import timedelta
from typing import Any

import pytest

from pipeline import flow as flow_module
from pipeline.destinations import Unreachable
from pipeline.destinations.folder import STAGING, Folder
from pipeline.domain.parcel import Parcel
from pipeline.domain.report import Status
from pipeline.flow import Composers
from pipeline.store import outbox
from pipeline.store.tables import metadata
from tests.flow.kit import T0, Kit, compose_notice, compose_task, file_of, report


class Killed(BaseException):
    """What kill -9 looks like from inside: nothing after it runs."""


class Broken:
    """A destination that never works."""

    name = "broken"
    kinds = frozenset({"notice", "follow-up"})

    def prepare(self, parcel: Parcel) -> None:
        raise Unreachable("OSError")

    def settle(self) -> None:
        raise AssertionError

    def send(self, delivery_id: str) -> bool:
        raise AssertionError

    def recall(self, delivery_id: str) -> bool:
        return False


def test_a_quiet_period_is_kept_and_follow_ups_do_not_wait(kit: Kit) -> None:
    from dataclasses import replace

    from pipeline.domain.policy import Policy

    kit.rules = replace(kit.rules, policy=Policy(quiet_period=timedelta(hours=1)))
    kit.build()
    kit.one(report("indeterminate"))
    this = kit.flow.deliver()
    assert (this.sent, this.waiting, this.next_at) == (1, 1, T0 + timedelta(hours=1))
    assert kit.letters() == []
    kit.clock.forward(minutes=61)
    assert kit.deliver() == (1, 0, 0)


def test_a_correction_before_the_letter_left_stops_it(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.one(report("high", status=Status.CORRECTED, signed=T0 + timedelta(minutes=1), control="C2"))
    kit.deliver()
    assert kit.letters() == []
    assert kit.rows("SELECT state FROM deliveries WHERE kind = 'notice'") == [{"state": "withdrawn"}]
    assert kit.chains_whole()


def test_a_correction_after_the_letter_left_takes_it_back(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.deliver()
    kit.clock.forward(hours=1)
    kit.one(report("high", status=Status.CORRECTED, signed=T0 + timedelta(minutes=1), control="C2"))
    kit.deliver()
    assert [letter["notice_type"] for letter in kit.letters()] == ["result", "withdrawn"]
    assert {row.reason.value for row in kit.queries.follow_ups()} == {"positive", "wrong-letter-out"}
    assert kit.rows("SELECT state FROM notices ORDER BY ordinal")[0]["state"] == "entered-in-error"


def test_a_leased_letter_counts_as_left(kit: Kit) -> None:
    kit.one(report("normal"))
    with kit.ledger.write() as connection:
        assert len(outbox.claim(connection, "folder", 10, timedelta(minutes=2), kit.clock.now())) == 1
    kit.clock.forward(hours=1)
    kit.one(report("high", status=Status.CORRECTED, signed=T0 + timedelta(minutes=1), control="C2"))
    assert "wrong-letter-out" in {row.reason.value for row in kit.queries.follow_ups()}
    # Its sender never came back: then it has not left after all, and it must not leave now.
    kit.end_leases()
    kit.deliver()
    kit.deliver()
    assert [letter["notice_type"] for letter in kit.letters()] == ["withdrawn"]


def test_a_claim_that_expired_before_the_correction_counts_as_not_left(kit: Kit) -> None:
    kit.one(report("normal"))
    with kit.ledger.write() as connection:
        outbox.claim(connection, "folder", 10, timedelta(minutes=2), kit.clock.now())
    kit.end_leases()
    kit.one(report("high", status=Status.CORRECTED, signed=T0 + timedelta(minutes=1), control="C2"))
    assert [row.reason.value for row in kit.queries.follow_ups()] == ["positive"]
    kit.deliver()
    assert kit.letters() == []


@pytest.mark.parametrize("receiver_takes_files", [True, False])
@pytest.mark.parametrize("where", ["prepare", "settle", "staged", "send-before", "send-between", "send-after", "finish"])
def test_killed_anywhere_everything_leaves_exactly_once(
    kit: Kit, monkeypatch: pytest.MonkeyPatch, where: str, receiver_takes_files: bool
) -> None:
    taken: list[str] = []

    def receive() -> None:
        for path in kit.files():
            if STAGING not in path.parts:
                taken.append(path.name)
                if receiver_takes_files:
                    path.unlink()

    kit.ingest(*(file_of(report("indeterminate", f"A{number}", signed=T0 - timedelta(minutes=number))) for number in range(3)))
    _arm(monkeypatch, where)
    with pytest.raises(Killed):
        kit.deliver()
    monkeypatch.undo()
    receive()
    already = list(taken)
    kit.end_leases()
    kit.build()
    kit.deliver()
    receive()
    names = taken if receiver_takes_files else sorted(set(taken))
    assert len(names) == len(set(names)) == 9
    assert set(already) <= set(names)
    assert {row["state"] for row in kit.rows("SELECT state FROM deliveries")} == {"sent"}
    assert list((kit.output / STAGING).iterdir()) == []


def _arm(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    calls = iter(range(100))
    if where in ("prepare", "settle"):
        real = getattr(Folder, where)

        def step(self: Folder, *given: Any) -> None:
            if where == "settle" or next(calls) == 2:
                raise Killed
            real(self, *given)

        monkeypatch.setattr(Folder, where, step)
    elif where in ("staged", "finish"):
        real_step = getattr(outbox, where)

        def after(*given: Any, **options: Any) -> Any:
            if where == "finish":
                raise Killed
            real_step(*given, **options)
            raise Killed

        monkeypatch.setattr(outbox, where, after)
    elif where == "send-between":
        from pathlib import Path

        rename = Path.rename

        def renaming(self: Path, target: Path) -> Path:
            if STAGING in self.parts and next(calls) == 3:
                raise Killed
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", renaming)
    else:
        real_send = Folder.send

        def send(self: Folder, delivery_id: str) -> bool:
            third = next(calls) == 2
            if where == "send-before" and third:
                raise Killed
            done = real_send(self, delivery_id)
            if third:
                raise Killed
            return done

        monkeypatch.setattr(Folder, "send", send)


def test_pausing_stops_letters_only_and_is_audited(kit: Kit) -> None:
    kit.flow.pause("Ops One")
    kit.flow.pause("Ops Two")
    kit.one(report("indeterminate"))
    assert kit.deliver() == (1, 0, 0)
    assert kit.letters() == []
    status = kit.queries.status()
    assert (status.paused, status.paused_by) == (True, "Ops One")
    kit.flow.resume("Ops Three")
    assert kit.deliver() == (1, 0, 0)
    assert len(kit.letters()) == 1
    told = kit.rows("SELECT was, became, by FROM audit WHERE chain = 'control' ORDER BY seq")
    expected = [{"was": "running", "became": "paused", "by": "Ops One"}, {"was": "paused", "became": "running", "by": "Ops Three"}]
    assert told == expected


def test_a_pause_between_claim_and_staging_keeps_the_letter(kit: Kit) -> None:
    paused: list[bool] = []

    def notice(*given: Any) -> Parcel:
        if not paused:
            paused.append(True)
            kit.flow.pause("Ops")
        return compose_notice(*given)

    kit.composers = Composers(notice, compose_task)
    kit.build()
    kit.one(report("normal"))
    assert kit.deliver() == (0, 0, 0)
    assert kit.letters() == []
    kit.flow.resume("Ops")
    assert kit.deliver() == (1, 0, 0)


def test_a_held_letter_leaves_when_somebody_releases_it(kit: Kit) -> None:
    from pipeline.errors import Refused

    kit.one(report("high"))
    assert kit.deliver() == (1, 0, 0)
    hold = kit.queries.holds()[0]
    with pytest.raises(Refused):
        kit.flow.release(hold.id, "Dr Test", "")
    kit.flow.release(hold.id, "Dr Test", "2026-03-02 10:00 by phone")
    assert kit.deliver() == (1, 0, 0)
    assert [letter["letter"] for letter in kit.letters()] == ["positive"]
    told = kit.rows("SELECT why, by FROM audit WHERE what = 'hold' AND became = 'released'")
    assert told == [{"why": "released: patient told: 2026-03-02 10:00 by phone", "by": "Dr Test"}]
    assert kit.queries.holds() == []
    with pytest.raises(Refused):
        kit.flow.release(hold.id, "Dr Test", "again")
    with pytest.raises(Refused):
        kit.flow.release("0" * 32, "Dr Test", "now")


def test_held_again_and_released_again_is_the_same_delivery(kit: Kit) -> None:
    from tests.flow.kit import BERT, image

    kit.one(report("normal"))
    kit.one(image(patient=BERT, authority="RIS", issued=True))
    assert kit.deliver() == (1, 0, 0)
    assert kit.letters() == []
    hold = kit.queries.holds()[0]
    kit.flow.release(hold.id, "Dr Test", "", "checked the identity")
    assert kit.deliver() == (1, 0, 0)
    assert kit.count("deliveries WHERE kind = 'notice'") == 1
    assert len(kit.letters()) == 1


def test_a_broken_destination_delays_no_other_and_is_given_up_at_last(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "ATTEMPTS", 3)
    kit.destinations = [Broken(), Folder(kit.output)]
    kit.build()
    kit.one(report("indeterminate"))
    this = kit.flow.deliver()
    assert (this.sent, this.failed, this.dead) == (2, 2, 0)
    assert len(kit.letters()) == 1
    assert kit.deliver() == (0, 0, 0)
    kit.clock.forward(seconds=30)
    assert kit.deliver() == (0, 2, 0)
    kit.clock.forward(seconds=60)
    assert kit.deliver() == (0, 0, 2)
    dead = kit.queries.dead_letters()
    assert {(row.destination, row.error, row.attempts) for row in dead} == {("broken", "OSError", 3)}
    kit.destinations = [Folder(kit.output / "other", name="broken")]
    kit.build()
    assert kit.flow.retry("Ops") == 2
    assert kit.deliver() == (2, 0, 0)
    assert kit.chains_whole()


def test_a_letter_that_cannot_be_composed_is_given_up_at_once(kit: Kit) -> None:
    def notice(*_: Any) -> Parcel:
        raise KeyError("xx")

    kit.composers = Composers(notice, compose_task)
    kit.build()
    kit.one(report("indeterminate"))
    assert kit.deliver() == (1, 0, 1)
    assert [row.error for row in kit.queries.dead_letters()] == ["KeyError"]


def test_a_target_with_other_bytes_is_never_overwritten(kit: Kit) -> None:
    kit.one(report("normal"))
    row = kit.rows("SELECT id, exam FROM deliveries")[0]
    target = kit.output / "notices" / row["exam"][:16] / f"{row['id']}.en.html"
    target.parent.mkdir(parents=True)
    target.write_text("somebody else's")
    assert kit.deliver() == (0, 0, 1)
    assert target.read_text() == "somebody else's"
    assert kit.letters() == []
    assert [one.error for one in kit.queries.dead_letters()] == ["Differs"]


def test_staged_for_a_folder_that_is_gone_is_prepared_again(kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.one(report("normal"))
    _arm(monkeypatch, "staged")
    with pytest.raises(Killed):
        kit.deliver()
    monkeypatch.undo()
    shutil.rmtree(kit.output)
    kit.end_leases()
    assert kit.deliver() == (1, 0, 0)
    assert len(kit.letters()) == 1


def test_files_and_folders_are_private(kit: Kit) -> None:
    kit.one(report("indeterminate"))
    kit.deliver()
    folders = [path for path in (kit.output, *kit.output.rglob("*")) if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in kit.files()} == {0o600}


def test_a_receipt_counts_only_with_its_lease(kit: Kit) -> None:
    kit.one(report("normal"))
    lease = timedelta(minutes=2)
    with kit.ledger.write() as connection:
        old = outbox.claim(connection, "folder", 10, lease, kit.clock.now())
        assert outbox.claim(connection, "folder", 10, lease, kit.clock.now()) == []
    kit.end_leases()
    with kit.ledger.write() as connection:
        new = outbox.claim(connection, "folder", 10, lease, kit.clock.now())
    assert [claim.id for claim in new] == [claim.id for claim in old]
    with kit.ledger.write() as connection:
        assert outbox.staged(connection, old, kit.clock.now()) == set()
        assert outbox.finish(connection, old, "sent", kit.clock.now()) == set()
        assert outbox.staged(connection, new, kit.clock.now()) == {new[0].id}
        assert outbox.finish(connection, new, "sent", kit.clock.now()) == {new[0].id}


def test_letters_of_one_exam_leave_in_order(kit: Kit) -> None:
    kit.one(report("normal"))
    kit.deliver()
    for number, verdict in enumerate(("high", "indeterminate", "normal"), 1):
        kit.clock.forward(hours=1)
        kit.one(report(verdict, status=Status.CORRECTED, signed=T0 + timedelta(minutes=number), control=f"C{number}"))
    with kit.ledger.write() as connection:
        claims = outbox.claim(connection, "folder", 100, timedelta(minutes=2), kit.clock.now())
        assert len([claim for claim in claims if claim.kind == "notice"]) <= 1


def test_a_second_run_gives_the_same_names_and_bytes(kit: Kit) -> None:
    kit.ingest(*(file_of(report(verdict, verdict)) for verdict in ("normal", "indeterminate", "high", "strange")))
    kit.deliver()
    first = {path.relative_to(kit.output): path.read_bytes() for path in kit.files()}
    for table in reversed(metadata.sorted_tables):
        kit.execute(f"DELETE FROM {table.name}")
    shutil.rmtree(kit.output)
    kit.clock.forward(minutes=3)
    kit.ingest(*(file_of(report(verdict, verdict)) for verdict in ("normal", "indeterminate", "high", "strange")))
    kit.deliver()
    assert {path.relative_to(kit.output): path.read_bytes() for path in kit.files()} == first
