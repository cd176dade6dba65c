"""What a sentence says that names the disease or a grade without giving a verdict."""

from collections.abc import Sequence

from pipeline.domain.reading import Grade
from pipeline.reading.found import Match, SentenceMatch
from pipeline.reading.resolve import Mention
from pipeline.reading.vocabulary import Vocabulary

_TOLD_KINDS = frozenset({"comparison", "other-modality", "legend", "pretest", "superseded"})
_SHOWED = frozenset({"showed", "shows", "shown", "demonstrated", "demonstrates", "revealed", "reveals", "confirmed"})
_DATED = frozenset(
    {"prior", "previous", "previously", "ago", "earlier", "last", "old", "outside", "known", "treated", "yesterday", "yesterday's", "had"}
)
_GRADE_WORDS = frozenset({"low", "high", "intermediate", "indeterminate", "nondiagnostic", "normal", "moderate", "%"})
_CALLED = frozenset({"called", "read", "reported", "left", "graded", "said", "wrote", "labelled", "labeled", "termed"})
_AT_PRESENT = frozenset({"now", "today", "today's", "currently", "present", "current", "but", "this", "i", "we", "however", "is"})
_PLACED = frozenset(
    {"lung", "lungs", "lobe", "lobes", "left", "right", "segment", "segments", "side", "sides", "base", "bases", "bilateral"}
)
_CT = frozenset({"ct", "ctpa"})
_UNCLEAR = frozenset({"nondiagnostic", "negative", "no", "not", "cannot", "without", "limited", "inadequate", "suboptimal"})
_BLOCKED = frozenset({"clot", "clots", "amputation", "amputated"})
_OF_AMOUNT = frozenset({"least", "less", "loss", "than", "partly", "partially"})
_COPULAS = frozenset({"is", "are", "was", "were", "remains", ":"})
_GRADED_ONLY = frozenset(set(Grade) - {Grade.ABSENT, Grade.PRESENT})
_DEFINITE = frozenset({"the", "this", "that", "a", "an"})
_CALLING = frozenset({"called", "calling", "termed", "labelled", "labeled"})
_ABOUT_IT = frozenset({"reading", "rested", "rests", "leaves", "leave", "demands", "requires", "needs", "means", "presupposes"})
_HELD_AGAINST = frozenset({"of", "for", "than", "to"})
_CLASSES = frozenset({"category", "group", "class", "range", "band", "tier"})
_ARTICLES = frozenset({"a", "an"})


def shown_elsewhere(found: SentenceMatch, vocabulary: Vocabulary) -> bool:
    """Whether another test is said to show the disease, and nothing says when: a reader who denies it beside that is to be asked."""
    said = {token.norm for mask in found.masks for token in found.tokens[mask.first : mask.last]}
    every = {token.norm for token in found.tokens}
    dated = not _DATED.isdisjoint(every) or any(norm.isdecimal() for norm in every) or not vocabulary.words.negators.isdisjoint(every)
    return bool(_CT & said) and not _SHOWED.isdisjoint(said) and not vocabulary.words.core.isdisjoint(said) and not dated


def in_passing(norms: Sequence[str], match: Match, core: frozenset[str]) -> bool:
    """Whether a grade is spoken of without being given: "the high probability reading rested on ...", "a scan called high probability"."""
    chosen = norms[match.first : match.last]
    if match.phrase.grade not in _GRADED_ONLY or not core.isdisjoint(chosen) or not _COPULAS.isdisjoint(chosen):
        return False
    before = norms[: match.first]
    article = norms[match.first] in _ARTICLES or (bool(before) and before[-1] in _DEFINITE)
    while before and before[-1] in _DEFINITE:
        before = before[:-1]
    after = norms[match.last] if match.last < len(norms) else "."
    if article and (not before or before[-1] in (",", "-")):
        return after in _ABOUT_IT
    return bool(before) and (before[-1] in _CALLING or list(before[-2:]) == ["would", "be"])


def held_against(before: Sequence[str], chosen: Sequence[str]) -> bool:
    """Whether a grade is only compared with: "more than a low probability scan", "what is asked for the high category"."""
    if chosen[0] in _ARTICLES:
        return bool(before) and before[-1] in _HELD_AGAINST
    return len(before) > 1 and before[-1] == "the" and before[-2] in _HELD_AGAINST and chosen[-1] in _CLASSES


def mention_of(found: SentenceMatch, vocabulary: Vocabulary) -> Mention:
    """What a sentence says in which words about the disease stayed unread."""
    words = vocabulary.words
    every = {token.norm for token in found.tokens}
    left = {found.tokens[n].norm for n in found.unread}
    if left <= words.chances and _GRADE_WORDS.isdisjoint(every):
        # "In place of probability the term likelihood is used": nothing is graded.
        return Mention.TOLD
    if not left <= words.core | _BLOCKED:
        of_another = not words.elsewhere.isdisjoint(every) and not _CALLED.isdisjoint(every) and _AT_PRESENT.isdisjoint(every)
        return Mention.TOLD if of_another else Mention.GRADE
    masked = {n for mask in found.masks for n in range(mask.first, mask.last)}
    said = {token.norm for n, token in enumerate(found.tokens) if n not in masked}
    told = any(mask.mask.kind in _TOLD_KINDS for mask in found.masks) and _PLACED.isdisjoint(said)
    if told and not any(match.phrase.grade for match in found.matches) and (words.holds_now | words.hedges).isdisjoint(said):
        # The rest of the sentence goes with what it tells of another time or test.
        return Mention.TOLD
    doubtful = any(match.doubt and not match.elsewhere for match in found.matches)
    if (words.negators | words.undoing | words.disowns | words.hedges | words.elsewhere).isdisjoint(said - _OF_AMOUNT) and not doubtful:
        told = not words.context.isdisjoint(said) and words.holds_now.isdisjoint(said)
        return Mention.TOLD if told else Mention.PLAIN
    states = any(match.phrase.role in ("hedge", "refuse") or match.phrase.grade for match in found.matches)
    if states or not words.holds_now.isdisjoint(said - (_UNCLEAR if _CT & said else frozenset())) or not words.hedges.isdisjoint(said):
        return Mention.OPEN
    if _CT & said:
        # What another test shows may be an embolus; what it could not show is none.
        return Mention.TOLD if _UNCLEAR & said else Mention.OPEN
    if not words.context.isdisjoint(said) or {"would", "have"} <= said:
        return Mention.TOLD
    placed = not said.isdisjoint(_PLACED)
    return Mention.DENIED if not words.negators.isdisjoint(said) and not placed and words.disowns.isdisjoint(said) else Mention.OPEN
