"""People for the tests: each with a key that only they hold."""

from __future__ import annotations

import io
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent import (
    authority,
    capture,
    challenges,
    claims,
    enrolment,
    grants,
    keys,
    likenesses,
    parties,
    passkeys,
    reviews,
    rfc3339,
)
from consent.media import capture as measuring
from consent.media import challenge, clip
from consent.models import Claim, EnrolmentSession, Grant, Likeness, Party, PartyKey
from consent.policy import Use
from consent.staff import Staff
from ledger.canonical import digest
from tests.consent.media.followed import ASKED, followed
from tests.consent.softpasskey import Evidence, SoftPasskey

MEASURED = clip.ClipReport(8.0, 640, 480, "h264", "aac", 64, 1.0, 12.0, 6.0, 0.1, 4.0, "none")
FIRST, SECOND = Staff(7), Staff(8)


@dataclass(frozen=True)
class Person:
    party: Party
    key: PartyKey
    private: Ed25519PrivateKey
    token: str

    def sign(self, document: dict[str, Any]) -> bytes:
        return self.private.sign(digest("grant", document))

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def register(handle: str, name: str | None = None, kind: str = "person") -> Person:
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    proof = private.sign(keys.possession_digest(handle, public))
    party, token = parties.register_party(
        handle=handle, name=name or handle.title(), kind=kind, public=public, proof=proof
    )
    return Person(party, party.keys.get(), private, token)


def enrolled(person: Person | Holder, monkeypatch: pytest.MonkeyPatch) -> Likeness:
    """Return an active likeness."""
    likeness = likenesses.register_likeness(name=person.party.name, kind="person", actor=person.party)
    enrol(person, likeness, monkeypatch)
    likeness.refresh_from_db()
    return likeness


