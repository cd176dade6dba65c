"""Looks around each verdict a second time: a word beside it that could undo it, and that no phrase has taken, puts it in doubt."""

from collections.abc import Iterator, Sequence

from pipeline.domain.reading import Category, Grade
from pipeline.reading.found import MASKED, STOPS, Match, is_bare
from pipeline.reading.loose import BANDS
from pipeline.reading.vocabulary import Vocabulary
from pipeline.reading.words import Words

_DANGLING = frozenset({"of", "for", "any", "or", "nor"})
"""Before a bare mention of the disease these belong to a phrase that was not understood ("... of acute pulmonary embolism")."""

_ABOUT = frozenset({"to", "regarding", "concerning", "about", "regards"})
"""Before the bare name of the disease they name a topic, not a finding."""
_NAMES = frozenset({"pe", "pulmonary", "embolism", "embolus", "emboli", "acute"})
_TURNING = frozenset({"not", "no", "never", "neither", "nor", "longer", "far", "hardly", "than", "least", "above"})
_BAND_WORDS = frozenset({"low", "intermediate", "high"})
_GRADED = frozenset({Grade.VERY_LOW, Grade.LOW, Grade.INTERMEDIATE, Grade.HIGH, Grade.NORMAL})
_ALONE = frozenset(
    {
        "clinician's",
        "physician's",
        "referrer's",
        "historical",
        "reportedly",
        "others",
        "clinician",
        "then",
        "ai",
        "software",
        "technologist",
        "computer",
        "nurse",
    }
)
_OTHER_TESTS = frozenset(
    {
        "dvt",
        "ctpa",
        "ct",
        "dimer",
        "doppler",
        "duplex",
        "ultrasound",
        "echo",
        "outside",
        "symptoms",
        "presentation",
        "ecg",
        "swelling",
        "complaints",
        "troponin",
        "clinical",
        "clinically",
    }
)
_OTHER_READERS = frozenset(
    {"overnight", "teleradiology", "telerad", "resident", "registrar", "colleague", "outside", "trainee", "nighthawk"}
)
_FILM = frozenset({"cxr", "radiograph"})
_CLEAR = frozenset({"neg", "negative", "normal", "clear"})
_CLAUSES = frozenset({"there", "this", "it", "today", "today's", "we", "now"})
_SOURCES = frozenset(
    {"ct", "ctpa", "ed", "er", "resident", "referring", "referrer", "outside", "physician", "clinician", "team", "note", "ward", "hospital"}
)
_FORMER = frozenset({"previous", "previously", "prior", "earlier", "initially", "formerly", "originally"})
_ELSEWHERE_AFTER = frozenset({"previous", "previously", "prior", "earlier", "ct", "ctpa"})
_PAST_IT = STOPS | {"with", "and"}
_BOTH_SIDES = STOPS | {"?", "both", "either"}
_BESIDE = 2
_READERS = frozenset({"resident", "registrar", "trainee", "preliminary"})
_GOING_ON = frozenset({"the", "this", "it", "is", "are", "therefore", "thus", "so"})
_NOW = frozenset(
    {"final", "remains", "remain", "still", "again", "now", "today", "currently", "present", "current", "new", "but", "this", "these"}
)
_TOLD = frozenset(
    "was were had been showed shown stated wrote said read reported interpreted called "
    "demonstrated revealed suggested gave reading interpretation impression opinion "
    "calling labelled labeled graded".split()
)
_EXCEPT = frozenset({"exception", "except", "excepting", "elsewhere", "apart", "aside", "other", "protocol"})
_PARTING = frozenset({",", ":", "-", "either"})
_PARTS = frozenset({"lung", "lobe", "lobes", "only", "side", "base", "zone"})
_PART_WORDS = 4
_TAKEN_BACK = frozenset({"rejected", "retracted", "refuted", "unsupported", "withdrawn", "disproved"})
_UPHELD = frozenset(
    {"supported", "confirmed", "tenable", "correct", "accepted", "upheld", "valid", "meet", "met", "reach", "reached", "apply", "hold"}
)
_CONDITIONS = frozenset({"pending", "assuming", "unless", "provided", "if", "once", "until", "subject"})
_SUBJECT_TO = frozenset({"subject", "pending", "provided", "assuming", "unless"})
_PLACES = frozenset({"outside", "save", "bar", "in", "of", "on", "within", "involving", "affecting", "to", "for", "by"})
_SIDES = frozenset({"left", "right", "upper", "lower", "middle", "lingula", "apex", "base", "anteriorly", "posteriorly"})
_NEAR = 6
_NONE = frozenset({"no", "without", "neither", "nor", "never"})
_JOINING = frozenset({"and", "or", "with", "hence", "therefore", "thus", "so"})
_GRADE_WORDS = frozenset({"high", "low", "intermediate", "indeterminate", "positive", "negative", "normal"})
_CHOICE = frozenset({"or", "versus", "vs", "/"})
_LISTED = 3
_BEFORE, _AFTER = 6, 3
"""How many tokens around a verdict must hold no polarity word that nothing has taken."""


