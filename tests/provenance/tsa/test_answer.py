"""The development authority reads strictly, and no two of its time stamps are alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from asn1crypto import core, tsp
from hypothesis import given, settings
from hypothesis import strategies as st

from provenance.tsa import authority
from provenance.tsa.answer import POLICY, Response, answer
from provenance.tsa.authority import Authority, AuthorityUnfit
from tests.provenance import clockwork


@pytest.fixture(scope="module")
def ours() -> Authority:
    return authority.load(clockwork.folder())


def imprint(algorithm: str = "sha256", length: int = 32) -> dict[str, Any]:
    return {"hash_algorithm": {"algorithm": algorithm}, "hashed_message": bytes(length)}


def query(**changes: Any) -> bytes:  # noqa: ANN401 - members of a request
    asked = {"version": "v1", "message_imprint": imprint(), "cert_req": True} | changes
    request: bytes = tsp.TimeStampReq(asked).dump()
    return request


def answered(body: bytes, ours: Authority) -> Response:
    response: Response = Response.load(answer(body, ours), strict=True)
    return response


def statement(response: Response) -> Mapping[str, Any]:
    found: Mapping[str, Any] = response["time_stamp_token"]["content"]["encap_content_info"]["content"].parsed.native
    return found


@pytest.mark.parametrize(("algorithm", "length"), [("sha256", 32), ("sha384", 48), ("sha512", 64)])
def test_a_digest_of_a_known_kind_is_stamped(algorithm: str, length: int, ours: Authority) -> None:
    response = answered(query(message_imprint=imprint(algorithm, length), nonce=12345, req_policy=POLICY), ours)
    found = statement(response)
    assert response["status"]["status"].native == "granted"
    assert (found["nonce"], found["policy"], found["version"]) == (12345, POLICY, "v1")
    assert found["message_imprint"]["hashed_message"] == bytes(length)


def test_without_a_nonce_none_is_invented(ours: Authority) -> None:
    assert statement(answered(query(), ours))["nonce"] is None


EXTENSION = [{"extn_id": "1.2.3.4", "critical": False, "extn_value": core.OctetString(b"x").dump()}]
FLAWS: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "bad_data_format"),
    "garbage": (b"hello", "bad_data_format"),
    "something after it": (query() + b"\0", "bad_data_format"),
    "another version": (query(version=2), "bad_data_format"),
    "a short digest": (query(message_imprint=imprint("sha256", 31)), "bad_data_format"),
    "a long digest": (query(message_imprint=imprint("sha256", 64)), "bad_data_format"),
    "a weak digest": (query(message_imprint=imprint("sha1", 20)), "bad_alg"),
    "another policy": (query(req_policy="1.2.3.4"), "unaccepted_policy"),
    "an extension": (query(extensions=EXTENSION), "unaccepted_extensions"),
    "a giant nonce": (query(nonce=1 << 300), "bad_data_format"),
    "a negative nonce": (query(nonce=-1), "bad_data_format"),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_a_request_with_a_flaw_is_refused_by_the_name_of_the_flaw(flaw: str, ours: Authority) -> None:
    body, failure = FLAWS[flaw]
    response = answered(body, ours)
    assert response["status"]["status"].native == "rejection"
    assert response["status"]["fail_info"].native == {failure}
    assert response["time_stamp_token"].native is None


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_crash_it(body: bytes) -> None:
    assert answered(body, authority.load(clockwork.folder()))["status"]["status"].native == "rejection"


def test_serial_numbers_are_unique(ours: Authority) -> None:
    assert len({statement(answered(query(), ours))["serial_number"] for _ in range(50)}) == 50


def test_making_it_twice_changes_nothing_and_a_broken_one_is_never_replaced(tmp_path: Any) -> None:  # noqa: ANN401 - a path
    authority.make(tmp_path)
    before = (tmp_path / authority.ROOT_FILE).read_bytes()
    authority.make(tmp_path)
    assert (tmp_path / authority.ROOT_FILE).read_bytes() == before
    (tmp_path / authority.KEY_FILE).write_text("no key")
    with pytest.raises(AuthorityUnfit):
        authority.make(tmp_path)


def test_it_is_marked_as_made_for_development(ours: Authority) -> None:
    assert authority.is_development(ours.certificate)
