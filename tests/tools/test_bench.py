"""The bench: where its rows are written, what it reads, and what it says where medspaCy cannot be had."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from bench import page, peer, reading
from bench.row import Row
from pipeline.config import load
from pipeline.domain.report import Report
from pipeline.readers import read
from tests.docs.pages import ROOT


def test_rows_replace_those_of_their_name_and_leave_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    page.write([Row("start", "1 s", "cold"), Row("memory, 10 files", "90 MB", "a | b")], "one", file)
    file.write_text(file.read_text() + "\nWritten by hand.\n")
    page.write([Row("memory, 20 files", "95 MB", "resident"), Row("reading", "9/s", "alone")], "two", file)
    text = file.read_text()
    assert text.split(page.HEAD)[1] == (
        "| start | 1 s | cold | one |\n| memory, 20 files | 95 MB | resident | two |\n| reading | 9/s | alone | two |\n\nWritten by hand.\n"
    )
    page.write([], "three", file)
    assert file.read_text() == text


def test_a_bar_in_a_cell_is_escaped_and_found_again(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    for _ in range(2):
        page.write([Row("a", "1", "x | y")], "m", file)
    assert file.read_text().endswith("\n| a | 1 | x \\| y | m |\n")


def test_a_page_without_the_table_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    file.write_text("# Mine\n")
    with pytest.raises(ValueError, match="no table"):
        page.write([Row("a", "1", "n")], "m", file)
    assert file.read_text() == "# Mine\n"


def test_the_page_of_the_repository_can_be_written_to(tmp_path: Path) -> None:
    file = tmp_path / "benchmarks.md"
    file.write_bytes((ROOT / "docs/benchmarks.md").read_bytes())
    page.write([Row("a row of a test", "1", "n")], "m", file)
    assert "| a row of a test | 1 | n | m |" in file.read_text()


@pytest.mark.parametrize("text", ["FINDINGS: Even.\n\nIMPRESSION: No PE.", "A|B^C~D&E\\F\nIMPRESSION: Low probability, 5 % – naïve."])
def test_a_message_holds_its_text(text: str) -> None:
    (arrival,) = read(reading.message(3, text), load())
    assert isinstance(arrival.what, Report)
    assert "\n".join(block.text for block in arrival.what.blocks).split() == text.split()


def test_the_bench_reads_neither_traps_nor_blind_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "blind").mkdir()
    for name in ("c1", "x1", "blind/c2"):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": "{name}"}}\n')
    monkeypatch.setattr(reading, "CORPUS", tmp_path)
    assert [report["id"] for report in reading._reports()] == ["c1"]


def test_without_an_index_there_is_a_sentence_and_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(peer, "PLACE", tmp_path / "medspacy")
    monkeypatch.setattr(subprocess, "run", fails)
    found, why_not = peer.run(ROOT / "config/vocabulary/en.toml", ["text"], {})
    assert found is None
    assert "medspaCy could not be installed" in why_not
    (row,) = reading._peer_rows(None, why_not, [], [])
    assert (row.figure, row.note) == ("not run", why_not)


def test_every_package_of_the_peer_is_pinned_with_hashes() -> None:
    text = peer.LOCK.read_text(encoding="utf-8")
    entries = re.split(r"\n(?=[a-z])", text)
    assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    assert "://" not in text
    wanted = re.findall(r"^([a-z]+)==(\S+)", (ROOT / "bench/medspacy-requirements.in").read_text(), flags=re.M)
    assert wanted
    assert all(f"\n{name}=={version} " in f"\n{text}" for name, version in wanted)
