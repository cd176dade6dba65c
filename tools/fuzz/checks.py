"""What must hold of every input, whatever it is; a `Finding` says in a few words what did not."""

import re
import time
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from pipeline.config import Config, load, packaged
from pipeline.config.vocabulary import packaged_vocabulary
from pipeline.domain.arrival import Rejection
from pipeline.domain.reading import Category, Reading
from pipeline.domain.report import Report, TextBlock
from pipeline.readers import read as read_bytes
from pipeline.reading import Vocabulary, read
from pipeline.reading.pattern import ENDS
from pipeline.reading.reader import LONGEST
from pipeline.reading.tokens import plain, tokens_of

SECTIONS = (
    None,
    "impression",
    "findings",
    "indication",
    "history",
    "comparison",
    "technique",
    "recommendation",
    "addendum",
    "communication",
)
BLOCK_END = "\x1d"

ANY_SIZE_S = 1.0
TIMES_DEARER = 20
"""How much dearer a character may be than the seeds'. One second for a megabyte, as was asked, is no bound for a reading:
an ordinary report costs two (a millisecond for 500 characters), and several times that under the fuzzer's counters. So the seeds are
the measure, on the same machine in the same process; what grows with the square of its length still cannot hide."""

Answer = TypeVar("Answer")
_LETTERS = re.compile(r"[^\W\d_]+")


class Finding(Exception):
    """An input that the program may not answer as it does."""


@dataclass
class Checks:
    """The targets and the bounds that hold of them. `rate_s`: processor seconds that a character (or byte) of the seeds costs."""

    config: Config
    vocabulary: Vocabulary
    spellings: Sequence[tuple[str, str]]
    rate_s: float = 0.0

    @classmethod
    def load(cls) -> "Checks":
        """With the packaged configuration, whatever the working folder holds."""
        file = packaged() / "vocabulary/en.toml"
        text = file.read_text(encoding="utf-8")
        pairs = [(letters_of(written), letters_of(norm)) for written, norm in tomllib.loads(text)["spelling"].items()]
        return cls(load(packaged() / "site.toml"), packaged_vocabulary(file), [pair for pair in pairs if all(pair)])

    def measure(self, target: Callable[[bytes], None], seeds: Sequence[bytes]) -> None:
        """Set `rate_s` from inputs that are known to be ordinary; twice, since the first time compiles patterns."""
        begin = 0.0
        for _ in range(2):
            begin = time.process_time()
            for seed in seeds:
                target(seed)
        self.rate_s = (time.process_time() - begin) / max(sum(map(len, seeds)), 1)

    def reading(self, data: bytes) -> None:
        """A text through the reading. Raises `Finding`, or whatever the program raises."""
        blocks = blocks_of(data)
        found = self._timed(partial(read, blocks, self.vocabulary), len(data))
        self._sound(found, blocks)

    def readers(self, data: bytes) -> None:
        """The bytes of a file through the readers, and the text of each report in it through the reading."""
        arrivals = self._timed(partial(read_bytes, data, self.config), len(data))
        if not arrivals:
            raise Finding("nothing came of it, not even a refusal")
        for arrival in arrivals:
            if isinstance(arrival.what, Rejection) and arrival.what.reason == "failed-inside":
                # Caught so that the others go on; here it is what we are looking for.
                raise Finding(f"an exception inside: {arrival.what.detail}")
            if isinstance(arrival.what, Report):
                blocks = arrival.what.blocks
                self._sound(self._timed(partial(read, blocks, self.vocabulary), len(arrival.what.text)), blocks)

    def _timed(self, work: Callable[[], Answer], size: int) -> Answer:
        begin = time.process_time()
        answer = work()
        spent = time.process_time() - begin
        if self.rate_s and spent > (most := ANY_SIZE_S + TIMES_DEARER * self.rate_s * size):
            raise Finding(f"{spent:.1f} s of the processor for {size} characters, at most {most:.1f}")
        return answer

    def _sound(self, found: Reading, blocks: Sequence[TextBlock]) -> None:
        text = "\n".join(block.text for block in blocks)
        if (found.grade is None) != (found.category is Category.REVIEW):
            raise Finding("a grade without a category, or the other way round")
        if any(not 0 <= span.start <= span.end <= len(text) for span in found.spans):
            raise Finding("a span outside the text")
        if len(text) > LONGEST and found.category is not Category.REVIEW:
            raise Finding("a text that is too long was read")
        if found.category is Category.NEGATIVE and not self.could_be_negative(text):
            raise Finding("negative, without the words of any negative verdict")

    def could_be_negative(self, text: str) -> bool:
        """Whether the text's letters, run together, hold for some negative verdict phrase one of each set of words it needs.

        It says yes too often (a word may be a part of others, and what the program would mend counts as mended), so a no is a no.
        """
        lowered, letters = plain(text), letters_of(text)
        letters += "".join(token.norm.replace(" ", "") for token in tokens_of(lowered, 0, len(lowered), self.vocabulary.speller))
        letters += "".join(norm for written, norm in self.spellings if written in letters)
        held: dict[frozenset[str], bool] = {}
        for phrase in self.vocabulary.phrases:
            if phrase.role == "verdict" and phrase.grade and phrase.grade.category is Category.NEGATIVE:
                for pattern in phrase.patterns:
                    for need in pattern.needs:
                        if need not in held:
                            held[need] = any((word in letters) if word.isalpha() else (word in ENDS or word in lowered) for word in need)
                    if all(held[need] for need in pattern.needs):
                        return True
        return False


def letters_of(text: str) -> str:
    """The letters alone, in small, run together: what words are left of however they were broken."""
    return "".join(_LETTERS.findall(plain(text)))


def blocks_of(data: bytes) -> list[TextBlock]:
    """The bytes as a report's text: UTF-8, with a sign that no text needs for the end of a block and the section of the next."""
    first, *others = data.decode("utf-8", errors="replace").split(BLOCK_END)
    return [TextBlock(first), *(TextBlock(part[1:], SECTIONS[ord(part[0]) % len(SECTIONS)]) for part in others if part)]
