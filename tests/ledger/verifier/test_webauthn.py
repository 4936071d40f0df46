"""Grants that a passkey signed."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger import base64url
from ledger.canonical import canonical, digest
from ledger.verifier import bundle, webauthn
from ledger.verifier.findings import CouldNotCheck, NotTrue, Verdict
from tests.ledger.verifier.forge import KEY, ORIGIN, VKEY, proofs
from tests.ledger.verifier.test_bundle import Act

RP, PAGE = "example.com", "https://example.com"
EC, ED, RSA = (
    ec.derive_private_key(7, ec.SECP256R1()),
    Ed25519PrivateKey.from_private_bytes(bytes(range(32))),
    rsa.generate_private_key(65537, 2048),
)
DOCUMENT = {"key": "k1", "terms": {"purposes": ["advertising"]}}
CHALLENGE = digest("grant", DOCUMENT)
Json = dict[str, Any]


def number(value: int) -> bytes:
    return value.to_bytes(-(-value.bit_length() // 8), "big")


POINT = EC.public_key().public_numbers()
MODULUS = RSA.public_key().public_numbers().n
COSE: dict[str, dict[int, Any]] = {
    "ES256": {1: 2, 3: -7, -1: 1, -2: POINT.x.to_bytes(32, "big"), -3: POINT.y.to_bytes(32, "big")},
    "EdDSA": {1: 1, 3: -8, -1: 6, -2: ED.public_key().public_bytes_raw()},
    "RS256": {1: 3, 3: -257, -1: number(MODULUS), -2: number(65537)},
}


def sign(kind: str, message: bytes) -> bytes:
    if kind == "ES256":
        return EC.sign(message, ec.ECDSA(hashes.SHA256()))
    if kind == "EdDSA":
        return ED.sign(message)
    return RSA.sign(message, padding.PKCS1v15(), hashes.SHA256())


def evidence(
    kind: str = "ES256", cose: dict[int, Any] | None = None, *, flags: int = 0x05, rp: str = RP, **client: object
) -> Json:
    made = {"type": "webauthn.get", "challenge": base64url.encode(CHALLENGE), "origin": PAGE, "crossOrigin": False}
    client_bytes = json.dumps(made | client).encode()
    data = sha256(rp.encode()).digest() + bytes([flags]) + bytes(4)
    return {
        "type": "webauthn",
        "clientDataJSON": base64url.encode(client_bytes),
        "authenticatorData": base64url.encode(data),
        "signature": base64url.encode(sign(kind, data + sha256(client_bytes).digest())),
        "credential_public_key": base64url.encode(cbor2.dumps(cose or COSE[kind])),
    }


def signed(made: Json, public: bytes | None = None) -> None:
    webauthn.check_signed(made, CHALLENGE, public or base64url.decode(made["credential_public_key"]))


@pytest.mark.parametrize("kind", sorted(COSE))
def test_each_kind_of_key_signs(kind: str) -> None:
    signed(evidence(kind))
    for flags in (0x0D, 0x1D):
        signed(evidence(kind, flags=flags))
    webauthn.check_place(evidence(kind), RP, (PAGE, "https://other.example"))


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (evidence(type="webauthn.create"), "something else"),
        (evidence(challenge=base64url.encode(bytes(32))), "another document"),
        (evidence(flags=0x04), "not there"),
        (evidence(flags=0x01), "not verified"),
        (evidence(flags=0x15), "backed up"),
        (evidence() | {"type": "other"}, "another type"),
        (evidence() | {"signature": evidence("EdDSA")["signature"]}, "does not verify"),
        (evidence("EdDSA") | {"signature": base64url.encode(bytes(64))}, "does not verify"),
        (evidence("RS256") | {"signature": base64url.encode(bytes(256))}, "does not verify"),
        (evidence(cose=COSE["ES256"] | {-1: 2}), "another curve"),
        (evidence("EdDSA", COSE["EdDSA"] | {-1: 4}), "another curve"),
        (evidence(cose=COSE["ES256"] | {3: -8}), "belong together"),
        (evidence(cose=COSE["ES256"] | {3: -35}), "belong together"),
        (evidence("EdDSA", COSE["EdDSA"] | {1: True}), "malformed"),
        (evidence("RS256", COSE["RS256"] | {-1: number(MODULUS >> 1024 | 1)}), "too short"),
        (evidence() | {"authenticatorData": base64url.encode(bytes(36))}, "cut"),
    ],
)
def test_evidence_with_one_flaw_is_refused(made: Json, why: str) -> None:
    with pytest.raises(NotTrue, match=why):
        signed(made)


def test_evidence_of_another_key_is_refused() -> None:
    with pytest.raises(NotTrue, match="another key"):
        signed(evidence(), cbor2.dumps(COSE["EdDSA"]))


def test_client_data_that_is_no_object_is_refused() -> None:
    with pytest.raises(NotTrue, match="no object"):
        signed(evidence() | {"clientDataJSON": base64url.encode(b"[]")})


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (evidence(rp="example.org"), "relying party"),
        (evidence(origin="https://example.org"), "signed on"),
        (evidence(crossOrigin=True), "frame"),
        (evidence(crossOrigin=0), "frame"),
        (evidence(topOrigin=PAGE), "frame"),
    ],
)
def test_a_place_that_is_not_ours_is_refused(made: Json, why: str) -> None:
    with pytest.raises(NotTrue, match=why):
        webauthn.check_place(made, RP, (PAGE,))


def test_without_the_place_it_could_not_be_checked() -> None:
    for rp_id, origins in ((None, (PAGE,)), (RP, ()), (None, ())):
        with pytest.raises(CouldNotCheck):
            webauthn.check_place(evidence(), rp_id, origins)
        with pytest.raises(NotTrue):
            webauthn.check_place(evidence(crossOrigin=True), rp_id, origins)


def checked(
    statement: Json, registered: Json | None = None, place: bundle.Place | None = None, **key: str
) -> list[Verdict]:
    """Let the log record a passkey and a grant, export them with this statement; return the verdicts."""
    public = base64url.encode(cbor2.dumps(COSE["ES256"]))
    payload = {"key_id": "k1", "public": public, "algorithm": "WebAuthn"} if registered is None else registered
    acts = [
        Act("key.registered", {"party": "1", "previous": None} | payload),
        Act(
            "grant.recorded",
            {"statement": base64url.encode(CHALLENGE)},
            {"document": DOCUMENT, "key_id": "k1"} | statement,
        ),
    ]
    entries = [act.entry() for act in acts]
    listed = [
        {
            "kind": act.kind,
            "entry": base64url.encode(one),
            "opening": {"salt": base64url.encode(act.salt), "payload": base64url.encode(act.opened)},
            "proof": text,
            "statement": act.statement,
        }
        for act, one, text in zip(acts, entries, proofs(entries), strict=True)
    ]
    keys = [{"key_id": "k1", "algorithm": "WebAuthn", "public": public} | key]
    made = {"format": bundle.FORMAT, "log": {"origin": ORIGIN, "vkey": VKEY}, "keys": keys, "acts": listed}
    found = bundle.check(bundle.read(canonical(made)), [KEY], place=place or bundle.Place(RP, (PAGE,)))
    return [verdict for verdict, _ in found.lines]


def test_a_bundle_with_a_passkey_s_grant_holds_and_says_what_it_could_not_check() -> None:
    assert set(checked({"evidence": evidence()})) == {Verdict.TRUE}
    assert set(checked({"evidence": evidence(), "signature": None})) == {Verdict.TRUE}
    assert checked({"evidence": evidence()}, place=bundle.Place()).count(Verdict.UNCHECKED) == 1
    assert Verdict.FALSE in checked({"evidence": evidence()}, place=bundle.Place(RP, ("https://other.example",)))


PUBLIC = base64url.encode(cbor2.dumps(COSE["ES256"]))
ED_PUBLIC = base64url.encode(ED.public_key().public_bytes_raw())
ED_SIGNATURE = base64url.encode(ED.sign(CHALLENGE))


@pytest.mark.parametrize(
    ("statement", "registered", "key"),
    [
        ({"evidence": None}, None, {}),
        ({"signature": ED_SIGNATURE}, None, {}),
        ({"evidence": evidence(), "signature": ED_SIGNATURE}, None, {}),
        ({"evidence": evidence(flags=1)}, None, {}),
        ({"evidence": evidence()}, {"key_id": "k1", "public": PUBLIC, "algorithm": "Ed25519"}, {}),
        ({"evidence": evidence()}, {"key_id": "k1", "public": PUBLIC}, {}),
        ({"evidence": evidence()}, {"key_id": "k1", "public": ED_PUBLIC, "algorithm": "WebAuthn"}, {}),
        ({"evidence": evidence()}, None, {"algorithm": "Ed25519"}),
        ({"evidence": evidence()}, None, {"algorithm": "other"}),
        (
            {"signature": ED_SIGNATURE},
            {"key_id": "k1", "public": ED_PUBLIC},
            {"public": ED_PUBLIC, "algorithm": "other"},
        ),
    ],
)
def test_a_bundle_whose_key_and_evidence_do_not_fit_is_refused(statement: Json, registered: Json, key: Json) -> None:
    assert Verdict.FALSE in checked(statement, registered, **key)


def test_evidence_beside_a_signature_of_a_plain_key_is_refused_since_nobody_checks_it() -> None:
    registered = {"key_id": "k1", "public": ED_PUBLIC}
    plain: Json = {"public": ED_PUBLIC, "algorithm": "Ed25519"}
    assert set(checked({"signature": ED_SIGNATURE}, registered, **plain)) == {Verdict.TRUE}
    assert Verdict.FALSE in checked({"signature": ED_SIGNATURE, "evidence": evidence()}, registered, **plain)
