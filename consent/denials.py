"""Digest denials into the log: one entry an hour, so that nobody can fill the log by asking."""

from __future__ import annotations

import hashlib
from typing import Final

from django.db import transaction

from consent import rfc3339
from consent.models import Decision
from ledger import base64url, log
from ledger.canonical import canonical

BATCH: Final = 10_000  # denials in one entry


def digest_denials() -> int:
    """Append one entry over the denials that no entry covers yet, oldest first; return how many it covers.

    None waiting: nothing is appended. Two calls at once: each row is covered once.
    """
    with transaction.atomic():
        waiting = Decision.objects.select_for_update(skip_locked=True, of=("self",))
        rows = list(waiting.filter(outcome="deny", digest_entry=None).order_by("decided_at", "pk")[:BATCH])
        if rows:
            payload: dict[str, object] = {
                "first": rfc3339.write(rows[0].decided_at),
                "last": rfc3339.write(rows[-1].decided_at),
                "denials": base64url.encode(denials_hash(rows)),
            }
            entry = log.append(
                "denials.digested",
                payload,
                actor="system:consent",
                subject="system:consent",
                public={"count": len(rows)},
            )
            Decision.objects.filter(pk__in=[row.pk for row in rows]).update(digest_entry=entry)
    return len(rows)


def denials_hash(rows: list[Decision]) -> bytes:
    """Return SHA-256 over the rows in order, each as one line of canonical JSON."""
    running = hashlib.sha256(b"countenance/denials/v1\0")
    for row in rows:
        line = {
            "id": str(row.pk),
            "client": str(row.client_id),
            "use": row.use,
            "reasons": row.reasons,
            "at": row.decided_at.isoformat(timespec="microseconds"),
        }
        running.update(canonical(line) + b"\n")
    return running.digest()
