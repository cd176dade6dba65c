"""`kill -9` at random moments of a replay: what comes out is what an undisturbed run gives, each piece once."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from bench.traffic import fill
from tests.process.nursery import Nursery
from tests.process.running import Receiver, Site

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.timeout(300)]
KILLS = 10
FILES = 500


def test_ten_kills_during_a_replay_of_500_files(tmp_path: Path) -> None:
    source, secret = tmp_path / "input", tmp_path / "secret"
    paths = fill(source, FILES, share=0.2)
    (source / "bad.hl7").write_bytes(b"MSH|^~\\&|cut off in the middle of")
    before = {path: path.read_bytes() for path in paths}
    calm = Site(tmp_path / "calm", secret)
    draw = random.Random(20260105)

    with Nursery(secret) as nursery:

        def replay(site: Site, kill_after_s: float | None = None) -> int:
            pid = nursery.spawn("replay", str(source), *site.places)
            code = nursery.wait(pid, kill_after_s)
            if code is None:
                os.kill(pid, signal.SIGKILL)
                code = nursery.wait(pid)
            assert code is not None
            return code

        began = time.monotonic()
        assert replay(calm) == 1, "one file is bad"
        first_s = time.monotonic() - began
        expected = calm.written()
        assert len(expected) > FILES / 5
        began = time.monotonic()
        assert replay(calm) == 1
        again_s = time.monotonic() - began
        assert calm.written() == expected

        kills = sites = cut_deliveries = 0
        while kills < KILLS or (not cut_deliveries and kills < 4 * KILLS):
            # Each kill lets the replay get some way further; a run that ends before its kill ends this installation.
            site = Site(tmp_path / f"killed-{sites}", secret)
            receiver = Receiver(site, tmp_path / f"received-{sites}")
            sites += 1
            while True:
                ended = replay(site, draw.uniform(0.3, 1.0) * again_s + draw.uniform(0.0, 0.4) * (first_s - again_s))
                cut_deliveries += bool(receiver.collect()) and ended == -signal.SIGKILL
                if ended != -signal.SIGKILL:
                    break
                kills += 1
            assert replay(site) == 1
            receiver.collect()
            assert receiver.collected() == expected
            assert sorted(path.name for path in (site.state / "quarantine").iterdir()) == sorted(
                path.name for path in (calm.state / "quarantine").iterdir()
            )
            assert replay(site) == 1, "a further run finds nothing to do"
            assert site.written() == {}
        assert cut_deliveries, "no kill fell into the deliveries: draw other moments"
    assert {path: path.read_bytes() for path in paths} == before
