"""Reads one report: sections, masks, verdicts, agreement; right, or for a person."""

import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import replace

from pipeline.domain.reading import Category, Grade, Reading, Role, Span
from pipeline.domain.report import TextBlock
from pipeline.reading.addenda import NOT_YET, leaves_doubt
from pipeline.reading.crosscheck import disagree
from pipeline.reading.double import DISAGREE, OBJECTION, SETTLED, STATES_FROM, held_against, is_asked, put_together
from pipeline.reading.evidence import Seen
from pipeline.reading.gates import is_another_exams, is_foreign, is_odd, is_of_no_scan, is_unverified, means_effusion, of_another_patient
from pipeline.reading.incidental import coded_otherwise, incidental_in
from pipeline.reading.matching import match_sentence
from pipeline.reading.parts import Part, PartReader
from pipeline.reading.resolve import Resolved, Verdict, resolve
from pipeline.reading.second_reader import opinion_of
from pipeline.reading.sections import (
    ADDENDUM,
    ATTENDING,
    BODY,
    COMMENT,
    FINDINGS,
    IMPRESSION,
    OTHER_EXAM,
    PRELIMINARY,
    PRIOR_REPORT,
    Section,
    sections_of,
)
from pipeline.reading.sentences import sentences_of
from pipeline.reading.tokens import WORD, plain, raw_words, tokens_of
from pipeline.reading.tracing import Tracer, untraced
from pipeline.reading.vocabulary import Vocabulary

LONGEST = 60_000
"""Characters. No radiology report is that long (the longest of our corpora has 5,000); hostile text costs no more than this."""

_PIOPED2 = re.compile(r"\b(?:modified|mod\.?|m)[\s-]{0,3}pioped\s*-?\s*(?:ii|2)\b|\bpioped\s*-?\s*(?:ii|2)\b,?\s*\(?modified")
_NOT_DONE = re.compile(
    r"\b(?:was|were|is|has been|study|scan|exam\w*|imaging) (?:therefore |subsequently )?(?:not (?:performed|done|"
    r"carried out|completed|obtained)|cancell?ed|aborted|abandoned|terminated|not undertaken)\b|\b(?:unable|could not|"
    r"refused|declined|not able) to (?:perform|complete|undergo|be performed|tolerate)|\bno images\b|"
    r"\bcould not be (?:performed|completed|done)"
)
_NEVER_DONE = re.compile(
    r"(?:^|[.;\n])\s*(?:the |this )?(?:v/?q |lung )?(?:study|scan|exam|examination) (?:was|has been) "
    r"(?:not (?:performed|done|completed|carried out|obtained)|cancell?ed|aborted|abandoned)\b|^\s{0,9}not (?:performed|done)\b"
)
_OF_THE_SCAN = re.compile(r"\b(?:perfus|ventilat|technegas|maa\b|aerosol|xenon|scintigra|likelihood|probab|embol|pe\b|scan\b)")
_BLANK_LINE = re.compile(r"(?<=\S)[ \t]*\n[ \t]*\n")
_CUT_OFF = frozenset("of for the with and in to a an not is are was very or at on by from without than".split())
_OPPOSITE = {Category.NEGATIVE: Category.POSITIVE, Category.POSITIVE: Category.NEGATIVE}
_NOTHING_SAID = frozenset({"end", "of", "addendum"})
_SOMEBODY = frozenset({"attending", "reader", "staff", "consultant", "i", "he", "she", "dr", "radiologist", "section", "team"})
_OF_ANY_SCAN = frozenset({Grade.NORMAL, Grade.PRESENT, Grade.ABSENT})
"""Grades that a study with another question may be given too: "normal", "positive study", "negative"."""
_OTHER_TRANSPLANT = re.compile(r"\b(?:renal|kidney|liver|heart|cardiac|marrow|cell|corneal) transplant")
_FOUND = frozenset({BODY, FINDINGS})
_TOLD_TOO = frozenset({BODY, FINDINGS, ATTENDING, COMMENT, "recommendation", "signature"})
_REPORT_WORDS = frozenset(
    {"report", "impression", "interpretation", "patient", "above", "dictated", "dictation", "conclusion", "attending", "reader", "i"}
)
_ALWAYS_SAID = frozenset({"overlooked", "misread", "retracted"})
_AGREED = frozenset({"agree", "agreed", "concur", "agreement", "share"})
_OF_A_DETAIL = frozenset({"side", "sides", "transposed", "laterality", "dose", "weight", "technique", "date", "mci", "mbq", "spelling"})
_OF_A_DRAFT = frozenset({"preliminary", "resident", "draft", "overnight", "call", "trainee", "registrar", "outside"})
_AGREES = frozenset({"agree", "agreed", "agrees", "concur", "concurs", "confirm", "confirmed", "confirms", "unchanged"})
_DISAGREES = frozenset({"disagree", "disagrees", "not", "however", "but", "except", "less", "unsure"})


