"""Whoever is depicted sees every video with them, by pages that cost the same and that nothing moves."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import claims, reviews
from provenance import renders, reuse, sight
from provenance.models import Appearance, Video
from tests.consent import people, test_authority
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


def pages(person: w.Person, query: str = "", limit: int = 2) -> list[list[str]]:
    """Follow the pages to the end."""
    found, after, http = [], "", Client()
    while True:
        answer = http.get(f"/v1/appearances?limit={limit}{after}{query}", headers=person.header)
        assert answer.status_code == 200, answer.content
        listed = answer.json()
        found.append([each["id"] for each in listed["data"]])
        if not listed["has_more"]:
            return found
        after = f"&after={listed['last_id']}"


def flat(found: list[list[str]]) -> list[str]:
    return [each for page in found for each in page]


def newest_first(*videos: Video) -> list[str]:
    return [str(each.pk) for each in sorted(videos, key=lambda one: (one.created_at, one.pk), reverse=True)]


def test_every_video_draft_and_remix_with_them_newest_first_whoever_made_it() -> None:
    world = w.world()
    cleo = w.person("cleo", "client")
    w.grant(world.ada, world.likeness, cleo)
    second = w.likeness_of(world.ada)
    w.grant(world.ada, second, world.ben)
    first = w.shown(world.ask(), b"1")
    both = world.ask(cast=[world.likeness.pk, second.pk])
    other = world.ask(actor=cleo.party)
    remix = renders.remix(first, prompt="2", actor=world.ben.party)
    w.world().ask()  # of somebody else
    found = pages(world.ada)
    assert flat(found) == newest_first(first, both, other, remix)  # one with two of their likenesses is there once
    assert [len(page) for page in found] == [2, 2]
    assert flat(pages(world.ada, "&order=asc")) == flat(found)[::-1]
    assert flat(pages(world.ada, f"&client={cleo.party.pk}")) == [str(other.pk)]
    assert flat(pages(world.ada, f"&likeness={second.pk}")) == [str(both.pk)]
    assert flat(pages(world.ada, f"&made_from={first.pk}")) == [str(remix.pk)]
    assert flat(pages(world.ada, "&state=published")) == [str(first.pk)]
    assert flat(pages(world.ada, "&purpose=satire")) == []
    mine = sight.likenesses(world.ada.party)
    for wanted, expected in (
        (sight.Wanted(since=other.created_at), (other, remix)),
        (sight.Wanted(until=other.created_at), (first, both)),
    ):
        assert [str(one) for one in sight.page(mine, wanted, after=None, limit=9)] == newest_first(*expected)
    assert flat(pages(world.ada, "&from=2999-01-01T00:00:00Z")) == []
    assert flat(pages(world.ada, "&to=2999-01-01T00:00:00Z")) == flat(found)
    assert flat(pages(cleo)) == []


@pytest.mark.parametrize("query", ["likeness=x", "client=1", "state=seen", "purpose=war", "from=now", "made_from=%00"])
def test_a_filter_that_cannot_be_used_is_refused(query: str) -> None:
    answer = Client().get(f"/v1/appearances?{query}", headers=w.person("eve").header)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_what_is_asked_for_meanwhile_moves_no_later_page() -> None:
    world = w.world()
    there = [world.ask() for _ in range(5)]
    mine = sight.likenesses(world.ada.party)
    seen, mark = [], None
    while page := sight.page(mine, sight.Wanted(), after=mark, limit=2):
        seen += page
        world.ask()
        mark = sight.mark(mine, page[-1])
    assert [str(each) for each in seen] == newest_first(*there)


def test_a_mark_that_is_in_somebody_elses_list_is_refused() -> None:
    world = w.world()
    strange = w.world().ask()
    answer = Client().get(f"/v1/appearances?after={strange.pk}", headers=world.ada.header)
    assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid")


def test_a_page_is_so_many_statements_however_many_videos_are_on_it() -> None:
    world = w.world()
    counted = []
    flat(pages(world.ada, limit=20))  # the first use of a token in an hour is noted, which is a statement more
    for number in (1, 4):
        while Video.objects.count() < number:
            w.shown(world.ask(), b"x")
        with CaptureQueriesContext(connection) as caught:
            assert len(flat(pages(world.ada, limit=20))) == number
        counted.append(len(caught))
    assert counted[0] == counted[1]


def test_the_list_is_read_from_its_index_from_the_mark_on() -> None:
    world = w.world()
    video = world.ask()
    statement, values = sight._statement(sight.Wanted(), (video.created_at, video.pk), ascending=False)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"EXPLAIN {statement}", values | {"likenesses": [world.likeness.pk], "limit": 21})
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Only Scan using appearances_of_a_likeness" in plan
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "likeness_id" in condition
    assert "ROW(" in condition  # the mark is where the reading begins, not what is thrown away after it


def test_the_time_of_an_appearance_is_its_videos_after_a_retry_too() -> None:
    world = w.world()
    video = world.ask()
    Video.objects.filter(pk=video.pk).update(state="failed", error_code="render-failed")
    renders.retry(Video.objects.get(pk=video.pk), actor=world.ben.party)
    assert Appearance.objects.get().created_at == video.created_at


def test_co_heirs_and_an_agent_with_sight_see_it_until_their_claim_ends() -> None:
    video = w.world().ask()
    first, second, agent, blind = (people.register(name) for name in ("first", "second", "agent", "blind"))
    likeness = test_authority.inherited(first, second, rule="any")
    Appearance.objects.filter(video=video).update(likeness=likeness)
    claim = test_authority.agent_of(first, likeness, agent, acts=["see"])
    test_authority.agent_of(first, likeness, blind, acts=["grant"])
    told = {}
    for each in (first, second, agent, blind):
        listed = Client().get("/v1/appearances", headers=each.headers()).json()["data"]
        told[each.party.handle] = [(one["id"], one["likenesses"]) for one in listed]
        assert sight.sees(each.party, video) == bool(listed)
    seen = [(str(video.pk), [str(likeness.pk)])]
    assert told == {"first": seen, "second": seen, "agent": seen, "blind": []}
    reviews.recommend(claim, "end", actor=people.SECOND)
    claims.end(claim, actor=people.FIRST)
    assert sight.likenesses(agent.party) == frozenset()
    assert not sight.sees(agent.party, video)


def test_who_holds_nothing_and_claims_nothing_sees_nothing() -> None:
    assert sight.likenesses(w.person("eve").party) == frozenset()


def test_a_creator_keeps_others_from_remixing_and_opens_it_again() -> None:
    world = w.world()
    cleo = w.person("cleo", "client")
    w.grant(world.ada, world.likeness, cleo)
    w.grant(world.ada, world.likeness, world.ada)
    mine = w.shown(world.ask(), b"1")
    remix = w.shown(renders.remix(mine, prompt="2", actor=world.ada.party), b"2")
    http = Client()
    door = f"/v1/videos/{mine.pk}/reuse"
    assert http.put(door, headers=world.ada.header).json()["code"] == "reuse-not-yours"  # is in it, did not make it
    assert http.put(door, headers=cleo.header).json()["code"] == "video-not-found"
    assert http.put(door, headers=world.ben.header).json()["reuse"] == "restricted"
    assert reuse.restrict(mine, actor=world.ben.party).pk == reuse.restrict(mine, actor=world.ben.party).pk
    for parent in (mine, remix):  # a remix uses the part of everybody before
        with pytest.raises(reuse.ReuseRestricted):
            renders.remix(parent, prompt="3", actor=world.ada.party)
    assert renders.remix(mine, prompt="4", actor=world.ben.party)  # their own
    assert http.delete(door, headers=world.ben.header).json()["reuse"] == "open"
    assert renders.remix(mine, prompt="5", actor=world.ada.party)
    assert (w.entries("reuse.restricted"), w.entries("reuse.opened")) == (1, 1)


def test_who_contributed_what_is_exported_to_those_who_may_see_it() -> None:
    world = w.world()
    mine = w.shown(world.ask(), b"1")
    w.grant(world.ada, world.likeness, world.ada)
    remix = w.shown(renders.remix(mine, prompt="2", actor=world.ada.party), b"2")
    told = Client().get(f"/v1/videos/{remix.pk}/contributions", headers=world.ada.header).json()["data"]
    assert [(one["video"], one["part"], one["party"]) for one in told] == [
        (str(remix.pk), "prompt", str(world.ada.party.pk)),
        (str(remix.pk), "edit", str(world.ada.party.pk)),
        (str(remix.pk), "clip", None),
        (str(mine.pk), "prompt", str(world.ben.party.pk)),
        (str(mine.pk), "clip", None),
    ]
    assert {one["entry"] for one in told} == {remix.entry.commit_text, mine.entry.commit_text}
    eve = w.person("eve", "client")
    assert Client().get(f"/v1/videos/{remix.pk}/contributions", headers=eve.header).status_code == 404
