"""Webhooks about videos: to their client, and to whom they show."""

from __future__ import annotations

from pathlib import Path

import pytest

from consent.models import WebhookDelivery
from consent.webhooks import endpoints, targets
from gpu_client import jobs
from gpu_client.models import RenderJob
from ledger.follower import LoggedEntry
from ledger.models import Entry
from provenance import cascade, heralds, publication
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def public_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: ["93.184.216.34"])


def tell_all() -> None:
    for entry in Entry.objects.order_by("created_at", "pk"):
        heralds.handle(LoggedEntry(0, entry.kind, entry.pk, {}))


def listen(*people: w.Person) -> None:
    for person in people:
        endpoints.register("https://hooks.example.com/", ["*"], actor=person.party)


def told(person: w.Person) -> list[tuple[str, object]]:
    rows = WebhookDelivery.objects.filter(endpoint__party=person.party).order_by("entry__created_at")
    return [(row.event, row.body["data"]) for row in rows]


def test_client_and_depicted_hear_what_became_of_a_video_and_nobody_else_does() -> None:
    world, other = w.world(), w.world()
    listen(world.ada, world.ben, other.ada, other.ben)
    video = w.shown(world.ask(), b"bytes")
    publication.withhold({video.pk}, because="grant_withdrawn", published=True)
    for _ in range(2):
        tell_all()
    kinds = {"video.stamped", "video.published", "video.withheld", "video.removed", "video.failed"}
    on_record = list(Entry.objects.filter(kind__in=kinds).order_by("created_at").values_list("kind", flat=True))
    assert on_record
    assert "video.withheld" in on_record
    data = {
        kind: {"entry": None, "videos": [str(video.pk)]}
        if kind == "video.withheld"
        else {"entry": None, "video": str(video.pk)}
        for kind in kinds
    }
    assert told(world.ada) == told(world.ben) == [(kind, data[kind]) for kind in on_record]
    assert told(other.ada) == told(other.ben) == []


def test_of_a_cascade_each_hears_of_their_own_videos() -> None:
    world = w.world()
    cleo = w.person("cleo", "client")
    w.grant(world.ada, world.likeness, cleo)
    listen(world.ada, world.ben, cleo)
    bens, cleos = w.shown(world.ask(), b"ben"), w.shown(world.ask(actor=cleo.party), b"cleo")
    publication.withhold({bens.pk, cleos.pk}, because="grant_withdrawn", published=True)
    tell_all()
    heard = [[data for kind, data in told(each) if kind == "video.withheld"] for each in (world.ada, world.ben, cleo)]
    both, own, other = (
        {"entry": None, "videos": sorted(map(str, ids))} for ids in ([bens.pk, cleos.pk], [bens.pk], [cleos.pk])
    )
    assert heard == [[both], [own], [other]]


def test_a_request_that_ends_without_a_video_is_told() -> None:
    world = w.world()
    listen(world.ben)
    video = world.ask()
    jobs.cancel(RenderJob.objects.get(pk=video.job), reason="render-abandoned", actor="system:test")
    finished = RenderJob.objects.get(pk=video.job).finished_entry_id
    assert finished is not None
    cascade.handle(LoggedEntry(0, "render.cancelled", finished, {}))
    tell_all()
    assert told(world.ben) == [("video.failed", {"entry": None, "video": str(video.pk)})]


def test_every_kind_of_entry_about_a_video_that_concerns_people_is_told() -> None:
    code = "".join(file.read_text() for file in Path(heralds.__file__).parent.glob("*.py"))
    for kind in heralds.TOLD:
        assert f'log.append("{kind}"' in code
