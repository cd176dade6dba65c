"""What must be true of one exam, said again in plain words: no import of the product's rules, only of how this test writes messages.

The model keeps what it was told in the order of arrival and answers from the whole list each time. Where DESIGN section 6 leaves a doubt
(equal times, the same words before and after others) it says so, and then only the safe things are asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.life.wire import Letter

CATEGORY = {
    "absent": "negative",
    "normal": "negative",
    "low": "negative",
    "indeterminate": "nondiagnostic",
    "nondiagnostic": "nondiagnostic",
    "high": "positive",
    "unreadable": "review",
}
PRELIMINARY = {"P", "R"}
RETRACTION = {"X", "W", "D"}
PLAIN = {"F": "final", "U": "final", "no result": "final", "C": "corrected", "C on the line": "corrected"}
"""Statuses with which a letter may leave by itself; every other final one is held for a person."""
CARRIES = {
    "nondiagnostic": {"indeterminate", "discrepancy"},
    "positive": {"positive", "discrepancy"},
    "review": {"unreadable", "no-pe-question", "discrepancy"},
    "negative": set[str](),
}
RESULT = {"indeterminate", "positive", "unreadable", "no-pe-question", "discrepancy"}


@dataclass(frozen=True)
class Told:
    """One message about an exam, and the words that it leads to (those of an earlier one for status U)."""

    letter: Letter
    says: str

    @property
    def status(self) -> str:
        return self.letter.status

    @property
    def times(self) -> tuple[datetime, datetime]:
        """Signed, then sent; a time that is not there is told by the other."""
        signed, sent = self.letter.signed or self.letter.sent, self.letter.sent or self.letter.signed
        assert signed
        assert sent
        return signed, sent

    @property
    def category(self) -> str:
        return "review" if self.status == "no result" else CATEGORY[self.says]

    @property
    def preliminary(self) -> bool:
        return self.status in PRELIMINARY

    @property
    def final(self) -> bool:
        return not self.preliminary and self.status not in RETRACTION

    @property
    def verdict(self) -> tuple[str, str]:
        return self.category, self.says


@dataclass
class ExamModel:
    """One exam: everything that was said about it."""

    told: list[Told] = field(default_factory=list)
    images: list[str] = field(default_factory=list)
    """Who each image is of (record number)."""
    doubtful_text: bool = False
    dead: set[str] = field(default_factory=set)
    """Record numbers of which the admission system said that their person has died."""
    wants_none: set[str] = field(default_factory=set)
    """Record numbers whose person wants no letters."""
    merged: bool = False
    """Whether the patient's number was retired: from then on only the safe things are asked."""
    decided: set[str] = field(default_factory=set)
    """The categories that clinicians have decided on: likewise."""

    def tell(self, letter: Letter) -> None:
        """One new message, in the order of arrival."""
        if letter.processing != "P":
            return
        says = letter.says
        if letter.status == "U":
            says = self._stored(letter)
        self.told.append(Told(letter, says))

    def _stored(self, letter: Letter) -> str:
        """The text that `U` does not send again: the latest that is stored of the same person."""
        with_text = [one for one in self.standing() if one.letter.person == letter.person and one.status != "U"]
        if not with_text:
            self.doubtful_text = self.doubtful_text or bool(self.standing())
            return "unreadable"
        latest = max(one.times for one in with_text)
        found = {one.says for one in with_text if one.times == latest}
        self.doubtful_text = self.doubtful_text or len(found) > 1
        return min(found)

    def standing(self) -> list[Told]:
        """What no retraction has taken back: those came before it, or were signed or sent before it."""
        return [one for number, one in enumerate(self.told) if one.status not in RETRACTION and not self._taken_back(number, one)]

    def _taken_back(self, number: int, one: Told) -> bool:
        for at, other in enumerate(self.told):
            if other.status in RETRACTION and (at > number or other.times > one.times or other.times[1] > one.times[1]):
                return True
        return False

    @property
    def finals(self) -> list[Told]:
        return [one for one in self.standing() if one.final]

    @property
    def preliminaries(self) -> list[Told]:
        return [one for one in self.standing() if one.preliminary]

    @property
    def speaker(self) -> Told | None:
        """Which version speaks: the latest final by OBR-22 and then MSH-7, else the latest preliminary. Arrival plays no part."""
        return max(self.finals or self.preliminaries, key=lambda one: one.times, default=None)

    @property
    def doubt(self) -> bool:
        """Whether nobody can tell which version counts."""
        return any(self._doubts())

    def _doubts(self) -> Iterator[bool]:
        yield self.doubtful_text or self.merged or bool(self.decided)
        every = [one for one in self.told if not one.preliminary and one.status not in RETRACTION]
        yield any(a.times == b.times and a.verdict != b.verdict for a in every for b in every)
        # The same words before and after other ones.
        again = [a for i, a in enumerate(every) if any(a.category == b.category for b in every[i + 1 :])]
        yield bool(again) and len({one.verdict for one in every}) > 1
        drafts = [one for one in self.told if one.preliminary]
        yield any(a.times == b.times and a.verdict != b.verdict for a in drafts for b in drafts)
        retractions = [one for one in self.told if one.status in RETRACTION]
        # A retraction that is not plainly later than all that came before it, or is told more than once.
        yield len(retractions) > 1
        for retraction in retractions:
            yield any(
                one.times[0] >= retraction.times[0] or one.times[1] >= retraction.times[1] for one in self.told if one is not retraction
            )

    @property
    def categories(self) -> set[str]:
        """What the exam may say: one answer, or with a doubt any of them, or a person's review."""
        speaker = self.speaker
        if not self.doubt:
            return {speaker.category} if speaker else set()
        return {one.category for one in self.told} | {"review"} | self.decided

    @property
    def people(self) -> set[str]:
        return {one.letter.person.mrn for one in self.told} | set(self.images)

    def automatic(self, category: str, now: datetime, quiet: timedelta, *, image_wanted: bool, discrepancy_done: bool) -> str:
        """Why a letter of this category may not leave by itself now; empty if it may."""
        speaker = self.speaker
        if speaker is None or not self.finals:
            return "no final version speaks"
        if (
            any(one.letter.dead for one in self.told if one.letter.person == speaker.letter.person)
            or speaker.letter.person.mrn in self.dead
        ):
            return "the patient has died"
        if speaker.letter.person.mrn in self.wants_none:
            return "the patient wants no letters"
        if category not in self.categories:
            return f"the exam says {self.categories}"
        if category not in ("negative", "nondiagnostic"):
            return "a letter about this never leaves by itself"
        if len(self.people) > 1:
            return "two people"
        if image_wanted and not self.images:
            return "no image yet"
        if self.doubt:
            return ""
        if speaker.status not in PLAIN:
            return "a status that a person must explain"
        alike = [one for one in self.finals if one.verdict == speaker.verdict and PLAIN.get(one.status) == PLAIN[speaker.status]]
        if any(one.letter.vip or one.letter.release not in ("", "SIMM") for one in alike):
            return "somebody asked to keep it back"
        drafts = self.preliminaries
        if not discrepancy_done and any(one.category in ("nondiagnostic", "positive") and one.category != category for one in drafts):
            return "a preliminary says something else"
        if any(one.times > speaker.times for one in drafts):
            return "a preliminary was signed later"
        if now < min(speaker.times[0], now) + quiet:
            return "the quiet period is not over"
        return ""
