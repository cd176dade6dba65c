"""What the site's own vocabulary changes: the known reports that it reads otherwise than the packaged one."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.cli.failures import complain

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.config.reference import Change
    from pipeline.domain.reading import Category
    from pipeline.reading import Vocabulary

MOST_SHOWN = 50
"""Changes that are not dangerous and are shown one by one; a vocabulary of a site's own making could change a thousand."""


def show_changes(config: "Config", *, as_json: bool) -> None:
    """Read the known reports with the site's vocabulary and tell what changes; nothing where it is the packaged one.

    Dangerous changes come first. Reports that become negative are a warning on stderr. It is information, no problem: whether
    a change is what the site wants, the site knows.
    """
    from pipeline.cli.progress import progress
    from pipeline.config.reference import changes, hash_of_packed, known_reports
    from pipeline.config.vocabulary import vocabulary_of
    from pipeline.domain.reading import Category

    vocabulary = vocabulary_of(config)
    if vocabulary.hash == hash_of_packed():
        return
    known = known_reports()
    low = config.decisions.low or Category.NEGATIVE
    with progress("known reports") as on_progress:
        found = changes(vocabulary, known, low=low, on_progress=on_progress)
    if not as_json:
        told = f"{len(found)} of {len(known)} known reports are read otherwise"
        sys.stdout.write(f"{vocabulary.file}: not the packaged vocabulary; {told}\n")
    _warn(found)
    if as_json:
        sys.stdout.write("".join(f"{json.dumps(_row(change, vocabulary, low))}\n" for change in found))
    elif found:
        _summary(found)
        _list(found, vocabulary, low)


def _warn(found: "Sequence[Change]") -> None:
    from pipeline.config.reference import Harm

    negative = [change for change in found if change.harm is Harm.NO_CLOT]
    if negative:
        wrong = sum(not change.right for change in negative)
        what = "1 known report is" if len(negative) == 1 else f"{len(negative)} known reports are"
        against = f"; of {wrong} the author says otherwise" if wrong else ""
        complain(f"warning: {what} read as negative with this vocabulary and not with the packaged one{against}")


def _summary(found: "Sequence[Change]") -> None:
    count = Counter(change.harm for change in found)
    for harm in sorted(count):
        mark = "dangerous direction: " if harm.dangerous else ""
        sys.stdout.write(f"  {count[harm]:5}  {mark}{harm.meaning}\n")


def _list(found: "Sequence[Change]", vocabulary: "Vocabulary", low: "Category") -> None:
    from pipeline.cli.terminal import harmless
    from pipeline.config.reference import impression_of

    dangerous = sum(change.harm.dangerous for change in found)
    for change in found[: dangerous + MOST_SHOWN]:
        known = change.known
        by = f"; by {', '.join(change.phrases)}" if change.phrases else ""
        sys.stdout.write(f"{_mark(change)}{known.id} [{known.style}]: {change.before.told(low)} -> {change.after.told(low)}{by}\n")
        sys.stdout.write(harmless(f'    its author: {known.gold}. "{impression_of(known.text, vocabulary)}"\n'))
    if len(found) > dangerous + MOST_SHOWN:
        sys.stdout.write(f"{len(found) - dangerous - MOST_SHOWN} more; `vqroute check-config --json` lists all\n")


def _mark(change: "Change") -> str:
    """A new reading that is what the author says is looked at, too, but nobody is alarmed by it."""
    if not change.harm.dangerous:
        return ""
    return "LOOK AT " if change.right else "DANGEROUS "


def _row(change: "Change", vocabulary: "Vocabulary", low: "Category") -> dict[str, object]:
    from pipeline.config.reference import Outcome, impression_of

    def reading(one: Outcome) -> dict[str, object]:
        return {"category": one.taken_as(low), "grade": one.grade, "chronic": one.chronic, "reasons": list(one.reasons)}

    return {
        "report": change.known.id,
        "style": change.known.style,
        "gold": change.known.gold,
        "before": reading(change.before),
        "after": reading(change.after),
        "phrases": list(change.phrases),
        "dangerous": change.harm.dangerous,
        "meaning": change.harm.meaning,
        "impression": impression_of(change.known.text, vocabulary),
    }
