"""The stock `openai` SDK and requests like its own, against the gateway; no renderer."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import openai
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import exclusions, revocations
from consent.models import Decision, Likeness
from provenance import naming, repeats
from provenance.api.fields import GRANT, PURPOSE
from provenance.mentions import mentioned
from provenance.models import Video
from tests.provenance import workshop
from tests.provenance import world as w

pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:The Sora API:DeprecationWarning")]


@pytest.fixture
def http() -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


@pytest.fixture
def world() -> w.World:
    return w.world()


def sdk(token: str, **more: Any) -> openai.OpenAI:  # noqa: ANN401 - the SDK's own arguments
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    inside = httpx2.Client(transport=httpx2.MockTransport(through_django))
    return openai.OpenAI(base_url="http://127.0.0.1/v1", api_key=token, http_client=inside, **more)


def through_django(request: httpx2.Request) -> httpx2.Response:
    """Carry the SDK's own bytes to the views, in this test's transaction."""
    headers = {name: value for name, value in request.headers.items() if name != "content-type"}
    answer = Client(raise_request_exception=False).generic(
        request.method,
        str(request.url.raw_path, "ascii"),
        request.read(),
        request.headers.get("content-type", ""),
        headers=headers,
    )
    return httpx2.Response(answer.status_code, headers=dict(answer.headers), content=b"".join(answer))


@pytest.fixture
def ben(world: w.World) -> Iterator[openai.OpenAI]:
    with sdk(world.ben.token) as client:
        yield client


def test_the_stock_sdk_runs_its_whole_course(world: w.World, ben: openai.OpenAI) -> None:
    made = ben.videos.create(prompt=f"@{world.ada.party.handle} walks by the sea", seconds="4", size="1280x720")
    assert (made.object, made.status, made.seconds, made.progress) == ("video", "queued", "4", 0)
    assert made.consent["grants"] == [str(world.grant.pk)]  # type: ignore[attr-defined]  # a field of ours
    w.shown(Video.objects.get(), b"some bytes")
    assert ben.videos.poll(made.id).status == "completed"
    assert ben.videos.download_content(made.id).read() == b"some bytes"
    assert ben.videos.download_content(made.id, variant="thumbnail").read().endswith(b"thumbnail")
    assert ben.videos.download_content(made.id, variant="spritesheet").read().endswith(b"sheet")
    remix = ben.videos.remix(made.id, prompt="By night")
    assert (remix.remixed_from_video_id, remix.size) == (made.id, "1280x720")
    edit = ben.videos.edit(prompt="In red", video=("a.mp4", b"some bytes"))
    longer = ben.videos.extend(prompt="And on", seconds="8", video=("a.mp4", b"some bytes"))
    assert (edit.remixed_from_video_id, longer.remixed_from_video_id, longer.seconds) == (made.id, made.id, "8")
    assert [one.id for one in ben.videos.list(order="asc", limit=3)] == [made.id, remix.id, edit.id, longer.id]
    gone = ben.videos.delete(made.id)
    assert (gone.id, gone.deleted, gone.object) == (made.id, True, "video.deleted")
    with pytest.raises(openai.NotFoundError) as missing:
        ben.videos.retrieve(made.id)
    assert missing.value.code == "video_not_found"


def test_a_refusal_reads_well_in_the_sdk_and_is_sent_once(world: w.World, monkeypatch: pytest.MonkeyPatch) -> None:
    carl = w.person("carl", "client")
    with sdk(carl.token) as client, pytest.raises(openai.PermissionDeniedError) as refused:
        client.videos.create(prompt="A walk", extra_body={"likeness": str(world.likeness.pk)})
    error = refused.value
    assert (error.status_code, error.code, error.param) == (403, "consent_required", "likeness")
    assert "Ask the holders" in str(error)
    assert error.response.headers["x-should-retry"] == "false"
    assert isinstance(error.body, dict)
    assert error.body["reasons"][0]["reason"] == "no_grant"
    assert error.body["decision_id"] == str(Decision.objects.get().pk)
    assert error.body["ask_url"] == f"{settings.PUBLIC_URL}/v1/consent-requests"
    assert Client().post("/v1/consent-requests").status_code == 401  # it is there, for whoever has a token
    assert Decision.objects.count() == 1


@pytest.mark.parametrize("shape", ["repeated", "brackets", "objects", "parts", "json", "grant", "header", "characters"])
def test_a_likeness_is_named_in_any_shape(http: Client, world: w.World, shape: str) -> None:
    one, grant = str(world.likeness.pk), str(world.grant.pk)
    shapes: dict[str, dict[str, Any]] = {
        "repeated": {"likeness": [one, one]},
        "brackets": {"likeness[]": [one]},
        "objects": {"likeness": json.dumps([{"id": one, "grant": grant}])},
        "parts": {"likeness[][id]": one, "likeness[][grant]": grant},
        "json": {"likeness": json.dumps({"id": one})},
        "grant": {"grant": grant},
        "header": {},
        "characters": {"characters[0][id]": one},
    }
    more = {GRANT: grant} if shape == "header" else {}
    answer = http.post("/v1/videos", {"prompt": "A walk"} | shapes[shape], headers=world.ben.header | more)
    assert (answer.status_code, answer.json().get("likenesses")) == (200, [one]), answer.json()
    assert answer.json()["purpose"] == "entertainment"


@pytest.mark.parametrize(
    ("prompt", "found"),
    [
        ("@ada and @ben-2, then @ada.", ("ada", "ben-2")),
        ("write to ada@example.com", ()),
        ("@Ada", ("Ada",)),
        ("@\u0430da (the first letter is Cyrillic)", ("\u0430da",)),
        ("@ada's dog", ("ada",)),
        ("@@ada @", ("ada",)),
        ("@ada_2", ("ada_2",)),
    ],
)
def test_a_mention_is_exact(prompt: str, found: tuple[str, ...]) -> None:
    assert mentioned(prompt) == found


OF_A_REQUEST = {"Content-Length", "X-Request-Id", "RateLimit"}  # they tell of who asks and when, not of what is there


def answered(http: Client, person: w.Person, body: dict[str, Any], *unlike: str) -> bytes:
    """Return the whole answer but its random number and the name that was asked for."""
    answer = http.post("/v1/videos", body, content_type="application/json", headers=person.header)
    assert answer.status_code == 403, answer.json()
    text = answer.content.decode().replace(answer.json()["decision_id"], "-")
    for each in unlike:
        text = text.replace(each, "name")
    headers = sorted((name, value) for name, value in answer.headers.items() if name not in OF_A_REQUEST)
    return f"{headers}{text}".encode()


def test_a_handle_that_is_absent_unshared_or_shut_out_is_answered_in_the_same_bytes(
    http: Client, world: w.World
) -> None:
    carl, ada = w.person("carl", "client"), world.ada.party.handle
    body = {"prompt": "@{} in the rain", "purpose": "entertainment"}

    def ask(handle: str, **more: object) -> bytes:
        return answered(http, carl, body | {"prompt": f"@{handle} in the rain"} | more, handle)

    unshared = ask(ada)
    assert ask("nobody-at-all") == ask(ada.upper()) == unshared
    assert str(world.likeness.pk) not in unshared.decode()
    assert b'"likeness":"@name"' in unshared.replace(b" ", b"")
    exclusions.withdraw_party(carl.party, actor=world.ada.party)
    assert ask(ada) == unshared
    # nor whether a handle is the likeness whose id one knows
    both = ask(ada, likeness=[str(world.likeness.pk)])
    assert ask("nobody-at-all", likeness=[str(world.likeness.pk)]) == both
    assert world.likeness.attempts.count() == 4  # its holder sees each


def test_what_one_likeness_says_of_the_company_of_another_does_not_tell_whose_handle_it_is() -> None:
    one, other = uuid4(), uuid4()
    company = {"likeness": str(one), "reason": "co_appearance", "clause": "/terms/company", "grant": "g"}
    unknown = {"likeness": str(other), "reason": "no_grant", "clause": None, "grant": None}
    names = naming.Names({str(one): one, "@eve": other})
    assert names.told([company, unknown]) == names.told([unknown]) == [unknown | {"likeness": "@eve"}]
    known = unknown | {"reason": "purpose", "grant": "h"}
    assert [reason["reason"] for reason in names.told([known, company])] == ["co_appearance", "purpose"]


def test_a_grant_of_somebody_else_is_answered_like_none(http: Client, world: w.World) -> None:
    carl = w.person("carl", "client")
    grant, none = str(world.grant.pk), str(uuid4())
    body = {"prompt": "A walk", "purpose": "entertainment"}
    assert answered(http, carl, body | {"grant": [grant]}, grant) == answered(
        http, carl, body | {"grant": [none]}, none
    )


def test_a_handle_in_the_prompt_of_a_remix_adds_who_has_to_permit_it(http: Client, world: w.World) -> None:
    video = w.shown(world.ask(), b"bytes")
    eve = w.person("eve")
    w.likeness_of(eve)
    path, body = f"/v1/videos/{video.pk}/remix", {"prompt": f"with @{eve.party.handle}"}
    answer = http.post(path, body, content_type="application/json", headers=world.ben.header)
    assert (answer.status_code, answer.json()["reasons"][0]["likeness"]) == (403, f"@{eve.party.handle}")


def test_a_video_never_rests_on_another_grant_than_one_that_was_named(http: Client, world: w.World) -> None:
    other = w.grant(world.ada, world.likeness, world.ben, purposes=["entertainment", "satire"])
    first, second = (
        http.post("/v1/videos", {"prompt": "A", "grant": str(each.pk)}, headers=world.ben.header)
        for each in (world.grant, other)
    )
    assert sorted((first.status_code, second.status_code)) == [200, 422]
    assert Video.objects.count() == 1


def test_too_many_names_are_counted_before_they_are_looked_up(http: Client, world: w.World) -> None:
    prompt = " ".join(f"@somebody-{number}" for number in range(9))
    answer = http.post("/v1/videos", {"prompt": prompt}, headers=world.ben.header)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "likeness")
    assert naming.nobody("x") == naming.nobody("x") != naming.nobody("y")


def test_the_purpose_may_come_in_a_header_and_is_never_assumed_to_be_more(http: Client, world: w.World) -> None:
    body = {"prompt": "A walk", "likeness": str(world.likeness.pk)}
    answer = http.post("/v1/videos", body, headers=world.ben.header | {PURPOSE: "advertising"})
    assert (answer.status_code, answer.json()["reasons"][0]["reason"]) == (403, "purpose")


# --- what a library sends again ---------------------------------------------------------------------------------


def tried(http: Client, world: w.World, count: object, **more: str) -> str:
    body = {"prompt": "A walk", "likeness": str(world.likeness.pk)} | more
    answer = http.post("/v1/videos", body, headers=world.ben.header | {"X-Stainless-Retry-Count": str(count)})
    assert answer.status_code == 200, answer.json()
    return str(answer.json()["id"])


def test_tries_of_one_call_cost_one_render_and_two_calls_two(http: Client, world: w.World) -> None:
    first = tried(http, world, 0)
    assert tried(http, world, 1) == tried(http, world, 2) == first
    second = tried(http, world, 0)
    assert second != first
    assert tried(http, world, 1) == second
    assert tried(http, world, 1) == second  # a proxy may double even that
    assert tried(http, world, 1, prompt="Else") not in {first, second}
    assert Video.objects.count() == 3


def test_a_first_try_that_comes_late_is_still_the_same_call(http: Client, world: w.World) -> None:
    second = tried(http, world, 1)
    assert tried(http, world, 0) == second
    assert tried(http, world, 0) != second


def test_after_ten_minutes_or_a_deletion_a_try_is_a_new_call(http: Client, world: w.World) -> None:
    first = tried(http, world, 0)
    Video.objects.filter(pk=first).update(created_at=Video.objects.get(pk=first).created_at - repeats.WINDOW)
    second = tried(http, world, 1)
    assert second != first
    http.delete(f"/v1/videos/{second}", headers=world.ben.header)
    assert tried(http, world, 2) not in {first, second}


@pytest.mark.parametrize("count", ["-1", "x", "999", "", "1.0", "\u0661"])
def test_a_count_that_is_none_makes_no_difference(count: str) -> None:
    assert repeats.count(count) is None


def test_no_client_can_write_a_key_that_looks_like_ours(http: Client, world: w.World) -> None:
    body = {"prompt": "A walk", "likeness": str(world.likeness.pk)}
    for key, status in (("try:zz", 200), ("try zz", 422)):
        answer = http.post("/v1/videos", body, headers=world.ben.header | {"Idempotency-Key": key})
        assert answer.status_code == status
    tried(http, world, 1)


# --- edits, extensions, characters ------------------------------------------------------------------------------


def test_an_edit_names_one_video_by_file_or_id(http: Client, world: w.World) -> None:
    video = w.shown(world.ask(), b"bytes")
    named: list[tuple[dict[str, Any], bool]] = [
        ({"video": SimpleUploadedFile("a.mp4", b"bytes")}, False),
        ({"video": json.dumps({"id": str(video.pk)})}, False),
        ({"video[id]": str(video.pk)}, False),
        ({"video": {"id": str(video.pk)}}, True),
    ]
    for body, as_json in named:
        sent = {"prompt": "In red"} | body
        if as_json:
            answer = http.post("/v1/videos/edits", sent, content_type="application/json", headers=world.ben.header)
        else:
            answer = http.post("/v1/videos/edits", sent, headers=world.ben.header)
        assert answer.json()["remixed_from_video_id"] == str(video.pk), answer.json()


def test_a_file_that_is_no_video_of_theirs_is_refused_alike(http: Client, world: w.World) -> None:
    w.shown(world.ask(), b"bytes")
    carl = w.person("carl", "client")
    found = []
    for data in (b"bytes", b"bytez"):
        body = {"prompt": "In red", "video": SimpleUploadedFile("a.mp4", data)}
        found.append(http.post("/v1/videos/extensions", body, headers=carl.header))
    assert found[0].content == found[1].content
    assert (found[0].status_code, found[0].json()["error"]["code"]) == (422, "source_unknown")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"video": "x"}, 404),
        ({"video": "{"}, 422),
        ({"video": '{"id": 1}'}, 422),
        ({"video": str(uuid4())}, 404),
        ({"video": SimpleUploadedFile("a.mp4", b"a"), "video[id]": str(uuid4())}, 422),
        ({"video": [SimpleUploadedFile("a.mp4", b"a"), SimpleUploadedFile("b.mp4", b"b")]}, 422),
        ({"mask": SimpleUploadedFile("a.mp4", b"a")}, 422),
    ],
    ids=["none", "no-id", "no-json", "number", "absent", "both", "two", "another-file"],
)
def test_an_edit_of_nothing_is_refused(http: Client, world: w.World, body: dict[str, Any], status: int) -> None:
    for sent in body.values():
        for file in sent if isinstance(sent, list) else [sent]:
            if isinstance(file, SimpleUploadedFile):
                file.seek(0)
    answer = http.post("/v1/videos/edits", {"prompt": "In red"} | body, headers=world.ben.header)
    assert (answer.status_code, bool(answer.json()["error"]["message"])) == (status, True), answer.json()


def test_a_character_is_a_likeness_that_nobody_can_use_yet(world: w.World, ben: openai.OpenAI, http: Client) -> None:
    made = ben.videos.create_character(name="Rex", video=("rex.mp4", workshop.footage()))
    assert ben.videos.get_character(str(made.id)).name == "Rex"
    likeness = Likeness.objects.get(pk=str(made.id))
    assert (likeness.state, likeness.enrolments.count()) == ("enrolling", 0)
    assert made.usable is False  # type: ignore[attr-defined]  # a field of ours
    with pytest.raises(openai.PermissionDeniedError):
        ben.videos.create(prompt="A walk", extra_body={"likeness": str(made.id)})
    answers = [http.get(f"/v1/videos/characters/{one}", headers=world.ada.header) for one in (made.id, uuid4())]
    assert answers[0].status_code == 404
    assert answers[0].json()["error"] == answers[1].json()["error"]


def test_a_character_is_made_once_for_all_tries(http: Client, world: w.World) -> None:
    made = set()
    for count in ("0", "1", "2"):
        body = {"name": "Rex", "video": SimpleUploadedFile("a.mp4", workshop.footage())}
        headers = world.ben.header | {"X-Stainless-Retry-Count": count}
        made.add(http.post("/v1/videos/characters", body, headers=headers).json()["id"])
    assert len(made) == 1


@pytest.mark.parametrize("clip", [b"", b"no video", b"\0" * 64])
def test_a_character_of_no_video_is_refused(http: Client, world: w.World, clip: bytes) -> None:
    body = {"name": "Rex", "video": SimpleUploadedFile("a.mp4", clip)}
    answer = http.post("/v1/videos/characters", body, headers=world.ben.header)
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "video"), answer.json()
    assert Likeness.objects.count() == 1


# --- refusals ---------------------------------------------------------------------------------------------------


def test_content_stops_with_410_in_the_envelope(world: w.World, ben: openai.OpenAI) -> None:
    video = w.shown(world.ask(), b"bytes")
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    with pytest.raises(openai.APIStatusError) as ended:
        ben.videos.download_content(str(video.pk))
    assert (ended.value.status_code, ended.value.code) == (410, "consent_withdrawn")
    assert ended.value.response.headers["x-should-retry"] == "false"


def multipart(*parts: tuple[str, bytes]) -> tuple[bytes, str]:
    out = io.BytesIO()
    for name, value in parts:
        out.write(b'--x\r\nContent-Disposition: form-data; name="' + name.encode() + b'"\r\n\r\n' + value + b"\r\n")
    return out.getvalue() + b"--x--\r\n", "multipart/form-data; boundary=x"


NOBODY = "00000000-0000-4000-8000-000000000000"
BAD: dict[str, tuple[bytes, str]] = {
    "ten thousand parts": multipart(*[(f"a{number}", b"") for number in range(10_000)]),
    "ten thousand of one": multipart(*[("likeness", b"x")] * 10_000),
    "NUL": multipart(("prompt", b"a\0b"), ("likeness", b"\0")),
    "NUL in a name": multipart(("a\0b", b"")),
    "a prompt twice": multipart(("prompt", b"a"), ("prompt", b"b")),
    "no boundary": (b"--x--", "multipart/form-data"),
    "cut short": (b'--x\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nA', "multipart/form-data; boundary=x"),
    "not UTF-8": multipart(("prompt", b"\xff\xfe")),
    "another charset": (b"prompt=%FF", "application/x-www-form-urlencoded; charset=utf-16"),
    "no charset": (b"prompt=a", "application/x-www-form-urlencoded; charset=klingon"),
    "JSON in UTF-16": (json.dumps({"prompt": "a"}).encode("utf-16"), "application/json; charset=utf-16"),
    "another type": (b"<a/>", "application/xml"),
    "two million bytes": multipart(("prompt", b"a" * 2_000_000)),
    "a large document": (json.dumps({"prompt": "a" * 100_000}).encode(), "application/json"),
    "surrogates": (b'{"prompt": "@\\ud800", "likeness": ["\\ud800"], "grant": ["\\ud800"]}', "application/json"),
    "a grant that is none": (b'{"prompt": "a", "grant": {"a": 1}}', "application/json"),
    "deep": (b'{"prompt": ' + b"[" * 5000, "application/json"),
    "text": (b"prompt", "text/plain"),
}


@pytest.mark.parametrize("kind", sorted(BAD))
@pytest.mark.parametrize("path", ["", "/edits", "/characters"])
def test_bad_input_is_a_clear_4xx_in_the_envelope(http: Client, kind: str, path: str) -> None:
    person = w.person("ben", "client")
    body, content_type = BAD[kind]
    answer = http.generic("POST", f"/v1/videos{path}", body, content_type, headers=person.header)
    found = answer.json()
    assert 400 <= answer.status_code < 500, found
    assert answer.status_code not in {408, 409, 429}
    assert answer.headers["x-should-retry"] == "false"
    assert found["error"]["message"]
    assert found["error"]["type"] == "invalid_request_error"
    assert not Video.objects.exists()


@pytest.mark.parametrize("path", ["", "/nothing", f"/{NOBODY}", "/characters", f"/{NOBODY}/content?variant=gif"])
def test_every_refusal_has_the_envelope_whatever_is_accepted(http: Client, path: str) -> None:
    for accept in ("text/html", "application/json", "application/binary"):
        answer = http.get(f"/v1/videos{path}", headers={"Accept": accept})
        assert 400 <= answer.status_code < 500
        assert set(answer.json()["error"]) >= {"message", "type", "param", "code"}
        assert answer.headers["x-should-retry"] == "false"


def test_a_file_beyond_the_limit_is_refused_as_too_large(http: Client, world: w.World, settings: Any) -> None:  # noqa: ANN401 - pytest-django's
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    for path in ("edits", "characters"):
        body = {"prompt": "a", "name": "a", "video": SimpleUploadedFile("a.mp4", bytes(2000))}
        body.pop("name" if path == "edits" else "prompt")
        answer = http.post(f"/v1/videos/{path}", body, headers=world.ben.header)
        assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large"), answer.json()


def test_a_digest_is_of_the_whole_file(world: w.World) -> None:
    video = w.shown(world.ask(), b"bytes")
    assert video.file_sha256 == hashlib.sha256(b"bytes").hexdigest()
