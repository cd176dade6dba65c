"""The tool that makes the file of facts: its sentences, the reports it weighs, and what the file holds."""

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.domain.reading import Category, Grade
from pipeline.reading.facts import NAMES, TAGS, Facts
from tools.corpus_report.corpora import CORPUS, facts
from tools.second_reader import findings
from tools.second_reader.findings import Labelled, Verdict, digest, labelled, made, verdicts
from tools.second_reader.texts import sources


def test_each_labelled_sentence_is_one_line_of_the_tags_that_there_are() -> None:
    told = labelled()
    assert len(told) > 14_000
    assert len({one.sentence for one in told}) > 0.99 * len(told)
    assert all(one.tags <= set(TAGS) and one.sentence == " ".join(one.sentence.split()).lower() for one in told)
    assert {one.author for one in told} <= {path.stem for path in sources()}
    assert all(sum(tag in one.tags for one in told) > 300 for tag in TAGS)


def test_the_file_is_of_todays_sentences_and_texts() -> None:
    assert facts().about["texts"] == digest(sources())
    assert int(facts().about["sentences"]) == len(labelled())


def test_the_file_says_how_authors_left_out_fared() -> None:
    """Of each tag: sentences, found, found without reason. Of each verdict: right, of these stopped; contradicted, of these stopped."""
    for tag in TAGS:
        has, found, wrong = map(int, facts().about[f"left out tag {tag}"].split())
        assert 0 < found <= has
        assert wrong < found
    for category in ("negative", "positive"):
        right, needless, contradicted, stopped = map(int, facts().about[f"left out {category}"].split())
        assert needless / right < 0.02 < 0.3 < stopped / contradicted


def test_reports_with_a_verdict_and_what_they_say() -> None:
    told = verdicts([CORPUS / "d21.jsonl"])
    assert {one.author for one in told} == {"d21"}
    assert {one.grade.category for one in told} == {Category.NEGATIVE, Category.POSITIVE}
    assert any(one.contradicted for one in told)
    assert any(one.learns and not one.contradicted for one in told)
    assert all(one.sentences and one.id for one in told)


def test_what_is_fitted_is_what_the_file_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = [Labelled("a1", frozenset("L"), "it is cold"), Labelled("b1", frozenset(), "it is warm")]
    reports = [
        Verdict("a1", "1", Grade.LOW, False, True, True, ["it is cold", "it is warm"]),
        Verdict("b1", "2", Grade.LOW, False, False, True, ["it is warm"]),
        Verdict("b1", "3", Grade.HIGH, True, False, False, []),
    ]
    asked: list[dict[str, Any]] = []

    def fit(**given: Any) -> dict[str, Any]:
        asked.append(given)
        if given["task"] == "measures":
            return {"left_out": [0.9] * len(given["rows"]), "bias": -1.5, "weights": [0.5] * len(given["rows"][0])}
        return {
            "left_out": [[float(tag == "L") for tag in TAGS], [0.0] * len(TAGS)],
            "others": [[0.5] * len(TAGS)] * len(given["others"]),
            "bias": [-1.0] * len(TAGS),
            "features": [1],
            "rarity": [2.0],
            "weights": [[3.0, *[0.0] * (len(TAGS) - 1)]],
        }

    monkeypatch.setattr(findings, "_fit", fit)
    text, sent = made(sentences, reports, {"texts": "abc"})
    told = Facts.parse(text, "made")
    tags, negative, positive = asked
    runs = sorted({run for row in tags["rows"] for run in row})
    assert tags["size"] == len(runs) == len(tags["before"])
    assert (tags["gold"][0].count(1), tags["gold"][1].count(1)) == (1, 0)
    assert len(set(tags["folds"])) == 2
    assert len(tags["others"]) == 3
    assert (negative["gold"], negative["learns"], positive["gold"], positive["learns"]) == ([1, 0], [1, 1], [0], [0])
    assert len(negative["rows"][0]) == len(NAMES) - 1
    assert told.about == {
        "texts": "abc",
        **{f"left out tag {tag}": "1 1 0" if tag == "L" else "0 0 0" for tag in TAGS},
        "left out negative": "1 1 1 1",
        "left out positive": "0 0 0 0",
    }
    assert [len(adds) for _, adds in told.tagger.rows.values()] == [1]
    assert told.tagger.bias == (-1.0,) * len(TAGS)
    assert told.against[Category.NEGATIVE]["bias"] == -1.5
    assert sent == {("a1", "1"), ("b1", "2"), ("b1", "3")}


def test_other_sentences_are_noticed(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    other = tmp_path / "findings.tsv"
    other.write_bytes(findings.SENTENCES.read_bytes()[1:])
    before: Sequence[str] = [digest(sources())]
    monkeypatch.setattr(findings, "SENTENCES", other)
    assert digest(sources()) not in before
