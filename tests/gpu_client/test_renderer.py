"""The reference renderer as a process: what it makes, and all that it refuses."""

from __future__ import annotations

import concurrent.futures
import hashlib
import io
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import httpx2
import pytest

from consent import permit
from gpu_client.protocol import (
    AlreadySubmitted,
    Attachment,
    RendererRefused,
    RenderStatus,
    Role,
    State,
)
from gpu_client.sealing import MEDIA_TYPE, seal
from tests.gpu_client.service import MODEL, PROMPT, SECONDS, SIZE, TOKEN, Desk, Service, Signer, make_clip, order


def ended(service: Service, video: str, seconds: float = 30) -> RenderStatus:
    """Poll until the render is over."""
    end = time.monotonic() + seconds
    while (status := service.backend.status(video)).state in (State.QUEUED, State.IN_PROGRESS):
        assert time.monotonic() < end, "the render does not end"
        time.sleep(0.05)
    return status


def altered(token: str) -> str:
    """Change a character in the middle of the signed part."""
    at = len(token.partition(".")[0]) // 2
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1 :]


# --- what it makes ----------------------------------------------------------------------------------------------------


def test_a_permitted_order_becomes_a_film(renderer: Service, desk: Desk, signer: Signer, clip: bytes) -> None:
    token, permit_id, job = signer.mint()
    video = renderer.backend.submit(order(job, clip), token)
    assert ended(renderer, video).state is State.COMPLETED
    sink = io.BytesIO()
    renderer.backend.fetch(video, sink, 1 << 26)
    sink.seek(0)
    with av.open(sink, "r") as film:
        assert [stream.codec.name for stream in film.streams] == ["h264", "aac"]
        assert f"{film.streams.video[0].width}x{film.streams.video[0].height}" == SIZE
    assert desk.seen.count(token) == 1
    assert renderer.backend.find(permit_id, "") == video


def test_a_remix_takes_the_parent_that_its_permit_names(renderer: Service, signer: Signer, clip: bytes) -> None:
    parent = make_clip(1.0, (320, 180))
    token, _, job = signer.mint(parent=parent)
    files = tuple(
        Attachment(role, "video/mp4", data) for role, data in ((Role.CALIBRATION, clip), (Role.PARENT, parent))
    )
    video = renderer.backend.submit(order(job, clip, attachments=files), token)
    assert ended(renderer, video).state is State.COMPLETED


def test_it_says_what_it_is(renderer: Service) -> None:
    assert renderer.health["generative"] is False
    assert renderer.health["misbehaving"] is None
    assert "not a generative model" in renderer.health["name"]


def test_its_sealing_key_is_published_in_two_places(renderer: Service) -> None:
    served = httpx2.get(f"{renderer.url}/v1/sealing-key").json()["public"]
    assert served == (renderer.state / "sealing-key.hex").read_text().strip()


def test_no_clip_is_on_its_disk(renderer: Service, signer: Signer) -> None:
    clip = make_clip(1.0, hertz=333)
    token, _, job = signer.mint()
    ended(renderer, renderer.backend.submit(order(job, clip), token))
    stored = b"".join(path.read_bytes() for path in renderer.state.rglob("*") if path.is_file())
    assert clip[200:264] not in stored
    assert PROMPT.encode() not in stored


def test_deleting_stops_the_work_and_forgets_the_result(
    start: Callable[..., Service], signer: Signer, clip: bytes
) -> None:
    service = start()
    facts = permit.Order(hashlib.sha256(PROMPT.encode()).hexdigest(), MODEL, 20, SIZE, None)
    token, permit_id, job = signer.mint(order=facts)
    video = service.backend.submit(order(job, clip, seconds=20), token)
    while service.backend.status(video).state is State.QUEUED or service.health["started"] == 0:
        time.sleep(0.02)
    service.backend.cancel(video)
    assert service.backend.status(video).state is State.CANCELLED
    follow_up, _, other = signer.mint()
    second = service.backend.submit(order(other, clip), follow_up)
    assert ended(service, second).state is State.COMPLETED  # the only worker is free again
    assert (service.health["started"], service.health["completed"]) == (2, 1)
    assert [path.name for path in (service.state / "renders").glob("*.mp4")] == [f"{second}.mp4"]
    assert service.backend.find(permit_id, "") == video  # and the permit stays used


# --- what it refuses --------------------------------------------------------------------------------------------------


def refused(service: Service, token: str, job: str, clip: bytes, **changes: object) -> str:
    """Submit and return the code of the refusal; nothing may have begun."""
    before = service.health
    with pytest.raises(RendererRefused) as refusal:
        service.backend.submit(order(job, clip, **changes), token)
    after = service.health
    assert (after["accepted"], after["started"]) == (before["accepted"], before["started"])
    return refusal.value.code


