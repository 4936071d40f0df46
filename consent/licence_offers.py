"""Offer a licence, and take the offer back.

An offer binds nobody yet: what its licensee signs is `consent.licences`. It is made by the grantor of the grant that
it rests on: the person, or the estate, owner or agency that holds the likeness.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from consent import clock, entries, exclusions, grants, licence_document, rfc3339, statements
from consent.models import Exclusion, Grant, LicenceOffer, Likeness, Party
from consent.standing import Standing, standing
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.licence_document import LicenceTerms

USABLE: Final = (Standing.STANDS, Standing.NOT_YET)  # a licence may be agreed before its grant begins


class OfferMissing(Problem):
    """Absent, or no concern of the asker's: one answer for both."""

    code: ClassVar[str] = "offer-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such offer"


class OfferClosed(Problem):
    """The offer was accepted or withdrawn, or has expired, or its grant has ended."""

    code: ClassVar[str] = "offer-closed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The offer is not open"


class LicenceRefused(Problem):
    """The terms of the licence reach further than the grant, or name somebody who is not known."""

    code: ClassVar[str] = "licence-refused"
    title: ClassVar[str] = "The licence cannot be made like this"


def offer(
    grant: Grant, terms: Mapping[str, Any], *, licensee: Party | None, expires_at: datetime, actor: Party
) -> LicenceOffer:
    """Offer terms at a rate, to one party or to anybody (`None`), until `expires_at`. `terms` is the document."""
    if grant.grantor_id != actor.pk:
        raise grants.missing("/grant")
    read = licence_document.parse_terms(terms)
    if licensee is not None and licensee.pk == actor.pk:
        raise LicenceRefused("You need no licence of yourself.", pointer="/licensee", remedy="Name somebody else.")
    if expires_at <= clock.now():
        raise LicenceRefused("The offer is over already.", pointer="/expires_at", remedy="Use a time in the future.")
    if licensee is not None and exclusions.excluded([grant.likeness_id], licensee.pk):
        raise LicenceRefused("You have shut this party out.", pointer="/licensee", remedy="Let it back in first.")
    with transaction.atomic():
        Likeness.objects.select_for_update(no_key=True).get(pk=grant.likeness_id)
        grant = Grant.objects.get(pk=grant.pk)
        check_basis(grant, read, licensee)
        row = LicenceOffer(
            id=uuid.uuid4(),
            grant=grant,
            likeness_id=grant.likeness_id,
            licensor=actor,
            licensee=licensee,
            terms=licence_document.terms_document(read),
            expires_at=expires_at,
        )
        row.entry = log.append("licence.offered", _payload(row), actor=actor.actor, subject=actor.actor)
        row.save(force_insert=True)
    return row


def withdraw_offer(row: LicenceOffer, *, actor: Party) -> LicenceOffer:
    """Take an offer back. Taken back already: the same row again. Raises `OfferClosed` once it was accepted."""
    with transaction.atomic():
        row = LicenceOffer.objects.select_for_update().get(pk=row.pk)
        if row.licensor_id != actor.pk:
            raise missing()
        if row.state == LicenceOffer.State.ACCEPTED:
            raise closed("It has been accepted.", "End the licence instead.")
        if row.state == LicenceOffer.State.OPEN:
            row.withdrawn_entry = entries.append_end(
                "offer.withdrawn", {"offer": str(row.pk)}, actor=actor.actor, subject=actor.actor
            )
            row.state = LicenceOffer.State.WITHDRAWN
            row.save(update_fields=["state", "withdrawn_entry"])
    return row


def visible(party: Party) -> QuerySet[LicenceOffer]:
    """Return the offers that a party may see: its own, those made to it, and the open ones made to anybody."""
    public = Q(licensee=None, state=LicenceOffer.State.OPEN, expires_at__gt=clock.now())
    shut_out = Exclusion.objects.filter(likeness=OuterRef("likeness"), party=party, lifted_at=None)
    made = Q(licensor=party) | ((Q(licensee=party) | public) & ~Exists(shut_out))
    return LicenceOffer.objects.filter(made, erased_at=None)


def state_of(row: LicenceOffer, at: datetime) -> str:
    """Return `open`, `accepted`, `withdrawn` or `expired`."""
    return "expired" if row.state == LicenceOffer.State.OPEN and row.expires_at <= at else str(row.state)


def check_basis(grant: Grant, terms: LicenceTerms, licensee: Party | None) -> None:
    """Raise unless the grant stands, or will, and reaches as far as these terms; and every payee is known.

    The caller holds the row of the likeness, so that no withdrawal commits meanwhile.
    """
    if standing([grant.pk])[grant.pk] not in USABLE:
        raise closed("The grant that it rests on has ended.", "Ask for a licence under a grant that stands.")
    granted = statements.parse_terms(grant.terms)
    beyond = licence_document.exceeding(terms, granted, None if licensee is None else str(licensee.pk))
    for pointer, why in beyond.items():
        raise LicenceRefused(why, pointer=pointer, remedy="Stay within the grant, or have its holder sign another.")
    payees = {share.party for share in terms.rate.shares}
    known = {str(pk) for pk in Party.objects.filter(pk__in=payees, erased_at=None).values_list("pk", flat=True)}
    if payees - known:
        remedy = "Look the parties up by their handles."
        raise LicenceRefused("A payee is no party here.", pointer="/terms/rate/split", remedy=remedy)


def missing(pointer: str | None = None) -> OfferMissing:
    """Return the one answer for an offer that is absent or no concern of the asker's."""
    return OfferMissing("There is no such offer for you.", pointer=pointer, remedy="Use an id that you were given.")


def closed(why: str, remedy: str) -> OfferClosed:
    """Return the refusal of an offer that can no longer be accepted."""
    return OfferClosed(f"The offer is not open. {why}", pointer="/offer", remedy=remedy)


def _payload(row: LicenceOffer) -> dict[str, object]:
    return {
        "offer": str(row.pk),
        "grant": str(row.grant_id),
        "licensee": None if row.licensee_id is None else str(row.licensee_id),
        "terms": row.terms,
        "expires_at": rfc3339.write(row.expires_at),
    }
