"""Builds the parts and hands them on; the only place that picks implementations."""

import contextlib
import fcntl
import hashlib
import hmac
import os
import re
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from pipeline import __version__
from pipeline.config import Config
from pipeline.config.vocabulary import vocabulary_of
from pipeline.destinations import Destination
from pipeline.destinations.folder import Folder
from pipeline.domain.followup import FollowUp
from pipeline.domain.notice import Notice
from pipeline.domain.parcel import Parcel
from pipeline.domain.policy import Mode
from pipeline.errors import EnvironmentFailed
from pipeline.flow import Clock, Composers, Flow
from pipeline.formats.fhir import compose_task
from pipeline.letters import SiteFacts, approved_languages, compose_notice, load_texts
from pipeline.readers import read as read_bytes
from pipeline.reading import read as read_text
from pipeline.store.changes import About
from pipeline.store.deciding import Rules
from pipeline.store.ledger import Ledger
from pipeline.store.objects import Archive, write_durably
from pipeline.store.outbox import let_go
from pipeline.store.queries import Queries
from pipeline.store.record import Provenance

FOLDER = "folder"
"""Name of the one destination that a replay has."""


@dataclass(slots=True)
class App:
    """Everything a command needs. A context manager; `close` ends it.

    Attributes:
        archive: bodies too large for the ledger, by hash (`state/archive`).
        instance: the name of this installation, 12 hex; empty where the state is not ours alone.
    """

    config: Config
    ledger: Ledger
    flow: Flow
    queries: Queries
    archive: Archive
    state: Path
    output: Path
    instance: str = ""
    _open: ExitStack = field(default_factory=ExitStack, repr=False)

    @classmethod
    def build(cls, config: Config, state: Path, output: Path, clock: Clock, *, folder_only: bool, exclusive: bool = False) -> Self:
        """Opens or creates the state folder (0700), brings the ledger up to date, and wires the parts.

        Args:
            config: the checked configuration.
            state: ledger, archive, quarantine and lock.
            output: what a `folder` destination without a path of its own writes.
            clock: where the time comes from.
            folder_only: one destination named `folder`, under `output`, whatever the site's destinations are (replay).
            exclusive: take the state's lock: `run` and `replay` do; `ack`, `find`, `pause` ... work beside a daemon.

        Raises:
            EnvironmentFailed: SQLite that may corrupt the ledger, a state folder that cannot be used, or one that is in use.
            Misconfigured: vocabulary or letters cannot be used.
        """
        with ExitStack() as stack:
            _ready(state)
            owner = ""
            if exclusive:
                stack.callback(os.close, _locked(state))
                owner = _instance(state)
            rules, composers = _rules(config), _composers(config, config.secret(state))
            ledger = Ledger.open(config.store.url, state / "ledger.db")
            stack.callback(ledger.close)
            if exclusive:
                # Ours alone by the lock: whoever held these leases under this name is dead, and need not be waited for.
                with ledger.write() as connection:
                    let_go(connection, owner)
            archive = Archive(state / "archive")
            flow = Flow(
                ledger,
                lambda content, file_hash: read_bytes(content, config, file_hash=file_hash),
                rules,
                _destinations(config, output, folder_only=folder_only),
                composers,
                clock,
                archive,
                owner,
            )
            return cls(config, ledger, flow, Queries(ledger), archive, state, output, owner, stack.pop_all())

    def close(self) -> None:
        """Closes the ledger and gives the lock back. Idempotent."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _ready(state: Path) -> None:
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if state.stat().st_mode & 0o077:
            state.chmod(0o700)
    except OSError as error:
        raise EnvironmentFailed(f"the state folder cannot be made or tightened to 0700 ({type(error).__name__})") from None


def _locked(state: Path) -> int:
    """The descriptor that holds the lock until it is closed; the kernel gives it back when we die."""
    descriptor = -1
    try:
        descriptor = os.open(state / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if descriptor >= 0:
            os.close(descriptor)
        if isinstance(error, BlockingIOError):
            words = "this state folder is in use by another vqroute run or replay: stop that, or use another --state"
            raise EnvironmentFailed(words) from None
        raise EnvironmentFailed(f"the state folder cannot be locked ({type(error).__name__})") from None
    return descriptor


def _instance(state: Path) -> str:
    """The name of this installation, 12 hex, made once: after a crash the next process of the same state takes over its leases."""
    file = state / "instance"
    with contextlib.suppress(FileNotFoundError):
        if re.fullmatch(r"[0-9a-f]{12}", name := file.read_text(encoding="ascii").strip()):
            return name
    write_durably(state / "instance.new", os.urandom(6).hex().encode() + b"\n", 0o600).replace(file)
    return file.read_text(encoding="ascii").strip()


def _rules(config: Config) -> Rules:
    vocabulary = vocabulary_of(config)
    texts = load_texts(config.find("letters"))
    # In live mode only letters that somebody signed, as they are now, may leave; elsewhere none reaches a patient.
    policy = config.policy(approved_languages(texts, live=True) if config.site.mode is Mode.LIVE else None)
    provenance = Provenance(__version__, vocabulary.language, vocabulary.hash, policy.hash)
    return Rules(lambda blocks: read_text(blocks, vocabulary), policy, provenance)


def _composers(config: Config, secret: bytes) -> Composers:
    site, sample = config.site, config.site.mode is Mode.DEMO
    texts = load_texts(config.find("letters"))
    facts = SiteFacts(
        facility=site.facility,
        phone=site.phone,
        emergency_number=site.emergency_number,
        time_zone=site.time_zone,
        department=site.department,
        address=site.address,
        tty=site.tty,
        portal_url=site.portal_url,
    )

    def notice(letter: Notice, delivery_id: str, exam: str) -> Parcel:
        folder = hmac.new(secret, exam.encode(), hashlib.sha256).hexdigest()[:16]
        return compose_notice(letter, delivery_id=delivery_id, exam_folder=folder, site=facts, watermark=sample, texts=texts)

    def task(item: FollowUp, delivery_id: str, about: About) -> Parcel:
        return compose_task(
            item,
            delivery_id=delivery_id,
            identifiers=about.accessions,
            site=facts,
            patient=about.patient,
            changed_at=about.changed_at,
            sample=sample,
        )

    return Composers(notice, task)


def _destinations(config: Config, output: Path, *, folder_only: bool) -> list[Destination]:
    if folder_only:
        return [Folder(output, name=FOLDER)]
    return [Folder(one.path or output, name=name, group=one.group) for name, one in config.destinations.items()]
