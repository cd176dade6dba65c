"""Plain text for `explain`, and the reasons given for quarantined messages."""

import hashlib

from hypothesis import given
from hypothesis import strategies as st

from pipeline.domain.arrival import Kind, Rejection
from pipeline.domain.identity import ExamKey
from pipeline.domain.report import Liveness, Report, Status
from pipeline.formats.hl7check import why
from pipeline.readers import read
from tests.readers.making import CONFIG, PID, message, msh, obr, obx


def test_a_text_file_is_a_final_live_report_in_explain() -> None:
    content = "\ufeffLUNG SCAN\r\n\r\nImpression: No PE – normal.\r\n".encode()
    arrival = read(content, CONFIG, as_text=True)[0]
    what = arrival.what
    assert isinstance(what, Report)
    assert (arrival.kind, what.status, what.liveness, what.problems) == (Kind.TEXT, Status.FINAL, Liveness.LIVE, ())
    assert what.text == "LUNG SCAN\n\nImpression: No PE – normal."
    assert what.key == ExamKey("text", hashlib.sha256(content).hexdigest())


def test_content_decides_and_not_the_wish() -> None:
    what = read(message(msh(), PID, obr(), obx("x.")), CONFIG, as_text=True)[0]
    assert what.kind is Kind.HL7_ORU
    nothing = read(b"", CONFIG, as_text=True)[0].what
    assert isinstance(nothing, Rejection)


def test_windows_text() -> None:
    what = read("Café – no PE".encode("cp1252"), CONFIG, as_text=True)[0].what
    assert isinstance(what, Report)
    assert what.text == "Café – no PE"


def test_a_hash_that_the_caller_has_is_not_taken_twice() -> None:
    assert read(b"some text", CONFIG, file_hash="ab" * 32)[0].content_hash == "ab" * 32


def test_why_a_message_breaks_the_standard() -> None:
    broken = message(msh(f12="2.5.1", f10=""), "PID|1||||ZZYZX^QUINCE", obr(), obx("Secret words."))
    found = why(broken)
    assert "MSH-10 (control id) is empty." in found
    assert "PID-3 (patient identifier) is empty." in found
    assert not any(secret in " ".join(found) for secret in ("ZZYZX", "QUINCE", "Secret", "HR25"))


def test_a_sound_message_has_nothing_wrong() -> None:
    assert why(message(msh(), PID, "PV1|1|O", "ORC|RE||HR25-118820^RIS", obr(), obx("x.", code="19005-8^Impression^LN"))) == []


def test_no_message_at_all() -> None:
    assert why(b"\x00\x01") == ["There is no MSH segment."]


@given(st.binary(max_size=200))
def test_checking_never_raises(noise: bytes) -> None:
    assert isinstance(why(b"MSH|^~\\&|A|B|C|D|20250101||ORU^R01|1|P|2.5\rPID|" + noise), list)
