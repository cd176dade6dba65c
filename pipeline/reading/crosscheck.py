"""Holds the verdict against the findings: a mismatch under a negative, or normal perfusion under a positive, is for a person."""

import re
from collections.abc import Collection, Iterable, Sequence

from pipeline.domain.reading import Category, Grade

_MISMATCH = re.compile(
    r"\b(?:miss?-? ?mat?ch\w*|mismach\w*|unmatched|non-? ?match(?:ed|ing)|discordan\w+|"
    r"out of (?:all )?proportion to (?:the )?ventilation)\b"
)
_UNVENTILATED = re.compile(
    r"\b(?:defects?|segments?|lobes?)\b[^.;\n]{0,40}\b(?:with no corresponding|do(?:es)? not correspond|(?:these|those) (?:areas|"
    r"regions|segments) ventilate)\b|"
    r"\bnone (?:of (?:them|these|which) )?(?:is |are |was |were )?matched\b(?! by)|"
    r"(?:not|none(?: of these)?(?: is| are)?|without(?: a| any)?|no(?:t)?) (?:\w+ ){0,3}match(?:ed|"
    r"ing)?\b(?: by)?(?: \w+){0,2} ventilat\w+|not matched(?: by| on)|none has a matching|"
    r"\bno (?:\w+ ){0,2}(?:counterparts?|correlates?|equivalents?)\b[^.;]{0,40}(?:ventilat|aerosol|technegas|xenon|krypton)|"
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
_UNTICKED = re.compile(r"\[ {0,3}\] ?[\w-]+")
_ZERO = re.compile(r"(?:defects?|mismatch(?:es)?|segments?)[^.\n]{0,60}?:\s*(?:0\b|none|no\b|nil|absent)")
_NO_LOSS = re.compile(r"\bno (?:segmental |perfusion |mismatched )?(?:defect|area|perfusion (?!at all|in\b|to\b))")
_NONE_OF_IT = re.compile(r"[\w-]+(?: [\w()#/]+){0,4}? ?[:=] ?(?:0\b|none|no\b|nil|absent)")
_PART = re.compile(r".*(?:\bthere (?:is|are|was|were)\b|, with\b|\bbut\b|\bhowever\b|\bwhile\b|\bwhereas\b)")
_BRACKETED = re.compile(r"\([^()]*\)")
_NOT_ONLY = re.compile(r"\bnot only\b")
_CHANGE = re.compile(r"\bno (?:significant |interval )?(?:change|new)\b")
_NORMAL_PERFUSION = re.compile(
    r"\bperfusion(?: images?| scan| study| imaging| phase)?(?: (?:to|of|in) (?:both|the) lungs)?(?: is| are| was| were|:| -)? "
    r"(?:entirely |completely |also |likewise |perfectly )?"
    r"(?:normal|homogeneous|uniform|unremarkable|even)\b|\b(?:normal|uniform|homogeneous) perfusion\b"
    r"|\bno (?:(?:segmental|subsegmental|nonsegmental|or|lobar|focal),? ){0,5}(?:perfusion )?(?:defects?|deficits?|"
    r"abnormalit\w+)\b|\bwithout (?:segmental|subsegmental|perfusion)[^.;\n]{0,30}defects?"
)
_EVEN_MAA = re.compile(
    r"\bnormal ventilation and perfusion\b|\bventilation and perfusion (?:are|is|were) (?:both )?normal\b|\bno (?:mismatch\w*|unmatched)\b|"
    r"\b(?:perfusion|maa)\b[^.;\n]{0,40}\b(?:homogeneous|uniform|even|normal|symmetrical|complete)\b[^.;\n]{0,40}\b(?:pleura\w*|"
    r"throughout|both lungs|all (?:views|projections|segments))\b"
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
    r"radiation)|radiation|belongs? to|non-? ?segmental|stenosis|compression|agenesis|congenital|explaining|hypoplasia|artefact|"
    r"artifact|streaming)\b"
)
# A line that begins with a label of its own does not go on with the one before.
SENTENCE = re.compile(r"[^.;\n]+(?:\n(?![ \t]{0,80}\n)(?![ \t]{0,80}[a-z][a-z /-]{1,40}:)[^.;\n]+)*")

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
    r"|\b(?:ventilation|aerosol|xenon|technegas|krypton|dtpa)\b[^.;\n]{0,40}\b(?:reach\w*|penetrat\w*|fills?|enters?)\b[^.;\n]{0,30}"
    r"\b(?:every|all|everywhere|both lungs|pleura|periphery|throughout)\b"
    r"|\bnormal ventilation\b|\bfills? in on ventilation|\bnot seen on ventilation"
)
_SEGMENTAL = re.compile(
    r"(?<!sub)(?<!non)(?<!sub-)(?<!non-)\b(?:segmental|lobar|wedge[- ]shaped|large)\b(?: \w+){0,3} defects?\b|\bperfusion defects\b"
)
_AIR_THERE = re.compile(
    r"\bno (?:corresponding|matching) (?:ventilat|xenon|aerosol)|\bnot seen on (?:the )?ventilation|\bventilat\w+ normally\b"
    r"|\bwithout (?:a )?ventilat\w+ (?:counterpart|abnormal\w+|change|defect)|(?<!no )\blarger than the ventilation|\bq defects? > v"
    r"|\bnormal (?:technegas|aerosol|xenon|krypton|dtpa)\b"
    r"|\b(?:ventilation|aerosol|xenon|technegas|krypton|dtpa)(?: images)?(?: is| are| was| were|,)?"
    r" (?:intact|preserved|normal|maintained)\b"
)
# What each sentence holds that a pattern finds: most sentences hold none of it, and need not be searched.
_OF_MISMATCH = (
    "correspond",
    "dtpa",
    "match",
    "mach",
    "ventil",
    "without",
    "discordan",
    "xenon",
    "aerosol",
    "technegas",
    "krypton",
    "defect",
)
_OF_ABNORMAL = ("abnormal", "defect")
_OF_SEGMENTAL = ("defect",)
_OF_PERFUSION = ("match", "maa", "perfusion", "defect", "deficit", "abnormalit")
_LOST = re.compile(r"\bno perfusion (?:at all|in\b|to\b)")
_LOSS = re.compile(
    r"\bdefects?\b|\bdeficits?\b|\b(?:decreased|reduced|absent|no) perfusion\b|\bwedges?\b|\bphotopenic\b|\bshows no perfusion\b"
)
_NO_DEFECT = re.compile(r"\b(?:no|without|not|never) (?:\w+ ){0,3}(?:defects?|deficits?|wedges?)\b|(?<!mis)(?<!un)\bmatch\w*|\bonly\b")
_GONE = re.compile(
    r"\b(?:have|has|had)(?: all| now| since| both| completely| entirely){0,2} (?:filled|resolved|cleared|normali[sz]ed|recovered|"
    r"reperfused|"
    r"disappeared|vanished|gone)\b|\bmismatch\w*(?: segments?)?(?: ?:)?(?: (?:large|moderate|medium|small)[ :]+0\b)+"
)
_DENIED_AFTER = re.compile(
    r"\b(?:not (?:seen|identified|present|demonstrated)|absent|(?<!partly )(?<!partially )(?<!incompletely )(?<!not )resolved|no longer|"
    r"none|is seen in no)\b"
)
_GONE_AFTER = re.compile(
    r"\b(?:have|has) (?:all |now |since |both ){0,2}(?:filled|cleared|normali[sz]ed|recovered|reperfused|disappeared)\b"
)
_STILL = re.compile(r"\b(?:persist\w*|again|remain\w*|still|developed|new)\b")
_PRIOR = re.compile(r"\b(?:previously|prior|previous|former|old|known)\b")
_NEW = re.compile(r"\b(?:new|but|however|except|although|whereas|while|persist\w*|remain\w*|partly|partially|incompletely)\b")
_LOST_WORD = re.compile(
    r"\b(?:missing|vanished|lost|loss(?:es)?|absent|absence of (?:perfusion|tracer|activity|uptake|flow|maa)|no (?:tracer|"
    r"perfusion|activity|uptake)|cold|voids?|gaps?|triang\w+|wedges?|"
    r"hardly perfus\w+|not perfus\w+|not reach\w*|isn't perfus\w+|aren't perfus\w+|lacks?|photopeni\w+|holes?|unperfused|"
    r"non-?perfused|devoid|empty|unfilled|"
    r"almost no|worse than ventilation|hypoperfus\w+|defects?)\b"
)
_SHAPED = re.compile(r"\b(?:wedge\w*|triang\w+)\b")
_PLACE = re.compile(
    r"\b(?:segments?|segmental|lobes?|lobar|lingula\w*|basal|apical|apicoposterior|s\d{1,2}|rul|rml|rll|lul|lll|bilateral\w*|both lungs)\b"
)
_SMALL = re.compile(
    r"\b(?:small|tiny|minor|minimal|slight\w*|mild\w*|sub-?segmental|non-?segmental|patchy|heterogen\w+|uneven|diffuse|fissur\w+|"
    r"stripe|rim|notch|"
    r"irregular\w*|physiologic\w*|impression|attenuation)\b"
)
_NOT_LOST = re.compile(
    r"\b(?:no|without(?: any)?|not|never|none|free of|negative for|absence of|previous\w*|prior|earlier|last|old|former\w*|documented|"
    r"known|chronic|resolved|cleared|unchanged|20\d\d|19\d\d|if|criteri\w+)\b(?! (?:tracer|perfusion|maa|flow|blood|counts|"
    r"activity|uptake|perfus\w+|reach\w*)\b)"
)
_SINCE_GONE = re.compile(
    r"\b(?:resolved|filled in|cleared|recovered|healed|gone|remain\w*|unchanged|known|chronic|prior|previous\w*|earlier|20\d\d|19\d\d|"
    r"not (?:seen|identified|present|confirmed|delineable)|explained by)\b"
)
"""Behind what is lost: it is not any more, or it is no news. `_NOT_LOST` stands before it."""
_AIR = re.compile(r"\b(?:v(?= (?:is )?(?:normal|intact|ok|even)\b)|ventilat\w*|aerosol|technegas|xenon|krypton|dtpa|air|gas|breath\w*)\b")
_INTACT = re.compile(
    r"\b(?:normal\w*|fully|uniform\w*|even(?:ly)?|everywhere|intact|preserved|maintained|well|good|homogeneous\w*|symmetric\w*|"
    r"unremarkable|"
    r"nothing on|every|all|throughout|complete\w*|unimpaired|clear|no defects?|no (?:\w+ ){0,2}(?:defects?|abnormalit\w+)|negative|fine|"
    r"no (?:regional )?abnormalit\w+|filled|occup\w+|penetrat\w+)\b"
)
_AIR_LOST = re.compile(
    r"\b(?:defects?|reduc\w+|abnormal\w*|match\w*|irregular\w*|patchy|clump\w*|poor\w*|except|apart|absent|decreas\w+|uneven|"
    r"delay\w*|trapp\w+|"
    r"retention|not|impair\w+|corresponding|limited|previous\w*|prior)\b"
)
_NO_ABNORMALITY = re.compile(r"\bno (?:\w+ ){0,2}(?:abnormalit\w+|defects?)")
_ACCOUNTED = re.compile(
    r"(?<!mis)(?<!mis-)(?<!un)(?<!non-)\bmatch(?:ed|es|ing)?\b|\bcorrespond\w*|\bthe same\b|\bequal\w*|\bboth (?:studies|phases|parts)|"
    r"\balso (?:reduced|absent|decreased)|\bopaci\w+|\bconsolidat\w+|\binfiltrat\w+|\beffusions?\b|\batelecta\w+|\bcollaps\w+|"
    r"\bmass\b|\btumou?r|"
    r"\bradiation|\bresect\w+|\blobectomy|\bpneumonectomy|\bbulla\w*|\bemphysem\w*|\bcopd\b|\bscar\w*|\bfibro(?:sis|tic)|"
    r"\bstenosis|\bcompress\w+|"
    r"\breverse|\bstable\b|(?<!neither is )(?<!not )\bexplained by|\bdue to (?!missing|absent)|\battributable|\bpacemaker|\bcardiomegaly|"
    r"\bheart failure|\bsmaller than|\bless (?:than|extensive)"
    r"|\bshunt\b|\bcongenital|\bagenesis|\bbronchiect\w+|\bcystic|\bplug\w*|\bpneumonia|\bairway"
)
_NOT_EXPLAINED = re.compile(r"\b(?:not|neither is|none is) explained by\b")
_NONE_SEEN = re.compile(r"\b(?:no|not|without|nil|free of)\b(?: [\w-]+,?){0,6}")
_NOT_PERFUSED = re.compile(
    r"\bno perfusion images? (?:were |was )?(?:obtained|acquired|available|performed)"
    r"|\bperfusion (?:images? |imaging |phase |study |part |component )?(?:was|were|is|could) not (?:be )?(?:obtained|acquired|"
    r"performed|done)"
)
"""A scan without perfusion images denies nothing."""
_EMPTY = re.compile(
    r"\b(?:maa|perfusion|tracer)\b[^.;\n]{0,20}\b(?:does|do|did) not reach\b|(?<!no )\bcones? of absent\b|\bno activity (?:in|"
    r"over|reaches) the\b"
    r"|\bv ?\+ ?,? ?q ?-|\[x\] ?(?:not matched|mismatch\w*|unmatched)|(?<!no )\b(?:segmental|lobar|"
    r"large) areas? without perfusion|\b(?:rul|rml|rll|"
    r"lul|lll|lingula)\s+(?:normal|nl)\s+(?:absent|none|0)\b"
)
_STATED_LOSS = re.compile(r"\b(?:lung|lobe|segments?|lingula)(?: is| are| was| were)? not perfused\b")
"""In an impression it is a finding whatever the air does."""
_NO_FLOW = re.compile(
    r"\b(?:segments?|lobes?|lingula|lung)\b[^.;\n]{0,60}\b(?:receives? no|lacks?|without|devoid of|absent|(?<!with )no) "
    r"(?:tracer|perfusion|activity|counts|uptake|flow|blood flow)\b"
    r"|(?<!no )\bwedges?\b[^.;\n]{0,40}\b(?:absent|reduced|no|lost) (?:activity|perfusion|tracer|counts|uptake)\b"
    r"|\b(?:absent|no) (?:tracer|perfusion|activity|counts|uptake|flow)\b[^.;\n]{0,40}\b(?:segments?|lobes?|lingula)\b"
)
_OF_NO_FLOW = ("tracer", "perfusion", "activity", "counts", "uptake", "flow")
_OPERATED = re.compile(
    r"\b(?:lobectomy|pneumonectomy|resect\w+|agenesis|hypoplas\w+|congenital|stent\w*|occlu\w+ bronch|surg\w+|transplant\w*)\b"
)
"""Why a part of the lung may have no flow and need none."""
_OF_EMPTY = ("matched", "mismatch", "q-", "q -", "not reach", "cone", "no activity", "without perfusion", "absent", "none")
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
        if any(_NOT_PERFUSED.search(text) for text in findings) or any(
            _EMPTY.search(s) and not _OPERATED.search(s) for s in _sentences(every, _OF_EMPTY)
        ):
            return True
        if any(_STATED_LOSS.search(text) and not _OPERATED.search(text) for text in impression):
            return True
        if grade is Grade.NORMAL and any(_ABNORMAL.search(s) and not _DENIED.search(s) for s in _sentences(every, _OF_ABNORMAL)):
            return True
        return _mismatch_under_negative(findings, impression, grade, remarks) or _lost_where_aired(findings, impression)
    if grade.category is Category.POSITIVE:
        return _normal_under_positive(findings)
    return False


