"""Apps for the tests: an app with its secret, a key that proves possession, and the steps of a person."""

from __future__ import annotations

import base64
import hashlib
import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from django.test import Client

from consent.models import OAuthClient
from consent.oauth import clients
from ledger import base64url
from tests.consent.people import Person

BACK = "https://app.example.org/back"
VERIFIER = "v" * 43
CHALLENGE = base64url.encode(hashlib.sha256(VERIFIER.encode()).digest())


@dataclass
class Key:
    """A key of an app, and the proofs that it signs. What a proof says can be overridden member by member."""

    private: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    algorithm: str = "ES256"

    @property
    def jwk(self) -> dict[str, Any]:
        kind = jwt.get_algorithm_by_name(self.algorithm)
        found: dict[str, Any] = json.loads(kind.to_jwk(self.private.public_key()))
        return {name: found[name] for name in ("kty", "crv", "x", "y") if name in found}

    def proof(self, method: str, path: str, token: str | None = None, head: Any = None, **claims: Any) -> str:  # noqa: ANN401 - JSON
        said: dict[str, Any] = {"jti": uuid.uuid4().hex, "htm": method, "htu": settings.PUBLIC_URL + path}
        said["iat"] = int(time.time())
        if token is not None:
            said["ath"] = base64url.encode(hashlib.sha256(token.encode()).digest())
        said = {name: value for name, value in (said | claims).items() if value is not None}
        headers = {"typ": "dpop+jwt", "jwk": self.jwk} | (head or {})
        return jwt.encode(said, self.private, algorithm=self.algorithm, headers=headers)


@dataclass
class App:
    row: OAuthClient
    secret: str
    client: Client = field(default_factory=Client)

    def basic(self) -> str:
        return "Basic " + base64.b64encode(f"{self.row.pk}:{self.secret}".encode()).decode()

    def ask(self, grant: str = "client_credentials", proof: str | None = None, **sent: str) -> Any:  # noqa: ANN401 - Django's test answer
        headers = {"Authorization": self.basic()} | ({} if proof is None else {"DPoP": proof})
        return self.post("/oauth/token", {"grant_type": grant, **sent}, headers)

    def post(self, path: str, sent: dict[str, str], headers: dict[str, str]) -> Any:  # noqa: ANN401 - Django's test answer
        kind = "application/x-www-form-urlencoded"
        return self.client.post(path, urlencode(sent), content_type=kind, headers=headers)

    def question(self, **changed: str) -> dict[str, str]:
        asked = {"response_type": "code", "client_id": str(self.row.pk), "redirect_uri": BACK, "state": "s1"}
        return asked | {"code_challenge": CHALLENGE, "code_challenge_method": "S256"} | changed

    def exchange(self, code: str, proof: str | None = None, **changed: str) -> Any:  # noqa: ANN401 - Django's test answer
        sent = {"code": code, "redirect_uri": BACK, "code_verifier": VERIFIER} | changed
        return self.ask("authorization_code", proof, **sent)


def app(owner: Person, *scope: str, name: str = "Film Box", **more: Any) -> App:  # noqa: ANN401 - of the verb
    row, _, secret = clients.register(name, frozenset(scope), actor=owner.party, redirect_uris=[BACK], **more)
    return App(row, secret)


def answer_of(response: Any) -> dict[str, str]:  # noqa: ANN401 - Django's test answer
    assert response.status_code == 302, response.content
    url = response["Location"]
    assert url.startswith(BACK), url
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
