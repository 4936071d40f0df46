"""From a request for a time stamp to its answer: RFC 3161 sections 2.4.1 and 2.4.2, CMS of RFC 5652.

A request is read strictly, and refused with the failure code that section 2.4.2 has for its flaw:

    badDataFormat        not DER, something after it, or another version than 1
    badAlg               a digest that is not SHA-256, SHA-384 or SHA-512, or parameters that are not absent or NULL
    badDataFormat        a digest that is not as long as its algorithm's
    unacceptedPolicy     another policy than ours
    unacceptedExtension  any extension: we understand none

A token names its signer by the SHA-256 of its certificate (ESSCertIDv2, RFC 5816) and gives the time to the second.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar

from asn1crypto import cms, core, tsp, x509
from cryptography.hazmat.primitives.serialization import Encoding

from provenance.tsa.authority import Authority

POLICY = "1.3.6.1.4.1.32473.3161"  # of the enterprise number for examples, RFC 5612: this authority has no policy
DIGESTS = {"sha256": 32, "sha384": 48, "sha512": 64}  # bytes
SERIAL_BITS = 120  # random, so that no two are alike and nothing has to be remembered; RFC 3161 allows 160
MAX_NONCE_BITS = 256
MAX_REQUEST = 4096  # bytes; one with a SHA-512 digest, a nonce and a policy has about 120


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """No time stamp. `failure` is a name of PKIFailureInfo."""

    def __init__(self, failure: str, text: str) -> None:
        super().__init__(text)
        self.failure = failure


class Response(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp, in which a refusal has no token (RFC 3161 section 2.4.2)."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def now() -> datetime:
    """Return this machine's time."""
    return datetime.now(UTC)


def answer(body: bytes, authority: Authority, clock: Callable[[], datetime] = now) -> bytes:
    """Return the DER of a TimeStampResp: a token, or why there is none."""
    try:
        request = read(body)
    except Refused as refused:
        return _refusal(refused)
    token = _token(request, authority, clock().replace(microsecond=0))
    response: bytes = Response({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
    return response


def read(body: bytes) -> tsp.TimeStampReq:
    """Return a request that we answer; raise `Refused`."""
    try:
        request = tsp.TimeStampReq.load(body, strict=True)
        fields = request.native
        digest, parameters = fields["message_imprint"]["hashed_message"], fields["message_imprint"]["hash_algorithm"]
        if request.dump(force=True) != body or fields["version"] != "v1":
            raise Refused("bad_data_format", "not a request of version 1 in DER")
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise Refused("bad_data_format", "not a request of version 1 in DER") from error
    if parameters["algorithm"] not in DIGESTS or parameters["parameters"] is not None:
        raise Refused("bad_alg", f"the digest must be one of {', '.join(DIGESTS)}, without parameters")
    if len(digest) != DIGESTS[parameters["algorithm"]]:
        raise Refused("bad_data_format", "the digest is not as long as its algorithm's")
    if fields["nonce"] is not None and (fields["nonce"] < 0 or fields["nonce"].bit_length() > MAX_NONCE_BITS):
        raise Refused("bad_data_format", f"a nonce has at most {MAX_NONCE_BITS} bits")
    if fields["req_policy"] not in {None, POLICY}:
        raise Refused("unaccepted_policy", f"the only policy here is {POLICY}")
    if fields["extensions"]:
        raise Refused("unaccepted_extensions", "no extension is understood here")
    return request


def _token(request: tsp.TimeStampReq, authority: Authority, at: datetime) -> cms.ContentInfo:
    information = tsp.TSTInfo(_statement(request, at)).dump()
    certificate = authority.certificate.public_bytes(Encoding.DER)
    attributes = cms.CMSAttributes(
        [
            _attribute("content_type", "tst_info"),
            _attribute("signing_time", cms.Time({"utc_time": at})),
            _attribute("message_digest", hashlib.sha256(information).digest()),
            _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [_named(certificate)]})),
        ]
    )
    signed = attributes.dump()
    parsed = x509.Certificate.load(certificate)
    signer = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            {"issuer_and_serial_number": {"issuer": parsed.issuer, "serial_number": parsed.serial_number}}
        ),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": authority.sign(signed),
    }
    data = {
        "version": "v3",
        "digest_algorithms": [{"algorithm": "sha256"}],
        "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(information)},
        "signer_infos": [signer],
    }
    if request["cert_req"].native:
        data["certificates"] = [parsed]
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})


def _statement(request: tsp.TimeStampReq, at: datetime) -> dict[str, Any]:
    statement = {
        "version": "v1",
        "policy": POLICY,
        "message_imprint": request["message_imprint"],
        "serial_number": secrets.randbits(SERIAL_BITS) | 1 << SERIAL_BITS,
        "gen_time": at,
        "accuracy": {"seconds": 1},
    }
    return statement if request["nonce"].native is None else statement | {"nonce": request["nonce"].native}


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": [value]})


def _named(certificate: bytes) -> tsp.ESSCertIDv2:
    """Name a certificate by its digest. SHA-256 is the default and DER leaves it out (RFC 5816 section 2.2.1)."""
    return tsp.ESSCertIDv2({"cert_hash": hashlib.sha256(certificate).digest()})


def _refusal(refused: Refused) -> bytes:
    status = {"status": "rejection", "status_string": [str(refused)], "fail_info": {refused.failure}}
    refusal: bytes = Response({"status": status}).dump()
    return refusal
