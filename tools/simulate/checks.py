"""What must be true at the end, reckoned from what the hospital knows and never by the product's own rules."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import text

from pipeline.domain.arrival import NotForUs
from pipeline.readers import read
from pipeline.store.seals import verify
from tools.simulate import wire
from tools.simulate.running import Gone, Product
from tools.simulate.staff import Staff
from tools.simulate.truth import Exam, Meaning, PatientNews, World

QUIET = timedelta(minutes=60)
_STANDS_FOR_RESULT = frozenset({"indeterminate", "positive", "unreadable", "discrepancy", "result-changed", "identity", "no-pe-question"})
_FLAGS = frozenset({"wrong-letter-out", "identity"})


@dataclass(slots=True)
class Item:
    """A follow-up as the ledger's table has it."""

    id: str
    accession: str
    reason: str
    state: str
    due_at: str
    step_at: str | None


@dataclass(slots=True)
class Checked:
    """What was found wrong, and how much was looked at."""

    wrong: list[str] = field(default_factory=list)
    looked_at: Counter[str] = field(default_factory=Counter)
    wrong_letters_out: int = 0

    def must(self, kind: str, *, holds: bool, words: str) -> None:
        self.looked_at[kind] += 1
        if not holds:
            self.wrong.append(f"{kind}: {words}")


def check(world: World, product: Product, staff: Staff) -> Checked:
    """Everything that must hold at the end of the month."""
    found = Checked()
    items = _items(product)
    by_exam: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_exam[item.accession].append(item)
    letters: dict[str, list[Gone]] = defaultdict(list)
    for gone in product.gone:
        if gone.kind == "notice":
            letters[str(gone.facts["accession"])].append(gone)
    for accession in letters.keys() - {exam.accession for exam in world.exams}:
        found.must("letters of known exams", holds=False, words=f"a letter of {accession}, which nobody has scanned")
    news = _heard_news(world, product)
    for exam in world.exams:
        _follow_ups(exam, by_exam[exam.accession], found)
        known = [one for one in news if one.person is exam.person and one.ingested]
        for position, letter in enumerate(letters[exam.accession]):
            _letter(exam, letter, letters[exam.accession][:position], known, staff, found)
        _last_letter(exam, letters[exam.accession], by_exam[exam.accession], known, found)
    _delivered(product, items, found)
    _ledger(world, product, found)
    return found


def _heard_news(world: World, product: Product) -> list[PatientNews]:
    """Deaths and merges that came as ADT, if this product listens to ADT at all."""
    config = product.app.config

    def heard(one: PatientNews) -> bool:
        (arrival,) = read(wire.adt(one), config, file_hash="0" * 64)
        return isinstance(arrival.what, NotForUs) and arrival.what.news is not None

    return [one for one in world.news if heard(one)]


def _items(product: Product) -> list[Item]:
    # A study that names no issuer waits for its exam under its Study Instance UID; its accession is among its identifiers.
    query = (
        "SELECT f.id, upper(coalesce(CASE WHEN e.waiting THEN i.value ELSE e.accession END, '')) AS accession, "
        "f.reason, f.state, f.due_at, f.step_at FROM follow_ups f LEFT JOIN exams e ON e.digest = f.exam "
        "LEFT JOIN identifiers i ON i.exam = e.digest AND i.kind = 'accession' AND e.waiting ORDER BY f.id"
    )
    with product.app.ledger.read() as connection:
        return [Item(*row) for row in connection.execute(text(query)).all()]


