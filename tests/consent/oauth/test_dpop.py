"""Proofs of possession: a stolen token is good for nothing without the key. One test for each check."""

from __future__ import annotations

import json
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from consent import clock
from consent.models import DpopProof
from consent.oauth import dpop, replays
from ledger import base64url
from tests.consent.oauth.apps import App, Key, app
from tests.consent.people import Person

PATH = "/v1/grants"


def check(
    proof: str,
    token: str | None = "t",  # noqa: S107 - as good as any
    method: str = "GET",
    url: str = "http://127.0.0.1:8000/v1/grants",
) -> dpop.Proof:
    return dpop.check(proof, method=method, url=url, at=time.time(), token=token)


@pytest.fixture(scope="module")
def key() -> Key:
    return Key()


@pytest.mark.parametrize("kind", ["ES256", "EdDSA"])
def test_a_whole_proof_passes_and_names_its_key(kind: str) -> None:
    key = Key() if kind == "ES256" else Key(ed25519.Ed25519PrivateKey.generate(), "EdDSA")
    found = check(key.proof("GET", PATH, "t"))
    assert found.jkt == dpop.thumbprint(key.jwk)
    assert check(key.proof("POST", PATH), None, "POST").jkt == found.jkt


def test_the_thumbprint_is_that_of_rfc_8037() -> None:
    """The vector of RFC 8037, appendix A.3."""
    jwk = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
    assert dpop.thumbprint(jwk | {"use": "sig"}) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


WRONG: dict[str, dict[str, Any]] = {
    "another method": {"htm": "POST"},
    "a method in another case": {"htm": "get"},
    "no method": {"htm": None},
    "another path": {"htu": "http://127.0.0.1:8000/v1/grants/x"},
    "another host": {"htu": "http://127.0.0.2:8000/v1/grants"},
    "another port": {"htu": "http://127.0.0.1/v1/grants"},
    "another scheme": {"htu": "https://127.0.0.1:8000/v1/grants"},
    "no address": {"htu": None},
    "an address that is a list": {"htu": ["http://127.0.0.1:8000/v1/grants"]},
    "an address that is none": {"htu": "http://[:8000/"},
    "another token": {"ath": base64url.encode(bytes(32))},
    "no token": {"ath": None},
    "too old": {"iat": int(time.time()) - 3600},
    "from the future": {"iat": int(time.time()) + 3600},
    "no time": {"iat": None},
    "a time in words": {"iat": "now"},
    "a time that is true": {"iat": True},
    "a time that is no number": {"iat": float("nan")},
    "no id": {"jti": None},
    "an empty id": {"jti": ""},
    "a long id": {"jti": "x" * 257},
    "an id that is a number": {"jti": 7},
    "another type": {"head": {"typ": "JWT"}},
    "an extension that we must understand": {"head": {"crit": ["x"], "x": 1}},
    "no key": {"head": {"jwk": {}}},
    "another's key": {"head": {"jwk": Key().jwk}},
    "a private key": {"head": {"jwk": Key().jwk | {"d": "x"}}},
    "a key of another curve": {"head": {"jwk": Key().jwk | {"crv": "P-384"}}},
    "a key that is no point": {"head": {"jwk": Key().jwk | {"x": "AAAA"}}},
}


@pytest.mark.parametrize("flaw", WRONG)
def test_each_flaw_alone_is_refused(key: Key, flaw: str) -> None:
    with pytest.raises(dpop.ProofInvalid):
        check(key.proof("GET", PATH, "t", **WRONG[flaw]))


def test_a_key_that_is_shown_whole_is_no_secret_any_more(key: Key) -> None:
    with pytest.raises(dpop.ProofInvalid):
        check(key.proof("GET", PATH, "t", head={"jwk": key.jwk | {"d": "x"}}))


def test_a_proof_without_a_token_may_not_speak_of_one(key: Key) -> None:
    with pytest.raises(dpop.ProofInvalid):
        check(key.proof("GET", PATH, "t"), None)


@pytest.mark.parametrize("algorithm", ["none", "HS256", "ES384"])
def test_no_other_algorithm_signs(key: Key, algorithm: str) -> None:
    said = jwt.decode(key.proof("GET", PATH, "t"), options={"verify_signature": False})
    secret: Any = {"none": "", "HS256": "k" * 32, "ES384": ec.generate_private_key(ec.SECP384R1())}[algorithm]
    headers = {"typ": "dpop+jwt", "jwk": key.jwk}
    with pytest.raises(dpop.ProofInvalid):
        check(jwt.encode(said, secret, algorithm=algorithm, headers=headers))


