"""Makes the file of facts: how a tagger of findings was learned from labelled sentences, and what speaks against which verdict."""

import hashlib
import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from pipeline.domain.reading import Category, Grade
from pipeline.domain.report import TextBlock
from pipeline.reading import read
from pipeline.reading.double import held_against
from pipeline.reading.evidence import Everything
from pipeline.reading.facts import HEAD, NAMES, TAGS, Facts, Stated, measures
from pipeline.reading.tagger import lines_of, runs_of
from pipeline.reading.weights import SCALE
from tools.corpus_report.corpora import CORPUS, rows
from tools.second_reader import texts
from tools.second_reader.texts import by_rules

HERE = Path(__file__).resolve().parent
SENTENCES = CORPUS / "sentences/findings.tsv"
"""Author, tags and sentence of each, parted by tabs."""
MOST = 15_000
LEAST = 4.0
"""What adds less than this to a tag's sum, which is then divided by some 30, is left out of the file: one decision in 600 changes, for
twice the speed."""
FOLDS = 6
CONTRADICTS = frozenset({"findings-disagree", "contradiction"})

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Labelled:
    author: str
    tags: frozenset[str]
    sentence: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """One report that the rules read as negative or positive: its author and id, whether its findings contradict it, and what it states.

    `learns`: whether it is one to learn from: read rightly, or contradicted.
    """

    author: str
    id: str
    grade: Grade
    chronic: bool
    contradicted: bool
    learns: bool
    sentences: Sequence[str]


def labelled(path: Path = SENTENCES) -> list[Labelled]:
    lines = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())
    return [Labelled(author, frozenset(tags) - {"-"}, sentence) for author, tags, sentence in lines]


def verdicts(paths: Sequence[Path]) -> list[Verdict]:
    """Of the files, every report that the rules give a negative or a positive verdict."""
    blank = Facts.parse(_text({}, lines_of(tuple(TAGS), [0.0] * len(TAGS), {}, least=0), _nothing()), "blank")
    vocabulary = replace(by_rules(), facts=blank)
    found = []
    for path in paths:
        for row in rows(path):
            told: list[list[Stated]] = []

            def tracer(question: str, answer: Answer, /, told: list[list[Stated]] = told) -> Answer:
                if question == "stated" and isinstance(answer, list):
                    told.append(answer)
                return answer

            reading = read([TextBlock(row["report_text"])], vocabulary, tracer)
            if told and reading.grade:
                gold = Category(row["gold_category"])
                contradicted = gold is Category.REVIEW and row.get("gold_reason") in CONTRADICTS
                learns = contradicted or gold is reading.category
                said = [one.text for one in told[0]]
                found.append(Verdict(path.stem, str(row["id"]), reading.grade, reading.chronic, contradicted, learns, said))
    return found


def digest(paths: Sequence[Path]) -> str:
    """SHA-256 over what is learned from: labelled sentences, and of the reports what else the second reader learns from."""
    return hashlib.sha256(SENTENCES.read_bytes() + texts.digest(paths).encode()).hexdigest()


