"""docs/corpus.md: the figures of each corpus, what was missed, and which blocks of the vocabulary the corpora try."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain

from pipeline.domain.reading import Category
from tools.corpus_report.corpora import LEFT_OUT, Corpus, Scored, corpora, naming_vocabulary, weights
from tools.corpus_report.measures import Figures, confusion, dangerous, tally

_TITLES = {"tuned": "looked at", "traps": "traps", "blind": "blind"}
_HEAD = [
    "file", "n", "category", "category, grade, chronic", "needless review", "missed review",
    "read negative, is not", "read positive, is not", "same reason",
]  # fmt: skip
_INTRO = (
    "How the corpora in `tests/corpus/` are read with the vocabulary as it is. Each cell: how many of how many, the share, and its "
    "bounds of 95 % (Wilson; 0 to 3/n where there is none). *Needless review*: the author decided, and a person has to read it. "
    "*Missed review*: the author would have a person read it, and it was decided. *Read negative, is not* and *read positive, is not* "
    "are the dangerous errors; each is counted among the reports that could have been read so. *Same reason*: of the reports that both "
    "refuse, where the author gave a reason.\n\n"
    "The vocabulary was written with most of the files *looked at* in view, and the second reader has learned from all of them, so "
    "their figures say that nothing was unlearned, and not what to expect of another hospital. *Traps* were picked for having been "
    "misread, so that their shares are no rates. *Blind* files were "
    "read by nobody who works on the vocabulary: theirs are the figures to expect, and this page holds nothing of them but ids and "
    "categories. All reports are invented; there is no clinical validation."
)

_LEFT_OUT = (
    "Each author left out in turn: how the texts are read that the second reader has not learned from, as of the day when the weights were "
    "made (`make second-reader`), with what speaks against the verdict in the findings. The rules had been tuned on `c1` to `d12` and on "
    "the traps, and on nothing of `d13` and after but some wordings of `d17`, `d20`, `d24` to `d26` and `d28`. Texts that are refused "
    "before anybody reads them are not counted."
)


def corpus_page(found: Sequence[Corpus] | None = None) -> tuple[str, ...]:
    """Title, introduction and parts of the page."""
    found = corpora() if found is None else found
    parts = ["## All files", overview(found)]
    for corpus in found:
        parts += [f"## {corpus.name}", _confusion(corpus.reports), _misses(corpus)]
    return (
        "Corpora",
        _INTRO,
        *parts,
        "## What the second reader changes",
        *_second_reader(found),
        "## Coverage of the vocabulary",
        *_coverage(found),
    )


def overview(found: Sequence[Corpus]) -> str:
    """One row for each file, and one for all files of a kind."""
    from tools.docs import table

    lines = []
    for kind, title in _TITLES.items():
        mine = [corpus for corpus in found if corpus.kind == kind]
        lines += [_row(f"`{corpus.name}`", corpus.reports) for corpus in mine]
        if len(mine) > 1 or kind == "tuned":
            lines.append(_row(f"**all {title}**", list(chain.from_iterable(corpus.reports for corpus in mine))))
    return table(_HEAD, lines)


def _second_reader(found: Sequence[Corpus]) -> list[str]:
    """The blind files by the rules alone and read twice, and every author left out of the learning."""
    from tools.docs import table

    blind = [corpus for corpus in found if corpus.kind == "blind"]
    rows = [_both(f"`{corpus.name}`", corpus.reports) for corpus in blind]
    rows.append(_both("**all blind**", list(chain.from_iterable(corpus.reports for corpus in blind))))
    head = ["file", "n", *(f"{what}, {who}" for who in ("rules alone", "both readers") for what in ("exact", "dangerous", "needless"))]
    about = {name.removeprefix(LEFT_OUT): said.split() for name, said in weights().about.items() if name.startswith(LEFT_OUT)}
    left = [[f"`{author}`" if author != "all" else "**all**", *numbers] for author, numbers in about.items()]
    ways = ("rules alone", "second reader may object", "he may settle too")
    return [
        "The blind files, as the rules read them alone and as both readers do.",
        table(head, rows),
        _LEFT_OUT,
        table(["author", "n", *(f"{what}, {who}" for who in ways for what in ("exact", "dangerous", "needless"))], left),
    ]


def _both(name: str, reports: Sequence[Scored]) -> list[str]:
    by_rules = tally((one.gold.category, one.by_rules) for one in reports)
    by_both = tally((one.gold.category, one.read) for one in reports)
    return [name, str(len(reports)), *map(str, (*by_rules, *by_both))]


def _row(name: str, reports: Sequence[Scored]) -> list[str]:
    it = Figures.of(reports)
    rates = (it.category, it.whole, it.needless, it.missed, it.false_negative, it.false_positive, it.reason)
    return [name, str(it.count), *map(str, rates)]


def _confusion(reports: Sequence[Scored]) -> str:
    from tools.docs import table

    count = confusion(reports)
    body = ([gold.value, *(str(count[gold, read]) for read in Category)] for gold in Category)
    return table(["is \\ read as", *(category.value for category in Category)], body)


def _misses(corpus: Corpus) -> str:
    """Every report that is not read as its author says, the dangerous ones first; of a blind file nothing but ids and categories."""
    wrong = sorted((one for one in corpus.reports if not one.whole), key=lambda one: (not dangerous(one), one.exact))
    if not wrong:
        return "No report is read otherwise than its author says."
    shown = _blind if corpus.kind == "blind" else _open
    return "\n".join(f"- {'**dangerous** ' if dangerous(one) else ''}`{one.id}`: {shown(one)}" for one in wrong)


def _blind(one: Scored) -> str:
    return f"{one.gold.category.value} -> {one.read.value}"


def _open(one: Scored) -> str:
    gold, outcome = one.gold, one.outcome
    said = _words(gold.category, gold.grade, chronic=gold.chronic, reasons=[gold.reason] if gold.reason else [])
    return f"{said} -> {_words(one.read, outcome.grade, chronic=outcome.chronic, reasons=outcome.reasons)}"


def _words(category: Category, grade: str | None, *, chronic: bool, reasons: Iterable[str]) -> str:
    more = [*([str(grade)] if grade else []), *(["chronic"] if chronic else []), *reasons]
    return f"{category.value} ({', '.join(more)})" if more else category.value


def _coverage(found: Sequence[Corpus]) -> list[str]:
    """What the corpora try, without the blind ones: nobody may learn from them what to mend."""
    vocabulary = naming_vocabulary()
    reports = [one for corpus in found if corpus.kind != "blind" for one in corpus.reports]
    hits = Counter(hit for one in reports for hit in one.hits)
    reasons = Counter(code for one in reports for code in one.outcome.reasons)
    phrases, masks = [one.id for one in vocabulary.phrases], [one.id for one in vocabulary.masks]
    never = [f"`{name}`" for name in (*phrases, *masks) if not hits[name]] + [f"`{code}`" for code in OF_THE_TEXT if not reasons[code]]
    intro = (
        f"How many of the {len(reports)} reports that are not blind each phrase, mask and reason takes part in. "
        "A block that no report tries is held by its own examples only."
    )
    blocks = {*phrases, *masks}
    return [
        intro,
        f"**Never tried**: {', '.join(never) or 'none'}.",
        _counted("phrase", phrases, hits),
        _counted("mask", masks, hits),
        _counted("reason", OF_THE_TEXT, reasons),
        _counted("taken by the code, without a block", sorted(hits.keys() - blocks), hits),
    ]


OF_THE_TEXT = (
    "text-too-long", "no-impression", "empty-impression", "no-verdict", "contradiction", "unread-mention", "hedge", "wide-range",
    "template-unfilled", "no-pe-question", "foreign-language", "findings-disagree", "addendum-unclear", "other-exam", "non-thrombotic",
    "study-not-done", "broken-off", "readers-differ", "second-reader", "malignancy-raised", "incidental",
)  # fmt: skip
"""The reasons that reading a text can give; the others come from the message around it."""


def _counted(what: str, names: Iterable[str], count: Counter[str]) -> str:
    from tools.docs import table

    return table([what, "reports"], ([f"`{name}`", str(count[name])] for name in names))
