"""How a reading tells its steps to whoever asked to see them."""

from typing import Protocol, TypeVar

Answer = TypeVar("Answer")


class Tracer(Protocol):
    """Is told what each question of a reading was answered with, in the order they were asked, and gives the answer back as it is.

    The answers are the reading's own objects: a tracer keeps or shows them and changes nothing.
    """

    def __call__(self, question: str, answer: Answer, /) -> Answer:
        """`question` is a fixed name (`odd`, `sentence`), never text of the report."""


def untraced(_question: str, answer: Answer, /) -> Answer:
    """Nobody asked."""
    return answer