def _follow_ups(exam: Exam, items: list[Item], found: Checked) -> None:
    """No result is lost, and an indeterminate one is on exactly one list."""
    standing = [item for item in items if item.state != "cancelled"]
    if not exam.live:
        found.must("nothing of what is not live", holds=not items, words=f"{exam.accession} has follow-ups {_reasons(items)}")
        return
    speaks = exam.speaks()
    if speaks is None:
        provisional = [one for one in exam.known() if one.status == "P"]
        lacks_report = exam.images and not exam.versions and exam.images[0].ingested
        if lacks_report or (provisional and not any(one.final for one in exam.known())):
            has = any(item.reason == "report-overdue" for item in standing)
            found.must("late reports are asked for", holds=has, words=f"{exam.accession} has only {_reasons(items)}")
        return
    if exam.at_odds():
        told = any(item.reason == "discrepancy" for item in standing)
        found.must("a preliminary at odds is on a list", holds=told, words=f"{exam.accession} has {_reasons(items)}")
    if speaks.meaning is Meaning.NEGATIVE:
        return
    mine = [item for item in standing if item.reason in _STANDS_FOR_RESULT]
    found.must("no result without follow-up", holds=bool(mine), words=f"{exam.accession} is {speaks.meaning} and has {_reasons(items)}")
    if exam.said() == {Meaning.NONDIAGNOSTIC} and exam.mistaken_since() is None:
        # A later final version asks anew where the item of an earlier one was done: one more at most for each.
        # A merge asks whose record it is, which is another question.
        mine = [item for item in mine if not (item.reason == "identity" and exam.person.merged_into)]
        done = [item for item in mine if item.state == "completed"]
        finals = sum(one.final for one in exam.known())
        once = len(mine) - len(done) <= 1 and len(mine) <= finals and {item.reason for item in mine} == {"indeterminate"}
        found.must("one follow-up of an indeterminate exam", holds=once, words=f"{exam.accession} has {_reasons(items)}")


def _letter(exam: Exam, letter: Gone, before: list[Gone], news: list[PatientNews], staff: Staff, found: Checked) -> None:
    """One letter that has left, against what could be known in that moment."""
    at, facts = letter.at, letter.facts
    name = f"{exam.accession} at {at:%d %H:%M} ({facts['notice_type']} {facts['letter']})"
    found.must("no letter of what is not live", holds=exam.live, words=name)
    known = exam.known(at)
    named = {(one.named.spoken, one.named.mrn) for one in known}
    merged = [one for one in news if one.event == "A40" and one.ingested and one.ingested <= at]
    if merged:
        named = {(exam.person.spoken, exam.person.merged_into)}
    whose = [one for one in named if one[0] in _flat(letter.text) and one[1][-4:] in letter.text]
    found.must("letters name their patient", holds=bool(whose), words=name)
    dead = [one.ingested for one in known if one.dead and one.ingested]
    dead += [one.ingested for one in news if one.event == "A08" and one.ingested and one.ingested <= at]
    found.must("no letter to the dead", holds=not dead, words=f"{name}: known to be dead since {min(dead, default=at):%d %H:%M}")
    if facts["notice_type"] == "withdrawn":
        return
    mistaken = exam.mistaken_since()
    found.must("no letter where two people are named", holds=mistaken is None or mistaken > at, words=name)
    speaks = exam.speaks(at)
    right = speaks is not None and facts["category"] == speaks.meaning.value
    found.must("a letter says what the final says", holds=right, words=f"{name}: the report says {speaks.meaning if speaks else 'nothing'}")
    if speaks is None:
        return
    if exam.accession not in staff.released:
        found.must("quiet period", holds=at >= speaks.signed + QUIET, words=f"{name}: signed {speaks.signed:%d %H:%M}")
        held = exam.person.minor or exam.person.restricted
        found.must("minors and restricted records wait for a person", holds=not held, words=name)
        imaged = exam.tells_too_much(speaks) and all(one.ingested and one.ingested < at for one in exam.images)
        found.must("no letter tells of ventilation that was not done", holds=not imaged, words=name)
    if speaks.meaning is Meaning.POSITIVE:
        told = staff.told.get(exam.accession)
        found.must("a person tells of a clot first", holds=told is not None and told <= at, words=name)
    if any(one.facts["notice_type"] != "withdrawn" for one in before):
        found.must("a second letter says that it corrects", holds=facts["notice_type"] == "corrected", words=name)


