"""COSE_Sign1 in deterministic CBOR."""

from __future__ import annotations

import cbor2
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from hypothesis import given
from hypothesis import strategies as st

from ledger import cose
from ledger.cose import CoseInvalid
from tests.ledger.issuer import LOG, STATES

values = st.recursive(
    st.integers(-(2**64), 2**64 - 1) | st.binary() | st.text(st.characters(exclude_categories=["Cs"])) | st.none(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(-70000, 70000) | st.text("ab"), inner, max_size=4)
    ),
    max_leaves=8,
).filter(lambda value: depth(value) < cose.MAX_DEPTH)


def depth(value: object) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, inner), default=0)


# Source: RFC 8949 appendix A, of what is admitted here.
APPENDIX_A = [
    (0, "00"),
    (23, "17"),
    (24, "1818"),
    (1000, "1903e8"),
    (1000000, "1a000f4240"),
    (18446744073709551615, "1bffffffffffffffff"),
    (-18446744073709551616, "3bffffffffffffffff"),
    (-1, "20"),
    (-1000, "3903e7"),
    (None, "f6"),
    (b"", "40"),
    (bytes([1, 2, 3, 4]), "4401020304"),
    ("IETF", "6449455446"),
    ("\u6c34", "63e6b0b4"),
    ([], "80"),
    ([1, [2, 3], [4, 5]], "8301820203820405"),
    ({}, "a0"),
    ({1: 2, 3: 4}, "a201020304"),
    ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
]

# Source: cose-wg/Examples, eddsa-examples/eddsa-sig-02.json (its key is of Ed448, which is not admitted here).
SIGNED_BY_OTHERS = bytes.fromhex(
    "D28443A10127A10445336434343854546869732069732074686520636F6E74656E742E5872988240A3A2F189BD486DE14AA77F54686C576A09"
    "F2E7ED9BAE910DF9139C2AC3BE7C27B7E10A20FA17C9D57D3510A2CF1F634BC0345AB9BE00849842171D1E9E98B2674C0E38BFCF6C557A1692"
    "B01B71015A47AC9F7748840CAD1DA80CBB5B349309FEBB912672B377C8B2072AF1598B3700"
)
TO_BE_SIGNED = bytes.fromhex("846A5369676E61747572653143A101274054546869732069732074686520636F6E74656E742E")


@pytest.mark.parametrize(("value", "text"), APPENDIX_A, ids=[text for _, text in APPENDIX_A])
def test_the_examples_of_the_specification_are_written_and_read(value: object, text: str) -> None:
    assert cose.encode(value).hex() == text
    assert cose.decode(bytes.fromhex(text)) == value


@given(values)
def test_what_is_written_is_read_back_and_is_the_only_spelling(value: object) -> None:
    data = cose.encode(value)
    assert cose.decode(data) == value
    assert cbor2.loads(data) == value


def test_keys_are_ordered_by_their_bytes_not_by_their_length() -> None:
    # RFC 8949 section 4.2.1; the older section 3.9 of RFC 7049 would put -1 (20) before 395 (19018b).
    assert cose.encode({"a": 0, -1: 0, 395: 0, 4: 0}).hex() == "a4" + "0400" + "19018b00" + "2000" + "616100"


REFUSED = {
    "nothing": "",
    "indefinite array": "9f01ff",
    "indefinite map": "bf0102ff",
    "indefinite bytes": "5f4101ff",
    "indefinite text": "7f6161ff",
    "indefinite array inside": "819f01ff",
    "duplicate key": "a201020103",
    "duplicate key inside": "a101a201020103",
    "duplicate key in two spellings": "a20102180103",
    "bytes after": "0101",
    "a break after": "01ff",
    "non-minimal integer": "1801",
    "non-minimal integer of two bytes": "1900ff",
    "non-minimal integer of four bytes": "1a0000ffff",
    "non-minimal integer of eight bytes": "1b00000000ffffffff",
    "non-minimal negative integer": "3800",
    "non-minimal length of bytes": "580101",
    "non-minimal length of text": "780161",
    "non-minimal length of an array": "980101",
    "non-minimal length of a map": "b8010101",
    "keys out of order": "a202010102",
    "bytes as a key": "a1410101",
    "an array as a key": "a1810101",
    "null as a key": "a1f601",
    "float": "f93c00",
    "double": "fb3ff0000000000000",
    "not a number": "f97e00",
    "true": "f5",
    "undefined": "f7",
    "simple value": "f8ff",
    "reserved head": "1c",
    "tag": "c101",
    "a regular expression": "d8236161",
    "a shared value": "d81c80",
    "a big integer": "c24101",
    "text that is not UTF-8": "61ff",
    "cut off head": "19",
    "cut off bytes": "4201",
    "bytes of a length beyond memory": "5bffffffffffffffff",
    "an array of a length beyond memory": "9bffffffffffffffff",
    "a map of a length beyond memory": "bb7fffffffffffffff",
    "too deep": "81" * 9 + "01",
    "far too deep": "81" * 100_000 + "01",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_any_other_spelling_or_type_is_refused(data: str) -> None:
    with pytest.raises(CoseInvalid):
        cose.decode(bytes.fromhex(data))


def test_the_library_alone_would_take_most_of_these() -> None:
    taken = (
        "bytes after",
        "non-minimal integer",
        "keys out of order",
        "a regular expression",
        "float",
        "null as a key",
    )
    for name in taken:
        cbor2.loads(bytes.fromhex(REFUSED[name]), allow_indefinite=False, allow_duplicate_keys=False)


@pytest.mark.parametrize(
    "name",
    [name for name in REFUSED if name.startswith(("non-minimal", "indefinite", "bytes after", "a ", "tag", "float"))],
)
def test_the_heads_alone_refuse_so_that_no_decoder_of_the_library_runs(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cbor2, "loads", lambda *_, **__: pytest.fail("the library saw it"))
    with pytest.raises(CoseInvalid):
        cose.decode(bytes.fromhex(REFUSED[name]))


def test_too_many_bytes_are_refused_before_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cose, "MAX_BYTES", 4)
    assert cose.decode(bytes.fromhex("43010203")) == b"\1\2\3"
    with pytest.raises(CoseInvalid, match="More than"):
        cose.decode(bytes.fromhex("4401020304"))


