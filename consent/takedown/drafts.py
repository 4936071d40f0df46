"""Keep a half-written notice for whoever has its link, and for nobody else.

The key comes from the link's secret (`links.draft_key`), which is not kept: we cannot read a draft. It ends after 14
days, counted anew from each time that it is saved.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from consent import clock
from consent.models import NoticeDraft
from consent.takedown import links, notice_document
from consent.takedown.notice_document import MAX_BYTES
from ledger import aead
from ledger.canonical import canonical, parse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.takedown.notice_document import NoticeDocument

LASTS: Final = timedelta(days=14)
BOUND: Final = b"countenance/notice-draft/v1"


def save_draft(document: Mapping[str, Any], *, secret: str | None = None) -> str:
    """Save what is written so far, and return the link's secret. With a secret the draft of before is replaced.

    Raises `NoticeInvalid` for what cannot be read, and `LinkInvalid` for a secret that has no draft any more.
    """
    plain = canonical(notice_document.written(notice_document.parse(dict(document))))
    given = secret or links.new()
    sealed = aead.encrypt(links.draft_key(given), plain, BOUND)
    at = clock.now()
    with transaction.atomic():
        found = {"ciphertext": sealed, "saved_at": at, "ends_at": at + LASTS}
        if secret is None:
            NoticeDraft.objects.create(lookup_sha256=links.draft_lookup(given), **found)
        elif not NoticeDraft.objects.filter(lookup_sha256=links.draft_lookup(given), ends_at__gt=at).update(**found):
            raise links.invalid()
    return given


def open_draft(secret: str) -> NoticeDocument:
    """Return what is written so far. Raises `LinkInvalid` for a draft that has ended or never was."""
    draft = NoticeDraft.objects.filter(lookup_sha256=links.draft_lookup(secret), ends_at__gt=clock.now()).first()
    if draft is None:
        raise links.invalid()
    return notice_document.parse(
        parse(aead.decrypt(links.draft_key(secret), bytes(draft.ciphertext), BOUND), limit=MAX_BYTES)
    )


def discard(secret: str) -> None:
    """Throw a draft away: it was filed, or is not wanted. Twice is once."""
    NoticeDraft.objects.filter(lookup_sha256=links.draft_lookup(secret)).delete()


def sweep() -> int:
    """Delete the drafts that have ended; return how many."""
    gone, _ = NoticeDraft.objects.filter(ends_at__lte=clock.now()).delete()
    return gone
