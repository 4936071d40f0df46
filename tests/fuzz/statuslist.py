"""Status list tokens in both forms, and their claims as if our key had signed them."""

from contextlib import suppress

from ledger import base64url, cose, statuslist
from ledger.problem import Problem
from ledger.statuslist import StatusList
from tests.ledger.issuer import LOG, NOW

REFUSALS = (Problem,)
URI = "https://example.com/status/grants"
LIST = StatusList(URI, statuslist.pack([0, 1, 2, 0, 3]), as_of=41, issued_at=NOW, expires_at=NOW + 3600, ttl=60)
JWT, CWT = statuslist.sign_jwt(LIST, LOG), statuslist.sign_cwt(LIST, LOG)
HEAD, BODY, _ = JWT.split(".")
SEEDS = [
    JWT.encode(),
    CWT,
    cose.parse(CWT).payload or b"",
    base64url.decode(BODY),
    statuslist.compress(bytes(range(200))),
]


def check(data: bytes) -> None:
    """Demand that a spoiled token is refused, signed claims are refused or understood, and no list fills the memory."""
    with suppress(Problem):
        assert statuslist.verify_cwt(data, uri=URI, keys=LOG.keys, at=NOW) == LIST, "a spoiled CWT verifies"
    with suppress(Problem):
        text = data.decode("latin-1")
        assert statuslist.verify_jwt(text, uri=URI, keys=LOG.keys, at=NOW) == LIST, "a spoiled JWT verifies"
    with suppress(Problem):
        signed = cose.sign({cose.TYP: statuslist.CWT_TYPE}, data, LOG).to_bytes()
        _holds(statuslist.verify_cwt(signed, uri=URI, keys=LOG.keys, at=NOW))
    with suppress(Problem):
        text = f"{HEAD}.{base64url.encode(data)}"
        signed_text = f"{text}.{base64url.encode(LOG.sign(text.encode()))}"
        _holds(statuslist.verify_jwt(signed_text, uri=URI, keys=LOG.keys, at=NOW))
    array = statuslist.decompress(data)
    assert len(array) <= statuslist.MAX_ARRAY
    assert statuslist.decompress(statuslist.compress(array)) == array


def _holds(found: StatusList) -> None:
    assert found.uri == URI
    assert found.issued_at - statuslist.SKEW <= NOW < found.expires_at
    assert found.ttl > 0
    assert found.as_of >= 0
    assert statuslist.verify_cwt(statuslist.sign_cwt(found, LOG), uri=URI, keys=LOG.keys, at=NOW) == found
