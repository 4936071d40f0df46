"""What is being written: a draft, or a notice that is on record. The same steps write both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from consent.takedown import documents, drafts, filing, links, notice_document
from ledger.subjectkeys import Erased
from provenance.desk import locate

if TYPE_CHECKING:
    from consent.models import Notice
    from consent.takedown.notice_document import NoticeDocument


@dataclass(frozen=True, slots=True)
class Paper:
    """`secret` is that of its link. `notice` None: a draft, which was not sent yet."""

    secret: str
    document: NoticeDocument
    notice: Notice | None = None

    def address(self, step: str) -> str:
        """Return where one step of it is written; "review": where it is read before it is sent."""
        if self.notice is None and step == "review":
            return reverse("takedown-review", args=[self.secret])
        if step == "review":
            return reverse("takedown-status", args=[self.secret])
        return reverse("takedown-change" if self.notice else "takedown-draft", args=[self.secret, step])


def of_draft(secret: str) -> Paper:
    """Return the draft behind a link. Raises `LinkInvalid`."""
    return Paper(secret, drafts.open_draft(secret))


def of_notice(secret: str) -> Paper:
    """Return the notice behind a link. Raises `LinkInvalid`; for one whose words were destroyed too."""
    notice = filing.of_link(secret)
    try:
        return Paper(secret, documents.of_notice(notice), notice)
    except Erased as error:
        raise links.invalid() from error


def save(paper: Paper, plain: dict[str, Any]) -> None:
    """Keep what was written. Raises `NoticeInvalid`, `LinkInvalid`, `NoticeRefused` for a notice that is over."""
    if paper.notice is None:
        drafts.save_draft(plain, secret=paper.secret)
    else:
        found = locate.found(notice_document.parse(plain))
        filing.complete(paper.notice, plain, actor=None, found=found)
