"""Which exams are lung scans: the codes and words of `studies.toml`, documented there for whoever edits it."""

from typing import Annotated

from pydantic import AfterValidator

from pipeline.config.site import Section


def _entry(text: str) -> str:
    if not text.strip() or text != text.strip():
        raise ValueError("an entry is neither empty nor does it start or end with a space")
    if "*" in text[:-1]:
        raise ValueError('a star stands only at the end of an entry, such as "perf*"')
    if len(text.rstrip("*")) == 0:
        raise ValueError("a star alone would match everything")
    return text


def _prose(text: str) -> str:
    if text != text.casefold():
        raise ValueError("words of reports are written small")
    return _entry(text)


Entries = tuple[Annotated[str, AfterValidator(_entry)], ...]
Prose = tuple[Annotated[str, AfterValidator(_prose)], ...]


class LungScans(Section):
    codes: Entries
    names: Entries
    organ: Entries
    scan: Entries
    not_scan: Entries = ()


class OtherExams(Section):
    codes: Entries = ()
    names: Entries = ()
    nuclear_names: Entries = ()
    modalities: Entries = ()


class Nuclear(Section):
    modalities: Entries
    names: Entries
    code_starts: Entries = ()


class ReportWords(Section):
    lung: Prose
    tracer: Prose


class Images(Section):
    perfusion_agents: Entries
    ventilation_agents: Entries
    ventilation_nuclides: Entries
    inhaled_routes: Entries = ()
    injected_routes: Entries = ()
    perfusion_words: Entries
    ventilation_words: Entries
    perfusion_series: Entries
    ventilation_series: Entries


class RelatedExam(Section):
    """Another exam that matters to a V/Q scan: by code, name, or one word of `how` and one of `where`; never with one of `without`."""

    codes: Entries = ()
    names: Entries = ()
    how: Entries = ()
    where: Entries = ()
    without: Entries = ()


class RelatedExams(Section):
    chest_xray: RelatedExam = RelatedExam()
    ctpa: RelatedExam = RelatedExam()
    leg_ultrasound: RelatedExam = RelatedExam()


class Studies(Section):
    """The whole of `studies.toml`. A star at the end of an entry matches any ending; capitals and signs do not matter."""

    lung_scans: LungScans
    other_exams: OtherExams
    nuclear: Nuclear
    report_words: ReportWords
    images: Images
    related_exams: RelatedExams = RelatedExams()
