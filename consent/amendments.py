"""Make a grant smaller without a new signature: one call, in force from its commit.

The signed statement permits at most what it says. What it says less of since is in the log: `grant.narrowed` names the
entry of the grant, and the sealed document holds the terms before and after. Widening is a new grant, signed.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import transaction

from consent import authority, clock, endings, grants, reach, statements, usage
from consent.authority import Act, Authority
from consent.facts import terms_of
from consent.models import Grant, Narrowing
from consent.narrowing import widenings
from consent.terms import Everyone, likenesses_mentioned, parties_mentioned
from ledger import log, vault
from ledger.canonical import canonical
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from consent.models import Likeness, Party
    from consent.terms import Terms


class Widens(Problem):
    """The new terms reach further than those in force, or may. `clauses` names each place."""

    code: ClassVar[str] = "terms-widen"
    title: ClassVar[str] = "This would permit more than was signed"

    def __init__(self, clauses: Sequence[str]) -> None:
        """Name every clause, and point at the first."""
        remedy = "Leave these clauses as they are, or draft a new grant with this one as `supersedes`, and sign it."
        detail = "These terms reach further than the ones in force."
        super().__init__(detail, pointer=clauses[0], remedy=remedy, clauses=list(clauses))


class NotAmendable(Problem):
    """The grant has ended or was replaced, or nothing of it would change."""

    code: ClassVar[str] = "grant-not-amendable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The grant cannot be changed"


def narrow(grant: Grant, terms: Mapping[str, Any], *, actor: Party) -> Narrowing:
    """Put narrower terms in the place of those in force; each of those who decide may do it alone.

    The epoch moves, so that every permit that was minted before is judged again when it is redeemed, and every draft
    at gate 3. What was published stays by the new terms' own clauses. Sent again, it is the same narrowing.
    """
    with transaction.atomic():
        likeness = endings.lock(grant.likeness_id)
        if not authority.may_act(likeness.pk, actor, Act.WITHDRAW):
            raise grants.missing("/grant")
        held = Grant.objects.select_related("entry", "likeness", "grantor").get(pk=grant.pk)
        new, old = statements.parse_terms(dict(terms)), _in_force(held)
        if new == old and (twin := held.narrowings.order_by("epoch").last()) is not None:
            return twin
        _check(new, old, likeness)
        return _store(held, new, likeness, actor)


def _in_force(held: Grant) -> Terms:
    """Return the terms that hold now, or raise for a grant under which nothing new can be begun."""
    terms = terms_of(held.terms)
    if held.ended_at is not None or held.superseded_by_id is not None or terms is None or held.not_after <= clock.now():
        detail = "This grant has ended, or another took its place."
        raise NotAmendable(detail, pointer="/grant", remedy="Change the one that is in force.")
    return terms


def _check(new: Terms, old: Terms, likeness: Likeness) -> None:
    if wider := widenings(new, old):
        raise Widens(wider)
    if new == old:
        raise NotAmendable("These are its terms already.", pointer="/terms", remedy="Nothing is to be done.")
    if new.window.not_after <= clock.now():
        remedy = "Withdraw the grant, which also ends what is shown."
        raise NotAmendable("The grant would be over.", pointer="/terms/window/not_after", remedy=remedy)
    everyone = isinstance(old.audience, Everyone)  # what a child may not sign covers nothing: less of it would be more
    authority.check_scope(
        likeness, Authority(may=True), purposes=old.purposes, not_after=old.window.not_after, everyone=everyone
    )
    grants.check_mentioned(
        {one: at for one, at in parties_mentioned(new).items() if one not in parties_mentioned(old)},
        {one: at for one, at in likenesses_mentioned(new).items() if one not in likenesses_mentioned(old)},
    )


def _store(held: Grant, new: Terms, likeness: Likeness, actor: Party) -> Narrowing:
    before, after, owner = held.terms, statements.terms_document(new), held.grantor.actor
    likeness.epoch += 1
    likeness.save(update_fields=["epoch"])
    narrowing = Narrowing(id=uuid.uuid4(), grant=held, actor=actor.actor, epoch=likeness.epoch, created_at=clock.now())
    document = {"narrowing": str(narrowing.pk), "grant": str(held.pk), "before": before, "after": after}
    narrowing.document = vault.seal(owner, canonical(document), context=f"narrowing:{narrowing.pk}")
    narrowing.entry = log.append(
        "grant.narrowed",
        document | {"epoch": likeness.epoch},
        actor=actor.actor,
        subject=owner,
        public={"narrows": held.entry.commit_text},
    )
    narrowing.save(force_insert=True)
    held.terms, held.remix, held.after_end = after, new.remix, new.after_end
    held.not_before, held.not_after = new.window.not_before, new.window.not_after
    held.save(update_fields=["terms", "remix", "after_end", "not_before", "not_after"])
    reach.write(held, new)
    usage.count_from_the_start(held, new)
    return narrowing
