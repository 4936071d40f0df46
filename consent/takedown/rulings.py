"""Decide a takedown case: by a policy and one of its reasons, on facts, by people who have no part in it.

| what | people |
|---|---|
| take down, withhold earnings, lift a block, reverse a ruling | two: one proposes, another confirms |
| a label, or nothing, where nothing is held back | one |

A proposal to take down blocks provisionally at once, as any member of staff may. Nothing is edited: `reverse` proposes
another ruling. One decision is one transaction and one entry; under that entry the statement of reasons is sealed.
Locks: the video, the case, the ruling.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction

from consent import blocks, clock, staff
from consent.countries import CODES
from consent.models import Appeal, Case, CounterNotice, Ruling, Strike
from consent.takedown import cases, concerned, decision_reasons, effects, policies, strikes
from consent.takedown.notice_document import UNWRITABLE
from ledger import log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from consent.models import Notice
    from consent.staff import Staff
    from ledger.models import Entry

PROPOSE: Final = "consent.propose_ruling"
CONFIRM: Final = "consent.confirm_ruling"
MAX_FACTS: Final = 5000  # characters, as in the database of the DSA
ALONE: Final = frozenset({"refuse", "label"})


class RulingRefused(Problem):
    """Something is missing in the decision, or it does not fit where the case stands."""

    code: ClassVar[str] = "ruling-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be decided, or not so"


@dataclass(frozen=True, slots=True)
class Terms:
    """How far a decision goes. None: everywhere; no end; at once; no single notice (`notice`: the abusive one)."""

    scope: str = "video"
    stay_down: bool = False
    territory: Sequence[str] | None = None
    ends_at: datetime | None = None
    applies_at: datetime | None = None
    notice: Notice | None = None


WHOLE: Final = Terms()


def decide(
    case: Case, action: str, *, policy: str, reason: str, facts: str, version: int, actor: Staff, terms: Terms = WHOLE
) -> Ruling:
    """Decide an open case, or propose what takes two people. `version`: of the case that the person had before them.

    Raises `PolicyRefused`, `RulingRefused`, `StatementPersonal`, `CaseStale`, `CaseClosed`, `SecondPersonNeeded`.
    """
    with transaction.atomic():
        held = _held(case, version)
        cases.require_open(held)
        require_impartial(held, actor)
        ruling = Ruling(id=uuid.uuid4(), case=held, action=action, policy=policy, reason=reason, version=version)
        ruling.needs_two = action not in ALONE or effects.standing(held).exists()
        return _made(ruling, facts, terms, actor)


def reverse(
    ruling: Ruling, action: str, *, policy: str, reason: str, facts: str, version: int, actor: Staff,
    terms: Terms = WHOLE,
) -> Ruling:  # fmt: skip
    """Propose a ruling instead of one in force; another confirms it. Nobody who decided before does either.

    `action` "restore" ends a restriction. Raises as `decide`.
    """
    with transaction.atomic():
        held = _held(ruling.case, version)
        before = Ruling.objects.select_for_update(of=("self",)).get(pk=ruling.pk)
        if before.state != Ruling.State.IN_FORCE or before.case_id != held.pk:
            raise RulingRefused("This ruling is not in force.", remedy="Reverse the one that is.")
        if (action == Ruling.Action.RESTORE) == (before.action in policies.SPARING):
            remedy = "Restore what was restricted; restrict what was left."
            raise RulingRefused("This reverses nothing.", pointer="/action", remedy=remedy)
        require_impartial(held, actor)
        made = Ruling(id=uuid.uuid4(), case=held, action=action, policy=policy, reason=reason, version=version)
        made.reverses, made.needs_two = before, True
        return _made(made, facts, terms, actor)


def confirm(ruling: Ruling, *, version: int, actor: Staff) -> Ruling:
    """Put in force what a colleague proposed. Twice by the same person is once. Raises as `decide`."""
    with transaction.atomic():
        held = _proposed(ruling)
        if held.state == Ruling.State.IN_FORCE and held.confirmed_by == actor.actor:
            return held
        _require_proposed(held)
        _require_version(held.case, version)
        staff.require_another(held.proposed_by, actor)
        require_impartial(held.case, actor)
        return _in_force(held, "ruling.confirmed", actor)


def decline(ruling: Ruling, *, actor: Staff) -> Ruling:
    """Say no to what a colleague proposed: the case is open again as before. Twice is once."""
    with transaction.atomic():
        held = _proposed(ruling)
        if held.state == Ruling.State.DECLINED:
            return held
        _require_proposed(held)
        staff.require_another(held.proposed_by, actor)
        held.settled_entry = log.append("ruling.declined", _payload(held), actor=actor.actor, subject=held.case.subject)
        held.state, held.confirmed_by = Ruling.State.DECLINED, actor.actor
        held.save(update_fields=["state", "confirmed_by", "settled_entry"])
        effects.let_go(held, actor)
        cases.raise_version(held.case)
    return held


def facts_of(ruling: Ruling) -> dict[str, Any]:
    """Return `facts` and `statement` (null: it restricts nothing). Raises `Erased`."""
    return parse(vault.unseal(ruling.facts), limit=128 * 1024)


def require_impartial(case: Case, actor: Staff) -> None:
    """Raise `SecondPersonNeeded` for who filed in the case, whose video it is, whom it shows, or who ruled in it."""
    decided = Ruling.objects.filter(case=case, state__in=[Ruling.State.IN_FORCE, Ruling.State.REVERSED])
    before = {name for row in decided.values_list("proposed_by", "confirmed_by") for name in row}
    if concerned.has_part(case, actor.user) or actor.actor in before:
        remedy = "Leave it to a colleague who has no part in it."
        raise staff.SecondPersonNeeded("You have a part in this case, or decided in it before.", remedy=remedy)


def _made(ruling: Ruling, facts: str, terms: Terms, actor: Staff) -> Ruling:
    """Write a ruling, in the caller's transaction: in force if one is enough, else proposed."""
    _describe(ruling, terms)
    said = _written(facts)
    statement = decision_reasons.statement(ruling, said)
    case, one = ruling.case, not ruling.needs_two
    if Ruling.objects.filter(case=case, state=Ruling.State.PROPOSED).exists():
        raise RulingRefused("A colleague proposed a decision already.", remedy="Confirm it, or decline it.")
    sealed = canonical({"facts": said, "statement": statement})
    ruling.facts = vault.seal(case.subject, sealed, context=f"ruling:{ruling.pk}")
    kind = "ruling.made" if one else "ruling.proposed"
    payload = _payload(ruling) | {"facts": said, "statement": statement}
    ruling.proposed_by = actor.actor
    ruling.entry = log.append(kind, payload, actor=actor.actor, subject=case.subject)
    if one:
        ruling.state, ruling.in_force_at = Ruling.State.IN_FORCE, clock.now()
    ruling.save(force_insert=True)
    if one:
        return _done(ruling, ruling.entry, actor)
    effects.hold_back(ruling, actor)
    cases.raise_version(case)
    return ruling


