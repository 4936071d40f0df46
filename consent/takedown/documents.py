"""What is sealed with a notice: its document, and the link that its letters repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from consent.takedown import notice_document
from consent.takedown.notice_document import MAX_BYTES, NoticeDocument
from ledger import vault
from ledger.canonical import canonical, parse

if TYPE_CHECKING:
    from consent.models import Notice
    from ledger.models import Sealed


def seal(notice: Notice, document: NoticeDocument, secret: str) -> Sealed:
    """Seal a document under its notice, for the revision that the notice has. Raises `Erased`."""
    plain = canonical({"document": notice_document.written(document), "link": secret})
    return vault.seal(notice.subject, plain, context=f"notice:{notice.pk}:{notice.revision}")


def of_notice(notice: Notice) -> NoticeDocument:
    """Return what the notifier wrote. Raises `Erased` once that is destroyed."""
    return notice_document.parse(_opened(notice)["document"])


def link_of(notice: Notice) -> str:
    """Return the secret of the notice's link, for its letters. Raises `Erased`."""
    return str(_opened(notice)["link"])


def _opened(notice: Notice) -> dict[str, Any]:
    return parse(vault.unseal(notice.document), limit=MAX_BYTES)
