"""Cuts a stream of files into batches that are worth a transaction and still fit into memory."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from pipeline.config import Config

T = TypeVar("T")


class Batch(Generic[T]):
    """Collects items until a limit of the site is reached: their number, their bytes, or time since the first one."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = config.limits
        self._clock = clock
        self._since = 0.0
        self._size = 0
        self.items: list[T] = []

    def add(self, item: T, size: int) -> bool:
        """Add an item of `size` bytes; True if the batch should go now."""
        now = self._clock()
        if not self.items:
            self._since = now
        self.items.append(item)
        self._size += size
        limits = self._limits
        return len(self.items) >= limits.batch_items or self._size >= limits.batch_bytes or now - self._since >= limits.batch_s

    def drain(self) -> list[T]:
        """Hand over what is there and begin anew."""
        items, self.items, self._size = self.items, [], 0
        return items


def cut(items: Iterable[tuple[T, int]], batch: Batch[T]) -> Iterator[list[T]]:
    """Batches of a stream of (item, bytes); the last one as it comes."""
    for item, size in items:
        if batch.add(item, size):
            yield batch.drain()
    if batch.items:
        yield batch.drain()
