"""Every foreign dialect against its double: what leaves, what comes back, and what each misbehaviour becomes."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gpu_client.client import ClipWouldTravelOpen
from gpu_client.dialects import catalogue, comfyui, fal, hosted, replicate, videos_shape
from gpu_client.protocol import (
    CANCEL_WORDS,
    AmbiguousSubmit,
    Attachment,
    Cancel,
    RendererLied,
    RendererRefused,
    RendererUnavailable,
    RenderFailed,
    RenderOrder,
    Role,
    State,
)
from gpu_client.reference_renderer.multipart import parse
from gpu_client.wire import Wire
from tests.gpu_client.doubles.running import TOKEN, Double
from tests.gpu_client.service import make_clip

DIALECTS = ["vllm-omni", "sglang", "fastvideo", "comfyui", "replicate", "fal"]
LISTED = {"vllm-omni", "sglang", "fastvideo"}
JOB = "5e0f5b86-98f1-4a6c-9d0f-0d7bb2a1a001"
PERMIT = "the-permit-token"
DANGEROUS = [
    "video_path",
    "output_path",
    "reference_url",
    "video_url",
    "image_reference",
    "video_reference",
    "audio_reference",
    "lora",
    "extra_body",
    "extra_params",
    "extra_json",
    "webhook",
    "webhook_events_filter",
    "extra_data",
    "front",
    "number",
    "user",
]


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    path.write_bytes(make_clip(1.0, (640, 360)))
    return path


@pytest.fixture(scope="module", params=DIALECTS)
def double(request: pytest.FixtureRequest, film: Path) -> Iterator[Double]:
    double = Double(request.param, film).start()
    yield double
    double.stop()


@pytest.fixture(autouse=True)
def well_behaved(request: pytest.FixtureRequest) -> None:
    if "double" in request.fixturenames:
        request.getfixturevalue("double").behave()


def an_order(**changes: object) -> RenderOrder:
    clip = Attachment(Role.CALIBRATION, "video/mp4", b"a face")
    usual: dict[str, Any] = {"job": JOB, "prompt": "A walk", "model": "owner/name", "seconds": 1, "size": "640x360"}
    return RenderOrder(**usual | {"attachments": (clip,)} | changes)


def finished(double: Double) -> str:
    """Order a render and ask until it is over there."""
    backend = double.backend()
    name = backend.submit(an_order(), PERMIT)
    for _ in range(6):
        if backend.status(name).state not in {State.QUEUED, State.IN_PROGRESS}:
            break
    return name


def test_an_order_is_taken_rendered_and_copied_out(double: Double, film: Path) -> None:
    backend, sink = double.backend(), io.BytesIO()
    name = backend.submit(an_order(), PERMIT)
    states = [backend.status(name).state for _ in range(4)]
    assert states[-1] is State.COMPLETED
    assert State.COMPLETED not in states[:1]
    digest, size = backend.fetch(name, sink, 10_000_000)
    assert sink.getvalue() == film.read_bytes()
    assert (digest, size) == (hashlib.sha256(sink.getvalue()).hexdigest(), len(sink.getvalue()))


def test_nothing_leaves_but_what_is_listed(double: Double) -> None:
    """Every dangerous field is put where an order, its options or its graph might carry it along."""
    poison = dict.fromkeys(DANGEROUS, "file:///etc/passwd")
    backend = double.backend(**poison)
    backend.submit(an_order(prompt=json.dumps({"nothing": "here"})), PERMIT)
    sent = double.sent
    assert [word for word in DANGEROUS if f'"{word}"'.encode() in sent] == []
    assert b"/etc/passwd" not in sent
    assert PERMIT.encode() not in sent
    assert (f"Key {TOKEN}" if double.dialect == "fal" else f"Bearer {TOKEN}").encode() in sent


def test_a_field_that_an_order_should_not_have_cannot_be_set(double: Double) -> None:
    with pytest.raises(TypeError):
        an_order(output_path="/etc/passwd")
    hostile = f'x"; name="output_path"\r\n\r\n/tmp/{double.dialect}\r\n'
    double.backend().submit(an_order(prompt=hostile), PERMIT)
    last = double.seen["requests"][-1]
    if double.dialect in LISTED:
        parts = parse(last["headers"]["content-type"], double_body(last))
        assert {part.name for part in parts} <= {"prompt", "model", "seconds", "size", "seed", "input_reference"}
        assert next(part for part in parts if part.name == "prompt").text == hostile
        assert [part.filename for part in parts if part.filename] == ["reference.mp4"]
    else:
        document = json.loads(double_body(last))
        assert set(document) <= {"prompt", "prompt_id", "input", "version", "duration", "image"}
        assert (
            hostile in json.dumps(document, ensure_ascii=False).encode().decode("unicode_escape", "ignore") or hostile
        )


def strings(part: object) -> list[object]:
    """Return every leaf of a JSON value."""
    if isinstance(part, dict | list):
        return [leaf for one in (part.values() if isinstance(part, dict) else part) for leaf in strings(one)]
    return [part]


def double_body(request: dict[str, Any]) -> bytes:
    return base64.b64decode(request["body"])


def test_a_clip_does_not_travel_in_the_clear(double: Double) -> None:
    with pytest.raises(ClipWouldTravelOpen):
        double.backend(private_link=False).submit(an_order(), PERMIT)
    assert double.seen["requests"] == []


def test_two_files_are_more_than_it_takes(double: Double) -> None:
    with pytest.raises(RendererRefused):
        double.backend().submit(an_order(attachments=an_order().attachments * 2), PERMIT)
    assert double.seen["requests"] == []


def test_a_busy_service_has_taken_nothing(double: Double) -> None:
    double.behave("busy")
    with pytest.raises(RendererUnavailable):
        double.backend().submit(an_order(), PERMIT)


def test_a_service_that_takes_an_order_and_says_nothing_is_ambiguous(
    double: Double, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (videos_shape, comfyui, fal, replicate):
        monkeypatch.setattr(module, "SUBMIT_SECONDS", 0.4)
    double.behave("silent")
    with pytest.raises(AmbiguousSubmit):
        double.backend().submit(an_order(), PERMIT)


def test_a_lost_answer_is_found_again_where_the_dialect_can(double: Double) -> None:
    backend, before = double.backend(), double.seen["accepted"]
    double.behave("drop")
    with pytest.raises(AmbiguousSubmit):
        backend.submit(an_order(job=JOB.replace("a001", "a002")), PERMIT)
    assert double.seen["accepted"] == before + 1
    assert backend.remembers_permits == backend.capabilities.finds == (double.dialect == "comfyui")
    if backend.capabilities.finds:
        assert backend.find("p", JOB.replace("a001", "a002")) == JOB.replace("a001", "a002")
        assert backend.find("p", JOB.replace("a001", "a003")) is None
    else:
        with pytest.raises(RendererLied):
            backend.find("p", JOB)


def test_a_failed_render_is_a_failure_however_it_is_told(double: Double) -> None:
    double.behave("fail")
    backend = double.backend()
    name = finished(double)
    assert backend.status(name).state is State.FAILED
    if double.dialect == "fal":
        return  # the double has a film all the same, for which nobody asks
    with pytest.raises((RenderFailed, RendererUnavailable, RendererLied)):
        backend.fetch(name, io.BytesIO(), 10_000_000)


def test_a_word_that_nobody_knows_means_that_it_goes_on(double: Double) -> None:
    double.behave("strange")
    backend = double.backend()
    name = backend.submit(an_order(), PERMIT)
    assert backend.status(name).state in {State.IN_PROGRESS, State.QUEUED}


def test_a_restart_that_forgot_everything_is_not_found(double: Double) -> None:
    backend = double.backend()
    name = backend.submit(an_order(), PERMIT)
    double.behave("forget")
    with pytest.raises(RendererRefused) as refusal:
        backend.status(name)
    assert refusal.value.code == "not-found"
    backend.cancel(name)  # nothing is there to stop: that is well


@pytest.mark.parametrize(
    ("mode", "error"),
    [("huge", RendererLied), ("loris", RendererUnavailable), ("truncated", RendererUnavailable)],
)
def test_a_result_that_misbehaves_is_not_taken(
    double: Double, monkeypatch: pytest.MonkeyPatch, mode: str, error: type[Exception]
) -> None:
    monkeypatch.setattr(videos_shape, "FETCH_SECONDS", 0.6)
    name = finished(double)
    double.behave(mode)
    with pytest.raises(error):
        double.backend().fetch(name, io.BytesIO(), 10_000_000)


def test_an_answer_about_something_else_is_a_lie(double: Double) -> None:
    name = finished(double)
    double.behave("other")
    backend = double.backend()
    with pytest.raises(RendererLied):
        backend.status(name) if double.dialect in LISTED else backend.fetch(name, io.BytesIO(), 10_000_000)


def test_a_redirect_is_not_followed(double: Double) -> None:
    name = finished(double)
    double.behave("redirect")
    with pytest.raises(RendererLied):
        double.backend().status(name)


def test_stopping_does_what_the_dialect_says(double: Double) -> None:
    backend = double.backend()
    double.behave("never")
    name = backend.submit(an_order(), PERMIT)
    for _ in range(4):
        backend.status(name)
    before = double.seen
    try:
        backend.cancel(name)
    except RendererUnavailable:  # vLLM-Omni: it is still stopping
        backend.cancel(name)
    after = double.seen
    stopped = after["stopped"] > before["stopped"]
    assert stopped == (backend.capabilities.cancel is Cancel.STOPS)
    assert CANCEL_WORDS[backend.capabilities.cancel]


@pytest.mark.parametrize("name", ["../x", "a/b", "", "..", "a?b", "a|b", "a|b|../c"])
def test_an_id_that_is_no_path_segment_is_never_asked_for(double: Double, name: str) -> None:
    with pytest.raises((RendererLied, ValueError)):
        double.backend().status(name)
    assert double.seen["requests"] == []


def test_the_token_goes_to_its_own_service_only(double: Double) -> None:
    wire = Wire("https://api.vendor.example", TOKEN)
    wire.download(f"{double.url}/files/out.mp4", lambda _: None, limit=10_000_000, seconds=5)
    assert b"/files/out.mp4" in double.sent
    assert TOKEN.encode() not in double.sent


# --- without a service ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "taken"),
    [
        ("https://replicate.delivery/x.mp4", True),
        ("https://a.b.replicate.delivery/x.mp4", True),
        ("http://replicate.delivery/x.mp4", False),
        ("https://replicate.delivery:8443/x", False),
        ("https://evilreplicate.delivery/x", False),
        ("https://replicate.delivery.evil.example/x", False),
        ("https://u:p@replicate.delivery/x", False),
        ("https://evil.example\\@replicate.delivery/x", False),
        ("http://127.0.0.1/x", False),
        ("https://[::1/x", False),
        ("https://replicate.delivery:99999/x", False),
        ("file:///etc/passwd", False),
        ("data:video/mp4;base64,AAAA", False),
        (None, False),
        (7, False),
        ("https://replicate.delivery/" + "x" * 3000, False),
    ],
    ids=str,
)
def test_results_are_fetched_from_listed_hosts_only(address: object, taken: bool) -> None:  # noqa: FBT001 - a table
    place = catalogue.make("replicate", "https://api.replicate.com", TOKEN, {"downloads": ["replicate.delivery"]})
    assert isinstance(place, hosted.Hosted)
    if taken:
        assert place.download_address(address) == address
    else:
        with pytest.raises(RendererLied):
            place.download_address(address)


@pytest.mark.parametrize("graph", [{}, {"1": {"$order": "width"}}, {"1": [{"$order": "prompt"}, {"$order": "secret"}]}])
def test_a_graph_without_a_prompt_or_with_unknown_marks_is_refused(graph: object) -> None:
    with pytest.raises(comfyui.GraphInvalid):
        comfyui.marks_of(graph)


@pytest.mark.parametrize(
    "inputs", [{"seconds": "s"}, {"prompt": "a b"}, {"prompt": "x", "permit": "y"}, {"prompt": "x", "size": "x"}]
)
def test_names_of_inputs_are_plain_and_ours_are_known(inputs: dict[str, str]) -> None:
    with pytest.raises(hosted.InputsInvalid):
        hosted.check_inputs(inputs)
