"""Whether the letters are signed, which live mode asks before anything starts."""

from typing import TYPE_CHECKING

from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.config import Config


def letter_problems(config: "Config", *, live: bool) -> list[Problem]:
    """What is wrong with the letter texts; in live mode also each language whose words nobody has signed as they are now."""
    from pipeline.letters.texts import APPROVALS_FILE, approved_languages, load_texts

    folder = config.find("letters")
    try:
        texts = load_texts(folder)
    except Misconfigured as failure:
        return failure.problems
    if not live:
        return []
    missing = sorted(set(texts.languages) - approved_languages(texts, live=True))
    sentence = 'the letters in "{}" are not signed as they are now; have them reviewed and enter the signature with sha256 = "{}"'
    return [Problem(str(folder / APPROVALS_FILE), 0, sentence.format(tag, texts.languages[tag].sha256)) for tag in missing]


def signatures(config: "Config") -> list[str]:
    """One line for each language: the hash of its words and who signed them. Raises `errors.Misconfigured`."""
    from pipeline.letters.texts import load_texts

    texts = load_texts(config.find("letters"))
    lines = []
    for tag, words in sorted(texts.languages.items()):
        one = texts.approval(tag)
        signed = f"{one.status}, signed by {one.reviewer} on {one.date.isoformat()}" if one else "not signed"
        lines.append(f"letters {tag}: sha256 {words.sha256}; {signed}")
    return lines
