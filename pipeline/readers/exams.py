"""Is an exam a lung scan? Judged by the exam's code, name and department, never by what a report says of other exams."""

import re
from dataclasses import dataclass
from enum import Enum, auto

from pipeline.config.studies import Images, RelatedExam, Studies
from pipeline.domain.arrival import OtherKind
from pipeline.domain.identity import folded
from pipeline.domain.instance import Part


class Verdict(Enum):
    LUNG = auto()
    """A lung scan, or a study that looks like one (split function, shunt): read its report."""
    CONFLICT = auto()
    """Code, name and department contradict each other: a person reads it."""
    OTHER = auto()
    NUCLEAR = auto()
    """Nuclear medicine, on no list: its text tells whether it is about the lung."""
    UNKNOWN = auto()
    """On no list, and nothing says nuclear medicine."""


@dataclass(frozen=True, slots=True)
class Words:
    """A list of words and phrases of `studies.toml`, made ready: ` maa ` is a whole word, ` perf` any word that starts so."""

    needles: tuple[str, ...]

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> "Words":
        return cls(tuple(dict.fromkeys(_needle(entry) for entry in entries)))

    def hit(self, spread: str) -> bool:
        """Whether any is in `spread`, a text that has been through `spread_out`."""
        return any(needle in spread for needle in self.needles)

    def spans(self, spread: str) -> list[str]:
        return [needle for needle in self.needles if needle in spread]


def _needle(entry: str) -> str:
    return f" {folded(entry)}" if entry.endswith("*") else f" {folded(entry)} "


def spread_out(text: str) -> str:
    """Text as words are matched in it: small letters, no marks, single blanks, one at each end."""
    return f" {folded(text)} "


@dataclass(frozen=True, slots=True)
class Codes:
    whole: frozenset[str]
    starts: tuple[str, ...]

    @classmethod
    def of(cls, entries: tuple[str, ...]) -> "Codes":
        return cls(
            frozenset(entry.casefold() for entry in entries if not entry.endswith("*")),
            tuple(entry[:-1].casefold() for entry in entries if entry.endswith("*")),
        )

    def hit(self, code: str) -> bool:
        """Whether `code` is listed. An entry with a star fits five-digit numbers (CPT) only: local codes are free text."""
        small = code.strip().casefold()
        return small in self.whole or (bool(self.starts) and len(small) == 5 and small.isdigit() and small.startswith(self.starts))


class Related:
    """One kind of exam that matters to a V/Q scan, made ready."""

    def __init__(self, words: RelatedExam) -> None:
        self._codes, self._names = Codes.of(words.codes), Words.of(words.names)
        self._how, self._where, self._without = Words.of(words.how), Words.of(words.where), Words.of(words.without)

    def hit(self, codes: tuple[str, ...], spread: str) -> bool:
        if self._without.hit(spread):
            return False
        return any(map(self._codes.hit, codes)) or self._names.hit(spread) or (self._how.hit(spread) and self._where.hit(spread))


