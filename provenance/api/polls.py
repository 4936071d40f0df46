"""The poll of a video that its client waits for: one statement, planned once, where the ordinary way takes six.

Programs ask every second until it is finished. What is finished, or waits for somebody's yes, is read the ordinary way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from consent.models import Decision, Permit
from ledger import prepared
from provenance.api import shapes
from provenance.models import Appearance, Lineage, Video

if TYPE_CHECKING:
    from uuid import UUID

SHOWN: Final = (
    *("id", "client_id", "model", "state", "created_at", "published_at", "size", "seconds", "prompt", "purpose"),
    *("error_code", "error_detail", "entry_id"),
)
COLUMNS: Final = tuple(field.attname for field in Video._meta.concrete_fields if field.attname in SHOWN)  # noqa: SLF001 - Django's documented name
READ: Final = f"""
SELECT {", ".join(f"v.{name}" for name in COLUMNS)}, p.decision_id, d.obligations::text,
       (SELECT array_agg(a.likeness_id) FROM provenance_appearance a WHERE a.video_id = v.id),
       (SELECT array_agg(a.grant_id) FROM provenance_appearance a WHERE a.video_id = v.id),
       (SELECT min(l.parent_id::text)::uuid FROM provenance_lineage l WHERE l.child_id = v.id)
FROM provenance_video v JOIN consent_permit p ON p.entry_id = v.entry_id JOIN consent_decision d ON d.id = p.decision_id
WHERE v.id = %s AND v.client_id = %s AND v.deleted_at IS NULL AND v.state IN ('queued', 'rendering', 'failed')
  AND NOT EXISTS (SELECT FROM provenance_facereview f WHERE f.video_id = v.id)"""  # noqa: S608 - names of columns


def read(video_id: UUID, client: UUID) -> dict[str, Any] | None:
    """Return the document of a video for the party that asked for it; `None`: look for it the ordinary way."""
    found = prepared.rows(READ, [video_id, client])
    if not found:
        return None
    *values, decision, text, likenesses, grants, parent = found[0]
    obligations = json.loads(text)
    if any(owed["grant"] for owed in obligations):
        return None  # what it owes stands in the terms of its grants
    video = Video.from_db(None, COLUMNS, values)
    parts = {
        "appearances": [
            Appearance(likeness_id=likeness, grant_id=grant)
            for likeness, grant in zip(likenesses or (), grants or (), strict=True)
        ],
        "parents": [Lineage(parent_id=parent)] if parent else [],
    }
    video._prefetched_objects_cache = parts  # type: ignore[attr-defined]  # noqa: SLF001 - Django's cache
    permit = Permit(decision=Decision(id=decision, obligations=obligations))
    return shapes.unfinished(video, permit)