def test_a_changed_proof_is_refused(key: Key) -> None:
    head, body, signature = key.proof("GET", PATH, "t").split(".")
    said = json.loads(base64url.decode(body)) | {"jti": "another"}
    for changed in (
        f"{head}.{base64url.encode(json.dumps(said).encode())}.{signature}",
        f"{head}.{body}.",
        f"{head}.{body}",
    ):
        with pytest.raises(dpop.ProofInvalid):
            check(changed)


@pytest.mark.parametrize("url", ["HTTP://127.0.0.1:8000/v1/grants", "http://127.0.0.1:8000/v1/grants?x=1#y"])
def test_two_spellings_of_one_address_are_one(key: Key, url: str) -> None:
    assert check(key.proof("GET", PATH, "t", htu=url)).jti


@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda data: f"{base64url.encode(data)}.e30.AA"))
def test_whatever_comes_is_refused_and_breaks_nothing(unverified: str) -> None:
    with pytest.raises(dpop.ProofInvalid):
        check(unverified)


@pytest.fixture
def bound(carl: Person) -> App:
    return app(carl, "grants:read", dpop_required=True)


def shown(token: str, proof: str, scheme: str = "DPoP") -> dict[str, str]:
    return {"Authorization": f"{scheme} {token}"} | ({"DPoP": proof} if proof else {})


@pytest.mark.django_db
def test_an_app_that_must_prove_gets_no_token_without(bound: App, key: Key) -> None:
    assert bound.ask().json()["error"] == "invalid_dpop_proof"
    assert bound.ask(proof=key.proof("GET", "/oauth/token")).json()["error"] == "invalid_dpop_proof"
    assert bound.ask(proof=key.proof("POST", "/oauth/token")).json()["token_type"] == "DPoP"


@pytest.mark.django_db
def test_a_bound_token_opens_only_with_a_fresh_proof_of_its_own_key(
    client: Client, bound: App, key: Key, carl: Person
) -> None:
    token = bound.ask(proof=key.proof("POST", "/oauth/token")).json()["access_token"]
    proof = key.proof("GET", PATH, token)
    assert client.get(PATH, headers=shown(token, proof)).status_code == 200
    refusals = {
        "replayed": (shown(token, proof), "invalid_dpop_proof"),
        "missing": (shown(token, ""), "invalid_dpop_proof"),
        "as a bearer token": (shown(token, key.proof("GET", PATH, token), "Bearer"), "invalid_token"),
        "another key": (shown(token, Key().proof("GET", PATH, token)), "invalid_token"),
        "another address": (shown(token, key.proof("GET", "/v1/licences", token)), "invalid_dpop_proof"),
        "a bearer token as a bound one": (shown(carl.token, key.proof("GET", PATH, carl.token)), "invalid_token"),
        "two proofs": (shown(token, ", ".join(key.proof("GET", PATH, token) for _ in "ab")), "invalid_dpop_proof"),
    }
    for why, (headers, error) in refusals.items():
        refused = client.get(PATH, headers=headers)
        assert refused.status_code == 401, why
        challenge = f'DPoP realm="countenance", error="{error}", algs="ES256 EdDSA"'
        assert refused["WWW-Authenticate"] == challenge, why


@pytest.mark.django_db
def test_the_doors_that_are_asked_most_ask_for_the_proof_too(client: Client, carl: Person, key: Key) -> None:
    made = app(carl, "decisions", dpop_required=True)
    token = made.ask(proof=key.proof("POST", "/oauth/token")).json()["access_token"]
    path, kind = "/v1/decisions", "application/json"
    assert client.post(path, b"{}", content_type=kind, headers=shown(token, "", "Bearer")).status_code == 401
    proof = key.proof("POST", path, token)
    assert client.post(path, b"{}", content_type=kind, headers=shown(token, proof)).status_code == 422
    assert client.post(path, b"{}", content_type=kind, headers=shown(token, proof)).status_code == 401


@pytest.mark.django_db
def test_the_same_id_of_two_keys_are_two_proofs_and_old_ones_are_forgotten() -> None:
    one, two = dpop.Proof("a" * 43, "same", 0), dpop.Proof("b" * 43, "same", 0)
    assert [replays.first_time(each) for each in (one, two, one, two)] == [True, True, False, False]
    assert replays.forget() == 0
    DpopProof.objects.filter(pk=DpopProof.objects.earliest("pk").pk).update(expires_at=clock.now().replace(year=2020))
    assert replays.forget() == 1
