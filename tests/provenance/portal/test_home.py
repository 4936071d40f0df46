"""The home of a likeness, its videos and its refusals: what is there, what is not, and what it costs."""

from __future__ import annotations

import re
import uuid
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from consent import grants, revocations
from consent.models import Exclusion, Grant, Likeness, Party
from provenance import publication, renders
from provenance.models import Appearance, Video
from provenance.portal import attempts
from tests.consent import asking, logins, people, test_authority
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
PAGES = ["/me/", "/me/videos", "/me/attempts", "/me/requests", "/me/earnings", "/me/licences"]
HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>\u202e\U0001f600'


def browser(person: Any) -> Client:  # noqa: ANN401 - a person of either kind of test
    person.party.refresh_from_db()
    return logins.client_of(person.party.user or logins.own(person.party))


def text(answer: Any) -> str:  # noqa: ANN401 - Django's test response
    assert answer.status_code == 200, answer.content[:400]
    assert "no-store" in answer["Cache-Control"]
    found: str = answer.content.decode()
    return found


def refused(world: w.World, times: int = 1, **asked: Any) -> None:  # noqa: ANN401 - arguments of the verb
    for _ in range(times):
        with suppress(renders.ConsentRequired):
            world.ask(**({"purpose": "advertising"} | asked))


def cost(client: Client, path: str) -> int:
    client.get(path)  # whatever is looked up once in a process is looked up now
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


@pytest.mark.parametrize("path", PAGES)
def test_without_a_log_in_there_is_no_page(path: str) -> None:
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/login/")


@pytest.mark.parametrize("path", PAGES)
def test_who_has_nothing_is_told_so_and_how_to_begin(path: str) -> None:
    assert "<h1>" in text(browser(w.person("eve")).get(path))


def test_the_home_says_who_asks_for_a_permission() -> None:
    world = w.world()
    made = asking.ask(w.person("carl", "client"), world.likeness.pk)  # type: ignore[arg-type]  # it asks for the party alone
    client = browser(world.ada)
    found = text(client.get("/me/"))
    assert f'href="/me/asks/{made.pk}"' in found
    assert "asks for your permission" in found
    client.post(f"/me/asks/{made.pk}", {"answer": "no"})
    assert "asks for your permission" not in text(client.get("/me/"))


def test_the_home_shows_who_may_what_was_made_and_who_was_refused() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    refused(world)
    found = text(browser(world.ada).get("/me/"))
    assert "1 named party" in found
    assert "<strong>Ben</strong>" in found
    assert f"/me/videos/{video.pk}" in found
    assert f"/me/videos/{video.pk}/content?variant=thumbnail" in found
    assert "You did not permit this purpose." in found
    assert "Nothing waits for you." in found
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    found = text(browser(world.ada).get("/me/"))
    assert "No permission is in force" in found
    assert "variant=thumbnail" not in found
    assert "Permission has ended, so it is not shown." in found


def test_a_permission_to_everybody_is_said_first() -> None:
    world = w.world()
    wide = world.grant.terms | {"audience": {"kind": "everyone", "except": []}}  # signing it needs a fresh proof
    Grant.objects.filter(pk=world.grant.pk).update(terms=wide)
    assert "Everybody, also strangers" in text(browser(world.ada).get("/me/"))


def test_the_log_in_leads_home() -> None:
    world = w.world()
    client = Client()
    logins.own(world.ada.party)
    answer = client.post(
        "/account/login/", {"login": f"{world.ada.party.handle}@example.org", "password": "correct horse battery"}
    )
    assert answer["Location"] == "/me/"


def test_who_acts_for_several_switches_and_never_to_anybody_elses() -> None:
    world, other = w.world(), w.world()
    second = w.likeness_of(world.ada)
    second.name = "Stage name"
    second.save(update_fields=["name"])
    client = browser(world.ada)
    assert "Stage name" in text(client.get("/me/"))
    assert "<h1>Stage name</h1>" in text(client.get(f"/me/?likeness={second.pk}"))
    for wrong in (other.likeness.pk, uuid.uuid4(), "x", "\x00", "%00"):
        for path in ("/me/", "/me/attempts"):
            assert client.get(path, {"likeness": str(wrong)}).status_code == 404


@pytest.mark.parametrize(
    ("role", "subject", "words"),
    [
        ("estate", {"kind": "deceased"}, "You act for the estate"),
        ("guardian", {"kind": "person", "adult_on": "2040-01-01"}, "You act as guardian"),
        ("studio", {"kind": "character"}, "You act for the studio"),
    ],
    ids=["estate", "guardian", "studio"],
)
def test_who_acts_for_another_has_the_same_home(role: str, subject: dict[str, str], words: str) -> None:
    somebody = people.register(role)
    about = {"name": "Somebody else", "rule": "any", "adult_on": None} | subject
    people.accepted(somebody, people.claim(somebody, role=role, subject=about))
    found = text(browser(somebody).get("/me/"))
    assert words in found
    assert "<h1>Somebody else</h1>" in found
    assert "/me/claims" in found


