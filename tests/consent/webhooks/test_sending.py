"""One request, over real sockets, to receivers that answer well, badly, slowly or not at all."""

from __future__ import annotations

import datetime as dt
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from consent.webhooks import sending
from consent.webhooks.sending import Unanswered
from consent.webhooks.targets import Place, Target
from tests.consent.webhooks.receiver import receiving

Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk) -> Iterator[int]:
    """Listen on the loopback; `talk` does with each connection what it likes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    talk(connection)
                except OSError:
                    continue  # who sent has gone

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def at(port: int, *, host: str = "127.0.0.1", secure: bool = False) -> Target:
    return Target(Place(secure=secure, host=host, port=port, path="/hook?a=b"), "127.0.0.1")


def post(target: Target, seconds: float = 10, tls: ssl.SSLContext | None = None) -> int:
    return sending.post(target, {"webhook-id": "one"}, b'{"a":1}', until=time.monotonic() + seconds, tls=tls)


def answering(data: bytes) -> Talk:
    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(data)

    return talk


def test_the_request_arrives_as_it_was_meant() -> None:
    with receiving() as receiver:
        assert post(at(receiver.port, host="hooks.example")) == 204
    (call,) = receiver.calls
    assert call.path == "/hook?a=b"
    assert call.body == b'{"a":1}'
    assert call.headers["host"] == f"hooks.example:{receiver.port}"
    assert call.headers["content-type"] == "application/json"
    assert call.headers["webhook-id"] == "one"


def test_a_redirect_is_not_followed() -> None:
    with receiving() as receiver:
        receiver.answer = lambda _call: 307
        assert post(at(receiver.port)) == 307
    assert len(receiver.calls) == 1


def test_no_proxy_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver, receiving() as proxy:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert post(at(receiver.port)) == 204
    assert proxy.calls == []


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.0 204 \r\n\r\n", 204),
        (b"HTTP/1.1 410\r\n\r\n", 410),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", 200),
        (b"HTTP/1.1 500 No\r\nContent-Length: 99999999999\r\n\r\n" + b"x" * 100_000, 500),
    ],
    ids=["ok", "old", "bare", "hints", "much"],
)
def test_of_an_answer_only_the_status_is_read(answer: bytes, status: int) -> None:
    with talking(answering(answer)) as port:
        assert post(at(port)) == status


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 999 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"\x00" * 200_000,
        b"HTTP/1.1 100 Continue\r\n" + b"X: y\r\n" * 50_000,
    ],
    ids=["nothing", "half", "two", "high", "long", "ssh", "zeros", "endless-hints"],
)
def test_what_is_no_answer_is_said_to_be_none(answer: bytes) -> None:
    with talking(answering(answer)) as port, pytest.raises(Unanswered) as refusal:
        post(at(port))
    assert refusal.value.why in {"no-http", "connection"}


def test_no_more_is_read_than_a_head_has() -> None:
    """The receiver goes on for as long as we do: who reads on would wait for the deadline."""
    stop = threading.Event()

    def pour(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x00" * (sending.MAX_HEAD + 4096))
        stop.wait(20)

    with talking(pour) as port:
        try:
            with pytest.raises(Unanswered, match="no-http"):
                post(at(port), seconds=5)
        finally:
            stop.set()


def test_an_answer_that_drips_for_ever_ends_at_the_deadline() -> None:
    stop = threading.Event()

    def drip(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 100 Continue\r\n")
        while not stop.wait(0.02):
            connection.sendall(b"X: y\r\n")

    with talking(drip) as port:
        try:
            with pytest.raises(Unanswered, match="timeout"):
                post(at(port), seconds=0.3)
        finally:
            stop.set()


def test_a_silent_receiver_ends_at_the_deadline() -> None:
    stop = threading.Event()
    with talking(lambda _connection: void(stop.wait(20))) as port:
        try:
            with pytest.raises(Unanswered, match="timeout"):
                post(at(port), seconds=0.3)
            with pytest.raises(Unanswered, match="timeout"):
                post(at(port, secure=True), seconds=0.3)
        finally:
            stop.set()


def test_nothing_is_begun_after_the_deadline() -> None:
    with receiving() as receiver, pytest.raises(Unanswered, match="timeout"):
        post(at(receiver.port), seconds=-1)
    assert receiver.calls == []


def test_a_closed_port_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(Unanswered, match="connection"):
        post(at(port))


def void(_given: object) -> None:
    """Return nothing."""


# --- TLS: the connection goes to the judged address, the certificate is asked for the name ---------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for hooks.example, which vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hooks.example")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("hooks.example"), x509.IPAddress(ipaddress.ip_address("127.0.0.9"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "chain.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@contextmanager
def secured(certificate: Path, seen: list[str | None]) -> Iterator[int]:
    """Listen with TLS, and note for which name was asked (SNI)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda _socket, name, _context: seen.append(name)

    def talk(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as safe:
            safe.recv(65536)
            safe.sendall(b"HTTP/1.1 202 Accepted\r\n\r\n")

    with talking(talk) as port:
        yield port


def test_the_name_is_asked_for_and_the_address_connected_to(certificate: Path) -> None:
    seen: list[str | None] = []
    trusting = ssl.create_default_context(cafile=certificate)
    with secured(certificate, seen) as port:
        assert post(at(port, host="hooks.example", secure=True), tls=trusting) == 202
    assert seen == ["hooks.example"]


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_a_certificate_for_another_name_is_refused(certificate: Path, host: str) -> None:
    trusting = ssl.create_default_context(cafile=certificate)
    with secured(certificate, []) as port, pytest.raises(Unanswered, match="tls"):
        post(at(port, host=host, secure=True), tls=trusting)


def test_a_certificate_that_nobody_vouches_for_is_refused(certificate: Path) -> None:
    with secured(certificate, []) as port, pytest.raises(Unanswered, match="tls"):
        post(at(port, host="hooks.example", secure=True))
