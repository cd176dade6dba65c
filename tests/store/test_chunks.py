"""Portions of work: nothing is left out, nothing comes twice, the first stay the first."""

from pipeline.store.chunks import TRANSACTION, chunks


def test_each_comes_once_in_its_order_whatever_the_size() -> None:
    ids = [f"{number % 70}" for number in range(120)]
    for size in (1, 20, 69, 70, 71):
        found = list(chunks(ids, size))
        assert [one for chunk in found for one in chunk] == list(dict.fromkeys(ids))
        assert {len(chunk) for chunk in found[:-1]} <= {size}
        assert 0 < len(found[-1]) <= size
    assert len(next(chunks(ids))) == TRANSACTION
    assert list(chunks([])) == []