def test_an_agent_has_the_same_home_and_is_not_asked_to_agree() -> None:
    world, agent = w.world(), people.register("agent")
    video = w.shown(world.ask(), b"bytes")
    ada = people.Person(world.ada.party, world.ada.party.keys.get(), world.ada.key, "")
    test_authority.agent_of(ada, world.likeness, agent, acts=["see"], purposes=None)
    found = text(browser(agent).get("/me/"))
    assert "You act as agent" in found
    assert f"/me/videos/{video.pk}" in found
    assert "ask for your word" not in found
    assert f"/takedown?video={video.pk}" in text(browser(agent).get(f"/me/videos/{video.pk}"))


def test_heirs_are_told_at_home_what_the_others_want() -> None:
    first, second = people.register("first"), people.register("second")
    likeness = test_authority.inherited(first, second, rule="all")
    document = grants.draft(likeness, people.terms(first.party), key=first.key, language="en", actor=first.party)
    people.agree(first, likeness, "grant", document)
    assert "ask for your word" in text(browser(second).get("/me/"))
    assert "ask for your word" not in text(browser(first).get("/me/"))


def test_an_heir_sees_the_home_and_may_not_shut_anybody_out_alone() -> None:
    video = w.world().ask()
    first, second = people.register("first"), people.register("second")
    likeness = test_authority.inherited(first, second, rule="any")
    Appearance.objects.filter(video=video).update(likeness=likeness)
    found = text(browser(second).get("/me/"))
    assert "one of the heirs" in found
    assert f"/me/videos/{video.pk}" in found
    assert likeness.holder_id == first.party.pk
    for person, may in ((first, True), (second, False)):
        page = text(browser(person).get(f"/me/videos/{video.pk}"))
        assert ("/exclusion" in page) is may


def test_the_list_is_filtered_and_paged_and_a_bad_filter_is_told_beside_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("provenance.portal.videos.PAGE", 2)
    world = w.world()
    videos = [world.ask() for _ in range(3)]
    client = browser(world.ada)
    first = text(client.get("/me/videos"))
    assert first.count('class="card made"') == 2
    assert f'href="/me/videos?after={videos[1].pk}"' in first
    older = text(client.get(f"/me/videos?after={videos[1].pk}"))
    assert older.count('class="card made"') == 1
    assert 'href="/me/videos?"' in older
    assert "Nothing fits" in text(client.get("/me/videos?state=shown"))
    assert text(client.get("/me/videos?state=making")).count('class="card made"') == 2
    assert "Nothing fits" in text(client.get(f"/me/videos?client={uuid.uuid4()}"))
    for wrong in ("state=x", "purpose=war", "since=now", "client=1", "after=x", "likeness=x", "made_from=%00"):
        assert client.get(f"/me/videos?{wrong}").status_code == 422


def test_one_video_says_why_it_was_allowed_and_what_it_came_from() -> None:
    world = w.world()
    parent = w.shown(world.ask(prompt=HOSTILE), b"1")
    remix = w.shown(renders.remix(parent, prompt="Again", actor=world.ben.party), b"2")
    client = browser(world.ada)
    found = text(client.get(f"/me/videos/{remix.pk}"))
    assert "A permission for Face" in found
    assert f"/me/videos/{parent.pk}" in found
    assert "made it out of another video" in found
    above = text(client.get(f"/me/videos/{parent.pk}"))
    assert "1 video was made from it" in above
    assert "<script>alert" not in above
    assert f"made_from={parent.pk}" in above
    assert client.get("/me/videos", {"made_from": str(parent.pk)}).content.decode().count('class="card made"') == 1


def test_a_video_of_others_is_absent_and_its_makers_page_is_the_api() -> None:
    world, other = w.world(), w.world()
    video = w.shown(world.ask(), b"1")
    for person in (other.ada, world.ben):
        assert browser(person).get(f"/me/videos/{video.pk}").status_code == 404
    assert browser(other.ada).get(f"/me/videos/{video.pk}/content").status_code == 404
    assert browser(world.ada).get(f"/me/videos/{uuid.uuid4()}").status_code == 404


