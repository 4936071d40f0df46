"""What parties sign: the grant statement, version 1.

Pure. A statement is a JSON document; what is signed is `digest("grant", document)`: by Ed25519
(RFC 8032), or by a passkey, whose challenge it is (`consent.webauthn`). Reading is
strict and names the field and the way out, because a field that we ignore is a
field that somebody believed in. The document and its terms carry separate
versions: terms grow faster.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, Never
from uuid import UUID

from consent import rfc3339
from consent.terms import (
    LANGUAGES,
    MAX_AUDIENCE,
    MAX_WINDOW,
    PURPOSES,
    TEMPLATE,
    VERSION,
    Audience,
    Named,
    NamedParty,
    OnlyMe,
    Terms,
    Window,
)
from ledger import base64url
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

TYPE: Final = "countenance/grant"
STATEMENT_VERSION: Final = 1
NONCE_BYTES: Final = 16
SHA256_BYTES: Final = 32
MAX_KEY_ID: Final = 64


class StatementInvalid(Problem):
    """The document is not a grant statement that we can read in full."""

    code: ClassVar[str] = "statement-invalid"
    title: ClassVar[str] = "The statement cannot be read"


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
    supersedes: str | None  # the ended grant that this one replaces; None: none
    terms: Terms
    text: ShownText


def new_nonce() -> bytes:
    """Return 16 random bytes, so that two statements with equal terms differ."""
    return secrets.token_bytes(NONCE_BYTES)


def parse(unverified_document: object) -> GrantStatement:
    """Read a statement. Raises `StatementInvalid`. Whether the signature holds is not asked here."""
    document = _members(unverified_document, "", "type v id likeness grantor key issued_at nonce supersedes terms text")
    _constant(document["type"], "/type", TYPE)
    _constant(document["v"], "/v", STATEMENT_VERSION)
    text = _members(document["text"], "/text", "language template sha256")
    supersedes = document["supersedes"]
    return GrantStatement(
        id=_uuid(document["id"], "/id"),
        likeness=_uuid(document["likeness"], "/likeness"),
        grantor=_uuid(document["grantor"], "/grantor"),
        key=_text(document["key"], "/key"),
        issued_at=_time(document["issued_at"], "/issued_at"),
        nonce=_bytes(document["nonce"], "/nonce", NONCE_BYTES),
        supersedes=None if supersedes is None else _uuid(supersedes, "/supersedes"),
        terms=parse_terms(document["terms"]),
        text=ShownText(
            _one_of(text["language"], "/text/language", LANGUAGES),
            _one_of(text["template"], "/text/template", (TEMPLATE,)),
            _bytes(text["sha256"], "/text/sha256", SHA256_BYTES),
        ),
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


def parse_terms(unverified_terms: object, at: str = "/terms") -> Terms:
    """Read terms, version 1; `at` is where they stand in the caller's document. Raises `StatementInvalid`."""
    document = _members(unverified_terms, at, "v audience window purposes remix")
    _constant(document["v"], f"{at}/v", VERSION)
    window = _window(document["window"], f"{at}/window")
    remix = _members(document["remix"], f"{at}/remix", "allowed")
    return Terms(
        audience=_audience(document["audience"], f"{at}/audience", window),
        window=window,
        purposes=_purposes(document["purposes"], f"{at}/purposes"),
        remix=_boolean(remix["allowed"], f"{at}/remix/allowed"),
    )


def terms_document(terms: Terms) -> dict[str, Any]:
    """Return the terms as they stand in a document."""
    return {
        "v": VERSION,
        "audience": _audience_document(terms.audience),
        "window": {
            "not_before": rfc3339.write(terms.window.not_before),
            "not_after": rfc3339.write(terms.window.not_after),
        },
        "purposes": sorted(terms.purposes),
        "remix": {"allowed": terms.remix},
    }


def _audience_document(audience: Audience) -> dict[str, Any]:
    if isinstance(audience, OnlyMe):
        return {"kind": "only_me"}
    parties = [
        {"party": named.party, "not_after": None if named.not_after is None else rfc3339.write(named.not_after)}
        for named in audience.parties
    ]
    return {"kind": "named", "parties": parties}


def _audience(value: object, at: str, window: Window) -> Audience:
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind == "only_me":
        _members(value, at, "kind")
        return OnlyMe()
    if kind != "named":
        _refuse(f"{at}/kind", "The audience is of no kind known here.", 'Use "named" or "only_me".')
    items = _list(_members(value, at, "kind parties")["parties"], f"{at}/parties", MAX_AUDIENCE)
    parties = tuple(_named_party(item, f"{at}/parties/{n}", window) for n, item in enumerate(items))
    if len({named.party for named in parties}) != len(parties):
        _refuse(f"{at}/parties", "A party is named twice.", "Name each party once.")
    return Named(parties)


