"""The reading alone, on one core over the corpora: reports a second, with and without the message around them, and cost by length."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bench import peer
from bench.row import Row
from pipeline.config import Config, load
from pipeline.config.vocabulary import WORDS, packaged_vocabulary
from pipeline.domain.report import Report, TextBlock
from pipeline.readers import read as read_bytes
from pipeline.reading import Vocabulary
from pipeline.reading import read as read_text
from pipeline.reading.reader import LONGEST

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT / "tests/corpus"
TIMES = (1, 4, 16)
"""How often a text is repeated, to see what length costs."""


def rows(rounds: int = 3) -> list[Row]:
    """Every row of the reading, medspaCy's beside ours in the same run; the best of `rounds`."""
    config = load()
    file = config.find(WORDS)
    began = time.perf_counter()
    vocabulary = packaged_vocabulary(file)
    loading_s = time.perf_counter() - began
    reports = _reports()
    texts = [report["report_text"] for report in reports]
    gold = [report["gold_category"] for report in reports]
    size = sum(map(len, texts)) / len(texts)

    def ours() -> None:
        for text in texts:
            read_text([TextBlock(text)], vocabulary)

    # Half of our rounds before the peer and half after it: the machine may grow slower or faster meanwhile.
    before = best_s(ours, rounds)
    theirs, why_not = peer.run(file, texts, {str(n): _longer(_sample(texts), n) for n in TIMES})
    reading_s = min(before, best_s(ours, rounds))
    whole_s = _with_messages(texts, config, vocabulary, rounds)
    cost = [_us_a_kb(_sample(texts), n, vocabulary, rounds) for n in TIMES]
    exact = _exact(texts, gold, vocabulary)
    vocabulary_note = f"the vocabulary is read once at the start, in {1000 * loading_s:.0f} ms"
    found = [
        Row(
            "reading alone, one core",
            f"{len(texts) / reading_s:.0f} reports/s",
            f"{len(texts)} texts of {size:.0f} characters; {vocabulary_note}; goal 1,000. Tuned on them: {exact}",
        ),
        Row("reading with the message", f"{len(texts) / whole_s:.0f} reports/s", "the same texts as ORU^R01: `readers.read`, then reading"),
        Row("reading by length", _spread(cost), f"a text once, {TIMES[1]} and {TIMES[2]} times over; equal is linear"),
    ]
    return [*found, *_peer_rows(theirs, why_not, gold, texts)]


def _peer_rows(theirs: dict[str, Any] | None, why_not: str, gold: Sequence[str], texts: Sequence[str]) -> list[Row]:
    name = "medspaCy, the same texts"
    if theirs is None:
        return [Row(name, "not run", why_not)]
    categories = theirs["categories"]
    sample = _sample(texts)
    cost = [1e6 * theirs["longer_s"][str(n)] / (sum(map(len, _longer(sample, n))) / 1000) for n in TIMES]
    return [
        Row(
            name,
            f"{len(texts) / theirs['read_s']:.0f} reports/s",
            "targets and sections from the words of our vocabulary, its own ConText rules and some of ours, a vote over the last "
            "impression; no masks, no phrases, no check for what stayed unread, none of the findings. "
            f"Not tuned on them: {_score(categories, gold)}",
        ),
        Row("medspaCy by length", _spread(cost), f"on {len(sample)} of the texts"),
    ]


def _reports() -> list[dict[str, Any]]:
    """What was looked at while the vocabulary was written; the traps are lines, and not reports."""
    files = [path for path in sorted(CORPUS.glob("*.jsonl")) if not path.name.startswith("x")]
    return [json.loads(line) for path in files for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def _sample(texts: Sequence[str]) -> list[str]:
    """Some texts that may be repeated without becoming longer than the longest that is read at all."""
    short = [text for text in texts if (len(text) + 2) * TIMES[-1] < LONGEST]
    return short[:: max(len(short) // 25, 1)]


def _longer(texts: Sequence[str], times: int) -> list[str]:
    return ["\n\n".join([text] * times) for text in texts]


def _us_a_kb(sample: Sequence[str], times: int, vocabulary: Vocabulary, rounds: int) -> float:
    longer = _longer(sample, times)
    taken_s = best_s(lambda: [read_text([TextBlock(text)], vocabulary) for text in longer], rounds)
    return 1e6 * taken_s / (sum(map(len, longer)) / 1000)


def _with_messages(texts: Sequence[str], config: Config, vocabulary: Vocabulary, rounds: int) -> float:
    messages = [message(number, text) for number, text in enumerate(texts)]

    def once() -> int:
        count = 0
        for content in messages:
            for arrival in read_bytes(content, config):
                if isinstance(arrival.what, Report):
                    read_text(arrival.what.blocks, vocabulary)
                    count += 1
        return count

    if once() != len(texts):
        raise RuntimeError("not every message became a report")
    return best_s(once, rounds)


def message(number: int, text: str) -> bytes:
    """An ORU^R01 of a lung scan with a text, a line in each OBX."""
    signed = "20260105101500+0000"
    escaped = text.translate({ord("\\"): "\\E\\", ord("|"): "\\F\\", ord("^"): "\\S\\", ord("~"): "\\R\\", ord("&"): "\\T\\"})
    head = [
        f"MSH|^~\\&|RIS|BENCH GENERAL|ENGINE|VQROUTE|{signed}||ORU^R01^ORU_R01|R{number}|P|2.5.1|||AL|NE|USA|UNICODE UTF-8",
        f"PID|1||R{number:08d}^^^BENCH^MR||Testperson^Avery||19610704|F",
        "PV1|1|O",
        f"OBR|1|P{number}|RN{number:07d}|78582^NM LUNG VENTILATION PERFUSION^C4|||{signed}|||||||||||RN{number:07d}||||{signed}||NM|F",
    ]
    lines = [f"OBX|{index}|TX|78582&GDT^REPORT^C4||{line}||||||F" for index, line in enumerate(escaped.splitlines(), 1)]
    return ("\r".join([*head, *lines]) + "\r").encode()


def _exact(texts: Sequence[str], gold: Sequence[str], vocabulary: Vocabulary) -> str:
    from pipeline.config.reference import Outcome

    return _score([Outcome.of(read_text([TextBlock(text)], vocabulary)).taken_as() for text in texts], gold)


def _score(categories: Sequence[str], gold: Sequence[str]) -> str:
    pairs = list(zip(categories, gold, strict=True))
    exact = sum(read == said for read, said in pairs)
    dangerous = sum(read != said and read in ("negative", "positive") for read, said in pairs)
    return f"{exact / len(pairs):.1%} in the author's category, {dangerous} dangerous"


def _spread(cost: Sequence[float]) -> str:
    return " / ".join(f"{us:.0f}" for us in cost) + " us/kB"


def best_s(work: Callable[[], object], times: int) -> float:
    """Seconds of the fastest of some runs."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return min(taken)