def _describe(ruling: Ruling, terms: Terms) -> None:
    """Set how far it goes. Raises `PolicyRefused`, `RulingRefused`."""
    policies.checked(ruling.action, ruling.policy, ruling.reason)
    at = clock.now()
    ruling.scope, ruling.stay_down, ruling.notice = terms.scope, terms.stay_down, terms.notice
    ruling.territory = None if terms.territory is None else sorted(set(terms.territory))
    ruling.ends_at, ruling.applies_at = terms.ends_at, terms.applies_at
    if terms.scope not in ("video", "family"):
        raise RulingRefused("There is no such scope.", pointer="/scope", remedy="Use video or family.")
    if ruling.territory is not None and (not ruling.territory or not set(ruling.territory) <= set(CODES)):
        raise RulingRefused("This is no territory.", pointer="/territory", remedy="List countries by their codes.")
    ended = ruling.action == Ruling.Action.DISABLE or terms.ends_at is not None
    if ended and (terms.ends_at is None or terms.ends_at.utcoffset() is None or terms.ends_at <= at):
        raise RulingRefused("This needs an end, later than now.", pointer="/ends_at", remedy="Give it with its zone.")
    if (ruling.policy == "abuse") != (terms.notice is not None):
        remedy = "Name the notice that is abusive, under that policy alone."
        raise RulingRefused("Abuse is that of one notice.", pointer="/notice", remedy=remedy)
    if terms.notice is not None and terms.notice.case_id != ruling.case_id:
        raise RulingRefused("The notice is of another case.", pointer="/notice", remedy="Name one of this case.")
    if ruling.case.video is None and ruling.action not in policies.SPARING:
        raise RulingRefused("Nobody found the video yet.", pointer="/action", remedy="Find it, or ask for more.")


