"""Letters to test: every letter, plain and with the worst values, as documents and as files."""

from pathlib import Path

from pipeline.domain.notice import Letter, Notice
from pipeline.domain.parcel import Parcel
from pipeline.letters import SiteFacts, compose_notice, load_texts
from pipeline.letters.document import Document, write
from tools.gallery import SITE, WORST_SITE, notice

FOLDER = Path(__file__).parents[2] / "config" / "letters"
TEXTS = load_texts(FOLDER)
ENGLISH = TEXTS.languages["en"]

KINDS = [
    (letter, corrected, worst)
    for letter in Letter
    for corrected in ((False,) if letter is Letter.WITHDRAWN else (False, True))
    for worst in (False, True)
]


def named(kind: tuple[Letter, bool, bool]) -> str:
    letter, corrected, worst = kind
    return letter.value + "-corrected" * corrected + "-worst" * worst


def document(letter: Letter, corrected: bool = False, worst: bool = False) -> Document:
    return write(notice(letter, corrected=corrected, worst=worst), WORST_SITE if worst else SITE, TEXTS, watermark=False)


def parcel(of: Notice, *, site: SiteFacts = SITE, watermark: bool = False) -> Parcel:
    return compose_notice(of, delivery_id="d" * 32, exam_folder="e" * 16, site=site, watermark=watermark, texts=TEXTS)


def html(of: Notice, *, site: SiteFacts = SITE, watermark: bool = False) -> str:
    return parcel(of, site=site, watermark=watermark).files[0][1].decode()


def text(of: Notice, *, site: SiteFacts = SITE, watermark: bool = False) -> str:
    return parcel(of, site=site, watermark=watermark).files[1][1].decode()