def test_the_bytes_go_to_a_session_as_to_a_token_under_the_same_gates() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes of it")
    client = browser(world.ada)
    path = f"/me/videos/{video.pk}/content"
    answer = client.get(path)
    assert b"".join(answer.streaming_content) == b"bytes of it"  # type: ignore[attr-defined]  # it streams
    assert "no-store" in answer["Cache-Control"]
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    part = client.get(path, headers={"Range": "bytes=0-4"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"bytes")  # type: ignore[attr-defined]  # it streams
    for foreign in ("cross-site", "same-site"):
        assert client.get(path, headers={"Sec-Fetch-Site": foreign}).status_code == 403
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    for variant in ("video", "thumbnail", "spritesheet"):
        assert client.get(f"{path}?variant={variant}").status_code == 410
    assert client.get(f"{path}?variant=x").status_code in {404, 410}


def test_a_refused_request_is_shown_with_its_reason_and_its_asker_shut_out_in_one_step() -> None:
    world = w.world()
    refused(world, 2)
    client = browser(world.ada)
    found = text(client.get("/me/attempts"))
    assert "2 of 2 requests were refused" in found
    assert "You did not permit this purpose." in found
    path = re.findall(r'action="(/me/attempts/[^"]+)"', found)[0]
    sent = {"likeness": str(world.likeness.pk)}
    for _ in range(2):
        assert client.post(path, sent).status_code == 302
    assert Exclusion.objects.get().party_id == world.ben.party.pk
    assert "shut out" in text(client.get("/me/attempts"))
    stranger = browser(w.world().ada)
    assert stranger.post(path, sent).status_code in {404, 422}
    assert client.post(path, {"likeness": "x\x00"}).status_code in {404, 422}
    assert Exclusion.objects.count() == 1


def test_refusals_are_read_by_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    world = w.world()
    refused(world, 3)
    world.ask()
    first = attempts.window(world.likeness.pk, after=None, size=2)
    assert (len(first.attempts), first.looked_at) == (1, 2)
    second = attempts.window(world.likeness.pk, after=first.last, size=2)
    assert (len(second.attempts), second.looked_at, second.last) == (2, 2, None)
    monkeypatch.setattr(attempts.window, "__kwdefaults__", {"size": 2})
    client = browser(world.ada)
    assert f"after={first.last}" in text(client.get("/me/attempts"))
    assert "2 of 2 requests were refused" in text(client.get(f"/me/attempts?after={first.last}"))
    assert "1 of 2 requests was refused" in text(client.get("/me/attempts?after=x"))


def test_who_else_was_in_the_cast_is_not_told() -> None:
    world, other = w.world(), w.world()
    refused(world, cast=[world.likeness.pk, other.likeness.pk], purpose="entertainment")
    found = text(browser(world.ada).get("/me/attempts"))
    assert "1 of 1 requests was refused" in found
    for reason in ("No permission of yours", "Your permission is not for them."):  # of the other one
        assert reason not in found
    assert str(other.likeness.pk) not in found


def test_a_page_costs_the_same_for_many_as_for_few() -> None:
    few, many = w.world(), w.world()
    for world, count in ((few, 2), (many, 6)):
        for number in range(count):
            w.shown(world.ask(), b"%d" % number)
        refused(world, count)
        for _ in range(count - 1):
            w.grant(world.ada, world.likeness, w.person("cleo", "client"), lasts=timedelta(days=2))
    one, other = browser(few.ada), browser(many.ada)
    for path in PAGES:
        assert cost(one, path) == cost(other, path), path
    assert cost(one, "/me/") <= 45


def test_a_long_line_costs_what_a_short_one_does() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"0")
    client = browser(world.ada)
    line = [video]
    for number in range(3):
        line.append(w.shown(renders.remix(line[-1], prompt="x", actor=world.ben.party), b"%d" % (number + 1)))
    costs = {cost(client, f"/me/videos/{each.pk}") for each in line[1:]}
    assert len(costs) == 1


def test_hostile_names_are_text() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"1")
    refused(world)
    Party.objects.filter(pk=world.ben.party.pk).update(name=HOSTILE)
    Likeness.objects.filter(pk=world.likeness.pk).update(name=HOSTILE)
    client = browser(world.ada)
    for path in [*PAGES, f"/me/videos/{video.pk}"]:
        assert "<script>alert" not in text(client.get(path))
        assert "<img src=x" not in text(client.get(path))


def test_a_video_that_was_deleted_says_so() -> None:
    world = w.world()
    video = w.shown(world.ask(), b"1")
    publication.delete(video, actor=world.ben.party)
    found = text(browser(world.ada).get(f"/me/videos/{video.pk}"))
    assert "Whoever asked for it has deleted it." in found
    assert Video.objects.get(pk=video.pk).state == "withheld"