def _in_force(ruling: Ruling, kind: str, actor: Staff) -> Ruling:
    entry = log.append(kind, _payload(ruling), actor=actor.actor, subject=ruling.case.subject)
    ruling.settled_entry, ruling.confirmed_by = entry, actor.actor
    ruling.state, ruling.in_force_at = Ruling.State.IN_FORCE, clock.now()
    ruling.save(update_fields=["state", "confirmed_by", "in_force_at", "settled_entry"])
    return _done(ruling, entry, actor)


def _done(ruling: Ruling, entry: Entry, actor: Staff) -> Ruling:
    """Let a ruling that is in force since now have its effects, and tell everybody."""
    case = ruling.case
    if ruling.reverses is not None:
        _take_back(ruling, actor)
    if ruling.applies_at is None:
        effects.apply(ruling)
    if ruling.notice is not None:
        _strike(ruling, actor)
    _close_appeals(ruling, actor)
    _answer_counter_notices(ruling, actor)
    case.refresh_from_db()
    case.state, case.decided_at, case.paused_at, case.pause = Case.State.DECIDED, clock.now(), None, ""
    cases.raise_version(case, "state", "decided_at", "paused_at", "pause")
    _, reason = policies.checked(ruling.action, ruling.policy, ruling.reason)
    try:
        facts = str(facts_of(ruling)["facts"])
    except Erased:  # the case was erased between proposal and confirmation: there is nobody to tell what it rests on
        return ruling
    decision_reasons.give(ruling, facts, actor=actor)
    concerned.tell(ruling, entry, reason, facts)
    return ruling


def _take_back(ruling: Ruling, actor: Staff) -> None:
    """Mark the ruling before as reversed, and count no more what it counted."""
    before = [ruling.reverses_id] if ruling.reverses_id else []
    Ruling.objects.filter(pk__in=before).update(state=Ruling.State.REVERSED)
    for strike in Strike.objects.filter(case=ruling.case, reversed_at=None):
        strikes.reverse(strike, actor=actor)


def _strike(ruling: Ruling, actor: Staff) -> None:
    if ruling.notice is None:
        return
    try:
        strikes.give_notifier(ruling.notice, ruling.reason, actor=actor)
    except (Erased, strikes.StrikeRefused):  # there is nobody any more to count it against
        return


