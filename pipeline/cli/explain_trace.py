"""Every step of a reading in plain words, in the order they were taken."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pipeline.cli import trace_words as words
from pipeline.cli.explain_roles import DOUBT
from pipeline.cli.terminal import harmless
from pipeline.domain.reading import Role, Span
from pipeline.domain.reasons import REASONS
from pipeline.domain.report import TextBlock
from pipeline.explain import Explained
from pipeline.reading.double import Against, Double
from pipeline.reading.evidence import Seen
from pipeline.reading.facts import Stated
from pipeline.reading.found import Match, SentenceMatch
from pipeline.reading.parts import Part
from pipeline.reading.resolve import Findings, Resolved
from pipeline.reading.second_reader import Opinion
from pipeline.reading.sections import BODY, IMPRESSION, Section
from pipeline.reading.templates import Template

_STANDS_FOR = {"previous": frozenset({"previous", "previously", "prior"})}
"""Words of doubt that the second look uses for others too."""

Answer = TypeVar("Answer")
Event = tuple[str, Any]


class Recorder:
    """Keeps what a reading tells until words are made of it: a `pipeline.reading.tracing.Tracer`."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def __call__(self, question: str, answer: Answer, /) -> Answer:
        """Remember it."""
        self._events.append((question, answer))
        return answer

    def take(self) -> list[Event]:
        """What was told since the last time; it is forgotten here."""
        taken, self._events = self._events, []
        return taken


@dataclass(frozen=True, slots=True)
class Step:
    """One line. `depth` 0 is a heading; `against`: it speaks for leaving the report to a person."""

    depth: int
    said: str
    against: bool = False


def doubts(events: Sequence[Event]) -> tuple[Span, ...]:
    """The words for which verdicts that may decide were doubted, where they stand."""
    found: list[Span | None] = []
    waiting: list[tuple[Match, SentenceMatch]] = []
    for question, answer in events:
        if question == "sentence":
            waiting += [(match, answer) for match in answer.matches if match.doubt]
        elif question == "legend":
            waiting = [one for one in waiting if one[0] not in answer]
        elif question in ("part", "addenda"):
            found += [_doubt(*one) for one in waiting]
            waiting = []
    return tuple(dict.fromkeys(span for span in found if span))


def steps(one: Explained, events: Sequence[Event]) -> list[Step]:
    """The steps of one message: of its reading, if a report of it was read, and of what follows."""
    if one.report is None:
        return [Step(0, "The message"), Step(1, words.NO_REPORT[one.outcome]), *map(_reason, one.reasons)]
    return [*_Telling(one.report.text, one.report.blocks, events).told(), *_ending(one)]


def _doubt(match: Match, sentence: SentenceMatch) -> Span | None:
    """The nearest token that is the word of the doubt, if one is."""
    tokens = sentence.tokens
    wanted = _STANDS_FOR.get(match.doubt, frozenset({match.doubt}))
    places = [number for number, token in enumerate(tokens) if token.norm in wanted]
    inside = [number for number in places if match.first <= number < match.last]
    if match.look != "inside":
        places = [number for number in places if number not in inside]
    if not places:
        return None
    nearest = min(places, key=lambda number: min(abs(number - match.first), abs(number - match.last + 1)))
    return Span(Role.UNREAD, DOUBT, tokens[nearest].start, tokens[nearest].end)


def _reason(code: str) -> Step:
    known = REASONS.get(code)
    return Step(1, f"{code}: {known.meaning}" if known else code)


def _ending(one: Explained) -> Iterator[Step]:
    """The decision on the reading."""
    assert one.reading
    assert one.decision
    decision = one.decision
    yield Step(0, "What follows")
    graded = f", {decision.grade.value.replace('_', ' ')}" if decision.grade else ""
    yield Step(1, f"decided as {decision.category.value}{graded}{', chronic' if decision.chronic else ''}")
    if decision.category is not one.reading.category:
        yield Step(1, f"the text says {one.reading.category.value}; the site's settings or the rest of the message say otherwise")
    for code in decision.reasons:
        known = REASONS.get(code)
        yield Step(1, f"{code} ({known.effect.value}): {known.meaning}" if known else code, known is not None and known.review)
    yield Step(1, f"letter: {decision.notice.value}; follow-up: {one.follow_up or 'none'}")


