"""COSE receipts (RFC 9942) of our tree, and SCITT transparent statements (RFC 9943) that carry them."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .cbor import read_cbor
from .cose import ISSUED, ISSUER, SUBJECT, VDS, Sign1, claims_of, is_second, read_sign1
from .findings import CouldNotCheck, Findings, NotTrue, require
from .strict import read_json, write_json
from .tree import HASH, extended, leaf, root_by_path

RECEIPTS, PROOFS, INCLUSION, CONSISTENCY = 394, 396, -1, -2
EXTENSION = "urn:countenance:consistency"
RFC9162_SHA256 = 1
LARGEST = 1 << 63
PROOF_PARTS = 3
MAX_RECEIPTS = 64
KINDS = {INCLUSION: "inclusion", CONSISTENCY: "consistency"}


@dataclass(frozen=True)
class Older:
    """The tree that a reader knows already; `size` `None`: only its root is known."""

    root: bytes
    size: int | None = None


def check(
    data: bytes, entry: bytes | None, key: Ed25519PublicKey, issuer: str | None = None, subject: str | None = None
) -> Findings:
    """Check a receipt for `entry`; `issuer` and `subject` are compared where they are given."""
    findings = Findings()
    _check(data, entry, key, findings, name="the receipt", asked={ISSUER: issuer, SUBJECT: subject})
    return findings


def _check(
    data: bytes,
    entry: bytes | None,
    key: Ed25519PublicKey,
    findings: Findings,
    *,
    name: str,
    asked: dict[int, str | None],
) -> None:
    signed: Sign1 | None = None
    root = b""
    with findings.check(f"{name} is a COSE_Sign1 in strict CBOR, with nothing inside"):
        unverified = read_sign1(data)
        require(unverified.payload is None, "its payload is not detached")
        signed = unverified
    if signed is None:
        return
    with findings.check(f"{name} says of which log it is, about what, and since when"):
        _check_claims(signed, asked)
    with findings.check(f"{name} leads from the entry to a root"):
        if entry is None:
            raise NotTrue("there is no entry")
        root = _root(signed, entry)
    with findings.check(f"{name} is signed over that root by the given key"):
        require(root, "there is no root")
        signed.verify(key, root)


def _check_claims(signed: Sign1, asked: dict[int, str | None]) -> None:
    require(
        type(signed.header.get(VDS)) is int and signed.header[VDS] == RFC9162_SHA256, "it is of another kind of tree"
    )
    claims = claims_of(signed.header)
    require(is_second(claims.get(ISSUED)), "it does not say when it was issued")
    for label, expected in asked.items():
        require(expected is None or claims[label] == expected, f"it says {claims[label]!r}")


def _root(signed: Sign1, entry: bytes) -> bytes:
    size, index, path = _proof(signed, INCLUSION)
    require(1 < size < LARGEST, "no receipt can be of a tree of this size")
    require(0 <= index < size, "the index is not inside the tree")
    return root_by_path(leaf(entry), index, size, path)


def _proof(signed: Sign1, kind: int) -> tuple[int, int, list[bytes]]:
    """Return the two numbers and the path of the single proof, which is of this kind."""
    require(set(signed.unprotected) == {PROOFS}, "its unprotected header holds something else than proofs")
    proofs = signed.unprotected[PROOFS]
    require(isinstance(proofs, dict) and set(proofs) == {kind}, f"it proves something else than {KINDS[kind]}")
    listed = proofs[kind]
    require(isinstance(listed, list) and len(listed) == 1, "it does not have exactly one proof")
    proof = read_cbor(listed[0])
    require(isinstance(proof, list) and len(proof) == PROOF_PARTS, "the proof does not have three parts")
    one, other, path = proof
    require(type(one) is int and type(other) is int, "a size or an index is not a number")
    require(isinstance(path, list) and path, "the path is empty")
    require(all(isinstance(one, bytes) and len(one) == HASH for one in path), "a hash of the path is malformed")
    return one, other, path


def check_consistency(
    data: bytes, older: Older, key: Ed25519PublicKey, issuer: str | None = None, subject: str | None = None
) -> Findings:
    """Check a receipt that a larger tree begins with the older one. Its last line names the larger tree."""
    findings = Findings()
    signed: Sign1 | None = None
    size, root = 0, b""
    with findings.check("the receipt is a COSE_Sign1 in strict CBOR, with nothing inside"):
        unverified = read_sign1(data)
        require(unverified.payload is None, "its payload is not detached")
        signed = unverified
    if signed is None:
        return findings
    with findings.check("the receipt says of which log it is, about what, and since when"):
        _check_claims(signed, {ISSUER: issuer, SUBJECT: subject})
    with findings.check("the receipt leads from the older tree to a larger one, whose sizes it signs"):
        first, second, path = _proof(signed, CONSISTENCY)
        require(older.size in (None, first), f"it begins with a tree of {first} leaves")
        require(second < LARGEST, "no tree is as large")
        require(claims_of(signed.header)[SUBJECT] == f"{EXTENSION}:{first}:{second}", "it signs other sizes")
        size, root = second, extended(first, older.root, second, path)
    with findings.check(f"the given key signed the tree of {size} leaves with the root {b64encode(root).decode()}"):
        require(root, "there is no root")
        signed.verify(key, root)
    return findings


def check_statement(
    data: bytes, key: Ed25519PublicKey, statement_key: Ed25519PublicKey | None, entry: bytes | None = None
) -> Findings:
    """Check a transparent statement: its own signature and each receipt. `statement_key` `None`: not its own."""
    findings = Findings()
    signed: Sign1 | None = None
    claims: dict[Any, Any] = {}
    with findings.check("the statement is a COSE_Sign1 in strict CBOR, around one entry in canonical form"):
        unverified = read_sign1(data)
        require(unverified.payload, "its payload is missing")
        require(write_json(read_json(unverified.payload or b"")) == unverified.payload, "its payload is no entry")
        require(entry is None or unverified.payload == entry, "its payload is another entry")
        signed = unverified
    if signed is None or signed.payload is None:
        return findings
    with findings.check("the statement says who makes it, and about what"):
        claims = claims_of(signed.header)
    with findings.check("the statement is signed by its key"):
        if statement_key is None:
            raise CouldNotCheck("the key of its issuer is not given")
        signed.verify(statement_key, signed.payload)
    receipts: list[Any] = []
    with findings.check("the statement carries receipts, and nothing else unprotected"):
        require(set(signed.unprotected) == {RECEIPTS}, "it does not")
        found = signed.unprotected[RECEIPTS]
        require(isinstance(found, list) and 1 <= len(found) <= MAX_RECEIPTS, "it lists none, or too many")
        receipts = found
    for number, one in enumerate(receipts, start=1):
        subject = str(claims.get(SUBJECT, ""))
        _check(one, signed.payload, key, findings, name=f"receipt {number}", asked={SUBJECT: subject})
    return findings
