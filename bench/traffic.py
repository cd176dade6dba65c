"""Invents the traffic of a radiology department: ORU^R01 messages of about 5 KB of which a few are V/Q, the same for one seed."""

import random
from collections.abc import Iterator
from datetime import date
from pathlib import Path

DAY = date(2026, 1, 5)
_OTHER = (
    ("71046", "XR CHEST 2 VIEWS"),
    ("70450", "CT HEAD WITHOUT CONTRAST"),
    ("74177", "CT ABDOMEN AND PELVIS WITH CONTRAST"),
    ("72148", "MR LUMBAR SPINE"),
    ("76700", "US ABDOMEN COMPLETE"),
    ("77067", "MAMMOGRAPHY SCREENING BILATERAL"),
    ("73721", "MR KNEE LEFT"),
    ("93306", "ECHOCARDIOGRAM COMPLETE"),
)
_FILLER = (
    "The heart size is within the expected range and the mediastinal contours are unremarkable.",
    "No focal consolidation, pleural effusion or pneumothorax is identified on this examination.",
    "Degenerative changes are noted, similar in appearance to what is expected for the age.",
    "The visualised soft tissues are unremarkable. No acute osseous abnormality is seen.",
    "The examination was tolerated well and no immediate complication was observed.",
    "Images were reviewed on a diagnostic workstation with appropriate window settings.",
)
_LUNG_FILLER = (
    "The examination was tolerated well and the images are of good technical quality.",
    "Planar images were acquired in eight projections.",
    "The radiopharmaceutical was given through a peripheral vein without any difficulty.",
    "The chest radiograph of the same day was at hand.",
)
_VERDICTS = (
    ("Normal perfusion. No perfusion defect.", "Normal ventilation and perfusion scan."),
    ("Small matched defects at both bases.", "Low probability of pulmonary embolism."),
    ("Perfusion is homogeneous in both lungs.", "No evidence of pulmonary embolism."),
    ("Single moderate defect with a matching opacity on the radiograph.", "Intermediate probability of pulmonary embolism."),
    ("Extensive matched defects in emphysema.", "Nondiagnostic study for pulmonary embolism."),
    ("Multiple large segmental mismatched perfusion defects in both lungs.", "High probability of pulmonary embolism."),
)
_GIVEN = ("Avery", "Blake", "Casey", "Devon", "Emery", "Finley", "Gray", "Harper", "Indigo", "Jules")
_FAMILY = ("Testperson", "Sampleton", "Mockford", "Fictiv", "Nonesuch", "Placeholder", "Examplesen")


def message(number: int, *, vq: bool, seed: int = 7, size: int = 5000, day: date = DAY) -> bytes:
    """One ORU^R01 of about `size` bytes, signed on `day` (UTC); `number` makes patient, accession and control id its own."""
    draw = random.Random(f"{seed}/{number}/{vq}")
    code, name = ("78582", "NM LUNG VENTILATION PERFUSION") if vq else draw.choice(_OTHER)
    findings, verdict = draw.choice(_VERDICTS)
    person = f"{draw.choice(_FAMILY)}^{draw.choice(_GIVEN)}^{chr(65 + number % 26)}"
    when = f"{day:%Y%m%d}{number % 24:02d}{number % 60:02d}00+0000"
    accession = f"BN{seed:03d}{number:07d}"
    segments = [
        f"MSH|^~\\&|RIS|BENCH GENERAL|ENGINE|VQROUTE|{when}||ORU^R01^ORU_R01|C{seed}-{number}|P|2.5.1|||AL|NE|USA|ASCII",
        (
            f"PID|1||M{seed:02d}{number:08d}^^^BENCH^MR||{person}||{1931 + number % 70}0{1 + number % 9}1{number % 9}|{'FM'[number % 2]}"
            "|||1 Invented Way^^Nowhere^ZZ^00000||^PRN^PH^^1^555^0100|||EN"
        ),
        "PV1|1|O|NM^^^BENCH||||1234^Referrer^Robin^^^Dr|||||||||||V1",
        f"ORC|RE|P{accession}|{accession}||CM",
        (
            f"OBR|1|P{accession}|{accession}|{code}^{name}^C4|||{when}|||||||||1234^Referrer^Robin^^^Dr||{accession}"
            f"||||{when}||{'NM' if vq else 'RAD'}|F|||||||5678&Reader&Riley"
        ),
    ]
    lines = [f"EXAM: {name}", "TECHNIQUE: Standard protocol of this department.", "FINDINGS:"]
    if vq:
        lines += [findings, "", "IMPRESSION:", verdict]
    else:
        lines += [draw.choice(_FILLER) for _ in range(6)] + ["IMPRESSION:", "No acute abnormality."]
    filler_at = 3
    used = sum(len(segment) for segment in segments)
    shell = f"OBX|00|TX|{code}&GDT^{name}^C4||||||||F|||{when}\r"
    while used + sum(len(line) + len(shell) for line in lines) < size:
        lines.insert(filler_at, draw.choice(_LUNG_FILLER if vq else _FILLER))
        filler_at += 1
    segments += [f"OBX|{index}|TX|{code}&GDT^{name}^C4||{line}||||||F|||{when}" for index, line in enumerate(lines, 1)]
    return ("\r".join(segments) + "\r").encode("ascii")


def messages(count: int, *, share: float = 0.05, seed: int = 7, size: int = 5000, day: date = DAY) -> Iterator[tuple[str, bytes]]:
    """`count` messages with file names, `share` of them V/Q and spread evenly."""
    every = round(1 / share) if share else 0
    for number in range(count):
        yield f"{number:06d}.hl7", message(number, vq=bool(every) and number % every == 0, seed=seed, size=size, day=day)


def fill(folder: Path, count: int, *, share: float = 0.05, seed: int = 7, size: int = 5000, day: date = DAY) -> list[Path]:
    """Write them, 1,000 a folder, whole files renamed into place; the paths in order."""
    paths = []
    for name, content in messages(count, share=share, seed=seed, size=size, day=day):
        below = folder / name[:3]
        below.mkdir(parents=True, exist_ok=True)
        staging = below / f".{name}"
        staging.write_bytes(content)
        paths.append(staging.rename(below / name))
    return paths
