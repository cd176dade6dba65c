"""Inputs for the command line: reports whose every word about the patient holds `zq`, which no code or hash of ours can hold."""

import re
from pathlib import Path

MARK = "zq"
NEGATIVE = "No evidence of pulmonary embolism."
NONDIAGNOSTIC = "Nondiagnostic study for pulmonary embolism."
POSITIVE = "High probability for pulmonary embolism."
UNREADABLE = "The ZQUILT sign is noted."


def oru(
    impression: str,
    *,
    number: int = 1,
    status: str = "F",
    accession: str | None = None,
    control: str | None = None,
    signed: str = "20250301101500",
    born: str = "19610704",
    language: str = "",
    name: str = "ZQUIGLEY^XERZQES^Q",
    code: str = "NMLVQ^LUNG VENT PERF^L",
) -> bytes:
    """One ORU^R01 of a lung scan, CR line ends. Patient, clinicians, numbers, address, phone and text all hold `zq`."""
    acc = f"ACCZQ{number:04d}" if accession is None else accession
    lines = [
        rf"MSH|^~\&|RIS|GENERAL|VQ|GENERAL|{signed}||ORU^R01|{control or f'CTRLZQ{number:04d}'}|P|2.5.1",
        f"PID|1||MRNZQ{number:04d}^^^GENERAL^MR||{name}||{born}|F|||99 ZQUAINT LANE^^ZQTOWN^ZQ^55555||^PRN^PH^^1^555^ZQ55501|||{language}",
        "PV1|1|O",
        f"OBR|1|PLZQ{number:04d}|{acc}|{code}|||20250301090000|||||||||771^ZQORDERER^OLAF||||||{signed}||NM|{status}|||||||77&ZQREADER",
        f"OBX|1|TX|RPT^REPORT^L||HISTORY: Dyspnea since the zqparty.||||||{status}",
        f"OBX|2|TX|RPT^REPORT^L||FINDINGS: Images were compared by zqwitness.||||||{status}",
        f"OBX|3|TX|RPT^REPORT^L||IMPRESSION: {impression} Discussed with Dr. Zqlistener.||||||{status}",
    ]
    return "\r".join(lines).encode() + b"\r"


def lab(number: int = 1) -> bytes:
    """A laboratory result: not for us."""
    return oru("D-dimer 0.3", number=number, code="DDIM^D-DIMER^L").replace(b"|NM|", b"|LAB|").replace(b"LUNG", b"BLOOD")


def write(folder: Path, files: dict[str, bytes]) -> Path:
    """Put files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def strays(text: str | bytes) -> list[str]:
    """Where the mark turns up, with its surroundings."""
    shown = text if isinstance(text, str) else text.decode("utf-8", "replace")
    return [shown[max(0, found.start() - 40) : found.end() + 40] for found in re.finditer(MARK, shown, re.IGNORECASE)]
