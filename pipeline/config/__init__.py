"""Reads and checks the site's configuration; reports every problem at once, with file and line."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, PrivateAttr, ValidationError

from pipeline.config.ladders import people_problems
from pipeline.config.lines import line_of, lines_of
from pipeline.config.live import live_problems
from pipeline.config.policies import policy_of
from pipeline.config.problems import problems_of, toml_problem
from pipeline.config.secret import site_secret
from pipeline.config.site import Destination, Section, SiteFile, Source
from pipeline.config.statutes import statute_problems
from pipeline.domain.directory import Directory
from pipeline.domain.policy import Mode, Policy
from pipeline.errors import Misconfigured, Problem

if TYPE_CHECKING:
    from pipeline.config.people import PeopleFile
    from pipeline.config.studies import Studies

__all__ = ["Config", "Destination", "Section", "Source", "bytes_of", "load", "packaged", "parse_file", "read", "text_of"]

DEFAULT_PATH = Path("config/site.toml")


def packaged() -> Path:
    """The folder of the configuration that comes with the product: in the wheel, or in the checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_config"
    return inside if inside.is_dir() else package.parent / "config"


class Config(SiteFile):
    """A checked configuration: the sections of `site.toml` as attributes, and what follows from them."""

    _file: Path = PrivateAttr(default_factory=lambda: packaged() / "site.toml")
    _lines: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    @property
    def file(self) -> Path:
        return self._file

    @property
    def directory(self) -> Path:
        """The folder of `site.toml`."""
        return self._file.parent

    def find(self, relative: str) -> Path:
        """A file of the configuration (`vocabulary/en.toml`): the site's own if it has one, else the packaged one."""
        own = self.directory / relative
        return own if own.exists() else packaged() / relative

    def policy(self, approved: frozenset[str] | None = None) -> Policy:
        """What `decide` needs to know. `Policy.hash` is the SHA-256 of exactly these settings.

        Args:
            approved: languages whose letters are signed (the letters know); without it none in live mode, so that everything
                is held, and all elsewhere, since those letters never reach a patient.
        """
        if approved is None:
            approved = frozenset() if self.site.mode is Mode.LIVE else self.languages()
        return policy_of(self, approved)

    def languages(self) -> frozenset[str]:
        """Tags of every language that has a letter text."""
        found = {file.stem for file in self.find("letters").glob("*.toml")} - {"approvals"}
        return frozenset(found or {self.site.default_language})

    def source_for(self, application: str, facility: str) -> tuple[str, Source]:
        """The configured source of a message (MSH-3, MSH-4) and its name; `""` and the defaults for an unknown sender.

        A source that names both beats one that names one; among equals the first in the file wins.
        """
        ours, theirs = application.strip().casefold(), facility.strip().casefold()
        best: tuple[int, str, Source] = (-1, "", _UNKNOWN)
        for name, source in self.sources.items():
            wanted = (source.sending_application.strip().casefold(), source.sending_facility.strip().casefold())
            if wanted[0] in ("", ours) and wanted[1] in ("", theirs):
                weight = bool(wanted[0]) + bool(wanted[1])
                if weight > best[0]:
                    best = (weight, name, source)
        return best[1], best[2]

    @cached_property
    def studies(self) -> "Studies":
        """Which exams are V/Q, from `studies.toml`. Raises `errors.Misconfigured`."""
        from pipeline.config.studies import Studies

        return parse_file(self.find("studies.toml"), Studies)

    @cached_property
    def people(self) -> "PeopleFile":
        """Who is who, from `people.toml`. Raises `errors.Misconfigured`."""
        from pipeline.config.people import PeopleFile

        return parse_file(self.find("people.toml"), PeopleFile)

    @property
    def directory_of_people(self) -> Directory:
        return self.people.directory(self.site.zone)

    def secret(self, state: Path) -> bytes:
        """The 32 bytes that key the names of exam folders; made once in the state folder. Raises `errors.EnvironmentFailed`."""
        return site_secret(state)

    def problems(self) -> list[Problem]:
        """What is wrong in the files beside `site.toml`, and between its own settings."""
        found = []
        try:
            _ = self.studies
        except Misconfigured as failure:
            found += failure.problems
        found += statute_problems(self)
        found += people_problems(self, self._lines)
        empty = [name for name in ("facility", "phone", "emergency_number") if not getattr(self.site, name).strip()]
        for name in empty if self.site.mode is not Mode.LIVE else ():  # live mode says more about it
            line = line_of(("site", name), self._lines)
            found.append(Problem(str(self._file), line, f"site.{name} is empty, and every letter needs it"))
        if self.site.default_language not in self.languages():
            line = line_of(("site", "default_language"), self._lines)
            found.append(Problem(str(self._file), line, f'no letters in "{self.site.default_language}"; {_known(self.languages())}'))
        return found

    def check_live(self) -> list[Problem]:
        """Everything in `site.toml` that keeps this site from live mode. Whether the letters are signed, the letters know."""
        return [Problem(str(self._file), line_of(path, self._lines), text) for path, text in live_problems(self)]


def _known(tags: frozenset[str]) -> str:
    return f"there are: {', '.join(sorted(tags))}"


_UNKNOWN = Source()
Model = TypeVar("Model", bound=BaseModel)


def load(path: Path | None = None) -> Config:
    """Read the configuration: `path`, else `config/site.toml` below the working directory, else the packaged demo.

    Raises:
        errors.Misconfigured: with all problems of all its files. In live mode that includes what `check_live` finds.
    """
    config = read(path)
    problems = config.problems()
    if config.site.mode is Mode.LIVE:
        problems = [*problems, *config.check_live()]
    if problems:
        raise Misconfigured(problems)
    return config


def read(path: Path | None = None) -> Config:
    """Read `site.toml` alone. Raises `errors.Misconfigured` with all problems of that file."""
    file = path or (DEFAULT_PATH if DEFAULT_PATH.is_file() else packaged() / "site.toml")
    return parse_file(file / "site.toml" if file.is_dir() else file, Config)


def parse_file(file: Path, model: type[Model]) -> Model:
    """Read one TOML file into a model.

    Raises:
        errors.Misconfigured: the file cannot be read, is not TOML, or does not fit the model; with every problem in it.
    """
    text = text_of(file)
    try:
        data: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Misconfigured([toml_problem(error, str(file))]) from None
    lines = lines_of(text)
    try:
        made = model.model_validate(data)
    except ValidationError as error:
        raise Misconfigured(problems_of(error, model, str(file), lines)) from None
    if isinstance(made, Config):
        made._file, made._lines = file, lines
    return made


def text_of(file: Path) -> str:
    """A file of the configuration as text, with or without a byte-order mark. Raises `errors.Misconfigured` where it cannot be read."""
    try:
        return bytes_of(file).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Misconfigured([Problem(str(file), 0, "this file is not UTF-8; save it as UTF-8")]) from None


def bytes_of(file: Path) -> bytes:
    """A file of the configuration. Raises `errors.Misconfigured` where it cannot be read."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise Misconfigured([Problem(str(file), 0, "there is no such file; `--config FILE` names the site's settings")]) from None
    except OSError as error:
        raise Misconfigured([Problem(str(file), 0, f"this file cannot be read ({type(error).__name__})")]) from None
