"""Expected exams against what came: the check that nothing is swallowed."""

from dataclasses import replace
from datetime import timedelta

from pipeline.domain.arrival import ExpectedExam, NotForUs
from pipeline.domain.identity import ExamKey
from pipeline.store.expected import day_of, not_for_us, put, reconcile
from tests.flow.kit import ANNA, T0, Kit, image, report

DAY = T0.replace(hour=0)


def expected(accession: str, **more: object) -> ExpectedExam:
    return ExpectedExam(ExamKey("RIS", accession), ANNA, T0, **more)  # type: ignore[arg-type]


def states(kit: Kit) -> dict[str, str]:
    with kit.ledger.read() as connection:
        return {row.accession: row.state for row in reconcile(connection, *day_of(DAY))}


def order(accession: str, salt: str = "", **more: object) -> NotForUs:
    return NotForUs("not-a-result", f"ORM{salt}", expected(accession, **more))


def test_what_has_become_of_each(kit: Kit) -> None:
    for accession in ("REP", "IMG", "NONE", "LINKED"):
        kit.one(order(accession))
    kit.one(order("OFF", cancelled=True))
    kit.one(report("normal", "REP"))
    kit.one(image(accession="IMG", study="1.9"))
    kit.one(report("normal", "NEW", control="C2", signed=T0 + timedelta(minutes=1)))
    kit.one(report("normal", "MAIN", linked=("LINKED",), control="C3", signed=T0 + timedelta(minutes=2)))
    assert states(kit) == {
        "REP": "report",
        "IMG": "study",
        "NONE": "missing",
        "LINKED": "report",
        "OFF": "cancelled",
        "NEW": "unexpected",
    }


def test_an_order_that_is_called_off_and_one_that_came_all_the_same(kit: Kit) -> None:
    kit.one(order("A1"))
    kit.one(order("A1", "2", cancelled=True))
    assert states(kit) == {"A1": "cancelled"}
    kit.one(report("normal"))
    assert states(kit) == {"A1": "report"}


def test_an_order_moves_to_another_day(kit: Kit) -> None:
    kit.one(order("A1"))
    kit.one(NotForUs("not-a-result", "ORM", replace(expected("A1"), due_at=T0 + timedelta(days=1))))
    assert states(kit) == {}


def test_a_list_twice_is_one_list_and_an_exam_of_another_day_is_not_unexpected(kit: Kit) -> None:
    rows = [expected("A1"), replace(expected("A2"), due_at=T0 + timedelta(days=3))]
    with kit.ledger.write() as connection:
        assert put(connection, rows, "list", T0) == 2
    with kit.ledger.write() as connection:
        assert put(connection, rows, "list", T0) == 0
    kit.one(report("normal", "A2"))
    assert states(kit) == {"A1": "missing"}


def test_results_taken_as_other_exams_under_a_missing_code_are_counted(kit: Kit) -> None:
    kit.one(order("A1", code="LOCAL7"))
    kit.one(NotForUs("other-exam-code", "LOCAL7"))
    kit.one(NotForUs("other-exam-code", "BONE"))
    with kit.ledger.read() as connection:
        assert (not_for_us(connection, ["LOCAL7"]), not_for_us(connection, [])) == (1, 0)
