"""Four eyes: one member of staff proposes an act of high impact, another confirms it.

Both permissions are asked for when they are used, and the proposer's again at the confirmation. The database refuses a
confirmation by who proposed, and any change of what was proposed. After `OPEN` a proposal is made again.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, staff
from consent.casework import acts, queues
from consent.casework.plain import is_plain
from consent.models import Proposal
from ledger import log
from ledger.canonical import parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from consent.staff import Staff

OPEN: Final = timedelta(hours=72)
MAX_REASON: Final = 2000
MAX_ARGUMENTS: Final = 8
MAX_ARGUMENT: Final = 120


class ProposalOver(Problem):
    """The proposal was decided otherwise, or has run out."""

    code: ClassVar[str] = "proposal-over"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This proposal is over"


class ReasonMissing(Problem):
    """An act of high impact needs its reason in words."""

    code: ClassVar[str] = "proposal-reason"
    title: ClassVar[str] = "Say why"


def propose(
    act: str, target: UUID, *, reason: str, arguments: Mapping[str, str] | None = None, actor: Staff
) -> Proposal | UUID:
    """Propose an act. Returns the row, or the id that `confirm_theirs` takes where the act's package keeps it itself.

    `reason` is sealed; `arguments` are codes and ids. The same proposal of the same person twice is one. Raises
    `StaffRefused`, `ActRefused`, `ReasonMissing`, and what the package's own verb raises.
    """
    chosen, said = acts.named(act), dict(arguments or {})
    staff.require(actor, may=chosen.propose)
    if chosen.theirs is not None:
        return chosen.theirs.propose(target, said, actor)
    _check(reason, said)
    with transaction.atomic():
        same = Proposal.objects.filter(act=act, target=target, arguments=said, proposed_by=actor.actor, decision="")
        if (before := same.filter(expires_at__gt=clock.now()).first()) is not None:
            return before
        return _made(chosen, target, said, reason, actor)


def confirm(proposal: Proposal, *, actor: Staff) -> Proposal:
    """Confirm, and carry the act out in the same transaction. Twice by the same person is once.

    Raises `SecondPersonNeeded`, `StaffRefused` for either of the two, `ProposalOver`, and what the act raises.
    """
    with transaction.atomic():
        held = _held(proposal)
        act = acts.named(held.act)
        if held.decision == Proposal.Decision.CONFIRMED and held.decided_by == actor.actor:
            return held
        staff.require(actor, may=act.confirm)
        staff.require_another(held.proposed_by, actor)
        staff.require(staff.named(held.proposed_by), may=act.propose)
        _require_open(held)
        if act.check is not None:
            act.check(held)
        _decided(held, Proposal.Decision.CONFIRMED, "proposal.confirmed", actor)
        if act.carry_out is not None:
            act.carry_out(held, actor)
    return held


def refuse(proposal: Proposal, *, actor: Staff) -> Proposal:
    """Refuse a colleague's proposal, or take one's own back. Twice is once."""
    with transaction.atomic():
        held = _held(proposal)
        act = acts.named(held.act)
        staff.require(actor, may=act.propose if held.proposed_by == actor.actor else act.confirm)
        if held.decision == Proposal.Decision.REFUSED:
            return held
        _require_open(held)
        _decided(held, Proposal.Decision.REFUSED, "proposal.refused", actor)
    return held


def confirm_theirs(act: str, proposed: UUID, *, arguments: Mapping[str, str] | None = None, actor: Staff) -> None:
    """Confirm where the act's own package keeps the proposal; `proposed` is what `propose` returned.

    `arguments`: what the confirming person says, too (of "refuse-claim": the reason that the claimant reads).
    """
    chosen = acts.named(act)
    staff.require(actor, may=chosen.confirm)
    if chosen.theirs is None:
        raise acts.ActRefused("This act is confirmed by its row.", pointer="/act", remedy="Use `confirm`.")
    chosen.theirs.confirm(proposed, dict(arguments or {}), actor)


def reason_of(proposal: Proposal) -> str:
    """Return why somebody proposed it."""
    return str(parse(log.opening(proposal.entry).payload)["payload"]["reason"])


def _made(act: acts.Act, target: UUID, arguments: dict[str, str], reason: str, actor: Staff) -> Proposal:
    at = clock.now()
    made = Proposal(id=uuid.uuid4(), act=act.name, target=target, arguments=arguments, proposed_by=actor.actor)
    made.proposed_at, made.expires_at = at, at + OPEN
    if act.check is not None:
        act.check(made)
    payload = _payload(made) | {"arguments": arguments, "reason": reason}
    made.entry = log.append("proposal.made", payload, actor=actor.actor, subject=queues.CASEWORK)
    made.save(force_insert=True)
    return made


def _decided(held: Proposal, decision: Proposal.Decision, kind: str, actor: Staff) -> None:
    held.decided_entry = log.append(kind, _payload(held), actor=actor.actor, subject=queues.CASEWORK)
    held.decision, held.decided_by, held.decided_at = decision, actor.actor, clock.now()
    held.save(update_fields=["decision", "decided_by", "decided_at", "decided_entry"])


def _held(proposal: Proposal) -> Proposal:
    return Proposal.objects.select_for_update(of=("self",)).get(pk=proposal.pk)


def _require_open(held: Proposal) -> None:
    if held.decision or held.expires_at <= clock.now():
        raise ProposalOver("It was decided, or is too old.", remedy="Look again, and propose it anew if it is needed.")


def _check(reason: str, arguments: Mapping[str, str]) -> None:
    words = reason.strip()
    if not words or len(words) > MAX_REASON or not is_plain(words):
        raise ReasonMissing("The reason is missing or too long.", pointer="/reason", remedy="Write a few sentences.")
    long = any(len(name) + len(value) > MAX_ARGUMENT or not value.isprintable() for name, value in arguments.items())
    if len(arguments) > MAX_ARGUMENTS or long:
        raise acts.ActRefused("These arguments cannot be kept.", pointer="/arguments", remedy="Send codes and ids.")


def _payload(held: Proposal) -> dict[str, object]:
    return {"proposal": str(held.pk), "act": held.act, "target": str(held.target)}
