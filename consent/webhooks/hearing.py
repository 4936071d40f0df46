"""The follower that turns entries into webhooks: who hears of an entry, and which ids they are told.

A party hears of what it may know, and of nothing else: of what it can export itself (`consent.evidence`), of what it
was told in a message, and of what became of grants, licences and videos that name it. What somebody else did to bring
that about is not said: nobody learns here that they were shut out. Bodies hold ids only; whoever wants to know more
asks, with their token.

Videos are told by the app that knows them (`provenance.heralds`). A handler of its own, so that a fault here holds up
nothing else.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from consent import evidence, exclusions
from consent.models import (
    Approval,
    Ask,
    Claim,
    Grant,
    Licence,
    LicenceOffer,
    Likeness,
    Message,
    Narrowing,
    Permit,
    Suspension,
    WebhookEndpoint,
    Withdrawal,
)
from consent.webhooks import deliveries
from consent.webhooks.events import EVENTS
from ledger import log, vault
from ledger.canonical import parse
from ledger.entry import decode
from ledger.models import Entry
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.follower import LoggedEntry

FIRST: Final = 100  # ids of grants in one message; `count` says how many there are
PARTY: Final = "party:"


@dataclass(frozen=True, slots=True)
class Word:
    """What some parties are told. `shown`: an entry of which they may ask the proof; `None`: there is none."""

    event: str
    parties: frozenset[uuid.UUID]
    data: Mapping[str, object] = field(default_factory=dict)
    shown: uuid.UUID | None = None


def handle(entry: LoggedEntry) -> None:
    """Queue what this entry means for whoever listens. A repetition finds it queued."""
    if not WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ENABLED).exists():
        return
    row = Entry.objects.select_related("sealed__subject_key").get(pk=entry.entry_id)
    for word in words(row):
        deliveries.enqueue(word.parties, word.event, word.data, entry=row, shown=word.shown)


def words(entry: Entry) -> Iterator[Word]:
    """Yield what is to be said of an entry. Where two words to one party have one event, the first counts."""
    if (own := _own(entry)) is not None:
        yield own
    yield from OTHERS.get(entry.kind, _nobody)(entry)
    if entry.kind in EVENTS:
        for message in Message.objects.filter(entry=entry).exclude(kind=Message.Kind.GRANT_ENDED):
            yield Word(entry.kind, frozenset({message.party_id}), {"message": str(message.pk)}, entry.pk)


def _own(entry: Entry) -> Word | None:
    """Return what its own party is told: the ids in the payload, which it can export whole. `None`: nobody's own."""
    subject = entry.sealed.subject_key.subject
    if entry.kind not in evidence.OWN or entry.kind not in EVENTS or not subject.startswith(PARTY):
        return None
    try:
        payload: dict[str, Any] = parse(log.opening(entry).payload)["payload"]
    except Erased:
        return None
    ids = {name: value for name, value in payload.items() if name == "key_id" or _is_id(value)}
    return Word(entry.kind, frozenset({uuid.UUID(subject.removeprefix(PARTY))}), ids, entry.pk)


def _recorded(entry: Entry) -> Iterator[Word]:
    """Tell those whom a new grant names, and those whom the grant named that it took the place of."""
    for grant in Grant.objects.filter(entry=entry):
        ids = {"grant": str(grant.pk), "likeness": str(grant.likeness_id)}
        yield Word("grant.recorded", _named(grant), ids, entry.pk)
        for old in Grant.objects.filter(superseded_by=grant):
            yield Word("grant.superseded", _named(old), ids | {"grant": str(old.pk)}, old.entry_id)


def _narrowed(entry: Entry) -> Iterator[Word]:
    """Tell those whom the grant still names that it is smaller, and the others that it ended for them."""
    for narrowing in Narrowing.objects.select_related("grant", "document__subject_key").filter(entry=entry):
        grant = narrowing.grant
        ids = {"grant": str(grant.pk), "likeness": str(grant.likeness_id)}
        try:
            document = parse(vault.unseal(narrowing.document))
        except Erased:
            return
        before, after = _named_in(document["before"]), _named_in(document["after"])
        yield Word("grant.narrowed", after & before, ids, grant.entry_id)
        if gone := before - after:
            yield _over(grant.likeness_id, [grant], gone, None)


def _ended(entry: Entry) -> Iterator[Word]:
    """Tell the holder and whoever acted what was done; those whom the grants named, what ended for them."""
    for withdrawal in Withdrawal.objects.select_related("likeness").filter(entry=entry):
        grant = None if withdrawal.grant_id is None else str(withdrawal.grant_id)
        ids = {"withdrawal": str(withdrawal.pk), "likeness": str(withdrawal.likeness_id), "grant": grant}
        yield Word(entry.kind, _side(withdrawal), ids, entry.pk)
        over: dict[uuid.UUID, list[Grant]] = {}
        for each in withdrawal.ended_grants.order_by("pk"):
            for party in _named(each) - {each.grantor_id}:
                over.setdefault(party, []).append(each)
        for party, theirs in over.items():
            yield _over(withdrawal.likeness_id, theirs, frozenset({party}), entry.pk)


def _drained(entry: Entry) -> Iterator[Word]:
    for withdrawal in Withdrawal.objects.select_related("likeness").filter(drained_entry=entry):
        ids = {"withdrawal": str(withdrawal.pk), "likeness": str(withdrawal.likeness_id)}
        yield Word(entry.kind, _side(withdrawal), ids, entry.pk)