def enrol(person: Person | Holder, likeness: Likeness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Enrol a clip. What the probe measures is tested beside the probe; here it is given."""
    monkeypatch.setattr(clip, "probe", lambda _data: MEASURED)
    enrolment.enrol(likeness, io.BytesIO(b"a clip that somebody else's test measured"), actor=person.party)


def proved(person: Person | Holder, likeness: Likeness, monkeypatch: pytest.MonkeyPatch) -> EnrolmentSession:
    """Answer a challenge for a likeness: afterwards it has a fresh proof. What is measured is given here, too."""
    with monkeypatch.context() as patched:
        patched.setattr(challenge, "draw", lambda: ASKED)
        patched.setattr(measuring, "measure", lambda data: followed(clip=data))
        session = capture.open_session(likeness, language="en", actor=person.party)
        capture.submit_clip(session, io.BytesIO(b"a clip that answers"), actor=person.party)
    return session


def enrol_again(person: Person, likeness: Likeness) -> None:
    """Show another clip; `enrolled` has replaced the probe already."""
    enrolment.enrol(likeness, io.BytesIO(b"another clip"), actor=person.party)


def terms(*named: Party, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    now = datetime.now(UTC)
    document: dict[str, Any] = {
        "v": 1,
        "audience": {"kind": "named", "parties": [{"party": str(party.pk), "not_after": None} for party in named]}
        if named
        else {"kind": "only_me"},
        "window": {
            "not_before": rfc3339.write(now - timedelta(hours=1)),
            "not_after": rfc3339.write(now + timedelta(days=30)),
        },
        "purposes": ["entertainment", "satire"],
        "remix": {"allowed": True},
    }
    return document | changes


def full_terms(*named: Party, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
    """Terms of version 2: what `terms` says, and nothing more than it meant."""
    document = terms(*named)
    parties = [{"party": str(party.pk), "not_after": None, "uses": None, "seconds": None} for party in named]
    document |= {
        "v": 2,
        "audience": {"kind": "named", "parties": parties} if named else {"kind": "only_me"},
        "limits": {"uses": None, "seconds": None, "seconds_each": None},
        "campaigns": None,
        "territories": None,
        "modalities": ["body", "face", "name", "voice"],
        "scenes": {"allowed": ["everyday"], "denied": []},
        "speech": {"kind": "none", "scripts": [], "banned": [], "languages": None},
        "company": {"never": [], "only": None},
        "remix": {"allowed": True, "depth": 3},
        "after_end": "hide",
        "approval": None,
        "training": False,
        "rate": None,
        "credit": None,
        "description": "",
        "representation": "none",
    }
    return document | changes


def full_grant(
    holder: Person,
    likeness: Likeness,
    *named: Party,
    supersedes: Grant | None = None,
    language: str = "en",
    **changes: Any,  # noqa: ANN401 - members of a document
) -> Grant:
    document = grants.draft(
        likeness,
        full_terms(*named, **changes),
        key=holder.key,
        language=language,
        supersedes=None if supersedes is None else supersedes.pk,
        actor=holder.party,
    )
    return grants.record_grant(document, holder.sign(document), actor=holder.party)


def grant(holder: Person, likeness: Likeness, *named: Party, **changes: Any) -> Grant:  # noqa: ANN401 - members of a document
    document = grants.draft(likeness, terms(*named, **changes), key=holder.key, actor=holder.party)
    return grants.record_grant(document, holder.sign(document), actor=holder.party)


def use(
    client: Party,
    *cast: Likeness,
    purpose: str = "satire",
    remix: bool = False,
    seconds: int = 4,
    **more: Any,  # noqa: ANN401 - fields of a use
) -> Use:
    ids = frozenset(str(likeness.pk) for likeness in cast)
    return Use(ids, str(client.pk), purpose, remix=remix, seconds=seconds, **more)


def some_id() -> str:
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Holder:
    """Somebody whose only key is a passkey."""

    party: Party
    key: PartyKey
    passkey: SoftPasskey
    token: str

    def sign(self, document: dict[str, Any]) -> Evidence:
        return self.passkey.sign(digest("grant", document))

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def possession(handle: str, passkey: SoftPasskey) -> passkeys.Possession:
    """Answer a fresh challenge with a new passkey."""
    challenge = challenges.issue().text
    asked = passkeys.possession_digest(handle, passkey.public, challenge)
    return passkeys.Possession(passkey.sign(asked), challenge)


def register_passkey(handle: str, passkey: SoftPasskey | None = None) -> Holder:
    passkey = passkey or SoftPasskey()
    proof = possession(handle, passkey)
    party, token = parties.register_party(
        handle=handle, name=handle.title(), kind="person", public=passkey.public, proof=proof
    )
    return Holder(party, party.keys.get(), passkey, token)


def claim(person: Person, likeness: Likeness | None = None, **asked: Any) -> Claim:  # noqa: ANN401 - members of a document
    """Make a claim: about a likeness, or about somebody who died if none is given."""
    subject = {"name": "Grandmother", "kind": "deceased", "rule": "all", "adult_on": None}
    about = {"subject": subject} if likeness is None else {"likeness": str(likeness.pk)}
    whole = {"role": "heir", "basis": "I am her daughter.", **about, **asked}
    document = claims.draft(whole, key=person.key, actor=person.party)
    return claims.make_claim(document, person.private.sign(digest("claim", document)), actor=person.party)


def documented(person: Person, made: Claim, *kinds: str) -> Claim:
    """Add a page of each kind."""
    for kind in kinds or ("evidence",):
        claims.add_document(made, io.BytesIO(b"\x89PNG\r\n\x1a\n and more"), kind=kind, actor=person.party)
    return made


def accepted(person: Person, made: Claim, verdict: str = "accept") -> Claim:
    """Have two of the staff accept a claim."""
    documented(person, made, "evidence", "reference")
    reviews.recommend(made, verdict, actor=FIRST)
    return (reviews.transfer if verdict == "transfer" else reviews.accept)(made, actor=SECOND)


def agree(person: Person, likeness: Likeness, kind: str, document: dict[str, Any]) -> None:
    asked = authority.assent_digest(likeness.pk, person.party, person.key.key_id, digest(kind, document))
    authority.assent(
        likeness.pk, kind, document, key_id=person.key.key_id, signed=person.private.sign(asked), actor=person.party
    )
