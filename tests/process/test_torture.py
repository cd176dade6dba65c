"""The long version of the kill tests: `make torture`."""

import pytest

from tools import torture


@pytest.mark.torture
@pytest.mark.timeout(7200)
def test_five_hundred_kills_lose_and_double_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        assert torture.main(["--cycles", "500"]) == 0
