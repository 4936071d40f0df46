"""The dialect against a server that answers as the test says: each answer becomes a value or one of our errors."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gpu_client import client
from gpu_client.client import ClipWouldTravelOpen, VideosBackend, videos_backend
from gpu_client.protocol import (
    AlreadySubmitted,
    AmbiguousSubmit,
    Attachment,
    RendererLied,
    RendererRefused,
    RendererUnavailable,
    Role,
    State,
)
from gpu_client.reference_renderer.multipart import parse
from gpu_client.sealing import unseal
from tests.gpu_client.service import order

KEY = X25519PrivateKey.generate()
PUBLIC = KEY.public_key().public_bytes_raw()
type Answer = bytes | Callable[[socket.socket], None]


class Scripted:
    """A server that reads each request whole, keeps it, and answers with the next of the given bytes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"
        self.answers: list[Answer] = []
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self.socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with closing(connection):
                self._converse(connection)

    def _converse(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as stream:
            line = stream.readline().decode().strip()
            headers = {}
            while (header := stream.readline().decode().strip()) != "":
                name, _, value = header.partition(": ")
                headers[name.lower()] = value
            body = stream.read(int(headers.get("content-length", "0")))
        self.requests.append((line, headers, body))
        answer = self.answers.pop(0)
        try:
            if callable(answer):
                answer(connection)
            else:
                connection.sendall(answer)
        except OSError:
            pass  # the client hung up, as it should


@pytest.fixture
def server() -> Iterator[Scripted]:
    server = Scripted()
    yield server
    server.stop()


@pytest.fixture
def backend(server: Scripted) -> VideosBackend:
    return videos_backend(server.url, "token", PUBLIC)


def http(status: int, document: object, **headers: str) -> bytes:
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    lines = [f"HTTP/1.1 {status} X", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# --- submitting -------------------------------------------------------------------------------------------------------


def test_an_order_carries_its_fields_its_permit_and_nothing_else(server: Scripted, backend: VideosBackend) -> None:
    server.answers = [http(200, {"id": "v1", "object": "video", "status": "queued"})]
    assert backend.submit(order("job-1", b"clip"), "permit-token") == "v1"
    line, headers, body = server.requests[0]
    parts = parse(headers["content-type"], body)
    assert line == "POST /v1/videos HTTP/1.1"
    assert headers["countenance-permit"] == "permit-token"
    assert headers["idempotency-key"] == "job-1"
    assert headers["authorization"] == "Bearer token"
    assert [part.name for part in parts] == ["prompt", "model", "seconds", "size", "calibration"]


def test_a_clip_leaves_sealed_for_its_job(server: Scripted, backend: VideosBackend) -> None:
    server.answers = [http(200, {"id": "v1"})]
    parent = Attachment(Role.PARENT, "video/mp4", b"the parent")
    calibration = Attachment(Role.CALIBRATION, "video/mp4", b"a face and a voice")
    backend.submit(order("job-1", b"", attachments=(calibration, parent)), "t")
    _, headers, body = server.requests[0]
    assert b"a face" not in body
    assert b"the parent" not in body
    sealed = [part.data for part in parse(headers["content-type"], body) if part.filename]
    assert [unseal(data, key=KEY, job="job-1") for data in sealed] == [b"a face and a voice", b"the parent"]


def test_a_clip_is_not_sent_in_the_clear(server: Scripted) -> None:
    with pytest.raises(ClipWouldTravelOpen, match="no sealing key") as refusal:
        videos_backend(server.url, "token").submit(order("job-1", b"clip"), "t")
    assert refusal.value.remedy
    assert server.requests == []


def test_without_a_sealing_key_one_reference_may_go_over_https() -> None:
    parts = videos_backend("https://render.invalid", None)._parts(order("job-1", b"clip"))
    assert [part[0] for part in parts] == ["prompt", "model", "seconds", "size", "input_reference"]
    two = order("job-1", b"", attachments=(Attachment(Role.CALIBRATION, "video/mp4", b"1"),) * 2)
    with pytest.raises(RendererRefused):
        videos_backend("https://render.invalid", None)._parts(two)


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (http(503, {}), RendererUnavailable, "busy"),
        (http(429, b"slow down"), RendererUnavailable, "busy"),
        (http(500, {"error": {"code": "x"}}), AmbiguousSubmit, "server-error"),
        (http(502, b"<html>"), AmbiguousSubmit, "server-error"),
        (b"", AmbiguousSubmit, "cut"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{", AmbiguousSubmit, "cut"),
        (b"nonsense\r\n\r\n", AmbiguousSubmit, "cut"),
        (http(400, {"error": {"code": "permit_expired", "message": "late\n"}}), RendererRefused, "permit_expired"),
        (http(403, {"error": {"code": "../;drop"}}), RendererRefused, "refused"),
        (http(409, {"error": {"code": "other"}}), RendererRefused, "other"),
        (http(200, b"<html>"), RendererLied, "not-json"),
        (http(200, b"[]"), RendererLied, "not-json"),
        (http(200, b"[" * 100_000), RendererLied, "not-json"),
        (http(200, {"id": "../../secrets"}), RendererLied, "bad-id"),
        (http(200, {"id": ".."}), RendererLied, "bad-id"),
        (http(200, {"id": 7}), RendererLied, "bad-id"),
        (http(200, {}), RendererLied, "bad-id"),
        (http(200, {"id": "v" * 129}), RendererLied, "bad-id"),
        (http(307, {}, location="http://127.0.0.1:9/"), RendererLied, "redirect"),
        (http(200, b"x" * ((1 << 20) + 1)), RendererLied, "too-large"),
        (http(200, b"\x1f\x8b", content_encoding="gzip"), RendererLied, "encoded"),
    ],
    ids=lambda value: "answer" if isinstance(value, bytes) else None,
)
def test_an_answer_to_an_order_is_sorted(
    server: Scripted, backend: VideosBackend, answer: bytes, error: type[Exception], code: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error) as raised:
        backend.submit(order("job-1", b"clip"), "t")
    assert (type(raised.value), raised.value.code) == (error, code)  # type: ignore[attr-defined] # all are RendererError
    assert len(server.requests) == 1


def test_a_used_permit_names_the_render_to_adopt(server: Scripted, backend: VideosBackend) -> None:
    server.answers = [http(409, {"error": {"code": "permit_used"}, "video_id": "v9"})]
    with pytest.raises(AlreadySubmitted) as raised:
        backend.submit(order("job-1", b"clip"), "t")
    assert raised.value.upstream_id == "v9"


def test_a_service_that_is_not_there_has_accepted_nothing(server: Scripted, backend: VideosBackend) -> None:
    server.stop()
    with pytest.raises(RendererUnavailable):
        backend.submit(order("job-1", b"clip"), "t")


def test_a_service_that_never_answers_is_ambiguous(
    server: Scripted, backend: VideosBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "SUBMIT_SECONDS", 0.3)
    server.answers = [lambda _connection: time.sleep(2)]
    with pytest.raises(AmbiguousSubmit, match="did not finish"):
        backend.submit(order("job-1", b"clip"), "t")


@pytest.mark.parametrize("url", ["ftp://x", "http://", "file:///etc/passwd", "http://x/?a=b", "x"])
def test_an_address_that_is_not_http_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http"):
        videos_backend(url)


def test_the_environments_proxy_is_not_used(
    server: Scripted, backend: VideosBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.answers = [http(200, {"id": "v1"})]
    assert backend.submit(order("job-1", b"clip"), "t") == "v1"


# --- finding ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "found"), [([], None), ([{"id": "v1", "permit": "p"}], "v1"), ([{"id": "v1", "permit": "p"}] * 2, "v1")]
)
def test_a_render_is_found_by_its_permit(
    server: Scripted, backend: VideosBackend, data: object, found: str | None
) -> None:
    server.answers = [http(200, {"object": "list", "data": data})]
    assert backend.find("p", "j") == found


@pytest.mark.parametrize("data", [[{"id": "v1"}], [{"id": "v1", "permit": "q"}], None, [7], "x"])
def test_a_list_of_other_peoples_renders_is_not_ours(server: Scripted, backend: VideosBackend, data: object) -> None:
    server.answers = [http(200, {"object": "list", "data": data})]
    with pytest.raises(RendererLied):
        backend.find("p", "j")


# --- asking how far ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("queued", State.QUEUED),
        ("in_progress", State.IN_PROGRESS),
        ("completed", State.COMPLETED),
        ("failed", State.FAILED),
        ("deleted", State.CANCELLED),
        ("cancelling", State.CANCELLED),
        ("cancelled", State.CANCELLED),
    ],
)
def test_a_known_word_becomes_a_state(server: Scripted, backend: VideosBackend, word: str, state: State) -> None:
    server.answers = [http(200, {"object": "video", "status": word, "progress": 40})]
    assert backend.status("v1").state is state


