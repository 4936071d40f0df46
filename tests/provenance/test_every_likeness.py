"""Each person in a cast is asked by each gate: casts of up to 8, each place in them, each gate, each cause of denial.

A check that looks at the first likeness as often as there are likenesses passes every test with a cast of one. So each
cell of the table takes consent from one person only, and the gate has to say no. A cause that comes later is a line of
`CAUSES`; a gate is a line of `GATES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from consent import clock, permits, policy, revocations, rfc3339, standing
from consent.models import Grant, Likeness
from consent.policy import Allow, Deny, Facts, Use
from consent.standing import Standing
from provenance import leases, lineage, publication, serving
from provenance.leases import ConsentWithdrawn
from provenance.models import Video
from provenance.renders import ConsentRequired
from tests.provenance import world as w

pytestmark = pytest.mark.django_db

SIZES = (1, 2, 3, 8)  # who stops at some place before the last is found at 8, who asks in pairs at 3


@dataclass(frozen=True)
class Member:
    """One person of a cast."""

    holder: w.Person
    likeness: Likeness
    grant: Grant


@dataclass(frozen=True)
class Cast:
    """People, what their client may ask for, and one video before each of the gates."""

    world: w.World
    members: tuple[Member, ...]
    begun: Video  # its permit is minted
    draft: Video  # stamped
    shown: Video  # published
    held: frozenset[UUID]  # the grants of a stream of it that runs

    def ask(self) -> Video:
        return self.world.ask(cast=[member.likeness.pk for member in self.members])


def withdraw_the_grant(member: Member) -> None:
    revocations.withdraw_grant(member.grant, actor=member.holder.party)


def withdraw_the_likeness(member: Member) -> None:
    revocations.withdraw_likeness(member.likeness, actor=member.holder.party)


def let_it_expire(member: Member) -> None:
    """Time cannot be made to pass for one person alone; the window is moved instead."""
    move_window(member.grant, clock.now() - timedelta(hours=2), clock.now() - timedelta(milliseconds=1))


def let_it_begin_tomorrow(member: Member) -> None:
    move_window(member.grant, clock.now() + timedelta(days=1), clock.now() + timedelta(days=2))


def grant_to_another_only(member: Member) -> None:
    revocations.withdraw_grant(member.grant, actor=member.holder.party)
    w.grant(member.holder, member.likeness, member.holder)


def never_grant(member: Member) -> None:
    """Leave no trace of a grant. Foreign keys are asked about at commit, to which this never comes."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM consent_grant WHERE id = %s", [member.grant.pk])


def enrol_anew(member: Member) -> None:
    Likeness.objects.filter(pk=member.likeness.pk).update(state="enrolling")


CAUSES: Mapping[str, Callable[[Member], None]] = {
    "grant withdrawn": withdraw_the_grant,
    "likeness withdrawn": withdraw_the_likeness,
    "grant expired": let_it_expire,
    "grant not begun": let_it_begin_tomorrow,
    "granted to another party only": grant_to_another_only,
    "never granted": never_grant,
    "likeness not active": enrol_anew,
}


def move_window(grant: Grant, begins: datetime, ends: datetime) -> None:
    window = grant.terms["window"] | {"not_before": rfc3339.write(begins), "not_after": rfc3339.write(ends)}
    Grant.objects.filter(pk=grant.pk).update(not_before=begins, not_after=ends, terms=grant.terms | {"window": window})


def dispatches(cast: Cast) -> bool:
    try:
        return bool(cast.ask())
    except ConsentRequired:
        return False


def redeems(cast: Cast) -> bool:
    try:
        return bool(permits.redeem(w.permit_of(cast.begun).token, service="test"))
    except permits.PermitRefused as refused:
        if refused.reason != "consent_ended":  # the permit is too old, say: that would prove nothing
            raise
        return False


def publishes(cast: Cast) -> bool:
    video = publication.publish(cast.draft)
    assert video.state == "published" or video.error_code == "consent-withdrawn"
    return video.state == "published"


def serves(cast: Cast) -> bool:
    try:
        return bool(serving.serve(cast.shown, "thumbnail", method="GET", headers={}, environ={}))
    except ConsentWithdrawn:
        return False


def goes_on_serving(cast: Cast) -> bool:
    return cast.shown.pk in leases.standing_now([cast.shown.pk])


GATES: Mapping[str, Callable[[Cast], bool]] = {
    "dispatch": dispatches,
    "redeem": redeems,
    "publish": publishes,
    "serve": serves,
    "go on serving": goes_on_serving,
}


