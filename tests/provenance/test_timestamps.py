"""A time stamp that counts, or none at all, and never later than the deadline."""

from __future__ import annotations

import hashlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
import rfc3161_client
from asn1crypto import tsp
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance import stamp, timestamps
from provenance.stamp import NotTimeStamped
from provenance.timestamp_token import SKEW, TokenRefused, check
from provenance.timestamps import MAX_ANSWER, REPLY, NoTimeStamp, fetch, relay
from provenance.tsa import authority as maker
from provenance.tsa.answer import answer
from provenance.tsa.authority import Authority
from provenance.verify import verify
from tests.provenance import clockwork
from tests.provenance.workshop import Workshop, plain_manifest, workshop

DIGEST = hashlib.sha256(b"a signature").digest()
Reply = Callable[[bytes], tuple[int, str, bytes]]


def query(**changes: Any) -> bytes:  # noqa: ANN401 - members of a request
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": DIGEST}
    asked = {"version": "v1", "message_imprint": imprint, "nonce": 7, "cert_req": True}
    request: bytes = tsp.TimeStampReq(asked | changes).dump()
    return request


@pytest.fixture(scope="module")
def ours() -> Authority:
    return maker.load(clockwork.folder())


@pytest.fixture(scope="module")
def roots() -> list[x509.Certificate]:
    return clockwork.clock().roots


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    folder = tmp_path_factory.mktemp("foreign")
    maker.make(folder)
    return maker.load(folder)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("timestamps"), "ours")


