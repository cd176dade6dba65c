"""Notice -> the letter that a patient reads, in every form it leaves in."""

from pipeline.letters.facts import SiteFacts
from pipeline.letters.notice import compose_notice
from pipeline.letters.texts import Approval, Texts, approved_languages, load_texts

__all__ = ["Approval", "SiteFacts", "Texts", "approved_languages", "compose_notice", "load_texts"]
