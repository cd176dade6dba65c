"""What a site must have decided and signed before letters may go to real patients."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipeline.config.lines import Path
from pipeline.config.site import DEMO_PHONES
from pipeline.config.statutes import statute_problems, unfilled
from pipeline.domain.directory import Role
from pipeline.errors import Misconfigured

if TYPE_CHECKING:
    from pipeline.config import Config

_INVENTED = re.compile(r"\b(sample|example|demo|test|invented|placeholder|changeme)\b", re.IGNORECASE)


def _roles(config: "Config") -> list[Role]:
    """The roles of the site's own people; those of a file that is broken or packaged are told elsewhere."""
    if config.find("people.toml").parent != config.directory:
        return []
    try:
        return list(config.directory_of_people.roles.values())
    except Misconfigured:
        return []


def live_problems(config: "Config") -> Iterator[tuple[Path, str]]:
    """Each thing that keeps the site from live mode: the setting and a sentence. Source: shared design, section 6."""
    site = config.site
    for name, what in (
        ("facility", "the hospital's name as patients know it"),
        ("phone", "the phone number that a patient calls with questions"),
        ("emergency_number", "the emergency number of the country"),
        ("owner", "the owner of last resort: the role that answers when nobody nearer is known"),
        ("owner_phone", "the phone of the owner of last resort"),
    ):
        value = getattr(site, name)
        if not value.strip():
            yield ("site", name), f"live mode needs {what}"
        elif _INVENTED.search(value) or value.strip() in DEMO_PHONES:
            yield ("site", name), f"live mode needs {what}, not the sample one"
        elif name not in site.model_fields_set:
            yield ("site", name), f"live mode needs {what}; it is not in the file"
    for name in ("phone", "owner_phone"):
        digits = re.sub(r"\D", "", getattr(site, name))
        if getattr(site, name).strip() and len(digits) < 3:
            yield ("site", name), "this is not a phone number"
    if config.decisions.low is None:
        yield ("decisions", "low"), 'live mode needs the site\'s own word on what "low probability" means: "negative" or "nondiagnostic"'
    if not site.category_map_signed_by.strip():
        yield ("site", "category_map_signed_by"), "live mode needs the name of the physician who signed the category map"
    if site.category_map_signed_on is None:
        yield ("site", "category_map_signed_on"), "live mode needs the date on which the category map was signed"
    if not statute_problems(config):
        yield from unfilled(config)
    if config.find("people.toml").parent != config.directory:
        yield ("site", "mode"), "live mode needs the site's own people.toml beside this file; the packaged one names invented people"
    for role in _roles(config):
        digits = re.sub(r"\D", "", role.phone)
        if len(digits) < 3 or _INVENTED.search(role.name) or role.phone.startswith("555-01"):
            yield ("site", "mode"), f'live mode needs a real name and phone for the role "{role.id}" of people.toml'
    if not any(destination.watched_by.strip() for destination in config.destinations.values()):
        yield (
            ("destinations",),
            "live mode needs a destination that reaches a person for every follow-up reason: say in `watched_by` who looks there",
        )