def _lost_where_aired(findings: Sequence[str], impression: Sequence[str]) -> bool:
    """Perfusion lost in a segment or more, air normal, and nothing that would account for it: in whatever words."""
    every = (*findings, *impression)
    if not any(_LOST_WORD.search(text) for text in every) or not any(_AIR.search(text) for text in every):
        return False
    said = _sentences(every)
    if any(_ACCOUNTED.search(_NONE_SEEN.sub("", s)) for s in said):
        return False
    lost = [s for s in said if (_PLACE.search(s) or _SHAPED.search(s)) and not _SMALL.search(s) and _says_lost(s)]
    aired = [s for s in said if _AIR.search(s) and _INTACT.search(s) and not _AIR_LOST.search(_NO_ABNORMALITY.sub("", s))]
    return bool(lost) and bool(aired)


def _mismatch_under_negative(findings: Sequence[str], impression: Sequence[str], grade: Grade, remarks: Collection[str]) -> bool:
    said = _sentences(impression)
    own = [s for s in said if _MISMATCH.search(s)]
    elsewhere = (
        any(_asserted_mismatch(s) for s in _sentences(findings, _OF_MISMATCH))
        or any((_AIR_THERE.search(s) or _LOST.search(s)) and _asserted_mismatch(s) for s in said)
        or _unventilated_pattern([*findings, *impression])
    )
    stated = "mismatch" in remarks and not all(_GONE.search(s) and not _NEW.search(s) for s in own)
    if not stated and "small-mismatch" not in remarks and not elsewhere:
        return False
    explained = bool(own) and any(_CAUSE.search(s) for s in (own if stated else said))
    sized = "small-mismatch" in remarks and not stated and grade in _GRADED
    return not (explained or sized)