@pytest.fixture(autouse=True)
def permits_outlast_the_table(settings: Settings) -> None:
    settings.CONSENT_PERMIT_SECONDS = 3600


def cast_of(size: int) -> Cast:
    world = w.world()
    members = [Member(world.ada, world.likeness, world.grant)]
    for place in range(1, size):
        holder = w.person(f"holder{place}")
        likeness = w.likeness_of(holder)
        members.append(Member(holder, likeness, w.grant(holder, likeness, world.ben)))
    ids = [member.likeness.pk for member in members]
    begun, draft, shown = (world.ask(cast=ids) for _ in range(3))
    w.shown(draft, b"stamped")
    Video.objects.filter(pk=draft.pk).update(state="stamping", published_at=None)
    draft.refresh_from_db()
    w.shown(shown, b"published")
    return Cast(world, tuple(members), begun, draft, shown, lineage.grants_behind(shown.pk))


@contextmanager
def undone() -> Iterator[None]:
    """Undo what happens inside. A bare savepoint: the verbs may then still ask for a transaction of their own."""
    point = transaction.savepoint_create()
    try:
        yield
    finally:
        transaction.savepoint_rollback(point)


Cell = tuple[str, str, int]


def allowed_by(cast: Cast, gate: str, cause: str | None, place: int) -> bool:
    with undone():
        if cause is not None:
            CAUSES[cause](cast.members[place])
        return GATES[gate](cast)


def cells(cast: Cast) -> list[Cell]:
    return [(gate, cause, place) for gate in GATES for cause in CAUSES for place in range(len(cast.members))]


def let_through(cast: Cast, wanted: Collection[Cell] | None = None) -> set[Cell]:
    """Return the cells in which a gate said yes although one person had not consented."""
    return {cell for cell in (cells(cast) if wanted is None else wanted) if allowed_by(cast, *cell)}


@pytest.mark.parametrize("size", SIZES)
def test_each_gate_asks_each_person_of_the_cast(size: int) -> None:
    cast = cast_of(size)
    assert [gate for gate in GATES if not allowed_by(cast, gate, None, 0)] == []  # nothing but the cause denies
    assert len(cells(cast)) == size * len(GATES) * len(CAUSES)
    assert let_through(cast) == set()


def decide_by_the_first(use: Use, facts: Facts, at: datetime) -> Allow | Deny:
    """Judge one likeness, and say of all what is true of that one."""
    outcome = DECIDE(replace(use, cast=frozenset([min(use.cast)])), facts, at)
    if isinstance(outcome, Deny):
        return outcome
    return replace(outcome, grants=tuple((likeness, outcome.grants[0][1]) for likeness in sorted(use.cast)))


def stand_by_the_first(grants: Collection[UUID]) -> dict[UUID, Standing]:
    """Judge the grant of the same one, and say of all what is true of that one."""
    first = Grant.objects.filter(pk__in=grants).order_by("likeness_id").values_list("pk", flat=True)[0]
    return dict.fromkeys(grants, STANDING([first])[first])


DECIDE, STANDING = policy.decide, standing.standing


@pytest.mark.parametrize(
    ("spoiled", "gates"),
    [
        (["policy"], {"dispatch"}),
        (["standing"], {"redeem", "serve", "go on serving"}),
        (["policy", "standing", "publication"], set(GATES)),
        (["publication"], set()),  # gate 3 asks twice, and one sound answer is enough
    ],
    ids=["the decision", "what stands", "both", "what stands, at gate 3"],
)
def test_a_check_of_the_first_person_n_times_is_found(
    monkeypatch: pytest.MonkeyPatch, spoiled: list[str], gates: set[str]
) -> None:
    """The control: it lets through every person but one, at the gates that rest on it, and at no other."""
    size = 3
    cast = cast_of(size)
    if "policy" in spoiled:
        monkeypatch.setattr(policy, "decide", decide_by_the_first)
    if "standing" in spoiled:
        monkeypatch.setattr(standing, "standing", stand_by_the_first)
    if "publication" in spoiled:
        monkeypatch.setattr(publication, "standing", stand_by_the_first)
    found = let_through(cast, [cell for cell in cells(cast) if cell[1] in ("grant withdrawn", "grant expired")])
    assert {gate for gate, _, _ in found} == gates
    for gate in gates:
        # a withdrawal moves the epoch, so that a sound policy is asked again at redemption: only an expiry gets by
        causes = 1 if gate == "redeem" and "policy" not in spoiled else 2
        assert len([cell for cell in found if cell[0] == gate]) == causes * (size - 1)
