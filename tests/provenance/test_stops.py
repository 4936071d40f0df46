"""What one cause stops, ten generations down: at once by the gates, then in few statements, told once, on record."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import blocks, exclusions, revocations
from consent.models import Message, Party
from consent.staff import Staff
from ledger.follower import LoggedEntry
from provenance import afterwards, cascade, leases, lineage, renders, stops
from provenance.models import Stop, Video
from tests.provenance import world as w
from tests.provenance.test_cascade import chain, states

pytestmark = pytest.mark.django_db
FIRST, SECOND = Staff(7), Staff(8)


def follow(kind: str, entry: UUID) -> None:
    cascade.handle(LoggedEntry(index=0, kind=kind, entry_id=entry, body={}))


def playable(videos: list[Video]) -> set[UUID]:
    return leases.standing_now(lineage.grants_behind_each([video.pk for video in videos]))


def told(party: Party) -> list[str]:
    return [each.text for each in Message.objects.filter(party=party, kind=Message.Kind.VIDEOS_STOPPED)]


def report(of: w.Person, withdrawal: UUID) -> dict[str, Any]:
    found: dict[str, Any] = Client().get(f"/v1/withdrawals/{withdrawal}/report", headers=of.header).json()
    return found


def test_ten_generations_are_hidden_at_once_and_written_down_after() -> None:
    world = w.world()
    line = chain(world, 10)
    assert playable(line) == {video.pk for video in line}
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert playable(line) == set()  # before any follower has run
    assert set(states(*line)) == {"published"}
    for _ in range(2):  # twice is once
        follow("consent.withdrawn", withdrawal.entry_id)
    assert set(states(*line)) == {"withheld"}
    (text,) = told(world.ben.party)  # one message, not one a video
    assert "no longer shown here: 11." in text
    assert told(world.ada.party) == []  # it was her own act
    found = report(world.ada, withdrawal.pk)
    assert (found["withheld"], found["kept"], found["deleted"], found["told"]) == (11, 0, 0, 1)
    assert {one["id"] for one in found["data"]} == {str(video.pk) for video in line}
    assert (found["effective_at"], found["next"]) == (None, None)
    assert report(world.ben, withdrawal.pk)["code"] == "withdrawal-missing"


def test_a_block_hides_ten_generations_and_lifting_it_brings_each_back() -> None:
    world = w.world()
    line = chain(world, 10)
    placed = blocks.place(line[0].pk, case="N-1", reason="rights-of-the-dead", actor=FIRST)
    assert playable(line) == set()
    for _ in range(2):
        follow("block.placed", placed.entry_id)
    assert set(states(*line)) == {"published"}
    assert stops.report(placed.entry_id)["blocked"] == 11
    for party in (world.ben.party, world.ada.party):  # who made them, and who is in them
        (text,) = told(party)
        assert "those who decide for them object" in text
        assert "object within six months" in text
    blocks.lift(placed, actor=SECOND)
    assert playable(line) == {video.pk for video in line}


def test_what_is_kept_is_reported_as_kept_and_its_draft_as_withheld() -> None:
    world = w.world()
    given = w.full_grant(world.ada, world.likeness, world.ben, after_end="keep")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    shown, draft = w.shown(world.ask(), b"shown"), world.ask()
    withdrawal = revocations.withdraw_grant(given, actor=world.ada.party)
    follow("consent.withdrawn", withdrawal.entry_id)
    outcomes = {one["id"]: one["became"] for one in report(world.ada, withdrawal.pk)["data"]}
    assert outcomes == {str(shown.pk): "kept", str(draft.pk): "withheld"}
    assert playable([shown]) == {shown.pk}


def test_the_files_of_all_generations_go_where_the_clause_says_so_and_the_report_says_when() -> None:
    world = w.world()
    given = w.full_grant(world.ada, world.likeness, world.ben, after_end="delete")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    line = chain(world, 2)
    withdrawal = revocations.withdraw_grant(given, actor=world.ada.party)
    follow("consent.withdrawn", withdrawal.entry_id)
    before = report(world.ada, withdrawal.pk)
    assert (before["to_delete"], before["deleted"]) == (3, 0)
    afterwards.sweep()
    after = report(world.ada, withdrawal.pk)
    assert (after["to_delete"], after["deleted"]) == (0, 3)
    assert {one["files"] for one in after["data"]} == {"deleted"}
    assert len(line) == len(after["data"])


def test_another_person_in_a_video_is_told_and_who_was_shut_out_is_not() -> None:
    world = w.world()
    cleo = w.person("cleo")
    hers = w.likeness_of(cleo)
    w.grant(cleo, hers, world.ben)
    world.ask(cast=[world.likeness.pk, hers.pk])
    (withdrawal,) = exclusions.withdraw_party(world.ben.party, actor=world.ada.party)
    follow("consent.withdrawn", withdrawal.entry_id)
    assert len(told(cleo.party)) == 1
    assert told(world.ben.party) == []


def test_the_number_of_statements_does_not_grow_with_the_videos() -> None:
    counted = []
    for number in (1, 2, 8):  # the first makes the key under which our own entries are sealed
        world = w.world()
        for _ in range(number):
            world.ask()
        withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
        with CaptureQueriesContext(connection) as caught:
            assert cascade.take_down(withdrawal.entry_id) == number
        counted.append(len(caught))
    assert counted[1] == counted[2]


def test_a_report_comes_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    from provenance.api import reports

    monkeypatch.setattr(reports, "MOST", 2)
    world = w.world()
    videos = [world.ask() for _ in range(3)]
    withdrawal = revocations.withdraw_grant(world.grant, actor=world.ada.party)
    follow("consent.withdrawn", withdrawal.entry_id)
    first = report(world.ada, withdrawal.pk)
    http = Client()
    door = f"/v1/withdrawals/{withdrawal.pk}/report?after="
    second = http.get(f"{door}{first['next']}", headers=world.ada.header).json()
    assert {one["id"] for one in first["data"] + second["data"]} == {str(video.pk) for video in videos}
    assert second["next"] is None
    assert http.get(f"{door}-1", headers=world.ada.header).status_code == 422
    assert Stop.objects.count() == 3


def test_a_remix_of_a_remix_that_rests_on_another_likeness_stops_too() -> None:
    world = w.world()
    parent = w.shown(world.ask(), b"1")
    remix = renders.remix(parent, prompt="2", actor=world.ben.party)
    withdrawal = revocations.withdraw_likeness(world.likeness, actor=world.ada.party)
    follow("consent.withdrawn", withdrawal.entry_id)
    assert states(parent, remix) == ["withheld", "withheld"]
