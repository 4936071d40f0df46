"""What parties sign: the grant statement, version 1.

Pure. A statement is a JSON document; what is signed is `digest("grant", document)`: by Ed25519
(RFC 8032), or by a passkey, whose challenge it is (`consent.webauthn`). Reading is strict
(`consent.fields`). The document and its terms carry separate versions: terms grow faster.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from consent import fields, rfc3339
from consent.fields import StatementInvalid
from consent.terms_document import parse_terms, terms_document
from consent.wording import LANGUAGES, TEMPLATES
from ledger import base64url

if TYPE_CHECKING:
    from datetime import datetime

    from consent.terms import Terms

__all__ = ["GrantStatement", "ShownText", "StatementInvalid", "new_nonce", "parse", "parse_terms", "terms_document"]

TYPE: Final = "countenance/grant"
STATEMENT_VERSION: Final = 1
NONCE_BYTES: Final = 16
SHA256_BYTES: Final = 32
MAX_KEY_ID: Final = 64


@dataclass(frozen=True, slots=True)
class ShownText:
    """Which text the signer was shown, and its SHA-256."""

    language: str
    template: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class GrantStatement:
    """One signed permission. Ids are UUIDs in their usual spelling, `key` is a key id."""

    id: str
    likeness: str
    grantor: str
    key: str
    issued_at: datetime
    nonce: bytes
    supersedes: str | None  # the grant that this one replaces; None: none
    terms: Terms
    text: ShownText


def new_nonce() -> bytes:
    """Return 16 random bytes, so that two statements with equal terms differ."""
    return secrets.token_bytes(NONCE_BYTES)


def parse(unverified_document: object) -> GrantStatement:
    """Read a statement. Raises `StatementInvalid`. Whether the signature holds is not asked here."""
    names = "type v id likeness grantor key issued_at nonce supersedes terms text"
    document = fields.members(unverified_document, "", names)
    fields.constant(document["type"], "/type", TYPE)
    fields.constant(document["v"], "/v", STATEMENT_VERSION)
    terms = parse_terms(document["terms"])
    supersedes = document["supersedes"]
    return GrantStatement(
        id=fields.uuid(document["id"], "/id"),
        likeness=fields.uuid(document["likeness"], "/likeness"),
        grantor=fields.uuid(document["grantor"], "/grantor"),
        key=fields.text(document["key"], "/key", MAX_KEY_ID),
        issued_at=fields.time(document["issued_at"], "/issued_at"),
        nonce=fields.octets(document["nonce"], "/nonce", NONCE_BYTES),
        supersedes=None if supersedes is None else fields.uuid(supersedes, "/supersedes"),
        terms=terms,
        text=_shown(document["text"], terms.version),
    )


def _shown(value: object, version: int) -> ShownText:
    """Read which text was shown. Terms of each version have one template, in the languages that it exists in."""
    text = fields.members(value, "/text", "language template sha256")
    return ShownText(
        fields.one_of(text["language"], "/text/language", LANGUAGES[version]),
        fields.one_of(text["template"], "/text/template", (TEMPLATES[version],)),
        fields.octets(text["sha256"], "/text/sha256", SHA256_BYTES),
    )


def to_document(statement: GrantStatement) -> dict[str, Any]:
    """Return the document; `parse` of it gives the statement back, and nothing else gives this statement."""
    return {
        "type": TYPE,
        "v": STATEMENT_VERSION,
        "id": statement.id,
        "likeness": statement.likeness,
        "grantor": statement.grantor,
        "key": statement.key,
        "issued_at": rfc3339.write(statement.issued_at),
        "nonce": base64url.encode(statement.nonce),
        "supersedes": statement.supersedes,
        "terms": terms_document(statement.terms),
        "text": {
            "language": statement.text.language,
            "template": statement.text.template,
            "sha256": base64url.encode(statement.text.sha256),
        },
    }