def made(sentences: Sequence[Labelled], reports: Sequence[Verdict], about: Mapping[str, str]) -> tuple[str, frozenset[tuple[str, str]]]:
    """(the text of the file, with how sentences and reports of authors left out fared; of these authors' reports, those that a findings
    reader would have sent to a person who had not learned from them: author and id).
    """
    told = [runs_of(one.sentence, Everything()) for one in sentences]
    count = Counter(run for runs in told for run in runs)
    names = sorted(run for run, times in count.items() if times > 1)
    number = {name: place for place, name in enumerate(names)}
    fold = {author: n % FOLDS for n, author in enumerate(sorted({*(one.author for one in sentences), *(one.author for one in reports)}))}
    numbered = [[number[run] for run in runs if run in number] for runs in told]
    others = [(report, sentence) for report in reports for sentence in report.sentences]
    learned = _fit(
        task="tags",
        size=len(names),
        most=MOST,
        before=[number.get(name.rpartition(" ")[0], -1) for name in names],
        rows=numbered,
        gold=[[int(tag in one.tags) for tag in TAGS] for one in sentences],
        folds=[fold[one.author] for one in sentences],
        others=[[number[run] for run in runs_of(sentence, Everything()) if run in number] for _, sentence in others],
        other_folds=[fold[report.author] for report, _ in others],
    )
    said = dict(about) | _found(sentences, learned["left_out"])
    chances = iter(learned["others"])
    stated = [[next(chances) for _ in report.sentences] for report in reports]
    against: dict[Category, dict[str, float]] = {}
    sent: set[tuple[str, str]] = set()
    for category in (Category.NEGATIVE, Category.POSITIVE):
        mine = [(report, told) for report, told in zip(reports, stated, strict=True) if report.grade.category is category]
        measured = [measures(told, report.grade, chronic=report.chronic) for report, told in mine]
        of = sorted(NAMES - {"bias"})
        outcome = _fit(
            task="measures",
            rows=[[one.get(name, 0.0) for name in of] for one in measured],
            gold=[int(report.contradicted) for report, _ in mine],
            folds=[fold[report.author] for report, _ in mine],
            learns=[int(report.learns) for report, _ in mine],
        )
        against[category] = {"bias": outcome["bias"], **dict(zip(of, outcome["weights"], strict=True))}
        stops = [held_against(category, chance).counts for chance in outcome["left_out"]]
        said[f"left out {category}"] = _stopped([report for report, _ in mine], stops)
        sent |= {(report.author, report.id) for (report, _), stop in zip(mine, stops, strict=True) if stop}
    tagger = lines_of(
        tuple(TAGS),
        learned["bias"],
        {
            names[place]: (rare, weights)
            for place, rare, weights in zip(learned["features"], learned["rarity"], learned["weights"], strict=True)
        },
        least=LEAST,
    )
    return _text(said, tagger, against), frozenset(sent)


def _found(sentences: Sequence[Labelled], chances: Sequence[Sequence[float]]) -> dict[str, str]:
    """Of each tag: how many sentences have it, in how many it was found, and in how many it was found without reason."""
    found = {}
    for place, tag in enumerate(TAGS):
        hits = [chance[place] >= 0.5 for chance in chances]
        has = [tag in one.tags for one in sentences]
        right = sum(hit and there for hit, there in zip(hits, has, strict=True))
        found[f"left out tag {tag}"] = f"{sum(has)} {right} {sum(hits) - right}"
    return found


def _stopped(reports: Sequence[Verdict], stops: Sequence[bool]) -> str:
    """Right readings, and how many of them would be stopped; contradicted ones, and how many of them."""
    right = [stop for report, stop in zip(reports, stops, strict=True) if report.learns and not report.contradicted]
    wrong = [stop for report, stop in zip(reports, stops, strict=True) if report.contradicted]
    return f"{len(right)} {sum(right)} {len(wrong)} {sum(wrong)}"


def _nothing() -> dict[Category, dict[str, float]]:
    return {category: dict.fromkeys(NAMES, 0.0) | {"bias": -30.0} for category in (Category.NEGATIVE, Category.POSITIVE)}


def _text(about: Mapping[str, str], tagger: Sequence[str], against: Mapping[Category, Mapping[str, float]]) -> str:
    measured = [
        f"{category}\t{name}\t{round(weight * SCALE)}" for category, weights in against.items() for name, weight in sorted(weights.items())
    ]
    head = [HEAD, *(f"{name}: {value}" for name, value in about.items())]
    return "\n\n".join(["\n".join(head), "\n".join(tagger), "\n".join([*measured, ""])])


def _fit(**given: Any) -> Any:
    subprocess.run([str(HERE / "install")], check=True)
    python = HERE / ".venv/bin/python"
    done = subprocess.run([str(python), str(HERE / "tagging.py")], input=json.dumps(given), stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)
