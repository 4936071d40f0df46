"""What the tests of the verifier forge: keys, logs, files, all signed in good form and made without a database."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ledger import base64url, checkpoint, cosignature, merkle, note, proof, tile
from ledger.canonical import canonical
from ledger.verifier import logformat
from tests.ledger.test_note import Signer
from tests.ledger.test_tile import tiles

LOG, PARTY = Signer(7), Signer(8)
ORIGIN = "example.com/log"
VKEY = note.vkey(ORIGIN, LOG.public)
KEY = logformat.LogKey.parse(VKEY)
WITNESSES = [(f"witness.example/{number}", Signer(20 + number)) for number in range(4)]
WITNESS_VKEYS = [cosignature.Cosigner(name, signer.public).vkey() for name, signer in WITNESSES]
NOW = 1_795_000_000


def signed(leaves: Sequence[bytes], by: note.Signer = LOG, *, at: Iterable[tuple[int, int]] = ()) -> str:
    """Return the checkpoint of a tree, cosigned by these witnesses at these times."""
    made = checkpoint.Checkpoint(ORIGIN, len(leaves), merkle.root(leaves))
    text = checkpoint.sign(made, by)
    for number, second in at:
        name, signer = WITNESSES[number]
        text += cosignature.sign(made.text(), name, signer, at=second).line()
    return text


def proofs(entries: list[bytes]) -> list[str]:
    """Return a proof for each entry of a log that has exactly these."""
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    paths = [merkle.inclusion_proof(at, len(leaves), merkle.subtree_of(leaves)) for at in range(len(leaves))]
    return [proof.Proof(at, tuple(path), signed(leaves)).text() for at, path in enumerate(paths)]


def commitment(number: int) -> str:
    return base64url.encode(number.to_bytes(32, "big"))


def entry(kind: str, number: int, **public: object) -> dict[str, Any]:
    """Return the members of a leaf in version 1, or 2 for a grant with an expiry."""
    version = 2 if "expires" in public else 1
    return {"v": version, "kind": kind, "time": "2026-11-22T14:35Z", "commit": commitment(number), **public}


def log_of(entries: Sequence[dict[str, Any] | bytes], at: Iterable[tuple[int, int]] = ()) -> dict[str, bytes]:
    """Return the files of a published log that has these entries."""
    bodies = [one if isinstance(one, bytes) else canonical(one) for one in entries]
    leaves = [merkle.leaf_hash(body) for body in bodies]
    files = {"checkpoint": signed(leaves, at=at).encode(), **tiles(leaves)}
    for number in range(-(-len(bodies) // 256)):
        part = bodies[number * 256 : (number + 1) * 256]
        files[tile.bundle_path(number, len(part))] = tile.encode_bundle(part)
    return files


def put(folder: Path, files: dict[str, bytes]) -> Path:
    """Write the files."""
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def b64(data: bytes) -> str:
    """Return standard base64."""
    return base64.b64encode(data).decode()
