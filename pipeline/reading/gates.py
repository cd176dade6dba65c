"""What makes a whole text one that nobody may read by rules: not verified, another patient's, odd characters, another language."""

import re
from collections.abc import Sequence

from pipeline.reading.words import Words

_WRONG_PATIENT = re.compile(
    r"\b(?:dictated|reported|entered|filed|reads?|images|study|scan|report)\b[^.\n]{0,40}\b(?:wrong|another|different) patient\b"
    r"|\b(?:filed|scanned|uploaded|sent|dictated|saved|attached) (?:in|to|into|under|on) (?:the |an? )?(?:incorrect|wrong) "
    r"(?:chart|record|file|folder|person)\b|\bdoes not (?:pertain|belong|relate) to this (?:patient|person)\b"
)
_OF_A_PERSON = (" patient", " chart", " record", " file", " folder", " person")
_UNVERIFIED = re.compile(
    r"\bthis report (?:has been|is|was) (?:withdrawn|retracted|cancell?ed|void(?:ed)?|rescinded|(?:issued|filed|sent) in error)\b(?! and)|"
    r"\bdisregard this report\b|"
    r"\bdraft\b[^.\n]{0,20}\bnot (?:yet )?(?:final|signed|verified|approved|for)|\bnot for clinical use\b"
    r"|\b(?:report|result|dictation|interpretation|transcription|impression)\b[^.\n]{0,30}\b(?:not (?:yet )?(?:been )?(?:final(?:i[sz]ed)?"
    r"|verified|authenticated|authori[sz]ed|signed|approved)\b|unverified\b|unsigned\b|unauthenticated\b"
    r"|awaiting (?:verification|authentication|signature|approval)\b)"
    r"|(?:^|[\n\-:(*])[ \t]{0,5}(?:this |the )?(?:report |result |study |scan )?(?:was |is |has been )?(?:entered|filed|sent|"
    r"issued) in error\b|\bfinal report (?:is |has )?not yet\b|\bnot (?:yet )?(?:reviewed|verified) by (?:a|the|any)\b"
    r"|\bdo not use for\b|\bnot for patient care\b"
    r"|(?:^|[.\n*-])\s{0,5}not final\s{0,5}(?:$|[.\n*:,-])|\bthis is a draft\b|\bno clinical decision\b|\bnot a final report\b"
    r"|\bmay change on (?:formal|final)\b|\bdo not (?:discharge|act) on\b|\bunder correction\b|\bmay not agree\b|\bawait the outcome\b"
    r"|\bpossible discrepancy\b|\buntil this is resolved\b|\bto be verified\b|\bawaiting (?:review|verification) by\b|"
    r"\bunsigned (?:report|draft)\b|\bunverified report\b|\bmight have been (?:exchanged|swapped|switched)\b|\bno new reading\b|"
    r"\btemplate default\b|\bedit before sign|\bdefault (?:normal )?(?:text|template|impression|macro)\b"
    r"|\bnot be relied (?:up)?on\b|\b(?:report|matter|case|study|scan|result) is (?:being re-?examined|under review)\b"
    r"|\(superseded\b|\b(?:is|was|been) superseded by (?!this)|\bversion \d{1,2} (?:is )?not attached\b"
    r"|\b(?:amendment|correction|addendum|final reading|second opinion) (?:is )?(?:pending|to follow|awaited)\b"
    r"|\bdiscrepancy (?:form|record|notice)\b"
    r"|\bi (?:would )?(?:read|see|interpret) (?:this|these|it|the) (?:\w+ )?(?:differently|otherwise)\b|\bi would not have called\b"
    r"|\bwhether the (?:above|report|conclusion|impression|reading) (?:is to|should|will|can|may) stand\b"
    r"|\bauto-?(?:fill|populat)(?:ed)?\b|\b(?:template|macro|canned) text\b[^.\n]{0,30}\b(?:could|may|might|not)\b"
)
_OF_UNVERIFIED = (
    "pending",
    "to follow",
    "awaited",
    "differently",
    "otherwise",
    "have called",
    " stand",
    "relied upon",
    "relied on",
    "re-examined",
    "superseded",
    "not attached",
    "under review",
    "this report",
    "disregard",
    "draft",
    "clinical use",
    "not final",
    "final report",
    "verif",
    "authent",
    "authori",
    "unsigned",
    "await",
    "in error",
    "not yet",
    "not been",
    "not approved",
    "not signed",
    "signed",
    "reviewed by",
    "not use",
    "patient care",
    "clinical decision",
    "may change",
    "do not discharge",
    "do not act",
    "under correction",
    "may not agree",
    "discrepancy",
    "is resolved",
    "new reading",
    "might have been",
    "template",
    "edit before",
    "default",
    "auto",
    "macro",
    "canned",
)
"""Each of the wordings above holds one of these; most texts hold none, and need not be searched."""
_ODD = re.compile(
    "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\uff00-\uffef]"
    r"|</?[a-z!][^<>\n]{0,80}>|<!--|&(?:[a-z]{2,8}|#\d{1,6});|(?<=[a-z])[*_~^|#](?=[a-z])|\[deleted|~~|\[\[|/\*|\((?:deleted|sic)\)"
)
_ODD_SIGNS = (*"<&*_~^|#", "[deleted", "[[", "/*", "(deleted)", "(sic)")
"""ASCII text that holds none of these is not odd."""
_LATIN = re.compile(r"[a-zÀ-ɏ]+$")


