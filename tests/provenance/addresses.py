"""Files that name an address in places of their own: in a credential of who stands for the author, and in the clock.

An identity assertion (CAWG 1.1, identity claims aggregation) names whom to ask by `did:web`, which is an https address.
The engine refuses `localhost` and addresses in their usual spelling, and asks 127.0.0.1 all the same when it is spelt
`127.1`; what is heard is a TLS client that says hello.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import cbor2
import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID

from provenance.timestamps import Authority
from provenance.tsa import authority, server
from tests.provenance.workshop import plain_manifest, workshop

ASSERTION = "self#jumbf=c2pa.assertions/c2pa.hash.bmff.v3"
KIND = "cawg.identity_claims_aggregation"
CONTEXTS = ["https://www.w3.org/ns/credentials/v2", "https://cawg.io/identity/1.1/ica/context/"]
SIGNATURE_BYTES = 2000
DATE = "2026-01-01T00:00:00Z"


def identified_at(url: str, folder: Path) -> tuple[bytes, str]:
    """Return a signed file whose author is vouched for by a `did:web` at the port of `url`, and its root.

    The engine takes JSON, which has no bytes, so lists of small numbers stand where the bytes will: in CBOR both take
    the same room. The assertion no longer has the hash that was signed, which stops no reader from reading it.
    """
    shop = workshop(folder, "identified")
    blanks = {"hash": 32, "signature": SIGNATURE_BYTES, "pad": 40}
    listed = {name: [at + 1] * size for at, (name, size) in enumerate(blanks.items())}
    manifest = plain_manifest(uuid4())
    payload = {"referenced_assertions": [{"url": ASSERTION, "hash": listed["hash"]}], "sig_type": KIND}
    data = {"signer_payload": payload, "signature": listed["signature"], "pad1": listed["pad"]}
    manifest["assertions"].append({"label": "cawg.identity", "data": data})
    made = shop.signed_without_scruples(manifest).read_bytes()
    meant = {"hash": bytes(32), "signature": _credential(url), "pad": bytes(40)}
    for name, size in blanks.items():
        blank = _of_cbor(4, size) + bytes(listed[name])
        assert made.count(blank) == 1
        made = made.replace(blank, _of_cbor(2, size) + meant[name])
    return made, shop.chain.anchors_pem


def _of_cbor(major: int, size: int) -> bytes:
    """Return the head of an array (4) or of a byte string (2), RFC 8949 section 3."""
    return bytes([major << 5 | 24, size]) if size < 256 else bytes([major << 5 | 25]) + size.to_bytes(2)


def _credential(url: str) -> bytes:
    """Return a COSE_Sign1 of exactly `SIGNATURE_BYTES`; nobody signed it, and nobody can know without asking."""
    hashed = {"url": ASSERTION, "hash": base64.b64encode(bytes(32)).decode()}
    provider = {"id": "https://example.test", "name": "x"}
    known = {"type": "cawg.social_media", "username": "x", "uri": "https://example.test/x", "verifiedAt": DATE}
    credential = {
        "@context": CONTEXTS,
        "type": ["VerifiableCredential", "IdentityClaimsAggregationCredential"],
        "issuer": f"did:web:127.1%3A{urlsplit(url).port}",
        "validFrom": DATE,
        "credentialSubject": {
            "verifiedIdentities": [known | {"provider": provider}],
            "c2paAsset": {"referenced_assertions": [hashed], "sig_type": KIND},
        },
    }
    protected = cbor2.dumps({1: -8, 3: "application/vc"})  # EdDSA, and what is signed

    def padded(room: int) -> bytes:
        message = [protected, {"pad": bytes(room)}, json.dumps(credential).encode(), bytes(64)]
        return cbor2.dumps(cbor2.CBORTag(18, message))

    return padded(300 + SIGNATURE_BYTES - len(padded(300)))


@contextmanager
def naming(url: str) -> Iterator[None]:
    """Let every certificate made in the block name `url` for OCSP, for its issuer and for a list of revoked ones."""
    original = x509.CertificateBuilder.sign

    def sign(builder: x509.CertificateBuilder, *asked: Any, **more: Any) -> x509.Certificate:  # noqa: ANN401 - handed through
        at = x509.UniformResourceIdentifier(url)
        described = [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, at),
            x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, at),
        ]
        point = x509.DistributionPoint([at], None, None, None)
        builder = builder.add_extension(x509.AuthorityInformationAccess(described), critical=False)
        return original(builder.add_extension(x509.CRLDistributionPoints([point]), critical=False), *asked, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(x509.CertificateBuilder, "sign", sign)
        yield


def clocked_at(url: str, folder: Path) -> tuple[bytes, str]:
    """Return a stamped file whose time comes from an authority with such certificates, and the roots of both."""
    clock = folder / "clock"
    with naming(url):
        authority.make(clock)
    with server.Server("127.0.0.1", 0, authority.load(clock)) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        at = f"http://127.0.0.1:{running.server_address[1]}/"
        shop = workshop(folder, "clocked")
        shop.clock = Authority(at, (clock / authority.ROOT_FILE).read_text())
        made = shop.created().read_bytes()
        running.shutdown()
    return made, shop.chain.anchors_pem + shop.clock.roots_pem
