"""What must hold of the whole product after every step: DESIGN section 6, asked of the ledger's rows and of the files that have left."""

import hashlib
import json
from datetime import datetime
from typing import Any

from pipeline.destinations.folder import STAGING
from pipeline.domain.exam import Exam, Standing
from pipeline.domain.notice import Notice, NoticeState, NoticeType
from pipeline.store.audit import broken_at
from tests.life.model import CARRIES, RESULT, ExamModel
from tests.life.ward import Ward

CANCELLED = "cancelled"


def letters_of(exam: Exam) -> list[Notice]:
    """Results and corrections, in the order of their drafting."""
    return [notice for notice in exam.notices if notice.notice_type is not NoticeType.WITHDRAWN]


def one_version_speaks(exam: Exam, model: ExamModel) -> None:
    """The ledger's speaking version against the model's, unless there is a doubt."""
    speaking = [version for version in exam.versions if version.standing in (Standing.CURRENT, Standing.PROVISIONAL)]
    assert len(speaking) <= 1, "two versions speak"
    if model.doubt:
        return
    speaker = model.speaker
    assert bool(speaking) == bool(speaker), f"the model says {speaker}"
    if speaker:
        assert speaking[0].category.value == speaker.category, f"the exam says {speaking[0].category}, the model {speaker}"
        assert (speaking[0].standing is Standing.PROVISIONAL) == speaker.preliminary


def one_letter_at_most(exam: Exam) -> None:
    live = [notice for notice in letters_of(exam) if notice.live]
    assert len(live) <= 1, "more than one live letter"
    held = sorted(notice.id for notice in exam.notices if notice.state is NoticeState.ON_HOLD)
    holding = sorted(hold.notice_id for hold in exam.holds if hold.state.value == "open" and hold.notice_id)
    assert set(holding) <= set(held), "a hold without its letter"
    assert len(holding) == len(set(holding)), "a letter held twice"
    withheld = {hold.notice_id for hold in exam.holds if hold.state.value == "withheld"}
    assert set(held) - withheld <= set(holding), "a held letter that nobody holds"


def the_result_is_followed_up(exam: Exam, model: ExamModel) -> None:
    """Exactly one follow-up carries a final result that needs one, and none is lost or doubled."""
    open_ones = [item for item in exam.follow_ups if item.state.open]
    carriers = [item for item in open_ones if item.reason.value in RESULT]
    assert len(carriers) <= 1, f"{len(carriers)} open follow-ups for one result: {[item.reason.value for item in carriers]}"
    for reason in ("identity", "status-regressed", "report-overdue", "result-changed"):
        # Each item that a correction overrules asks again; two of them may do so only where two were acknowledged.
        if reason != "result-changed":
            assert sum(item.reason.value == reason for item in open_ones) <= 1, f"{reason} twice"
    if len(model.people) > 1:
        assert any(item.reason.value == "identity" and item.state.value != CANCELLED for item in exam.follow_ups), "nobody asks who it is"
    speaker, current = model.speaker, exam.current
    if model.doubt or speaker is None or current is None:
        return
    if speaker.preliminary:
        if speaker.category in ("nondiagnostic", "positive"):
            assert any(item.preliminary and item.state.value != CANCELLED for item in exam.follow_ups), "a preliminary nobody follows up"
        return
    wanted = CARRIES[speaker.category]
    carrying = [item for item in exam.follow_ups if item.reason.value in wanted and item.report_hash == current.content_hash]
    carrying = [item for item in carrying if item.state.value != CANCELLED]
    if wanted:
        assert carrying, f"nothing carries {speaker.category}"
        assert len([item for item in carrying if item.reason.value != "discrepancy"]) <= 1, f"{speaker.category} followed up twice"


