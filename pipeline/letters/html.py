"""A letter as one HTML file that needs nothing else: no script, no font, no picture from anywhere."""

import functools
import re
from importlib import resources

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from pipeline.letters.document import Document


def render_html(letter: Document) -> bytes:
    """UTF-8, LF line ends. Every value is escaped; the same letter gives the same bytes."""
    page = _environment().get_template("letter.html.j2").render(letter=letter, css=Markup(_packaged("letter.css")))  # noqa: S704 - our own file
    return page.encode("utf-8")


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_packaged), autoescape=True, undefined=StrictUndefined, auto_reload=False, keep_trailing_newline=True
    )
    environment.filters["dial"] = dial
    return environment


@functools.cache
def _packaged(name: str) -> str:
    return resources.files("pipeline.letters").joinpath(name).read_text("utf-8")


def dial(number: str) -> str:
    """What a `tel:` link dials (RFC 3966: digits, a leading plus); empty where that would not be the number that is printed.

    An extension ("ext. 12") or letters ("1-800-HOSPITAL") give no link: a wrong number is worse than none.
    """
    if not re.fullmatch(r"\+?[\d\s().\-\u2010-\u2012]+", number):
        return ""
    digits = re.sub(r"[^\d+]", "", number)
    return digits if len(digits) >= 2 else ""
