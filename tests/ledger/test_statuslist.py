"""IETF Token Status List, two bits an entry."""

from __future__ import annotations

import dataclasses
import json
import zlib
from collections.abc import Callable

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scitt_cose import verify_sign1

from ledger import base64url, canonical, cose, statuslist
from ledger.problem import Problem
from ledger.statuslist import StatusList, StatusListInvalid
from tests.ledger.issuer import LOG, NOW, STATES
from tests.ledger.test_receipt import flipped

URI = "https://example.com/status/grants"
AT = NOW + 30
LIST = StatusList(URI, statuslist.pack([0, 1, 2, 0, 3]), as_of=41, issued_at=NOW, expires_at=NOW + 3600, ttl=60)
statuses = st.lists(st.integers(0, 3), max_size=50)

# Source: draft-ietf-oauth-status-list, the example of a list with two bits.
EXAMPLE = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
EXAMPLE_ARRAY, EXAMPLE_LIST = "c944f9", "78da3be9f2130003df0207"

# Source: the same draft, appendix "Test vectors for Status List encoding", 2 bit: 2^20 entries, all others 0.
VECTOR = {
    0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1, 645645: 2, 723232: 1, 854545: 1, 934534: 2, 1000345: 3,
}  # fmt: skip
VECTOR_LIST = (
    "78daeddb310d00211000412ea1a04004fe5520ed357c28c81d3312b6df68bc65480000000000406e21010000000000000000000000000000"
    "000000000000000000000000000000000040795b020000000000000000000000000000000000000000000000000000000000000000000000"
    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000080f4ba0400000000000000"
    "000000000000406d764a000000000000000000000000000000000000000000e0922101000000000000000000000000000000000000fc1312"
    "00000000000000000000000000000000000000000000000000000000000000c0912e01000000000000000000000000000000000000c07d4b"
    "02000000000000000000000000000000a8614a0000000000000000000000406a1fcd60010c"
)


def jwt(data: str, at: int = AT) -> StatusList:
    return statuslist.verify_jwt(data, uri=URI, keys=LOG.keys, at=at)


def cwt(data: bytes, at: int = AT) -> StatusList:
    return statuslist.verify_cwt(data, uri=URI, keys=LOG.keys, at=at)


def test_the_specification_s_example_is_written_and_read() -> None:
    assert statuslist.pack(EXAMPLE).hex() == EXAMPLE_ARRAY
    assert statuslist.compress(statuslist.pack(EXAMPLE)).hex() == EXAMPLE_LIST
    assert statuslist.unpack(statuslist.decompress(bytes.fromhex(EXAMPLE_LIST)), len(EXAMPLE)) == EXAMPLE


def test_the_specification_s_long_vector_is_read() -> None:
    array = statuslist.decompress(bytes.fromhex(VECTOR_LIST))
    assert len(array) == 2**20 // 4
    everything = statuslist.unpack(array, 2**20)
    assert {place: one for place, one in enumerate(everything) if one} == VECTOR
    assert statuslist.pack(everything) == array


@given(statuses)
def test_statuses_are_packed_and_unpacked(found: list[int]) -> None:
    array = statuslist.pack(found)
    assert len(array) == (len(found) + 3) // 4
    assert statuslist.unpack(array, len(found)) == found
    assert statuslist.decompress(statuslist.compress(array)) == array


def test_the_digest_is_of_the_array_and_not_of_its_compressed_form() -> None:
    # Source: sha256sum of the three bytes.
    assert statuslist.digest(bytes.fromhex(EXAMPLE_ARRAY)).hex() == (
        "e8445fa773e87828fcdae151884539fa8134c1acc345df74edc453e36dfd3580"
    )


@pytest.mark.parametrize("index", [-1, 8, 2**64])
def test_an_index_outside_the_list_is_refused_never_valid(index: int) -> None:
    with pytest.raises(StatusListInvalid):
        LIST.status(index)
    with pytest.raises(StatusListInvalid):
        dataclasses.replace(LIST, array=b"").status(0)


def test_an_array_of_another_number_of_grants_is_refused() -> None:
    assert statuslist.unpack(b"\x03", 1) == [3]
    for array, count in ((b"\x0c", 1), (b"\0\0", 4), (b"", 1), (b"\0", 0)):
        with pytest.raises(StatusListInvalid):
            statuslist.unpack(array, count)


@pytest.mark.parametrize("status", [-1, 4])
def test_a_status_of_three_bits_is_not_packed(status: int) -> None:
    with pytest.raises(StatusListInvalid):
        statuslist.pack([status])