@pytest.mark.parametrize("word", ["almost_there", "", None, 7, ["completed"], "COMPLETED"])
def test_an_unknown_word_is_an_error(server: Scripted, backend: VideosBackend, word: object) -> None:
    server.answers = [http(200, {"object": "video", "status": word})]
    with pytest.raises(RendererLied) as raised:
        backend.status("v1")
    assert raised.value.code == "unknown-status"


@pytest.mark.parametrize("status", [400, 422, 500, 503])
def test_an_error_answer_that_holds_a_video_is_a_failed_render(
    server: Scripted, backend: VideosBackend, status: int
) -> None:
    document = {"object": "video", "status": "failed", "error": {"code": "oom", "message": "out of memory\x00\n" * 99}}
    server.answers = [http(status, document)]
    answer = backend.status("v1")
    assert (answer.state, answer.error_code) == (State.FAILED, "oom")
    assert answer.error_detail.isprintable()
    assert len(answer.error_detail) <= 300


@pytest.mark.parametrize(
    ("answer", "error", "code"),
    [
        (http(404, {}), RendererRefused, "not-found"),
        (http(401, {}), RendererRefused, "refused"),
        (http(500, b"<html>"), RendererUnavailable, "busy"),
        (http(200, b"<html>"), RendererLied, "not-json"),
        (http(302, {}, location="/"), RendererLied, "redirect"),
        (b"", RendererUnavailable, "cut"),
    ],
    ids=lambda value: "answer" if isinstance(value, bytes) else None,
)
def test_other_answers_are_sorted(
    server: Scripted, backend: VideosBackend, answer: bytes, error: type[Exception], code: str
) -> None:
    server.answers = [answer]
    with pytest.raises(error) as raised:
        backend.status("v1")
    assert raised.value.code == code  # type: ignore[attr-defined] # all are RendererError