def test_an_order_without_permit_is_refused(renderer: Service, clip: bytes) -> None:
    assert refused(renderer, "", "job", clip) == "permit_missing"


def test_a_forged_permit_is_refused(renderer: Service, clip: bytes) -> None:
    token, _, job = Signer().mint()
    assert refused(renderer, token, job, clip) == "permit_forged"


def test_a_permit_of_an_unknown_key_is_refused(renderer: Service, clip: bytes) -> None:
    token, _, job = Signer(key_id="another").mint()
    assert refused(renderer, token, job, clip) == "permit_forged"


def test_an_altered_permit_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint()
    assert refused(renderer, altered(token), job, clip) in {"permit_altered", "permit_forged"}


def test_an_expired_permit_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint(lives=-1)
    assert refused(renderer, token, job, clip) == "permit_expired"


def test_a_permit_of_tomorrow_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    tomorrow = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    token, _, job = signer.mint(not_before=tomorrow, expires=tomorrow + timedelta(seconds=60))
    assert refused(renderer, token, job, clip) == "permit_not_yet_valid"


@pytest.mark.parametrize(
    "change", [{"prompt": PROMPT + "!"}, {"model": "other"}, {"seconds": SECONDS + 1}, {"size": "1280x720"}]
)
def test_a_permit_for_another_order_is_refused(
    renderer: Service, signer: Signer, clip: bytes, change: dict[str, object]
) -> None:
    token, _, job = signer.mint()
    assert refused(renderer, token, job, clip, **change) == "permit_order_mismatch"


def test_a_parent_that_the_permit_does_not_name_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint()
    smuggled = (Attachment(Role.CALIBRATION, "video/mp4", clip), Attachment(Role.PARENT, "video/mp4", clip))
    assert refused(renderer, token, job, clip, attachments=smuggled) == "permit_order_mismatch"
    swapped, _, job = signer.mint(parent=b"another")
    assert refused(renderer, swapped, job, clip, attachments=smuggled) == "permit_order_mismatch"
    missing, _, job = signer.mint(parent=b"another")
    assert refused(renderer, missing, job, clip) == "permit_order_mismatch"


def test_a_clip_sealed_for_another_job_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, _ = signer.mint()
    assert refused(renderer, token, "another job", clip) == "seal_broken"


