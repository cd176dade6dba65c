"""The facts of a letter for machines: the JSON file beside it."""

import hashlib
import json
from zoneinfo import ZoneInfo

from pipeline.domain.notice import Notice
from pipeline.letters.facts import SiteFacts, hear_by
from pipeline.letters.texts import Texts

SCHEMA = "vqroute-notice-1"
_MEDIA_TYPES = {"html": "text/html; charset=utf-8", "txt": "text/plain; charset=utf-8", "pdf": "application/pdf"}


def render_sidecar(
    notice: Notice, *, delivery_id: str, site: SiteFacts, texts: Texts, sample: bool, files: tuple[tuple[str, bytes], ...]
) -> bytes:
    """UTF-8 JSON, keys sorted, one LF at the end. It follows `sidecar.schema.json`; dates are those of the site's time zone."""
    told, zone = notice.facts, ZoneInfo(site.time_zone)
    words, approval = texts.languages[told.language], texts.approval(told.language)
    due = hear_by(notice, site) if words.letters[notice.letter].promises_a_call else None
    facts = {
        "schema": SCHEMA,
        "accession": told.accession,
        "approval": {"status": approval.status, "reviewer": approval.reviewer, "date": approval.date.isoformat()} if approval else None,
        "category": notice.category.value,
        "delivery_id": delivery_id,
        "exam_date": told.exam_at.astimezone(zone).date().isoformat() if told.exam_at else None,
        "files": [
            {
                "name": name,
                "media_type": _MEDIA_TYPES[name.rpartition(".")[2]],
                "bytes": len(content),
                "sha256": hashlib.sha256(content).hexdigest(),
            }
            for name, content in files
        ],
        "grade": notice.grade.value if notice.grade else None,
        "hear_by": due.date().isoformat() if due else None,
        "language": told.language,
        "letter": notice.letter.value,
        "notice_id": notice.id,
        "notice_type": notice.notice_type.value,
        "replaces": notice.replaces or None,
        "report_sha256": notice.report_hash,
        "sample": sample,
        "template_sha256": words.sha256,
        "wants_language": told.wants_language or None,
    }
    return (json.dumps(facts, ensure_ascii=False, indent=2, sort_keys=True) + "\n").encode("utf-8", "replace")