@pytest.mark.parametrize("progress", [-1, 101, "50", None, True, float("nan"), 1e400])
def test_a_nonsensical_progress_is_nought(server: Scripted, backend: VideosBackend, progress: object) -> None:
    server.answers = [http(200, {"object": "video", "status": "in_progress", "progress": progress})]
    assert backend.status("v1").progress == 0


@pytest.mark.parametrize("name", ["../x", "a/b", "", "..", "a?b", "a#b", "a b"])
def test_an_id_that_is_not_one_path_segment_is_never_asked_for(
    server: Scripted, backend: VideosBackend, name: str
) -> None:
    with pytest.raises(RendererLied):
        backend.status(name)
    assert server.requests == []


# --- fetching ---------------------------------------------------------------------------------------------------------


def test_a_result_is_copied_and_digested(server: Scripted, backend: VideosBackend) -> None:
    data = bytes(range(256)) * 2000
    server.answers = [http(200, data)]
    sink = io.BytesIO()
    assert backend.fetch("v1", sink, len(data)) == (hashlib.sha256(data).hexdigest(), len(data))
    assert sink.getvalue() == data


def test_a_result_that_announces_too_much_is_refused_before_its_first_byte(
    server: Scripted, backend: VideosBackend
) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 5368709120\r\n\r\n" + b"x" * 1000]
    sink = io.BytesIO()
    with pytest.raises(RendererLied, match="5368709120"):
        backend.fetch("v1", sink, 1000)
    assert sink.getvalue() == b""


def test_a_result_that_does_not_end_is_cut_at_the_limit(server: Scripted, backend: VideosBackend) -> None:
    def pour(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)

    server.answers = [pour]
    sink = io.BytesIO()
    with pytest.raises(RendererLied, match="more than 1000000"):
        backend.fetch("v1", sink, 1_000_000)
    assert len(sink.getvalue()) <= 1_000_000


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n"], ids=["headers", "body"])
def test_a_peer_that_sends_a_byte_at_a_time_is_stopped(
    server: Scripted, backend: VideosBackend, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    def dribble(connection: socket.socket) -> None:
        connection.sendall(head)
        for _ in range(200):
            connection.sendall(b"H")
            time.sleep(0.02)

    monkeypatch.setattr(client, "FETCH_SECONDS", 0.4)
    server.answers = [dribble]
    with pytest.raises(RendererUnavailable) as raised:
        backend.fetch("v1", io.BytesIO(), 10_000)
    assert raised.value.code == "timeout"


def test_a_result_that_breaks_off_may_be_fetched_again(server: Scripted, backend: VideosBackend) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc"]
    with pytest.raises(RendererUnavailable):
        backend.fetch("v1", io.BytesIO(), 10_000)


# --- stopping ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 404])
def test_what_is_gone_is_stopped(server: Scripted, backend: VideosBackend, status: int) -> None:
    server.answers = [http(status, {"deleted": True})]
    backend.cancel("v1")
    assert server.requests[0][0] == "DELETE /v1/videos/v1 HTTP/1.1"


def test_what_could_not_be_stopped_is_told(server: Scripted, backend: VideosBackend) -> None:
    server.answers = [http(500, {})]
    with pytest.raises(RendererUnavailable):
        backend.cancel("v1")


def test_the_token_and_the_clip_are_in_no_representation(backend: VideosBackend) -> None:
    assert "token'" not in repr(backend)
    assert "secret" not in repr(Attachment(Role.CALIBRATION, "video/mp4", b"secret"))
