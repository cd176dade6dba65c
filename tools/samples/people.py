"""The invented people of the sample exams: nobody here exists, and every telephone number is one of 555-0100 to 555-0199."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    """`birth` is YYYYMMDD. `phone` is the last two digits of a 555-01xx number. `language` is PID-15 as the site sends it."""

    mrn: str
    family: str
    given: str
    sex: str
    birth: str
    phone: int
    middle: str = ""
    language: str = ""
    prefix: str = ""

    def dicom_name(self) -> str:
        return "^".join((self.family, self.given, self.middle)).rstrip("^")


@dataclass(frozen=True)
class Doctor:
    number: str
    family: str
    given: str
    degree: str = "MD"

    def hl7(self, upper: bool) -> str:
        family, given = (self.family.upper(), self.given.upper()) if upper else (self.family, self.given)
        return f"{self.number}^{family}^{given}^^^^{self.degree}".rstrip("^")

    @property
    def dicom_name(self) -> str:
        return f"{self.family}^{self.given}"
