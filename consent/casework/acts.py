"""The table of acts that need two people: what each is, who may propose it, who may confirm it, and what it does.

Some have a place of their own where proposal and confirmation are recorded (a block, a claim, a revocation, a name):
these are used as they are, so that there is one truth (`theirs`). The others are rows of `Proposal`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from consent import blocks, claims, keys, register, reviews, revocation_proposals, staff
from consent.models import Block, Claim, Grant, Likeness, Party, ProtectedName, RevocationProposal
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from consent.models import Proposal
    from consent.staff import Staff


class ActRefused(Problem):
    """There is no such act, or not upon this."""

    code: ClassVar[str] = "act-refused"
    title: ClassVar[str] = "This cannot be proposed"


@dataclass(frozen=True, slots=True)
class Theirs:
    """The verbs of a package that keeps proposals itself. `propose` returns the id that `confirm` takes."""

    propose: Callable[[UUID, Mapping[str, str], Staff], UUID]
    confirm: Callable[[UUID, Mapping[str, str], Staff], Any]


@dataclass(frozen=True, slots=True)
class Act:
    """One act of high impact."""

    name: str
    title: str  # for gettext
    propose: str  # permissions
    confirm: str
    theirs: Theirs | None = None
    # with a `Proposal`: raises if it could not be done as things stand, and names what is missing
    check: Callable[[Proposal], None] | None = None
    # with a `Proposal`, in the transaction that confirms it
    carry_out: Callable[[Proposal, Staff], None] | None = None


_ACTS: Final[dict[str, Act]] = {}


def register_act(act: Act) -> Act:
    """Add an act; packages to the right add theirs. The same name twice is a mistake of the programmer's."""
    if act.name in _ACTS and _ACTS[act.name] != act:
        raise ValueError(f"there are two acts {act.name!r}")
    _ACTS[act.name] = act
    return act


def named(name: str) -> Act:
    """Return an act. Raises `ActRefused`."""
    if name not in _ACTS:
        raise ActRefused("There is no such act.", pointer="/act", remedy=f"Use one of: {', '.join(sorted(_ACTS))}.")
    return _ACTS[name]


def table() -> tuple[Act, ...]:
    """Return every act, for a page."""
    return tuple(_ACTS.values())


def confirmable(actor: Staff) -> list[str]:
    """Return the acts that this account may confirm now."""
    found = []
    for act in table():
        try:
            staff.require(actor, may=act.confirm)
        except staff.StaffRefused:
            continue
        found.append(act.name)
    return found


def found(model: type[Any], pk: UUID) -> Any:  # noqa: ANN401 - a row of that model
    """Return the row. Raises `ActRefused`."""
    row = model.objects.filter(pk=pk).first()
    if row is None:
        raise ActRefused("There is nothing of this id.", pointer="/target", remedy="Use an id that you see.")
    return row


def _lift(target: UUID, _arguments: Mapping[str, str], actor: Staff) -> UUID:
    return blocks.propose_lift(found(Block, target), actor=actor).pk


def _claim(verdict: str) -> Callable[[UUID, Mapping[str, str], Staff], UUID]:
    def propose(target: UUID, _arguments: Mapping[str, str], actor: Staff) -> UUID:
        reviews.recommend(found(Claim, target), verdict, actor=actor)
        return target

    return propose


def _refuse_claim(target: UUID, arguments: Mapping[str, str], actor: Staff) -> None:
    """Refuse what another recommended to refuse: also where the claim holds nothing up, and one could do it alone."""
    claim = found(Claim, target)
    staff.require_another(claims.recommended(claim, reviews.Verdict.REFUSE), actor)
    reviews.refuse(claim, arguments.get("reason", ""), actor=actor)


def _revocation(model: type[Likeness | Grant]) -> Callable[[UUID, Mapping[str, str], Staff], UUID]:
    def propose(target: UUID, arguments: Mapping[str, str], actor: Staff) -> UUID:
        asked = {"reason": arguments.get("reason", ""), "reference": arguments.get("reference", "")}
        return revocation_proposals.propose_revocation(found(model, target), **asked, actor=actor).pk

    return propose


def _approve(target: UUID, _arguments: Mapping[str, str], actor: Staff) -> Any:  # noqa: ANN401 - whatever the verb returns
    return revocation_proposals.approve_revocation(found(RevocationProposal, target), actor=actor)


def _end_name(target: UUID, _arguments: Mapping[str, str], actor: Staff) -> UUID:
    return register.propose_end(found(ProtectedName, target), actor=actor).pk


def _has_key(proposal: Proposal) -> None:
    party = found(Party, proposal.target)
    if not party.keys.filter(key_id=str(proposal.arguments.get("key", ""))).exists():
        raise ActRefused("They have no such key.", pointer="/arguments/key", remedy="Use the id of a key of theirs.")


def _name_ended(target: UUID, _said: Mapping[str, str], actor: Staff) -> None:
    register.approve_end(found(ProtectedName, target), actor=actor)


def _revoke_key(proposal: Proposal, _actor: Staff) -> None:
    party = found(Party, proposal.target)
    keys.revoke_key(party.keys.get(key_id=proposal.arguments["key"]), actor=party)


CLAIM: Final = reviews.MAY
APPROVE: Final = "consent.approve_revocation"
PROPOSE: Final = "consent.propose_revocation"
NAME: Final = "consent.keep_register"
for _act in (
    Act("lift-block", "Lift a block", blocks.DECIDE, blocks.DECIDE,
        Theirs(_lift, lambda target, _said, actor: blocks.lift(found(Block, target), actor=actor))),
    Act("accept-claim", "Accept a claim of authority", CLAIM, CLAIM,
        Theirs(_claim("accept"), lambda target, _said, actor: reviews.accept(found(Claim, target), actor=actor))),
    Act("transfer-claim", "Move authority to a claimant", CLAIM, CLAIM,
        Theirs(_claim("transfer"), lambda target, _said, actor: reviews.transfer(found(Claim, target), actor=actor))),
    Act("refuse-claim", "Refuse a claim of authority", CLAIM, CLAIM, Theirs(_claim("refuse"), _refuse_claim)),
    Act("end-claim", "End somebody's authority", CLAIM, CLAIM,
        Theirs(_claim("end"), lambda target, _said, actor: claims.end(found(Claim, target), actor=actor))),
    Act("revoke-grant", "Revoke a grant", PROPOSE, APPROVE, Theirs(_revocation(Grant), _approve)),
    Act("revoke-likeness", "Revoke a likeness", PROPOSE, APPROVE, Theirs(_revocation(Likeness), _approve)),
    Act("end-name", "End the protection of a name", NAME, NAME,
        Theirs(_end_name, _name_ended)),
    Act("revoke-key", "Take somebody's key out of use", "consent.propose_key_act", "consent.confirm_key_act",
        check=_has_key, carry_out=_revoke_key),
):  # fmt: skip
    register_act(_act)
