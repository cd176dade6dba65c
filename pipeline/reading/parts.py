"""What a part of a report says, sentence by sentence: verdicts, hedges, remarks, and what stayed unread."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from pipeline.domain.reading import Category, Evidence, Grade, Role, Span
from pipeline.reading.found import Match, SentenceMatch
from pipeline.reading.matching import match_sentence
from pipeline.reading.mentions import held_against, in_passing, mention_of, shown_elsewhere
from pipeline.reading.resolve import Findings, Mention, Verdict
from pipeline.reading.sections import BODY, FINDINGS, LEGEND, Section
from pipeline.reading.sentences import after_marker, sentences_of
from pipeline.reading.skim import Skim
from pipeline.reading.templates import template_of
from pipeline.reading.tokens import Token, tokens_of
from pipeline.reading.tracing import Tracer, untraced
from pipeline.reading.vocabulary import Vocabulary

_LONGEST_SENTENCE = 300
"""Tokens; a longer one is read in pieces, so that hostile text costs linear time."""
_ANSWER = 2
"""Tokens of an answer that stands by itself."""
_DECIDED = (Category.NEGATIVE, Category.NONDIAGNOSTIC, Category.POSITIVE)
_LIST_SIGNS = frozenset({",", "/", "or", "and", "versus", ":", ";", "tier", "-", "="})
_ANSWERS = frozenset({"negative", "absent", "excluded"})
_DANGLING = frozenset({"not", "never", "cannot", "without", "possible", "possibly", "unlikely", "questionable", "probable", "non"})
_JOINING = frozenset({"however", "but", "although", "though", "in", "of", "for", "with", "and", "at", "to", "or", "by", "from"})
_ENDINGS = frozenset(".!;")
_SIDES = frozenset({"left", "right"})
_OF_THE_WHOLE = frozenset({"scan", "study", "examination", "exam"})
_ACUTE = frozenset({"acute", "acutely", "subacute", "new", "recent", "fresh"})
_CHRONIC = frozenset({"chronic", "cteph", "ctepd", "cted", "old", "remote", "organised", "organized", "longstanding"})


@dataclass(slots=True)
class Part:
    """One part of the text that may decide (the impression, an addendum), as it is read."""

    found: Findings = field(default_factory=Findings)
    spans: list[Span] = field(default_factory=list)
    unfilled: bool = False
    words: set[str] = field(default_factory=set)
    sentences: list[SentenceMatch] = field(default_factory=list)


class PartReader:
    """Reads parts of one report. `lowered` is the text as `tokens.plain` makes it; `pioped2`: it names modified PIOPED II."""

    def __init__(self, text: str, lowered: str, vocabulary: Vocabulary, *, pioped2: bool, tracer: Tracer = untraced) -> None:
        self._ask = tracer
        self._text = text
        self._lowered = lowered
        self._vocabulary = vocabulary
        self._pioped2 = pioped2

    def beside(self, sections: Iterable[Section], *, hedges: bool) -> Findings:
        """What sections beside the verdict say of the disease and, if asked, which hedges they hold."""
        part = Part()
        for section in sections:
            skim = Skim.of(self._lowered, section.start, section.end, self._vocabulary, hedges=hedges)
            if not skim.empty:
                self._section(part, section, skim)
        return part.found

    def read(self, sections: Iterable[Section]) -> Part:
        """What the sections say."""
        part = Part()
        for section in sections:
            self._section(part, section)
        return part

    def _section(self, part: Part, section: Section, skim: Skim | None = None) -> None:
        if section.heading[1] > section.heading[0]:
            part.spans.append(Span(Role.HEADING, section.kind, *section.heading))
        template = self._ask("template", template_of(self._lowered, self._ask("section", section).start, section.end))
        part.unfilled = part.unfilled or template.unfilled
        part.spans += [Span(Role.MASK, label, begin, stop) for begin, stop, label in template.masked]
        strict = section.kind != "communication"
        for begin, stop in self._sentences(section, template.masked, skim.worth_cutting if skim else None):
            tokens = tokens_of(self._lowered, after_marker(self._lowered, begin, stop), stop, self._vocabulary.speller)
            if not skim or skim.worth_reading(tokens):
                self._sentence(part, tokens, section.kind, strict=strict)

    def _sentences(
        self, section: Section, masked: Sequence[tuple[int, int, str]], worth: Callable[[int, int], bool] | None
    ) -> Iterable[tuple[int, int]]:
        place = section.start
        for begin, stop, _ in (*masked, (section.end, section.end, "")):
            if place < begin:
                yield from sentences_of(self._text, self._lowered, place, begin, worth)
            place = max(place, stop)

    def _sentence(self, part: Part, tokens: list[Token], kind: str, *, strict: bool) -> None:
        closed = False
        while tokens and tokens[-1].norm in _ENDINGS:
            closed = True
            tokens.pop()
        lone = len(tokens) == 1 and tokens[0].norm in self._vocabulary.words.negators and tokens[0].norm not in _ANSWERS
        if strict and tokens and not closed and (tokens[-1].norm in _DANGLING or tokens[-1].norm in _JOINING or lone):
            # It stops at a word that bears on what comes next, and nothing does.
            part.found.unread += self._ask("stops-short", 1)
            if lone:
                # "No", alone on a line, may be half of anything: nobody can explain it away.
                part.found.refusals.append("unread-mention")
        if strict and not closed and len(tokens) > _ANSWER and tokens[-1].norm == "no" and tokens[-2].norm == ",":
            # "Heart enlarged, no" - and the next item of the list goes on.
            part.found.unread += self._ask("stops-short", 1)
        if strict and len(tokens) == _ANSWER and tokens[0].norm == "not" and tokens[1].norm in self._vocabulary.words.states:
            # "Not present" on a line of its own answers the line above.
            part.found.unread += self._ask("stops-short", 1)
        for first in range(0, len(tokens), _LONGEST_SENTENCE):
            found = self._ask("sentence", match_sentence(tokens[first : first + _LONGEST_SENTENCE], self._vocabulary))
            part.sentences.append(found)
            self._collect(part, found, kind, strict=strict)

    def _collect(self, part: Part, found: SentenceMatch, kind: str, *, strict: bool) -> None:
        tokens = found.tokens
        legend = self._ask("legend", _legend(found))
        if legend:
            part.spans.append(Span(Role.MASK, LEGEND, tokens[legend[0].first].start, tokens[legend[-1].last - 1].end))
        part.words.update(token.norm for token in tokens)
        for mask in found.masks:
            part.spans.append(Span(Role.MASK, mask.mask.kind, tokens[mask.first].start, tokens[mask.last - 1].end))
        for match in found.matches:
            if match in legend:
                continue
            start, end = tokens[match.first].start, tokens[match.last - 1].end
            phrase = match.phrase
            role = Role.VERDICT if phrase.role == "verdict" else Role.NEGATION if phrase.role == "denied" else Role.CONTEXT
            part.spans.append(Span(role, phrase.id, start, end))
            if phrase.role == "verdict":
                said = {token.norm for token in tokens[match.first : match.last]}
                if kind == FINDINGS and not self._verdict(match, tokens, kind).about_pe and not said & _OF_THE_WHOLE:
                    # "Ventilation: normal" in a text without an impression is no verdict on the scan.
                    continue
                part.found.verdicts.append(self._verdict(match, tokens, kind))
            elif phrase.role == "hedge" and strict:
                asked = (
                    kind == BODY and not part.found.verdicts and "?" in {t.norm for t in tokens[max(match.first - 1, 0) : match.first + 1]}
                )
                if not asked:
                    # "? PE" on the request's line of a text without headings is the question.
                    part.found.hedges.append(phrase.lean)
            elif phrase.role == "denied":
                part.found.denied += 1
            elif phrase.role == "refuse":
                part.found.refusals.append(phrase.reason)
            elif phrase.finding:
                part.found.remarks.append(phrase.finding)
        for number in found.unread:
            part.spans.append(Span(Role.UNREAD, "unread", tokens[number].start, tokens[number].end))
        part.found.mentions += self._mentions(found, strict=strict)

    def _mentions(self, found: SentenceMatch, *, strict: bool) -> Iterable[Mention]:
        """What the sentence says of the disease beside what phrases have taken."""
        if not strict and any(found.tokens[n].norm in self._vocabulary.words.core for n in found.unread):
            # A call about "embolic clot in both lungs" is no verdict, but no reader makes it under a negative one.
            yield Mention.PLAIN
        if strict and shown_elsewhere(found, self._vocabulary):
            yield Mention.PLAIN
        if strict and found.unread:
            yield mention_of(found, self._vocabulary)

    def _verdict(self, match: Match, tokens: Sequence[Token], kind: str) -> Verdict:
        grade = match.phrase.grade
        assert grade is not None  # the vocabulary is checked: a verdict has a grade
        chosen = tokens[match.first : match.last]
        words = {word for token in chosen for word in token.norm.split()}
        start, end = chosen[0].start, chosen[-1].end
        chronic, acute = bool(words & _CHRONIC), bool(words & _ACUTE)
        return Verdict(
            grade=grade,
            category=Category.NONDIAGNOSTIC if grade is Grade.LOW and self._pioped2 else grade.category,
            evidence=Evidence(match.phrase.id, kind, self._text[start:end], start, end),
            chronic=chronic and not acute,
            acute=acute and not chronic,
            about_pe=any(self._vocabulary.is_trigger(word) for word in words),
            named=not words.isdisjoint(self._vocabulary.words.core),
            graded=not words.isdisjoint(self._vocabulary.words.chances),
            with_high=match.phrase.finding == "range-with-high",
            doubtful=bool(match.doubt),
            resolved=match.phrase.finding == "resolved",
            partial=len(words & _SIDES) == 1,
            scan=not words.isdisjoint(_OF_THE_WHOLE),
            referred=held_against([token.norm for token in tokens[max(match.first - 2, 0) : match.first]], [t.norm for t in chosen]),
            elsewhere=match.elsewhere,
            denied=self._vocabulary.words.denies(match.doubt),
            odd=match.look == "behind" and match.doubt not in self._vocabulary.words.turning,
            sentence=tokens[0].start,
            passing=in_passing([token.norm for token in tokens], match, self._vocabulary.words.core),
        )


def _legend(found: SentenceMatch) -> tuple[Match, ...]:
    """A run of verdicts that names all three categories, parted by signs only: no reader states all three, so it is a legend."""
    run: list[Match] = []
    for match in (m for m in found.matches if m.phrase.grade):
        between = found.tokens[run[-1].last : match.first] if run else ()
        if not all(token.norm in _LIST_SIGNS or token.norm.isdigit() for token in between):
            run = []
        run.append(match)
        if len({m.phrase.grade.category for m in run if m.phrase.grade}) == len(_DECIDED):
            return tuple(run)
    return ()
