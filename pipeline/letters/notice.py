"""A released notice as the files that leave: HTML, text and the side-car."""

from pipeline.domain.notice import Notice
from pipeline.domain.parcel import Parcel
from pipeline.letters.document import write
from pipeline.letters.facts import SiteFacts
from pipeline.letters.html import render_html
from pipeline.letters.sidecar import render_sidecar
from pipeline.letters.text import render_text
from pipeline.letters.texts import Texts


def compose_notice(notice: Notice, *, delivery_id: str, exam_folder: str, site: SiteFacts, watermark: bool, texts: Texts) -> Parcel:
    """The parcel of one letter: `<delivery_id>.<language>.html`, `.txt` and, last, `.json`.

    Pure: the same arguments give the same bytes. `exam_folder` is the site's keyed hash of the exam (16 hex). `watermark` marks every
    page as a sample (mode `demo`). Raises KeyError for a language without words.
    """
    letter = write(notice, site, texts, watermark=watermark)
    stem = f"{delivery_id}.{letter.language}"
    files = ((f"{stem}.html", render_html(letter)), (f"{stem}.txt", render_text(letter)))
    sidecar = render_sidecar(notice, delivery_id=delivery_id, site=site, texts=texts, sample=watermark, files=files)
    return Parcel(delivery_id, "notice", f"notices/{exam_folder}", (*files, (f"{stem}.json", sidecar)))