def _says_lost(sentence: str) -> bool:
    found = _LOST_WORD.search(sentence)
    if not found:
        return False
    behind = _NOT_EXPLAINED.sub("", sentence[found.end() :])
    return not _NOT_LOST.search(sentence[: found.start()]) and not _SINCE_GONE.search(behind)


def _unventilated_pattern(texts: Sequence[str]) -> bool:
    """Segmental defects where the air goes everywhere: the pattern of an embolus, whatever it is called."""
    whole = " ".join(texts)
    if not _AIR_EVERYWHERE.search(whole) or _MATCHED.search(whole):
        return False
    if not _OPERATED.search(whole) and any(_NO_FLOW.search(s) for s in _sentences(texts, _OF_NO_FLOW)):
        return True
    return any(_SEGMENTAL.search(s) and not _DENIED.search(s) for s in _sentences(texts, _OF_SEGMENTAL))


def _asserted_mismatch(stated: str) -> bool:
    sentence = _UNTICKED.sub("", stated) if "[" in stated else stated
    aired = _AIR_THERE.search(sentence)
    if aired and _LOSS.search(sentence) and not _ZERO.search(sentence):
        return not _NO_DEFECT.search(f"{sentence[: aired.start()]} {sentence[aired.end() :]}")
    if _UNVENTILATED.search(sentence) and not _ZERO.search(sentence):
        return not _NO_LOSS.search(sentence)
    found = _MISMATCH.search(sentence)
    if _GONE.search(sentence) and not _NEW.search(sentence):
        return False
    if not found or _NONE_OF_IT.match(sentence, found.start()):
        return False
    # What denies it stands in its own part of the sentence.
    whole = sentence[: found.start()]
    before = " ".join((*_TIMES.findall(whole), _PART.sub("", whole)))
    after = _BRACKETED.sub("", sentence[found.end() :])[:60].split(",", 1)[0]
    said_before = _NOT_ONLY.sub("", _CHANGE.sub("", before))
    if _DENIED.search(_PRIOR.sub("", said_before) if _STILL.search(sentence) else said_before):
        return False
    return not (_DENIED_AFTER.search(after) or (_GONE_AFTER.search(after) and not _NEW.search(sentence)))


def _normal_under_positive(findings: Sequence[str]) -> bool:
    said = _sentences(findings, _OF_PERFUSION)
    if not any((_NORMAL_PERFUSION.search(s) or _EVEN_MAA.search(s)) and not _PARTLY.search(s) for s in said):
        return False
    return not any(_DEFECT.search(s) and not re.search(r"\b(?:no|without|not)\b", s) for s in _sentences(findings))


def _sentences(texts: Iterable[str], holding: Sequence[str] = ("",)) -> list[str]:
    """The sentences of the texts, in one line each, that hold one of these pieces."""
    found = []
    for text in texts:
        pieces = [piece for piece in holding if piece in text]
        if pieces:
            raw = (match[0] for match in SENTENCE.finditer(text))
            found += [" ".join(sentence.split()) for sentence in raw if any(piece in sentence for piece in pieces)]
    return found
