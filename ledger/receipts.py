"""Receipts and transparent statements of our own log, made from what is published and checked before they leave."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from ledger import keyring, log, merkle, published, transparent
from ledger.keyring import Signer
from ledger.models import Entry
from ledger.receipt import (
    ReceiptInvalid,
    sign_consistency,
    sign_inclusion,
    verify_consistency,
    verify_inclusion,
)


@dataclass(frozen=True, slots=True)
class Extension:
    """That the tree of `first` leaves is the beginning of that of `second`: both roots, and the path between them."""

    first: int
    second: int
    old: bytes
    new: bytes
    path: list[bytes]


def receipt(entry: Entry) -> bytes:
    """Return the COSE receipt of the entry under the newest published checkpoint.

    Raises `log.NotYetPublished` while no published checkpoint covers the entry, or only one of a single leaf does.
    """
    return receipt_at(bytes(entry.body), log.place(entry))


def receipt_at(leaf: bytes, found: log.Place) -> bytes:
    """Return the COSE receipt of the entry whose bytes are `leaf`, at a place that was checked; raise as `receipt`."""
    if not found.path:
        raise log.NotYetPublished("A tree of one leaf has no receipts", remedy="Ask again when the log has grown")
    made = sign_inclusion(
        leaf,
        found.index,
        found.checkpoint.size,
        found.path,
        issuer=settings.LEDGER_ORIGIN,
        issued_at=_now(),
        signer=keyring.signing_key("receipt"),
    )
    verify_inclusion(made, leaf, issuer=settings.LEDGER_ORIGIN, keys=keys("receipt"))
    return made


def consistency_receipt(first: int, second: int) -> bytes:
    """Return the COSE receipt that the tree of `second` leaves extends the tree of `first`; raise as `extension`."""
    return receipt_of(extension(first, second))


def extension(first: int, second: int) -> Extension:
    """Return how the tree of `second` leaves extends the tree of `first`, both published.

    Raises `log.NotYetPublished` if no published checkpoint is as large, `ReceiptInvalid` unless 0 < first < second.
    """
    if not 0 < first < second:
        raise ReceiptInvalid("There is a receipt from a tree with leaves to a larger one only", remedy="Swap the sizes")
    text = published.checkpoint_text()
    signed = None if text is None else log.verified(text)
    if signed is None or signed.size < second:
        raise log.NotYetPublished(f"No published checkpoint has {second} leaves yet", remedy="Ask again in a second")
    with log.verifying():
        tree = published.tree(signed.size)
        old, new = tree.subtree(0, first), tree.subtree(0, second)
        # The tiles are trusted for nothing: what they say of `second` has to lead to the root that the log key signed.
        merkle.verify_consistency(second, signed.size, new, signed.root, tree.consistency_proof(second))
        return Extension(first, second, old, new, merkle.consistency_proof(first, second, tree.subtree))


def receipt_of(found: Extension) -> bytes:
    """Return the COSE receipt of an extension that was just made from the published tiles."""
    made = sign_consistency(
        found.first,
        found.second,
        found.old,
        found.path,
        issuer=settings.LEDGER_ORIGIN,
        issued_at=_now(),
        signer=keyring.signing_key("receipt"),
    )
    if verify_consistency(made, found.old, issuer=settings.LEDGER_ORIGIN, keys=keys("receipt")).root != found.new:
        raise ReceiptInvalid("The receipt made leads to another tree")
    return made


def transparent_statement(entry: Entry) -> bytes:
    """Return the SCITT transparent statement of the entry; raise `log.NotYetPublished` as `receipt` does."""
    issuer = settings.LEDGER_ORIGIN
    statement = transparent.sign_statement(bytes(entry.body), issuer=issuer, signer=keyring.signing_key("statement"))
    made = transparent.attach(statement, receipt(entry))
    transparent.verify(made, issuer=issuer, statement_keys=keys("statement"), receipt_keys=keys("receipt"))
    return made


def keys(purpose: Signer) -> dict[bytes, bytes]:
    """Return the keys of a purpose by kid, ended ones included: what was signed under them stays true."""
    return {key.key_id.encode(): key.public for key in keyring.public_keys(purpose)}


def _now() -> int:
    return int(datetime.now(UTC).timestamp())
