"""COSE receipts (RFC 9942) of the log's RFC 9162 tree: that it has an entry, and that it extends an earlier tree. Pure.

A receipt is signed over a root that it does not carry: the reader rebuilds the root from the entry and the path. The
size and the index are not signed. Some sizes give a path of the same form, so both stay unverified until a checkpoint
shows the same root: then they follow. A consistency receipt has both sizes in its subject, which is signed.

There is no receipt of a tree with one leaf and none between equal trees: their paths would be empty, which the format
does not allow. A receipt has no cosignatures; the witnessed checkpoint, or a tlog-proof, belongs beside it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from ledger import cose, merkle
from ledger.cose import Header, Sign1, Signer
from ledger.entry import decode as decode_entry
from ledger.problem import Problem

VDS, VDP = 395, 396  # verifiable data structure, verifiable data proofs
RFC9162_SHA256 = 1
INCLUSION, CONSISTENCY = -1, -2
ISS, SUB, IAT = 1, 2, 6  # CWT claims (RFC 8392 section 3.1)
LATEST = 253_402_300_799  # seconds since 1970; the end of the year 9999
MAX_SIZE = 1 << 63
MAX_HASHES = 63
MEDIA_TYPE = "application/scitt-receipt+cose"


class ReceiptInvalid(Problem):
    """The bytes are not a receipt of this log for this entry or tree."""

    code: ClassVar[str] = "receipt-invalid"
    title: ClassVar[str] = "Not a receipt of this log"


@dataclass(frozen=True, slots=True)
class Claims:
    """Who says so (the log's origin), of what, and when in seconds since 1970."""

    issuer: str
    subject: str
    issued_at: int

    def header(self) -> Header:
        """Return the protected header that carries them."""
        return {cose.CLAIMS: {ISS: self.issuer, SUB: self.subject, IAT: self.issued_at}, VDS: RFC9162_SHA256}


@dataclass(frozen=True, slots=True)
class Receipt:
    """A parsed receipt of either kind: `numbers` is (size, index) or (first size, second size). Nothing is verified."""

    message: Sign1
    claims: Claims
    numbers: tuple[int, int]
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Included:
    """What a verified inclusion receipt says: the tree with this root has the entry. Size and index are not signed."""

    claims: Claims
    root: bytes
    unverified_size: int
    unverified_index: int


@dataclass(frozen=True, slots=True)
class Extended:
    """What a verified consistency receipt says: the tree (second, root) extends the one that the reader knew."""

    claims: Claims
    first: int
    second: int
    root: bytes


def subject(leaf: bytes) -> str:
    """Return the `sub` of all that is said about an entry: its commitment, which names nobody."""
    return f"urn:countenance:commitment:{decode_entry(leaf)['commit']}"


def extension(first: int, second: int) -> str:
    """Return the `sub` of a consistency receipt."""
    return f"urn:countenance:consistency:{first}:{second}"


def sign_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], *, issuer: str, issued_at: int, signer: Signer
) -> bytes:
    """Return the receipt that the tree to which the path leads has the entry `leaf` at `index`."""
    root = merkle.root_of_inclusion(index, size, merkle.leaf_hash(leaf), path)
    claims = Claims(issuer, subject(leaf), issued_at)
    return _signed({INCLUSION: (size, index)}, path, root, claims, signer)


def sign_consistency(
    first: int, second: int, old: bytes, path: Sequence[bytes], *, issuer: str, issued_at: int, signer: Signer
) -> bytes:
    """Return the receipt that the tree of `second` leaves to which the path leads extends (`first`, `old`)."""
    root = merkle.root_of_consistency(first, second, old, path)
    claims = Claims(issuer, extension(first, second), issued_at)
    return _signed({CONSISTENCY: (first, second)}, path, root, claims, signer)