def _named_party(value: object, at: str, window: Window) -> NamedParty:
    document = _members(value, at, "party not_after")
    party, until = _uuid(document["party"], f"{at}/party"), document["not_after"]
    if until is None:
        return NamedParty(party)
    not_after = _time(until, f"{at}/not_after")
    if not window.not_before < not_after <= window.not_after:
        _refuse(f"{at}/not_after", "The party's end lies outside the grant's window.", "Use a time inside it, or null.")
    return NamedParty(party, not_after)


def _window(value: object, at: str) -> Window:
    document = _members(value, at, "not_before not_after")
    window = Window(
        _time(document["not_before"], f"{at}/not_before"),
        _time(document["not_after"], f"{at}/not_after"),
    )
    if window.not_after <= window.not_before:
        _refuse(f"{at}/not_after", "The grant would end before it begins.", "Use a time after not_before.")
    if window.not_after - window.not_before > MAX_WINDOW:
        _refuse(f"{at}/not_after", "The grant would last longer than ten years.", "Choose at most 3653 days.")
    return window


def _purposes(value: object, at: str) -> frozenset[str]:
    items = _list(value, at, len(PURPOSES))
    purposes = [_one_of(item, f"{at}/{n}", PURPOSES) for n, item in enumerate(items)]
    if purposes != sorted(set(purposes)):
        _refuse(at, "The purposes are unsorted or repeat themselves.", "List each purpose once, in alphabetical order.")
    return frozenset(purposes)


def _members(value: object, at: str, names: str) -> dict[str, Any]:
    """Return `value` if it is an object with exactly these members."""
    if not isinstance(value, dict):
        _refuse(at, "An object is required here.", f"Send an object with: {names}.")
    wanted = names.split()
    for name in value:
        if name not in wanted:
            pointer = str(name).replace("~", "~0").replace("/", "~1")
            _refuse(f"{at}/{pointer}", "This field is not known.", f"Leave it out. Known here: {', '.join(wanted)}.")
    for name in wanted:
        if name not in value:
            _refuse(f"{at}/{name}", "This field is missing.", "Add it.")
    return value


def _constant(value: object, at: str, expected: str | int) -> None:
    if type(value) is not type(expected) or value != expected:
        _refuse(at, "This is of a type or version not known here.", f"Use {expected!r}.")


def _list(value: object, at: str, limit: int) -> list[object]:
    if not isinstance(value, list) or not 0 < len(value) <= limit:
        _refuse(at, "A list with at least one element is required.", f"List 1 to {limit}.")
    return value


def _text(value: object, at: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_KEY_ID or "\0" in value:
        _refuse(at, "A text is required here.", f"Send 1 to {MAX_KEY_ID} characters without NUL.")
    return value


def _one_of(value: object, at: str, known: Any) -> str:  # noqa: ANN401 - any container of text
    if not isinstance(value, str) or value not in known:
        _refuse(at, "This value is not known.", f"Use one of: {', '.join(sorted(known))}.")
    return value


def _boolean(value: object, at: str) -> bool:
    if not isinstance(value, bool):
        _refuse(at, "true or false is required.", "Send a boolean.")
    return value


def _uuid(value: object, at: str) -> str:
    return _read(lambda text: _same(str(UUID(text)), text), value, at, "a UUID in lower case with hyphens")


def _time(value: object, at: str) -> datetime:
    return _read(rfc3339.read, value, at, "a UTC time such as 2026-11-22T14:35:00Z")


def _bytes(value: object, at: str, length: int) -> bytes:
    data = _read(base64url.decode, value, at, f"{length} bytes in base64url without padding")
    if len(data) != length:
        _refuse(at, f"{len(data)} bytes are not {length}.", f"Send {length} bytes in base64url without padding.")
    return data


def _same(spelling: str, text: str) -> str:
    if spelling != text:
        raise ValueError(text)
    return text


def _read[T](reader: Callable[[str], T], value: object, at: str, form: str) -> T:
    if not isinstance(value, str):
        _refuse(at, f"This is not {form}.", f"Send {form}.")
    try:
        return reader(value)
    except ValueError:
        _refuse(at, f"This is not {form}.", f"Send {form}.")


def _refuse(at: str, detail: str, remedy: str) -> Never:
    raise StatementInvalid(detail, pointer=at, remedy=remedy)
