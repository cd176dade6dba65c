"""The imaginary sites and their habits: HL7 version, line ends, character set, how a report is laid over OBX and NTE."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from tools.samples.people import Doctor


@dataclass(frozen=True)
class Site:
    """`layout` is one of the names in `hl7.LAYOUTS`; `code` is OBR-4; `headings` maps section keys to this site's words."""

    key: str
    name: str
    application: str
    version: str
    layout: str
    code: tuple[str, str, str]
    headings: dict[str, str]
    doctors: tuple[Doctor, ...]
    zone: ZoneInfo
    end: bytes = b"\r"
    charset: str = ""
    upper: bool = False
    offset: bool = False
    orc: bool = False
    structure: bool = False
    accession_in_obr18: bool = False
    study_uid: bool = False
    identifier_type: str = "MR"
    width: int = 72
    town: str = ""

    @property
    def encoding(self) -> str:
        return {"8859/1": "latin-1", "UNICODE UTF-8": "utf-8"}.get(self.charset, "ascii")


_CAPITALS = {
    "indication": "CLINICAL INDICATION:",
    "technique": "TECHNIQUE:",
    "comparison": "COMPARISON:",
    "findings": "FINDINGS:",
    "impression": "IMPRESSION:",
    "addendum": "ADDENDUM:",
    "communication": "COMMUNICATION:",
}
_BRITISH = {
    "indication": "Clinical details:",
    "technique": "Technique:",
    "comparison": "Comparison:",
    "findings": "Findings:",
    "impression": "Conclusion:",
    "addendum": "Addendum:",
    "communication": "Communication:",
}
_OPINION = {
    "indication": "HISTORY:",
    "technique": "PROCEDURE:",
    "comparison": "PRIOR STUDIES:",
    "findings": "FINDINGS:",
    "impression": "OPINION:",
    "addendum": "ADDENDUM:",
    "communication": "NOTIFIED:",
}
_ASSESSMENT = {
    "indication": "Reason for exam:",
    "technique": "Technique:",
    "comparison": "Comparison:",
    "findings": "Findings:",
    "impression": "Assessment:",
    "addendum": "Addendum:",
    "communication": "Communication:",
}

FAIRHAVEN = Site(
    "FAIRHAVEN",
    "Fairhaven General Hospital (invented)",
    "RADIS",
    "2.3",
    "line",
    ("78582", "NM LUNG VENT/PERF", "CPT4"),
    _CAPITALS,
    (Doctor("1107", "Quillington", "Rosalind"), Doctor("1142", "Marblethorpe", "Simon"), Doctor("1190", "Underhay", "Petra")),
    ZoneInfo("America/New_York"),
    upper=True,
    town="FAIRHAVEN^ZZ^00001",
)
NORTHGATE = Site(
    "NORTHGATE",
    "Northgate Medical Center (invented)",
    "NGRIS",
    "2.3.1",
    "suffix",
    ("NMVQ", "NM LUNG VENTILATION PERFUSION", "NGR"),
    _CAPITALS,
    (Doctor("N044", "Brackenwell", "Tobias"), Doctor("N051", "Oyster", "Philippa"), Doctor("N060", "Larkspur", "Hugh")),
    ZoneInfo("America/Chicago"),
    end=b"\n",
    upper=True,
    study_uid=True,
    identifier_type="",
    town="NORTHGATE^ZZ^00002",
)
LAKEVIEW = Site(
    "LAKEVIEW",
    "Lakeview Infirmary (invented)",
    "LVCRIS",
    "2.4",
    "formatted",
    ("NLVQ", "Lung scan - Ventilation/Perfusion", "LVI"),
    _BRITISH,
    (Doctor("C3301", "Fennimore-Ash", "Imogen", ""), Doctor("C3317", "Trellick", "Owen", ""), Doctor("C3340", "Wainscot", "Beryl", "")),
    ZoneInfo("Europe/London"),
    end=b"\r\n",
    orc=True,
    town="Lakeview^^LV1 0ZZ",
)
SAINTE_ODILE = Site(
    "STEODILE",
    "Clinique Sainte-Odile (invented)",
    "ODILE-RIS",
    "2.5",
    "chapter7",
    ("78582", "NM Lung Ventilation and Perfusion (V/Q)", "CPT4"),
    _CAPITALS,
    (Doctor("SO12", "Chêneau", "Mathilde"), Doctor("SO19", "Grünfeld", "André"), Doctor("SO27", "Peña", "Íñigo")),
    ZoneInfo("America/New_York"),
    charset="8859/1",
    orc=True,
    structure=True,
    study_uid=True,
    town="Sainte-Odile^ZZ^00004",
)
RIVERBEND = Site(
    "RIVERBEND",
    "Riverbend University Hospital (invented)",
    "RBEHR",
    "2.5.1",
    "loinc",
    ("39942-8", "NM Lung Ventilation and Perfusion", "LN"),
    _CAPITALS,
    (Doctor("900101", "Halvorsen", "Maren"), Doctor("900145", "Nowak-Żelazny", "Jadwiga"), Doctor("900178", "Whitcombe", "Ezra")),
    ZoneInfo("America/Denver"),
    charset="UNICODE UTF-8",
    offset=True,
    orc=True,
    structure=True,
    accession_in_obr18=True,
    study_uid=True,
    town="Riverbend^ZZ^00005",
)
MERROW = Site(
    "MERROW",
    "Merrow County Hospital (invented)",
    "MCNUC",
    "2.3",
    "note",
    ("NM310", "LUNG SCAN VENT / PERF", "L"),
    _OPINION,
    (Doctor("71", "Ottershaw", "Gideon"), Doctor("88", "Pennyfeather", "Lorna"), Doctor("93", "Stonecrop", "Miles")),
    ZoneInfo("America/Chicago"),
    upper=True,
    identifier_type="",
    width=64,
    town="MERROW^ZZ^00006",
)
HARBOR = Site(
    "HARBOR",
    "Harbor Light Imaging (invented)",
    "HLBATCH",
    "2.4",
    "repeat",
    ("HL778", "V/Q SCAN LUNG", "HLI"),
    _ASSESSMENT,
    (Doctor("H2", "Ravenscroft", "Delia"), Doctor("H5", "Tidewell", "Amos"), Doctor("H9", "Saltmarsh", "Nina")),
    ZoneInfo("America/Los_Angeles"),
    town="Harbor Light^ZZ^00007",
)
ALL = (FAIRHAVEN, NORTHGATE, LAKEVIEW, SAINTE_ODILE, RIVERBEND, MERROW, HARBOR)
