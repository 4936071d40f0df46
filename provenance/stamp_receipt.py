"""The receipt of a stamp: it shows whoever has the file that this very file was stamped and entered in the log.

It is made after `video.stamped` is published, and travels beside the file, never in it: the file keeps the digest that
is on record. It opens the entry's commitment, so the reader learns the digests of file, claim and media.

(1) the document is of the shape that we know
(2) the log entry is a stamp, and commits to exactly these digests
(3) the entry is in the log, and the COSE receipt says the same of the same tree (`consent_proof`, steps 5 and 6)
(4) the stamp is of the video that its manifest's label names

Whether a file is the one with these digests `checklist` says: a receipt is a record of stamps with one line. Pure.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from ledger import base64url, entry
from ledger.canonical import canonical
from ledger.commitment import commit
from ledger.problem import Problem
from provenance import consent_proof, sentences
from provenance.checklist import NotAtHand, Stamps
from provenance.consent_assertion import AssertionMalformed, index_of, members_of, octets_of, text_of
from provenance.consent_proof import LogTrust, NotProven
from provenance.manifest import video_of

VERSION = 1
MEDIA_TYPE = "application/vnd.countenance.stamp-receipt+json"
STAMP_KIND = "video.stamped"
SIZE_LIMIT = 1 << 20  # bytes of a receipt

_DIGEST = re.compile(r"[0-9a-f]{64}")


class StampNotProven(Problem):
    """The document does not prove that a stamp is in the log."""

    code: ClassVar[str] = "stamp-not-proven"
    title: ClassVar[str] = "Not the receipt of a stamp"


@dataclass(frozen=True, slots=True)
class StampReceipt:
    """An entry `video.stamped`, its place in the log, and what opens its commitment. Nothing is verified."""

    origin: str
    entry: bytes  # the leaf exactly as it is in the log
    index: int
    proof: str  # c2sp.org/tlog-proof
    receipt: bytes  # COSE
    salt: bytes
    document: dict[str, Any]  # {"actor", "payload"}

    def data(self) -> dict[str, Any]:
        """Return the JSON."""
        return {
            "v": VERSION,
            "log": {"origin": self.origin},
            "entry": base64url.encode(self.entry),
            "index": self.index,
            "proof": self.proof,
            "receipt": base64url.encode(self.receipt),
            "opening": {"salt": base64url.encode(self.salt), "document": self.document},
        }

    @classmethod
    def parse(cls, data: bytes) -> StampReceipt:
        """Read a receipt strictly; raise `StampNotProven`."""
        try:
            if len(data) > SIZE_LIMIT:
                raise AssertionMalformed("it is too long")
            top = members_of(json.loads(data), "v", "log", "entry", "index", "proof", "receipt", "opening")
            opening = members_of(top["opening"], "salt", "document")
            if isinstance(top["v"], bool) or top["v"] != VERSION:
                raise AssertionMalformed("the version is unknown")
            return cls(
                origin=text_of(members_of(top["log"], "origin")["origin"]),
                entry=octets_of(top["entry"]),
                index=index_of(top["index"]),
                proof=text_of(top["proof"]),
                receipt=octets_of(top["receipt"]),
                salt=octets_of(opening["salt"], 32),
                document=dict(members_of(opening["document"], "actor", "payload")),
            )
        except (ValueError, RecursionError) as error:
            raise StampNotProven("The receipt is not written as it should be.", remedy="Fetch it anew.") from error


@dataclass(frozen=True, slots=True)
class ProvenStamp:
    """A stamp that was in the log. `bmff_sha256` is "" where it was not recorded yet."""

    manifest_label: str
    claim_sha256: str
    file_sha256: str
    bmff_sha256: str
    at: str  # when it was recorded, UTC to the minute
    receipt: str  # as `consent_proof.ProvenPermit.receipt`


def prove(found: StampReceipt, log: LogTrust) -> ProvenStamp:
    """Return what the receipt proves; raise `StampNotProven`."""
    try:
        body = entry.decode(found.entry)  # (2)
        opened = base64url.encode(commit(found.salt, canonical(found.document)))
        _require(body["kind"] == STAMP_KIND and body["commit"] == opened, "The entry does not record this stamp.")
        covering = consent_proof.covering_checkpoint(found, log)  # (3)
        standing = consent_proof.receipt_standing(found, covering, log)
    except NotProven as error:
        raise StampNotProven(sentences.BECAUSE[error.flaw], remedy="Fetch it anew.") from error
    except StampNotProven:
        raise
    except (Problem, ValueError, TypeError) as error:
        raise StampNotProven("The entry of the receipt cannot be read.", remedy="Fetch it anew.") from error
    return _stamp(found.document["payload"], body["time"], standing)  # (4)


def record_of(proven: Iterable[ProvenStamp]) -> Stamps:
    """Return the look-up for `verify.verify` that knows these stamps, and says of no other that there is none."""
    by_label = {one.manifest_label: one for one in proven}

    def stamp_of(label: str) -> ProvenStamp:
        if label not in by_label:
            raise NotAtHand(label)
        return by_label[label]

    return stamp_of


def _stamp(payload: Any, at: str, standing: str) -> ProvenStamp:  # noqa: ANN401  committed to, but of any shape
    _require(isinstance(payload, dict), "The stamp has no payload.")
    label, digests = payload.get("manifest"), [payload.get(name) for name in ("claim_sha256", "file_sha256")]
    bmff = payload.get("bmff_sha256", "")
    whole = all(isinstance(each, str) and _DIGEST.fullmatch(each) for each in (*digests, bmff or "0" * 64))
    video = video_of(label) if isinstance(label, str) else None
    _require(whole and video is not None and str(video) == payload.get("video"), "The stamp is of another video.")
    claim, file = map(str, digests)
    return ProvenStamp(str(label), claim, file, str(bmff), at, standing)


def _require(holds: bool, why: str) -> None:  # noqa: FBT001  reads as "require that …"
    if not holds:
        raise StampNotProven(why, remedy="Fetch it anew.")