def whoever_has_a_wrong_letter_is_known(exam: Exam, model: ExamModel) -> None:
    """The last letter that left and no longer fits: taken back, and somebody has it on their list."""
    left = [notice for notice in letters_of(exam) if notice.left]
    if not left or model.doubt:
        return
    last, speaker = left[-1], model.speaker
    says = speaker.category if speaker and not speaker.preliminary else None
    if last.category.value != says:
        assert last.state is NoticeState.ENTERED_IN_ERROR, f"a letter that says {last.category.value} is out, the exam says {says}"
        told = [item for item in exam.follow_ups if item.reason.value == "wrong-letter-out" and item.state.value != CANCELLED]
        assert told, "nobody knows of the wrong letter"


def every_change_is_in_the_audit_trail(ward: Ward, digest: str) -> None:
    """The chain is whole, and the last row about each item says the state that its own row says: one transaction, both or neither."""
    with ward.app.ledger.read() as connection:
        assert broken_at(connection, digest) is None, "the audit chain is broken"
    last: dict[str, str] = {}
    count: dict[str, int] = {}
    for row in ward.rows("SELECT item, became FROM audit WHERE chain = :chain ORDER BY seq", chain=digest):
        last[row["item"]] = row["became"]
        count[row["item"]] = count.get(row["item"], 0) + 1
    for table in ("notices", "follow_ups", "holds", "deliveries"):
        for row in ward.rows(f"SELECT * FROM {table} WHERE exam = :exam", exam=digest):
            assert last.get(row["id"]) == row["state"], f"{table}: {row['state']}, the audit trail says {last.get(row['id'])}"
            if table == "follow_ups":
                assert count[row["id"]] == json.loads(row["value"])["version"], "a change of a follow-up without its audit row"


def files_stay(ward: Ward) -> list[dict[str, Any]]:
    """Every file that was ever seen is there and the same, and each name once. Returns the new side-cars of letters."""
    new: list[dict[str, Any]] = []
    found = [path for path in ward.output.rglob("*") if STAGING not in path.parts and path.is_file()] if ward.output.exists() else []
    for path in found:
        if path in ward.seen and path.stat().st_mtime_ns == ward.stamps[path]:
            continue
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        assert ward.seen.setdefault(path, digest) == digest, "a file that had left was changed"
        ward.stamps[path] = path.stat().st_mtime_ns
        if path.suffix == ".json" and "notices" in path.parts:
            new.append(json.loads(content))
    assert len(found) == len(ward.seen), "a file that had left is gone"
    return new


def overdue_is_computed(ward: Ward) -> None:
    """Overdue is no state: it is counted when somebody asks."""
    now = ward.clock.now()
    rows = ward.rows("SELECT due_at FROM follow_ups WHERE state IN ('requested', 'accepted', 'in-progress')")
    late = [row for row in rows if datetime.fromisoformat(row["due_at"]) < now]
    assert ward.app.queries.status(now).overdue == len(late)


def the_exam_is_followed_up_once(exam: Exam, model: ExamModel) -> None:
    """A nondiagnostic exam has one item for its result, whatever was worked and closed before; a completed one is taken up again."""
    speaker = model.speaker
    if model.doubt or speaker is None or speaker.preliminary or speaker.category != "nondiagnostic":
        return
    items = [item for item in exam.follow_ups if item.state.value != CANCELLED]
    own = [item for item in items if item.reason.value == "indeterminate"]
    assert len(own) <= 1, f"a nondiagnostic exam followed up {len(own)} times"
    assert own or any(item.reason.value == "discrepancy" for item in items), "a nondiagnostic exam nobody follows up"


def what_is_open_is_never_silent(exam: Exam) -> None:
    for item in exam.follow_ups:
        assert (item.step_at is not None) is item.state.open, "an open follow-up without a next step, or a closed one with it"
        assert item.owner, "a follow-up without an owner"
    for hold in exam.holds:
        assert (hold.step_at is not None) is (hold.state.value == "open"), "an open hold without a next step, or a closed one with it"


def no_letter_names_a_retired_number(exam: Exam, retired: str) -> None:
    for notice in letters_of(exam):
        if retired and not notice.left and notice.state in (NoticeState.PREPARATION, NoticeState.ON_HOLD):
            assert notice.facts.identifier != retired, "an unsent letter under a number that was merged away"
