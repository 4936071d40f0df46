"""A passkey's evidence holds for one document, one key and one place; whatever is changed, it is refused."""

from __future__ import annotations

import json
from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent import cosekey, webauthn
from consent.signing import KeyRefused
from consent.webauthn import CounterWentBack, EvidenceRefused, Place
from ledger import base64url
from ledger.verifier import webauthn as stranger
from tests.consent.softpasskey import KINDS, Evidence, SoftPasskey, number

CHALLENGE = bytes(range(32))
KEYS = {kind: SoftPasskey(kind) for kind in KINDS}
HERE = Place("localhost", frozenset({"http://localhost:8000"}))
ES256 = KEYS["ES256"]
OTHER = SoftPasskey()


def holds(evidence: Any, public: bytes = ES256.public, place: Place = HERE) -> webauthn.Assertion:  # noqa: ANN401 - anything may be sent
    return webauthn.check(evidence, CHALLENGE, public, place)


def refusal(evidence: Any, public: bytes = ES256.public, place: Place = HERE) -> EvidenceRefused:  # noqa: ANN401 - anything may be sent
    with pytest.raises(EvidenceRefused) as refused:
        holds(evidence, public, place)
    assert refused.value.remedy
    return refused.value


def changed(evidence: Evidence, name: str, at: int, bit: int = 1) -> Evidence:
    data = bytearray(base64url.decode(evidence[name]))
    data[at] ^= bit
    return evidence | {name: base64url.encode(bytes(data))}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_key_signs_and_the_stranger_agrees(kind: str) -> None:
    passkey = KEYS[kind]
    for flags in (0x05, 0x0D, 0x1D):
        evidence = passkey.sign(CHALLENGE, flags=flags)
        said = holds(evidence, passkey.public)
        assert (said.counter, said.backed_up) == (0, bool(flags & 0x10))
        stranger.check_signed(evidence, CHALLENGE, passkey.public)
        stranger.check_place(evidence, HERE.rp_id, tuple(HERE.origins))


def test_what_browsers_add_to_the_client_data_means_nothing() -> None:
    holds(ES256.sign(CHALLENGE, other_keys_can_be_added_here="do not compare with a template"))
    holds(ES256.sign(CHALLENGE, crossOrigin=None))
    holds(ES256.sign(CHALLENGE, flags=0x85, rest=cbor2.dumps({"credProps": True})))


@pytest.mark.parametrize(
    ("client", "why"),
    [
        ({"type": "webauthn.create"}, "something else"),
        ({"type": "payment.get"}, "something else"),
        ({"type": None}, "something else"),
        ({"challenge": base64url.encode(bytes(32))}, "another document"),
        ({"challenge": base64url.encode(CHALLENGE) + "="}, "another document"),
        ({"challenge": base64url.encode(CHALLENGE[:31])}, "another document"),
        ({"challenge": None}, "another document"),
        ({"challenge": []}, "another document"),
        ({"origin": "https://localhost:8000"}, "not ours"),
        ({"origin": "http://localhost:8000/"}, "not ours"),
        ({"origin": "http://localhost:8000.evil.example"}, "not ours"),
        ({"origin": None}, "not ours"),
        ({"crossOrigin": True}, "another page"),
        ({"crossOrigin": 0}, "another page"),
        ({"topOrigin": "http://localhost:8000"}, "another page"),
        ({"Challenge": base64url.encode(bytes(32))}, "looks like"),
        ({"ORIGIN": "http://localhost:8000"}, "looks like"),
        ({"extra": 1.5}, "strict JSON"),
    ],
    ids=str,
)
def test_client_data_with_one_flaw_is_refused(client: dict[str, Any], why: str) -> None:
    refused = refusal(ES256.sign(CHALLENGE, **client))
    assert why in refused.detail
    assert refused.pointer == "/evidence/clientDataJSON"


def test_an_origin_that_is_no_text_is_refused() -> None:
    nothing: tuple[object, ...] = ([], {}, 1, True)
    for origin in nothing:
        assert "not ours" in refusal(ES256.sign(CHALLENGE, origin=origin)).detail


