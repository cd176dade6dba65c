"""Holds the verdict against the findings: a mismatch under a negative, or normal perfusion under a positive, is for a person."""

import re
from collections.abc import Collection, Iterable, Sequence

from pipeline.domain.reading import Category, Grade

_MISMATCH = re.compile(r"\b(?:miss?-? ?mat?ch\w*|mismach\w*|unmatched|non-? ?match(?:ed|ing)|discordan\w+)\b")
_UNVENTILATED = re.compile(
    r"(?:not|none(?: of these)?(?: is| are)?|without(?: a| any)?|no(?:t)?) (?:\w+ ){0,3}match(?:ed|"
    r"ing)?\b(?: by)?(?: \w+){0,2} ventilat\w+|not matched(?: by| on)|none has a matching|"
    r"without (?:any )?(?:corresponding|matching|associated|matched) (?:ventilat|xenon|aerosol|abnormal|radiograph)|"
    r"but (?:are |is )?(?:normally|well) ventilated|(?:normal|preserved|intact|maintained) ventilation (?:in|of|"
    r"to) (?:these|those|the same|this|all)|with (?:normal|preserved|intact|maintained) ventilation"
)
_TIME = r"in (?:january|february|march|april|may|june|july|august|september|october|november|december)|years? ago|months? ago"
_TIMES = re.compile(rf"\b(?:{_TIME})\b")
_DENIED = re.compile(
    r"\b(?:no|not|without|nor|neither|never|none|absence of|absent|free of|negative for|lack of|resolved|resolution|"
    r"cleared|reverse[d]?|inverse|previously|prior|previous|former|old|known|nil|exclude[ds]?|looking for|to look for|"
    rf"evaluate for|criteria|if|{_TIME})\b"
)
_ZERO = re.compile(r"(?:defects?|mismatch(?:es)?|segments?)[^.\n]{0,30}?:\s*(?:0\b|none|no\b|nil|absent)")
_NO_LOSS = re.compile(r"\bno (?:segmental |perfusion |mismatched )?(?:defect|area|perfusion (?!at all|in\b|to\b))")
_NONE_OF_IT = re.compile(r"[\w-]+(?: [\w()#/]+){0,4}? ?[:=] ?(?:0\b|none|no\b|nil|absent)")
_PART = re.compile(r".*(?:\bthere (?:is|are|was|were)\b|, with\b|\bbut\b|\bhowever\b|\bwhile\b|\bwhereas\b)")
_BRACKETED = re.compile(r"\([^()]*\)")
_NOT_ONLY = re.compile(r"\bnot only\b")
_CHANGE = re.compile(r"\bno (?:significant |interval )?(?:change|new)\b")
_NORMAL_PERFUSION = re.compile(
    r"\bperfusion(?: images?| scan| study| imaging| phase)?(?: is| are| was| were|:| -)? (?:entirely |completely |also )?"
    r"(?:normal|homogeneous|uniform|unremarkable)\b|\b(?:normal|uniform|homogeneous) perfusion\b"
    r"|\bno (?:segmental |subsegmental )?(?:perfusion )?defects?\b|\bwithout (?:segmental|subsegmental|perfusion)[^.;\n]{0,30}defects?"
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
# A line that begins with a label of its own does not go on with the one before.
_SENTENCE = re.compile(r"[^.;\n]+(?:\n(?![ \t]{0,80}\n)(?![ \t]{0,80}[a-z][a-z /-]{1,40}:)[^.;\n]+)*")

_ABNORMAL = re.compile(
    r"\babnormal\b(?!\s*:\s*no)|(?<!no )(?<!without )\b(?:segmental|lobar|multiple|large|moderate|"
    r"several) (?:\w+ ){0,3}defects?\b|\bperfusion defects? (?:in|of|is|are)\b"
)
_MATCHED = re.compile(
    r"(?<!mis)(?<!mis-)(?<!un)\bmatch\w*|\bcorrespond\w*|\bsame\b|\bequal\w*|\bboth (?:studies|image)|\bopacit\w+|"
    r"\binfiltrat\w+|\bconsolidat\w+|\beffusion"
)
_AIR_EVERYWHERE = re.compile(
    r"\b(?:ventilation|aerosol|xenon|technegas|krypton)\b[^.;\n]{0,40}\b(?:normal|uniform|homogeneous|preserved|"
    r"unremarkable|intact|even|maintained)\b|\bno ventilation (?:defects?|abnormalit)"
    r"|\bnormal ventilation\b|\bfills? in on ventilation|\bnot seen on ventilation"
)
_SEGMENTAL = re.compile(
    r"(?<!sub)(?<!non)(?<!sub-)(?<!non-)\b(?:segmental|lobar|wedge[- ]shaped|large)\b(?: \w+){0,3} defects?\b|\bperfusion defects\b"
)
_AIR_THERE = re.compile(
    r"\bno (?:corresponding|matching) (?:ventilat|xenon|aerosol)|\bnot seen on (?:the )?ventilation|\bventilat\w+ normally\b"
    r"|\bwithout (?:a )?ventilat\w+ (?:counterpart|abnormal\w+|change|defect)|(?<!no )\blarger than the ventilation|\bq defects? > v"
    r"|\bnormal (?:technegas|aerosol|xenon|krypton)\b"
    r"|\b(?:ventilation|aerosol|xenon|technegas|krypton)(?: images)?(?: is| are| was| were|,)?"
    r" (?:intact|preserved|normal|maintained)\b"
)
# What each sentence holds that a pattern finds: most sentences hold none of it, and need not be searched.
_OF_MISMATCH = ("match", "mach", "ventil", "without", "discordan", "xenon", "aerosol", "technegas", "krypton", "defect")
_OF_ABNORMAL = ("abnormal", "defect")
_OF_SEGMENTAL = ("defect",)
_OF_PERFUSION = ("perfusion", "defect")
_LOST = re.compile(r"\bno perfusion (?:at all|in\b|to\b)")
_LOSS = re.compile(
    r"\bdefects?\b|\bdeficits?\b|\b(?:decreased|reduced|absent|no) perfusion\b|\bwedges?\b|\bphotopenic\b|\bshows no perfusion\b"
)
_NO_DEFECT = re.compile(r"\b(?:no|without|not|never) (?:\w+ ){0,3}(?:defects?|deficits?|wedges?)\b|(?<!mis)(?<!un)\bmatch\w*|\bonly\b")
_GRADED = frozenset({Grade.VERY_LOW, Grade.LOW})


def disagree(findings: Sequence[str], impression: Sequence[str], grade: Grade, remarks: Collection[str]) -> bool:
    """Whether findings and verdict contradict each other.

    Args:
        findings: lower-cased texts outside the impression.
        impression: lower-cased texts of the impression, what was masked left out.
        grade: the grade read in the impression.
        remarks: what the impression's phrases say of mismatch (`mismatch`, `small-mismatch`).
    """
    if grade.category is Category.NEGATIVE:
        every = (*findings, *impression)
        if grade is Grade.NORMAL and any(_ABNORMAL.search(s) and not _DENIED.search(s) for s in _sentences(every, _OF_ABNORMAL)):
            return True
        return _mismatch_under_negative(findings, impression, grade, remarks)
    if grade.category is Category.POSITIVE:
        return _normal_under_positive(findings)
    return False


def _mismatch_under_negative(findings: Sequence[str], impression: Sequence[str], grade: Grade, remarks: Collection[str]) -> bool:
    said = _sentences(impression)
    own = [s for s in said if _MISMATCH.search(s)]
    elsewhere = (
        any(_asserted_mismatch(s) for s in _sentences(findings, _OF_MISMATCH))
        or any((_AIR_THERE.search(s) or _LOST.search(s)) and _asserted_mismatch(s) for s in said)
        or _unventilated_pattern([*findings, *impression])
    )
    stated = "mismatch" in remarks
    if not stated and "small-mismatch" not in remarks and not elsewhere:
        return False
    explained = bool(own) and any(_CAUSE.search(s) for s in (own if stated else said))
    sized = "small-mismatch" in remarks and not stated and grade in _GRADED
    return not (explained or sized)


def _unventilated_pattern(texts: Sequence[str]) -> bool:
    """Segmental defects where the air goes everywhere: the pattern of an embolus, whatever it is called."""
    whole = " ".join(texts)
    if not _AIR_EVERYWHERE.search(whole) or _MATCHED.search(whole):
        return False
    return any(_SEGMENTAL.search(s) and not _DENIED.search(s) for s in _sentences(texts, _OF_SEGMENTAL))


def _asserted_mismatch(sentence: str) -> bool:
    aired = _AIR_THERE.search(sentence)
    if aired and _LOSS.search(sentence) and not _ZERO.search(sentence):
        return not _NO_DEFECT.search(f"{sentence[: aired.start()]} {sentence[aired.end() :]}")
    if _UNVENTILATED.search(sentence) and not _ZERO.search(sentence):
        return not _NO_LOSS.search(sentence)
    found = _MISMATCH.search(sentence)
    if not found or _NONE_OF_IT.match(sentence, found.start()):
        return False
    # What denies it stands in its own part of the sentence.
    whole = sentence[: found.start()]
    before = " ".join((*_TIMES.findall(whole), _PART.sub("", whole)))
    after = _BRACKETED.sub("", sentence[found.end() :])[:60].split(",", 1)[0]
    if _DENIED.search(_NOT_ONLY.sub("", _CHANGE.sub("", before))):
        return False
    return not re.search(r"\b(?:not (?:seen|identified|present|demonstrated)|absent|resolved|no longer|none|is seen in no)\b", after)


def _normal_under_positive(findings: Sequence[str]) -> bool:
    if not any(_NORMAL_PERFUSION.search(s) and not _PARTLY.search(s) for s in _sentences(findings, _OF_PERFUSION)):
        return False
    return not any(_DEFECT.search(s) and not re.search(r"\b(?:no|without|not)\b", s) for s in _sentences(findings))


def _sentences(texts: Iterable[str], holding: Sequence[str] = ("",)) -> list[str]:
    """The sentences of the texts, in one line each, that hold one of these pieces."""
    found = []
    for text in texts:
        pieces = [piece for piece in holding if piece in text]
        if pieces:
            raw = (match[0] for match in _SENTENCE.finditer(text))
            found += [" ".join(sentence.split()) for sentence in raw if any(piece in sentence for piece in pieces)]
    return found
