"""The letter as blocks in reading order, before it becomes HTML, text or any other form."""

from dataclasses import dataclass
from enum import StrEnum

from pipeline.domain.notice import Letter, Notice, NoticeType
from pipeline.letters.facts import SiteFacts, facts_of
from pipeline.letters.texts import Texts
from pipeline.letters.words import LanguageWords, Line, Run, Section, fill, fill_all


class Role(StrEnum):
    """What a block is for: renderers choose its looks by it, and tests find it by it."""

    CORRECTED = "corrected"
    MEANING = "meaning"
    NEXT = "next"
    REQUIRED = "required"
    EMERGENCY = "emergency"
    WHO = "who"
    NO_DOCTOR = "no-doctor"
    REPORT = "report"
    HELP = "help"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class Picture:
    """The drawing of the two parts of the scan: what it shows for who cannot see it, and a caption for each part."""

    description: str
    air: str
    blood: str


@dataclass(frozen=True, slots=True)
class Block:
    """One headed part of the letter: lines before, a list, lines after; the picture where there is one."""

    role: Role
    heading: str
    lines: tuple[Line, ...] = ()
    items: tuple[Line, ...] = ()
    after: tuple[Line, ...] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The letter head."""

    facility: str
    department: str
    address: str
    phone: str
    phone_label: str
    tty: str
    tty_label: str


@dataclass(frozen=True, slots=True)
class Document:
    """A whole letter. `rows` are (label, value) of the table on top; `sample` is the watermark, empty outside mode `demo`."""

    language: str
    direction: str
    title: str
    about_you: str
    sender: Sender
    rows: tuple[tuple[str, str], ...]
    message: Line
    blocks: tuple[Block, ...]
    footer: str
    sample: str = ""
    sample_note: str = ""


def write(notice: Notice, site: SiteFacts, texts: Texts, *, watermark: bool) -> Document:
    """The letter of a notice. Raises KeyError for a language there are no words for (the policy knows only those there are)."""
    words = texts.languages[notice.facts.language]
    said = words.letters[notice.letter]
    # A withdrawal must not tell a result, not even the reader's word for one.
    term = words.terms[notice.grade] if notice.grade and notice.letter is not Letter.WITHDRAWN else ""
    facts = facts_of(notice, site, words.language, words.labels.date_and_time, term)
    message = fill(said.message, facts)
    if message is None:
        raise ValueError("a letter without its main message")
    return Document(
        language=words.language,
        direction=words.direction,
        title=said.title,
        about_you=words.labels.about_you,
        sender=_sender(words, facts),
        rows=_rows(words, facts),
        message=message,
        blocks=tuple(_blocks(notice, words, facts)),
        footer=_footer(words),
        sample=words.sample.mark if watermark else "",
        sample_note=words.sample.note if watermark else "",
    )


def _blocks(notice: Notice, words: LanguageWords, facts: dict[str, str]) -> list[Block]:
    said = words.letters[notice.letter]
    blocks = [
        Block(Role.MEANING, words.headings.meaning, fill_all(said.meaning, facts)),
        Block(Role.NEXT, words.headings.next, items=fill_all(said.next, facts)),
        _emergency(words, facts),
    ]
    if notice.facts.required:
        blocks.append(_required(notice, words))
    if notice.notice_type is NoticeType.CORRECTED:
        blocks.insert(0, _section(Role.CORRECTED, words.corrected, facts))
    no_doctor, helped = _section(Role.NO_DOCTOR, words.no_doctor, facts), _section(Role.HELP, words.help, facts)
    if notice.letter is Letter.WITHDRAWN:
        return [*blocks, no_doctor, helped]
    about = words.about
    picture = Picture(about.picture, about.air, about.blood)
    return [
        *blocks,
        _section(Role.WHO, words.who, facts),
        no_doctor,
        _section(Role.REPORT, words.report, facts),
        helped,
        Block(Role.ABOUT, about.heading, fill_all(about.lines, facts), picture=picture),
    ]


def _required(notice: Notice, words: LanguageWords) -> Block:
    """What a statute says word for word; the language of the Act, whatever the letter's, so under the heading of what to do next."""
    return Block(Role.REQUIRED, words.headings.next, tuple((Run(sentence),) for sentence in notice.facts.required))


def _section(role: Role, section: Section, facts: dict[str, str]) -> Block:
    return Block(role, section.heading, fill_all(section.lines, facts))


def _emergency(words: LanguageWords, facts: dict[str, str]) -> Block:
    box = words.emergency
    return Block(Role.EMERGENCY, box.heading, fill_all((box.lead,), facts), fill_all(box.signs, facts), fill_all(box.lines, facts))


def _sender(words: LanguageWords, facts: dict[str, str]) -> Sender:
    labels = words.labels
    return Sender(
        facts["facility"],
        facts.get("department", ""),
        facts.get("address", ""),
        facts["phone"],
        labels.phone,
        facts.get("tty", ""),
        labels.tty,
    )


def _rows(words: LanguageWords, facts: dict[str, str]) -> tuple[tuple[str, str], ...]:
    labels = words.labels
    record = labels.record_end.replace("{record_end}", facts["record_end"]) if "record_end" in facts else ""
    rows = (
        (labels.patient, facts.get("patient_name", "")),
        (labels.birth_year, facts.get("birth_year", "")),
        (labels.record, record),
        (labels.test, labels.test_name),
        (labels.exam_on, facts.get("exam_on", "")),
        (labels.report_at, facts.get("report_at", "")),
        (labels.orderer, facts.get("orderer", "")),
    )
    return tuple((label, value) for label, value in rows if value)


def _footer(words: LanguageWords) -> str:
    values = {"language": words.language, "version": str(words.version), "code": words.sha256[:8]}
    line = words.labels.footer
    for name, value in values.items():
        line = line.replace(f"{{{name}}}", value)
    return line