class Exams:
    """The lists of `studies.toml`, made ready for matching. Judgements are remembered: a site has a few hundred exam names."""

    REMEMBERED = 20_000
    LONGEST_REMEMBERED = 500

    def __init__(self, studies: Studies) -> None:
        lung, other, nuclear, words = studies.lung_scans, studies.other_exams, studies.nuclear, studies.report_words
        self._lung_codes = Codes.of(lung.codes)
        self._lung_names = Words.of(lung.names)
        self._organ = Words.of(lung.organ)
        self._scan = Words.of(lung.scan)
        self._not_scan = Words.of(lung.not_scan)
        self._other_codes = Codes.of(other.codes)
        self._other_names = Words.of(other.names)
        self._other_nuclear = Words.of(other.nuclear_names)
        self._other_modalities = frozenset(folded(entry) for entry in other.modalities)
        self._nuclear_modalities = frozenset(folded(entry) for entry in nuclear.modalities)
        self._nuclear_names = Words.of(nuclear.names)
        self._nuclear_starts = tuple(start.casefold() for start in nuclear.code_starts)
        self._lung_prose = Words.of(words.lung)
        self._tracer_prose = Words.of(words.tracer)
        self._lung_stems = _stems(words.lung)
        self._tracer_stems = _stems(words.tracer)
        codes = {entry.rstrip("*").casefold().encode() for entry in lung.codes}
        self._order_stems = tuple(sorted(codes | set(_stems((*lung.names, *lung.organ)))))
        self.images = Agents(studies.images)
        self._known: dict[tuple[tuple[str, ...], tuple[str, ...], str], Verdict] = {}
        self.by_bytes: dict[tuple[bytes, ...], tuple[Verdict, str, OtherKind | None]] = {}
        """Judgements by the raw bytes of OBR-4, OBR-24 and OBR-44, for the reader's quick look."""
        kinds = studies.related_exams
        self._related = (
            (OtherKind.CTPA, Related(kinds.ctpa)),
            (OtherKind.LEG_ULTRASOUND, Related(kinds.leg_ultrasound)),
            (OtherKind.CHEST_XRAY, Related(kinds.chest_xray)),
        )

    def related(self, codes: tuple[str, ...], names: tuple[str, ...], modality: str = "") -> OtherKind | None:
        """Which exam that matters to a V/Q scan this is, if any. The modality counts as a word of the name."""
        spread = spread_out(" ".join((modality, *names)))
        return next((kind for kind, words in self._related if words.hit(codes, spread)), None)

    def judge(self, codes: tuple[str, ...], names: tuple[str, ...], modality: str) -> Verdict:
        """Which kind of exam this is. `codes` and `names` of OBR-4 and OBR-44, `modality` of OBR-24 or DICOM."""
        key = (codes, names, modality)
        verdict = self._known.get(key)
        if verdict is None:
            verdict = self._judge(codes, names, modality)
            if sum(map(len, codes + names)) <= self.LONGEST_REMEMBERED:
                if len(self._known) >= self.REMEMBERED:
                    self._known.clear()
                self._known[key] = verdict
        return verdict

    def _judge(self, codes: tuple[str, ...], names: tuple[str, ...], modality: str) -> Verdict:
        text = spread_out(" ".join(names))
        department = folded(modality)
        by_code = any(self._lung_codes.hit(code) for code in codes)
        by_name = self._named(text)
        other_name = self._other_names.hit(text)
        nuclear = department in self._nuclear_modalities or self._nuclear_names.hit(text)
        elsewhere = department in self._other_modalities or (other_name and not self._nuclear_names.hit(text))
        if by_code or by_name:
            # "CT lung perfusion" and "chest film for V/Q scan" are other exams in the words of ours.
            if not elsewhere or (nuclear and department not in self._other_modalities):
                return Verdict.CONFLICT if by_code and not by_name and self._other_nuclear.hit(text) else Verdict.LUNG
            if by_name and self._nuclear_names.hit(text):
                return Verdict.LUNG
            if by_name and not by_code and not self._lung_names.hit(text):
                return Verdict.OTHER
            return Verdict.CONFLICT
        if elsewhere:
            return Verdict.OTHER
        if self._other_nuclear.hit(text):
            # "NM lung perfusion, cardiac shunt" names both: its text tells.
            return Verdict.NUCLEAR if self._organ.hit(text) and self._scan.hit(text) else Verdict.OTHER
        if any(self._other_codes.hit(code) for code in codes) and not nuclear:
            return Verdict.OTHER
        if nuclear or any(code.casefold().startswith(self._nuclear_starts) for code in codes):
            return Verdict.NUCLEAR
        return Verdict.UNKNOWN

    def _named(self, text: str) -> bool:
        if self._other_nuclear.hit(text) and not self._lung_names.hit(text):
            return False
        if self._lung_names.hit(text):
            return not (" v p shunt " in text or " vp shunt " in text)
        rest = text
        for needle in self._not_scan.spans(text):
            rest = rest.replace(needle, " ")
        return self._organ.hit(rest) and self._scan.hit(rest)

    def may_order_a_lung_scan(self, raw: bytes) -> bool:
        """A quick look before parsing: False means that no code or name of a lung scan can be in it."""
        small = raw.lower()
        return any(stem in small for stem in self._order_stems)

    def speaks_of_lungs(self, text: str, verdict: Verdict) -> bool:
        """Whether the report of an exam on no list must be read by a person."""
        if verdict is Verdict.NUCLEAR:
            return self._lung_prose.hit(spread_out(text))
        return verdict is Verdict.UNKNOWN and self._tracer_prose.hit(spread_out(text))

    def may_speak_of_lungs(self, raw: bytes, verdict: Verdict) -> bool:
        """A quick look before decoding: False means that `speaks_of_lungs` would say no."""
        small = raw.lower()
        return any(stem in small for stem in (self._lung_stems if verdict is Verdict.NUCLEAR else self._tracer_stems))


