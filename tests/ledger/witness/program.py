"""The witness as it is run: a process of its own, spoken to over HTTP. And a log of the test's own for it to watch."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ledger import checkpoint, merkle, note
from ledger.checkpoint import Checkpoint
from ledger.cosignature import Cosigner, parse_vkey
from ledger.witness.submission import encode
from tests.ledger.test_note import Signer

ROOT = Path(__file__).resolve().parents[3]
ORIGIN = "witnessed.example/log"
LOG = Signer(21)
VKEY = note.vkey(ORIGIN, LOG.public)


def leaves(count: int, branch: str = "", since: int = 0) -> list[bytes]:
    """Return leaf hashes; those of a branch differ from number `since` on."""
    return [merkle.leaf_hash(f"{number}{branch if number >= since else ''}".encode()) for number in range(count)]


def signed(hashes: list[bytes], *, signer: Signer = LOG, origin: str = ORIGIN) -> str:
    return checkpoint.sign(Checkpoint(origin, len(hashes), merkle.root(hashes)), signer)


def proof(old: int, hashes: list[bytes]) -> list[bytes]:
    return merkle.consistency_proof(old, len(hashes), merkle.subtree_of(hashes))


def submission(old: int, hashes: list[bytes]) -> bytes:
    """Return the body that an honest log sends."""
    return encode(old, proof(old, hashes), signed(hashes))


@dataclass(frozen=True)
class Reply:
    status: int
    kind: str
    text: str


@dataclass(frozen=True)
class Program:
    """A running witness."""

    url: str
    vkey: str

    @property
    def cosigner(self) -> Cosigner:
        return parse_vkey(self.vkey)

    def add(self, body: bytes) -> Reply:
        return self.ask("POST", "/add-checkpoint", body)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", urlsplit(self.url).port or 0, timeout=10)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers["Content-Type"], answer.read().decode())
        finally:
            connection.close()


def command(folder: Path, *options: str) -> list[str]:
    given = ["--state", str(folder / "state.sqlite3"), "--key", str(folder / "key.json")]
    return [sys.executable, "-m", "ledger.witness", *given, *(options or ("--log-vkey", VKEY))]


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Program]:
    """Run a witness whose files are in `folder`; it has no environment but a path."""
    alone = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    with (
        (folder / "witness.log").open("ab") as log,
        subprocess.Popen(command(folder, *options), env=alone, cwd="/", stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said, (folder / "witness.log").read_text()
            yield Program(**json.loads(said))
        finally:
            process.kill()  # no orderly end: what it answered must be on disk already
