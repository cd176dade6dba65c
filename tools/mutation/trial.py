"""Runs the tests against one mutant after another, each in a process of its own, forked where everything is loaded already."""

import functools
import importlib
import json
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, FunctionType, ModuleType
from typing import TextIO

import pytest

from tools.mutation.mutants import Mutant

OPTIONS = ["-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist", "--assert=plain", "--tb=no", "-o", "timeout=0"]
OURS = ("pipeline", "tests", "tools", "__main__", "__mp_main__")
EXAMPLES = 25
"""Of a property test: the most that a mutant is tried with. They are the same each time."""
LIKELY = 8
"""The tests that noticed the mutants before this one in its module come first, this many of them."""
MEMORY = 4 * 1024**3
KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"
Times = Mapping[str, float]
Killers = Mapping[str, list[str]]


class Broken(Exception):
    """The tests fail without any mutant, or the one process that runs them has died."""


@dataclass(frozen=True)
class Outcome:
    """What became of one mutant. `test` is the one that noticed."""

    mutant: Mutant
    what: str
    test: str = ""


class _Instead:
    """A pytest plugin: `work` with the collected session, in place of the run."""

    def __init__(self, work: Callable[[pytest.Session], None]) -> None:
        self.work = work

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.work(session)
        return True


class _Loader(SourceFileLoader):
    """Loads one module from the mutant's code; the file on the disk stays as it is."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.module, str(mutant.path))
        self.mutant = mutant

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - the loader's interface
        return self.mutant.code


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname == self.mutant.module else None
        if spec:
            spec.loader = _Loader(self.mutant)
        return spec


def outcomes(tests: Sequence[str], mutants: Sequence[Mutant]) -> Iterator[Outcome]:
    """What becomes of each mutant; those that act when their module is loaded come last."""
    times = _measured(tests)
    limit_s = 60 + 10 * sum(times.values())

    def serve(session: pytest.Session, out: TextIO) -> None:
        killers: dict[str, list[str]] = {}
        for number, mutant in enumerate(mutants):
            if not mutant.at_import:
                outcome = _tried(mutant, lambda report, mutant=mutant: _patched(session, mutant, times, killers, report), limit_s)  # type: ignore[misc]
                _remember(killers, outcome)
                print(json.dumps([number, outcome.what, outcome.test]), file=out, flush=True)

    process, answers = _fork(lambda out: _session(tests, lambda session: serve(session, out)))
    for line in answers:
        number, what, test = json.loads(line)
        yield Outcome(mutants[number], what, test)
    if os.waitpid(process, 0)[1]:
        raise Broken("the process that runs the mutants has died")
    killers: dict[str, list[str]] = {}
    for mutant in mutants:
        if mutant.at_import:
            outcome = _tried(mutant, lambda report, mutant=mutant: _reloaded(tests, mutant, times, killers, report), limit_s)  # type: ignore[misc]
            _remember(killers, outcome)
            yield outcome


def _remember(killers: MutableMapping[str, list[str]], outcome: Outcome) -> None:
    if outcome.test:
        for place in (f"{outcome.mutant.module}.{outcome.mutant.where}", outcome.mutant.module):
            before = [test for test in killers.get(place, []) if test != outcome.test]
            killers[place] = [outcome.test, *before][:LIKELY]


def _measured(tests: Sequence[str]) -> Times:
    """How long each test takes without any mutant. Loads what the tests need of other people's packages, for later forks."""

    def measure(session: pytest.Session, out: TextIO) -> None:
        times = {}
        for item, after in zip(session.items, [*session.items[1:], None], strict=True):
            start = time.process_time()
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
            times[item.nodeid] = time.process_time() - start
        others = [name for name in sys.modules if name.partition(".")[0] not in OURS]
        print(json.dumps([session.testsfailed, times, others]), file=out, flush=True)

    process, answers = _fork(lambda out: _session(tests, lambda session: measure(session, out)))
    said = answers.read()
    os.waitpid(process, 0)
    failed, times, others = json.loads(said) if said else (1, {}, [])
    if failed or not times:
        raise Broken("the tests fail without any mutant")
    for name in others:
        try:
            importlib.import_module(name)
        except Exception:  # noqa: BLE001 - whatever cannot be loaded early is loaded later
            continue
    return dict(times)