@pytest.mark.parametrize("data", [b"", b"x", zlib.compress(b"a")[:-1], zlib.compress(b"a") + b"\0"], ids=range(4))
def test_what_is_not_one_zlib_stream_is_refused(data: bytes) -> None:
    with pytest.raises(StatusListInvalid):
        statuslist.decompress(data)


def test_a_list_that_would_fill_the_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statuslist, "MAX_ARRAY", 1000)
    assert len(statuslist.decompress(zlib.compress(bytes(999)))) == 999
    with pytest.raises(StatusListInvalid):
        statuslist.decompress(zlib.compress(bytes(1_000_000)))


@given(statuses, st.integers(0, 2**40), st.integers(1, 2**32))
def test_both_tokens_are_read_back(found: list[int], as_of: int, ttl: int) -> None:
    made = dataclasses.replace(LIST, array=statuslist.pack(found), as_of=as_of, ttl=ttl)
    assert jwt(statuslist.sign_jwt(made, LOG)) == made
    assert cwt(statuslist.sign_cwt(made, LOG)) == made


def test_the_jwt_is_what_the_draft_describes() -> None:
    head, body, _ = (statuslist.sign_jwt(LIST, LOG)).split(".")
    assert json.loads(base64url.decode(head)) == {"alg": "EdDSA", "kid": LOG.key_id, "typ": "statuslist+jwt"}
    claims = json.loads(base64url.decode(body))
    lst = base64url.encode(zlib.compress(LIST.array, 9))
    times = {"iat": NOW, "exp": NOW + 3600, "ttl": 60}
    assert claims == {"sub": URI, **times, "as_of": 41, "status_list": {"bits": 2, "lst": lst}}


def test_the_cwt_is_what_the_draft_describes_and_another_implementation_verifies_it() -> None:
    made = statuslist.sign_cwt(LIST, LOG)
    assert made[:1] == b"\xd2"
    found = verify_sign1(made, public_key_pem=cose.pem(LOG.public))
    assert found.protected == {1: -8, 4: LOG.key_id.encode(), 16: "application/statuslist+cwt"}
    assert cbor2.loads(found.payload) == {
        2: URI,
        4: NOW + 3600,
        6: NOW,
        65533: {"bits": 2, "lst": zlib.compress(LIST.array, 9)},
        65534: 60,
        "as_of": 41,
    }


def test_a_changed_bit_is_refused_wherever_it_is() -> None:
    for spoiled in flipped(statuslist.sign_cwt(LIST, LOG)):
        with pytest.raises(Problem):
            cwt(spoiled)
    for spoiled in flipped(statuslist.sign_jwt(LIST, LOG).encode()):
        with pytest.raises(Problem):
            jwt(spoiled.decode("latin-1"))


@pytest.mark.parametrize("at", [NOW - 61, NOW + 3600, NOW + 10**9], ids=["early", "over", "long over"])
def test_a_token_counts_between_its_times_only(at: int) -> None:
    for good in (NOW - 60, NOW, NOW + 3599):
        assert jwt(statuslist.sign_jwt(LIST, LOG), good) == cwt(statuslist.sign_cwt(LIST, LOG), good) == LIST
    with pytest.raises(StatusListInvalid, match="over"):
        jwt(statuslist.sign_jwt(LIST, LOG), at)
    with pytest.raises(StatusListInvalid, match="over"):
        cwt(statuslist.sign_cwt(LIST, LOG), at)


def test_a_copy_goes_stale_after_its_ttl_or_at_its_end() -> None:
    assert LIST.stale_at(NOW + 10) == NOW + 70
    assert LIST.stale_at(NOW + 3590) == NOW + 3600


@pytest.mark.parametrize("made", [dataclasses.replace(LIST, uri=URI + "/other")], ids=["uri"])
def test_a_list_of_another_address_is_refused(made: StatusList) -> None:
    with pytest.raises(StatusListInvalid, match="address"):
        jwt(statuslist.sign_jwt(made, LOG))
    with pytest.raises(StatusListInvalid, match="address"):
        cwt(statuslist.sign_cwt(made, LOG))


def test_another_key_is_refused() -> None:
    with pytest.raises(StatusListInvalid, match="kid"):
        jwt(statuslist.sign_jwt(LIST, STATES))
    with pytest.raises(cose.CoseInvalid, match="kid"):
        cwt(statuslist.sign_cwt(LIST, STATES))