@pytest.mark.parametrize(
    "client",
    [
        b"",
        b"[]",
        b"null",
        b"\xff",
        b'{"type":"webauthn.get","type":"webauthn.get"}',
        b"\xef\xbb\xbf" + json.dumps({"type": "webauthn.get"}).encode(),
        b"{" + b" " * 4096 + b"}",
        b"[" * 2000,
    ],
    ids=lambda data: repr(data[:24]),
)
def test_client_data_that_is_not_one_strict_object_is_refused(client: bytes) -> None:
    data = base64url.decode(ES256.sign(CHALLENGE)["authenticatorData"])
    assert refusal(ES256.evidence(client, data)).pointer == "/evidence/clientDataJSON"


def test_a_member_that_stands_twice_is_refused_though_it_is_signed() -> None:
    evidence = ES256.sign(CHALLENGE)
    client, data = (base64url.decode(evidence[name]) for name in ("clientDataJSON", "authenticatorData"))
    twice = client[:-1] + b', "origin": "http://localhost:8000"}'
    assert "strict JSON" in refusal(ES256.evidence(twice, data)).detail


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({"flags": 0x04}, "not there"),
        ({"flags": 0x01}, "not verified"),
        ({"flags": 0x00}, "not there"),
        ({"flags": 0x15}, "backed up"),
        ({"flags": 0x45}, "flags say"),
        ({"flags": 0x85}, "flags say"),
        ({"flags": 0x85, "rest": b"\xa0\x00"}, "flags say"),
        ({"flags": 0x85, "rest": b"\x80"}, "flags say"),
        ({"rest": b"\xa0"}, "flags say"),
        ({"rp_id": "evil.example"}, "another relying party"),
        ({"rp_id": "LOCALHOST"}, "another relying party"),
    ],
    ids=str,
)
def test_authenticator_data_with_one_flaw_is_refused(how: dict[str, Any], why: str) -> None:
    refused = refusal(ES256.sign(CHALLENGE, **how))
    assert why in refused.detail
    assert refused.pointer == "/evidence/authenticatorData"


def test_cut_authenticator_data_is_refused() -> None:
    evidence = ES256.sign(CHALLENGE)
    client, data = (base64url.decode(evidence[name]) for name in ("clientDataJSON", "authenticatorData"))
    for length in (1, 32, 36):
        assert "cut" in refusal(ES256.evidence(client, data[:length])).detail


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["clientDataJSON", "authenticatorData", "signature"])
def test_no_byte_can_be_changed(kind: str, name: str) -> None:
    """The counter among them: it is signed like the rest."""
    passkey = KEYS[kind]
    evidence = passkey.sign(CHALLENGE)
    for at in range(len(base64url.decode(evidence[name]))):
        refusal(changed(evidence, name, at), passkey.public)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "WebAuthn"},
        {"type": None},
        {"signature": None},
        {"signature": ""},
        {"signature": "A" * 3000},
        {"signature": "===="},
        {"clientDataJSON": 7},
        {"authenticatorData": ["A"]},
        {"credential_public_key": base64url.encode(OTHER.public)},
        {"credential_public_key": base64url.encode(KEYS["RS256"].public)},
        {"algorithm": -7},
        {"userHandle": "AAAA"},
        {"signature": KEYS["EdDSA"].sign(CHALLENGE)["signature"]},
        {"signature": OTHER.sign(CHALLENGE)["signature"]},
    ],
)
def test_evidence_with_one_other_member_is_refused(change: dict[str, Any]) -> None:
    holds(ES256.sign(CHALLENGE))
    refusal(ES256.sign(CHALLENGE) | change)


@pytest.mark.parametrize("evidence", [None, [], "webauthn", 1, {}], ids=repr)
def test_what_is_no_evidence_is_refused(evidence: object) -> None:
    refusal(evidence)


