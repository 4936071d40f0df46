"""See something sealed: a clip, a document of a claim, evidence of a notice.

One asks and says why, a colleague lets them. Then who asked, and nobody else, can look for `LASTS`; each look is an
entry, made before the first byte is handed out. Whoever crashes in between has looked, on record, and seen nothing.

Nobody asks to see, lets see, or sees what is of their own matter, whatever door they come by; and what belongs to a
notice about a minor only child safety sees.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from django.db.models import Q

from consent import clock, staff
from consent.casework import acts, queues
from consent.casework.acts import Act
from consent.casework.assignments import WorkConflict
from consent.models import ClaimDocument, Enrolment, EnrolmentSession, NoticeEvidence, Proposal, Viewing
from consent.takedown import concerned, reading
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
type Guard = Callable[[UUID, Staff], None]  # raises where this person must not see it


class ViewingOver(Problem):
    """Nobody let the actor see this, or the quarter of an hour is over."""

    code: ClassVar[str] = "viewing-over"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "You cannot see this now"


_SOURCES: Final[dict[str, tuple[Source, Guard]]] = {}


def register_source(name: str, source: Source, guard: Guard) -> None:
    """Say where sealed things of one sort are found, and who must not see one: `guard` raises for them."""
    _SOURCES[name] = (source, guard)


def sources() -> tuple[str, ...]:
    """Return the sorts of sealed things, the values of the argument `source`."""
    return tuple(_SOURCES)


def look(proposal: Proposal, *, actor: Staff) -> tuple[str, Iterator[bytes]]:
    """Return media type and bytes of what a confirmed proposal is about; the look is on record before the first byte.

    Raises `ViewingOver`, `WorkConflict` for one's own matter, and `Erased` once it is destroyed.
    """
    with transaction.atomic():
        held = Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)
        staff.require(actor, may=ASK)
        _require_open(held, actor)
        _require_free(held, actor)
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
    blob, media_type = _source(proposal)[0](proposal.target)
    if blob is None:
        raise acts.ActRefused("There is nothing of this id.", pointer="/target", remedy="Use an id that you see.")
    return blob, media_type


def _source(proposal: Proposal) -> tuple[Source, Guard]:
    found = _SOURCES.get(str(proposal.arguments.get("source", "")))
    if found is None:
        remedy = f"Use one of: {', '.join(_SOURCES)}."
        raise acts.ActRefused("There is no such sort of sealed thing.", pointer="/arguments/source", remedy=remedy)
    return found


def _require_free(proposal: Proposal, actor: Staff) -> None:
    """Raise what the guard raises: the thing is of this person's own matter, or not theirs to see."""
    _source(proposal)[1](proposal.target, actor)


def _check(proposal: Proposal) -> None:
    """Refuse a proposal to see nothing, or to see what is of the asker's own matter."""
    _blob(proposal)
    _require_free(proposal, staff.named(proposal.proposed_by))


def _not_own(model: Any, which: Callable[[Staff], Q]) -> Guard:  # noqa: ANN401 - any model
    """Return the guard that refuses the rows of which `which` says that they are of this person's own matter."""

    def guard(pk: UUID, actor: Staff) -> None:
        if model.objects.filter(which(actor), pk=pk).exists():
            raise _conflict()

    return guard


def _of_notice(pk: UUID, actor: Staff) -> None:
    """Refuse a side of the case, and where the notice is about a minor whoever is not of child safety."""
    row = NoticeEvidence.objects.select_related("notice__case__likeness__holder").filter(pk=pk).first()
    if row is None:
        return  # there is nothing of this id, which `_blob` says
    reading.require_may_open(row.notice, actor=actor)
    if concerned.has_part(row.notice.case, actor.user):
        raise _conflict()


def _conflict() -> WorkConflict:
    return WorkConflict("It is yours, or about you.", remedy="Leave it to a colleague.")


def _row(model: Any, attribute: str, media_type: str) -> Source:  # noqa: ANN401 - any model
    """Return the source that reads `attribute` of a row; `media_type` is an attribute too where it has no slash."""

    def found(pk: UUID) -> tuple[Blob | None, str]:
        row = model.objects.select_related(attribute).filter(pk=pk).first()
        if row is None:
            return None, ""
        return getattr(row, attribute), media_type if "/" in media_type else getattr(row, media_type)

    return found


def _held_by(actor: Staff) -> Q:
    return Q(likeness__holder__user_id=actor.user)


def _claimed_by(actor: Staff) -> Q:
    return Q(claim__claimant__user_id=actor.user) | Q(claim__likeness__holder__user_id=actor.user)


register_source("enrolment-session", _row(EnrolmentSession, "clip", "video/mp4"), _not_own(EnrolmentSession, _held_by))
register_source("enrolment", _row(Enrolment, "blob", "video/mp4"), _not_own(Enrolment, _held_by))
register_source("claim-document", _row(ClaimDocument, "blob", "media_type"), _not_own(ClaimDocument, _claimed_by))
register_source("notice-evidence", _row(NoticeEvidence, "blob", "media_type"), _of_notice)
acts.register_act(Act(VIEW, "See something sealed", ASK, LET, check=_check, carry_out=_require_free))
