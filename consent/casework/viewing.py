"""See something sealed: a clip, a document of a claim, evidence of a notice.

One asks and says why, a colleague lets them. Then who asked, and nobody else, can look for `LASTS`; each look is an
entry, made before the first byte is handed out. Whoever crashes in between has looked, on record, and seen nothing.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction

from consent import clock, staff
from consent.casework import acts, queues
from consent.casework.acts import Act
from consent.models import ClaimDocument, Enrolment, EnrolmentSession, NoticeEvidence, Proposal, Viewing
from ledger import log, vault
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from uuid import UUID

    from consent.staff import Staff
    from ledger.models import Blob

VIEW: Final = "view-sealed"
ASK: Final = "consent.propose_viewing"
LET: Final = "consent.confirm_viewing"
LASTS: Final = timedelta(minutes=15)

type Source = Callable[[UUID], tuple[Blob | None, str]]  # the file and its media type; `None`: there is none


class ViewingOver(Problem):
    """Nobody let the actor see this, or the quarter of an hour is over."""

    code: ClassVar[str] = "viewing-over"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You cannot see this now"


_SOURCES: Final[dict[str, Source]] = {}


def register_source(name: str, source: Source) -> None:
    """Say where sealed things of one sort are found."""
    _SOURCES[name] = source


def sources() -> tuple[str, ...]:
    """Return the sorts of sealed things, the values of the argument `source`."""
    return tuple(_SOURCES)


def look(proposal: Proposal, *, actor: Staff) -> tuple[str, Iterator[bytes]]:
    """Return media type and bytes of what a confirmed proposal is about; the look is on record before the first byte.

    Raises `ViewingOver`, and `Erased` once it is destroyed.
    """
    with transaction.atomic():
        held = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        staff.require(actor, may=ASK)
        _require_open(held, actor)
        blob, media_type = _blob(held)
        chunks = vault.open_blob(blob)  # raises at once what can be known at once
        seen = Viewing(id=uuid.uuid4(), proposal=held, actor=actor.actor, seen_at=clock.now())
        payload: dict[str, object] = {"viewing": str(seen.pk), "proposal": str(held.pk), "target": str(held.target)}
        seen.entry = log.append("sealed.viewed", payload, actor=actor.actor, subject=queues.CASEWORK)
        seen.save(force_insert=True)
    return media_type, chunks


def _require_open(held: Proposal, actor: Staff) -> None:
    confirmed = held.act == VIEW and held.decision == Proposal.Decision.CONFIRMED and held.decided_at is not None
    if not confirmed or held.proposed_by != actor.actor:
        raise ViewingOver("Nobody let you see this.", remedy="Ask for it and say why; a colleague decides.")
    if held.decided_at is None or clock.now() > held.decided_at + LASTS:
        raise ViewingOver("The quarter of an hour is over.", remedy="Ask again if you still need it.")


def _blob(proposal: Proposal) -> tuple[Blob, str]:
    source = _SOURCES.get(str(proposal.arguments.get("source", "")))
    if source is None:
        remedy = f"Use one of: {', '.join(_SOURCES)}."
        raise acts.ActRefused("There is no such sort of sealed thing.", pointer="/arguments/source", remedy=remedy)
    blob, media_type = source(proposal.target)
    if blob is None:
        raise acts.ActRefused("There is nothing of this id.", pointer="/target", remedy="Use an id that you see.")
    return blob, media_type


def _check(proposal: Proposal) -> None:
    _blob(proposal)


def _row(model: Any, attribute: str, media_type: str) -> Source:  # noqa: ANN401 - any model
    """Return the source that reads `attribute` of a row; `media_type` is an attribute too where it has no slash."""

    def found(pk: UUID) -> tuple[Blob | None, str]:
        row = model.objects.select_related(attribute).filter(pk=pk).first()
        if row is None:
            return None, ""
        return getattr(row, attribute), media_type if "/" in media_type else getattr(row, media_type)

    return found


register_source("enrolment-session", _row(EnrolmentSession, "clip", "video/mp4"))
register_source("enrolment", _row(Enrolment, "blob", "video/mp4"))
register_source("claim-document", _row(ClaimDocument, "blob", "media_type"))
register_source("notice-evidence", _row(NoticeEvidence, "blob", "media_type"))
acts.register_act(Act(VIEW, "See something sealed", ASK, LET, check=_check))
