"""Pictures of every letter, for people to look at: `python -m tools.gallery OUT [--picture docs/images/letter-nondiagnostic.png]`."""

import argparse
import dataclasses
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image, ImageChops

from pipeline.domain.notice import Letter, LetterFacts, Notice, NoticeState, NoticeType
from pipeline.domain.reading import Category, Grade
from pipeline.letters import SiteFacts, Texts, compose_notice, load_texts

ROOT = Path(__file__).parent.parent
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--hide-scrollbars",
)  # fmt: skip
LETTER_PIXELS = (816, 1056)
"""US Letter at 96 dots an inch."""

SITE = SiteFacts(
    facility="Sampleton Valley Hospital",
    department="Nuclear Medicine",
    address="1 Example Way, Sampleton, NY 00000",
    phone="(555) 555-0142",
    tty="711",
    portal_url="https://portal.sampleton.example/",
    emergency_number="911",
    time_zone="America/New_York",
)
WORST_SITE = SiteFacts(
    facility="The Saint Bartholomew-and-Elizabeth Regional University Medical Centre of Greater Exampleshire",
    department="Department of Nuclear Medicine, Molecular Imaging and Therapy (Lower Ground Floor, East Wing)",
    address="Building 7, Lower Ground Floor, 12345 North Boulevard of the Long Names, Suite 1200, Exampleshire, NY 00000-0000",
    phone="+1 (555) 555-0142 ext. 12345",
    tty="1-800-555-0199",
    portal_url="https://patients.portal.regional-university-medical-centre.example/results/imaging?from=letter&lang=en",
    emergency_number="911",
    time_zone="America/New_York",
)
WORST_NAME = "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh <script>alert(1)</script> {{ 7*7 }} {phone} \u202eabc\u200f 🫁"
WORST_ORDERER = "Dr. Bartholomew-Maximilian Featherstonehaugh-Cholmondeley"
SIGNED = datetime(2026, 11, 20, 16, 5, tzinfo=UTC)
FACTS = LetterFacts(
    patient_name="Sample Q. Testperson",
    birth_date="1961-02-03",
    identifier="SAMPLE004217",
    exam_at=SIGNED - timedelta(hours=3),
    signed_at=SIGNED,
    orderer="Dr. Example Orderer",
    accession="SAMPLE-0001",
    language="en",
)
GRADES = {
    Letter.NORMAL: Grade.NORMAL,
    Letter.ABSENT: Grade.ABSENT,
    Letter.LOW: Grade.VERY_LOW,
    Letter.NONDIAGNOSTIC: Grade.INTERMEDIATE,
    Letter.POSITIVE: Grade.HIGH,
    Letter.POSITIVE_CHRONIC: Grade.PRESENT,
}


def notice(letter: Letter, *, corrected: bool = False, worst: bool = False) -> Notice:
    """A notice of one letter about a person who does not exist; `worst`: with the longest and most hostile values."""
    kind = NoticeType.WITHDRAWN if letter is Letter.WITHDRAWN else NoticeType.CORRECTED if corrected else NoticeType.RESULT
    facts = FACTS
    if worst:
        facts = dataclasses.replace(facts, patient_name=WORST_NAME, orderer=WORST_ORDERER)
        facts = dataclasses.replace(facts, identifier="X" * 40 + "9999", wants_language="vi")
    if kind is not NoticeType.RESULT:
        facts = dataclasses.replace(facts, replaces_at=SIGNED - timedelta(hours=2, minutes=13))
    grade = GRADES.get(letter)
    return Notice(
        id="0" * 32,
        report_hash="a" * 64,
        letter=letter,
        notice_type=kind,
        category=grade.category if grade else Category.REVIEW,
        grade=grade,
        state=NoticeState.PREPARATION,
        release_at=SIGNED,
        facts=facts,
        replaces="1" * 32 if kind is not NoticeType.RESULT else "",
    )


def write_letters(folder: Path, texts: Texts) -> list[Path]:
    """Every letter plain and at its worst, with and without the sample mark, as HTML and text. Returns the HTML files."""
    pages: list[Path] = []
    for worst in (False, True):
        for letter, corrected in [*((one, False) for one in Letter), (Letter.NORMAL, True), (Letter.NONDIAGNOSTIC, True)]:
            stem = f"{letter.value}{'-corrected' if corrected else ''}{'-worst' if worst else ''}"
            made = compose_notice(
                notice(letter, corrected=corrected, worst=worst),
                delivery_id="f" * 32,
                exam_folder="0" * 16,
                site=WORST_SITE if worst else SITE,
                watermark=True,
                texts=texts,
            )
            for name, content in made.files[:2]:
                path = folder / f"{stem}{Path(name).suffix}"
                path.write_bytes(content)
                pages += [path] if path.suffix == ".html" else []
    return pages


def chromium(*arguments: str) -> None:
    """Runs the browser once with a throw-away profile."""
    with tempfile.TemporaryDirectory() as profile:
        subprocess.run([CHROMIUM, *FLAGS, f"--user-data-dir={profile}", *arguments], check=True, capture_output=True, timeout=60)


def picture(page: Path, target: Path, *, width: int = LETTER_PIXELS[0], flags: tuple[str, ...] = ()) -> None:
    """The page as a PNG, as high as its content."""
    height, image = 4 * LETTER_PIXELS[1], Image.new("RGB", (1, 1))
    # The sample mark sits in the middle of the window, below a short letter in a high one: the second measure is the true one.
    for _ in ("measure", "measure again", "take"):
        chromium(f"--screenshot={target}", f"--window-size={width},{height}", *flags, page.as_uri())
        image = Image.open(target).convert("RGB")
        blank = Image.new("RGB", image.size, image.getpixel((1, image.height - 2)))
        box = ImageChops.difference(image, blank).getbbox()
        height = (box[3] if box else height) + 24
    image.quantize(64).save(target, optimize=True)


def printed(page: Path, target: Path) -> int:
    """The page as a PDF by the browser's print; returns the number of pages."""
    chromium("--no-pdf-header-footer", f"--print-to-pdf={target}", page.as_uri())
    return len(re.findall(rb"/Type\s*/Page\b", target.read_bytes()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--picture", type=Path, help="also write the README's picture there")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    texts = load_texts(ROOT / "config" / "letters")
    for page in write_letters(arguments.out, texts):
        picture(page, page.with_suffix(".png"))
        print(f"{page.stem}: {printed(page, page.with_suffix('.pdf'))} printed pages")
    if arguments.picture:
        arguments.picture.parent.mkdir(parents=True, exist_ok=True)
        picture(arguments.out / "nondiagnostic.html", arguments.picture)
    return 0


if __name__ == "__main__":
    sys.exit(main())
