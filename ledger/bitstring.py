"""W3C Bitstring Status List 1.0: one bit for each grant, as a credential for each purpose. Pure.

The same state as the Token Status List (`ledger.statuslist`), for those who read Verifiable Credentials: grant g is bit
g, the first in the highest bit of the first byte, one list for `revocation` and one for `suspension`. A list has at
least 131,072 bits (section "Bitstring Generation Algorithm": 16 KiB), so bits past the last grant are no grants. It is
gzip (RFC 1952) without a time, in base64url after the multibase letter `u`, and secured as a JWS with `typ` `vc+jwt`
(Securing Verifiable Credentials using JOSE and COSE, section 3.1.1), under a key of status lists.
"""

import gzip
import io
import zlib
from datetime import UTC, datetime
from typing import Any, Literal

from ledger import base64url, jose
from ledger.cose import Signer
from ledger.statuslist import BITS, HIGHEST, INVALID, MAX_ARRAY, PER_BYTE, SUSPENDED, StatusList

Purpose = Literal["revocation", "suspension"]
MEANING: dict[Purpose, int] = {"revocation": INVALID, "suspension": SUSPENDED}
CONTEXT = "https://www.w3.org/ns/credentials/v2"
TYPE = "vc+jwt"
LEAST_BYTES = 16 * 1024
MULTIBASE = "u"  # base64url without padding


def sign(made: StatusList, purpose: Purpose, *, issuer: str, signer: Signer) -> str:
    """Return the credential of this list as a JWS; `made.uri` is its address, `issuer` whose document has the key."""
    header = {"typ": TYPE, "cty": "vc", "kid": f"{issuer}#{signer.key_id}"}
    return jose.sign(header, credential(made, purpose, issuer), signer)


def credential(made: StatusList, purpose: Purpose, issuer: str) -> dict[str, Any]:
    """Return the unsecured credential; `ttl` is in milliseconds there."""
    subject = {
        "id": f"{made.uri}#list",
        "type": "BitstringStatusList",
        "statusPurpose": purpose,
        "encodedList": encoded(bits(made.array, purpose)),
        "ttl": made.ttl * 1000,
    }
    return {
        "@context": [CONTEXT],
        "id": made.uri,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": _second(made.issued_at),
        "validUntil": _second(made.expires_at),
        "credentialSubject": subject,
    }


def bits(array: bytes, purpose: Purpose) -> bytes:
    """Return the bitstring of one purpose out of the array of a Token Status List."""
    halves = array.translate(_nibbles(MEANING[purpose]))
    halves += bytes(len(halves) % 2)
    packed = bytes(high << PER_BYTE | low for high, low in zip(halves[::2], halves[1::2], strict=True))
    return packed.ljust(LEAST_BYTES, b"\0")


def encoded(bitstring: bytes) -> str:
    """Return the `encodedList`. The same bits always give the same text on one machine: no time is in it."""
    return MULTIBASE + base64url.encode(gzip.compress(bitstring, mtime=0))


def decoded(text: str) -> bytes:
    """Return the bitstring of an `encodedList`; raise `ValueError` for other text, or more than is reasonable."""
    if not text.startswith(MULTIBASE):
        raise ValueError("not multibase base64url")
    with gzip.open(io.BytesIO(base64url.decode(text[1:]))) as packed:
        try:
            found = packed.read(MAX_ARRAY + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError("not gzip") from error
    if len(found) > MAX_ARRAY:
        raise ValueError("too long")
    return found


def _nibbles(meaning: int) -> bytes:
    """Return for each byte of an array, four statuses from the lowest bits on, four bits from the highest on."""
    return bytes(
        sum((one >> (place * BITS) & HIGHEST == meaning) << (PER_BYTE - 1 - place) for place in range(PER_BYTE))
        for one in range(256)
    )


def _second(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"
