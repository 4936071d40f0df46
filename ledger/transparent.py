"""SCITT signed statements and transparent statements (RFC 9943) whose payload is a log entry. Pure.

The profile: the payload is the entry's leaf bytes, a salted commitment, and the tree has that payload as its leaf. It
does not have the statement, so that an entry can be stated again under a new key. A statement is made with an empty
unprotected header; with the receipt of its payload under label 394 it is transparent. The two have different keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from ledger import cose, receipt
from ledger.cose import Header, Signer
from ledger.problem import Problem

RECEIPTS = 394
ENTRY_TYPE = "application/vnd.countenance.entry+json"
MEDIA_TYPE = "application/scitt-statement+cose"


class StatementUntrue(Problem):
    """The bytes are not a statement about a log entry, or the receipt in it is of something else."""

    code: ClassVar[str] = "statement-untrue"
    title: ClassVar[str] = "Not a transparent statement of this log"


@dataclass(frozen=True, slots=True)
class Transparent:
    """A verified transparent statement: the entry's bytes and what its receipt proves of them."""

    leaf: bytes
    included: receipt.Included


def sign_statement(leaf: bytes, *, issuer: str, signer: Signer) -> bytes:
    """Return the signed statement that the issuer recorded this entry."""
    claims = {receipt.ISS: issuer, receipt.SUB: receipt.subject(leaf)}
    header: Header = {cose.CONTENT_TYPE: ENTRY_TYPE, cose.CLAIMS: claims}
    return cose.sign(header, leaf, signer).to_bytes()


def attach(statement: bytes, found: bytes) -> bytes:
    """Return the transparent statement: `statement`, as it was signed, with the receipt `found`."""
    message = cose.parse(statement)
    if message.unprotected:
        raise StatementUntrue("The statement has an unprotected header already")
    return message.with_unprotected({RECEIPTS: [found]}).to_bytes()


def verify_statement(data: bytes, *, issuer: str, keys: Mapping[bytes, bytes]) -> bytes:
    """Return the entry's bytes in a statement without receipts; raise a `Problem` if it is not this issuer's."""
    message = cose.parse(data)
    if message.unprotected:
        raise StatementUntrue("The unprotected header of a statement is empty")
    return _payload(message, issuer=issuer, keys=keys)


def verify(
    data: bytes, *, issuer: str, statement_keys: Mapping[bytes, bytes], receipt_keys: Mapping[bytes, bytes]
) -> Transparent:
    """Return what a transparent statement proves; raise a `Problem` otherwise.

    1. The unprotected header holds exactly one receipt.
    2. The issuer signed the statement, its payload is an entry, and its subject is that entry's commitment.
    3. The receipt is the log's, about the same commitment, and leads from the payload to the root that was signed.
    """
    message = cose.parse(data)
    found = message.unprotected.get(RECEIPTS)
    if set(message.unprotected) != {RECEIPTS} or not isinstance(found, list) or len(found) != 1:  # (1)
        raise StatementUntrue("A transparent statement has exactly one receipt")
    if not isinstance(found[0], bytes):
        raise StatementUntrue("The receipt is not a byte string")
    leaf = _payload(message, issuer=issuer, keys=statement_keys)  # (2)
    return Transparent(leaf, receipt.verify_inclusion(found[0], leaf, issuer=issuer, keys=receipt_keys))  # (3)


def _payload(message: cose.Sign1, *, issuer: str, keys: Mapping[bytes, bytes]) -> bytes:
    leaf = cose.verify(message, keys)
    claims = {receipt.ISS: issuer, receipt.SUB: receipt.subject(leaf)}
    expected = {cose.ALG: cose.EDDSA, cose.KID: message.kid, cose.CONTENT_TYPE: ENTRY_TYPE, cose.CLAIMS: claims}
    if message.protected != expected:
        raise StatementUntrue("The protected header is not that of this issuer's statement about this entry")
    return leaf
