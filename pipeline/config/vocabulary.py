"""The site's vocabulary, ready to read with: parsed, and every example in it read as its block says."""

from typing import TYPE_CHECKING

from pipeline.config import text_of
from pipeline.errors import Misconfigured
from pipeline.reading import Vocabulary
from pipeline.reading.check import check

if TYPE_CHECKING:
    from pipeline.config import Config


def vocabulary_of(config: "Config") -> Vocabulary:
    """The vocabulary that reports are read with.

    Raises:
        Misconfigured: the file cannot be read; or every mistake with its line; or every example that is not read as its block says.
    """
    file = config.find("vocabulary/en.toml")
    vocabulary = Vocabulary.parse(text_of(file), str(file))
    if problems := check(vocabulary):
        raise Misconfigured(problems)
    return vocabulary
