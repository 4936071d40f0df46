"""The database and the model that was written apart from it agree, after each of thousands of steps.

Each run takes a share; `STEPS=5000` or `STEPS=100000` takes more. A failure names its seed and
the fewest steps found that show it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest
from django.db import transaction

from consent import facts, usage
from consent.facts import Known
from consent.models import Grant, Permit, PermitGrant
from consent.policy import Facts
from tests.consent import steps
from tests.consent.steps import Step, World

pytestmark = pytest.mark.django_db
EACH: Final = 100
SHARE: Final = 1000  # half a minute of one core; each planted bug is found within it
STEPS: Final = int(os.environ.get("STEPS", SHARE))
REPLAYS: Final = int(os.environ.get("REPLAYS", "15"))


def failing(world: World, seed: int, chosen: list[int]) -> tuple[int, str, list[str]] | None:
    """Take the chosen steps in a copy of the world, and undo them; return the first at which the two disagree."""
    said: list[str] = []
    with transaction.atomic():
        copied = world.copied()
        try:
            for n in chosen:
                with transaction.atomic():
                    said.append(Step(copied, f"{seed}:{n}").take())
        except Exception as error:  # noqa: BLE001 - whatever it is: no step that is taken may raise
            return n, f"{type(error).__name__}: {error}", said
        finally:
            transaction.set_rollback(True)
    return None


def shrunk(world: World, seed: int, chosen: list[int]) -> list[int]:
    """Return fewer steps that fail as well: leave out halves, quarters and so on, as long as the replays last."""
    size, left = len(chosen) // 2, REPLAYS
    while size and left:
        for start in range(0, len(chosen) - 1, size):
            fewer = chosen[:start] + chosen[start + size :]
            left -= 1
            found = failing(world, seed, fewer) if fewer and left > 0 else None
            if found is not None:
                chosen = fewer[: fewer.index(found[0]) + 1]
                break
        else:
            size //= 2
    return chosen


@pytest.mark.parametrize("seed", range(STEPS // EACH))
def test_the_database_agrees_with_the_model(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = steps.made(monkeypatch)
    found = failing(world, seed, list(range(EACH)))
    if found is not None:
        fewest = shrunk(world, seed, list(range(found[0] + 1)))
        pytest.fail(f"seed {seed}, steps {fewest}: {failing(world, seed, fewest)}")


def without_ended_vetoes(patch: pytest.MonkeyPatch) -> None:
    narrow = facts.narrow

    def living(known: Known) -> Known:
        found = known.facts
        grants = tuple(grant for grant in found.grants if grant.ended_at is None)
        return replace(known, facts=Facts(found.likenesses, grants))

    patch.setattr(facts, "narrow", lambda ids, client: living(narrow(ids, client)))


def given_back_twice(patch: pytest.MonkeyPatch) -> None:
    real = usage.release

    def release(permit_id: uuid.UUID) -> int:
        before = dict(PermitGrant.objects.filter(permit=permit_id).values_list("pk", "counted_seconds"))
        found = real(permit_id)
        for pk, seconds in before.items():
            rows = PermitGrant.objects.filter(pk=pk)
            rows.update(counted_seconds=seconds, released_seconds=None, released_entry=None)
        return found

    patch.setattr(usage, "release", release)


def replaced_still_allows(patch: pytest.MonkeyPatch) -> None:
    real = facts._load
    replaced = "AND g.superseded_by_id IS NULL"
    patch.setattr(facts, "_load", lambda joins, ids, client: real(joins.replace(replaced, ""), ids, client))


def forgotten_after_lifting_another(patch: pytest.MonkeyPatch) -> None:
    lifted = "NOT EXISTS (SELECT FROM consent_exclusion y WHERE y.likeness_id = l.id AND y.lifted_at IS NOT NULL)"
    told = "x.party_id = %(client)s AND x.lifted_at IS NULL"
    for select in ("_PLAIN", "_SELECT"):
        text = getattr(facts, select)
        assert told in text
        patch.setattr(facts, select, text.replace(told, f"x.party_id = %(client)s AND {lifted}"))


def counted_for_another_grant(patch: pytest.MonkeyPatch) -> None:
    real = usage.count

    def count(permit: Permit, grant: Grant, *, client: uuid.UUID, seconds: int) -> PermitGrant:
        newest = Grant.objects.filter(likeness=grant.likeness_id, usage__isnull=False).order_by("created_at").last()
        counted = real(permit, newest or grant, client=client, seconds=seconds)
        PermitGrant.objects.filter(pk=counted.pk).update(grant=grant)
        return counted

    patch.setattr(usage, "count", count)


def mutual_by_what_rests(patch: pytest.MonkeyPatch) -> None:
    rests = "AND NOT EXISTS (SELECT FROM consent_suspension s WHERE s.grant_id = given.id AND s.resumed_at IS NULL)"
    assert rests in facts._SELECT
    patch.setattr(facts, "_SELECT", facts._SELECT.replace(rests, ""))


def released_is_redeemed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(usage, "is_held", lambda _permit: True)


# Each with the run in which it showed last: that is taken first, and the others if it shows there no more.
BUGS: Final[dict[Callable[[pytest.MonkeyPatch], None], int]] = {
    without_ended_vetoes: 0,
    given_back_twice: 4,
    replaced_still_allows: 0,
    forgotten_after_lifting_another: 8,
    counted_for_another_grant: 8,
    mutual_by_what_rests: 6,
    released_is_redeemed: 4,
}


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_a_planted_bug_is_found(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    world = steps.made(monkeypatch)
    bug(monkeypatch)
    runs = sorted(range(SHARE // EACH), key=lambda seed: seed != BUGS[bug])
    found = (failing(world, seed, list(range(EACH))) for seed in runs)
    assert any("DisagreementError" in one[1] for one in found if one is not None)
