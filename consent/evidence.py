"""The acts of a party with what proves them: the export bundle, and proofs of single entries.

The bundle `countenance-export/1` carries for each act the leaf as it stands in the
log, the opening of its commitment, and the inclusion proof (text); for a grant the
signed statement too. Bytes are unpadded base64url. Who has it, and the log's public key,
checks it all offline.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db.models import Q

from consent.models import (
    Claim,
    Decision,
    Grant,
    Licence,
    Message,
    Party,
    Permit,
    Withdrawal,
)
from ledger import base64url, keyring, log, vault
from ledger.canonical import parse
from ledger.models import Entry
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

FORMAT: Final = "countenance-export/1"
OWN: Final = frozenset(
    {
        "party.registered",
        "token.made",
        "token.rotated",
        "token.revoked",
        "app.registered",
        "app.changed",
        "app.removed",
        "app.authorised",
        "app.dismissed",
        "key.registered",
        "key.rotated",
        "key.revoked",
        "login.changed",
        "likeness.registered",
        "enrolment.opened",
        "enrolment.tried",
        "enrolment.accepted",
        "enrolment.refused",
        "claim.made",
        "claim.documented",
        "claim.ended",
        "authority.assented",
        "grant.recorded",
        "grant.narrowed",
        "approval.asked",
        "approval.given",
        "approval.refused",
        "approval.timed_out",
        "consent.withdrawn",
        "consent.revoked",
        "consent.suspended",
        "consent.resumed",
        "consent.undone",
        "withdrawal.drained",
        "exclusion.lifted",
        "name.protected",
        "name.unprotected",
        "licence.offered",
        "offer.withdrawn",
        "licence.agreed",
        "licence.ended",
        "royalty.accrued",
        "royalty.held",
        "royalty.released",
        "royalty.reversed",
        "ask.made",
        "ask.withdrawn",
        "ask.declined",
        "ask.granted",
        "ask.expired",
        "asking.refused",
        "asking.allowed",
        "webhook.registered",
        "webhook.changed",
        "webhook.rotated",
        "webhook.disabled",
        "webhook.removed",
    }
)  # what staff thinks of a claim, and what a render did, are sealed under the same keys and are no acts of the party


class EntryMissing(Problem):
    """Absent, or no concern of the asker's: one answer for both."""

    code: ClassVar[str] = "entry-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such entry"


def export(party: Party) -> dict[str, Any]:
    """Return the bundle of everything that the party did. Raises `NotYetPublished` until a checkpoint covers it all."""
    return {
        "format": FORMAT,
        "log": {"origin": settings.LEDGER_ORIGIN, "vkey": keyring.log_vkey()},
        "party": {"id": str(party.pk), "handle": party.handle, "name": party.name, "kind": party.kind},
        "keys": [
            {"key_id": key.key_id, "algorithm": key.algorithm, "public": base64url.encode(bytes(key.public))}
            for key in party.keys.order_by("created_at", "pk")
        ],
        "acts": [_act(entry, grant) for entry, grant in _acts(party)],
    }


def concerning(party: Party, entry_id: UUID) -> Entry:
    """Return an entry that concerns the party: as its actor, as the holder, or as a party that a grant names."""
    about = _own(party) | _others_about(party)
    entry = Entry.objects.filter(about, pk=entry_id).first()
    if entry is None:
        raise EntryMissing("There is no such entry about you.", remedy="Use an id that an answer of ours gave you.")
    return entry


def _acts(party: Party) -> Iterator[tuple[Entry, Grant | None]]:
    """Yield the party's acts, oldest first, each grant with its row."""
    grants = {grant.entry_id: grant for grant in Grant.objects.select_related("statement").filter(grantor=party)}
    for entry in Entry.objects.select_related("sealed").filter(_own(party)).order_by("created_at", "pk"):
        yield entry, grants.get(entry.pk)


def _act(entry: Entry, grant: Grant | None) -> dict[str, Any]:
    opening = log.opening(entry)
    return {
        "kind": entry.kind,
        "entry": base64url.encode(bytes(entry.body)),
        "opening": {"salt": base64url.encode(opening.salt), "payload": base64url.encode(opening.payload)},
        "proof": log.proof(entry),
        "statement": None if grant is None else _statement(grant),  # None: this act has no statement of its own
    }


def _statement(grant: Grant) -> dict[str, Any]:
    """Return what was signed, from the vault: the columns are for queries, this is the evidence."""
    sealed = parse(vault.unseal(grant.statement))
    document = sealed["statement"]
    signed: dict[str, Any] = {
        name: sealed[name] for name in ("signature", "evidence") if name in sealed
    }  # one of them, by its key
    return {"document": document, **signed, "key_id": document["key"]}


def _own(party: Party) -> Q:
    """Match the entries of what the party did, and of what became of it: those that only its own key opens."""
    return Q(kind__in=OWN, sealed__subject_key__subject=party.actor)


def _others_about(party: Party) -> Q:
    """Match what others did that concerns the party: grants that name it, permits and denials of or about it."""
    permits = Permit.objects.filter(Q(decision__client=party) | Q(grants__likeness__holder=party))
    named = Grant.objects.filter(terms__audience__parties__contains=[{"party": str(party.pk)}])
    denials = Decision.objects.filter(Q(client=party) | Q(likenesses__holder=party), digest_entry__isnull=False)
    decided = Claim.objects.filter(claimant=party, decided_entry__isnull=False)
    ended = Claim.objects.filter(claimant=party, ended_entry__isnull=False)
    told = Message.objects.filter(party=party)
    ends = Withdrawal.objects.filter(Q(actor=party.actor) | Q(likeness__holder=party))
    agreed = Licence.objects.filter(Q(licensor=party) | Q(licensee=party))
    return (
        Q(pk__in=named.values("entry"))
        | Q(pk__in=decided.values("decided_entry"))
        | Q(pk__in=ended.values("ended_entry"))
        | Q(pk__in=told.values("entry"))
        | Q(pk__in=ends.values("entry"))
        | Q(pk__in=ends.filter(drained_entry__isnull=False).values("drained_entry"))
        | Q(pk__in=agreed.values("entry"))
        | Q(pk__in=permits.values("entry"))
        | Q(pk__in=permits.filter(redeemed_entry__isnull=False).values("redeemed_entry"))
        | Q(pk__in=denials.values("digest_entry"))
    )
