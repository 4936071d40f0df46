"""Take back what was done in one's name since a moment: for whoever's account or key was stolen.

    1. the key that signs was in use at that moment, whether or not it still is: a thief revokes it first of all
    2. every likeness and every key of the party is locked; nothing new commits until we have
    3. grants recorded since end; keys added since are revoked; exclusions lifted since are put back; suspensions that
       were resumed since are placed again. Each has the entry that its kind needs; `consent.undone` covers them

All of it narrows, so a thief who undoes gains nothing. What narrowed is not undone: a withdrawal ended a grant for
good, and a key that was revoked stays revoked. Those are listed, with what to do. Run again, it undoes what came since.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, endings, exclusions, keys, rfc3339, suspensions
from consent.endings import End, Scope
from consent.models import Exclusion, Grant, Likeness, PartyKey, Suspension, Undo, Withdrawal
from ledger import log
from ledger.canonical import digest
from ledger.problem import Problem

if TYPE_CHECKING:
    from consent.keys import Signed
    from consent.models import Party

FURTHEST: Final = timedelta(days=90)
FRESH: Final = timedelta(minutes=10)  # either way, as of grants
FIRST: Final = 50  # of what cannot be undone, that an answer names

REMEDIES: Final = {
    "withdrawals": "A withdrawal is final. Draft the grant again, with this one as `supersedes`, and sign it.",
    "likenesses": "A likeness that was withdrawn is registered and enrolled anew.",
    "keys": "A key that was revoked stays so. Add a new one with a key that is in use (POST /v1/parties/me/keys).",
}


class UndoRefused(Problem):
    """The moment, the key or the signature does not permit it."""

    code: ClassVar[str] = "undo-refused"
    title: ClassVar[str] = "This cannot be undone like this"


@dataclass(frozen=True, slots=True)
class Undone:
    """What was, or would be, undone: ids. `final` is what cannot be, the first of each kind."""

    since: datetime
    grants: list[uuid.UUID]
    keys: list[str]
    exclusions: list[uuid.UUID]
    suspensions: list[uuid.UUID]
    final: dict[str, list[str]]
    undo: Undo | None = None  # None: nothing was done, this is a preview
    effects: tuple[Withdrawal | Suspension, ...] = ()  # to be drained before it is effective


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows."""

    grants: list[Grant]
    keys: list[PartyKey]
    exclusions: list[Exclusion]
    suspensions: list[Suspension]


def document(since: datetime, *, key: str, actor: Party) -> dict[str, str]:
    """Return what is to be signed: digest("undo", document), with a key that was in use at `since`."""
    return {"party": str(actor.pk), "key": key, "since": rfc3339.write(since), "issued_at": rfc3339.write(clock.now())}


def preview(since: datetime, *, actor: Party) -> Undone:
    """Say what `undo_since` would do. Changes nothing."""
    _check_moment(since)
    return _shown(since, _found(since, actor), actor)


def undo_since(document: dict[str, str], signed: Signed, *, actor: Party) -> Undone:
    """Undo, in one transaction, with one covering entry. Raises `UndoRefused`, `KeyUnknown`, `SignatureRefused`."""
    since, key_id = _read(document, actor)
    _check_moment(since)
    with transaction.atomic():
        likenesses = {each.pk: each for each in endings.lock_all(actor)}  # (2)
        keys.lock_chain(actor)
        key = _key_of(actor, key_id, since)  # (1)
        remedy = 'Sign digest("undo", document) with the key that the document names.'
        keys.check_signed(key, signed, digest("undo", document), pointer="/signature", remedy=remedy)
        found = _found(since, actor)
        shown = _shown(since, found, actor)
        effects = _act(found, likenesses, actor)  # (3)
        undo = _record(shown, key, actor)
    return Undone(since, shown.grants, shown.keys, shown.exclusions, shown.suspensions, shown.final, undo, effects)


def _found(since: datetime, actor: Party) -> _Found:
    """Return what this party did since then that widened, and that is still so."""
    mine = Likeness.objects.filter(holder=actor).exclude(state=Likeness.State.WITHDRAWN)
    grants = Grant.objects.select_related("entry").filter(grantor=actor, created_at__gte=since, ended_at=None)
    added = PartyKey.objects.filter(party=actor, created_at__gte=since, revoked_at=None)
    lifted = Exclusion.objects.select_related("party").filter(likeness__in=mine, lifted_at__gte=since)
    resumed = Suspension.objects.select_related("grant").filter(
        likeness__in=mine, resumed_at__gte=since, resumed_by=actor.actor
    )
    return _Found(
        list(grants.order_by("pk")),
        list(added.order_by("pk")),
        [each for each in lifted.order_by("pk") if _is_open(each)],
        [each for each in resumed.order_by("pk") if _permits_again(each)],
    )


def _permits_again(resumed: Suspension) -> bool:
    """Tell whether its end still has an effect: the grant has not ended, and no equal suspension is in force."""
    if resumed.grant is not None and resumed.grant.ended_at is not None:
        return False
    alike = {"likeness": resumed.likeness_id, "grant": resumed.grant_id, "actor__startswith": "party:"}
    later = Suspension.objects.filter(**alike, reason=resumed.reason, accepted_at__gt=resumed.accepted_at)
    return not later.exists()


