"""The statute packs of `config/policies`: read, checked, and refused in live mode until somebody has put the Act's own words in."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pipeline.config.durations import Duration
from pipeline.config.lines import Path as Setting
from pipeline.config.site import Label, Section
from pipeline.domain.reading import Category
from pipeline.domain.reasons import REASONS
from pipeline.domain.statutes import Statute
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.config import Config

Text = Annotated[str, Field(min_length=1)]


class Applies(Section):
    """Which results a pack is about. A result of one of the categories, or with one of the reasons; in one of the patient classes."""

    patient_classes: tuple[Literal["B", "C", "E", "I", "N", "O", "P", "R", "U"], ...] = ()
    categories: tuple[Literal[Category.NEGATIVE, Category.NONDIAGNOSTIC, Category.POSITIVE], ...] = ()
    reasons: tuple[Text, ...] = ()


class Pack(Section):
    """One file of `config/policies`."""

    title: Text
    jurisdiction: Text
    citation: Text
    applies: Applies
    sentences_required: bool = False
    sentences: tuple[Text, ...] = ()
    notify_within: Duration | None = None
    hold_for: Duration | None = None


def statutes_of(config: "Config") -> tuple[Statute, ...]:
    """The packs that the site has switched on, by their ids. Raises `errors.Misconfigured`."""
    return tuple(_statute(name, pack) for name, pack in _packs(config))


def statute_problems(config: "Config") -> list[Problem]:
    """What is wrong with the packs that are switched on."""
    found: list[Problem] = []
    for name in config.policies.on:
        file = _file(config, name)
        try:
            pack = _read(file)
        except Misconfigured as failure:
            found += failure.problems
            continue
        unknown = [code for code in pack.applies.reasons if code not in REASONS]
        found += [Problem(str(file), 0, f'"{code}" is no reason code; docs/reasons.md lists them') for code in unknown]
        if not (pack.applies.categories or pack.applies.reasons):
            found.append(Problem(str(file), 0, "this pack applies to nothing: name categories or reasons in [applies]"))
        if not (pack.hold_for or pack.notify_within or pack.sentences or pack.sentences_required):
            found.append(Problem(str(file), 0, "this pack does nothing: it has no hold_for, no notify_within and no sentences"))
    return found


def unfilled(config: "Config") -> Iterator[tuple[Setting, str]]:
    """Packs that live mode refuses: the sentences of a law are copied from the law, by somebody who has it before them."""
    for name, pack in _packs(config):
        if pack.sentences_required and not pack.sentences:
            yield ("policies", "on"), f"live mode needs the exact sentences of {pack.citation} in policies/{name}.toml, from the Act itself"


def _packs(config: "Config") -> list[tuple[str, Pack]]:
    return [(name, _read(_file(config, name))) for name in config.policies.on]


def _file(config: "Config", name: Label) -> Path:
    return config.find(f"policies/{name}.toml")


def _read(file: Path) -> Pack:
    from pipeline.config import parse_file

    return parse_file(file, Pack)


def _statute(name: str, pack: Pack) -> Statute:
    applies = pack.applies
    return Statute(
        id=name,
        title=pack.title,
        jurisdiction=pack.jurisdiction,
        citation=pack.citation,
        patient_classes=frozenset(applies.patient_classes),
        categories=frozenset(Category(one) for one in applies.categories),
        reasons=frozenset(applies.reasons),
        sentences=pack.sentences,
        notify_within=pack.notify_within,
        hold_for=pack.hold_for,
    )
