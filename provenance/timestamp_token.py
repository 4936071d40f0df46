"""Whether an answer of a time-stamping authority is a time stamp of what was asked. Pure.

    token = check(response, request, roots, at=now)

(1) the answer grants a token (RFC 3161 section 2.4.2)
(2) the token is of the digest, the nonce and the policy that were asked for
(3) its time is now, within `SKEW`
(4) its one signer is named by the signed attributes (RFC 5035, RFC 5816), and has the purpose timeStamping, critical
    and alone (RFC 3161 section 2.3)
(5) the signature covers the statement (RFC 5652 section 5.4)
(6) the signer's certificate leads to one of `roots`, each link valid at that time

RSA-PSS is refused although RFC 5652 knows it: other readers of C2PA do not take it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from asn1crypto import cms, core, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

SKEW = timedelta(minutes=5)  # of two clocks, and the way there and back
LONGEST_PATH = 5  # certificates between signer and root
HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
GRANTED = {"granted", "granted_with_mods"}


class TokenRefused(ValueError):  # noqa: N818 - says what became of it
    """The answer is no time stamp of what was asked, or nobody whom we trust made it."""


@dataclass(frozen=True, slots=True)
class Token:
    """A time stamp that was found good: when, and under which serial number of its authority's."""

    at: datetime
    serial: int