def read(blocks: Sequence[TextBlock], vocabulary: Vocabulary, tracer: Tracer = untraced) -> Reading:
    """Read one report's text. Never raises for content; cost is linear in the length of the text.

    Args:
        blocks: the text in message order; a block's `section` is what the source's code says.
        vocabulary: the language to read with.
        tracer: is told each step.
    """
    return _Reader(blocks, vocabulary, tracer).read()


class _Reader:
    def __init__(self, blocks: Sequence[TextBlock], vocabulary: Vocabulary, tracer: Tracer) -> None:
        self._ask = tracer
        self.text = "\n".join(block.text for block in blocks)
        self.lowered = plain(self.text)
        self.vocabulary = vocabulary
        found = [] if len(self.text) > LONGEST else sections_of(blocks, self.text, self.lowered, vocabulary.headings)
        self.sections = tracer("sections", found)
        self.words = WORD.findall(self.lowered)
        self.said = frozenset(self.words)
        self.pioped2 = "pioped" in self.lowered and bool(_PIOPED2.search(self.lowered))
        self._verdicts: list[Verdict] = []
        self._added: list[Part] = []
        self._parts = PartReader(self.text, self.lowered, vocabulary, pioped2=tracer("pioped2", self.pioped2), tracer=tracer)

    def read(self) -> Reading:
        if self._ask("blank", not self.text.strip()):
            return self._refuse(["empty-impression"], [])
        if self._ask("too-long", len(self.text) > LONGEST):
            return self._refuse(["text-too-long"], [])
        if self._ask("wrong-patient", of_another_patient(self.lowered)):
            return self._refuse(["addendum-unclear"], [])
        if self._ask("unverified", is_unverified(self.lowered)):
            return self._refuse(["addendum-unclear"], [])
        if self._ask("odd", is_odd(self.lowered)):
            return self._refuse(["unread-mention"], [])
        if self._ask("foreign", is_foreign(self.lowered, self.words, self.vocabulary.words)):
            return self._refuse(["foreign-language"], [])
        if self._ask("another-exam", is_another_exams(self.lowered)):
            return self._refuse(["other-exam"], [])
        live, additions = self._ask("live", self._live_sections())
        pasted = any(s.kind == PRIOR_REPORT for s in self.sections)
        if not any(self.lowered[s.start : s.end].strip() for s in live) and (pasted or not additions):
            other = "other-exam" if any(s.kind == OTHER_EXAM for s in self.sections) else "no-impression"
            return self._refuse(["empty-impression" if any(s.kind == IMPRESSION for s in self.sections) else other], [])
        part = self._ask("part", self._parts.read(live))
        result, spans = self._with_additions(part, live, additions)
        by_rules = self._by_rules(self._ask("told", result), part, live, additions, spans)
        beside = [raw_words(self.lowered, s.start, s.end) for s in self._beside((*live, *additions), _FOUND)]
        seen = self._ask("seen", Seen(part, self._added, beside, [s.kind for s in self.sections], by_rules, self._verdicts))
        return self._held_against_facts(self._read_twice(seen, live, additions, spans), seen, live, spans)

    def _by_rules(
        self, told: Resolved, part: Part, live: Sequence[Section], additions: Sequence[Section], spans: Sequence[Span]
    ) -> Reading:
        """What the rules make of the verdict that sections and addenda told: it stands, or why not."""
        result = self._ask("stands", self._against_draft(told, live))
        if result.grade is None:
            cut = result.reasons == ("unread-mention",) and self._broken_off(live)
            return self._refuse(["broken-off"] if cut else list(result.reasons) or self._why_nothing(part, live), spans, part)
        if reason := self._ask("elsewhere", self._said_elsewhere(result.category, live, additions)):
            return self._refuse([reason], spans, part)
        if reason := self._ask("second-thoughts", self._second_thoughts(result.grade, live, spans, part)):
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

    def _read_twice(self, seen: Seen, live: Sequence[Section], additions: Sequence[Section], spans: Sequence[Span]) -> Reading:
        """The reading of the rules and the opinion of the second reader, put together."""
        by_rules, weights, rights = seen.by_rules, self.vocabulary.weights, self.vocabulary.rights
        if weights is None or not self._ask("asked", is_asked(seen, rights)):
            return by_rules
        opinion = self._ask("second-reader", opinion_of(seen, weights))
        both = self._ask("both", put_together(seen, opinion))
        if both.objects:
            return _for_a_person(by_rules, OBJECTION)
        if both.settled is None:
            return by_rules
        # All that the rules ask after the doubt that is settled now, they ask still.
        self._verdicts = [verdict for verdict in self._verdicts if verdict.category is both.settled.category]
        settled = self._by_rules(both.settled, seen.live, live, additions, spans)
        return replace(settled, reasons=(SETTLED, *settled.reasons)) if settled.grade else by_rules

    def _held_against_facts(self, reading: Reading, seen: Seen, live: Sequence[Section], spans: Sequence[Span]) -> Reading:
        """The reading, unless what the findings state, in whatever words, speaks against its verdict."""
        facts = self.vocabulary.facts
        if facts is None or reading.grade is None or reading.grade.category not in facts.against or not seen.leaves(STATES_FROM):
            return reading
        beside, chosen = self._told(live, spans)
        stated = self._ask("stated", facts.stated([*beside, *chosen]))
        chance = facts.speaks_against(stated, reading.grade, chronic=reading.chronic)
        against = self._ask("contradicted", held_against(reading.grade.category, chance))
        return _for_a_person(reading, DISAGREE) if against.counts else reading

    def _told(self, live: Sequence[Section], spans: Sequence[Span]) -> tuple[list[str], list[str]]:
        """(what stands beside the verdict, what holds it): lower-cased texts, in the latter what was masked left out."""
        shown = self._without_masks(spans)
        chosen = [shown[s.start : s.end] for s in live]
        return [self.lowered[s.heading[0] or s.start : s.end] for s in self._beside(live, _FOUND)], chosen

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
        after = [(s, _BLANK_LINE.search(self.lowered, self._first_word(s), s.end)) for s in asked]
        told += [Section(BODY, blank.end(), s.end) for s, blank in after if blank and _OF_THE_SCAN.search(self.lowered, blank.end(), s.end)]
        return sorted(told, key=lambda s: s.start)

    def _first_word(self, section: Section) -> int:
        return section.end - len(self.lowered[section.start : section.end].lstrip())

    # -- addenda

    def _with_additions(self, part: Part, live: Sequence[Section], additions: Sequence[Section]) -> tuple[Resolved, list[Span]]:
        """The base's verdict, unless an addendum plainly puts another in its place. Each addendum is read by itself, in order."""
        result = self._checked(self._ask("resolved", resolve(part.found)), part)
        self._verdicts = list(part.found.verdicts)
        spans = list(part.spans)
        for addendum in _each(additions):
            if _NOTHING_SAID.issuperset(WORD.findall(" ".join(self.lowered[s.start : s.end] for s in addendum))):
                # "--- End addendum ---"
                continue
            result = self._with_addendum(result, addendum, spans, late=not live or addendum[-1].start > live[-1].start)
        return result, spans

    def _with_addendum(self, base: Resolved, addendum: Sequence[Section], spans: list[Span], *, late: bool) -> Resolved:
        """`late`: it stands behind the impression; before it, a note of correction tells what the impression has put right."""
        added = self._ask("addenda", self._parts.read(addendum))
        self._added.append(added)
        spans += added.spans
        said = self._ask("resolved", resolve(added.found))
        unclear = Resolved(None, ("addendum-unclear", *said.reasons))
        if not added.found.verdicts:
            doubts = bool(said.reasons) or leaves_doubt(added, base.category, self.vocabulary, late=late)
            return unclear if self._ask("unsettled", doubts or self._disowned(addendum)) else base
        if said.grade is None or NOT_YET & added.words:
            return unclear
        headed = {word for s in addendum for word in WORD.findall(self.lowered, *s.heading)}
        plainly = self._ask("replaced", bool(self.vocabulary.words.replaces & (added.words | headed)))
        nothing_before = base.grade is None and not base.reasons
        if not (plainly or nothing_before or (base.grade is not None and base.category is said.category)):
            return unclear
        self._verdicts = list(added.found.verdicts)
        return said

    def _against_draft(self, result: Resolved, live: Sequence[Section]) -> Resolved:
        """A draft in the same text that says otherwise must be plainly replaced, else nobody knows which one stands."""
        drafts = [s for s in self.sections if s.kind == PRELIMINARY and s not in live]
        if result.grade is None or not drafts:
            return result
        said = self._ask("resolved", resolve(self._ask("draft", self._parts.read(drafts)).found))
        if said.grade is None or said.category is result.category:
            return result
        words = set(WORD.findall(" ".join(self.lowered[s.heading[0] : s.end] for s in live)))
        return result if words & self.vocabulary.words.replaces else Resolved(None, ("addendum-unclear",))

    def _checked(self, result: Resolved, part: Part) -> Resolved:
        if self._ask("unfilled", part.unfilled):
            return Resolved(None, ("template-unfilled", *result.reasons))
        return result

    # -- why not

    def _second_thoughts(self, grade: Grade, live: Sequence[Section], spans: Sequence[Span], part: Part) -> str:
        """A reason to doubt a verdict that stands by itself."""
        verdicts = self._verdicts
        asked = not self.said.isdisjoint(self.vocabulary.words.core)
        if not asked and grade in _OF_ANY_SCAN and not any(v.named or v.graded for v in verdicts) and self._other_question():
            return "no-pe-question"
        rest, chosen = self._told(live, spans)
        undecided = all(v.category is Category.NONDIAGNOSTIC for v in verdicts if v.grade is grade)
        if self._ask("disagree", not undecided and disagree(rest, chosen, grade, part.found.remarks)):
            return "findings-disagree"
        if grade is Grade.PRESENT and means_effusion(self.lowered):
            return "unread-mention"
        if self._broken_off(live):
            return "broken-off"
        if is_of_no_scan(self.lowered):
            return "study-not-done"
        return "study-not-done" if any(_NEVER_DONE.search(text) for text in chosen) else ""

    def _said_elsewhere(self, category: Category, live: Sequence[Section], additions: Sequence[Section]) -> str:
        """What the rest of the text says against the verdict: another verdict about the disease, or that the report is disowned."""
        rest = self._beside((*live, *additions), _TOLD_TOO)
        if self._ask("disowned", self._disowned([*live, *rest])):
            return "addendum-unclear"
        if coded_otherwise(self.lowered, category):
            return "contradiction"
        against = _OPPOSITE.get(category)
        if against is None:
            return ""
        overread = self._parts.beside((s for s in rest if s.kind == ATTENDING), hedges=False)
        if any(v.category is not category for v in overread.verdicts):
            return "addendum-unclear"
        body = self._parts.beside((s for s in rest if s.kind == BODY), hedges=False)
        named = self._parts.beside((s for s in rest if s.kind != BODY), hedges=category is Category.NEGATIVE)
        verdicts = [v for v in (*body.verdicts, *named.verdicts) if v.category is against and v.about_pe]
        if any(v.grade is not Grade.NORMAL and not v.doubtful for v in verdicts):
            return "contradiction"
        return "contradiction" if category is Category.NEGATIVE and named.hedges else ""

    def _beside(self, decisive: Iterable[Section], kinds: Container[str]) -> list[Section]:
        """The sections of these kinds that are not among those that decide."""
        decided = {id(section) for section in decisive}
        return [s for s in self.sections if id(s) not in decided and s.kind in kinds]

    def _disowned(self, sections: Iterable[Section]) -> bool:
        """Whether a sentence without a verdict of its own takes the report back ("dictated on the wrong patient").

        A word of agreement does so too where it is said with a "not".
        """
        disowning = self.vocabulary.words.disowns | _AGREED
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
                if said & _ALWAYS_SAID or (words & _AGREED and words & _SOMEBODY and ("not" in words or "n't" in self.lowered[begin:stop])):
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
        words = self.vocabulary.words.no_pe_question & self.said
        return bool(words) and (words != {"transplant"} or not _OTHER_TRANSPLANT.search(self.lowered))

    def _broken_off(self, live: Sequence[Section]) -> bool:
        """Whether the last words of the impression cannot be its end."""
        if not live:
            return False
        last = live[-1]
        said = self.lowered[last.start : last.end].rstrip()
        words = WORD.findall(said[-40:])
        return bool(words) and words[-1] in _CUT_OFF and said[-1:].isalpha()

    def _remarks(self, live: Sequence[Section]) -> list[str]:
        return incidental_in(" ".join(self.lowered[s.start : s.end] for s in live))

    def _refuse(self, reasons: list[str], spans: Sequence[Span], part: Part | None = None) -> Reading:
        evidence = tuple(v.evidence for v in part.found.verdicts) if part else ()
        ordered = tuple(sorted(spans, key=lambda s: (s.start, s.end)))
        return Reading(Category.REVIEW, None, False, tuple(dict.fromkeys(reasons)), evidence, ordered, names_pioped2=self.pioped2)


def _for_a_person(reading: Reading, reason: str) -> Reading:
    """The same text with its evidence, as a refusal."""
    return replace(reading, category=Category.REVIEW, grade=None, chronic=False, reasons=(reason,), range_with_high=False)


def _each(additions: Sequence[Section]) -> list[list[Section]]:
    """The addenda one by one, each with the sections that belong to it."""
    found: list[list[Section]] = []
    for section in additions:
        if section.kind == ADDENDUM or not found:
            found.append([])
        found[-1].append(section)
    return found