def _session(tests: Sequence[str], work: Callable[[pytest.Session], None]) -> None:
    # Finding the smallest example of a failure is no use here, and takes minutes.
    hypothesis = importlib.import_module("hypothesis")
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", phases=phases, database=None, derandomize=True, max_examples=EXAMPLES)

    def with_few_examples(session: pytest.Session) -> None:
        for item in session.items:
            function = getattr(item, "obj", None)
            own = getattr(function, "_hypothesis_internal_use_settings", None)
            if own and own.max_examples > EXAMPLES:
                function._hypothesis_internal_use_settings = hypothesis.settings(own, max_examples=EXAMPLES)  # type: ignore[union-attr]
        work(session)

    pytest.main([*OPTIONS, "--hypothesis-profile=mutation", *tests], plugins=[_Instead(with_few_examples)])


def _patched(session: pytest.Session, mutant: Mutant, times: Times, killers: Killers, report: TextIO) -> None:
    function = _live(mutant)
    function.__code__ = _find(mutant.code, mutant.where)
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == "tests":
            # What the tests remember was made by the code as it was ("the packaged vocabulary").
            for remembered in vars(module).values():
                if isinstance(remembered, functools._lru_cache_wrapper):
                    remembered.cache_clear()
    _run(session, mutant, times, killers, report)


def _reloaded(tests: Sequence[str], mutant: Mutant, times: Times, killers: Killers, report: TextIO) -> None:
    sys.meta_path.insert(0, _Finder(mutant))
    _session(tests, lambda session: _run(session, mutant, times, killers, report))


def _run(session: pytest.Session, mutant: Mutant, times: Times, killers: Killers, report: TextIO) -> None:
    """Until the first failure: what noticed the mutants beside this one, then the quickest tests, the slow ones (the corpora) last."""
    if _failed(session) or len(session.items) != len(times):
        report.write("collection")
        return
    likely = dict.fromkeys((*killers.get(f"{mutant.module}.{mutant.where}", ()), *killers.get(mutant.module, ())))
    rank = {test: number for number, test in enumerate(likely)}
    items = sorted(session.items, key=lambda item: (rank.get(item.nodeid, len(rank)), times.get(item.nodeid, 0)))
    for item, after in zip(items, [*items[1:], None], strict=True):
        # In this process's own time, so that other work on the machine makes no time-outs. Nothing catches the signal: it ends here.
        signal.setitimer(signal.ITIMER_PROF, 3 + 5 * times.get(item.nodeid, 0))
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=after)
        if _failed(session):
            report.write(item.nodeid)
            return
    report.write(SURVIVED)


def _failed(session: pytest.Session) -> bool:
    return session.testsfailed > 0


def _live(mutant: Mutant) -> FunctionType:
    """The function in memory, out of whatever its decorators have wrapped it in."""
    found: object = sys.modules[mutant.module]
    for part in mutant.where.split("."):
        found = vars(found)[part]
    for wrapping in ("fget", "func", "__func__", "__wrapped__"):
        found = getattr(found, wrapping, found)
    assert isinstance(found, FunctionType), mutant.where
    return found


def _find(code: CodeType, qualname: str) -> CodeType:
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_qualname == qualname:
                return const
            if qualname.startswith(f"{const.co_qualname}."):
                return _find(const, qualname)
    raise LookupError(qualname)


def _fork(work: Callable[[TextIO], None]) -> tuple[int, TextIO]:
    """A child that does `work`, silent but for what it writes to the file it is handed."""
    read, write = os.pipe()
    process = os.fork()
    if process:
        os.close(write)
        return process, os.fdopen(read, encoding="utf-8")
    status = 3
    try:
        os.close(read)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        with os.fdopen(write, "w", encoding="utf-8") as out:
            work(out)
        status = 0
    finally:
        os._exit(status)


def _tried(mutant: Mutant, work: Callable[[TextIO], None], limit_s: float) -> Outcome:
    def limited(out: TextIO) -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        work(out)

    process, answer = _fork(limited)
    deadline = time.monotonic() + limit_s
    while not (ended := os.waitpid(process, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            return Outcome(mutant, TIMEOUT)
        time.sleep(0.005)
    said = answer.read()
    answer.close()
    if os.WIFSIGNALED(ended[1]) and os.WTERMSIG(ended[1]) == signal.SIGPROF:
        return Outcome(mutant, TIMEOUT)
    return Outcome(mutant, SURVIVED) if said == SURVIVED else Outcome(mutant, KILLED, said or "crash")
