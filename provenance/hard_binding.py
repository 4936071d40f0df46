"""The hash of the media in a manifest's hard binding (C2PA 2.4, "c2pa.hash.bmff.v3"). Pure.

A flat binding has one hash over the file without its exclusions, and that is the answer. One with a Merkle tree has a
hash over the rest of the file, and rows of hashes over the media: the answer is SHA-256 over that hash and every
row, in the order of the assertion. With the claim's hash this goes into the log, so that a store which was taken out of
its file, or a file out of its store, can be matched again.
"""

from __future__ import annotations

import hashlib
from typing import Any

import cbor2

from provenance import jumbf

LABEL = "c2pa.hash.bmff.v3"
ALGORITHM = "sha256"
HASH_BYTES = 32


def sha256(store: bytes, label: str) -> str:
    """Return the lower-case hex; raise `jumbf.Malformed` unless the manifest has exactly such a binding."""
    try:
        binding = cbor2.loads(jumbf.assertion(store, label, LABEL))
        if binding.get("alg", ALGORITHM) != ALGORITHM:
            raise jumbf.Malformed("the hard binding is not of SHA-256")
        rows = [row for tree in binding.get("merkle") or () for row in tree["hashes"]]
        hashes = [_hash(each) for each in (binding["hash"], *rows)]
    except (cbor2.CBORError, KeyError, TypeError, AttributeError) as error:
        raise jumbf.Malformed("the hard binding cannot be read") from error
    return hashes[0].hex() if len(hashes) == 1 else hashlib.sha256(b"".join(hashes)).hexdigest()


def _hash(value: Any) -> bytes:  # noqa: ANN401  whatever the CBOR holds
    """Return one hash; the engine writes those of a row as lists of numbers in some versions."""
    try:
        data = bytes(value) if isinstance(value, (bytes, list)) else b""
    except ValueError:  # a number that is no byte
        data = b""
    if len(data) != HASH_BYTES:
        raise jumbf.Malformed("a hash of the hard binding does not have 32 bytes")
    return data
