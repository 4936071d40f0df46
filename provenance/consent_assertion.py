"""`org.countenance.consent`: the proof of consent that travels inside a video.

The assertion shows that a permit for this very video was entered in a public log before the video was made. It
holds the log entry, its inclusion proof, and what the entry commits to: video, permit, commitments of the grants
and of the prompt. There is no name, key or address of a person in it, so that erasing a person never means
hunting files.

The proof is a tlog-proof: it ends with the checkpoint, cosigned by the witnesses, under which the entry stands. Version
2 has the same place as a COSE receipt too (RFC 9942), for programs that speak COSE and not transparency logs. Version
1 has none; files of both are about for as long as files last.

On its own it proves nothing: anybody can copy it into another file. `provenance.consent_proof` says when it counts.
The schemas that other people's tools may use are in schemas/, and served at /schemas/. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger import base64url

if TYPE_CHECKING:
    from collections.abc import Mapping

CONSENT_LABEL = "org.countenance.consent"
WITHOUT_RECEIPT, WITH_RECEIPT = 1, 2  # the versions
SALT_BYTES = 32
DIGEST_BYTES = 32
TEXT_LIMIT = 262_144  # characters of a proof; one with a hundred cosignatures is well under it
GRANT_LIMIT = 1000

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


class AssertionMalformed(ValueError):  # noqa: N818  names what was found
    """The data is not a consent assertion of a version that we know."""


@dataclass(frozen=True, slots=True)
class BindingDocument:
    """What the log entry of a permit commits to, under a salt."""

    video: UUID
    permit: UUID
    grants: tuple[str, ...]  # base64url commitments of `grant.recorded` entries
    prompt: str  # base64url, 32 bytes: a salted commitment; in files from before there was one, SHA-256 of the prompt

    def data(self) -> dict[str, Any]:
        """Return the document whose canonical bytes are committed to."""
        return {
            "video": str(self.video),
            "permit": str(self.permit),
            "grants": list(self.grants),
            "prompt": self.prompt,
        }

    @classmethod
    def parse(cls, unverified: Any) -> BindingDocument:  # noqa: ANN401  a stranger's JSON can be anything
        """Read the document strictly; an unknown member would be something we did not understand."""
        members = members_of(unverified, "video", "permit", "grants", "prompt")
        grants = members["grants"]
        if not isinstance(grants, list) or not 0 < len(grants) <= GRANT_LIMIT:
            raise AssertionMalformed("grants must be a list that is not empty")
        for text in (*grants, members["prompt"]):
            octets_of(text, DIGEST_BYTES)
        return cls(_uuid(members["video"]), _uuid(members["permit"]), tuple(grants), members["prompt"])


@dataclass(frozen=True, slots=True)
class ConsentAssertion:
    """One video's permit, its place in the log, and where to ask whether the consent still stands."""

    origin: str  # of the log
    entry: bytes  # the leaf exactly as it is in the log
    index: int  # of the leaf
    proof: str  # c2sp.org/tlog-proof
    salt: bytes
    document: BindingDocument
    status_url: str
    receipt: bytes | None = None  # COSE; None: version 1, which has none

    def data(self) -> dict[str, Any]:
        """Return the JSON of the assertion."""
        receipted = {} if self.receipt is None else {"receipt": base64url.encode(self.receipt)}
        return {
            "v": WITHOUT_RECEIPT if self.receipt is None else WITH_RECEIPT,
            "log": {"origin": self.origin},
            "permit": receipted
            | {
                "id": str(self.document.permit),
                "entry": base64url.encode(self.entry),
                "index": self.index,
                "proof": self.proof,
                "binding": {"salt": base64url.encode(self.salt), "document": self.document.data()},
            },
            "status": self.status_url,
        }

    @classmethod
    def parse(cls, unverified: Any) -> ConsentAssertion:  # noqa: ANN401  a stranger's JSON can be anything
        """Read an assertion strictly; raise `AssertionMalformed` for anything that `data` does not write."""
        top = members_of(unverified, "v", "log", "permit", "status")
        receipted = _version(top["v"]) == WITH_RECEIPT
        names = ("id", "entry", "index", "proof", "binding", *(("receipt",) if receipted else ()))
        permit = members_of(top["permit"], *names)
        binding = members_of(permit["binding"], "salt", "document")
        document = BindingDocument.parse(binding["document"])
        if _uuid(permit["id"]) != document.permit:
            raise AssertionMalformed("two permits are named")
        return cls(
            origin=text_of(members_of(top["log"], "origin")["origin"]),
            entry=octets_of(permit["entry"]),
            index=index_of(permit["index"]),
            proof=text_of(permit["proof"]),
            salt=octets_of(binding["salt"], SALT_BYTES),
            document=document,
            status_url=text_of(top["status"]),
            receipt=octets_of(permit["receipt"]) if receipted else None,
        )


def members_of(value: Any, *names: str) -> Mapping[str, Any]:  # noqa: ANN401  a stranger's JSON can be anything
    """Return `value` if it is an object with exactly these members; raise `AssertionMalformed`, as all below."""
    if not isinstance(value, dict) or set(value) != set(names):
        raise AssertionMalformed(f"expected exactly the members {', '.join(names)}")
    return value


def _version(value: Any) -> int:  # noqa: ANN401  a stranger's JSON can be anything
    if isinstance(value, bool) or value not in (WITHOUT_RECEIPT, WITH_RECEIPT):
        raise AssertionMalformed("the version is unknown")
    return int(value)


def text_of(value: Any) -> str:  # noqa: ANN401  a stranger's JSON can be anything
    """Return a text that is neither empty nor without end."""
    if not isinstance(value, str) or not 0 < len(value) <= TEXT_LIMIT:
        raise AssertionMalformed("expected a text")
    return value


def index_of(value: Any) -> int:  # noqa: ANN401  a stranger's JSON can be anything
    """Return the index of a leaf."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise AssertionMalformed("expected the index of a leaf")
    return value


def _uuid(value: Any) -> UUID:  # noqa: ANN401  a stranger's JSON can be anything
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise AssertionMalformed("expected a version 4 UUID in lower case")
    return UUID(value)


def octets_of(value: Any, length: int | None = None) -> bytes:  # noqa: ANN401  a stranger's JSON can be anything
    """Return the bytes of a text in base64url, `length` of them if it is given."""
    try:
        data = base64url.decode(text_of(value))
    except ValueError as error:
        raise AssertionMalformed("expected base64url without padding") from error
    if length is not None and len(data) != length:
        raise AssertionMalformed(f"expected {length} bytes")
    return data