Claims = Callable[[dict[str, object]], object]
CLAIMS: dict[str, Claims] = {
    "no end": lambda claims: claims.pop("exp"),
    "no ttl": lambda claims: claims.pop("ttl"),
    "no point in the log": lambda claims: claims.pop("as_of"),
    "no list": lambda claims: claims.pop("status_list"),
    "a member more": lambda claims: claims.update(nbf=1),
    "a ttl of zero": lambda claims: claims.update(ttl=0),
    "a time of text": lambda claims: claims.update(iat=str(NOW)),
    "a time that is true": lambda claims: claims.update(ttl=True),
    "a negative point": lambda claims: claims.update(as_of=-1),
    "an end before its begin": lambda claims: claims.update(exp=NOW),
    "one bit": lambda claims: claims.update(status_list={"bits": 1, "lst": "eNpjAAAAAQAB"}),
    "no bits": lambda claims: claims.update(status_list={"lst": "eNpjAAAAAQAB"}),
    "more in the list": lambda claims: claims.update(
        status_list={"bits": 2, "lst": "eNpjAAAAAQAB", "aggregation_uri": "x"}
    ),
    "a list that is a list": lambda claims: claims.update(status_list=[]),
    "no zlib": lambda claims: claims.update(status_list={"bits": 2, "lst": "AAAA"}),
    "no base64url": lambda claims: claims.update(status_list={"bits": 2, "lst": "e+8="}),
}


def resigned(head: dict[str, object], body: dict[str, object]) -> str:
    signed = ".".join(base64url.encode(canonical.canonical(part)) for part in (head, body))
    return f"{signed}.{base64url.encode(LOG.sign(signed.encode()))}"


def parts() -> tuple[dict[str, object], dict[str, object]]:
    head, body, _ = statuslist.sign_jwt(LIST, LOG).split(".")
    return json.loads(base64url.decode(head)), json.loads(base64url.decode(body))


@pytest.mark.parametrize("change", CLAIMS.values(), ids=CLAIMS)
def test_claims_of_another_form_are_refused_though_our_key_signed_them(change: Claims) -> None:
    head, body = parts()
    assert jwt(resigned(head, body)) == LIST
    change(body)
    with pytest.raises(StatusListInvalid):
        jwt(resigned(head, body))


@pytest.mark.parametrize(
    "head",
    [
        {"alg": "none", "kid": LOG.key_id, "typ": "statuslist+jwt"},
        {"alg": "EdDSA", "kid": LOG.key_id, "typ": "JWT"},
        {"alg": "EdDSA", "kid": LOG.key_id},
        {"alg": "EdDSA", "typ": "statuslist+jwt"},
        {"alg": "EdDSA", "kid": 1, "typ": "statuslist+jwt"},
        {"alg": "EdDSA", "kid": LOG.key_id, "typ": "statuslist+jwt", "crit": ["exp"]},
        {"alg": "EdDSA", "kid": LOG.key_id, "typ": "statuslist+jwt", "jwk": {}},
    ],
    ids=["alg", "typ", "no typ", "no kid", "kid", "crit", "jwk"],
)
def test_a_header_of_another_form_is_refused_though_our_key_signed_it(head: dict[str, object]) -> None:
    with pytest.raises(StatusListInvalid):
        jwt(resigned(head, parts()[1]))


@pytest.mark.parametrize("text", ["", ".", "..", "a.b", "a.b.c.d", "\u00e9.e.e", "e30.e30.", "e30.e30"])
def test_what_is_not_a_jwt_is_refused(text: str) -> None:
    with pytest.raises(Problem):
        jwt(text)


def test_a_cwt_with_another_header_is_refused_though_our_key_signed_it() -> None:
    payload = cose.parse(statuslist.sign_cwt(LIST, LOG)).payload or b""
    headers: list[cose.Header] = [{}, {16: "application/cwt"}, {16: "application/statuslist+cwt", 3: "x"}]
    for header in headers:
        with pytest.raises(StatusListInvalid, match="headers"):
            cwt(cose.sign(header, payload, LOG).to_bytes())
    with pytest.raises(StatusListInvalid, match="headers"):
        cwt(cose.parse(statuslist.sign_cwt(LIST, LOG)).with_unprotected({1: 1}).to_bytes())
    for other in (b"", b"\x80", b"\xa0", cose.encode({"sub": URI})):
        with pytest.raises(Problem):
            cwt(cose.sign({16: "application/statuslist+cwt"}, other, LOG).to_bytes())


def test_neither_form_passes_for_the_other() -> None:
    with pytest.raises(Problem):
        cwt(statuslist.sign_jwt(LIST, LOG).encode())
    with pytest.raises(Problem):
        jwt(statuslist.sign_cwt(LIST, LOG).decode("latin-1"))