@contextmanager
def answering(reply: Reply, *, drip: float = 0) -> Iterator[timestamps.Authority]:
    """Run an authority that answers in some way of its own; with `drip`, one byte each so many seconds."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, data = reply(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Location", clockwork.clock().url)
            self.end_headers()
            try:
                for at in range(0, len(data), 1 if drip else max(len(data), 1)):
                    self.wfile.write(data[at : at + 1] if drip else data)
                    time.sleep(drip)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        yield replace(clockwork.clock(), url=url, seconds=1.0)
    finally:
        server.shutdown()
        server.server_close()


def test_a_good_answer_gives_its_time(ours: Authority, roots: list[x509.Certificate]) -> None:
    now = datetime.now(UTC)
    token = check(answer(query(), ours), query(), roots, at=now)
    assert abs(token.at - now) < timedelta(seconds=2)
    assert token.serial


def test_a_reader_that_is_not_ours_agrees(ours: Authority, roots: list[x509.Certificate]) -> None:
    response = rfc3161_client.decode_timestamp_response(answer(query(nonce=None), ours))
    verifier = rfc3161_client.VerifierBuilder().add_root_certificate(roots[0]).build()
    assert verifier.verify(response, DIGEST)


FLAWS: dict[str, Callable[[Authority, Authority], tuple[bytes, bytes]]] = {
    "another nonce": lambda ours, _: (answer(query(nonce=8), ours), query()),
    "no nonce": lambda ours, _: (answer(query(nonce=None), ours), query()),
    "another digest": lambda ours, _: (
        answer(query(message_imprint={"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}), ours),
        query(),
    ),
    "a foreign authority": lambda _, foreign: (answer(query(), foreign), query()),
    "no certificate": lambda ours, _: (answer(query(cert_req=False), ours), query()),
    "a refusal": lambda ours, _: (answer(query(req_policy="1.2.3"), ours), query()),
    "another's key": lambda ours, foreign: (answer(query(), replace(ours, key=foreign.key)), query()),
    "of yesterday": lambda ours, _: (answer(query(), ours, lambda: datetime.now(UTC) - 2 * SKEW), query()),
    "of tomorrow": lambda ours, _: (answer(query(), ours, lambda: datetime.now(UTC) + 2 * SKEW), query()),
    "garbage": lambda *_: (b"hello", query()),
    "nothing": lambda *_: (b"", query()),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_an_answer_with_a_flaw_is_refused(
    flaw: str, ours: Authority, foreign: Authority, roots: list[x509.Certificate]
) -> None:
    response, request = FLAWS[flaw](ours, foreign)
    with pytest.raises(TokenRefused):
        check(response, request, roots, at=datetime.now(UTC))


def test_a_signer_for_more_than_time_stamps_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.4")
    monkeypatch.setattr(maker, "ExtendedKeyUsageOID", SimpleNamespace(TIME_STAMPING=mail))
    maker.make(tmp_path)
    roots = x509.load_pem_x509_certificates((tmp_path / maker.ROOT_FILE).read_bytes())
    with pytest.raises(TokenRefused, match="for time stamps alone"):
        check(answer(query(), maker.load(tmp_path)), query(), roots, at=datetime.now(UTC))


@settings(max_examples=150, deadline=None)
@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_no_flipped_bit_raises_anything_else_or_changes_the_time(at: int, bit: int) -> None:
    whole = answer(query(), maker.load(clockwork.folder()))
    good = check(whole, query(), clockwork.clock().roots, at=datetime.now(UTC))
    spoilt = bytearray(whole)
    spoilt[at % len(whole)] ^= 1 << bit
    with suppress(TokenRefused):
        assert check(bytes(spoilt), query(), clockwork.clock().roots, at=datetime.now(UTC)) == good


REPLIES: dict[str, Reply] = {
    "an error": lambda body: (500, REPLY, answer(body, maker.load(clockwork.folder()))),
    "a redirect": lambda body: (302, REPLY, answer(body, maker.load(clockwork.folder()))),
    "a page": lambda body: (200, "text/html", answer(body, maker.load(clockwork.folder()))),
    "a giant": lambda _: (200, REPLY, bytes(MAX_ANSWER + 1)),
    "garbage": lambda _: (200, REPLY, b"\x30\x80" * 40),
}


@pytest.mark.parametrize("kind", REPLIES)
def test_an_authority_that_answers_badly_gives_no_time_stamp(kind: str) -> None:
    with answering(REPLIES[kind]) as bad, pytest.raises(NoTimeStamp):
        fetch(bad, query())


def test_an_authority_that_drips_is_cut_off_at_the_deadline() -> None:
    began = time.monotonic()
    slow: Reply = lambda body: (200, REPLY, answer(body, maker.load(clockwork.folder())))  # noqa: E731 - one line
    with answering(slow, drip=0.1) as dripping, pytest.raises(NoTimeStamp):
        fetch(dripping, query())
    assert time.monotonic() - began < 30  # whole, it would drip for over a minute


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "target").mkdir()
    return tmp_path / "target/video.mp4"


def sign(shop: Workshop, target: Path, authority: timestamps.Authority) -> None:
    stamp.sign(shop.source(), target, plain_manifest(uuid4()), (), shop.chain, authority=authority)


def test_nothing_is_signed_while_the_authority_is_down(shop: Workshop, target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(NotTimeStamped):
        sign(shop, target, replace(shop.clock, url=f"http://127.0.0.1:{port}/"))
    assert list(target.parent.iterdir()) == []


def test_nothing_is_signed_while_the_authority_is_silent(shop: Workshop, target: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(NotTimeStamped, match=r"did not answer within|reached, or hung up"):
            sign(shop, target, replace(shop.clock, url=url, seconds=0.5))
    assert list(target.parent.iterdir()) == []


def test_nothing_is_signed_with_the_time_of_somebody_whom_we_do_not_trust(
    shop: Workshop, target: Path, foreign: Authority
) -> None:
    with (
        answering(lambda body: (200, REPLY, answer(body, foreign))) as lying,
        pytest.raises(NotTimeStamped, match="vouches for its signer"),
    ):
        sign(shop, target, lying)
    assert list(target.parent.iterdir()) == []


def test_the_authority_is_asked_once_at_signing_and_never_at_verification(
    shop: Workshop, target: Path, ours: Authority
) -> None:
    heard: list[bytes] = []

    def listening(body: bytes) -> tuple[int, str, bytes]:
        heard.append(body)
        return 200, REPLY, answer(body, ours)

    with answering(listening) as ear:
        sign(shop, target, ear)
        assert len(heard) == 1
        report = verify(target, anchors_pem=shop.chain.anchors_pem, time_anchors_pem=ear.roots_pem)
        assert report.signed_at is not None
        assert len(heard) == 1


def test_the_door_closes_with_the_signing_and_knows_its_name() -> None:
    with relay(clockwork.clock()) as door:
        elsewhere = replace(clockwork.clock(), url=door.url[:-3])
        with pytest.raises(NoTimeStamp, match="404"):
            fetch(elsewhere, query())
        assert fetch(replace(elsewhere, url=door.url), query())
        assert door.failure is None
    with pytest.raises(NoTimeStamp):
        fetch(replace(elsewhere, url=door.url), query())
