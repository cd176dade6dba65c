"""The tool that makes the second reader's weights: what it learns from, how it numbers features, and that its file is of these texts."""

from collections.abc import Sequence
from typing import Any

import pytest

from pipeline.domain.reading import Category, Reading
from pipeline.reading.evidence import Seen
from pipeline.reading.found import SentenceMatch
from pipeline.reading.parts import Part
from pipeline.reading.second_reader import Opinion
from pipeline.reading.tokens import Token
from pipeline.reading.weights import ORDER, Weights
from tools.corpus_report.corpora import CORPUS, LEFT_OUT, weights
from tools.second_reader import __main__ as tool
from tools.second_reader.texts import Learned, beginnings, digest, learned_from, numbered, sources

NEGATIVE, NONDIAGNOSTIC, POSITIVE, REVIEW = ORDER


def report(gold: Category, read: Category, *features: str, author: str = "a1") -> Learned:
    sentence = SentenceMatch([Token("word", n, n + 1) for n in range(9)], (), (), ())
    seen = Seen(Part(sentences=[sentence]), [], [], [], Reading(read))
    return Learned(author, f"{gold}-{read}", gold, seen, frozenset(features))


def test_it_learns_from_every_text_but_the_blind_ones() -> None:
    names = {path.relative_to(CORPUS).as_posix() for path in sources()}
    assert names == {p.relative_to(CORPUS).as_posix() for p in (*CORPUS.glob("*.jsonl"), *CORPUS.glob("open/*.jsonl"))}
    assert not any(name.startswith(("blind", "second")) for name in names)


def test_the_weights_are_of_todays_texts() -> None:
    assert tool.main(["--check"]) == 0
    assert weights().about["texts"] == digest(sources())
    assert int(weights().about["reports"]) > 9_000


def test_the_weights_say_how_authors_left_out_were_read() -> None:
    told = {name.removeprefix(LEFT_OUT): said for name, said in weights().about.items() if name.startswith(LEFT_OUT)}
    assert len(told) > 10
    numbers = {author: [int(number) for number in said.split()] for author, said in told.items()}
    assert {len(row) for row in numbers.values()} == {10}
    everybody = numbers.pop("all")
    assert everybody == [sum(column) for column in zip(*numbers.values(), strict=True)]


def test_other_texts_are_noticed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(tool, "sources", lambda: sources()[1:])
    assert tool.main(["--check"]) == 1
    assert "run `make second-reader`" in capsys.readouterr().out


def test_features_of_one_report_alone_are_not_learned() -> None:
    names, rows = numbered(
        [report(NEGATIVE, NEGATIVE, "i no", "i pe"), report(POSITIVE, REVIEW, "i pe", "i high"), report(REVIEW, REVIEW, "i no")]
    )
    assert names == ["i no", "i pe"]
    assert rows == [[0, 1], [1], [0]]


def test_each_feature_knows_its_beginning() -> None:
    assert beginnings(["i no", "i no evidence", "i no evidence of", "k impression", "i pe"]) == [-1, 0, 1, -1, -1]


def test_a_text_is_read_by_the_rules_alone_and_shown_as_they_saw_it() -> None:
    (first, *_) = learned_from([CORPUS / "c4.jsonl"])
    assert first.author == "c4"
    assert isinstance(first.seen, Seen)
    assert first.reading == first.seen.by_rules
    assert first.features
    assert "second-reader" not in first.reading.reasons


def test_the_file_holds_what_was_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(_reports: Sequence[Learned], names: Sequence[str], _rows: object, folds: object) -> dict[str, Any]:
        assert folds is None
        order = ["positive", "negative", "review", "nondiagnostic"]
        return {"order": order, "bias": [3, 1, 4, 2], "features": [1], "rarity": [2.5], "weights": [[0.3, 0.1, 0.4, 0.2]]}

    monkeypatch.setattr(tool, "_fit", fit)
    reports = [report(NEGATIVE, NEGATIVE, "i no", "i pe"), report(NEGATIVE, NEGATIVE, "i no", "i pe")]
    made = Weights.parse(tool.made(reports, {"texts": "abc"}), "made")
    assert (made.about, made.bias) == ({"texts": "abc"}, (1, 2, 3, 4))
    assert made.rows == {"i pe": (6.25, *(pytest.approx(2.5 * weight) for weight in (0.1, 0.2, 0.3, 0.4)))}


def test_what_is_said_of_authors_left_out(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    reports = [
        report(NEGATIVE, NEGATIVE),
        report(REVIEW, POSITIVE),
        report(NEGATIVE, REVIEW, author="b1"),
        report(POSITIVE, POSITIVE, author="b1"),
    ]
    sure = Opinion({category: float(category is NEGATIVE) for category in ORDER})
    monkeypatch.setattr(tool, "left_out_opinions", lambda found, folds: [sure if r.author in folds else None for r in found])
    # exact, dangerous, needless: by the rules; where a second reader may object; where he may settle
    assert tool.evaluate(reports, ()) == {
        "left out a1": "2 1 1 0 2 0 0 2 0 0",
        "left out b1": "2 1 0 1 0 0 2 0 0 2",
        "left out all": "4 2 1 1 2 0 2 2 0 2",
    }
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["author", "a1", "b1", "all"]
    assert tool.evaluate(reports, (), ["b1"]).keys() == {"left out b1", "left out all"}
    # what its findings contradict is for a person, whatever else is thought of it
    assert tool.evaluate(reports, {("b1", "positive-positive"), ("a1", "review-positive"), ("a1", "negative-negative")}) == {
        "left out a1": "2 1 1 0 1 0 1 1 0 1",
        "left out b1": "2 1 0 1 0 0 2 0 0 2",
        "left out all": "4 2 1 1 1 0 3 1 0 3",
    }