def _close_appeals(ruling: Ruling, actor: Staff) -> None:
    """Settle what is appealed of the ruling before: overturned where that is why, else pointless."""
    if ruling.reverses is None:
        return
    pending = Appeal.objects.select_for_update(of=("self",)).filter(ruling=ruling.reverses, state=Appeal.State.PENDING)
    for number, appeal in enumerate(pending.order_by("filed_at", "pk")):
        spared = ruling.action in policies.SPARING
        overturned = number == 0 and spared == (appeal.party_id is not None)  # it gives this side what it asked for
        appeal.state = Appeal.State.OVERTURNED if overturned else Appeal.State.SUPERSEDED
        kind = "appeal.overturned" if overturned else "appeal.closed"
        payload = {"appeal": str(appeal.pk), "ruling": str(ruling.pk)}
        appeal.decided_entry = log.append(kind, payload, actor=actor.actor, subject=ruling.case.subject)
        appeal.decided_by, appeal.decided_at = actor.actor, clock.now()
        appeal.result = ruling if number == 0 else None
        appeal.save(update_fields=["state", "decided_by", "decided_at", "decided_entry", "result"])


def _answer_counter_notices(ruling: Ruling, actor: Staff) -> None:
    if ruling.reason != "counter-notice":
        return
    for counter in ruling.case.counter_notices.filter(withdrawn_at=None, outcome="").order_by("filed_at", "pk"):
        payload = {"counter_notice": str(counter.pk), "ruling": str(ruling.pk)}
        counter.outcome_entry = log.append(
            "counternotice.accepted", payload, actor=actor.actor, subject=ruling.case.subject
        )
        counter.outcome, counter.outcome_by = CounterNotice.Outcome.ACCEPTED, actor.actor
        counter.outcome_at = clock.now()
        counter.save(update_fields=["outcome", "outcome_by", "outcome_at", "outcome_entry"])


def _held(case: Case, version: int) -> Case:
    """Return the case, held after its video. Raises `CaseStale`, with where it stands now."""
    if case.video is not None:
        blocks.hold_alone(case.video)
    held = cases.locked(case.pk)
    _require_version(held, version)
    if held.video != case.video:
        raise cases.CaseStale("Its video was found meanwhile.", pointer="/version", remedy="Read it again, then act.")
    return held


def _require_version(case: Case, version: int) -> None:
    if case.version == version:
        return
    last = Ruling.objects.filter(case=case).order_by("-proposed_at", "-pk").first()
    ruled = "no decision" if last is None else f"the decision {last.action} ({last.state})"
    detail = (
        f"Somebody acted on this case meanwhile: it is {case.state} at version {case.version}, you read "
        f"{version}. It has "
        f"{case.notices.filter(withdrawn_at=None).count()} notices that stand, {case.counter_notices.count()} "
        f"counter-notices, {case.appeals.count()} appeals, and {ruled}."
    )
    raise cases.CaseStale(detail, pointer="/version", remedy="Read it again, then decide.")


def _proposed(ruling: Ruling) -> Ruling:
    """Return a ruling with its case, held in the order of the locks."""
    case = Case.objects.get(pk=ruling.case_id)
    if case.video is not None:
        blocks.hold_alone(case.video)
    held_case = cases.locked(case.pk)
    held = Ruling.objects.select_for_update(of=("self",)).select_related("reverses").get(pk=ruling.pk)
    held.case = held_case
    return held


def _require_proposed(ruling: Ruling) -> None:
    if ruling.state != Ruling.State.PROPOSED:
        raise RulingRefused(f"It is {ruling.state}.", remedy="Read the case again.")


def _written(facts: str) -> str:
    said = UNWRITABLE.sub("\ufffd", facts).strip()
    if not 1 <= len(said) <= MAX_FACTS:
        remedy = f"Write 1 to {MAX_FACTS} characters, and name nobody."
        raise RulingRefused("Say what the decision rests on.", pointer="/facts", remedy=remedy)
    return said


def _payload(ruling: Ruling) -> dict[str, object]:
    found: dict[str, object] = {"ruling": str(ruling.pk), "case": str(ruling.case_id), "action": str(ruling.action)}
    found |= {"policy": ruling.policy, "reason": ruling.reason, "policies": policies.VERSION}
    found["reverses"] = None if ruling.reverses_id is None else str(ruling.reverses_id)
    return found
