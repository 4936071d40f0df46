"""The door for machines, through the whole stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from consent import revocations
from provenance import examination, publication
from provenance.models import Video
from tests.provenance import world as w

pytestmark = pytest.mark.django_db


@pytest.fixture
def http() -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


def fields(world: w.World, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - form fields
    return {"prompt": "A walk", "likeness": json.dumps([str(world.likeness.pk)]), "purpose": "entertainment"} | changes


def test_a_video_is_asked_for_as_the_clients_of_this_api_do(http: Client) -> None:
    world = w.world()
    answer = http.post("/v1/videos", fields(world, seconds="4", size="1280x720"), headers=world.ben.header)  # multipart
    found = answer.json()
    assert answer.status_code == 200, found
    assert (found["object"], found["status"], found["progress"]) == ("video", "queued", 0)
    assert (found["seconds"], found["size"], found["model"]) == ("4", "1280x720", w.MODEL)
    assert found["consent"]["grants"] == [str(world.grant.pk)]
    assert found["consent"]["decision_id"] == str(w.permit_of(Video.objects.get()).decision_id)
    assert http.get(f"/v1/videos/{found['id']}", headers=world.ben.header).json() == found


@pytest.mark.parametrize("shape", ["list", "text", "json"])
def test_the_cast_may_come_as_a_list_as_text_or_as_json(http: Client, shape: str) -> None:
    world = w.world()
    one = str(world.likeness.pk)
    if shape == "list":
        answer = http.post("/v1/videos", fields(world, likeness=[one, one]), headers=world.ben.header)
    elif shape == "text":
        answer = http.post("/v1/videos", fields(world, likeness=one), headers=world.ben.header)
    else:
        body = fields(world, likeness=[one])
        answer = http.post("/v1/videos", body, content_type="application/json", headers=world.ben.header)
    assert answer.status_code == 200, answer.json()


def test_what_would_be_ignored_is_refused(http: Client) -> None:
    world = w.world()
    one = str(world.likeness.pk)
    twice = http.post("/v1/videos", fields(world, prompt=["One", "Two"]), headers=world.ben.header)
    assert (twice.status_code, twice.json()["error"]["param"]) == (422, "prompt")
    for cast in ({"likeness": [one], "likeness[]": [str(uuid4())]}, {"likeness": {one: None}}):
        body = fields(world) | cast
        answer = http.post("/v1/videos", body, content_type="application/json", headers=world.ben.header)
        assert (answer.status_code, answer.json()["code"]) == (422, "request-invalid"), answer.json()
    assert not Video.objects.exists()


def test_an_idempotency_key_gives_the_same_video_and_never_a_409(http: Client) -> None:
    world = w.world()
    headers = world.ben.header | {"Idempotency-Key": "k1"}
    first = http.post("/v1/videos", fields(world), headers=headers).json()
    assert http.post("/v1/videos", fields(world), headers=headers).json()["id"] == first["id"]
    other = http.post("/v1/videos", fields(world, prompt="Else"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_refusal_speaks_both_languages(http: Client) -> None:
    world = w.world()
    carl = w.person("carl", "client")
    answer = http.post("/v1/videos", fields(world), headers=carl.header)
    found = answer.json()
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert (found["code"], found["error"]["code"]) == ("consent-required", "consent_required")
    assert found["decision_id"] == found["error"]["decision_id"]
    assert found["reasons"][0]["reason"] == "no_grant"
    assert found["error"]["message"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"prompt": ""}, "/prompt"),
        ({"likeness": "[]"}, "/likeness"),
        ({"likeness": "[{]"}, "/likeness"),
        ({"likeness": "[" * 5000}, "/likeness"),
        ({"likeness": "nobody"}, "/likeness"),
        ({"likeness": '[{"id": 1}]'}, "/likeness"),
        ({"purpose": "world domination"}, "/purpose"),
        ({"model": "sora"}, "/model"),
        ({"seconds": "400"}, "/seconds"),
        ({"size": "8x8"}, "/size"),
        ({"lora": "x"}, "/lora"),
        ({"input_reference": SimpleUploadedFile("a.jpg", b"x")}, "/input_reference"),
    ],
)
def test_bad_input_is_named_and_remedied(http: Client, change: dict[str, Any], pointer: str) -> None:
    world = w.world()
    answer = http.post("/v1/videos", fields(world, **change), headers=world.ben.header)
    found = answer.json()
    assert answer.status_code == 422, found
    assert found["errors"][0]["pointer"] == pointer
    assert found["remedy"]
    assert found["error"]["param"] == pointer.lstrip("/")
    assert not Video.objects.exists()


@pytest.mark.parametrize("body", ["[]", "7", "{", '{"prompt": 1.5}', '{"prompt": null}', '{"likeness": {}}', ""])
def test_json_that_is_no_request_is_refused(http: Client, body: str) -> None:
    world = w.world()
    answer = http.post("/v1/videos", body, content_type="application/json", headers=world.ben.header)
    assert 400 <= answer.status_code < 500, answer.content
    assert answer.json()["error"]["message"]


def test_without_a_token_nothing_is_told(http: Client) -> None:
    world = w.world()
    video = world.ask()
    for path in ("/v1/videos", f"/v1/videos/{video.id}", f"/v1/videos/{video.id}/content", "/v1/appearances"):
        assert http.get(path).status_code == 401
    assert http.post("/v1/videos", fields(world)).status_code == 401


def test_to_a_stranger_a_private_video_does_not_exist(http: Client) -> None:
    world = w.world()
    carl = w.person("carl", "client")
    video = w.shown(world.ask(), b"bytes")
    absent = uuid4()
    calls: list[tuple[Callable[..., Any], str]] = [
        (http.get, ""),
        (http.get, "/content"),
        (http.head, "/content"),
        (http.delete, ""),
        (http.post, "/remix"),
        (http.post, "/retry"),
    ]
    for call, suffix in calls:
        answers = [call(f"/v1/videos/{one}{suffix}", headers=carl.header) for one in (video.id, absent)]
        private, missing = (
            one.content.replace(str(video_id).encode(), b"*")
            for one, video_id in zip(answers, (video.id, absent), strict=True)
        )
        assert [one.status_code for one in answers] == [404, 404]
        assert private == missing


def test_a_holder_sees_the_video_the_draft_and_of_the_cast_only_herself(http: Client) -> None:
    world = w.world()
    eve = w.person("eve")
    other = w.likeness_of(eve)
    w.grant(eve, other, world.ben)
    draft = w.shown(world.ask(cast=[world.likeness.pk, other.pk]), b"bytes")
    Video.objects.filter(pk=draft.pk).update(state="stamping", published_at=None)
    shown = http.get(f"/v1/videos/{draft.id}", headers=eve.header).json()
    assert shown["likenesses"] == [str(other.pk)]
    assert len(shown["consent"]["grants"]) == 1
    assert b"".join(http.get(f"/v1/videos/{draft.id}/content", headers=eve.header)) == b"bytes"
    assert http.get(f"/v1/videos/{draft.id}/content", headers=world.ben.header).status_code == 404
    assert http.delete(f"/v1/videos/{draft.id}", headers=eve.header).status_code == 403
    listed = http.get("/v1/appearances", headers=eve.header).json()
    assert [one["id"] for one in listed["data"]] == [str(draft.id)]
    assert http.get("/v1/appearances", headers=world.ben.header).json()["data"] == []


def test_after_a_withdrawal_content_is_gone_in_every_form(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    path = f"/v1/videos/{video.id}/content"
    assert http.get(path, headers=world.ben.header | {"Accept": "video/*"}).status_code == 200
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    for query, more in [("", {}), ("?variant=thumbnail", {}), ("", {"Range": "bytes=0-1"})]:
        answer = http.get(path + query, headers=world.ben.header | more | {"Accept": "video/*"})
        assert (answer.status_code, answer.json()["code"]) == (410, "consent-withdrawn")
    assert http.head(path, headers=world.ben.header).status_code == 410


def test_the_public_status_says_how_consent_stands_and_nothing_of_private_videos(http: Client) -> None:
    world = w.world()
    private = world.ask()
    video = w.shown(world.ask(), b"bytes")

    def state(video_id: object) -> str:
        answer = http.get(f"/v1/videos/{video_id}/status")
        assert set(answer.json()) == {"detail", "id", "state"}
        return str(answer.json()["state"])

    assert (state(video.id), state(private.id), state(uuid4())) == ("consented", "unknown", "unknown")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert (state(video.id), state(private.id)) == ("withdrawn", "unknown")


def test_a_list_is_paged_by_key_in_both_orders(http: Client) -> None:
    world = w.world()
    made = [str(world.ask().id) for _ in range(5)]
    for order, expected in (("asc", made), ("desc", made[::-1])):
        seen: list[str] = []
        after = ""
        while True:
            page = http.get(f"/v1/videos?limit=2&order={order}{after}", headers=world.ben.header).json()
            seen += [one["id"] for one in page["data"]]
            if not page["has_more"]:
                break
            after = f"&after={page['last_id']}"
        assert seen == expected


def test_a_list_costs_the_same_number_of_statements_however_long(
    http: Client,
    django_assert_max_num_queries: Any,  # noqa: ANN401 - pytest-django's
) -> None:
    world = w.world()
    for _ in range(6):
        world.ask()
    with django_assert_max_num_queries(8):
        http.get("/v1/videos", headers=world.ben.header)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "limit=000000001999999", "limit=000000001" + "9" * 30,
        "after=x", "after=2f9c0b7e-6f0c-4c58-9a51-6a3f5b1f0d11", "order=up",
    ],
)  # fmt: skip
def test_a_page_that_does_not_exist_is_refused(http: Client, query: str) -> None:
    world = w.world()
    assert http.get(f"/v1/videos?{query}", headers=world.ben.header).status_code == 422


def test_a_client_deletes_its_video_and_no_longer_sees_it_but_the_holder_does(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    answer = http.delete(f"/v1/videos/{video.id}", headers=world.ben.header)
    assert answer.json() == {"id": str(video.id), "deleted": True, "object": "video.deleted"}
    assert http.get(f"/v1/videos/{video.id}", headers=world.ben.header).status_code == 404
    assert http.get("/v1/videos", headers=world.ben.header).json()["data"] == []
    assert http.get(f"/v1/videos/{video.id}", headers=world.ada.header).json()["error"]["code"] == "deleted-by-client"


def test_remix_and_retry_have_their_doors(http: Client) -> None:
    world = w.world()
    video = w.shown(world.ask(), b"bytes")
    remix = http.post(
        f"/v1/videos/{video.id}/remix",
        {"prompt": "By night"},
        content_type="application/json",
        headers=world.ben.header,
    ).json()
    assert remix["remixed_from_video_id"] == str(video.id)
    answer = http.post(f"/v1/videos/{remix['id']}/retry", headers=world.ben.header)
    assert (answer.status_code, answer.json()["code"]) == (422, "not-retryable")


def test_anyone_checks_a_file_and_learns_each_answer_apart(http: Client) -> None:
    world = w.world()
    video = world.ask()
    w.publish_log()
    w.deliver(video, w.clip())
    video = publication.finish(video.pk)
    data = (Path(settings.MEDIA_ROOT) / video.path).read_bytes()

    def check(file: bytes) -> dict[str, Any]:
        answer = http.post("/v1/verifications", {"file": SimpleUploadedFile("a.mp4", file)})
        assert answer.status_code == 200, answer.content
        return dict(answer.json())

    found = check(data)
    assert (found["integrity"]["verdict"], found["signer"]["verdict"]) == ("intact", "ours")
    assert (found["consent_when_made"]["verdict"], found["since"]["verdict"]) == ("proven", "standing")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert check(data)["since"]["verdict"] == "withdrawn"
    at = data.index(b"mdat") + 2000
    assert check(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])["integrity"]["verdict"] == "tampered"
    assert check(w.clip(seconds=1))["integrity"]["verdict"] == "no_provenance"
    assert check(b"garbage")["integrity"]["verdict"] == "could_not_check"


def test_a_check_without_a_file_is_refused(http: Client) -> None:
    assert http.post("/v1/verifications", {}).json()["code"] == "upload-missing"
    assert http.post("/v1/verifications", {"file": "text"}).json()["code"] == "upload-missing"
    two = [SimpleUploadedFile("a.mp4", b"a"), SimpleUploadedFile("b.mp4", b"b")]
    assert http.post("/v1/verifications", {"file": two}).json()["code"] == "upload-missing"


def test_checks_take_turns_and_one_that_failed_gives_its_place_back(
    http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask() -> Any:  # noqa: ANN401 - Django's test response
        return http.post("/v1/verifications", {"file": SimpleUploadedFile("a.mp4", b"garbage")})

    def broken(*_arguments: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(examination, "PATIENCE_SECONDS", 0.01)
    with examination.a_turn(), examination.a_turn():
        assert (ask().status_code, ask().json()["code"]) == (503, "verification-busy")
    with monkeypatch.context() as patched:
        patched.setattr(examination, "verify", broken)
        assert [ask().status_code for _ in range(3)] == [500, 500, 500]
    assert ask().status_code == 200


def test_the_openapi_document_is_made_without_a_warning(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    target = tmp_path / "openapi.json"
    call_command("spectacular", "--file", str(target), "--format", "openapi-json", "--fail-on-warn", "--validate")
    paths = json.loads(target.read_text())["paths"]
    assert {"/v1/videos", "/v1/videos/{video_id}/content", "/v1/verifications", "/v1/appearances"} <= set(paths)
