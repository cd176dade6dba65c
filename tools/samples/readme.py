"""sample_data/README.md: what each file shows and what must come of it."""

from tools.samples.sample import Expect, Sample

_HEAD = """# Sample data

Invented exams, made by `python -m tools.make_samples` (seeded: running it again changes no byte; `--check` says whether the folder is up to date).

**Nobody here exists.** People, doctors, hospitals, addresses and accession numbers are invented; every telephone number is one of 555-0100 to 555-0199,
which are set aside for fiction. The images come from a mathematical chest, not from a patient.

Beside each input, `<name>.expected.json` says what must come of it when the whole folder is replayed in sorted order in mode `demo`:

```
vqroute replay sample_data
```

`explain` inside an expected file lists what differs when that message is looked at alone (`vqroute explain`), since a correction, a repeat or a final
without text can only be understood together with what came before.

There are {exams} exams in {files} files. ![The eight views of a normal exam and of one with embolism](../docs/images/scan-views.png)

The reports were signed in {month}. A daemon that takes them as fresh arrivals holds what is older than its limit (`stale`, 30 days);
`python -m tools.make_samples --today YYYY-MM-DD --output DIR` makes the same collection with the last exam on that day.

## The sites and their habits

| site | HL7 | habit |
|---|---|---|
| FAIRHAVEN | 2.3 | CR; one OBX for each line, hard-wrapped, capitals |
| NORTHGATE | 2.3.1 | LF; `&GDT` and `&IMP` suffixes, `~` as line break; study UID in ZDS; one file with MLLP bytes |
| LAKEVIEW | 2.4 | CRLF; one FT OBX with `\\.br\\`; British headings; also DICOM SR |
| STEODILE | 2.5 | Latin-1 (8859/1); chapter 7 style: impression as CWE, text in OBX-5.2, one OBX for each |
| RIVERBEND | 2.5.1 | UTF-8; LOINC sections (19005-8); accession in OBR-18; times with offset |
| MERROW | 2.3 | the text in NTE below one OBX |
| HARBOR | 2.4 | `~` as line break in TX; a nightly batch file |

## The cases

In sorted order, which is the order of arrival. "letter" is what becomes of the patient's letter, "follow-up" the reason of the work item.

| file | shows | category | letter | follow-up |
|---|---|---|---|---|
"""


def readme(samples: list[Sample], month: str) -> bytes:
    exams = len({number for sample in samples for number in _numbers(sample)})
    lines = [_HEAD.format(month=month, exams=exams, files=len(samples)).rstrip("\n")]
    for sample in samples:
        category = " / ".join(_category(expect) for expect in sample.expected)
        notice = " / ".join(expect.notice for expect in sample.expected)
        follow_up = " / ".join(expect.follow_up or "-" for expect in sample.expected)
        lines.append(f"| `{sample.name}` | {sample.about.replace('|', '&#124;')} | {category} | {notice} | {follow_up} |")
    return ("\n".join(lines) + "\n").encode()


def _category(expect: Expect) -> str:
    if expect.outcome != "read":
        return f"({expect.outcome})"
    words = [expect.category or ""]
    if expect.grade:
        words.append(f"({expect.grade})")
    if expect.chronic:
        words.append("chronic")
    return " ".join(words)


def _numbers(sample: Sample) -> list[str]:
    """The exams in a file, by number; none where it holds no V/Q report or image."""
    first = int(sample.name[:2])
    return [str(first + n) for n, expect in enumerate(sample.expected) if expect.outcome in ("read", "study")]
