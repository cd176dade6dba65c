"""A process that has already imported everything and forks a child for each command, so that hundreds of kills take minutes.

The child is a process of its own that runs the real command line; only the start of the interpreter is saved.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import IO, Any, Self

from tests.process.running import make_secret

ROOT = Path(__file__).resolve().parents[2]


class Nursery:
    """Forks commands on request. `spawn` gives the process id at once, `wait` its exit code (negative: the signal)."""

    def __init__(self, secret: Path) -> None:
        make_secret(secret)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.process.nursery"],
            cwd=ROOT,
            env={**os.environ, "VQROUTE_SECRET_FILE": str(secret)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._ask({"warm": True})

    def spawn(self, *command: str) -> int:
        return int(self._ask({"run": command})["pid"])

    def wait(self, pid: int, timeout_s: float | None = None) -> int | None:
        """The exit code; None if it still runs after `timeout_s`."""
        code = self._ask({"wait": pid, "timeout_s": timeout_s})["code"]
        return None if code is None else int(code)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        stdin, stdout = self._pipes()
        stdin.close()
        self._process.wait(30)
        stdout.close()

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        stdin, stdout = self._pipes()
        stdin.write(json.dumps(question).encode() + b"\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        return answer

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def _serve() -> None:
    import signal

    from pipeline.cli import main

    for line in sys.stdin:
        question = json.loads(line)
        answer: dict[str, Any] = {}
        if "warm" in question:
            _warm()
        elif "run" in question:
            pid = os.fork()
            if pid == 0:
                _become(question["run"], main)
            answer = {"pid": pid}
        else:
            answer = {"code": _wait(question["wait"], question["timeout_s"], signal)}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _become(command: list[str], main: Any) -> None:
    """The child: silent, with the command line of the command."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    sys.argv = ["vqroute", *command]
    code = 70
    try:
        main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        os._exit(code)


def _wait(pid: int, timeout_s: float | None, signal: Any) -> int | None:
    """Wait for a child without polling: SIGCHLD ends the wait."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    try:
        while True:
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            if timeout_s is None:
                return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            if signal.sigtimedwait([signal.SIGCHLD], timeout_s) is None:
                return None
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])


def _warm() -> None:
    """Import what a replay imports and compile what it compiles, so that each child begins with its work."""
    import tempfile

    from pipeline.app import App
    from pipeline.cli.clock import SystemClock
    from pipeline.cli.progress import progress
    from pipeline.config import load
    from pipeline.intake.replay import replay

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "in").mkdir()
        with App.build(load(), root / "state", root / "output", SystemClock(), folder_only=True, exclusive=True) as app:
            replay(app, [root / "in"])
    assert progress is not None


if __name__ == "__main__":
    _serve()