def parse(data: bytes, kind: int = INCLUSION) -> Receipt:
    """Read a receipt of this kind; raise `ReceiptInvalid` or `cose.CoseInvalid`. Verifies nothing."""
    message = cose.parse(data)
    proofs = message.unprotected.get(VDP)
    if set(message.unprotected) != {VDP} or not isinstance(proofs, dict) or set(proofs) != {kind}:
        raise ReceiptInvalid("The receipt does not have exactly the proof that is asked for")
    numbers, path = _proof(proofs[kind])
    return Receipt(message, _claims(message.protected), numbers, path)


def verify_inclusion(data: bytes, leaf: bytes, *, issuer: str, keys: Mapping[bytes, bytes]) -> Included:
    """Return what the receipt proves of the entry whose bytes are `leaf`; raise a `Problem` if it does not.

    `keys` maps kids to 32-byte Ed25519 keys, those of receipts only.
    """
    found = parse(data, INCLUSION)
    size, index = found.numbers
    root = merkle.root_of_inclusion(index, size, merkle.leaf_hash(leaf), found.path)
    _verify(found, root, issuer=issuer, expected=subject(leaf), keys=keys)
    return Included(found.claims, root, size, index)


def verify_consistency(data: bytes, old: bytes, *, issuer: str, keys: Mapping[bytes, bytes]) -> Extended:
    """Return the newer tree that the receipt shows to extend the tree with the root `old`; raise otherwise."""
    found = parse(data, CONSISTENCY)
    first, second = found.numbers
    root = merkle.root_of_consistency(first, second, old, found.path)
    _verify(found, root, issuer=issuer, expected=extension(first, second), keys=keys)
    return Extended(found.claims, first, second, root)


def _verify(found: Receipt, root: bytes, *, issuer: str, expected: str, keys: Mapping[bytes, bytes]) -> None:
    if found.claims.issuer != issuer:
        raise ReceiptInvalid(f"The receipt is of the log {found.claims.issuer!r}, not of {issuer!r}")
    if found.claims.subject != expected:
        raise ReceiptInvalid("The receipt is about something else")
    cose.verify(found.message, keys, detached=root)


def _signed(
    numbers: Mapping[int, tuple[int, int]], path: Sequence[bytes], root: bytes, claims: Claims, signer: Signer
) -> bytes:
    if not path:
        raise ReceiptInvalid("A receipt needs a path: the tree has at least two leaves, and is not the earlier one")
    proofs = {kind: [cose.encode([*both, list(path)])] for kind, both in numbers.items()}
    message = cose.sign(claims.header(), root, signer, detached=True)
    return message.with_unprotected({VDP: proofs}).to_bytes()


def _claims(protected: Header) -> Claims:
    """Return the claims of a protected header that has exactly what a receipt has."""
    claims: Any = protected.get(cose.CLAIMS)
    if set(protected) != {cose.ALG, cose.KID, cose.CLAIMS, VDS} or protected[VDS] != RFC9162_SHA256:
        raise ReceiptInvalid("The protected header is not that of a receipt over an RFC 9162 tree")
    if not isinstance(claims, dict) or set(claims) != {ISS, SUB, IAT}:
        raise ReceiptInvalid("The receipt does not say exactly who issued it, of what, and when")
    match claims[ISS], claims[SUB], claims[IAT]:
        case str(issuer), str(sub), int(issued_at) if 0 < issued_at <= LATEST:
            return Claims(issuer, sub, issued_at)
    raise ReceiptInvalid("A claim of the receipt has another type, or no time that can be")


def _proof(proofs: object) -> tuple[tuple[int, int], tuple[bytes, ...]]:
    """Return the two numbers and the path of the single proof in the list."""
    match proofs:
        case [bytes(proof)]:
            decoded = cose.decode(proof)
        case _:
            raise ReceiptInvalid("A receipt has one proof")
    match decoded:
        case [int(one), int(other), [*path]] if 0 <= one <= MAX_SIZE and 0 <= other <= MAX_SIZE:
            hashes = tuple(path)
            if 0 < len(hashes) <= MAX_HASHES and all(map(_is_hash, hashes)):
                return (one, other), hashes
    raise ReceiptInvalid("A proof is two numbers and a path of hashes that is not empty")


def _is_hash(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == merkle.HASH_BYTES
