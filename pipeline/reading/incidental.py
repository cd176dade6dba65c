"""What a report says beside its verdict and outside its sentences: other findings to act on, and a code of the result."""

import re

from pipeline.domain.reading import Category

_MALIGNANCY = re.compile(
    r"\b(?:suspicious|concerning|worrisome|suggestive|new|likely|probable|possible)\b[^.;\n]{0,60}\b(?:malignan\w+|"
    r"neoplas\w+|carcinoma|cancer|metasta\w+|tumou?r|lymphoma)\b"
)
_INCIDENTAL = re.compile(r"\b(?:nodule|mass|aneurysm|adenopathy|lymphadenopathy|lesion)\b")
_CODED = re.compile(
    r"\b(?:coded result|result code|diagnosis code|diagnostic code)\b[^\n]{0,40}?\b(?:(present|positive|high)|(absent|negative|normal|"
    r"low)|(non-?diagnostic|indeterminate|intermediate|inconclusive))\b"
)
"""A code of the result beside the text, in words: positive, negative, nondiagnostic."""
_CODES = (Category.POSITIVE, Category.NEGATIVE, Category.NONDIAGNOSTIC)


def incidental_in(said: str) -> list[str]:
    """The remark codes of other findings that somebody should look into. `said`: lower-case."""
    if _MALIGNANCY.search(said):
        return ["malignancy-raised"]
    return ["incidental"] if _INCIDENTAL.search(said) else []


def coded_otherwise(lowered: str, category: Category) -> bool:
    """Whether the text holds a code of the result that is of another category."""
    coded = _CODED.search(lowered) if "cod" in lowered else None
    return coded is not None and coded.lastindex is not None and _CODES[coded.lastindex - 1] is not category