@pytest.mark.parametrize("value", [True, 1.5, 2**64, -(2**64) - 1, {b"a": 1}, {True: 1}, {1}], ids=repr)
def test_what_has_no_place_here_is_not_written(value: object) -> None:
    with pytest.raises(CoseInvalid):
        cose.encode([value])


def test_a_message_of_others_is_read_and_its_signature_s_input_rebuilt() -> None:
    message = cose.parse(SIGNED_BY_OTHERS)
    assert message.protected == {cose.ALG: cose.EDDSA}
    assert message.unprotected == {cose.KID: b"3d448"}
    assert cose.to_be_signed(message.protected_bytes, message.payload or b"") == TO_BE_SIGNED
    assert message.to_bytes() == SIGNED_BY_OTHERS


@given(st.binary())
def test_a_signed_payload_verifies_attached_and_detached(payload: bytes) -> None:
    attached = cose.sign({}, payload, LOG)
    detached = cose.sign({}, payload, LOG, detached=True)
    assert cose.verify(cose.parse(attached.to_bytes()), LOG.keys) == payload
    assert cose.verify(cose.parse(detached.to_bytes()), LOG.keys, detached=payload) == payload
    assert attached.signature == detached.signature


def test_a_payload_is_never_guessed() -> None:
    attached = cose.sign({}, b"this", LOG)
    detached = cose.sign({}, b"", LOG, detached=True)
    with pytest.raises(CoseInvalid, match="attached where"):
        cose.verify(attached, LOG.keys, detached=b"this")
    with pytest.raises(CoseInvalid, match="attached where"):
        cose.verify(detached, LOG.keys)


GOOD = cose.sign({3: "text/plain"}, b"payload", LOG).to_bytes()


def test_a_changed_bit_is_refused_wherever_it_is() -> None:
    for bit in range(len(GOOD) * 8):
        spoiled = bytearray(GOOD)
        spoiled[bit // 8] ^= 1 << bit % 8
        with pytest.raises(CoseInvalid):
            cose.verify(cose.parse(bytes(spoiled)), LOG.keys)


def test_a_cut_message_is_refused_wherever_it_ends() -> None:
    for cut in range(len(GOOD)):
        with pytest.raises(CoseInvalid):
            cose.parse(GOOD[:cut])


def forged(protected: object) -> cose.Sign1:
    """Sign whatever protected header with the right key."""
    header = cbor2.dumps(protected)
    return cose.Sign1(header, {}, b"payload", LOG.sign(cose.to_be_signed(header, b"payload")))


@pytest.mark.parametrize(
    "protected",
    [
        {1: -7, 4: b"0000000000000001"},
        {4: b"0000000000000001"},
        {1: -8},
        {1: -8, 4: "0000000000000001"},
        {1: -8, 4: b"0000000000000003"},
        {1: -8, 2: [4], 4: b"0000000000000001"},
        {4: b"0000000000000001", 1: -8},
        [],
        b"",
    ],
    ids=["another algorithm", "none", "no kid", "kid of text", "unknown kid", "critical", "order", "array", "bytes"],
)
def test_a_header_that_is_not_ours_is_refused_though_our_key_signed_it(protected: object) -> None:
    with pytest.raises(CoseInvalid):
        cose.verify(forged(protected), LOG.keys)


def test_a_header_in_good_form_signed_the_same_way_is_accepted() -> None:
    assert cose.verify(forged({1: -8, 4: b"0000000000000001"}), LOG.keys) == b"payload"


def test_another_key_under_the_same_id_is_refused() -> None:
    with pytest.raises(CoseInvalid, match="signature"):
        cose.verify(cose.parse(GOOD), {LOG.key_id.encode(): STATES.public})
    with pytest.raises(CoseInvalid, match="kid"):
        cose.verify(cose.parse(GOOD), {})


@pytest.mark.parametrize(
    "body",
    [
        [],
        [b"", {}, b"", b"", b""],
        [b"", [], b"", b""],
        ["", {}, b"", b""],
        [b"\xa0", {}, "", b""],
        {},
        [b"\xa0", {}, b"", None],
    ],
    ids=repr,
)
def test_what_is_not_a_message_is_refused(body: object) -> None:
    with pytest.raises(CoseInvalid):
        cose.parse(cose.TAG_SIGN1 + cose.encode(body))


def test_the_tag_is_needed_in_its_minimal_spelling() -> None:
    for head in (b"", b"\xd8\x12", b"\xd1", b"\xd8\x3d\xd2"):
        with pytest.raises(CoseInvalid):
            cose.parse(head + GOOD[1:])


def test_a_key_is_written_as_other_programs_read_it() -> None:
    # Source: RFC 8410 section 10.1, the key of its example certificate.
    public = bytes.fromhex("19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1")
    example = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
    assert cose.pem(public).decode() == f"-----BEGIN PUBLIC KEY-----\n{example}\n-----END PUBLIC KEY-----\n"
    assert load_pem_public_key(cose.pem(public))
