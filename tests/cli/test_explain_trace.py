"""`vqroute explain --trace`: every step of a reading, in order, in plain words; and a traced reading is the same reading."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from pipeline import cli
from pipeline import config as configuration
from pipeline.cli import trace_words as words
from pipeline.cli.explain_trace import QUESTIONS, Recorder, Step, doubts, steps
from pipeline.config.vocabulary import vocabulary_of
from pipeline.domain.arrival import Kind
from pipeline.domain.reading import Category
from pipeline.domain.report import TextBlock
from pipeline.explain import Explained, Explainer
from pipeline.reading import Vocabulary
from pipeline.reading import read as read_text
from tests.cli.inputs import NEGATIVE, UNREADABLE, lab, oru, write

ROOT = Path(__file__).resolve().parents[2]
RUNNER = CliRunner()
NOW = datetime(2025, 3, 1, 12, tzinfo=UTC)


@cache
def vocabulary() -> Vocabulary:
    return vocabulary_of(configuration.read(None))


def traced(text: str | bytes, name: str = "a.txt") -> tuple[list[Step], Explained]:
    recorder = Recorder()
    explainer = Explainer(configuration.read(None), vocabulary(), NOW, recorder)
    (one,) = explainer.explain(text.encode() if isinstance(text, str) else text, name)
    return steps(one, recorder.take()), one


def told(text: str | bytes, name: str = "a.txt") -> str:
    return "\n".join(f"{'  ' * step.depth}{'! ' if step.against else ''}{step.said}" for step in traced(text, name)[0])


def corpus() -> Iterator[str]:
    for file in ("c1_a", "c2", "c4", "x2_traps"):
        with (ROOT / f"tests/corpus/{file}.jsonl").open(encoding="utf-8") as lines:
            for line in islice(lines, 0, None, 6):
                yield json.loads(line)["report_text"]


# -- the hooks


def test_every_question_of_a_reading_is_known() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "pipeline/reading").glob("*.py"))
    assert set(re.findall(r"(?:_ask|tracer)\(\s*\"([a-z0-9-]+)\"", source)) <= QUESTIONS


def test_a_traced_reading_is_the_same_reading_and_can_be_told() -> None:
    for text in corpus():
        blocks = [TextBlock(text)]
        recorder = Recorder()
        assert read_text(blocks, vocabulary(), recorder) == read_text(blocks, vocabulary())
        assert recorder.take()
        found, one = traced(text)
        assert found[0].depth == 0
        assert found[-1].said.startswith("letter: ")
        assert "The rule that decided" in [step.said for step in found]
        category = one.reading.category if one.reading else None
        # A report that is left to a person has a step that says so, and one that is not has none among its verdicts.
        assert category != "review" or any(step.against for step in found), text


@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["IMPRESSION:", "ADDENDUM:", "no", "pe", "low probability", "\n", ".", "[x]", "["])).map(" ".join)
)
def test_any_text_can_be_told(text: str) -> None:
    blocks = [TextBlock(text, "impression")]
    recorder = Recorder()
    assert read_text(blocks, vocabulary(), recorder) == read_text(blocks, vocabulary())
    doubts(recorder.take())
    assert told(text.encode("utf-8", "replace"))


def test_a_recorder_forgets_what_was_taken() -> None:
    recorder = Recorder()
    assert recorder("odd", answer := object()) is answer
    assert recorder.take() == [("odd", answer)]
    assert recorder.take() == []


def test_every_word_of_the_tables_has_its_case() -> None:
    source = (ROOT / "pipeline/reading/matching.py").read_text(encoding="utf-8")
    assert set(re.findall(r"yield \"([a-z-]+)\"", source)) <= set(words.LOOKS)
    assert {phrase.role for phrase in vocabulary().phrases} <= set(words.ROLES)
    assert {phrase.lean for phrase in vocabulary().phrases if phrase.lean} <= set(words.LEANS)


# -- the words


def test_the_steps_of_a_plain_report_in_their_order() -> None:
    found, _ = traced("HISTORY: Dyspnea.\nFINDINGS: Normal.\nIMPRESSION: No evidence of pulmonary embolism.\n")
    assert [step.said for step in found if step.depth == 0] == [
        "The text",
        "Its sections",
        "May it be read?",
        "What may decide",
        "What may decide, sentence by sentence",
        "The verdict of what may decide",
        "What stands beside the verdict",
        "Second thoughts",
        "The second reader",
        "The rule that decided",
        "What follows",
    ]
    lines = [step.said for step in found]
    for said in (
        'history, characters 8 to 18: heading "HISTORY:"',
        "history: no, what was known before",
        "impression: yes, what the reader concludes",
        '"No evidence of pulmonary embolism"',
        'states absent (no-evidence): "No evidence of pulmonary embolism"',
        'absent, so negative: "No evidence of pulmonary embolism"',
        "taken: absent, negative",
        words.AGREE,
        "negative (release): No clot, or a low chance.",
        "letter: release; follow-up: none",
    ):
        assert said in lines
    assert not any(step.against for step in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "! it holds no word: nothing is read"),
        ("clot " * 13_000, "! it is longer than any report: nothing is read"),
        ("IMPRESSION: No PE. This report was dictated on the wrong patient.", "! it says that it may be another patient's"),
        ("IMPRESSION: No <b>PE</b>.", "! it holds markup or characters that nobody sees"),
        ("IMPRESSION: Keine Lungenembolie, aber es ist nicht der und die mit dem.", "! it is not in a language that we read"),
    ],
)
def test_a_gate_that_shuts_says_so_and_is_the_rule(text: str, said: str) -> None:
    lines = told(text)
    assert said in lines
    assert f"The rule that decided\n  The text was not read: {said.removeprefix('! ')}" in lines


@pytest.mark.parametrize(
    ("impression", "said"),
    [
        ("Amputated segmental clots are noted.", '! unread: "Amputated"'),
        ("If suspicion remains high, CTPA is recommended.", "left out as condition (conditional)"),
        ("High probability of pulmonary embolism is rejected.", '! doubted: "rejected" stands behind it'),
        ("Low probability for PE. High probability for PE.", "! contradiction: The impression states two different verdicts."),
        ("Low probability for PE. No pulmonary embolism.", "they agree"),
        ("Embolism cannot be entirely excluded.", words.LEANS["open"]),
        ("Septic emboli are seen.", "! is for a person non-thrombotic"),
        ("Low probability for PE by modified PIOPED II.", words.PIOPED2),
        ("Images of both lungs.", words.NOTHING),
        ("Images of both lungs.", words.NO_VERDICT),
        ("Low probability for PE. ____", words.UNFILLED),
        ("No evidence of pulmonary embolism. Low probability for PE with", "! "),
        ("Categories are low probability, intermediate probability, high probability.", words.IS_LEGEND),
        ("[x] Low probability [ ] High probability", "left out as template"),
        ("Possible PE, or", words.STOPS_SHORT),
        ("Chronic pulmonary embolism is present.", "taken: present, positive, chronic"),
    ],
)
def test_what_is_in_a_sentence(impression: str, said: str) -> None:
    assert said in told(f"FINDINGS: Images.\n\nIMPRESSION: {impression}\n")


NO_FLOW = "PERFUSION: The right S6 and the left S9 and S10 receive no MAA. VENTILATION: Technegas fills them well.\n"
BASE = "IMPRESSION: No evidence of pulmonary embolism.\n\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{BASE}ADDENDUM: The impression is changed to high probability for PE.\n", "  they say plainly that theirs replaces it"),
        (f"{BASE}ADDENDUM: High probability for PE.\n", "! they do not say plainly that theirs replaces it"),
        (f"{BASE}ADDENDUM: High probability for PE.\n", words.ADDENDUM_UNCLEAR),
        (f"{BASE}ADDENDUM: Findings were discussed with Dr A by phone.\n", "they state no verdict and leave none in doubt"),
        (f"{BASE}ADDENDUM: This is worrisome.\n", "! they leave doubt about the verdict"),
        (f"{BASE}ADDENDUM: This is worrisome.\nIMPRESSION: High probability for PE.\n", "stands behind an addendum and belongs to it"),
        (f"PRELIMINARY REPORT: High probability for PE.\n\n{BASE}", f"! {words.DRAFT_UNCLEAR}"),
        (f"PRELIMINARY REPORT: High probability for PE.\n\n{BASE}", "The draft, sentence by sentence"),
        (f"FINDINGS: Several segmental mismatched defects are present.\n\n{BASE}", "! findings and verdict contradict each other"),
        (f"FINDINGS: Several segmental mismatched defects are present.\n\n{BASE}", words.SECOND_THOUGHTS),
        (f"FINDINGS: There is acute pulmonary embolism.\n\n{BASE}", words.ELSEWHERE),
        (f"{NO_FLOW}{BASE}", 'the right s6 and the left s9 and s10 receive no maa": perfusion is lost in a place'),
        (f"{NO_FLOW}{BASE}", "! taken together they contradict the verdict"),
        (f"{NO_FLOW}{BASE}", f"The rule that decided\n  {words.ELSEWHERE}"),
        (
            f"FINDINGS: Perfusion is even in both lungs, the pacemaker apart.\n{BASE}",
            "  taken together they do not contradict the verdict (chance",
        ),
        (
            f"TECHNIQUE: MAA.\nSIGNATURE: I do not agree.\n\n{BASE}SIGNED BY: Dr A. I do not agree with the above report.\n",
            "! a sentence takes the report back",
        ),
        ("V/Q scan. High probability for PE.\n", "body: yes, there is no impression, so a verdict may stand in the text itself"),
        ("Probability of PE: low.\n", "a heading that is part of its own statement"),
        ("HISTORY: Dyspnea.\n", words.NO_PART),
        (
            "Indication: dyspnea.\n\nThe perfusion scan shows a high probability of pulmonary embolism.\n",
            "the paragraph behind the indication speaks of the scan",
        ),
    ],
)
def test_what_the_rest_of_the_text_does(text: str, said: str) -> None:
    assert said in told(text)


def test_blocks_that_the_source_names_say_so() -> None:
    lines = told(oru(NEGATIVE).replace(b"OBX|3|TX|RPT^REPORT^L||IMPRESSION: ", b"OBX|3|TX|&IMP^REPORT^L||"), "a.hl7")
    assert "the source's code says impression" in lines
    assert "the source's code\n" in lines
    assert "no code of the source says what it is" in lines


def test_a_site_that_counts_low_otherwise_is_told() -> None:
    config = configuration.read(None)
    low = config.model_copy(update={"decisions": config.decisions.model_copy(update={"low": Category.NONDIAGNOSTIC})})
    recorder = Recorder()
    (one,) = Explainer(low, vocabulary(), NOW, recorder).explain(b"IMPRESSION: Low probability for PE.", "a.txt")
    assert "the text says negative" in "\n".join(step.said for step in steps(one, recorder.take()))


def test_a_message_without_a_report_has_nothing_to_tell() -> None:
    assert told(b"?", "a.bin") == f"The message\n  {words.NO_REPORT['rejected']}\n  unknown-format: Neither HL7 v2 nor DICOM."
    assert words.NO_REPORT["not_vq"] in told(lab(), "a.hl7")
    assert steps(Explained("a", 1, Kind.DICOM_IMAGE, "study"), []) == [Step(0, "The message"), Step(1, words.NO_REPORT["study"])]


# -- doubts


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("IMPRESSION: High probability of pulmonary embolism is rejected.", ["rejected"]),
        ("IMPRESSION: High probability of PE on the prior.", ["prior"]),
        ("IMPRESSION: High probability of COPD.", ["of"]),
        ("FINDINGS: High probability of pulmonary embolism is rejected.\nIMPRESSION: No PE.", []),
    ],
)
def test_the_words_of_doubt_are_found_where_they_stand(text: str, said: list[str]) -> None:
    recorder = Recorder()
    read_text([TextBlock(text)], vocabulary(), recorder)
    assert [text[span.start : span.end] for span in doubts(recorder.take())] == said


# -- the command


def test_the_steps_stand_below_each_message_only_if_asked_for(tmp_path: Path) -> None:
    write(tmp_path, {"a.hl7": oru(NEGATIVE), "b.hl7": oru(UNREADABLE, number=2), "c.hl7": lab(3)})
    plain = RUNNER.invoke(cli.app, ["explain", str(tmp_path)])
    done = RUNNER.invoke(cli.app, ["explain", "--trace", str(tmp_path)])
    assert (plain.exit_code, done.exit_code) == (0, 0)
    assert "The rule that decided" not in plain.stdout
    assert done.stdout.count("The rule that decided") == 2
    assert "1. The text" in done.stdout
    assert "! no-verdict (hold)" in done.stdout
    assert words.NO_REPORT["not_vq"] in done.stdout


def test_the_page_has_them_too(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    done = RUNNER.invoke(cli.app, ["explain", "--trace", "--html", str(out), str(write(tmp_path / "in", {"a.hl7": oru(NEGATIVE)}))])
    assert done.exit_code == 0
    assert "Every step of the reading" in out.read_text()
    assert "taken: absent, negative" in out.read_text()


def test_a_report_cannot_drive_the_terminal_by_its_steps(tmp_path: Path) -> None:
    write(tmp_path, {"a.txt": b"IMPRE\x1b[2JSSION: No pulmonary\x1b embolism. [red]x[/red]\n", "b.txt": b"IMPRESSION: No PE \x07.\n"})
    done = RUNNER.invoke(cli.app, ["explain", "--trace", str(tmp_path)])
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout
