"""Reads one report: sections, masks, verdicts, agreement; right, or for a person."""

import re
from collections.abc import Iterable, Sequence

from pipeline.domain.reading import Category, Grade, Reading, Role, Span
from pipeline.domain.report import TextBlock
from pipeline.reading.crosscheck import disagree
from pipeline.reading.matching import match_sentence
from pipeline.reading.parts import Part, PartReader
from pipeline.reading.resolve import Resolved, resolve
from pipeline.reading.sections import (
    ADDENDUM,
    ATTENDING,
    BODY,
    COMMENT,
    FINDINGS,
    IMPRESSION,
    OTHER_EXAM,
    PRELIMINARY,
    Section,
    sections_of,
)
from pipeline.reading.sentences import sentences_of
from pipeline.reading.tokens import WORD, plain, tokens_of
from pipeline.reading.vocabulary import Vocabulary

LONGEST = 60_000
"""Characters. No radiology report is that long (the longest of our corpora has 5,000); hostile text costs no more than this."""

_PIOPED2 = re.compile(r"modified\s+pioped\s*-?\s*(?:ii|2)\b")
_NOT_DONE = re.compile(
    r"\b(?:was|were|is|has been|study|scan|exam\w*|imaging) (?:therefore |subsequently )?(?:not (?:performed|done|"
    r"carried out|completed|obtained)|cancell?ed|aborted|abandoned|terminated|not undertaken)\b|\b(?:unable|could not|"
    r"refused|declined|not able) to (?:perform|complete|undergo|be performed|tolerate)|\bno images\b|"
    r"\bcould not be (?:performed|completed|done)"
)
_WRONG_PATIENT = re.compile(
    r"\b(?:dictated|reported|entered|filed|reads?|images|study|scan|report)\b[^.\n]{0,40}\b(?:wrong|another|different) patient\b"
)
_NEVER_DONE = re.compile(
    r"(?:^|[.;\n])\s*(?:the |this )?(?:v/?q |lung )?(?:study|scan|exam|examination) (?:was|has been) "
    r"(?:not (?:performed|done|completed|carried out|obtained)|cancell?ed|aborted|abandoned)\b"
)
_MALIGNANCY = re.compile(
    r"\b(?:suspicious|concerning|worrisome|suggestive|new|likely|probable|possible)\b[^.;\n]{0,60}\b(?:malignan\w+|"
    r"neoplas\w+|carcinoma|cancer|metasta\w+|tumou?r|lymphoma)\b"
)
_INCIDENTAL = re.compile(r"\b(?:nodule|mass|aneurysm|adenopathy|lymphadenopathy|lesion)\b")
_ODD = re.compile(
    "[\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff\uff00-\uffef]"
    r"|</?[a-z!][^<>\n]{0,80}>|<!--|&(?:[a-z]{2,8}|#\d{1,6});|(?<=[a-z])[*_~^|#](?=[a-z])|\[deleted|~~|\[\[|/\*|\((?:deleted|sic)\)"
)
_ODD_SIGNS = (*"<&*_~^|#", "[deleted", "[[", "/*", "(deleted)", "(sic)")
"""ASCII text that holds none of these is not odd."""
_LATIN = re.compile(r"[a-zÀ-ɏ]+$")
_OF_THE_SCAN = re.compile(r"\b(?:perfus|ventilat|technegas|maa\b|aerosol|xenon|scintigra)")
_BLANK_LINE = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n")
_CUT_OFF = frozenset("of for the with and in to a an not is are was very or at on by from without than".split())
_OPPOSITE = {Category.NEGATIVE: Category.POSITIVE, Category.POSITIVE: Category.NEGATIVE}
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
_UNSETTLES = _TOUCHES - {"should", "changed", "different", "agreement", "high", "low"}
_STANDS = frozenset({"unchanged", "unaffected", "stands"})
_KEEPS = frozenset({"sides", "transposed", "unchanged", "unaffected", "stands", "neither", "technique", "dose", "mci", "mbq", "side"})
_TOLD_TOO = frozenset({BODY, FINDINGS, ATTENDING, COMMENT, "recommendation", "signature"})
_REPORT_WORDS = frozenset(
    {"report", "impression", "interpretation", "patient", "above", "dictated", "dictation", "conclusion", "attending", "reader", "i"}
)
_ALWAYS_SAID = frozenset({"overlooked", "misread", "retracted"})
_AGREED = frozenset({"agree", "concur", "agreement"})
_OF_A_DETAIL = frozenset({"side", "sides", "transposed", "laterality", "dose", "weight", "technique", "date", "mci", "mbq", "spelling"})
_OF_A_DRAFT = frozenset({"preliminary", "resident", "draft", "overnight", "call", "trainee", "registrar", "outside"})
_AGREES = frozenset({"agree", "agreed", "agrees", "concur", "concurs", "confirm", "confirmed", "confirms", "unchanged"})
_DISAGREES = frozenset({"disagree", "disagrees", "not", "however", "but", "except", "less", "unsure"})


def read(blocks: Sequence[TextBlock], vocabulary: Vocabulary) -> Reading:
    """Read one report's text. Never raises for content; cost is linear in the length of the text.

    Args:
        blocks: the text in message order; a block's `section` is what the source's code says.
        vocabulary: the language to read with.
    """
    return _Reader(blocks, vocabulary).read()


class _Reader:
    def __init__(self, blocks: Sequence[TextBlock], vocabulary: Vocabulary) -> None:
        self.text = "\n".join(block.text for block in blocks)
        self.lowered = plain(self.text)
        self.vocabulary = vocabulary
        self.sections = [] if len(self.text) > LONGEST else sections_of(blocks, self.text, self.lowered, vocabulary.headings)
        self.words = WORD.findall(self.lowered)
        self.said = frozenset(self.words)
        self.pioped2 = "pioped" in self.lowered and bool(_PIOPED2.search(self.lowered))
        self._parts = PartReader(self.text, self.lowered, vocabulary, pioped2=self.pioped2)

    def read(self) -> Reading:
        if not self.text.strip():
            return self._refuse(["empty-impression"], [])
        if len(self.text) > LONGEST:
            return self._refuse(["text-too-long"], [])
        if " patient" in self.lowered and _WRONG_PATIENT.search(self.lowered):
            return self._refuse(["addendum-unclear"], [])
        if self._odd():
            # Characters nobody sees, or markup: what a person reads there may not be what stands there.
            return self._refuse(["unread-mention"], [])
        if self._foreign():
            return self._refuse(["foreign-language"], [])
        live, additions = self._live_sections()
        if not any(self.lowered[s.start : s.end].strip() for s in live) and not additions:
            other = "other-exam" if any(s.kind == OTHER_EXAM for s in self.sections) else "no-impression"
            return self._refuse(["empty-impression" if any(s.kind == IMPRESSION for s in self.sections) else other], [])
        part = self._parts.read(live)
        result, spans = self._with_additions(part, live, additions)
        result = self._against_draft(result, live)
        if result.grade is None:
            cut = result.reasons == ("unread-mention",) and self._broken_off(live)
            return self._refuse(["broken-off"] if cut else list(result.reasons) or self._why_nothing(part, live), spans, part)
        if reason := self._said_elsewhere(result.category, live, additions):
            return self._refuse([reason], spans, part)
        if reason := self._second_thoughts(result.grade, live, spans, part):
            return self._refuse([reason], spans, part)
        return Reading(
            category=result.category,
            grade=result.grade,
            chronic=result.chronic,
            reasons=tuple(self._remarks(live)),
            evidence=tuple(v.evidence for v in self._verdicts if v.category is result.category),
            spans=tuple(sorted(spans, key=lambda s: (s.start, s.end))),
            range_with_high=result.with_high,
            names_pioped2=self.pioped2,
        )

    def _odd(self) -> bool:
        ordinary = self.lowered.isascii() and not any(sign in self.lowered for sign in _ODD_SIGNS)
        return not ordinary and _ODD.search(self.lowered) is not None

    # -- which text may decide

    def _live_sections(self) -> tuple[list[Section], list[Section]]:
        """(sections that hold the verdict, addenda). Headings after an addendum belong to the addendum."""
        live: list[Section] = []
        additions: list[Section] = []
        seen_impression = after_addendum = False
        for section in self.sections:
            if section.kind == ADDENDUM:
                after_addendum = seen_impression
                additions.append(section)
            elif section.kind == IMPRESSION:
                (additions if after_addendum else live).append(section)
                seen_impression = True
            elif section.kind == "communication":
                live.append(section)
        if not seen_impression:
            live += self._without_impression()
            live.sort(key=lambda s: s.start)
        return live, additions

    def _without_impression(self) -> list[Section]:
        """Where the verdict may stand in a text without an impression: a draft that its attending confirms, else the text itself."""
        drafts = [s for s in self.sections if s.kind == PRELIMINARY]
        attending = [s for s in self.sections if s.kind == ATTENDING]
        if drafts:
            said = set(WORD.findall(" ".join(self.lowered[s.start : s.end] for s in attending)))
            confirmed = bool(said & _AGREES) and not said & _DISAGREES
            return [*drafts, *attending] if confirmed or not attending else attending
        told = [s for s in self.sections if s.kind in (BODY, FINDINGS, ATTENDING, COMMENT)]
        if any(s.kind != BODY for s in told):
            return told
        # A label in a text of paragraphs names its own paragraph only.
        asked = [s for s in self.sections if s.kind == "indication"]
        after = [(s, _BLANK_LINE.search(self.lowered, s.start, s.end)) for s in asked]
        told += [Section(BODY, blank.end(), s.end) for s, blank in after if blank and _OF_THE_SCAN.search(self.lowered, blank.end(), s.end)]
        return sorted(told, key=lambda s: s.start)

    # -- addenda

    def _with_additions(self, part: Part, live: Sequence[Section], additions: Sequence[Section]) -> tuple[Resolved, list[Span]]:
        """The base's verdict, unless an addendum plainly puts another in its place."""
        base = resolve(part.found)
        self._verdicts = list(part.found.verdicts)
        spans = list(part.spans)
        if not additions:
            return self._checked(base, part), spans
        added = self._parts.read(additions)
        spans += added.spans
        said = resolve(added.found)
        if not added.found.verdicts:
            # A note of correction over the impression tells what the impression below it has put right.
            late = not live or additions[-1].start > live[-1].start
            if said.reasons or self._unsettled(base, added, late=late) or self._disowned(additions, _AGREED):
                return Resolved(None, ("addendum-unclear", *said.reasons)), spans
            return self._checked(base, part), spans
        if said.grade is None:
            return Resolved(None, ("addendum-unclear", *said.reasons)), spans
        self._verdicts = list(added.found.verdicts)
        if base.grade is not None and base.category is said.category:
            return said, spans
        if base.grade is None and not base.reasons:
            return said, spans
        plainly = bool(self.vocabulary.words.replaces & added.words)
        return (said if plainly else Resolved(None, ("addendum-unclear",))), spans

    def _unsettled(self, base: Resolved, added: Part, *, late: bool) -> bool:
        """Whether an addendum without a verdict leaves doubt about the base's; `late`: it stands behind the impression."""
        words = added.words
        if _UNSETTLES & words and not _STANDS & words:
            return True
        if _KEEPS & words:
            return False
        if late and not self.vocabulary.words.no_matter & words:
            return True
        unlike = base.category is not Category.POSITIVE and "mismatch" in added.found.remarks
        # What is masked in an addendum ("a later CT showed an embolus") is news all the same.
        return unlike or bool(_TOUCHES & words) or (late and any(map(self.vocabulary.is_trigger, words)))

    def _against_draft(self, result: Resolved, live: Sequence[Section]) -> Resolved:
        """A draft in the same text that says otherwise must be plainly replaced, else nobody knows which one stands."""
        drafts = [s for s in self.sections if s.kind == PRELIMINARY and s not in live]
        if result.grade is None or not drafts:
            return result
        said = resolve(self._parts.read(drafts).found)
        if said.grade is None or said.category is result.category:
            return result
        words = set(WORD.findall(" ".join(self.lowered[s.heading[0] : s.end] for s in live)))
        return result if words & self.vocabulary.words.replaces else Resolved(None, ("addendum-unclear",))

    def _checked(self, result: Resolved, part: Part) -> Resolved:
        if part.unfilled:
            return Resolved(None, ("template-unfilled", *result.reasons))
        return result

    # -- why not

    def _second_thoughts(self, grade: Grade, live: Sequence[Section], spans: Sequence[Span], part: Part) -> str:
        """A reason to doubt a verdict that stands by itself."""
        verdicts = self._verdicts
        if grade is Grade.NORMAL and not any(v.about_pe for v in verdicts) and self._other_question():
            return "no-pe-question"
        shown = self._without_masks(spans)
        chosen = [shown[s.start : s.end] for s in live]
        decided = {id(s) for s in live}
        rest = [self.lowered[s.start : s.end] for s in self.sections if id(s) not in decided and s.kind in (BODY, FINDINGS)]
        if disagree(rest, chosen, grade, part.found.remarks):
            return "findings-disagree"
        if self._broken_off(live):
            return "broken-off"
        return "study-not-done" if any(_NEVER_DONE.search(text) for text in chosen) else ""

    def _said_elsewhere(self, category: Category, live: Sequence[Section], additions: Sequence[Section]) -> str:
        """What the rest of the text says against the verdict: another verdict about the disease, or that the report is disowned."""
        decided = {id(section) for section in (*live, *additions)}
        rest = [s for s in self.sections if id(s) not in decided and s.kind in _TOLD_TOO]
        if self._disowned(live) or self._disowned(rest, _AGREED):
            return "addendum-unclear"
        against = _OPPOSITE.get(category)
        if against is None:
            return ""
        body = self._parts.beside((s for s in rest if s.kind == BODY), hedges=False)
        named = self._parts.beside((s for s in rest if s.kind != BODY), hedges=category is Category.NEGATIVE)
        verdicts = [v for v in (*body.verdicts, *named.verdicts) if v.category is against and v.about_pe]
        if any(v.grade is not Grade.NORMAL and not v.doubtful for v in verdicts):
            return "contradiction"
        return "contradiction" if category is Category.NEGATIVE and named.hedges else ""

    def _disowned(self, sections: Iterable[Section], agreed: frozenset[str] = frozenset()) -> bool:
        """Whether a sentence without a verdict of its own takes the report back ("dictated on the wrong patient").

        `agreed`: words that do so too where they are said with a "not"; beside the verdict they may be said of what it replaces.
        """
        disowning = self.vocabulary.words.disowns | agreed
        if disowning.isdisjoint(self.said):
            return False
        for section in sections:
            if disowning.isdisjoint(WORD.findall(self.lowered, section.start, section.end)):
                continue
            for begin, stop in sentences_of(self.text, self.lowered, section.start, section.end):
                words = set(WORD.findall(self.lowered[begin:stop]))
                said = words & self.vocabulary.words.disowns
                if words & (_OF_A_DRAFT | _OF_A_DETAIL):
                    continue
                if said & _ALWAYS_SAID or ("not" in words and words & agreed):
                    return True
                if said and words & _REPORT_WORDS:
                    found = match_sentence(tokens_of(self.lowered, begin, stop, self.vocabulary.speller), self.vocabulary)
                    if not any(m.phrase.role == "verdict" for m in found.matches) and not found.masks:
                        return True
        return False

    def _without_masks(self, spans: Sequence[Span]) -> str:
        """The text with blanks where something was masked."""
        pieces, place = [], 0
        for span in sorted((s for s in spans if s.role is Role.MASK), key=lambda s: s.start):
            if span.end > place:
                pieces.append(self.lowered[place : max(span.start, place)])
                pieces.append(" " * (span.end - max(span.start, place)))
                place = span.end
        return "".join(pieces) + self.lowered[place:]

    def _why_nothing(self, part: Part, live: Sequence[Section]) -> list[str]:
        if self._other_question() and "mismatch" not in part.found.remarks:
            return ["no-pe-question"]
        said = " ".join(self.lowered[s.start : s.end] for s in live)
        if _NOT_DONE.search(said):
            return ["study-not-done"]
        if self._broken_off(live):
            return ["broken-off"]
        if any(s.kind == OTHER_EXAM for s in self.sections) and not any(s.kind == IMPRESSION for s in self.sections):
            return ["other-exam"]
        if not any(s.kind == IMPRESSION for s in self.sections):
            return ["no-impression"]
        return ["no-verdict"]

    def _other_question(self) -> bool:
        return not self.vocabulary.words.no_pe_question.isdisjoint(self.said)

    def _broken_off(self, live: Sequence[Section]) -> bool:
        """Whether the last words of the impression cannot be its end."""
        if not live:
            return False
        last = live[-1]
        said = self.lowered[last.start : last.end].rstrip()
        words = WORD.findall(said[-40:])
        return bool(words) and words[-1] in _CUT_OFF and said[-1:].isalpha()

    def _foreign(self) -> bool:
        words = self.words
        latin = self.lowered.isascii() or sum(word.isascii() or _LATIN.match(word) is not None for word in words) >= len(words) / 2
        if not latin:
            return True
        lists = self.vocabulary.words
        english = sum(map(lists.english.__contains__, words))
        foreign = sum(map(lists.foreign.__contains__, words))
        return foreign >= 4 and foreign > english

    def _remarks(self, live: Sequence[Section]) -> list[str]:
        said = " ".join(self.lowered[s.start : s.end] for s in live)
        if _MALIGNANCY.search(said):
            return ["malignancy-raised"]
        return ["incidental"] if _INCIDENTAL.search(said) else []

    def _refuse(self, reasons: list[str], spans: list[Span], part: Part | None = None) -> Reading:
        evidence = tuple(v.evidence for v in part.found.verdicts) if part else ()
        ordered = tuple(sorted(spans, key=lambda s: (s.start, s.end)))
        return Reading(Category.REVIEW, None, False, tuple(dict.fromkeys(reasons)), evidence, ordered, names_pioped2=self.pioped2)
