"""What a withdrawal would do, before it is done, and that it then does just that."""

from __future__ import annotations

import pytest

from consent import exclusions, preview, revocations
from consent.models import Grant
from consent.preview import Aim
from ledger.follower import LoggedEntry
from provenance import cascade, renders
from provenance.consequences import consequences
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def test_the_numbers_are_those_of_the_withdrawal_itself() -> None:
    world = w.world()
    mine = w.shown(world.ask(), b"ben")
    w.shown(renders.remix(mine, prompt="Take 2", actor=world.ben.party), b"remix")
    world.ask()
    aim = Aim(world.ada.party, grant=world.grant)
    seen, videos = preview.preview(aim), consequences(aim)
    assert (seen.grants, seen.by_after_end, seen.permits, seen.told) == (1, {"hide": 1}, 3, 1)
    assert seen.told_first == [world.ben.party.handle]
    assert (videos.shown, videos.under_way, videos.jobs) == ({"hide": 2}, {"hide": 1}, 3)  # nobody here ends a job
    assert (videos.clients, videos.clients_first) == (1, [world.ben.party.handle])
    assert Grant.objects.get(pk=world.grant.pk).ended_at is None
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    cascade.handle(LoggedEntry(0, "consent.withdrawn", withdrawal.entry_id, {}))
    assert Video.objects.filter(state="withheld").count() == 3


def test_each_clause_is_counted_by_itself() -> None:
    world = w.world()
    w.shown(world.ask(), b"ben")
    Grant.objects.filter(pk=world.grant.pk).update(terms={**world.grant.terms, "after_end": "keep"})
    aim = Aim(world.ada.party, likeness=world.likeness)
    assert preview.preview(aim).by_after_end == {"keep": 1}
    assert consequences(aim).shown == {"keep": 1}


def test_of_a_party_only_what_covers_and_was_made_by_it_counts() -> None:
    world = w.world()
    cleo = w.person("cleo", "client")
    w.grant(world.ada, world.likeness, cleo)
    w.shown(world.ask(), b"ben")
    w.shown(world.ask(actor=cleo.party), b"cleo")
    aim = Aim(world.ada.party, party=world.ben.party)
    seen, videos = preview.preview(aim), consequences(aim)
    assert (seen.scope, seen.grants, seen.final) == ("party", 1, False)
    assert (videos.shown, videos.clients_first) == ({"hide": 1}, [world.ben.party.handle])
    assert len(exclusions.withdraw_party(world.ben.party, actor=world.ada.party)) == 1


def test_nothing_is_told_of_what_is_anothers() -> None:
    world, other = w.world(), w.world()
    for aim in (Aim(other.ada.party, likeness=world.likeness), Aim(other.ada.party, grant=world.grant)):
        with pytest.raises(Exception, match="no such"):
            preview.preview(aim)
