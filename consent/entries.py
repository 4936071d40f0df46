"""Entries about a party that may have been erased: what ends must be on record all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger import log
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.models import Entry

OURS: Final = "system:consent"


def append_end(
    kind: str,
    payload: Mapping[str, object],
    *,
    actor: str,
    subject: str,
    public: Mapping[str, object] | None = None,
) -> Entry:
    """Append under the subject's key; if that is destroyed, under this app's own. The payload holds ids only."""
    try:
        return log.append(kind, payload, actor=actor, subject=subject, public=public)
    except Erased:  # after a restore, an end is entered that the backup did not know
        return log.append(kind, payload, actor=actor, subject=OURS, public=public)
