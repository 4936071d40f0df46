"""The video door speaks the whole use: each field reaches the decision, and what is owed comes back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from consent.models import Grant
from provenance import lineage, renders, uses
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
SAID = {
    "scenes": ["everyday", "alcohol"],
    "territories": ["ES", "US"],
    "campaign": "spring-26",
    "speech": "Hello there",
    "speech_language": "en",
    "training": True,
}


def full(world: w.World, **changes: Any) -> Grant:  # noqa: ANN401 - members of a document
    return w.full_grant(world.ada, world.likeness, world.ben, **changes)


def wide(world: w.World, **changes: Any) -> Grant:  # noqa: ANN401 - members of a document
    speech: dict[str, Any] = {"kind": "own_words", "scripts": [], "banned": [], "languages": None}
    scenes = {"allowed": ["alcohol", "everyday"], "denied": []}
    return full(world, scenes=scenes, speech=speech, **changes)


def test_each_field_reaches_the_decision_as_json_and_as_a_form(client: Client) -> None:
    world = w.world()
    wide(world)
    said: dict[str, Any] = {name: value for name, value in SAID.items() if name != "training"}
    said["modalities"] = {str(world.likeness.pk): ["face"]}
    body = {"prompt": "A walk", "likeness": [str(world.likeness.pk)], "purpose": "entertainment"}
    sent = client.post("/v1/videos", body | said, content_type="application/json", headers=world.ben.header)
    assert sent.status_code == 200, sent.json()
    form = body | said | {"modalities": json.dumps(said["modalities"]), "territories": json.dumps(["ES", "US"])}
    other = client.post("/v1/videos", form | {"training": "false"}, headers=world.ben.header)
    assert other.status_code == 200, other.json()
    for answer in (sent, other):
        use = w.permit_of(Video.objects.get(pk=answer.json()["id"])).decision.use
        assert use["scenes"] == ["alcohol", "everyday"]
        assert use["territories"] == ["ES", "US"]
        assert use["campaign"] == "spring-26"
        assert use["words"] == {"text": "Hello there", "language": "en"}
        assert use["modalities"] == {str(world.likeness.pk): ["face"]}
        assert use["training"] is False


@pytest.mark.parametrize("field", ["scenes", "speech", "training"])
def test_a_field_that_the_grant_does_not_cover_is_denied(field: str) -> None:
    world = w.world()
    said = {name: value for name, value in SAID.items() if name.startswith(field)}
    with pytest.raises(renders.ConsentRequired):
        world.ask(said=said)
    world.ask()  # the same without it is allowed


def test_the_same_key_with_another_use_is_another_request() -> None:
    world = w.world()
    first = world.ask(idempotency_key="k", said={"campaign": "a"})
    assert world.ask(idempotency_key="k", said={"campaign": "a"}) == first
    with pytest.raises(renders.KeyReused):
        world.ask(idempotency_key="k", said={"campaign": "b"})


def test_a_request_that_says_nothing_keeps_the_digest_it_always_had() -> None:
    from uuid import UUID

    from provenance.asked import Asked

    old = Asked("A walk", (UUID(int=1),), "satire", "m", 4, "1280x720")
    assert old.sha256() == "c09a76066a5aca56c04657461182d67dfe12df1ec6b50c8d47122bd72ae54db8"


def test_a_remix_inherits_and_counts_its_depth_by_its_lineage() -> None:
    world = w.world()
    wide(world)  # three deep
    video = world.ask(said={"scenes": ["alcohol"], "campaign": "a"})
    for depth in range(1, 4):
        w.shown(video, b"bytes")
        video = renders.remix(video, prompt="Again", said={"scenes": ["everyday"]}, actor=world.ben.party)
        use = w.permit_of(video).decision.use
        assert (use["depth"], lineage.depth(video.id)) == (depth, depth)
        assert (use["scenes"], use["campaign"]) == (["alcohol", "everyday"], "a")
    w.shown(video, b"bytes")
    with pytest.raises(renders.ConsentRequired):
        renders.remix(video, prompt="Once too often", actor=world.ben.party)


def test_gate_3_decides_the_same_use_again() -> None:
    world = w.world()
    wide(world)
    video = world.ask(said={"scenes": ["alcohol"]})
    assert uses.use_of(video).scenes == {"alcohol"}


def test_what_a_video_owes_is_told_to_its_client_and_to_whom_it_is_owed(client: Client) -> None:
    world = w.world()
    rate = {"currency": "EUR", "per": "use", "amount": "2.5", "split": []}
    owing = full(world, credit="With Ada", rate=rate)
    video = world.ask()
    for asker in (world.ben, world.ada):
        found = client.get(f"/v1/videos/{video.id}", headers=asker.header).json()["consent"]["obligations"]
        duties = {one["duty"]: one for one in found}
        assert set(duties) == {"label", "pay", "attribute"}
        assert duties["attribute"]["credit"] == "With Ada"
        assert duties["pay"]["rate"] == rate
        assert duties["pay"]["grant"] == str(owing.pk)
        assert duties["label"]["likeness"] is None
