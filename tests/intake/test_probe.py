"""Whether a file looks whole: real DICOM written by pydicom in every encoding, HL7 in every framing, cut at every byte."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pydicom import Dataset, FileMetaDataset, Sequence, dcmwrite
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEGBaseline8Bit,
)

from pipeline.intake.probe import Probe, probe
from tests.intake.conftest import MESSAGE

FRAMED = b"\x0b" + MESSAGE + b"\x1c\r"


def probed(path: Path, content: bytes) -> Probe:
    path.write_bytes(content)
    return probe(str(path))


def image(syntax: str, *, undefined: bool = False, preamble: bool = True) -> bytes:
    """A small NM object with nested sequences and pixels, as pydicom writes it."""
    data = Dataset()
    data.SOPClassUID = UID("1.2.840.10008.5.1.4.1.1.20")
    data.SOPInstanceUID = UID("1.2.3.4")
    data.PatientName = "Fictional^Person"
    inner = Dataset()
    inner.CodeValue = "P-1"
    inner.CodeMeaning = "ventilation"
    outer = Dataset()
    outer.ViewCodeSequence = Sequence([inner])
    data.DetectorInformationSequence = Sequence([outer, Dataset()])
    data.Rows, data.Columns, data.BitsAllocated = 8, 8, 16
    data.add_new(0x00091010, "UN", b"private of some vendor ")
    if undefined:
        data["DetectorInformationSequence"].is_undefined_length = True
        outer["ViewCodeSequence"].is_undefined_length = True
        outer.is_undefined_length_sequence_item = True
    compressed = syntax == JPEGBaseline8Bit
    data.PixelData = (
        b"\xfe\xff\x00\xe0\0\0\0\0\xfe\xff\x00\xe0\x08\0\0\0\xfe\xff\xdd\xe0zzzz\xfe\xff\xdd\xe0\0\0\0\0" if compressed else bytes(128)
    )
    if compressed:
        data["PixelData"].VR = "OB"
        data["PixelData"].is_undefined_length = True
    else:
        data["PixelData"].VR = "OW"
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = UID(syntax)
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = data.SOPClassUID, data.SOPInstanceUID
    data.file_meta = meta
    out = BytesIO()
    if compressed:  # pydicom asks for its own encapsulation; the sequence delimiter behind the pixels is written by it
        data.PixelData = data.PixelData[:-8]
    dcmwrite(out, data, enforce_file_format=True)
    content = out.getvalue()
    return content if preamble else content[132:]


SYNTAXES = {
    "explicit": ExplicitVRLittleEndian,
    "implicit": ImplicitVRLittleEndian,
    "big-endian": ExplicitVRBigEndian,
    "jpeg": JPEGBaseline8Bit,
}


@pytest.mark.parametrize("undefined", [False, True])
@pytest.mark.parametrize("name", SYNTAXES)
def test_whole_dicom_is_whole_and_a_cut_one_is_not(tmp_path: Path, name: str, undefined: bool) -> None:
    content = image(SYNTAXES[name], undefined=undefined)
    path = tmp_path / "image"
    assert probed(path, content) is Probe.WHOLE
    whole = [cut for cut in range(132, len(content)) if probed(path, content[:cut]) is Probe.WHOLE]
    # Between two elements of the outermost level nobody can tell; those are a handful of bytes of the file.
    assert len(whole) <= 12
    assert probed(path, content[:-1]) is Probe.PARTIAL


def test_dicom_without_preamble(tmp_path: Path) -> None:
    content = image(ExplicitVRLittleEndian, preamble=False)
    assert probed(tmp_path / "image", content) is Probe.WHOLE
    assert probed(tmp_path / "image", content[:-1]) is Probe.PARTIAL


def test_a_bare_implicit_data_set(tmp_path: Path) -> None:
    content = b"\x08\x00\x16\x00\x08\x00\x00\x001.2.840\x00" + b"\x08\x00\x60\x00\x02\x00\x00\x00NM"
    assert probed(tmp_path / "image", content) is Probe.WHOLE
    assert probed(tmp_path / "image", content[:-1]) is Probe.PARTIAL


def test_deflated_dicom_is_left_to_its_reader(tmp_path: Path) -> None:
    assert probed(tmp_path / "image", image(DeflatedExplicitVRLittleEndian)) is Probe.UNKNOWN


def test_bytes_behind_the_dicm_that_are_no_dicom_are_left_to_the_reader(tmp_path: Path) -> None:
    assert probed(tmp_path / "image", bytes(128) + b"DICM\x08\x00\x05\x00CS\x02\x00NM\x08\x00\x06\x00??\x04\x00abcd") is Probe.UNKNOWN


def test_a_lying_length_is_partial_and_costs_nothing(tmp_path: Path) -> None:
    assert probed(tmp_path / "image", bytes(128) + b"DICM\x08\x00\x05\x00OB\0\0\xf0\xff\xff\xff" + b"x" * 50) is Probe.PARTIAL


def test_sequences_nested_without_end_are_left_to_the_reader(tmp_path: Path) -> None:
    opened = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff"
    assert probed(tmp_path / "image", bytes(128) + b"DICM" + opened * 1000) is Probe.UNKNOWN


@pytest.mark.parametrize(
    "content",
    [
        MESSAGE,
        MESSAGE.replace(b"\r", b"\n"),
        MESSAGE.replace(b"\r", b"\r\n"),
        MESSAGE + b"\r\n\r\n",
        MESSAGE + b"\0\0\0",
        b"\xef\xbb\xbf" + MESSAGE,
        b"\r\n\r\n" + MESSAGE,
        FRAMED,
        FRAMED[:-1],
        FRAMED + b"\n",
        FRAMED * 3,
        MESSAGE * 2,
        b"FHS|^~\\&\rBHS|^~\\&\r" + MESSAGE + b"BTS|1\rFTS|1\r",
        b"BHS|^~\\&\r" + MESSAGE + b"BTS|1\r\n",
        b"BHS|^~\\&\n" + MESSAGE.replace(b"\r", b"\n") + b"BTS|1\nFTS\n",
    ],
)
def test_whole_hl7(tmp_path: Path, content: bytes) -> None:
    assert probed(tmp_path / "m", content) is Probe.WHOLE


@pytest.mark.parametrize(
    "content",
    [
        MESSAGE[:-1],
        MESSAGE[:-1] + b"   ",
        b"\x0b" + MESSAGE,
        b"\x0b" + MESSAGE + b"\r\n",
        FRAMED + b"\x0b" + MESSAGE,
        b"FHS|^~\\&\rBHS|^~\\&\r" + MESSAGE + b"BTS|1\r",
        b"FHS|^~\\&\r" + MESSAGE,
        b"BHS|^~\\&\r" + MESSAGE,
        b"",
        b"\r\n",
        b"M",
        b"MS",
        b"\x0bMSH",
        bytes(100),
    ],
)
def test_hl7_that_is_still_being_written(tmp_path: Path, content: bytes) -> None:
    assert probed(tmp_path / "m", content) is Probe.PARTIAL


@pytest.mark.parametrize("content", [b"hello", b"%PDF-1.7 " * 100, bytes(500), b"\x1f\x8b" + b"x" * 300])
def test_what_is_neither_is_left_to_the_readers(tmp_path: Path, content: bytes) -> None:
    assert probed(tmp_path / "m", content) is Probe.UNKNOWN


def test_no_cut_of_a_framed_message_is_whole(tmp_path: Path) -> None:
    looks: Callable[[int], Probe] = lambda cut: probed(tmp_path / "m", FRAMED[:cut])  # noqa: E731
    assert {looks(cut) for cut in range(len(FRAMED) - 1)} == {Probe.PARTIAL}