def _last_letter(exam: Exam, letters: list[Gone], items: list[Item], news: list[PatientNews], found: Checked) -> None:
    """Whoever should have a letter has one; whoever holds a wrong one is on somebody's list."""
    results = [letter for letter in letters if letter.facts["notice_type"] != "withdrawn"]
    flagged = any(item.reason in _FLAGS for item in items if item.state != "cancelled")
    speaks = exam.speaks()
    if results:
        out = results[-1]
        mistaken = exam.mistaken_since()
        taken_back = speaks is None or speaks.meaning.value != out.facts["category"]
        merged = any(one.event == "A40" and one.ingested and one.ingested > out.at for one in news)
        if taken_back or (mistaken and mistaken > out.at):
            found.wrong_letters_out += 1
            found.must("wrong letters out are flagged", holds=flagged, words=f"{exam.accession} has {_reasons(items)}")
        elif merged:
            found.must("letters under a retired number are flagged", holds=bool(items), words=f"{exam.accession} has {_reasons(items)}")
    person = exam.person
    plain = not exam.oddities - {"preliminary", "addended", "corrected", "changed", "perfusion-only"}
    plain = plain and not exam.at_odds() and not any(exam.tells_too_much(one) for one in exam.versions)
    plain = plain and not (person.minor or person.restricted or person.died or person.merged_into)
    if plain and speaks and speaks.meaning in (Meaning.NEGATIVE, Meaning.NONDIAGNOSTIC):
        has = bool(results) and results[-1].facts["category"] == speaks.meaning.value
        words = f"{exam.accession}: {speaks.meaning}, {len(letters)} letters"
        found.must("everybody has the letter they should have", holds=has, words=words)


def _delivered(product: Product, items: list[Item], found: Checked) -> None:
    """Every follow-up has reached its receiver, in the state it is in."""
    last: dict[str, str] = {}
    versions: dict[str, int] = {}
    for gone in product.gone:
        if gone.kind == "follow-up" and int(gone.facts["meta"]["versionId"]) > versions.get(gone.facts["id"], 0):
            versions[gone.facts["id"]] = int(gone.facts["meta"]["versionId"])
            last[gone.facts["id"]] = str(gone.facts["status"])
    for item in items:
        words = f"{item.accession} {item.reason} is {item.state}, told as {last.get(item.id, 'nothing')}"
        found.must("follow-ups reach their receiver", holds=last.get(item.id) == item.state, words=words)


def _ledger(world: World, product: Product, found: Checked) -> None:
    """Every file is accounted for, the trail is whole, nothing was given up."""
    with product.app.ledger.read() as connection:
        files: dict[str, str] = {row.hash: row.outcome for row in connection.execute(text("SELECT hash, outcome FROM files"))}
        dead = connection.execute(text("SELECT count(*) FROM deliveries WHERE state = 'dead'")).scalar_one()
        trail = verify(connection)
    sent = {hashlib.sha256(post.content).hexdigest(): post.kind for post in world.posts if post.kind != "repeat"}
    wanted = {"report": {"read"}, "again": {"read"}, "image": {"study"}, "other": {"not_vq"}, "adt": {"not_vq"}}
    for digest, kind in sent.items():
        outcome = files.get(digest, "not there")
        found.must("every file is in the ledger", holds=outcome in wanted[kind], words=f"a file of kind {kind} is {outcome}")
    found.must("nothing else is in the ledger", holds=files.keys() == sent.keys(), words=f"{len(files)} files, {len(sent)} sent")
    found.must("no dead letters", holds=dead == 0, words=f"{dead} deliveries were given up")
    found.must("audit chains and seals", holds=not trail.faults, words="; ".join(trail.faults[:3]))


def _flat(letter: str) -> str:
    return " ".join(letter.split())


def _reasons(items: list[Item]) -> str:
    return ", ".join(f"{item.reason} ({item.state})" for item in items) or "no follow-up"