class Response(core.Sequence):  # type: ignore[misc]  # asn1crypto has no types
    """TimeStampResp, in which a refusal has no token (RFC 3161 section 2.4.2)."""

    _fields: ClassVar = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def check(response: bytes, request: bytes, roots: Sequence[x509.Certificate], *, at: datetime) -> Token:
    """Return the time stamp in `response` (DER) to `request` (DER); raise `TokenRefused`. `at` is aware."""
    try:
        token = _granted(response)  # (1)
        content = token["encap_content_info"]["content"]
        statement = content.parsed
        fields = statement.native
        _require_asked(fields, tsp.TimeStampReq.load(request, strict=True).native)  # (2)
        _require_now(fields["gen_time"], at)  # (3)
        certificates = _certificates(token)
        signer = _signer(token, bytes(content))
        certificate = _named(signer, certificates)  # (4)
        _require_signature(signer, certificate)  # (5)
        _require_path(certificate, certificates, roots, fields["gen_time"])  # (6)
    except TokenRefused:
        raise
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise TokenRefused("it is not written as RFC 3161 says") from error
    except (UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise TokenRefused("it uses what nobody here understands") from error
    return Token(fields["gen_time"], fields["serial_number"])


def _granted(response: bytes) -> cms.SignedData:
    answer = Response.load(response, strict=True)
    status = answer["status"]["status"].native
    if status not in GRANTED:
        why = sorted(answer["status"]["fail_info"].native or ())
        raise TokenRefused(f"the authority said no: {status} {', '.join(why)}".strip())
    token = answer["time_stamp_token"]
    if token["content_type"].native != "signed_data":
        raise TokenRefused("there is no signed token in it")
    if token["content"]["encap_content_info"]["content_type"].native != "tst_info":
        raise TokenRefused("what is signed is not a time")
    signed: cms.SignedData = token["content"]
    return signed


def _require_asked(fields: dict[str, Any], asked: dict[str, Any]) -> None:
    if fields["version"] != "v1":
        raise TokenRefused("its version is unknown")
    if fields["message_imprint"] != asked["message_imprint"]:
        raise TokenRefused("it stamps another digest")
    if fields["nonce"] != asked["nonce"]:
        raise TokenRefused("its nonce is another one")
    if asked["req_policy"] not in {None, fields["policy"]}:
        raise TokenRefused("its policy is another one")


def _require_now(time: datetime, at: datetime) -> None:
    if abs(time - at) > SKEW:
        raise TokenRefused(f"its time {time:%Y-%m-%dT%H:%M:%SZ} is not now")


def _certificates(token: cms.SignedData) -> list[x509.Certificate]:
    found = [one.chosen.dump() for one in token["certificates"] if one.name == "certificate"]
    return [x509.load_der_x509_certificate(one) for one in found]


def _signer(token: cms.SignedData, statement: bytes) -> cms.SignerInfo:
    """Return the one signer, whose signed attributes fit the statement."""
    signers = list(token["signer_infos"])
    if len(signers) != 1:
        raise TokenRefused("it has not exactly one signer")
    signer: cms.SignerInfo = signers[0]
    if _attribute(signer, "content_type").native != "tst_info":
        raise TokenRefused("its signature is for something else than a time")
    digest = HASHES[signer["digest_algorithm"]["algorithm"].native]()
    if _attribute(signer, "message_digest").native != hashlib.new(digest.name, statement).digest():
        raise TokenRefused("its signature is not over its time")
    return signer


def _attribute(signer: cms.SignerInfo, kind: str) -> Any:  # noqa: ANN401 - asn1crypto has no types
    """Return the one value of a signed attribute that must be there once."""
    values = [value for one in signer["signed_attrs"] if one["type"].native == kind for value in one["values"]]
    if len(values) != 1:
        raise TokenRefused(f"it has not exactly one {kind}")
    return values[0]


def _named(signer: cms.SignerInfo, certificates: Sequence[x509.Certificate]) -> x509.Certificate:
    """Return the certificate that the signed attributes name; it may stamp and nothing else."""
    kinds = {one["type"].native for one in signer["signed_attrs"]}
    newer = "signing_certificate_v2" in kinds
    name = _attribute(signer, "signing_certificate_v2" if newer else "signing_certificate")["certs"][0]
    digest = HASHES[name["hash_algorithm"]["algorithm"].native]() if newer else hashes.SHA1()  # noqa: S303 - RFC 5035 section 3: without the newer attribute there is no other
    found = [one for one in certificates if one.fingerprint(digest) == name["cert_hash"].native]
    if not found:
        raise TokenRefused("it does not hold the certificate of its signer")
    purposes = found[0].extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    if not purposes.critical or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise TokenRefused("its signer's certificate is not for time stamps alone")
    return found[0]


def _require_signature(signer: cms.SignerInfo, certificate: x509.Certificate) -> None:
    attributes = b"\x31" + signer["signed_attrs"].dump()[1:]  # signed as a SET OF, sent under the tag [0]
    digest = HASHES[signer["digest_algorithm"]["algorithm"].native]()
    algorithm = signer["signature_algorithm"]["algorithm"].native
    if algorithm in {f"{name}_{kind}" for name in HASHES for kind in ("ecdsa", "rsa")}:
        digest = HASHES[algorithm.partition("_")[0]]()
    elif algorithm != "rsassa_pkcs1v15":
        raise TokenRefused(f"its signature is of a kind that is not taken: {algorithm}")
    key, signature = certificate.public_key(), signer["signature"].native
    try:
        if isinstance(key, ec.EllipticCurvePublicKey) and algorithm.endswith("ecdsa"):
            key.verify(signature, attributes, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey) and not algorithm.endswith("ecdsa"):
            key.verify(signature, attributes, padding.PKCS1v15(), digest)
        else:
            raise TokenRefused("its signature is not of its signer's kind of key")
    except InvalidSignature as error:
        raise TokenRefused("its signature does not verify") from error


def _require_path(
    signer: x509.Certificate, others: Sequence[x509.Certificate], roots: Sequence[x509.Certificate], at: datetime
) -> None:
    """Walk from the signer to a root through what the token brought; no certificate is visited twice."""
    here, seen = signer, [signer]
    while len(seen) <= LONGEST_PATH:
        if not here.not_valid_before_utc <= at <= here.not_valid_after_utc:
            raise TokenRefused("a certificate under it was not valid at its time")
        if any(_issued(here, root, at) for root in roots):
            return
        above = next((one for one in others if one not in seen and _issued(here, one, at)), None)
        if above is None:
            break
        here = above
        seen.append(above)
    raise TokenRefused("no authority that we trust vouches for its signer")


def _issued(certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> bool:
    """Tell whether `issuer` may issue, was valid then, and has issued `certificate`."""
    if not issuer.not_valid_before_utc <= at <= issuer.not_valid_after_utc:
        return False
    try:
        issuing = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        usage = next(_usage(issuer), None)
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return issuing and (usage is None or usage.key_cert_sign)


def _usage(certificate: x509.Certificate) -> Iterator[x509.KeyUsage]:
    for one in certificate.extensions:
        if isinstance(one.value, x509.KeyUsage):
            yield one.value