def test_an_order_with_nobody_in_it_is_refused(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint()
    assert refused(renderer, token, job, clip, attachments=()) == "calibration"


def test_a_used_permit_is_refused_and_names_its_first_use(
    renderer: Service, signer: Signer, clip: bytes, desk: Desk
) -> None:
    token, _, job = signer.mint()
    video = renderer.backend.submit(order(job, clip), token)
    ended(renderer, video)
    before = renderer.health
    with pytest.raises(AlreadySubmitted) as refusal:
        renderer.backend.submit(order(job, clip), token)
    assert refusal.value.upstream_id == video
    assert renderer.health["accepted"] == before["accepted"]
    assert desk.seen.count(token) == 1


@pytest.mark.parametrize("kill", [False, True], ids=["stopped", "killed"])
def test_a_used_permit_is_remembered_over_a_restart(
    start: Callable[..., Service], signer: Signer, clip: bytes, *, kill: bool
) -> None:
    service = start()
    token, _, job = signer.mint()
    video = service.backend.submit(order(job, clip), token)
    service.stop(kill=kill)
    service.start()
    with pytest.raises(AlreadySubmitted) as refusal:
        service.backend.submit(order(job, clip), token)
    assert refusal.value.upstream_id == video
    status = service.backend.status(video)
    assert (status.state, status.error_code) in {(State.FAILED, "interrupted"), (State.COMPLETED, "")}
    assert service.health["started"] == 0


def test_a_used_permit_is_told_so_even_after_it_has_expired(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint(lives=2)
    video = renderer.backend.submit(order(job, clip), token)
    ended(renderer, video)
    time.sleep(2)
    with pytest.raises(AlreadySubmitted):
        renderer.backend.submit(order(job, clip), token)


def test_of_many_uses_at_once_one_renders(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, job = signer.mint()
    before = renderer.health["accepted"]

    def use(_number: int) -> str:
        try:
            return renderer.backend.submit(order(job, clip), token)
        except AlreadySubmitted as refusal:
            return refusal.upstream_id

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        videos = set(pool.map(use, range(8)))
    assert len(videos) == 1
    assert renderer.health["accepted"] == before + 1


# --- redeeming --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "permit_refused"), (409, "permit_refused"), (302, "permit_refused"), (401, "permit_refused")],
)
def test_a_permit_that_countenance_refuses_renders_nothing(
    start: Callable[..., Service], signer: Signer, clip: bytes, status: int, code: str
) -> None:
    desk = Desk(lambda _token: status)
    service = start(desk=desk.url)
    token, _, job = signer.mint()
    answer = ended(service, service.backend.submit(order(job, clip), token))
    assert (answer.state, answer.error_code) == (State.FAILED, code)
    assert service.health["started"] == 0
    assert len(desk.seen) == 1
    desk.close()


def test_a_countenance_that_is_away_for_a_moment_is_asked_again(
    start: Callable[..., Service], signer: Signer, clip: bytes
) -> None:
    desk = Desk()
    desk.judge = lambda _token: 503 if len(desk.seen) < 3 else 200
    service = start(desk=desk.url)
    token, _, job = signer.mint()
    assert ended(service, service.backend.submit(order(job, clip), token)).state is State.COMPLETED
    assert len(desk.seen) == 3
    desk.close()


def test_a_countenance_that_cannot_be_asked_has_not_said_yes(
    start: Callable[..., Service], signer: Signer, clip: bytes
) -> None:
    service = start(desk="http://127.0.0.1:9")
    token, _, job = signer.mint()
    answer = ended(service, service.backend.submit(order(job, clip), token))
    assert (answer.state, answer.error_code) == (State.FAILED, "redeem_unreachable")
    assert service.health["started"] == 0


# --- the door ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/videos/x", "/v1/videos?permit=x", "/v1/videos/x/content"])
def test_nothing_is_told_without_the_token(renderer: Service, path: str) -> None:
    assert httpx2.get(renderer.url + path).status_code == 401
    assert httpx2.get(renderer.url + path, headers={"Authorization": "Bearer wrong"}).status_code == 401


def test_nothing_is_taken_without_the_token(renderer: Service, signer: Signer, clip: bytes) -> None:
    answer = httpx2.post(f"{renderer.url}/v1/videos", files={"prompt": (None, clip * 50)})
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"extra": "1"}, "fields"),
        ({"video_path": "/etc/passwd"}, "fields"),
        ({"prompt": ""}, "prompt"),
        ({"prompt": "x" * 5000}, "prompt"),
        ({"seconds": "-1"}, "seconds"),
        ({"seconds": "4.5"}, "seconds"),
        ({"seconds": "999"}, "seconds"),
        ({"size": "1x1"}, "size"),
        ({"size": "100000x100000"}, "size"),
    ],
)
def test_fields_are_an_allow_list(
    renderer: Service, signer: Signer, clip: bytes, fields: dict[str, str], code: str
) -> None:
    token, _, job = signer.mint()
    every = {"prompt": PROMPT, "model": MODEL, "seconds": str(SECONDS), "size": SIZE} | fields
    sealed = seal(clip, public=renderer.backend.sealing_key or b"", job=job)
    files = [(name, (None, value, "text/plain")) for name, value in every.items()]
    answer = httpx2.post(
        f"{renderer.url}/v1/videos",
        headers={"Authorization": f"Bearer {TOKEN}", "Countenance-Permit": token},
        files=[*files, ("calibration", ("0", sealed, MEDIA_TYPE))],
    )
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_a_clip_in_the_clear_is_not_taken(renderer: Service, signer: Signer, clip: bytes) -> None:
    token, _, _ = signer.mint()
    fields = {"prompt": PROMPT, "model": MODEL, "seconds": str(SECONDS), "size": SIZE}
    files = [(name, (None, value, "text/plain")) for name, value in fields.items()]
    answer = httpx2.post(
        f"{renderer.url}/v1/videos",
        headers={"Authorization": f"Bearer {TOKEN}", "Countenance-Permit": token},
        files=[*files, ("calibration", ("0.mp4", clip, "video/mp4"))],
    )
    assert answer.json()["error"]["code"] == "attachment_not_sealed"


def test_it_does_not_start_without_a_permit_key(tmp_path: Path) -> None:
    service = Service(tmp_path / "r", {}, "http://127.0.0.1:9")
    with pytest.raises(json.JSONDecodeError):
        service.start()
    assert "must map at least one key" in service.stop()


def test_a_double_says_aloud_that_it_is_one(start: Callable[..., Service]) -> None:
    service = start("garbage")
    assert service.health["misbehaving"] == "garbage"
    assert "MISBEHAVES ON PURPOSE" in service.stop()
