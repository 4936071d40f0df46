"""Licences: an offer accepted by its licensee's signature, and its end.

Exclusivity is a promise among licences: where one of two is exclusive, they are not about the same purpose, place,
campaign and moment of one likeness. It is checked while the likeness row is locked, so that of two that race one is
refused. It limits no grant: who may use the likeness is decided by grants alone.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, transaction
from django.db.models import Q

from consent import clock, entries, exclusions, grants, keys, licence_document, licence_offers
from consent.licence_document import Agreement, overlap
from consent.models import Grant, Licence, LicenceOffer, Likeness, Party, PartyKey
from ledger import base64url, log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from consent.keys import Signed
    from consent.use import Use


class LicenceMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "licence-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such licence"


class ExclusivityTaken(Problem):
    """Another licence of this likeness is about the same purpose, place and time, and one of the two is exclusive."""

    code: ClassVar[str] = "exclusivity-taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody is licensed for this already"


class LicenceReplayed(Problem):
    """A licence with this id is on record."""

    code: ClassVar[str] = "licence-replayed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The licence is recorded already"


def draft(offer: LicenceOffer, *, key: PartyKey, actor: Party) -> dict[str, Any]:
    """Return the document that the licensee signs to accept. Writes nothing; `accept` judges it again."""
    _addressed(offer, actor)
    agreement = Agreement(
        id=str(uuid.uuid4()),
        offer=str(offer.pk),
        grant=str(offer.grant_id),
        likeness=str(offer.likeness_id),
        licensor=str(offer.licensor_id),
        licensee=str(actor.pk),
        key=key.key_id,
        issued_at=clock.now().replace(microsecond=0),
        terms=licence_document.parse_terms(offer.terms),
    )
    return licence_document.to_document(agreement)


def accept(
    document: Mapping[str, Any],
    signature: bytes | None = None,
    *,
    evidence: Mapping[str, object] | None = None,
    actor: Party,
) -> Licence:
    """Verify a signed agreement and record it; its offer is accepted. Raises a Problem for each thing that is wrong.

    An app key gives its `signature`, a passkey the `evidence` of its assertion; the other is `None`.
    """
    signed = keys.one_of(signature, evidence)
    agreement = licence_document.parse(dict(document))  # (1) every field is known and of its form
    offer = LicenceOffer.objects.filter(pk=agreement.offer, erased_at=None).first()
    if offer is None:
        raise licence_offers.missing("/offer")
    _addressed(offer, actor)  # (2) the offer is to the actor
    try:
        with transaction.atomic():
            return _record(agreement, dict(document), signed, actor)
    except IntegrityError as error:
        if Licence.objects.filter(pk=agreement.id).exists():  # another offer's licence has this id
            raise _replayed() from error
        raise


def end(licence: Licence, *, actor: Party) -> Licence:
    """End a licence, by either of its parties. Ended already: the same row again. What accrued before stays owed."""
    with transaction.atomic():
        licence = Licence.objects.select_for_update().get(pk=licence.pk)
        if actor.pk not in (licence.licensor_id, licence.licensee_id):
            raise missing()
        if licence.ended_at is None:
            licence.ended_at = clock.now()
            licence.ended_entry = entries.append_end(
                "licence.ended", {"licence": str(licence.pk)}, actor=actor.actor, subject=actor.actor
            )
            licence.save(update_fields=["ended_at", "ended_entry"])
    return licence


def visible(party: Party) -> QuerySet[Licence]:
    """Return the licences that a party gave or holds."""
    return Licence.objects.filter(Q(licensor=party) | Q(licensee=party))


def covering(grant: Grant, use: Use, at: datetime) -> Licence | None:
    """Return the licence at whose rate a client's use of a grant is charged; `None`: none, the grant's own rate holds.

    It is one about this purpose, these places and this campaign: beyond them its rate is not what was agreed.

    Of several the one that was agreed last. One that has ended by `at`, or whose term does not hold `at`, is none.
    """
    held = Licence.objects.filter(
        grant=grant,
        licensee=uuid.UUID(use.client),
        erased_at=None,
        agreed_at__lte=at,
        not_before__lte=at,
        not_after__gt=at,
    )
    live = held.filter(Q(ended_at=None) | Q(ended_at__gt=at)).order_by("-agreed_at", "-pk")
    fitting = (one for one in live if licence_document.covers(licence_document.parse(one.document).terms, use))
    return next(fitting, None)


def _record(agreement: Agreement, document: dict[str, Any], signed: Signed, actor: Party) -> Licence:
    likeness = Likeness.objects.select_for_update(no_key=True).get(pk=_offered(agreement).likeness_id)
    # From here on no withdrawal of this likeness commits before we do, and no other licence of it is agreed.
    offer = LicenceOffer.objects.select_for_update().get(pk=agreement.offer)  # (3) the offer is open
    if (state := licence_offers.state_of(offer, clock.now())) != LicenceOffer.State.OPEN:
        raise licence_offers.closed(f"It is {state}.", "Ask for another offer.")
    _addressed(offer, actor)  # shut out since we looked
    _check_same(agreement, offer, actor)  # (4) what is signed is what was offered
    key = keys.key_in_use(actor, agreement.key)  # (5) the key is theirs and in use
    signature = _signature(key, signed, document)  # (6) the key signed exactly this
    _check_fresh(agreement)  # (7) just now
    grant = Grant.objects.get(pk=offer.grant_id)
    licence_offers.check_basis(grant, agreement.terms, actor)  # (8) the grant stands, and reaches as far
    _check_exclusive(agreement, likeness)  # (9) nobody is promised what is promised here
    if Licence.objects.filter(pk=agreement.id).exists():
        raise _replayed()
    return _store(agreement, document, signature, offer=offer, key=key)


def _store(
    agreement: Agreement, document: dict[str, Any], signature: bytes, *, offer: LicenceOffer, key: PartyKey
) -> Licence:
    actor = Party.objects.get(pk=agreement.licensee)
    payload: dict[str, object] = {
        "licence": agreement.id,
        "document": document,
        "signature": base64url.encode(signature),
    }
    row = Licence(
        id=uuid.UUID(agreement.id),
        offer=offer,
        grant_id=offer.grant_id,
        likeness_id=offer.likeness_id,
        licensor_id=offer.licensor_id,
        licensee=actor,
        document=document,
        signature=signature,
        key=key,
        exclusive=agreement.terms.exclusive,
        not_before=agreement.terms.term.not_before,
        not_after=agreement.terms.term.not_after,
        agreed_at=clock.now(),
        entry=log.append("licence.agreed", payload, actor=actor.actor, subject=actor.actor),
    )
    row.save(force_insert=True)
    offer.state = LicenceOffer.State.ACCEPTED
    offer.save(update_fields=["state"])
    return row


def _offered(agreement: Agreement) -> LicenceOffer:
    return LicenceOffer.objects.get(pk=agreement.offer)


def _addressed(offer: LicenceOffer, actor: Party) -> None:
    """Raise unless the offer may be accepted by this party: nobody licenses themselves, or those they shut out."""
    addressed = offer.licensor_id != actor.pk and offer.licensee_id in (None, actor.pk)
    if not addressed or exclusions.excluded([offer.likeness_id], actor.pk):
        raise licence_offers.missing("/offer")


def _check_same(agreement: Agreement, offer: LicenceOffer, actor: Party) -> None:
    offered = (offer.grant_id, offer.likeness_id, offer.licensor_id, actor.pk)
    signed = (agreement.grant, agreement.likeness, agreement.licensor, agreement.licensee)
    if tuple(map(str, offered)) != signed or offer.terms != licence_document.terms_document(agreement.terms):
        remedy = "Draft it again from the offer, and sign that."
        raise licence_offers.LicenceRefused("This is not what was offered.", pointer="/terms", remedy=remedy)


def _check_fresh(agreement: Agreement) -> None:
    if abs(clock.now() - agreement.issued_at) > grants.ISSUED_WITHIN:
        remedy = "Draft the licence again and sign it within ten minutes."
        raise grants.NotFresh("The document was not issued just now.", pointer="/issued_at", remedy=remedy)


def _check_exclusive(agreement: Agreement, likeness: Likeness) -> None:
    rivals = Licence.objects.filter(likeness=likeness, ended_at=None, erased_at=None, not_after__gt=clock.now())
    if not agreement.terms.exclusive:
        rivals = rivals.filter(exclusive=True)
    for rival in rivals.iterator(chunk_size=100):
        if overlap(agreement.terms, licence_document.parse(rival.document).terms):
            remedy = "Choose other purposes, places or times, or wait until that licence ends."
            raise ExclusivityTaken("An exclusive licence stands in the way.", pointer="/terms", remedy=remedy)


def _signature(key: PartyKey, signed: Signed, document: dict[str, Any]) -> bytes:
    pointer = "/signature" if isinstance(signed, bytes) else "/evidence"
    remedy = 'Sign digest("licence", document) with the key that the document names.'
    return keys.check_signed(key, signed, digest("licence", document), pointer=pointer, remedy=remedy)


def missing() -> LicenceMissing:
    """Return the one answer for a licence that is absent or somebody else's."""
    return LicenceMissing("There is no such licence of yours.", remedy="Use an id that you hold.")


def _replayed() -> LicenceReplayed:
    return LicenceReplayed("A licence with this id is on record.", pointer="/id", remedy="Draft it again.")
