"""Impression text to a reading: the clinical language, pure and without any outside help."""

from pipeline.reading.reader import read
from pipeline.reading.vocabulary import Vocabulary

__all__ = ["Vocabulary", "read"]
