"""Export bundles as the verifier reads them: one act, with its opening and its proof."""

import json
from datetime import UTC, datetime
from typing import Any

from ledger import base64url, checkpoint, entry, merkle, note
from ledger.canonical import canonical
from ledger.checkpoint import Checkpoint
from ledger.commitment import commit
from ledger.proof import Proof
from ledger.verifier import bundle
from ledger.verifier.findings import GOOD, Unreadable
from ledger.verifier.logformat import LogKey
from tests.ledger.issuer import LEAVES, LOG, ORIGIN

REFUSALS = (Unreadable,)
SALT, PAYLOAD = bytes(range(32)), canonical({"actor": "party:1", "payload": {"handle": "ada"}})
LEAF = entry.encode("party.registered", commit(SALT, PAYLOAD), datetime(2026, 11, 22, tzinfo=UTC))
HASHES = [merkle.leaf_hash(leaf) for leaf in (LEAVES[0], LEAF, LEAVES[1])]
CHECKPOINT = checkpoint.sign(Checkpoint(ORIGIN, 3, merkle.root(HASHES)), LOG)
PLACE = Proof(1, tuple(merkle.inclusion_proof(1, 3, merkle.subtree_of(HASHES))), CHECKPOINT)
ACT: dict[str, Any] = {
    "kind": "party.registered",
    "entry": base64url.encode(LEAF),
    "opening": {"salt": base64url.encode(SALT), "payload": base64url.encode(PAYLOAD)},
    "proof": PLACE.text(),
    "statement": None,
}
VKEY = note.vkey(ORIGIN, LOG.public)
KEY = LogKey.parse(VKEY)
EXPORT: dict[str, Any] = {
    "format": bundle.FORMAT,
    "log": {"vkey": VKEY, "origin": ORIGIN},
    "party": {"id": "1"},
    "keys": [],
    "acts": [ACT],
}
SEEDS = [json.dumps(EXPORT).encode(), json.dumps(EXPORT | {"acts": [], "keys": [{}]}).encode()]


def check(data: bytes) -> None:
    """Demand that only the act that happened passes, whatever else the bundle says."""
    found = bundle.read(data)
    if bundle.check(found, (KEY,)).code() == GOOD:
        (act,) = found["acts"]
        assert (act["entry"], act["opening"]["payload"]) == (ACT["entry"], ACT["opening"]["payload"]), "a spoiled act"
