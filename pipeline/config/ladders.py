"""Whether `people.toml` and the ladders of `site.toml` fit together: every name is somebody, every role has a phone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.config.lines import Path, line_of, lines_of
from pipeline.config.problems import suggestion
from pipeline.domain.directory import Directory
from pipeline.domain.rungs import RELATIVE
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.config import Config


def people_problems(config: "Config", lines: dict[Path, int]) -> list[Problem]:
    """Everything that is wrong, in `people.toml` and in what `site.toml` says of the people there."""
    from pipeline.config import text_of

    file = config.find("people.toml")
    try:
        directory = config.directory_of_people
    except Misconfigured as failure:
        return list(failure.problems)
    ours = lines_of(text_of(file))
    found = [Problem(str(file), line_of(path, ours), f"{'.'.join(path)}: {said}") for path, said in directory.problems()]
    for at, said in _strangers(config, directory):
        there = line_of(at, lines)
        # A default ladder stands in no file: what lacks is a role of the people's.
        found.append(Problem(str(config.file if there else file), there, said))
    return sorted(found, key=lambda problem: (problem.file, problem.line))


def _strangers(config: "Config", directory: Directory) -> Iterator[tuple[Path, str]]:
    follow_ups = config.follow_ups
    known = [*directory.roles, *directory.people]
    told: set[str] = set()
    for reason, who in follow_ups.owners.items():
        if who not in known:
            yield ("follow_ups", "owners", reason.value), f'"{who}" is no person or role of people.toml; {suggestion(who, known)}'
    for reason, ladder in follow_ups.all_ladders.items():
        own = reason in follow_ups.ladders
        for rung in ladder:
            if rung.to in RELATIVE or rung.to in directory.roles or (rung.to in told and not own):
                continue
            told.add(rung.to)
            if own:
                hint = suggestion(rung.to, [*RELATIVE, *directory.roles])
                yield ("follow_ups", "ladders", reason.value), f'"{rung.to}" is no role of people.toml; {hint}'
            else:
                at: Path = ()
                yield at, f'the ladder of "{reason.value}" asks the role "{rung.to}": add it as [roles.{rung.to}], or write another ladder'