def test_another_passkey_is_refused_wherever_its_key_is_put() -> None:
    evidence = OTHER.sign(CHALLENGE)
    refusal(evidence)
    refusal(evidence | {"credential_public_key": base64url.encode(ES256.public)})


def test_no_place_is_no_permission() -> None:
    evidence = ES256.sign(CHALLENGE)
    refusal(evidence, place=Place("localhost", frozenset()))
    refusal(SoftPasskey(rp_id="").sign(CHALLENGE), place=Place("", HERE.origins))


def test_a_counter_only_grows_unless_it_is_not_used() -> None:
    for before, now in ((0, 0), (0, 1), (1, 2), (7, 2**32 - 1)):
        webauthn.check_counter(before, now)
    for before, now in ((1, 1), (2, 1), (1, 0), (2**32 - 1, 0)):
        with pytest.raises(CounterWentBack):
            webauthn.check_counter(before, now)


# --- keys -----------------------------------------------------------

EC, ED, RSA = (KEYS[kind].cose for kind in KINDS)
SHORT = (1 << 1023) + 1


@pytest.mark.parametrize(
    "members",
    [
        EC | {3: -8},
        EC | {3: -35},
        EC | {1: 1},
        EC | {-1: 2},
        EC | {-1: True},
        EC | {-3: bytes(32)},
        EC | {-2: EC[-2][1:]},
        EC | {-2: b"\0" + EC[-2]},
        EC | {-3: True},
        EC | {2: b"kid"},
        EC | {4: [2]},
        dict(reversed(EC.items())),
        {label: value for label, value in EC.items() if label != -3},
        ED | {1: True},
        ED | {-1: 4},
        ED | {3: -7},
        ED | {3: -19},
        ED | {-2: bytes(32)},
        ED | {-2: b"\x01" + bytes(31)},
        ED | {-3: bytes(32)},
        RSA | {3: -37},
        RSA | {-1: number(SHORT)},
        RSA | {-1: number(1 << 4096 | 1)},
        RSA | {-1: number(1 << 2047)},
        RSA | {-1: b"\0" + RSA[-1]},
        RSA | {-2: b"\1"},
        RSA | {-2: b"\3"},
        RSA | {-2: b""},
        {},
        {1: 4, 3: 5, -1: bytes(32)},
        {1: "2", 3: "-7"},
        {1: [2], 3: -7},
    ],
)
def test_a_key_of_another_kind_form_or_strength_is_refused(members: dict[int, Any]) -> None:
    data = cbor2.dumps(members)
    with pytest.raises(KeyRefused) as refused:
        cosekey.parse(data)
    assert refused.value.pointer == "/key/public"
    with pytest.raises((KeyRefused, EvidenceRefused)):
        holds(ES256.sign(CHALLENGE) | {"credential_public_key": base64url.encode(data)}, data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xa0",
        b"\x80",
        b"\xff",
        b"\x9f" * 900,
        bytes(1025),
        ES256.public + b"\0",
        ES256.public[:-1],
        b"\xbf" + ES256.public[1:] + b"\xff",
        b"\xb8\x05" + ES256.public[1:],
        b"\xa6" + ES256.public[1:] + b"\x01\x02",
        b"\xd9\xd9\xf7" + ES256.public,
    ],
    ids=lambda data: repr(data[:8]),
)
def test_a_key_has_one_spelling(data: bytes) -> None:
    cosekey.parse(ES256.public)
    with pytest.raises(KeyRefused):
        cosekey.parse(data)


@given(st.binary(max_size=200))
def test_whatever_stands_for_a_key_is_refused_with_a_problem(data: bytes) -> None:
    with pytest.raises(KeyRefused):
        cosekey.parse(data)


@given(
    st.fixed_dictionaries(
        {"type": st.just("webauthn")},
        optional={
            name: st.binary(max_size=80).map(base64url.encode) | st.sampled_from([None, "", "?", "A", 7, "A=="])
            for name in webauthn.BYTES
        },
    )
)
def test_whatever_stands_for_evidence_is_refused_with_a_problem(evidence: Evidence) -> None:
    refusal(evidence)
