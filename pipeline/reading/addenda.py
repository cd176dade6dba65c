"""What an addendum without a verdict of its own does to the one before it."""

from pipeline.domain.reading import Category
from pipeline.reading.parts import Part
from pipeline.reading.vocabulary import Vocabulary

_TOUCHES = frozenset(
    {
        "worrisome",
        "worrying",
        "concerning",
        "sought",
        "pending",
        "reconsidered",
        "abnormal",
        "positive",
        "should",
        "changed",
        "different",
        "agreement",
        "nondiagnostic",
        "high",
        "low",
    }
)
_UNSETTLES = (_TOUCHES - {"should", "changed", "different", "agreement", "high", "low"}) | {
    "reinterpretation",
    "investigation",
    "discrepant",
    "discrepancy",
    "mislabelled",
    "mislabeled",
    "swapped",
    "hold",
    "doubt",
    "uncertain",
    "withheld",
    "awaiting",
    "disagrees",
    "disagree",
    "heparin",
}
_MORE_LOSS = frozenset({"defect", "defects", "missed", "additional"})
_EXPLAINED = frozenset({"matched", "match", "matches", "corresponds", "correspond", "explained", "attributable", "unchanged", "no", "due"})
NOT_YET = frozenset({"investigation", "reinterpretation", "awaiting", "withheld", "discrepant"})
_NEWS = frozenset({"suspicious", "suspicion", "clot", "clots"})
"""With these, or the disease by name, an addendum is about more than a detail."""
_OPEN = frozenset({"may", "might", "could", "whether", "which", "longer", "pending", "follow", "follows", "until"})
_ALTERS = frozenset(
    {"change", "category", "alter", "affect", "affects", "impression", "reading", "interpretation", "confident", "reviewed"}
)
_STANDS = frozenset({"unchanged", "unaffected", "stands"})
_KEEPS = frozenset({"sides", "transposed", "unchanged", "unaffected", "stands", "neither", "technique", "dose", "mci", "mbq", "side"})


def leaves_doubt(added: Part, base: Category, vocabulary: Vocabulary, *, late: bool) -> bool:
    """Whether an addendum without a verdict leaves doubt about the verdict of category `base`; `late`: it stands behind it."""
    words = added.words
    if added.found.denied or (_UNSETTLES & words and not _STANDS & words):
        return True
    if "change" in words and words & {"interpretation", "impression", "reading", "category"} and not words & {"no", "not", "unchanged"}:
        return True
    if _OPEN & words and _ALTERS & words and not _STANDS & words:
        return True
    if _MORE_LOSS & words and base is Category.NEGATIVE and not _EXPLAINED & words:
        return True
    if _KEEPS & words and words.isdisjoint(vocabulary.words.core | _NEWS):
        return False
    if late and not vocabulary.words.no_matter & words:
        return True
    unlike = base is not Category.POSITIVE and "mismatch" in added.found.remarks
    # What is masked in an addendum ("a later CT showed an embolus") is news all the same.
    return unlike or bool(_TOUCHES & words) or (late and any(map(vocabulary.is_trigger, words)))
