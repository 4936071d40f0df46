"""Whom a decision about a video concerns, and how they are told: whose video it is, whom it shows, who notified.

Who notified is never told to the other side, and who made the video is never told to who notified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from consent import messages
from consent.models import Message, Party
from consent.takedown import decision_words, documents, letters, words
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from consent.models import Case, Notice, Ruling
    from consent.takedown.policies import Reason
    from ledger.models import Entry

KIND: Final = "decided"


def uploaders(video: UUID | None) -> list[Party]:
    """Return whose video it is: who asked for the permit under which it was rendered."""
    if video is None:
        return []
    return list(Party.objects.filter(decisions__permit__video=video, erased_at=None).distinct().order_by("pk"))


def depicted(video: UUID | None) -> list[Party]:
    """Return who permitted that the video shows them, or somebody for whom they decide."""
    if video is None:
        return []
    shown = Party.objects.filter(grants__supports__permit__video=video, erased_at=None)
    return list(shown.distinct().order_by("pk"))


def has_part(case: Case, user: int) -> bool:
    """Tell whether an account is a side of a case: filed or answered in it, whose video it is, or whom it shows."""
    return bool(
        case.notices.filter(party__user=user).exists()
        or case.counter_notices.filter(party__user=user).exists()
        or (case.likeness is not None and case.likeness.holder.user_id == user)
        or any(party.user_id == user for party in uploaders(case.video) + depicted(case.video))
    )


def names(case: Case) -> list[str]:
    """Return the names that no statement of reasons may hold. Those of an erased notice nobody knows any more."""
    found = [party.name for party in {*uploaders(case.video), *depicted(case.video)}]
    for notice in case.notices.filter(erased_at=None):
        try:
            document = documents.of_notice(notice)
        except Erased:
            continue
        found += [document.claimant.name, document.depicted.name, document.signature]
    return [name for name in found if name.strip()]


def tell(ruling: Ruling, entry: Entry, reason: Reason, facts: str) -> None:
    """Tell everybody what was decided and why, how it was found, and how to object; in the decision's transaction."""
    case = ruling.case
    for notice in case.notices.filter(withdrawn_at=None, erased_at=None).order_by("filed_at", "pk"):
        said = decision_words.text(ruling, reason, facts, notice.language)
        write(notice, KIND, entry, decision_words.subject(ruling.action, notice.language), said)
    told = {party.pk: party for party in [*uploaders(case.video), *depicted(case.video)]}
    said = "\n\n".join(decision_words.text(ruling, reason, facts, language) for language in ("en", "es"))
    title = " / ".join(decision_words.subject(ruling.action, language) for language in ("en", "es"))
    for party in told.values():
        messages.write(party, Message.Kind.CASE_DECIDED, entry, subject=f"{title} ({case.number})", text=said + "\n")


def write(notice: Notice, kind: str, entry: Entry, subject: str, body: str) -> None:
    """Write one letter with the foot that all have; an erased notice is told nothing."""
    try:
        link = letters.link(documents.link_of(notice))
    except Erased:
        return
    foot = words.FEET[notice.language].format(
        number=notice.number, case=notice.case.number, link=link, commit=entry.commit_text
    )
    letters.deliver(notice, kind, entry, f"{subject} ({notice.number})", body + foot)
