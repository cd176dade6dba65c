"""The one table of what a stretch of a report was taken as, and the cutting of its text into such stretches.

Both views of `explain` show by it: each role has a colour and a second mark, for eyes and paper that show no colour.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pipeline.domain.reading import Category, Grade, Reading, Role, Span
from pipeline.reading.matching import LOOSE
from pipeline.reading.vocabulary import Vocabulary

DOUBT = "doubt"
"""The label of a span that was no reading's: the word for which the second look doubted the verdict beside it."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How one role is shown.

    Attributes:
        key: its class on the page.
        name: in the legend.
        meaning: the same in a sentence.
        tag: the word that stands in front of each stretch on the page; empty for none.
        style: on a terminal, of `rich`; a verdict's has the colour of the category added.
    """

    key: str
    name: str
    meaning: str
    tag: str
    style: str


MARKS = (
    Mark("unread", "unread", "A word about embolism that no rule understood: a person reads the report.", "unread", "bold white on red"),
    Mark("doubt", "doubt", "A word beside a verdict that may undo it: a person reads the report.", "doubt", "bold red reverse underline"),
    Mark("refusal", "for a person", "A wording that is always for a person.", "for a person", "bold magenta reverse underline"),
    Mark("hedge", "hedge", "Puts a verdict in doubt, or leans to one.", "hedge", "bold yellow underline"),
    Mark("verdict", "verdict", "States the result.", "verdict", "bold reverse"),
    Mark("negation", "denied", "Says what is not there, beside the verdict.", "denied", "bold cyan underline2"),
    Mark("context", "remark", "Understood, and says no verdict of its own.", "", "italic blue"),
    Mark("indication", "asked", "Indication, history, or the probability before the scan: left out.", "asked", "dim cyan"),
    Mark("prior", "another exam", "Another time, another test, or a draft that was replaced: left out.", "another exam", "dim magenta"),
    Mark("condition", "if, advice", "A condition or a recommendation: left out.", "if / advice", "dim yellow italic"),
    Mark("legend", "legend", "A legend of criteria, or a template's own text: left out.", "legend", "dim underline"),
    Mark("masked", "left out", "No verdict of this exam: left out.", "left out", "dim"),
    Mark("heading", "heading", "The heading of a part that was read for a verdict.", "", "bold underline"),
)
"""From the most to the least striking: legends list them in this order, and of two roles of the very same stretch the first wins."""

BY_KEY: Mapping[str, Mark] = {mark.key: mark for mark in MARKS}
_RANK = {mark.key: number for number, mark in enumerate(MARKS)}
_OF_ROLE = {Role.VERDICT: "verdict", Role.NEGATION: "negation", Role.CONTEXT: "context", Role.HEADING: "heading", Role.UNREAD: "unread"}
_OF_PHRASE = {"hedge": "hedge", "refuse": "refusal"}
_OF_MASK = {
    "indication": "indication",
    "history": "indication",
    "pretest": "indication",
    "comparison": "prior",
    "other-modality": "prior",
    "superseded": "prior",
    "condition": "condition",
    "recommendation": "condition",
    "legend": "legend",
    "template": "legend",
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text that is shown in one way.

    Attributes:
        mark: None for text that was taken as nothing.
        label: the phrase's id or the kind of mask.
        first: it begins its span, which others may interrupt.
        says: of a verdict, the category that it states.
    """

    text: str
    mark: Mark | None = None
    label: str = ""
    first: bool = False
    says: Category | None = None


class Marker:
    """Tells how a span is shown. The vocabulary says what a phrase does: the span itself holds only its id."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        phrases = (*vocabulary.phrases, *LOOSE.values())
        self._phrases = {phrase.id: _OF_PHRASE[phrase.role] for phrase in phrases if phrase.role in _OF_PHRASE}
        self._grades = {phrase.id: phrase.grade for phrase in phrases if phrase.grade}

    def mark_of(self, span: Span) -> Mark:
        """The mark of one span."""
        if span.role is Role.MASK:
            return BY_KEY[_OF_MASK.get(span.label, "masked")]
        if span.role is Role.CONTEXT:
            return BY_KEY[self._phrases.get(span.label, "context")]
        if span.role is Role.UNREAD and span.label == DOUBT:
            return BY_KEY["doubt"]
        return BY_KEY[_OF_ROLE[span.role]]

    def pieces(self, text: str, reading: Reading, decided: Category, doubts: Iterable[Span] = ()) -> list[Piece]:
        """The whole text, cut where the way it is shown changes: the pieces' texts, joined, are the text.

        Of spans that overlap the innermost is shown (the one that begins last, of those the one that ends first).

        Args:
            text: the report's.
            reading: of this text.
            decided: the category of the decision on it.
            doubts: words for which verdicts were doubted.
        """
        evidence = (Span(Role.VERDICT, found.phrase, found.start, found.end) for found in reading.evidence)
        spans = dict.fromkeys(span for span in (*reading.spans, *evidence, *doubts) if 0 <= span.start < span.end <= len(text))
        shown = {span: self.mark_of(span) for span in spans}
        inner_last = sorted(spans, key=lambda span: (span.start, -span.end, -_RANK[shown[span].key]))
        return [self._saying(piece, reading, decided) for piece in _cut(text, inner_last, shown)]

    def _saying(self, piece: Piece, reading: Reading, decided: Category) -> Piece:
        """A verdict is shown as what it says by itself: of two that contradict each other, each has its own colour."""
        if not piece.mark or piece.mark.key != "verdict":
            return piece
        grade = self._grades.get(piece.label)
        if grade is None:
            return piece if decided is Category.REVIEW else replace(piece, says=decided)
        says = Category.NONDIAGNOSTIC if grade is Grade.LOW and reading.names_pioped2 else grade.category
        # A site may count low as nondiagnostic.
        return replace(piece, says=decided if says is reading.category and decided is not Category.REVIEW else says)


def legend(pieces: Iterable[Piece]) -> list[Mark]:
    """The marks that occur, the most striking first."""
    return sorted({piece.mark for piece in pieces if piece.mark}, key=lambda mark: _RANK[mark.key])


def _cut(text: str, spans: Sequence[Span], shown: Mapping[Span, Mark]) -> Iterator[Piece]:
    """`spans` begin in order; where some begin together, the innermost comes last."""
    opened: list[Span] = []
    begun: set[Span] = set()
    places = sorted({0, len(text), *(span.start for span in spans), *(span.end for span in spans)})
    waiting = iter(spans)
    following = next(waiting, None)
    for begin, stop in pairwise(places):
        while following is not None and following.start == begin:
            opened.append(following)
            following = next(waiting, None)
        # A span that ended under a longer one stays in the list until it comes to the top.
        while opened and opened[-1].end <= begin:
            opened.pop()
        if not opened:
            yield Piece(text[begin:stop])
            continue
        top = opened[-1]
        yield Piece(text[begin:stop], shown[top], top.label, top not in begun)
        begun.add(top)
