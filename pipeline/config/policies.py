"""The domain's policy out of the site's settings, with the hash under which each decision is stored."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from pipeline.config.site import DEFAULT_OWNER
from pipeline.config.statutes import statutes_of
from pipeline.domain.policy import HoldTerms, Policy
from pipeline.domain.reading import Category
from pipeline.domain.rungs import DEFAULT_NEXT_STEPS

if TYPE_CHECKING:
    from pipeline.config import Config


def policy_of(config: "Config", languages: frozenset[str]) -> Policy:
    """The policy, its hash filled in."""
    site, decisions, follow_ups, holds = config.site, config.decisions, config.follow_ups, config.holds
    owner = site.owner.strip() or DEFAULT_OWNER
    policy = Policy(
        mode=site.mode,
        low_category=decisions.low or Category.NEGATIVE,
        quiet_period=decisions.quiet_period,
        clocks=follow_ups.all_clocks,
        preliminary_clock=follow_ups.preliminary,
        study_clock=follow_ups.study,
        study_urgent=follow_ups.study_urgent,
        breastfeeding=config.breastfeeding,
        chest_x_ray_before=decisions.chest_x_ray_before,
        chest_x_ray_after=decisions.chest_x_ray_after,
        study_settle=decisions.study_settle,
        owner=f"{owner}, {site.owner_phone.strip()}" if site.owner_phone.strip() else owner,
        hold_expiry=holds.expiry,
        hold_escalate=holds.escalate,
        hold_escalates_to=holds.escalate_to.strip(),
        hold_terms={code: HoldTerms(terms.remind, terms.escalate, terms.to.strip()) for code, terms in holds.all_expiries.items()},
        default_language=site.default_language,
        approved_languages=languages,
        minor_age=holds.minor_age,
        stale_after=holds.stale_after,
        holds_off=frozenset(holds.off),
        require_study=holds.require_study,
        hold_inpatients=holds.inpatients,
        statutes=statutes_of(config),
        directory=config.directory_of_people,
        owners=follow_ups.owners,
        ladders=follow_ups.all_ladders,
        next_steps={**DEFAULT_NEXT_STEPS, **follow_ups.next_steps},
        remind=follow_ups.remind,
        patience=follow_ups.patience,
        snooze_most=follow_ups.snooze_most,
        snooze_total=follow_ups.snooze_total,
    )
    return replace(policy, hash=policy_hash(policy))


def policy_hash(policy: Policy) -> str:
    """SHA-256 (64 hex) over the settings in a canonical spelling; equal settings have equal hashes on every machine."""
    plain = {field.name: _plain(getattr(policy, field.name)) for field in fields(policy) if field.name != "hash"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, frozenset | set):
        return sorted(str(item) for item in value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date | time | tzinfo):
        return str(value)
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value
