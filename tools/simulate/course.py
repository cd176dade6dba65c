"""Draws a month: who is scanned when, what the reports say, what goes wrong. One seed, one month."""

import random
from datetime import UTC, datetime, timedelta

from tools.simulate import wire, words
from tools.simulate.truth import Exam, Image, PatientNews, Person, Post, Version, World

BEGAN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
SERIES = (("normal", 58), ("very_low", 58), ("low", 454), ("intermediate", 83), ("high", 29))
"""The Harborview series, 682 V/Q scans."""
_BY_HOUR = (1, 1, 1, 1, 1, 2, 4, 10, 16, 20, 20, 18, 14, 17, 18, 16, 12, 8, 6, 5, 4, 3, 2, 1)
_WEEKEND = 0.3
DEATHS = 0.01
"""Of the exams: the person dies between the scan and a few days later."""


def month(seed: int, exams: int, days: int) -> World:
    """The whole world before anything is sent."""
    return _Author(seed, days).written(exams)


class _Author:
    def __init__(self, seed: int, days: int) -> None:
        self.draw = random.Random(f"vqroute simulation {seed}")
        self.world = World(BEGAN, days)
        self.people = 0

    def written(self, count: int) -> World:
        times = sorted(self._scan_time() for _ in range(count))
        earlier: list[Person] = []
        for number, done in enumerate(times):
            again = earlier and self.chance(0.04)
            person = self.draw.choice(earlier[-400:]) if again else self._person()
            exam = Exam(number, f"SIM{number:07d}", person, done, self.chance(0.5))
            self.world.exams.append(exam)
            self._course(exam)
            if not exam.oddities & {"not-live", "wrong-patient"} and not (person.died or person.merged_into):
                earlier.append(person)
        self._outages()
        self._send()
        return self.world

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def minutes(self, low: float, high: float) -> timedelta:
        return timedelta(seconds=round(60 * self.draw.uniform(low, high)))

    def _scan_time(self) -> datetime:
        while True:
            day = self.draw.randrange(self.world.days)
            when = self.world.began + timedelta(days=day)
            if when.weekday() >= 5 and not self.chance(_WEEKEND):
                continue
            hour = self.draw.choices(range(24), _BY_HOUR)[0]
            return when + timedelta(hours=hour) + self.minutes(0, 59)

    def _person(self, *, plain: bool = False) -> Person:
        self.people += 1
        minor = not plain and self.chance(0.015)
        year = self.draw.randrange(2010, 2022) if minor else self.draw.randrange(1930, 2005)
        born = f"{year}{self.draw.randrange(1, 13):02d}{self.draw.randrange(1, 28):02d}"
        person = Person(f"M{self.people:07d}", self.draw.choice(words.FAMILY), self.draw.choice(words.GIVEN), born, self.draw.choice("FM"))
        person.minor = minor
        person.restricted = not plain and self.chance(0.01)
        person.language = self.draw.choices(("", "en", "es", "fr"), (50, 40, 8, 2))[0]
        return person

    def _course(self, exam: Exam) -> None:
        grade = self.draw.choices([name for name, _ in SERIES], [share for _, share in SERIES])[0]
        if self.chance(0.015):
            grade = "unreadable"
        signed = exam.done + self.minutes(40, 400)
        fate = self.draw.random()
        if fate < 0.005:
            self._wrong_patient(exam, grade, signed)
        elif fate < 0.010:
            exam.oddities.add("not-live")
            self._version(exam, signed, "F", grade).processing = self.draw.choice(("T", "D", "N"))
            return  # images do not say that they are a test's
        elif fate < 0.018:
            exam.oddities.add("never-finalised")
            self._version(exam, signed, "P", grade)
        elif fate < 0.023:
            exam.oddities.add("never-reported")
            exam.images.append(Image(exam.done + self.minutes(5, 40), "perfusion", exam.person))
            return
        else:
            self._ordinary(exam, grade, signed)
        self._images(exam)
        if exam.oddities & {"not-live", "wrong-patient", "never-finalised"} or len(exam.versions) > 3:
            return
        self._patient(exam, signed)

    def _ordinary(self, exam: Exam, grade: str, signed: datetime) -> None:
        if self.chance(0.25):
            first = grade
            if self.chance(0.06):
                first = self._other(grade)
                exam.oddities.add("discrepant-preliminary")
            exam.oddities.add("preliminary")
            self._version(exam, signed - self.minutes(20, min(180, (signed - exam.done).total_seconds() / 60 - 15)), "P", first)
        self._version(exam, signed, "F", grade)
        if not self.chance(0.15):
            return
        later = signed + (self.minutes(4, 55) if self.chance(0.5) else self.minutes(120, 60 * 24 * 4))
        if self.chance(0.4):
            exam.oddities.add("changed")
            self._version(exam, later, "C", self._other(grade))
        elif self.chance(0.5):
            exam.oddities.add("addended")
            self._version(exam, later, "C", grade).addendum = True
        else:
            exam.oddities.add("corrected")
            self._version(exam, later, "C", grade)

    def _other(self, grade: str) -> str:
        """Another category, with the usual shares."""
        same = {"normal", "very_low", "low"}
        others = [(name, share) for name, share in SERIES if name != grade and not (grade in same and name in same)]
        return self.draw.choices([name for name, _ in others], [share for _, share in others])[0]

    def _wrong_patient(self, exam: Exam, grade: str, signed: datetime) -> None:
        exam.oddities.add("wrong-patient")
        other = self._person(plain=True)
        how = self.draw.randrange(3)
        if how == 0:  # the images of somebody else under this accession
            self._version(exam, signed, "F", grade)
            exam.images.append(Image(signed + self.minutes(-30, 300), "ventilation", other))
        elif how == 1:  # a corrected version that names somebody else
            self._version(exam, signed, "F", grade)
            self._version(exam, signed + self.minutes(20, 600), "C", grade).named = other
        else:  # reported on the wrong person, and taken back
            exam.oddities.add("taken-back")
            self._version(exam, signed, "F", grade).named = other
            self._version(exam, signed + self.minutes(20, 600), "W", grade).named = other

    def _version(self, exam: Exam, signed: datetime, status: str, grade: str) -> Version:
        sent = signed + self.minutes(0.5, 4)
        arrives = sent + (self.minutes(60, 1500) if self.chance(0.02) else self.minutes(0.1, 5))
        number = len(exam.versions) + 1
        one = Version(signed, sent, arrives, status, grade, exam.person, control=f"C{exam.number}-{number}")
        exam.versions.append(one)
        return one

    def _images(self, exam: Exam) -> None:
        when = self.draw.random()
        if when > 0.85:
            return
        first = exam.done + self.minutes(5, 30) if when < 0.7 else max(one.arrives for one in exam.versions) + self.minutes(10, 2000)
        parts: tuple[str, ...] = ("ventilation", "perfusion")
        if self.chance(0.2):
            parts = parts[1:]
            exam.oddities.add("perfusion-only")
        for part in parts:
            exam.images.append(Image(first, part, exam.person))
        # One file of each part and exam.
        seen: dict[str, Image] = {}
        for one in exam.images:
            seen.setdefault(one.part, one)
        exam.images = list(seen.values())

    def _patient(self, exam: Exam, signed: datetime) -> None:
        """Deaths and merges, before the report, between report and letter, and after the letter."""
        person = exam.person
        if person.died or person.merged_into:
            return
        if self.chance(DEATHS):
            exam.oddities.add("died")
            when = self.draw.randrange(3)
            person.died = signed + (-self.minutes(5, 35), self.minutes(2, 40), self.minutes(90, 3000))[when]
            # Half of the registries write to us; the other half tell it with the next report only.
            if self.chance(0.5):
                self.world.news.append(PatientNews(person.died + self.minutes(1, 10), person, "A08"))
            for version in exam.versions:
                version.dead = version.signed >= person.died
            if when and self.chance(0.5):
                grade = exam.versions[-1].grade
                last = max(exam.versions[-1].signed, person.died)
                self._version(exam, last + self.minutes(2, 10), "C", grade).dead = True
        elif self.chance(0.01):
            exam.oddities.add("merged")
            self.people += 1
            person.merged_into = f"M{self.people:07d}"
            after = self.minutes(5, 40) if self.chance(0.5) else self.minutes(120, 4000)
            self.world.news.append(PatientNews(signed + after, person, "A40"))

    def _outages(self) -> None:
        days = self.world.days
        self.world.daemon_down = self._spans(max(1, days // 8), 60, 300)
        self.world.receiver_down = self._spans(max(1, days // 5), 60, 480)
        kills = max(2, days // 10)
        self.world.killed = sorted(self.world.began + timedelta(days=days * (n + 0.5) / kills) for n in range(kills))

    def _spans(self, count: int, low: int, high: int) -> list[tuple[datetime, datetime]]:
        starts = sorted(self.world.began + self.minutes(0, self.world.days * 1440) for _ in range(count))
        return [(start, start + self.minutes(low, high)) for start in starts]

    def _send(self) -> None:
        world = self.world
        for exam in world.exams:
            sign = self.draw.randrange(12)
            for version in exam.versions:
                content = wire.oru(exam, version, sign)
                self._post(Post(version.arrives, 0, content, version), 0.05)
                if self.chance(0.01):  # the same content under another control id
                    was, version.control = version.control, f"{version.control}-again"
                    self._post(Post(version.arrives + self.minutes(1, 600), 0, wire.oru(exam, version, sign), kind="again"), 0)
                    version.control = was
            for one in exam.images:
                self._post(Post(one.arrives, 0, wire.image(exam, one), one, "image"), 0.03)
            if self.chance(0.5):
                self._post(Post(exam.done, 0, wire.other_exam(exam.number, exam.done), kind="other"), 0)
        for news in world.news:
            self._post(Post(news.arrives, 0, wire.adt(news), news, "adt"), 0.05)
        world.posts.sort(key=lambda post: (post.arrives, post.order))

    def _post(self, post: Post, repeated: float) -> None:
        posts = self.world.posts
        post.order = len(posts)
        posts.append(post)
        if self.chance(repeated):
            posts.append(Post(post.arrives + self.minutes(1, 2880), len(posts), post.content, post.about, "repeat"))
