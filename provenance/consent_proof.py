"""Does a manifest prove that a permit for its video was in the log before the video was made? Pure.

An assertion is text that anybody can copy into a file of their own. It counts under these conditions only:

(0) the manifest is signed by us and intact: the caller has established that
(1) it holds exactly one consent assertion, which the signer made itself
(2) the assertion is of a version and a shape that we know
(3) it is about this video: the id it commits to is the id in the manifest's own label
(4) the log entry is a minted permit, and commits to exactly this document
(5) the entry is in the log: inclusion proof to a checkpoint signed by the log's key
(6) the receipt, if the assertion has one, says the same of the same tree, and the log's receipt key signed it

For (6) the verifier needs the receipt keys. Without them the receipt is compared with the checkpoint all the same, and
whether it was signed is reported as not checked: (5) stands by itself, as it does in files from before receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from ledger import base64url, checkpoint, entry, merkle, note, proof, receipt
from ledger.canonical import canonical
from ledger.commitment import commit
from ledger.problem import Problem
from provenance.consent_assertion import AssertionMalformed, ConsentAssertion
from provenance.manifest import video_of

if TYPE_CHECKING:
    from collections.abc import Sequence

PERMIT_KIND = "permit.minted"


class Flaw(StrEnum):
    """Why consent is not proven."""

    NOT_OURS = "not-signed-by-us"
    CHANGED = "file-changed"
    UNSEEN = "file-not-checked"
    ABSENT = "no-assertion"
    SEVERAL = "several-assertions"
    GATHERED = "assertion-not-made-by-the-signer"
    MALFORMED = "assertion-malformed"
    OTHER_VIDEO = "assertion-of-another-video"
    NOT_A_PERMIT = "entry-is-not-this-permit"
    NO_LOG = "no-log-key-given"
    OTHER_LOG = "other-log"
    NOT_IN_LOG = "not-in-log"
    OTHER_RECEIPT = "receipt-does-not-fit"
    UNRECORDED = "stamp-not-on-record"


class NotProven(Exception):  # noqa: N818  it says what the answer is, as `Flaw` says why
    """The manifest does not prove consent."""

    def __init__(self, flaw: Flaw) -> None:
        """Hold the reason."""
        super().__init__(flaw)
        self.flaw = flaw


@dataclass(frozen=True, slots=True)
class LogTrust:
    """The log that a verifier believes: its origin, and the verifier key (C2SP signed-note) of its checkpoints.

    `receipt_keys` maps kids to 32-byte Ed25519 keys. `None`: there are none at hand, and signatures of receipts are
    reported as not checked. An empty map trusts no receipt.
    """

    origin: str
    vkey: str
    receipt_keys: Mapping[bytes, bytes] | None = field(default=None, hash=False)

    @classmethod
    def from_vkey(cls, vkey: str, receipt_keys: Mapping[bytes, bytes] | None = None) -> LogTrust:
        """Read a verifier key, whose name is the log's origin; raise `ledger.note.NoteInvalid` if it is none."""
        return cls(note.parse_vkey(vkey).name, vkey, receipt_keys)


@dataclass(frozen=True, slots=True)
class ProvenPermit:
    """A permit that was in the log."""

    video: UUID
    permit: UUID
    grants: tuple[str, ...]  # commitments of the grant.recorded entries, base64url
    at: str  # when it was minted, UTC to the minute
    origin: str
    index: int
    tree_size: int  # of the checkpoint that covers it
    status_url: str
    receipt: str = "none"  # "none", "verified", or "unchecked": it fits, and no key for its signature was at hand

    def as_dict(self) -> dict[str, Any]:
        """Return JSON members."""
        return {
            "video": str(self.video),
            "permit": str(self.permit),
            "grants": list(self.grants),
            "at": self.at,
            "log": {"origin": self.origin, "index": self.index, "tree_size": self.tree_size},
            "receipt": self.receipt,
            "status": self.status_url,
        }


class Placed(Protocol):
    """A leaf and its place in a log: a consent assertion has them, and so has the receipt of a stamp."""

    @property
    def origin(self) -> str: ...  # noqa: D102
    @property
    def entry(self) -> bytes: ...  # noqa: D102
    @property
    def index(self) -> int: ...  # noqa: D102
    @property
    def proof(self) -> str: ...  # noqa: D102
    @property
    def receipt(self) -> bytes | None: ...  # noqa: D102