class _Telling:
    """Goes through what a reading told. Sentences are kept back until it is known for what they were read."""

    def __init__(self, text: str, blocks: Sequence[TextBlock], events: Sequence[Event]) -> None:
        self._text = text
        self._blocks = blocks
        self._events = events
        self._kept: list[Event] = []
        self._sections: list[Section] = []
        self._heading = ""
        self._found = Findings()
        self._before = Resolved(None)
        self._rule = words.NO_PART
        self._base: Resolved | None = None
        self._added = False

    def told(self) -> Iterator[Step]:
        for question, answer in self._events:
            if question in words.GATES:
                yield from self._gate(question, answer)
            elif question in _KEPT:
                self._kept.append((question, answer))
            else:
                yield from _TELLERS[question](self, answer)
        yield from self._under("The rule that decided", Step(1, self._rule))

    def _under(self, heading: str, *lines: Step) -> Iterator[Step]:
        if heading != self._heading:
            self._heading = heading
            yield Step(0, heading)
        yield from lines

    def _quote(self, start: int, end: int) -> str:
        return f'"{harmless(" ".join(self._text[start:end].split()))}"'

    # -- the text

    def assembled(self, sections: list[Section]) -> Iterator[Step]:
        self._sections = sections
        yield from self._under("The text")
        for number, block in enumerate(self._blocks, 1):
            coded = f"the source's code says {block.section}" if block.section else "no code of the source says what it is"
            yield Step(1, f"block {number}: {len(block.text)} characters, {coded}")
        yield from self._under("Its sections")
        for section in sections:
            yield Step(1, f"{section.kind}, characters {section.start} to {section.end}: {self._origin(section)}")

    def _origin(self, section: Section) -> str:
        if section.heading[1] > section.heading[0]:
            return f"heading {self._quote(*section.heading)}"
        start = 0
        for block in self._blocks:
            if start == section.start and section.kind == (block.section or BODY):
                return "the source's code" if block.section else "no heading before it"
            start += len(block.text) + 1
        return "a heading that is part of its own statement"

    def pioped2(self, named: bool) -> Iterator[Step]:
        if named:
            yield Step(1, words.PIOPED2)

    def _gate(self, question: str, shut: object) -> Iterator[Step]:
        passed, stopped = words.GATES[question]
        if shut:
            self._rule = words.NOT_OPENED.format(stopped)
        yield from self._under("May it be read?", Step(1, stopped, against=True) if shut else Step(1, f"yes: {passed}"))

    def live(self, chosen: tuple[list[Section], list[Section]]) -> Iterator[Step]:
        live, additions = chosen
        yield from self._under("What may decide")
        for section in self._sections:
            kind = section.kind
            if section in live:
                yield Step(1, f"{kind}: yes, {words.LIVE.get(kind, 'a verdict may stand here')}")
            elif section in additions:
                after = "stands behind an addendum and belongs to it" if kind == IMPRESSION else words.LIVE[kind]
                yield Step(1, f"{kind}: yes, {after}")
            else:
                yield Step(1, f"{kind}: no, {words.PASSED.get(kind, 'states no verdict')}")
        for section in live:
            if section not in self._sections:
                yield Step(1, f"{section.kind}: yes, the paragraph behind the indication speaks of the scan and there is no impression")

    # -- sentences

    def part(self, part: Part) -> Iterator[Step]:
        self._found = part.found
        yield from self._under("What may decide, sentence by sentence", *self._sentences())

    def addenda(self, part: Part) -> Iterator[Step]:
        self._added = True
        self._found = part.found
        yield from self._under("The addenda, sentence by sentence", *self._sentences())

    def draft(self, part: Part) -> Iterator[Step]:
        self._found = part.found
        yield from self._under("The draft, sentence by sentence", *self._sentences())

    def _sentences(self) -> list[Step]:
        kept, self._kept = self._kept, []
        lines: list[Step] = []
        for question, answer in kept:
            lines += _WITHIN[question](self, answer)
        return lines

    def section(self, section: Section) -> Iterator[Step]:
        yield Step(1, f"section {section.kind}, characters {section.start} to {section.end}")

    def template(self, template: Template) -> Iterator[Step]:
        for begin, stop, label in template.masked:
            if stop > begin:
                yield Step(2, f"left out as {label}: {self._quote(begin, stop)}")
        if template.unfilled:
            yield Step(2, words.UNFILLED, against=True)

    def sentence(self, found: SentenceMatch) -> Iterator[Step]:
        tokens = found.tokens
        if not tokens:
            return
        yield Step(2, self._quote(tokens[0].start, tokens[-1].end))
        for mask in found.masks:
            yield Step(
                3, f"left out as {mask.mask.kind} ({mask.mask.id}): {self._quote(tokens[mask.first].start, tokens[mask.last - 1].end)}"
            )
        for match in found.matches:
            phrase = match.phrase
            says = " ".join(filter(None, (words.ROLES[phrase.role], phrase.grade or phrase.finding or phrase.reason)))
            quoted = self._quote(tokens[match.first].start, tokens[match.last - 1].end)
            yield Step(3, f"{says.replace('_', ' ')} ({phrase.id}): {quoted}", phrase.role == "refuse")
            if match.doubt:
                yield Step(3, f'doubted: "{harmless(match.doubt)}" {words.LOOKS[match.look]}', against=True)
        for number in found.unread:
            yield Step(3, f"unread: {self._quote(tokens[number].start, tokens[number].end)}", against=True)
        if not (found.masks or found.matches or found.unread):
            yield Step(3, words.NOTHING)

    def legend(self, run: tuple[Match, ...]) -> Iterator[Step]:
        if run:
            yield Step(3, words.IS_LEGEND)

    def stops_short(self, _: int) -> Iterator[Step]:
        yield Step(2, words.STOPS_SHORT, against=True)

    # -- verdicts

    def resolved(self, outcome: Resolved) -> Iterator[Step]:
        found = self._found
        self._base = self._base or outcome
        yield from self._under(f"The verdict of {_OF[self._heading.split(',')[0]]}")
        for verdict in found.verdicts:
            more = "".join(f", {word}" for word, so in (("chronic", verdict.chronic), ("doubted", verdict.doubtful)) if so)
            said = f"{verdict.grade.value.replace('_', ' ')}, so {verdict.category.value}{more}"
            yield Step(1, f"{said}: {self._quote(verdict.evidence.start, verdict.evidence.end)}", verdict.doubtful)
        if len({verdict.category for verdict in found.verdicts}) == 1 < len(found.verdicts):
            yield Step(1, "they agree")
        for lean in dict.fromkeys(found.hedges):
            yield Step(1, words.LEANS[lean])
        if found.unread:
            yield Step(1, f"unread words and broken endings: {found.unread}", against=True)
        if outcome.grade is None:
            why = [_reason(code).said for code in outcome.reasons] or ["no verdict was found"]
            yield from (Step(1, said, against=True) for said in why)
        else:
            yield Step(
                1, f"taken: {outcome.grade.value.replace('_', ' ')}, {outcome.category.value}{', chronic' if outcome.chronic else ''}"
            )

    def unfilled(self, unfilled: bool) -> Iterator[Step]:
        if unfilled:
            yield Step(1, words.UNFILLED, against=True)

    def unsettled(self, unclear: bool) -> Iterator[Step]:
        said = "they leave doubt about the verdict" if unclear else "they state no verdict and leave none in doubt"
        yield from self._under("What the addenda do to the verdict", Step(1, said, unclear))

    def replaced(self, plainly: bool) -> Iterator[Step]:
        said = "they say plainly that theirs replaces it" if plainly else "they do not say plainly that theirs replaces it"
        yield from self._under("What the addenda do to the verdict", Step(1, said, not plainly))

    def after_addenda(self, outcome: Resolved) -> Iterator[Step]:
        self._before = outcome
        if outcome.grade is not None:
            self._rule = words.AGREE
        elif self._added and "addendum-unclear" in outcome.reasons and not (self._base and "addendum-unclear" in self._base.reasons):
            self._rule = words.ADDENDUM_UNCLEAR
        else:
            self._rule = words.REFUSED if outcome.reasons else words.NO_VERDICT
        yield from ()

    def stands(self, outcome: Resolved) -> Iterator[Step]:
        if outcome != self._before:
            self._rule = words.DRAFT_UNCLEAR
            yield from self._under("What the draft does to the verdict", Step(1, words.DRAFT_UNCLEAR, against=True))

    # -- the second reader

    def seen(self, _seen: Seen) -> Iterator[Step]:
        yield from ()

    def asked(self, asked: bool) -> Iterator[Step]:
        yield from () if asked else self._under("The second reader", Step(1, words.NOT_ASKED))

    def second_reader(self, opinion: Opinion) -> Iterator[Step]:
        chances = sorted(opinion.chances.items(), key=lambda item: -item[1])
        told = ", ".join(f"{category} {chance:.0%}" for category, chance in chances if chance >= 0.005)
        yield from self._under("The second reader", Step(1, f"thinks it {told}"))
        for feature, weight in opinion.grounds(opinion.likeliest, words.GROUNDS):
            speaks = "for" if weight > 0 else "against"
            yield Step(2, f"{speaks} {opinion.likeliest}: {words.feature_in_words(feature)}")

    def both(self, both: Double) -> Iterator[Step]:
        said = words.OBJECTS if both.objects else words.SETTLES if both.settled else ""
        self._rule = said or self._rule
        yield from self._under("The second reader", Step(1, said or "changes nothing", both.objects))

    def stated(self, told: Sequence[Stated]) -> Iterator[Step]:
        said = ((one.text, one.tags()) for one in told)
        lines = (Step(1, f'"{harmless(text)}": {", ".join(tags)}') for text, tags in said if tags)
        yield from self._under("What the sentences state of the lungs", *lines)

    def contradicted(self, against: Against) -> Iterator[Step]:
        said = words.CONTRADICTED if against.counts else words.NOT_CONTRADICTED
        self._rule = words.ELSEWHERE if against.counts else self._rule
        yield Step(1, said.format(against.chance), against.counts)

    # -- what speaks against

    def disowned(self, taken_back: bool) -> Iterator[Step]:
        said = "a sentence takes the report back" if taken_back else "no sentence takes the report back"
        yield from self._under("What stands beside the verdict", Step(1, said, taken_back))

    def elsewhere(self, reason: str) -> Iterator[Step]:
        sentences = self._sentences()
        if any(step.depth > 1 for step in sentences):
            yield from sentences
        if reason:
            self._rule = words.ELSEWHERE
        yield Step(1, _reason(reason).said, against=True) if reason else Step(1, "nothing there says otherwise")

    def disagree(self, disagreeing: bool) -> Iterator[Step]:
        said = "findings and verdict contradict each other" if disagreeing else "findings and verdict go together"
        yield from self._under("Second thoughts", Step(1, said, disagreeing))

    def second_thoughts(self, reason: str) -> Iterator[Step]:
        if reason:
            self._rule = words.SECOND_THOUGHTS
        yield from self._under("Second thoughts", Step(1, _reason(reason).said, against=True) if reason else Step(1, "none"))


