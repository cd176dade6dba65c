"""Verdicts that wait for something, are somebody else's, or stand beside what contradicts them in the impression."""

import pytest

from tests.reading.reading_kit import outcome


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Low probability for PE.", "negative low"),
        ("Low probability of PE, subject to comparison with the outside study.", "review unread-mention"),
        ("Low probability for PE, pending the chest film.", "review unread-mention"),
        ("No PE, as per outside report.", "review unread-mention"),
        ("No PE per CT.", "review unread-mention"),
        ("No evidence of PE at outside hospital.", "review unread-mention"),
        ("No evidence of PE on this study.", "negative absent"),
        ("No evidence of PE, but the left lung is not perfused.", "review findings-disagree"),
        ("No evidence of PE. The right lung is not perfused after pneumonectomy.", "negative absent"),
    ],
)
def test_whose_verdict_it_is(text: str, expected: str) -> None:
    assert outcome(f"IMPRESSION: {text}") == expected


@pytest.mark.parametrize(
    "status",
    ["Preliminary report.", "Status: preliminary", "Final interpretation pending.", "To be reviewed by the section in the morning."],
)
def test_somebody_is_still_to_look_at_it(status: str) -> None:
    assert outcome(f"IMPRESSION: Low probability for PE.\n{status}") == "review addendum-unclear"


def test_what_was_preliminary_and_has_been_looked_at_is_read() -> None:
    assert outcome("Preliminary report.\nIMPRESSION: Low probability for PE.\nSigned by the attending.") == "negative low"