def second_look(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> Match:
    """Everything is checked twice: a word beside a verdict that could undo it, and that no phrase has taken, makes it doubtful."""
    if match.phrase.role != "verdict":
        return match
    looks = _looks(match, norms, left, taken, vocabulary)
    look, doubt = next((seen for seen in looks if seen[1]), ("", ""))
    return Match(match.phrase, match.first, match.last, doubt, look == "somebody-elses", look)


def _looks(
    match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary
) -> Iterator[tuple[str, str]]:
    """Each look by its name, and the word that it doubts the verdict for, if any."""
    yield "dangling", _dangling(match, left, taken, vocabulary)
    yield "inside", _inside(match, left, vocabulary)
    yield "before", _before(match, left, taken, vocabulary)
    yield "behind", _behind(match, norms, left, taken, vocabulary)
    yield "others", next((norm for norm in left if norm in vocabulary.words.others), "")
    yield "somebody-elses", _somebody_elses(match, norms, left, vocabulary)


def _dangling(match: Match, left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> str:
    before = match.first - 1
    if is_bare(match, left, vocabulary.words) and before >= 0 and left[before] in _ABOUT and not taken[before]:
        return left[before]
    named = match.phrase.grade is Grade.PRESENT or (match.phrase.grade is Grade.ABSENT and left[match.first] in _NAMES)
    bare = named and before >= 0 and left[before] in _DANGLING and not taken[before]
    return left[before] if bare else ""


def _inside(match: Match, left: Sequence[str], vocabulary: Vocabulary) -> str:
    """A gap of a graded phrase may have swallowed a negation or another time ("the probability of PE on the prior study was low")."""
    if match.phrase.weak:
        # A word against its number: "probability of PE high (<10%)".
        own = str(match.phrase.grade)
        return next((norm for norm in left[match.first : match.last] if norm in _BAND_WORDS and norm != own), "")
    if match.phrase.finding == "resolved":
        return next((norm for norm in left[match.first : match.last] if norm in vocabulary.words.turning), "")
    if match.phrase.grade not in _GRADED:
        return ""
    turning = _TURNING | (vocabulary.words.elsewhere - {"clinical", "clinically"})
    begin = match.first + (left[match.first] in _NONE)
    return next((norm for norm in left[begin : match.last] if norm in turning), "")


def _before(match: Match, left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> str:
    if match.phrase.grade is Grade.PRESENT and match.first and (doubt := _one_of_several(match.first, left, taken)):
        return doubt
    watched = vocabulary.words.negators | vocabulary.words.hedges
    before = left[match.first - 1] if match.first else ""
    if before == ":" and match.phrase.grade is Grade.ABSENT and _SIDES & set(left[: match.first]):
        # One side by itself, as in "Left base: no sign of emboli".
        return before
    if before in _GRADE_WORDS and not taken[match.first - 1]:
        return before
    if left[match.first] in _NONE and before in _JOINING:
        # "No new defects and no embolism": the one denies nothing of the other.
        return ""
    for number in range(match.first - 1, max(match.first - 1 - _BEFORE, -1), -1):
        if left[number] in STOPS or (left[number] == "and" and left[number + 1] in _GOING_ON):
            return ""
        if left[number] == "no" and "change" in left[number + 1 : number + 3]:
            continue
        if not taken[number] and left[number] in watched:
            return left[number]
    return ""


def _one_of_several(first: int, left: Sequence[str], taken: Sequence[bool]) -> str:
    """What makes the disease one of a choice ("pneumonia or embolism"), or the last of a list of what is not there."""
    choice = next((norm for norm in left[first - 1 : first + 1] if norm in _CHOICE), "")
    if choice or left[first - 1] != ",":
        return choice
    # "No residual, recurrent or new embolism": what stands before the comma may be said of the whole list.
    listed = range(max(first - 1 - _LISTED, 0), first - 1)
    return next((left[number] for number in listed if left[number] in _NONE and not taken[number]), "")


def _behind(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], vocabulary: Vocabulary) -> str:
    doubt = _answered(match, left) or _right_behind(match, norms, left, taken) or _further_on(match, norms, left, taken, vocabulary.words)
    if doubt or match.phrase.grade is None or match.phrase.grade.category is Category.NONDIAGNOSTIC or match.last >= len(left):
        return doubt
    words, following = vocabulary.words, left[match.last]
    positive = match.phrase.grade.category is Category.POSITIVE
    if following in words.excepting and match.phrase.grade is Grade.NORMAL:
        return following
    opened, denied = left[match.last - 1] in _OPENED, positive or left[match.first] in _NONE
    odd = _goes_on_oddly(left[match.last :], words, weak=match.phrase.weak, opened=opened, denied=denied)
    return odd if positive else odd or _taken_out(left, taken, match.last, words.excepting)


def _right_behind(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool]) -> str:
    if match.last >= len(left):
        return ""
    following = left[match.last]
    if left[match.last] == "," and {*norms[match.last + 1 : match.last + 2]} & _SUBJECT_TO:
        return norms[match.last + 1]
    undecided = match.phrase.grade is not None and match.phrase.grade.category is Category.NONDIAGNOSTIC
    if norms[match.last] in _CONDITIONS and not (undecided and norms[match.last] == "pending"):
        # Masked, since what it says is no verdict; but the verdict hangs on it.
        return norms[match.last]
    if doubt := _against_its_number(match, left):
        return doubt
    if following == "was" and {*norms[match.last : match.last + 8]} & _OTHER_READERS:
        return following
    if following in ("?", ":") and match.last + 1 < len(left) and left[match.last + 1] in ("no", "yes", "not"):
        return following
    if match.phrase.grade is Grade.PRESENT and following in _CHOICE and not taken[match.last]:
        return following
    if match.phrase.grade is Grade.PRESENT and following == "," and "or" in left[match.last : match.last + 5]:
        return "or"
    if following in ("of", "for", "that") and match.last + 1 < len(left) and not taken[match.last] and match.phrase.grade in _GRADED:
        # "High probability of COPD": the verdict is about something else.
        return following if left[match.last + 1] != "age" else ""
    return ""


def _against_its_number(match: Match, left: Sequence[str]) -> str:
    """A percentage right behind a grade that is not its own: "high (20%)"."""
    number, sign = [*left[match.last : match.last + 2], "", ""][:2]
    if sign != "%" or not number.isdecimal() or match.phrase.grade not in BANDS:
        return ""
    low, high = BANDS[match.phrase.grade]
    return "" if low <= int(number) <= high else number


def _further_on(match: Match, norms: Sequence[str], left: Sequence[str], taken: Sequence[bool], words: Words) -> str:
    rest = range(match.last, len(left))
    for number in rest:
        if (left[number] in _TAKEN_BACK and not taken[number]) or (left[number] in _UPHELD and left[number - 1] == "not"):
            return left[number]
    if "longer" in left[match.last : match.last + 5] and left[left.index("longer", match.last) - 1] == "no":
        return "longer"
    grade = match.phrase.grade
    denies = grade is not None and grade.category is Category.NEGATIVE
    watched = (words.undoing | words.hedges) - (_DENYING_TOO if denies else frozenset())
    if grade is Grade.PRESENT and (doubt := _kept_open(left[match.last :], taken[match.last :])):
        return doubt
    for number in rest[:_AFTER]:
        # What was masked counts here: "... was considered" is no recommendation to whoever reads it after a verdict.
        if norms[number] in _PAST_IT:
            break
        if not taken[number] and norms[number] in watched:
            return norms[number]
    return ""


_OPENED = frozenset({"of", "for", "in", "involving", "affecting", ",", "with", "since", "compared", "throughout", "within", "bilaterally"})
_AUXILIARIES = frozenset({"is", "are", "has", "have", "be", "remains", "was", "were"})


def _goes_on_oddly(rest: Sequence[str], words: Words, *, weak: bool, opened: bool, denied: bool) -> str:
    """What stands right behind a verdict that nobody puts there if it holds: "... no longer applies", "... is hard to keep"."""
    following = rest[0]
    if weak or opened or following in STOPS or not following[0].isalpha():
        return ""
    if following not in words.follows and following not in words.core and not (denied and following in ("was", "were")):
        return following
    if following in _AUXILIARIES and len(rest) > 1 and rest[1] not in words.states and rest[1] not in STOPS:
        return following
    return ""


_DENYING_TOO = frozenset({"negative", "absent"})
"""Behind a denial they say the same again."""
_ANSWERS = frozenset({"no", "none", "nil", "not", "likely", "unlikely", "negative", "absent"})
_OF_AN_ANSWER = frozenset({"evidence", "sign", "signs", "longer", "more"})


def _answered(match: Match, left: Sequence[str]) -> str:
    """What answers the bare name of the disease behind a comma ("pulmonary embolism, none"), or makes it a question."""
    if match.phrase.grade is not Grade.PRESENT:
        return ""
    if left[match.first] == "any" or "question" in left[match.last : match.last + 3]:
        return left[match.first]
    if "%" in left[match.last : match.last + 5] and left[match.last] in (":", "<", ">"):
        return "%"
    if list(left[match.last : match.last + 1]) == [":"] and all(norm not in ("yes", "positive", "present") for norm in left[match.last :]):
        return ":"
    if list(left[-2:-1]) == [","] and left[-1] in _ANSWERS:
        return left[-1]
    rest = [norm for norm in left[match.last - (left[match.last - 1] == ",") :] if norm != ","]
    first = rest[0] if rest else ""
    return first if first in _ANSWERS and (len(rest) == 1 or rest[1] in _OF_AN_ANSWER) else ""


_LEAVING_OPEN = frozenset({"cannot", "excluded", "exclude", "possible", "unlikely", "doubtful", "questionable", "dismissed", "difficult"})


def _kept_open(rest: Sequence[str], taken: Sequence[bool]) -> str:
    """What further right in the clause leaves a named disease open: "a small embolus in the left lower lobe cannot be excluded"."""
    for norm, gone in zip(rest, taken, strict=True):
        if norm in _PAST_IT:
            return ""
        if norm in _LEAVING_OPEN and not gone:
            return norm
    return ""


def _taken_out(left: Sequence[str], taken: Sequence[bool], start: int, excepting: frozenset[str]) -> str:
    """What a negative verdict leaves out: "except ...", or one side or part that it is said of."""
    if any(left[n] == "or" and left[n + 1] == "elsewhere" for n in range(start, len(left) - 1)):
        return ""
    for number in range(start, len(left)):
        norm = left[number]
        if norm == "," and number + 1 < len(left) and left[number + 1] in _EXCEPT:
            return left[number + 1]
        if norm in _PARTING and _one_part(left[number + 1 :], excepting):
            return norm
        if (
            norm == "but"
            and set(left[number + 1 : number + 2]) & {"the", "for", "in"}
            and excepting.intersection(left[number + 1 : number + 4])
        ):
            return norm
        if norm in _BOTH_SIDES:
            return ""
        placed = set(left[max(number - 2, start) : number]) & _PLACES
        if not taken[number] and norm in excepting and (norm in _EXCEPT or (placed and number - start < _NEAR)):
            return norm
    return ""


def _one_part(tail: Sequence[str], excepting: frozenset[str]) -> bool:
    """Whether all that follows names one side or part: "No evidence of PE, left lung"."""
    named = [norm for norm in tail if norm not in _PLACES and norm != "the"]
    return 0 < len(named) <= _PART_WORDS and named[0] in excepting and named[-1] in _PARTS and not {"or", "and"} & set(named)


def _somebody_elses(match: Match, norms: Sequence[str], left: Sequence[str], vocabulary: Vocabulary) -> str:
    """A verdict that is told of another time, reader or test: "the outside scan, which was low probability"."""
    cue, place = "", 0
    for number in range(match.first - 1, -1, -1):
        if left[number] == MASKED or left[number] in _NOW or (left[number] == "," and left[number + 1] in _CLAUSES):
            break
        if left[number] in vocabulary.words.elsewhere or _is_year(left[number]):
            cue, place = left[number], number
            break
    if cue in _FILM and left[place + 1] in _CLEAR:
        # "CXR neg: high probability PE": what is said of the film ends before.
        cue = ""
    if cue in _FORMER and match.first - place <= _BESIDE:
        return cue
    if cue in _ALONE or (cue in _OTHER_TESTS and (match.first - place <= _BESIDE or STOPS.isdisjoint(left[place : match.first]))):
        return cue
    if cue and (set(left[place : match.last]) & _TOLD or (":" in left[place : match.first] and cue not in _READERS)):
        return cue
    if any(left[n].isdigit() and left[n + 1 : n + 4 : 2] == ["/", "/"] for n in range(max(match.first - 6, 0), max(match.first - 4, 0))):
        return "/"
    after = norms[match.last : match.last + 5]
    near = set(norms[match.last : match.last + 3])
    said_by = set(norms[match.last : match.last + 7])
    if (near & {"per", "according"} and said_by & _SOURCES) or (near & {"at", "on"} and "outside" in said_by):
        return "per"
    if {"by", "from"} & set(norms[match.last : match.last + 2]) and {*norms[match.last : match.last + 6]} & _OTHER_READERS:
        return "by"
    found = next((norm for norm in after if norm in ("ago", "wells", "geneva", "before") or _is_year(norm)), "")
    told_of = "confirmed" not in after and any(norm in _ELSEWHERE_AFTER and _placed(after[:n]) for n, norm in enumerate(after[:4]))
    if told_of and not {"since", "unchanged", "from"} & set(after):
        return "previous"
    return "" if {"since", "compared", "as", "like", "prev", "confirmed"} & set(after) else found


def _placed(before: Sequence[str]) -> bool:
    """Whether "on", "in" or "at" stands right before, with or without an article."""
    kept = [norm for norm in before if norm not in ("the", "a", "recent", "yesterday's", "today's", "his", "her")]
    return not before or bool(kept and kept[-1] in ("on", "in", "at"))


def _is_year(norm: str) -> bool:
    return norm.isdigit() and len(norm) == 4 and norm[:2] in ("19", "20")
