"""Whoever was shut out: what they made with the likeness stops, and what was made from it; what others made stays."""

from __future__ import annotations

import pytest

from consent import exclusions, suspensions
from consent.models import Exclusion, Party
from gpu_client import follower
from gpu_client.models import RenderJob
from ledger.follower import LoggedEntry
from provenance import cascade, leases, lineage, publication, renders, standing
from provenance.leases import ConsentWithdrawn
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def shut_out(world: w.World, party: Party) -> LoggedEntry:
    (withdrawal,) = exclusions.withdraw_party(party, actor=world.ada.party)
    return LoggedEntry(index=0, kind="consent.withdrawn", entry_id=withdrawal.entry_id, body={})


def two_makers() -> tuple[w.World, w.Person, Video, Video]:
    """Return a video by Ben, and one by somebody whom the same grant does not make depend on Ben."""
    world = w.world()
    cleo = w.person("cleo", "client")
    w.grant(world.ada, world.likeness, cleo)
    mine = w.shown(world.ask(), b"ben")
    hers = w.shown(world.ask(actor=cleo.party), b"cleo")
    return world, cleo, mine, hers


def test_no_byte_of_what_they_made_leaves_and_others_go_on() -> None:
    world, _, mine, hers = two_makers()
    assert leases.take(mine.id).holds()
    shut_out(world, world.ben.party)
    with pytest.raises(ConsentWithdrawn):
        leases.take(mine.id)
    assert leases.take(hers.id).holds()
    assert (standing.public_standing(mine.id), standing.public_standing(hers.id)) == ("withdrawn", "consented")


def test_it_stops_under_a_grant_that_still_stands_and_so_does_a_remix_by_somebody_else() -> None:
    world, _, mine, _ = two_makers()
    w.grant(world.ada, world.likeness, world.ada)
    remix = w.shown(renders.remix(mine, prompt="Take 2", actor=world.ada.party), b"remix")
    assert leases.standing_now([remix.id]) == {remix.id}
    Exclusion.objects.create(  # by itself: no grant ends
        likeness=world.likeness, party=world.ben.party, created_at=mine.created_at, entry=mine.entry
    )
    assert leases.standing_now([mine.id, remix.id]) == set()
    assert lineage.barred([mine.id, remix.id]) == {mine.id, remix.id}
    assert "client-shut-out" in publication.consent_objections(mine)


def test_the_cascade_takes_down_theirs_and_lets_others_stand() -> None:
    world, _, mine, hers = two_makers()
    waiting = world.ask()
    entry = shut_out(world, world.ben.party)
    follower.handle(entry)
    cascade.handle(entry)
    found = dict(Video.objects.values_list("pk", "state"))
    assert (found[mine.pk], found[waiting.pk], found[hers.pk]) == ("withheld", "withheld", "published")
    assert RenderJob.objects.get(pk=waiting.job).state == "cancelled"


def test_a_revocation_cascades_like_a_withdrawal() -> None:
    world = w.world()
    mine, waiting = w.shown(world.ask(), b"ben"), world.ask()
    (withdrawal,) = exclusions.withdraw_party(world.ben.party, actor=world.ada.party)
    entry = LoggedEntry(index=0, kind="consent.revoked", entry_id=withdrawal.entry_id, body={})
    follower.handle(entry)
    cascade.handle(entry)
    assert set(Video.objects.filter(pk__in=[mine.pk, waiting.pk]).values_list("state", flat=True)) == {"withheld"}


def test_what_is_paused_is_not_shown_and_comes_back() -> None:
    world = w.world()
    mine = w.shown(world.ask(), b"ben")
    pause = suspensions.suspend(world.likeness, reason="paused", actor=world.ada.party)
    with pytest.raises(ConsentWithdrawn):
        leases.take(mine.id)
    suspensions.resume(pause, actor=world.ada.party)
    assert leases.take(mine.id).holds()
