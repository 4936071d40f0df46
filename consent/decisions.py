"""Ask the policy with the facts of now, under lock where it counts, and keep the answer.

An allowance is no row of its own: it exists as the permit that it is minted into
(`consent.permits`), in the transaction that still holds the locks. A denial is
kept at once, for the holders whose likeness was asked for.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import connection, transaction
from django.db.models import Q

from consent import clock, policy, statements
from consent.models import Decision, DecisionLikeness, Grant, Likeness
from consent.policy import Allow, Deny, Facts, GrantFact, LikenessFact, Objection, Reason, Use
from consent.vocabulary import PURPOSES
from ledger import freshness
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from consent.models import Party
    from consent.terms import Terms

MAX_CAST: Final = 16  # likenesses in one use; a permit names them all
MAX_SECONDS: Final = 3600


class UseInvalid(Problem):
    """The use cannot be asked about."""

    code: ClassVar[str] = "use-invalid"
    title: ClassVar[str] = "The use cannot be decided"


class Denied(Problem):
    """The use is not covered. `reasons` holds what the asker may see of why."""

    code: ClassVar[str] = "denied"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Consent does not cover this use"

    def __init__(self, decision: Decision, reasons: list[dict[str, Any]]) -> None:
        """Name the decision, so that holder and client can speak of the same one."""
        remedy = "Ask the holder for a grant that covers this use, or leave the likeness out."
        super().__init__(
            "Not every likeness is covered for this use.", remedy=remedy, decision=str(decision.pk), reasons=reasons
        )
        self.decision = decision


def preflight(use: Use, *, actor: Party) -> Decision:
    """Answer before anything is paid for. Takes no lock and so promises nothing; never a permit.

    A denial is recorded; an allowance is returned unsaved.
    """
    with transaction.atomic():
        decision, _ = _decide(use, actor, lock=False)
    return decision


def decide_locked(use: Use, *, actor: Party) -> tuple[Decision, Allow | Deny]:
    """Decide inside the caller's transaction, holding the likeness rows FOR SHARE until it ends.

    A withdrawal takes those rows FOR UPDATE. So it has committed, and is seen here, or it
    waits until the caller has committed, and finds and ends what rests on this answer.
    Raises `TransactionManagementError` outside a transaction.
    A denial is recorded; an allowance is returned unsaved, for `permits.mint`.
    """
    return _decide(use, actor, lock=True)


def lock_likenesses(ids: Iterable[uuid.UUID]) -> None:
    """Hold the rows FOR SHARE until the transaction ends, taken in the order of their ids so that nobody deadlocks."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lock lasts only inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM consent_likeness WHERE id = ANY(%s) ORDER BY id FOR SHARE", [sorted(set(ids))])


def record(decision: Decision) -> None:
    """Save a decision and its place in the list of every holder concerned."""
    decision.save(force_insert=True)
    ids = Likeness.objects.filter(pk__in=_uuids(decision.use["cast"])).values_list("pk", flat=True)
    DecisionLikeness.objects.bulk_create(
        DecisionLikeness(decision=decision, likeness_id=pk, decided_at=decision.decided_at) for pk in ids
    )


def use_of(decision: Decision) -> Use:
    """Return the use that was decided. Raises `Erased` if who asked has been erased."""
    if decision.erased_at is not None:
        raise Erased("Who asked for this was erased", remedy="Nothing: erasure is final")
    stored = decision.use
    return Use(
        cast=frozenset(stored["cast"]),
        client=stored["client"],
        purpose=stored["purpose"],
        remix=stored["remix"],
        seconds=stored["seconds"],
    )


def _decide(use: Use, actor: Party, *, lock: bool) -> tuple[Decision, Allow | Deny]:
    _check(use, actor)
    freshness.require()
    ids = _uuids(use.cast)
    if lock:
        lock_likenesses(ids)
    # From here on a new statement has a new snapshot, in which every withdrawal that we waited for is visible.
    facts = _facts(ids, use.client)
    at = clock.now()
    outcome = policy.decide(use, facts, at)
    decision = Decision(
        id=uuid.uuid4(), client=actor, use=_document(use), outcome="deny", reasons=_reasons(outcome), decided_at=at
    )
    if isinstance(outcome, Allow):
        decision.outcome = Decision.Outcome.ALLOW
    else:
        record(decision)
    return decision, outcome


def _check(use: Use, actor: Party) -> None:
    if use.client != str(actor.pk):
        raise UseInvalid("A party asks for itself only.", pointer="/client", remedy="Leave the client out.")
    if len(use.cast) > MAX_CAST:
        raise UseInvalid("The cast is too large.", pointer="/cast", remedy=f"Name at most {MAX_CAST} likenesses.")
    if len(_uuids(use.cast)) != len(use.cast):  # the form alone: says nothing about what exists
        raise UseInvalid("The cast names something that is no id.", pointer="/cast", remedy="Use ids of likenesses.")
    if use.purpose not in PURPOSES:
        raise UseInvalid("The purpose is not known.", pointer="/purpose", remedy=f"Use one of: {', '.join(PURPOSES)}.")
    if not 0 < use.seconds <= MAX_SECONDS:
        remedy = f"Ask for 1 to {MAX_SECONDS} seconds."
        raise UseInvalid("No video has this length.", pointer="/seconds", remedy=remedy)


def _facts(ids: list[uuid.UUID], client: str) -> Facts:
    """Load the whole cast: one query for the likenesses, one for every grant that may speak for or against.

    Ended grants matter only as an explanation to those they named, so others' are left out.
    """
    likenesses = Likeness.objects.filter(pk__in=ids).values_list("pk", "holder_id", "state", "epoch")
    named = Q(terms__audience__parties__contains=[{"party": client}])
    grants = Grant.objects.filter(Q(ended_at=None) | named, likeness_id__in=ids)
    return Facts(
        tuple(LikenessFact(str(pk), str(holder), state, epoch) for pk, holder, state, epoch in likenesses),
        tuple(_grant_fact(*row) for row in grants.values_list("pk", "likeness_id", "terms", "ended_at")),
    )


def _grant_fact(pk: uuid.UUID, likeness: uuid.UUID, stored: object, ended_at: datetime | None) -> GrantFact:
    """Terms that cannot be read in full become None, which the policy denies."""
    terms: Terms | None
    try:
        terms = statements.parse_terms(stored)
    except Problem:
        terms = None
    return GrantFact(str(pk), str(likeness), terms, ended_at)


def _uuids(cast: Iterable[str]) -> list[uuid.UUID]:
    """Return the ids that can be rows at all, sorted."""
    found = []
    for likeness in cast:
        try:
            parsed = uuid.UUID(likeness)
        except ValueError:
            continue
        if str(parsed) == likeness:
            found.append(parsed)
    return sorted(found)


def _document(use: Use) -> dict[str, Any]:
    return {
        "cast": sorted(use.cast),
        "client": use.client,
        "purpose": use.purpose,
        "remix": use.remix,
        "seconds": use.seconds,
    }


def _reasons(outcome: Allow | Deny) -> list[dict[str, str | None]]:
    return [] if isinstance(outcome, Allow) else [_reason(objection) for objection in outcome.reasons]


def _reason(objection: Objection) -> dict[str, str | None]:
    return {
        "likeness": objection.likeness,
        "reason": str(Reason(objection.reason)),
        "clause": objection.clause,
        "grant": objection.grant,
    }
