"""One step after another in the life of a few people and likenesses, taken in the model and in the database alike.

Each step draws from a seed of its own, so that any of them can be left out and the others stay what they are.
"""

from __future__ import annotations

import copy
import uuid
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest
from django.db import transaction

from consent import clock, decisions, exclusions, grants, permits, revocations, statements, suspensions, usage
from consent.models import Decision, Exclusion, Grant, Likeness, Permit, Suspension
from consent.permit import PermitInvalid
from consent.permits import PermitRefused
from consent.policy import Allow, Deny, Reason, Use
from consent.staff import Staff
from consent.standing import standing
from tests.consent import people
from tests.consent.lives import Lives
from tests.consent.reference_ledger import Minted, Model
from tests.consent.reference_model import earlier
from tests.consent.test_permits import ORDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.consent.people import Person

MAX, LIN = Staff(71), Staff(72)
HOUR: Final = timedelta(hours=1)
YES, NO = True, False


class DisagreementError(AssertionError):
    """The database and the model say different things."""


@dataclass
class World:
    """A model, and the rows that it is a model of."""

    people: list[Person]
    faces: list[Likeness]
    model: Model

    def copied(self) -> World:
        return World(self.people, self.faces, copy.deepcopy(self.model))


def made(monkeypatch: pytest.MonkeyPatch, number: int | None = None) -> World:
    """Three people, of whom two hold a likeness and one holds two, each of which was shown just now."""
    more = "" if number is None else f"-{number}"
    known = [people.register(name + more) for name in ("ada", "ben", "carl")]
    world = World(known, [], Model())
    for holder in (*known, known[0]):
        enrol(world, holder, monkeypatch)
    return world