Standing = Callable[[ProvenPermit], str]  # answers with a value of `report.Since`


def prove(label: str, assertions: Sequence[tuple[bool, Any]], log: LogTrust | None) -> ProvenPermit:
    """Return what the manifest called `label` proves; raise `NotProven`."""
    assertion = _parsed(_only_one(assertions))
    _require(assertion.document.video == video_of(label), Flaw.OTHER_VIDEO)
    body = _permit_entry(assertion)
    if log is None:
        raise NotProven(Flaw.NO_LOG)
    covering = covering_checkpoint(assertion, log)
    document = assertion.document
    return ProvenPermit(
        video=document.video,
        permit=document.permit,
        grants=document.grants,
        at=body["time"],
        origin=covering.origin,
        index=assertion.index,
        tree_size=covering.size,
        status_url=assertion.status_url,
        receipt=receipt_standing(assertion, covering, log),
    )


def _only_one(assertions: Sequence[tuple[bool, Any]]) -> Any:  # noqa: ANN401  a stranger's JSON can be anything
    _require(len(assertions) > 0, Flaw.ABSENT)
    _require(len(assertions) == 1, Flaw.SEVERAL)
    made_by_signer, unverified = assertions[0]
    _require(made_by_signer, Flaw.GATHERED)
    return unverified


def _parsed(unverified: Any) -> ConsentAssertion:  # noqa: ANN401  a stranger's JSON can be anything
    try:
        return ConsentAssertion.parse(unverified)
    except AssertionMalformed as error:
        raise NotProven(Flaw.MALFORMED) from error


def _permit_entry(assertion: ConsentAssertion) -> dict[str, Any]:
    """Return the log entry, once it is sure that it commits to this document and no other."""
    try:
        body = entry.decode(assertion.entry)
        binding = commit(assertion.salt, canonical(assertion.document.data()), label="binding")
    except Problem as error:
        raise NotProven(Flaw.NOT_A_PERMIT) from error
    _require(body["kind"] == PERMIT_KIND and body["binding"] == base64url.encode(binding), Flaw.NOT_A_PERMIT)
    return body


def covering_checkpoint(assertion: Placed, log: LogTrust) -> checkpoint.Checkpoint:
    """Return the signed checkpoint that covers the entry at the index that the assertion names."""
    key = note.parse_vkey(log.vkey)
    _require(assertion.origin == log.origin == key.name, Flaw.OTHER_LOG)
    try:
        inclusion = proof.parse(assertion.proof)
        _require(inclusion.index == assertion.index, Flaw.NOT_IN_LOG)
        leaf = merkle.leaf_hash(assertion.entry)
        return proof.verify(inclusion, leaf, origin=log.origin, keys=[key.public])
    except Problem as error:
        raise NotProven(Flaw.NOT_IN_LOG) from error


def receipt_standing(assertion: Placed, covering: checkpoint.Checkpoint, log: LogTrust) -> str:
    """Say how far the receipt was checked; one that is about anything but this leaf in this tree proves nothing."""
    if assertion.receipt is None:
        return "none"
    leaf, keys = assertion.entry, log.receipt_keys
    try:
        found = receipt.parse(assertion.receipt)
        root = merkle.root_of_inclusion(assertion.index, covering.size, merkle.leaf_hash(leaf), found.path)
        same = found.numbers == (covering.size, assertion.index) and root == covering.root
        about = (found.claims.issuer, found.claims.subject) == (log.origin, receipt.subject(leaf))
        _require(same and about, Flaw.OTHER_RECEIPT)
        if keys is None:
            return "unchecked"
        receipt.verify_inclusion(assertion.receipt, leaf, issuer=log.origin, keys=keys)
    except Problem as error:
        raise NotProven(Flaw.OTHER_RECEIPT) from error
    return "verified"


def _require(holds: bool, flaw: Flaw) -> None:  # noqa: FBT001  reads as "require that …"
    if not holds:
        raise NotProven(flaw)