def _is_open(lifted: Exclusion) -> bool:
    """Tell whether the party is still let in, and the exclusion is not older than another that was lifted too."""
    twins = Exclusion.objects.filter(likeness=lifted.likeness_id, party=lifted.party_id)
    return not twins.filter(lifted_at=None).exists() and not twins.filter(lifted_at__gt=lifted.lifted_at).exists()


def _act(found: _Found, likenesses: dict[uuid.UUID, Likeness], actor: Party) -> tuple[Withdrawal | Suspension, ...]:
    effects: list[Withdrawal | Suspension] = []
    for pk, likeness in likenesses.items():
        ended = [grant for grant in found.grants if grant.likeness_id == pk]
        if ended:
            effects.append(endings.end(likeness, ended, End(Scope.SINCE), actor=actor.actor))
        gone = {grant.pk for grant in ended}
        effects += [
            exclusions.shut_out(likeness, out.party, actor=actor.actor)
            for out in found.exclusions
            if out.likeness_id == pk and not out.party.is_erased
        ]
        effects += [
            suspensions.place(likeness, each.grant, reason=each.reason, actor=actor.actor)
            for each in found.suspensions
            if each.likeness_id == pk and each.grant_id not in gone
        ]
    for key in found.keys:
        keys.revoke_key(key, actor=actor)
    return tuple(effects)


def _record(shown: Undone, key: PartyKey, actor: Party) -> Undo:
    undo = Undo(id=uuid.uuid4(), party=actor, since=shown.since, key=key, created_at=clock.now())
    payload: dict[str, object] = {
        "undo": str(undo.pk),
        "since": rfc3339.write(shown.since),
        "key": key.key_id,
        "grants": len(shown.grants),
        "keys": shown.keys[:FIRST],
        "exclusions": len(shown.exclusions),
        "suspensions": len(shown.suspensions),
    }
    undo.entry = log.append("consent.undone", payload, actor=actor.actor, subject=actor.actor)
    undo.save(force_insert=True)
    return undo


def _shown(since: datetime, found: _Found, actor: Party) -> Undone:
    return Undone(
        since,
        [grant.pk for grant in found.grants],
        [key.key_id for key in found.keys],
        [each.pk for each in found.exclusions],
        [each.pk for each in found.suspensions],
        _final(since, actor),
    )


def _final(since: datetime, actor: Party) -> dict[str, list[str]]:
    """Return what this party ended since then, which no undoing brings back: the first of each kind."""
    ended = Withdrawal.objects.filter(likeness__holder=actor, actor=actor.actor, accepted_at__gte=since)
    old = Grant.objects.filter(ended_by__in=ended, created_at__lt=since).order_by("ended_at", "pk")
    whole = ended.filter(scope=Scope.LIKENESS).order_by("accepted_at")
    revoked = PartyKey.objects.filter(party=actor, created_at__lt=since, revoked_at__gte=since).order_by("revoked_at")
    return {
        "withdrawals": [str(pk) for pk in old.values_list("pk", flat=True)[:FIRST]],
        "likenesses": [str(pk) for pk in whole.values_list("likeness_id", flat=True)[:FIRST]],
        "keys": list(revoked.values_list("key_id", flat=True)[:FIRST]),
    }


def _read(document: dict[str, str], actor: Party) -> tuple[datetime, str]:
    """Return moment and key of a document that is ours, this party's and fresh."""
    remedy = "Take the document of the preview, and sign it as it is."
    ours = set(document) == {"party", "key", "since", "issued_at"} and document["party"] == str(actor.pk)
    if not ours:
        raise UndoRefused("This is not the document that the preview gave.", pointer="/document", remedy=remedy)
    try:
        since, issued = rfc3339.read(document["since"]), rfc3339.read(document["issued_at"])
        key = str(document["key"])
    except (ValueError, TypeError) as error:
        raise UndoRefused("A time in it is none.", pointer="/document", remedy=remedy) from error
    if abs(clock.now() - issued) > FRESH:
        raise UndoRefused("It was not issued just now.", pointer="/document/issued_at", remedy=remedy)
    return since, key


def _check_moment(since: datetime) -> None:
    at = clock.now()
    if not at - FURTHEST <= since < at:
        remedy = f"Name a moment within the last {FURTHEST.days} days."
        raise UndoRefused("This moment cannot be gone back to.", pointer="/since", remedy=remedy)


def _key_of(actor: Party, key_id: str, since: datetime) -> PartyKey:
    """Return the key if it was in use at `since`. One that was revoked later may still say this: it only narrows."""
    key = PartyKey.objects.filter(party=actor, key_id=key_id, created_at__lt=since, erased_at=None).first()
    if key is None or (key.revoked_at is not None and key.revoked_at < since):
        remedy = "Sign with a key that was yours, and in use, at that moment."
        raise UndoRefused("This key was not in use at that moment.", pointer="/document/key", remedy=remedy)
    return key
