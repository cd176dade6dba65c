"""What every sample DICOM object has in common: file meta, patient, study, equipment, and deterministic bytes."""

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.sr.coding import Code
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian, RLELossless

from tools.samples.people import Doctor, Person
from tools.samples.uids import uid

IMPLEMENTATION = uid("implementation")


@dataclass(frozen=True)
class Study:
    """The exam that an object belongs to. `issuer` empty: the file does not name who issued the accession (as most do not)."""

    accession: str
    person: Person
    started: datetime
    institution: str
    description: str
    procedure: tuple[str, str, str]
    referring: Doctor
    authority: str
    issuer: str = ""
    charset: str = "ISO_IR 100"

    @property
    def uid(self) -> str:
        return uid("study", self.authority, self.accession)


def coded(code: Code | tuple[str, str, str]) -> Dataset:
    """A code sequence item of (value, scheme, meaning)."""
    value, scheme, meaning = code[:3]
    item = Dataset()
    item.CodeValue = value
    item.CodingSchemeDesignator = scheme
    item.CodeMeaning = meaning[:64]
    return item


def one(code: Code | tuple[str, str, str]) -> Sequence:
    return Sequence([coded(code)])


def new(study: Study, sop_class: str, modality: str, series: int, instance: int, made: datetime) -> FileDataset:
    """A dataset with the modules that images and reports share; type 2 elements are there even when empty."""
    meta = FileMetaDataset()
    meta.FileMetaInformationVersion = b"\x00\x01"
    meta.MediaStorageSOPClassUID = UID(sop_class)
    meta.MediaStorageSOPInstanceUID = UID(uid("instance", study.uid, modality, series, instance))
    meta.ImplementationClassUID = UID(IMPLEMENTATION)
    meta.ImplementationVersionName = "VQROUTE_SAMPLES"
    meta.SourceApplicationEntityTitle = "SAMPLECAM"
    ds = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SpecificCharacterSet = study.charset
    ds.SOPClassUID = sop_class
    ds.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    ds.InstanceCreationDate, ds.InstanceCreationTime = da(made), tm(made)
    ds.StudyDate, ds.StudyTime = da(study.started), tm(study.started)
    ds.SeriesDate, ds.SeriesTime = da(made), tm(made)
    ds.ContentDate, ds.ContentTime = da(made), tm(made)
    ds.AccessionNumber = study.accession
    if study.issuer:
        issuer = Dataset()
        issuer.LocalNamespaceEntityID = study.issuer
        ds.IssuerOfAccessionNumberSequence = Sequence([issuer])
    ds.Modality = modality
    ds.Manufacturer = "Imaginary Cameras"
    ds.InstitutionName = study.institution
    ds.ReferringPhysicianName = study.referring.dicom_name
    ds.StationName = "GAMMA1"
    ds.StudyDescription = study.description
    ds.ProcedureCodeSequence = one(study.procedure)
    ds.ManufacturerModelName = "Sample Twin-Head"
    ds.PatientName = study.person.dicom_name()
    ds.PatientID = study.person.mrn
    ds.IssuerOfPatientID = study.authority
    ds.PatientBirthDate = study.person.birth
    ds.PatientSex = study.person.sex
    ds.SoftwareVersions = "1.0"
    ds.DeviceSerialNumber = "0000"
    ds.StudyInstanceUID = study.uid
    ds.SeriesInstanceUID = uid("series", study.uid, modality, series)
    ds.StudyID = study.accession[-8:]
    ds.SeriesNumber = series
    ds.InstanceNumber = instance
    return ds


def da(when: datetime) -> str:
    return f"{when:%Y%m%d}"


def tm(when: datetime) -> str:
    return f"{when:%H%M%S}"


def add_pixels(ds: FileDataset, counts: NDArray[np.uint16]) -> None:
    """Unsigned 16-bit pixels, [frame, row, column] or [row, column]."""
    frames = counts[None] if counts.ndim == 2 else counts
    ds.SamplesPerPixel = 1
    ds.PhotometricInterpretation = "MONOCHROME2"
    if counts.ndim == 3:
        ds.NumberOfFrames = len(frames)
    ds.Rows, ds.Columns = frames.shape[1:]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit = 15
    ds.PixelRepresentation = 0
    ds.SmallestImagePixelValue = int(frames.min())
    ds.LargestImagePixelValue = int(frames.max())
    ds.PixelData = frames.astype("<u2").tobytes()
    ds["PixelData"].VR = "OW"


def written(ds: FileDataset, syntax: str = ExplicitVRLittleEndian) -> bytes:
    """The file's bytes (DICOM PS3.10) in a transfer syntax: explicit or implicit little endian, or RLE."""
    explicit = syntax != ImplicitVRLittleEndian
    ds.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian if not explicit else ExplicitVRLittleEndian
    if syntax == RLELossless:
        ds.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    out = BytesIO()
    ds.save_as(out, enforce_file_format=True, implicit_vr=not explicit, little_endian=True)
    return out.getvalue()