def _rested(entry: Entry) -> Iterator[Word]:
    """Tell those whom the grants name that the entry lists: only these began to rest, or permit again."""
    resting = entry.kind == "consent.suspended"
    listed = set(decode(bytes(entry.body))["suspends" if resting else "resumes"])
    for rest in Suspension.objects.filter(Q(entry=entry) | Q(resumed_entry=entry)):
        scope = Q(likeness=rest.likeness_id) if rest.grant_id is None else Q(pk=rest.grant_id)
        named: dict[uuid.UUID, list[Grant]] = {}
        for grant in Grant.objects.select_related("entry").filter(scope).order_by("pk"):
            if grant.entry.commit_text in listed:
                for party in _named(grant) - {grant.grantor_id}:
                    named.setdefault(party, []).append(grant)
        for party, theirs in named.items():
            event = "grant.suspended" if resting else "grant.resumed"
            yield Word(event, frozenset({party}), _listed(rest.likeness_id, theirs))


def _permitted(entry: Entry) -> Iterator[Word]:
    for permit in Permit.objects.select_related("decision").filter(Q(entry=entry) | Q(redeemed_entry=entry)):
        holders = Likeness.objects.filter(grants__permits=permit).values_list("holder_id", flat=True)
        ids = {"permit": str(permit.pk), "video": str(permit.video)}
        yield Word(entry.kind, frozenset({permit.decision.client_id, *holders}), ids, entry.pk)


def _answered(entry: Entry) -> Iterator[Word]:
    """Tell who asked for the video: it waits, or waits no longer. The approval itself is none of theirs."""
    asked = Approval.objects.select_related("permit__decision").filter(Q(entry=entry) | Q(decided_entry=entry))
    for each in asked:
        yield Word(entry.kind, frozenset({each.permit.decision.client_id}), {"video": str(each.video)})


def _asked_for(entry: Entry) -> Iterator[Word]:
    """Tell who asked for a permission how that ended, if it ended for them: a quiet no has not."""
    for ask in Ask.objects.filter(ended_entry=entry):
        ids = {"ask": str(ask.pk)} | ({} if ask.grant_id is None else {"grant": str(ask.grant_id)})
        yield Word(entry.kind, frozenset({ask.client_id}), ids)


def _claimed(entry: Entry) -> Iterator[Word]:
    for claim in Claim.objects.filter(decided_entry=entry):
        yield Word(entry.kind, frozenset({claim.claimant_id}), {"claim": str(claim.pk)}, entry.pk)


def _nobody(entry: Entry) -> Iterator[Word]:
    del entry
    yield from ()


def _licensed(entry: Entry) -> Iterator[Word]:
    for offer in LicenceOffer.objects.filter(Q(entry=entry) | Q(withdrawn_entry=entry), licensee__isnull=False):
        if offer.licensee_id is not None:
            yield Word(entry.kind, frozenset({offer.licensee_id}), {"offer": str(offer.pk)})
    for licence in Licence.objects.filter(Q(entry=entry) | Q(ended_entry=entry)):
        ids = {"licence": str(licence.pk), "grant": str(licence.grant_id)}
        shown = entry.pk if licence.entry_id == entry.pk else None
        yield Word(entry.kind, frozenset({licence.licensor_id, licence.licensee_id}), ids, shown)


def _side(withdrawal: Withdrawal) -> frozenset[uuid.UUID]:
    """Return the holder, and who acted for them if it was somebody else."""
    actor = withdrawal.actor.removeprefix(PARTY)
    acted = {uuid.UUID(actor)} if withdrawal.actor.startswith(PARTY) else set()
    return frozenset({withdrawal.likeness.holder_id} | acted)


def _over(likeness: uuid.UUID, grants: list[Grant], parties: frozenset[uuid.UUID], shown: uuid.UUID | None) -> Word:
    return Word("grant.ended", parties, _listed(likeness, grants), shown)


def _listed(likeness: uuid.UUID, grants: list[Grant]) -> dict[str, object]:
    ids = [str(grant.pk) for grant in grants[:FIRST]]
    return {"likeness": str(likeness), "grants": ids, "count": len(grants)}


def _named(grant: Grant) -> frozenset[uuid.UUID]:
    return _ids(exclusions.named(grant))


def _named_in(terms: object) -> frozenset[uuid.UUID]:
    return _named(Grant(terms=terms))


def _ids(texts: Iterable[str]) -> frozenset[uuid.UUID]:
    return frozenset(uuid.UUID(text) for text in texts if _is_id(text))


def _is_id(value: object) -> bool:
    """Tell whether this is the text of a UUID in its one spelling: nothing else of a payload leaves."""
    try:
        return isinstance(value, str) and str(uuid.UUID(value)) == value
    except ValueError:
        return False


OTHERS: Final[dict[str, Callable[[Entry], Iterator[Word]]]] = {
    "grant.recorded": _recorded,
    "grant.narrowed": _narrowed,
    "consent.withdrawn": _ended,
    "consent.revoked": _ended,
    "withdrawal.drained": _drained,
    "consent.suspended": _rested,
    "consent.resumed": _rested,
    "approval.asked": _answered,
    "approval.given": _answered,
    "approval.refused": _answered,
    "approval.timed_out": _answered,
    "ask.declined": _asked_for,
    "ask.granted": _asked_for,
    "permit.minted": _permitted,
    "permit.redeemed": _permitted,
    "claim.accepted": _claimed,
    "claim.refused": _claimed,
    "licence.offered": _licensed,
    "offer.withdrawn": _licensed,
    "licence.agreed": _licensed,
    "licence.ended": _licensed,
}
