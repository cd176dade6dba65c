"""Makes the reference set that `vqroute check-config` compares a site's vocabulary with."""

import gzip
import json
from pathlib import Path

from pipeline.config.reference import FOLDER, READINGS, REPORTS, readings_text
from pipeline.config.vocabulary import packaged_vocabulary
from tools.corpus_report.corpora import CORPUS, VOCABULARY, corpora, files, rows

ALL_BEFORE, EVERY = "d13", 6
"""Of the files from `d13` on every sixth report is shipped: a site compares some five thousand in seconds."""


def _shipped(stem: str, number: int) -> bool:
    newer = stem[:1] == "d" and stem[1:].isdecimal() and int(stem[1:]) >= int(ALL_BEFORE[1:])
    return not newer or number % EVERY == 0


def reports_text(folder: Path = CORPUS) -> str:
    """The texts of the corpora that were looked at, as JSON lines. Blind ones are never shipped: they would not stay blind."""
    lines = []
    for path in files(folder):
        for row in (row for number, row in enumerate(rows(path)) if _shipped(path.stem, number)):
            name = f"{path.stem}/{row['id']}"
            kept = {"id": name, "style": row.get("style", ""), "gold": row["gold_category"], "text": row["report_text"]}
            lines.append(json.dumps(kept, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def packed_readings(folder: Path = CORPUS, vocabulary: Path = VOCABULARY) -> str:
    """How each of them is read, under the hash of the vocabulary."""
    digest = packaged_vocabulary(vocabulary).hash
    looked_at = [(Path(corpus.name).stem, corpus.reports) for corpus in corpora(folder, vocabulary) if corpus.kind != "blind"]
    known = ((stem, one) for stem, reports in looked_at for number, one in enumerate(reports) if _shipped(stem, number))
    return readings_text(digest, ((f"{stem}/{one.id}", one.outcome) for stem, one in known))


def stale(folder: Path = FOLDER) -> list[str]:
    """Names of the files of the set that are not what corpora and vocabulary say."""
    found = []
    packed = folder / REPORTS
    # The text counts and not its bytes: another zlib packs the same text otherwise.
    if not packed.exists() or gzip.decompress(packed.read_bytes()).decode("utf-8") != reports_text():
        found.append(REPORTS)
    readings = folder / READINGS
    if not readings.exists() or readings.read_text(encoding="utf-8") != packed_readings():
        found.append(READINGS)
    return found


def write(folder: Path = FOLDER) -> list[str]:
    """Write what is out of date; its names."""
    folder.mkdir(exist_ok=True)
    wanted = stale(folder)
    if REPORTS in wanted:
        (folder / REPORTS).write_bytes(gzip.compress(reports_text().encode(), 9, mtime=0))
    if READINGS in wanted:
        (folder / READINGS).write_text(packed_readings(), encoding="utf-8")
    return wanted