def enrol(world: World, holder: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    face = people.enrolled(holder, monkeypatch)
    face.enrolments.update(assurance="prompted-capture")  # as if they had answered a challenge: alike are no two faces
    world.faces.append(face)
    world.model.enrol(str(face.pk), str(holder.party.pk))


class Step:
    """One step. `take` returns what it did, in words."""

    def __init__(self, world: World, seed: str) -> None:
        self.world, self.model = world, world.model
        self.parties = [str(one.party.pk) for one in world.people]
        self.draw = Lives(seed, self.parties, [str(one.pk) for one in world.faces])

    def take(self) -> str:
        act = self.draw.weighted(ACTS)
        said = act(self)
        for _ in range(DECISIONS):
            self.compare_decision(self.draw.likely_use(self.model))
        self.compare_standing()
        return said

    def holder_of(self, likeness: str) -> Person:
        return self.who(self.model.likenesses[likeness].holder)

    def who(self, party: str) -> Person:
        return next(one for one in self.world.people if str(one.party.pk) == party)

    def face(self) -> str:
        return self.draw.one(self.draw.faces)

    def a_grant(self) -> str | None:
        """Return a grant: more often one that lives, else any that ever was."""
        every = list(self.model.grants)
        live = [one for one in every if self.model.grants[one].ended_at is None and one not in self.model.replaced_by]
        return self.draw.one(live if live and self.draw.often() else every) if every else None

    def record(self) -> str:
        return self.sign(None)

    def supersede(self) -> str:
        old = self.a_grant()
        return "nothing to supersede" if old is None else self.sign(old)

    def sign(self, old: str | None) -> str:
        likeness = self.face() if old is None else self.model.grants[old].likeness
        terms = self.draw.grantable(clock.now(), self.actives())
        before = self.model.grants[old].terms if old is not None else None
        if before is not None and self.draw.coin():  # an amendment of what there was
            terms = replace(terms, audience=before.audience, purposes=before.purposes, scenes=before.scenes, version=2)
            terms = self.draw.signable(terms)
        holder = self.holder_of(likeness)
        may = self.model.state(likeness) == "active" and old not in self.model.replaced_by
        try:
            with transaction.atomic():
                document = grants.draft(
                    Likeness.objects.get(pk=likeness),
                    statements.terms_document(terms),
                    key=holder.key,
                    supersedes=None if old is None else uuid.UUID(old),
                    actor=holder.party,
                )
                grants.record_grant(document, holder.sign(document), actor=holder.party)
        except (grants.LikenessNotActive, statements.StatementInvalid) as error:
            agree(may, NO, f"recording a grant: {error}")
            return f"a grant of {likeness} is refused"
        agree(may, YES, "recording a grant")
        self.model.record(document["id"], likeness, terms, supersedes=old)
        return f"grant {document['id']} of {likeness}, superseding {old}: {terms}"

    def actives(self) -> list[str]:
        return [one for one in self.draw.faces if self.model.state(one) == "active"]

    def withdraw_grant(self) -> str:
        grant = self.a_grant()
        if grant is None:
            return "nothing to withdraw"
        likeness = self.model.grants[grant].likeness
        revocations.withdraw_grant(Grant.objects.get(pk=grant), actor=self.holder_of(likeness).party)
        self.model.withdraw(likeness, clock.now(), grant=grant)
        return f"withdraw grant {grant}"

    def withdraw_likeness(self) -> str:
        likeness = self.face()
        if len(self.actives()) < 3 or self.draw.often():  # a world in which all is withdrawn teaches nothing more
            return "a likeness is not withdrawn"
        revocations.withdraw_likeness(Likeness.objects.get(pk=likeness), actor=self.holder_of(likeness).party)
        self.model.withdraw(likeness, clock.now())
        return f"withdraw likeness {likeness}"

    def shut_out(self) -> str:
        likeness, party = self.face(), self.draw.one(self.parties)
        holder = self.holder_of(likeness)
        if self.model.state(likeness) == "withdrawn" or holder is self.who(party):
            return "nobody to shut out"
        face = Likeness.objects.get(pk=likeness)
        exclusions.withdraw_party(self.who(party).party, likeness=face, actor=holder.party)
        self.model.withdraw(likeness, clock.now(), party=party)
        return f"shut {party} out from {likeness}"

    def lift(self) -> str:
        if not self.model.excluded:
            return "nobody to let back in"
        likeness, party = self.draw.one(sorted(self.model.excluded))
        out = Exclusion.objects.get(likeness=uuid.UUID(likeness), party=uuid.UUID(party), lifted_at=None)
        exclusions.lift_exclusion(out, actor=self.holder_of(likeness).party)
        self.model.excluded.discard((likeness, party))
        return f"let {party} back in to {likeness}"

    def suspend(self) -> str:
        grant = self.a_grant() if self.draw.often() else None
        likeness = self.face() if grant is None else self.model.grants[grant].likeness
        ended = grant is not None and self.model.grants[grant].ended_at is not None
        if ended or self.model.state(likeness) == "withdrawn":
            return "nothing to suspend"
        target = Likeness.objects.get(pk=likeness) if grant is None else Grant.objects.get(pk=grant)
        if self.draw.coin():
            pause = suspensions.suspend(target, reason="paused", actor=self.holder_of(likeness).party)
        else:
            pause = suspensions.suspend(target, reason="under-review", actor=MAX)
        self.model.resting[str(pause.pk)] = (likeness, grant)
        return f"suspend {likeness}, {grant}"

    def resume(self) -> str:
        if not self.model.resting:
            return "nothing to resume"
        pause = self.draw.one(list(self.model.resting))
        likeness, grant = self.model.resting.pop(pause)
        row = Suspension.objects.get(pk=pause)
        suspensions.resume(row, actor=LIN if row.actor == MAX.actor else self.holder_of(likeness).party)
        return f"resume {likeness}, {grant}"

    def mint(self) -> str:
        use = replace(self.draw.likely_use(self.model), counted=False)
        expected = self.model.decide(use, clock.now())
        with transaction.atomic():
            decision, outcome = self.decided(use)
            self.compare(use, outcome, decision)
            if not isinstance(outcome, Allow):
                return "no permit"
            permit = self.minted(decision, outcome)
        self.model.mint(str(permit.pk), use, expected.rests_on, str(permit.job))
        return f"permit {permit.pk} for {use}"

    def minted(self, decision: Decision, outcome: Allow) -> Permit:
        actor = self.who(str(decision.client_id)).party
        return permits.mint(decision, outcome, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=actor)

    def a_permit(self) -> tuple[str, Minted] | None:
        fresh = [one for one in self.model.permits.items() if one[1].fresh]
        every = fresh if fresh and self.draw.often() else list(self.model.permits.items())
        return self.draw.one(every) if every else None

    def release(self) -> str:
        if (found := self.a_permit()) is None:
            return "nothing to release"
        usage.release(uuid.UUID(found[0]))
        self.model.release(found[0])
        return f"release {found[0]}"

    def redeem(self) -> str:
        found = self.a_permit()
        if found is None or not found[1].fresh:
            return "nothing to redeem"
        expected = self.model.redeem(found[0], clock.now())
        try:
            permits.redeem(Permit.objects.get(pk=found[0]).token, service="gpu")
        except (PermitInvalid, PermitRefused) as error:
            agree(expected, NO, f"redeeming {found[0]}: {error}")
            return f"{found[0]} is not redeemed"
        agree(expected, YES, f"redeeming {found[0]}")
        return f"redeem {found[0]}"

    def pass_time(self) -> str:
        by = self.draw.integer(1, 3) * HOUR
        self.model.pass_time(by)
        for row in Grant.objects.all():
            terms = earlier(statements.parse_terms(row.terms), by)
            row.terms, row.not_before = statements.terms_document(terms), terms.window.not_before
            row.not_after = terms.window.not_after
            row.save(update_fields=["terms", "not_before", "not_after"])
        return f"{by} later"

    def decided(self, use: Use) -> tuple[Decision, Allow | Deny]:
        with transaction.atomic():
            return decisions.decide_locked(use, actor=self.who(use.client).party)

    def compare_decision(self, use: Use) -> None:
        decision, outcome = self.decided(use)
        self.compare(use, outcome, decision)

    def compare(self, use: Use, outcome: Allow | Deny, decision: Decision) -> None:
        expected = self.model.decide(use, clock.now())
        agree(expected.allowed, bool(outcome), f"may {use}? {expected} {outcome}")
        if isinstance(outcome, Allow):
            agree(expected.rests_on, dict(outcome.grants), f"what {use} rests on")
            return
        found: dict[str, set[Reason]] = defaultdict(set)
        for objection in outcome.reasons:
            found[objection.likeness].add(objection.reason)
        agree(expected.reasons, dict(found), f"why not {use}")
        agree(Decision.Outcome.DENY, decision.outcome, "what is kept")

    def compare_standing(self) -> None:
        at = clock.now()
        expected = {one: self.model.standing(one, at) for one in self.model.grants}
        found = standing([uuid.UUID(one) for one in self.model.grants])
        agree(expected, {str(one): str(value) for one, value in found.items()}, "how grants stand")


DECISIONS: Final = 3
ACTS: Final[list[tuple[int, Callable[[Step], str]]]] = [
    (8, Step.record),
    (4, Step.supersede),
    (2, Step.withdraw_grant),
    (1, Step.withdraw_likeness),
    (1, Step.shut_out),
    (2, Step.lift),
    (2, Step.suspend),
    (3, Step.resume),
    (8, Step.mint),
    (5, Step.release),
    (4, Step.redeem),
    (1, Step.pass_time),
]


def agree(expected: object, found: object, what: str) -> None:
    if expected != found:
        raise DisagreementError(f"{what}: the model says {expected}, the database {found}")
