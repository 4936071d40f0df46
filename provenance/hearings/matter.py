"""What the pages of appeals and counter-notices have in common: whose hands, what was ruled, what will be told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext

from consent import clock
from consent.models import Assignment, Case, Ruling
from consent.takedown import cases, policies, rulings
from ledger.subjectkeys import Erased
from provenance.console import decide, found_cases, work

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from django.db.models import Q

    from consent.staff import Staff
    from ledger.problem import Problem

RESTRICT: Final = ("remove", "block_future", "disable", "label", "demonetise")


def own(case: Case, actor: Staff) -> Case:
    """Return the case anew if this person may look into it. Raises `CaseMissing`, `WorkConflict`."""
    return found_cases.found(case.number, actor)


def not_for(actor: Staff) -> Q:
    """Tell of rows of a case which this person does not even look into."""
    return work.party_to(actor, "case_id", "case__video", "case__likeness_id")


def require_version(case: Case, written: str) -> None:
    """Raise `CaseStale` unless the page was made of the case as it is now."""
    if decide.version_of(written) != case.version:
        raise cases.CaseStale("Somebody acted on this case meanwhile.", pointer="/version", remedy="Read it again.")


def hands(queue: str, item: UUID, actor: Staff) -> dict[str, Any]:
    """Say in whose hands an item is: this person's (`mine`, with the assignment), a colleague's, or nobody's."""
    held = Assignment.objects.filter(queue=queue, item=item, ended_at=None).first()
    mine = held is not None and held.actor == actor.actor
    taken = held is not None and not mine and held.expires_at > clock.now()
    return {"held": held, "mine": mine, "colleague": taken, "queue": queue}


def ruled(ruling: Ruling) -> dict[str, Any]:
    """Return a ruling as both sides read it: the way, the policy and reason, and on what it rests ("": erased)."""
    policy = policies.POLICIES.get(ruling.policy)
    spanish = (get_language() or "").startswith("es")
    why = None if policy is None else next((each for each in policy.reasons if each.code == ruling.reason), None)
    try:
        facts = str(rulings.facts_of(ruling).get("facts", ""))
    except Erased:
        facts = ""
    said = "" if why is None else why.spanish if spanish else why.english
    return {"row": ruling, "policy": policy, "reason": said or ruling.reason, "facts": facts}


def ways(ruling: Ruling) -> list[tuple[str, str]]:
    """Return the ways in which a ruling can be replaced: what was left is restricted, or the reverse."""
    if ruling.action not in policies.SPARING:
        return [("restore", gettext("Let it be shown again"))]
    return [(code, decide.way(code)) for code in RESTRICT]


def reasons(actions: Collection[str]) -> list[dict[str, Any]]:
    """Return the policies that carry one of these ways, with their reasons, for the choice beside the form."""
    carried = [policy for policy in policies.POLICIES.values() if policy.actions & set(actions)]
    return [decide.policy_shown(policy) for policy in carried if policy.code != "abuse"]


def status(problem: Problem | None) -> int:
    """Return with what a page answers that shows a problem beside its form: stale is 409."""
    return 200 if problem is None else problem.status if problem.status in {403, 409} else 422
