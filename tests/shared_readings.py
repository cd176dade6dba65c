"""The corpora are read once a session, whichever worker comes first: the others take the file it wrote."""

import fcntl
import hashlib
import os
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.reading import Vocabulary
from tools.corpus_report import corpora as reader
from tools.corpus_report.corpora import CORPUS, FACTS, ROOT, WEIGHTS, Corpus

_READ = reader._corpus


class Shared:
    """Stands for `corpora._corpus`. While another worker reads the file that is asked for, it reads one that nobody has begun."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(exist_ok=True)
        self._code = _hash_of_what_reads()

    def __call__(self, path: Path, kind: str, vocabulary: Vocabulary) -> Corpus:
        if CORPUS not in path.parents:
            return _READ(path, kind, vocabulary)
        for wanted, its_kind in ((path, kind), *_every()):
            if wanted != path and self._file(wanted, vocabulary).exists():
                continue
            with self._held(wanted, vocabulary, wait=False) as held:
                if held:
                    found = self._taken(wanted, its_kind, vocabulary)
                    if wanted == path:
                        return found
            if self._file(path, vocabulary).exists():
                break
        with self._held(path, vocabulary, wait=True):
            return self._taken(path, kind, vocabulary)

    def _taken(self, path: Path, kind: str, vocabulary: Vocabulary) -> Corpus:
        file = self._file(path, vocabulary)
        if file.exists():
            found: Corpus = pickle.loads(file.read_bytes())
            return found
        made = _READ(path, kind, vocabulary)
        draft = file.with_suffix(".new")
        draft.write_bytes(pickle.dumps(made))
        draft.rename(file)
        return made

    @contextmanager
    def _held(self, path: Path, vocabulary: Vocabulary, *, wait: bool) -> Iterator[bool]:
        descriptor = os.open(self._file(path, vocabulary).with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            yield True
        except BlockingIOError:
            yield False
        finally:
            os.close(descriptor)

    def _file(self, path: Path, vocabulary: Vocabulary) -> Path:
        parts = (self._code, vocabulary.hash, str(path), hashlib.sha256(path.read_bytes()).hexdigest())
        return self._folder / f"{hashlib.sha256(chr(31).join(parts).encode()).hexdigest()}.pickle"


def _every() -> list[tuple[Path, str]]:
    """Every corpus with its kind, as `corpora` says it; from the end, where nobody begins."""
    looked_at = [(path, "traps" if path.name.startswith("x") else "tuned") for path in reader.files(CORPUS)]
    return [*looked_at, *((path, "blind") for path in reader.files(CORPUS / "blind"))][::-1]


def _hash_of_what_reads() -> str:
    """Of the code and what was learned: another code reads otherwise."""
    code = [*sorted((ROOT / "pipeline/reading").rglob("*.py")), ROOT / "tools/corpus_report/corpora.py", WEIGHTS, FACTS]
    return hashlib.sha256(b"".join(hashlib.sha256(path.read_bytes()).digest() for path in code)).hexdigest()