def _stems(entries: tuple[str, ...]) -> tuple[bytes, ...]:
    # One word of each entry alone, the longest: what stands between two words may be escapes, repetitions or line breaks.
    words = {max(reversed(folded(entry).split()), key=len) for entry in entries}
    return tuple(sorted(word.encode() for word in words if not any(word != other and other in word for other in words)))


class Agents:
    """What tells ventilation from perfusion in an image."""

    def __init__(self, images: Images) -> None:
        self._perfusion = Codes.of(images.perfusion_agents)
        self._ventilation = Codes.of(images.ventilation_agents)
        self._nuclides = Codes.of(images.ventilation_nuclides)
        self._inhaled, self._injected = Words.of(images.inhaled_routes), Words.of(images.injected_routes)
        self._perfusion_words, self._ventilation_words = Words.of(images.perfusion_words), Words.of(images.ventilation_words)
        self._perfusion_series, self._ventilation_series = Words.of(images.perfusion_series), Words.of(images.ventilation_series)

    def part(self, agents: list[str], nuclides: list[str], agent_text: str, routes: str, series: str) -> Part:
        """The strongest clue that speaks decides; clues of the two strongest kinds that disagree give `unknown`.

        Args:
            agents: radiopharmaceutical codes (CID 25).
            nuclides: radionuclide codes (CID 18).
            agent_text: the radiopharmaceutical in words.
            routes: codes and words of the route of administration.
            series: descriptions of series and protocol.
        """
        spread = spread_out(agent_text)
        strong = [
            self._parts(any(map(self._ventilation.hit, agents)), any(map(self._perfusion.hit, agents))),
            self._parts(any(map(self._nuclides.hit, nuclides)), False),
            self._parts(self._ventilation_words.hit(spread), self._perfusion_words.hit(spread)),
        ]
        said = set().union(*strong)
        if said:
            return said.pop() if len(said) == 1 else Part.UNKNOWN
        weak = [
            self._parts(self._inhaled.hit(spread_out(routes)), self._injected.hit(spread_out(routes))),
            self._parts(self._ventilation_series.hit(spread_out(series)), self._perfusion_series.hit(spread_out(series))),
        ]
        said = set().union(*weak)
        return said.pop() if len(said) == 1 else Part.UNKNOWN

    def lung_agent(self, agents: list[str], nuclides: list[str], agent_text: str) -> bool:
        """Whether the tracer is one that lung scans use."""
        return self.part(agents, nuclides, agent_text, "", "") is not Part.UNKNOWN

    @staticmethod
    def _parts(ventilation: bool, perfusion: bool) -> set[Part]:
        return ({Part.VENTILATION} if ventilation else set()) | ({Part.PERFUSION} if perfusion else set())


_ready: dict[int, tuple[Studies, Exams]] = {}
_MANY_CONFIGURATIONS = 16


def exams_of(studies: Studies) -> Exams:
    """The lists made ready, once for each configuration (kept by identity: a configuration never changes)."""
    found = _ready.get(id(studies))
    if found is None or found[0] is not studies:
        if len(_ready) >= _MANY_CONFIGURATIONS:
            _ready.clear()
        found = _ready[id(studies)] = (studies, Exams(studies))
    return found[1]


_DEPARTMENT = re.compile(r"[A-Za-z0-9/ _-]{1,40}")


def safe_code(code: str) -> str:
    """An exam code fit for counts and logs: free text that a sender put where a code belongs is not."""
    return code.strip() if _DEPARTMENT.fullmatch(code.strip()) and len(code.split()) <= 2 else ""
