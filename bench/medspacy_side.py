"""medspaCy's side of the reading row: a classifier of the same four categories, run by the Python of `.bench/medspacy`.

It knows the words of our vocabulary (names of the disease, grades, headings) as target and section rules, medspaCy's own ConText
rules, and those below. It has no masks, no patterns of whole verdicts, no check that nothing stayed unread and no look at the findings:
what stands in the last impression is put to the vote, and any disagreement is `review`. Nothing of it was tuned on a corpus.
"""

import json
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CLASHING = ("non diagnostic", "evaluate for", "unlikely")
"""Stock rules that call "PE: non diagnostic" and "evaluate for PE" negated, and "unlikely" as sure as "no"."""

_CONTEXT = {
    ("NEGATED_EXISTENCE", "FORWARD"): (
        "no evidence of", "no scintigraphic evidence of", "no sign of", "no convincing evidence of", "nothing to suggest", "excludes",
        "does not show", "do not suggest", "does not support", "not consistent with", "not suggestive of", "absence of",
    ),
    ("NEGATED_EXISTENCE", "BACKWARD"): (
        "excluded", "is excluded", "has been excluded", "absent", "not identified", "is not identified", "not seen", "not demonstrated",
        "is not present", ": absent", ": negative", "is unlikely", "unlikely",
    ),
    ("POSSIBLE_EXISTENCE", "FORWARD"): (
        "cannot exclude", "not exclude", "cannot rule out", "does not exclude", "suspicion of", "concerning for", "probable", "possibly",
        "equivocal for", "suggests",
    ),
    ("POSSIBLE_EXISTENCE", "BACKWARD"): (
        "cannot be excluded", "is not excluded", "not entirely excluded", "cannot be ruled out", "is possible", "is suspected", "is likely",
    ),
    ("HYPOTHETICAL", "FORWARD"): ("evaluate for", "assess for", "query", "question of", "if clinical suspicion", "pretest", "pre-test"),
    ("HISTORICAL", "FORWARD"): ("prior", "previous", "previously", "old"),
}  # fmt: skip
_NOT_NOW = ("is_historical", "is_hypothetical", "is_family")
_SET_ASIDE = ("indication", "history", "comparison", "technique", "legend", "recommendation", "other-exam", "signature")


def main() -> None:
    """Texts and the path of the vocabulary come in as one JSON object; seconds, versions and categories go out as another."""
    given = json.load(sys.stdin)
    began = time.perf_counter()
    nlp = pipeline_of(tomllib.loads(Path(given["vocabulary"]).read_text(encoding="utf-8")))
    loaded = time.perf_counter()
    categories = [category_of(nlp(text)) for text in given["texts"]]
    done = time.perf_counter()
    lengths = {}
    for times, texts in given["longer"].items():
        start = time.perf_counter()
        for text in texts:
            category_of(nlp(text))
        lengths[times] = time.perf_counter() - start
    json.dump({"load_s": loaded - began, "read_s": done - loaded, "categories": categories, "longer_s": lengths}, sys.stdout)


def pipeline_of(vocabulary: dict[str, Any]) -> Any:
    """Sentences, targets, ConText and sections, without any model."""
    import medspacy  # type: ignore[import-not-found]
    from loguru import logger  # type: ignore[import-not-found]
    from medspacy.context import ConTextRule  # type: ignore[import-not-found]
    from medspacy.section_detection import SectionRule  # type: ignore[import-not-found]

    logger.remove()  # PyRuSH writes several lines a sentence
    parts = ["medspacy_pyrush", "medspacy_target_matcher", "medspacy_context", "medspacy_sectionizer"]
    nlp = medspacy.load(medspacy_enable=parts, load_rules=False)
    nlp.get_pipe("medspacy_target_matcher").add(list(_targets(vocabulary)))
    context = nlp.get_pipe("medspacy_context")
    context.add([rule for rule in ConTextRule.from_json(context.DEFAULT_RULES_FILEPATH) if rule.literal.lower() not in _CLASHING])
    context.add([ConTextRule(literal, kind, direction=way) for (kind, way), literals in _CONTEXT.items() for literal in literals])
    sections = nlp.get_pipe("medspacy_sectionizer")
    kinds = vocabulary["headings"]["kinds"]
    sections.add([SectionRule(f"{label}:", kind) for kind, labels in kinds.items() for label in labels])
    return nlp


def _targets(vocabulary: dict[str, Any]) -> Iterator[Any]:
    from medspacy.target_matcher import TargetRule  # type: ignore[import-not-found]

    classes, spelling = vocabulary["classes"], vocabulary["spelling"]
    core = set(classes["core"])
    names = core | {raw for raw, written in spelling.items() if written in core}
    for name in sorted(name for name in names if name.replace(" ", "").isalpha()):
        yield TargetRule(f"pulmonary {name}", "PE")
        yield TargetRule(name, "PE")
    probability = {"LOWER": {"IN": [word for word in classes["prob"] if " " not in word]}}
    scan = {"LOWER": {"IN": sorted({word for entry in classes["scan"] for word in entry.split() if word.isalpha()})}}
    grades = {
        "negative": [["low"], *(entry.split() for entry in classes["very_low"])],
        "nondiagnostic": [[word] for word in classes["interm"]],
        "positive": [["high"]],
    }
    for category, words in grades.items():
        for said in words:
            graded = [{"LOWER": word} for word in said]
            yield TargetRule(" ".join(said), category, pattern=[*graded, {"TEXT": "-", "OP": "?"}, {**scan, "OP": "?"}, probability])
            link = {"LOWER": {"IN": ["is", "was", ":", "remains", "as"]}}
            yield TargetRule(" ".join(said), category, pattern=[probability, *[{"OP": "?", "IS_ALPHA": True}] * 4, link, *graded])
    for word in ("nondiagnostic", "non-diagnostic", "non diagnostic", "indeterminate", "inconclusive"):
        yield TargetRule(word, "nondiagnostic")
    yield TargetRule("normal scan", "negative", pattern=[{"LOWER": "normal"}, {"OP": "?", "IS_ALPHA": True}, scan])
    perfusion = {"LOWER": {"IN": ["perfusion", "ventilation"]}}
    yield TargetRule("normal perfusion", "negative", pattern=[{"LOWER": "normal"}, perfusion])


def category_of(document: Any) -> str:
    """What stands in the last impression, or without one in what is not set aside, put to the vote."""
    impressions = [section for section in document._.sections if section.category == "impression"]
    votes = set()
    for entity in document.ents:
        kind = entity._.section_category
        if (impressions and kind != "impression") or kind in _SET_ASIDE or any(getattr(entity._, flag) for flag in _NOT_NOW):
            continue
        if entity.label_ == "PE":
            # Of "low probability of PE" the grade is what is said.
            if not any(other.label_ != "PE" for other in entity.sent.ents):
                votes.add("negative" if entity._.is_negated else "review" if entity._.is_uncertain else "positive")
        else:
            votes.add("review" if entity._.is_negated else entity.label_)
    return votes.pop() if len(votes) == 1 else "review"


if __name__ == "__main__":
    main()