_OTHER_TITLE = re.compile(
    r"\s{0,99}(?:(?:exam(?:ination)?|procedure|study|title)\s{0,3}:\s{0,3})?"
    r"(?:(?:portable|transthoracic|stress|bilateral|lower|limb|leg|venous|multidetector|contrast[- ]enhanced|"
    r"non-?contrast|frontal|pa|ap|and|lateral) ){0,4}"
    r"(?:ct\b|cta\b|ctpa\b|computed tomogra|mri?\b|mra\b|chest (?:x-?ray|radiogra|film|ct)|cxr\b|echocardiogra|echo\b|duplex|doppler|"
    r"ultraso|bone scan|pulmonary (?:ct )?angiogra)[^\n.]{0,60}(?:\n|$)"
)
_ANY_SCAN = re.compile(
    r"perfus|ventilat|\bv ?/ ?[qp]\b|\bvq|\bq[- ]scan|technegas|\bmaa\b|macroaggreg|albumin|scintigra|xenon|krypton|aerosol|nuclear|"
    r"lung scan|\bspect\b|radionuclide|isotope|dtpa|pioped|pisaped|probabilit"
)


def is_another_exams(lowered: str) -> bool:
    """Whether the text has the title of another exam and says nowhere anything of a lung scan."""
    return _OTHER_TITLE.match(lowered) is not None and _ANY_SCAN.search(lowered) is None


_NO_SCAN = re.compile(
    r"\bno images (?:were )?(?:acquired|obtained|taken)\b|\bfindings: no images\b|\b(?:v/?q|lung|nm) ?(?:scan|"
    r"study) (?:was )?(?:therefore )?"
    r"(?:not performed|cancell?ed)\b|\bno v/?q scan (?:was )?performed\b|\breturned to the (?:floor|ward) without\b|"
    r"\bno dose (?:was )?given\b"
)


def is_of_no_scan(lowered: str) -> bool:
    """Whether the text says that there was no scan at all: what its impression says then is a template's, or another exam's."""
    return _NO_SCAN.search(lowered) is not None


_FLUID = re.compile(r"\bpe\b[^.\n]{0,30}\b(?:on (?:the )?(?:films?|cxr|x-?ray|radiograph)|increasing|drained|tapped|effusions?)\b")


def means_effusion(lowered: str) -> bool:
    """Whether "PE" is said of what a chest film shows: pleural effusion, not embolism."""
    return "embol" not in lowered and _FLUID.search(lowered) is not None


def of_another_patient(lowered: str) -> bool:
    """Whether the text says of itself that it is another patient's."""
    return any(word in lowered for word in _OF_A_PERSON) and _WRONG_PATIENT.search(lowered) is not None


_PROVISIONAL = re.compile(
    r"\b(?:status|report)\s?:\s?preliminary\b|(?:^|[.\n])\s{0,5}preliminary report\s{0,5}(?:[.\n]|$)|\bfinal (?:interpretation|report|read|"
    r"reading) (?:is )?(?:pending|to follow)\b"
    r"|\bto be (?:confirmed|reviewed) (?:by|in)\b|\b(?:provisionally|tentatively) (?:low|high|no|negative|positive|normal)\b"
    r"|\bwill (?:be )?review(?:ed)? (?:\w+ ){0,3}(?:in the morning|tomorrow)\b|\bsubject to change\b"
    r"|\bimages not yet reviewed\b|(?:^|\n)[ \t]*void[ \t]*(?:\n|$)|\bname on the images\b"
)
_SETTLED = re.compile(
    r"\b(?:final(?! (?:interpretation|report|read|reading) (?:is )?(?:pending|to follow))|attending|overread|over-read|addendum|"
    r"amended|consultant|staff)\b"
)


def is_provisional(lowered: str) -> bool:
    """Whether the text says that somebody is still to look at it, and nobody in it has."""
    return _PROVISIONAL.search(lowered) is not None and _SETTLED.search(lowered) is None


def is_unverified(lowered: str) -> bool:
    """Whether the text says of itself that nobody stands behind it yet: a draft, a template, one that was sent in error."""
    if is_provisional(lowered):
        return True
    return any(piece in lowered for piece in _OF_UNVERIFIED) and _UNVERIFIED.search(lowered) is not None


def is_odd(lowered: str) -> bool:
    """Whether it holds characters nobody sees, or markup: what a person reads there may not be what stands there."""
    ordinary = lowered.isascii() and not any(sign in lowered for sign in _ODD_SIGNS)
    return not ordinary and _ODD.search(lowered) is not None


def is_foreign(lowered: str, words: Sequence[str], lists: Words) -> bool:
    """Whether the text is in another script or language. `words`: its words, in order."""
    latin = lowered.isascii() or sum(word.isascii() or _LATIN.match(word) is not None for word in words) >= len(words) / 2
    if not latin:
        return True
    english = sum(map(lists.english.__contains__, words))
    foreign = sum(map(lists.foreign.__contains__, words))
    return foreign >= 4 and foreign > english
