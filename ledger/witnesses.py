"""Ask the configured witnesses to cosign what we signed: the log's side of C2SP tlog-witness.

A witness is somebody else's program: it may be down, slow, or lie. Each has one second in all, what it answers counts
only as a cosignature that verifies with the key we were given for it and bears a time of now, and no witness can make
us publish or keep us from publishing beyond what the quorum says.
"""

import hashlib
import http.client
import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from ledger import cosignature, note, published
from ledger.cosignature import Cosignature, Cosigner
from ledger.problem import Problem
from ledger.witness.submission import encode
from ledger.witnesspolicy import WitnessPolicy

SECONDS = 1.0  # for one witness, from connecting to its last byte, a repeated request included
SKEW_SECONDS = 300  # how far a witness' clock may be from ours; beyond it, its time says nothing
MAX_ANSWER = 16 * 1024  # bytes
SIZE_KIND = "text/x.tlog.size"
SIZE = re.compile(r"(0|[1-9][0-9]{0,18})\n", re.ASCII)

logger = logging.getLogger(__name__)


class NotCosigned(Exception):  # noqa: N818 - an outcome
    """This witness gave no cosignature that counts, this time."""


@dataclass(slots=True)
class Witness:
    """A configured witness. `size` is what it cosigned last as far as we know, a mere guess: its 409 corrects it."""

    cosigner: Cosigner
    url: str
    size: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a witness answered. Nothing about it is verified."""

    status: int
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Witnesses:
    """All of them, and how many must cosign."""

    policy: WitnessPolicy
    members: tuple[Witness, ...]
    asked: dict[str, float] = field(default_factory=dict)  # when each was asked last, by the monotonic clock

    def cosign(self, signed: str, size: int) -> str:
        """Return the checkpoint with every cosignature that is to be had now; tiles of this size are written already.

        `signed` may hold cosignatures from before: they stay, and only the witnesses that are missing are asked.
        """
        unverified = note.parse(signed)
        have = {one.cosigner: one for one in self.policy.cosignatures(unverified)}
        missing = [one for one in self.members if one.cosigner not in have]
        for found in self._ask(missing, unverified.text, signed, size):
            have[found.cosigner] = found
        ours = [one.line() for one in unverified.signatures if one not in {had.signature for had in have.values()}]
        theirs = [have[one].signature.line() for one in self.policy.cosigners if one in have]
        return f"{unverified.text}\n{''.join(ours + theirs)}"

    def due(self, signed: str, pause: float) -> bool:
        """Tell whether a witness is missing that was not asked within the last `pause` seconds."""
        have = {one.cosigner for one in self.policy.cosignatures(note.parse(signed))}
        since = time.monotonic() - pause
        return any(
            one.cosigner not in have and self.asked.get(one.cosigner.name, -pause) <= since for one in self.members
        )

    def seen(self) -> Iterator[tuple[Witness, str]]:
        """Yield the checkpoint that each witness shows as our newest, as far as it answers. Nothing is verified."""
        name = hashlib.sha256(settings.LEDGER_ORIGIN.encode()).hexdigest()
        for witness, reply in self._each(self.members, lambda one: [(one, _call(one, "GET", f"/{name}/checkpoint"))]):
            if reply.status == http.client.OK:
                yield witness, reply.text

    def _ask(self, missing: Collection[Witness], text: str, signed: str, size: int) -> list[Cosignature]:
        self.asked.update({one.cosigner.name: time.monotonic() for one in missing})
        return self._each(missing, lambda witness: [_cosigned(witness, text, signed, size)])

    def _each[Result](self, members: Collection[Witness], ask: Callable[[Witness], list[Result]]) -> list[Result]:
        """Ask all at once; leave out, with a warning, those from whom nothing useful came in time."""
        if not members:
            return []
        pool = ThreadPoolExecutor(len(members), thread_name_prefix="witness")
        asked = [(one, pool.submit(ask, one)) for one in members]
        pool.shutdown(wait=False)  # each ends by itself, since its connection is cut off
        found: list[Result] = []
        until = time.monotonic() + SECONDS
        for witness, answer in asked:
            try:
                found += answer.result(timeout=max(0, until - time.monotonic()))
            except (NotCosigned, TimeoutError, OSError, http.client.HTTPException, Problem, ValueError) as why:
                logger.warning("no word from the witness %s: %s", witness.cosigner.name, why or type(why).__name__)
        return found


def configured() -> Witnesses:
    """Return the witnesses of the settings; raise `PolicyInvalid` if they cannot be used."""
    members = tuple(
        Witness(cosignature.parse_vkey(one["vkey"]), one["url"].rstrip("/")) for one in settings.LEDGER_WITNESSES
    )
    policy = WitnessPolicy(settings.LEDGER_WITNESS_QUORUM, tuple(one.cosigner for one in members))
    return Witnesses(policy, members)


def _cosigned(witness: Witness, text: str, signed: str, size: int) -> Cosignature:
    """Have one witness cosign; try a second time with the size that its 409 names, and never a third."""
    deadline = time.monotonic() + SECONDS
    reply = _add(witness, signed, size, deadline)
    if reply.status == http.client.CONFLICT:
        witness.size = _size(reply, size)
        reply = _add(witness, signed, size, deadline)
    if reply.status != http.client.OK:
        raise NotCosigned(f"it answered {reply.status} {reply.text[:100]!r}")
    found = cosignature.verify(note.parse(f"{text}\n{reply.text}"), witness.cosigner)
    if abs(found.at - time.time()) > SKEW_SECONDS:
        raise NotCosigned(f"its time {found.at} is not now")
    witness.size = size
    return found


def _add(witness: Witness, signed: str, size: int, deadline: float) -> Reply:
    old = min(witness.size, size)
    proof = published.tree(size).consistency_proof(old)
    return _call(witness, "POST", "/add-checkpoint", encode(old, proof, signed), deadline=deadline)


def _size(reply: Reply, size: int) -> int:
    match = SIZE.fullmatch(reply.text)
    if reply.kind != SIZE_KIND or match is None:
        raise NotCosigned("its 409 names no size")
    if int(match[1]) > size:
        raise NotCosigned(f"it says it has seen size {match[1]} of us, beyond {size}")
    return int(match[1])


def _call(witness: Witness, method: str, path: str, body: bytes | None = None, *, deadline: float = 0) -> Reply:
    """Make one request; whatever the other side does, it is over at the deadline (0: in `SECONDS`)."""
    parts = urlsplit(witness.url)
    kind: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    left = (deadline or time.monotonic() + SECONDS) - time.monotonic()
    if left <= 0:
        raise TimeoutError
    connection = kind(parts.hostname, parts.port, timeout=left)
    with _cut_off(connection, left):
        connection.request(method, parts.path + path, body, {"Content-Type": "text/plain"})
        with connection.getresponse() as answer:
            data = answer.read(MAX_ANSWER + 1)
            status, content = answer.status, answer.headers.get("Content-Type", "")
    if len(data) > MAX_ANSWER:
        raise NotCosigned("its answer has no end")
    return Reply(status, content, data.decode("utf-8"))


@contextmanager
def _cut_off(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """End the connection after so many seconds: a time-out of the socket begins anew with each byte that drips in."""
    connection.connect()
    wire = connection.sock  # the connection itself forgets it once an answer has begun that ends with it

    def cut() -> None:
        with suppress(OSError):
            wire.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        connection.close()
