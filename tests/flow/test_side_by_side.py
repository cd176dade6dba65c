"""Several instances of the service on one PostgreSQL do not get into each other's way."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.store.ledger import Ledger
from tests.flow.kit import T0, Kit, file_of, image, report

pytestmark = pytest.mark.postgresql
FILES = 40


def _together(*steps: "list[threading.Thread]") -> None:
    threads = [thread for step in steps for thread in step]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()


def test_the_same_files_given_to_three_instances_are_decided_once(postgresql_url: str, tmp_path: Path, kit: Kit) -> None:
    if kit.ledger.dialect != "postgresql":
        pytest.skip("SQLite has one writer a machine; the engine tests hold its rules")
    files = [file_of(report("indeterminate", f"A{number}", signed=T0 - timedelta(minutes=number))) for number in range(FILES)]
    files += [file_of(image(f"1.2.{number}.1", f"A{number}", study=f"1.2.{number}")) for number in range(FILES)]
    kits = [Kit(Ledger.open(postgresql_url, tmp_path / "unused"), tmp_path) for _ in range(3)]
    failures: list[BaseException] = []

    def run(one: Kit, backwards: bool) -> None:
        try:
            order = list(reversed(files)) if backwards else files
            for start in range(0, len(order), 16):
                one.flow.ingest(order[start : start + 16])
            one.deliver()
        except BaseException as error:  # noqa: BLE001 - told to the test's own thread
            failures.append(error)

    _together([threading.Thread(target=run, args=(one, bool(number % 2))) for number, one in enumerate(kits)])
    assert failures == []
    kit.deliver()
    assert kit.count("versions") == FILES
    assert kit.count("instances") == FILES
    kit.flow.tick(T0)
    assert kit.queries.status().waiting_studies == 0
    assert len(kit.letters()) == FILES
    assert len(kit.queries.follow_ups()) == FILES
    assert [task["version"] for task in kit.tasks()] == [1] * FILES
    assert kit.chains_whole()
    for one in kits:
        one.ledger.close()