_OF: Mapping[str, str] = {"What may decide": "what may decide", "The addenda": "the addenda", "The draft": "the draft"}
_TELLERS: Mapping[str, Callable[[_Telling, Any], Iterator[Step]]] = {
    "sections": _Telling.assembled,
    "pioped2": _Telling.pioped2,
    "live": _Telling.live,
    "part": _Telling.part,
    "addenda": _Telling.addenda,
    "draft": _Telling.draft,
    "resolved": _Telling.resolved,
    "unfilled": _Telling.unfilled,
    "unsettled": _Telling.unsettled,
    "replaced": _Telling.replaced,
    "told": _Telling.after_addenda,
    "stands": _Telling.stands,
    "disowned": _Telling.disowned,
    "elsewhere": _Telling.elsewhere,
    "disagree": _Telling.disagree,
    "seen": _Telling.seen,
    "asked": _Telling.asked,
    "second-reader": _Telling.second_reader,
    "both": _Telling.both,
    "stated": _Telling.stated,
    "contradicted": _Telling.contradicted,
    "second-thoughts": _Telling.second_thoughts,
}
_WITHIN: Mapping[str, Callable[[_Telling, Any], Iterator[Step]]] = {
    "section": _Telling.section,
    "template": _Telling.template,
    "sentence": _Telling.sentence,
    "legend": _Telling.legend,
    "stops-short": _Telling.stops_short,
}
_KEPT = frozenset(_WITHIN)
QUESTIONS = frozenset({*words.GATES, *_TELLERS, *_WITHIN})
"""Every question that a reading may tell of."""
