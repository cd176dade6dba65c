"""Holds the verdict against the findings: a mismatch under a negative, or normal perfusion under a positive, is for a person."""

import re
from collections.abc import Sequence

from pipeline.domain.reading import Category, Grade

_MISMATCH = re.compile(r"\b(?:mis-? ?match\w*|unmatched|non-?matched|discordan\w+)\b")
_UNVENTILATED = re.compile(
    r"(?:not|none(?: of these)?(?: is| are)?|without(?: a| any)?|no(?:t)?) (?:\w+ ){0,3}match(?:ed|"
    r"ing)?\b(?: by)?(?: \w+){0,2} ventilat\w+|not matched(?: by| on)|none has a matching|"
    r"without (?:any )?(?:corresponding|matching|associated|matched) (?:ventilat|xenon|aerosol|abnormal|radiograph)|"
    r"but (?:are |is )?(?:normally|well) ventilated|(?:normal|preserved|intact|maintained) ventilation (?:in|of|"
    r"to) (?:these|those|the same|this|all)|with (?:normal|preserved|intact|maintained) ventilation"
)
_DENIED = re.compile(
    r"\b(?:no|not|without|nor|neither|never|none|absence of|absent|free of|negative for|lack of|resolved|resolution|"
    r"cleared|reverse[d]?|inverse|previously|prior|previous|former|old|known|nil|exclude[ds]?|looking for|to look for|"
    r"evaluate for|criteria|if|in (?:january|february|march|april|may|june|july|august|september|october|november|"
    r"december)|years? ago|months? ago)\b"
)
_ZERO = re.compile(r"(?:defects?|mismatch(?:es)?|segments?)[^.\n]{0,30}?:\s*(?:0\b|none|no\b|nil|absent)")
_CHANGE = re.compile(r"\bno (?:significant |interval )?(?:change|new)\b")
_NORMAL_PERFUSION = re.compile(
    r"\bperfusion(?: images?| scan| study| imaging| phase)?(?: is| are| was| were|:| -)? (?:entirely |completely |"
    r"also )?(?:normal|homogeneous|uniform|unremarkable)\b|\bnormal perfusion\b|\bno perfusion defects?\b"
)
_PARTLY = re.compile(
    r"\b(?:otherwise|elsewhere|remainder|remaining|rest|except|apart|other than|aside|outside|besides|contralateral|"
    r"left lung|right lung|upper|lower|middle|lobe|apart from)\b"
)
_DEFECT = re.compile(
    r"\b(?:defects?|absent|absence|reduced|decreased|photopeni\w+|mismatch\w*|wedges?|deficits?|loss|hypoperfus\w+|"
    r"nonperfused|missing)\b"
)
_CAUSE = re.compile(
    r"\b(?:consequence of|due to|secondary to|explained by|related to|attributable to|attributed to|because of|caused by|"
    r"from (?:the|known|prior)|result of|reflects?|represents?|accounted for|corresponds? to|post-? ?(?:surgical|"
    r"radiation)|radiation|stenosis|compression|agenesis|hypoplasia|artefact|artifact|streaming)\b"
)
_SMALL = re.compile(r"\b(?:small|subsegmental|sub-segmental|tiny|minor|minimal|nonsegmental|non-segmental|less than|<)\b")
_SENTENCE = re.compile(r"[^.;\n]+(?:\n(?![ \t]{0,80}\n)[^.;\n]+)*")

_GRADED = frozenset({Grade.VERY_LOW, Grade.LOW})


def disagree(findings: Sequence[str], impression: Sequence[str], grade: Grade) -> bool:
    """Whether findings and verdict contradict each other.

    Args:
        findings: lower-cased sentences' source texts outside the impression.
        impression: lower-cased texts of the impression; its own mismatch is judged here too.
        grade: the grade read in the impression.
    """
    if grade.category is Category.NEGATIVE:
        return _mismatch_under_negative(findings, impression, grade)
    if grade.category is Category.POSITIVE:
        return _normal_under_positive(findings)
    return False


def _mismatch_under_negative(findings: Sequence[str], impression: Sequence[str], grade: Grade) -> bool:
    own = [s for text in impression for s in _sentences(text) if _asserted_mismatch(s)]
    elsewhere = [s for text in findings for s in _sentences(text) if _asserted_mismatch(s)]
    if not own and not elsewhere:
        return False
    said = " ".join(impression)
    explained = bool(_CAUSE.search(said)) and grade in (Grade.ABSENT, Grade.LOW, Grade.VERY_LOW) and bool(own)
    sized = bool(own) and all(_SMALL.search(s) for s in own) and (grade in _GRADED or grade is Grade.ABSENT)
    return not (explained or sized)


def _asserted_mismatch(sentence: str) -> bool:
    if _UNVENTILATED.search(sentence) and not _ZERO.search(sentence):
        return not re.search(r"\bno (?:segmental |perfusion |mismatched )?(?:defect|area|perfusion)", sentence)
    found = _MISMATCH.search(sentence)
    if not found or _ZERO.search(sentence):
        return False
    before = sentence[: found.start()]
    after = sentence[found.end() : found.end() + 60]
    if _DENIED.search(_CHANGE.sub("", before)):
        return False
    return not re.search(r"\b(?:not (?:seen|identified|present|demonstrated)|absent|resolved|no longer|none|is seen in no)\b", after)


def _normal_under_positive(findings: Sequence[str]) -> bool:
    texts = list(findings)
    normal = any(_NORMAL_PERFUSION.search(s) and not _PARTLY.search(s) for text in texts for s in _sentences(text))
    if not normal:
        return False
    return not any(_DEFECT.search(s) and not re.search(r"\b(?:no|without|not)\b", s) for text in texts for s in _sentences(text))


def _sentences(text: str) -> list[str]:
    return [" ".join(match.group().split()) for match in _SENTENCE.finditer(text)]
