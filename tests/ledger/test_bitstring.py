"""Who reads W3C credentials only learns the same of a grant as who reads our status list."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as configured
from django.db import transaction
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ledger import bitstring, issuer, jose, keyring, log, published, statuscheck, statusfiles, statuslist
from ledger.models import Entry
from tests import outsider
from tests.ledger.conftest import PARTY, publish, sequenced


@given(st.lists(st.sampled_from([statuslist.VALID, statuslist.INVALID, statuslist.SUSPENDED]), max_size=40))
def test_each_bit_is_the_status_of_one_grant_the_first_leftmost(statuses: list[int]) -> None:
    array = statuslist.pack(statuses)
    for purpose, meaning in bitstring.MEANING.items():
        found = bitstring.bits(array, purpose)
        read = [bool(found[n // 8] & 0x80 >> n % 8) for n in range(len(found) * 8)]
        assert read[: len(statuses)] == [one == meaning for one in statuses]
        assert not any(read[len(statuses) :])


def test_a_list_is_long_enough_to_hide_in_and_grows() -> None:
    assert len(bitstring.bits(b"", "revocation")) == 16384
    assert len(bitstring.bits(bytes(32770), "revocation")) == 16385
    assert len(bitstring.bits(bytes(32771), "suspension")) == 16386


def test_the_encoding_has_no_time_in_it_and_reads_back() -> None:
    text = bitstring.encoded(b"\x80" + bytes(16383))
    assert (text[0], bitstring.encoded(b"\x80" + bytes(16383))) == ("u", text)
    assert gzip.decompress(outsider.unpadded(text[1:]))[:2] == b"\x80\0"


@pytest.mark.parametrize("text", ["", "zAAAA", "uAAAA", "u=", bitstring.encoded(b"\1" * 20000)[:60]])
def test_what_is_no_list_is_not_decoded(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        bitstring.decoded(text)


def test_a_list_of_another_state_is_found_beside_the_token(two_grants_one_ended: None) -> None:
    """One signed list in place of the other: each is ours, and fsck sees that they do not belong together."""
    folder = published.folder()
    (folder / statusfiles.BITSTRINGS["revocation"]).write_bytes(
        (folder / statusfiles.BITSTRINGS["suspension"]).read_bytes()
    )
    checked = statuscheck.check(statuscheck.read(), log.verified(published.checkpoint_text() or ""))
    assert checked.faults == ["status/bitstring-revocation.jwt is not the list of status/grants.jwt"]


def fetch(address: str) -> bytes:
    answer = Client().get(address.removeprefix(configured.PUBLIC_URL))
    assert answer.status_code == 200, address
    return bytes(answer.content)


def entry(number: int, purpose: str = "revocation") -> dict[str, str]:
    return {
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(number),
        "statusListCredential": f"{configured.PUBLIC_URL}/status/grants/bitstring/{purpose}",
    }


def is_set(number: int, purpose: str = "revocation", later: timedelta = timedelta(0)) -> bool:
    who = f"{configured.PUBLIC_URL}/issuers/status"
    return outsider.is_set(entry(number, purpose), fetch, issuer=who, at=datetime.now(UTC) + later)


def grant() -> Entry:
    with transaction.atomic():
        public = {"expires": "2027-11-22T14:35Z"}
        return log.append("grant.recorded", {}, actor=PARTY, subject=PARTY, public=public)


@pytest.fixture
def two_grants_one_ended(db: None) -> None:
    first, _ = grant(), grant()
    with transaction.atomic():
        log.append("consent.withdrawn", {}, actor=PARTY, subject=PARTY, public={"ends": [first.commit_text]})
    sequenced(0)
    publish()


@pytest.mark.usefixtures("two_grants_one_ended")
def test_a_stranger_reads_the_end_of_a_grant_out_of_the_published_list() -> None:
    assert [is_set(number) for number in (0, 1)] == [True, False]
    assert [is_set(number, "suspension") for number in (0, 1)] == [False, False]
    short = Client().get("/status/grants/bitstring")
    assert short.content == fetch(entry(0)["statusListCredential"])
    assert short["Content-Type"] == "application/vc+jwt"


@pytest.mark.usefixtures("two_grants_one_ended")
def test_an_old_list_does_not_hold() -> None:
    with pytest.raises(AssertionError, match="not of this time"):
        is_set(0, later=timedelta(seconds=statusfiles.EXPIRY_SECONDS + 1))


@pytest.mark.usefixtures("two_grants_one_ended")
def test_a_key_of_grants_does_not_speak_for_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """The credential key signs a list in the name of the lists' issuer; nobody believes it."""
    now = int(datetime.now(UTC).timestamp())
    made = statuslist.StatusList(entry(0)["statusListCredential"], b"\0", 1, now, now + 60, 30)
    who, signer = issuer.address("status"), keyring.signing_key("credential")
    forged = bitstring.sign(made, "revocation", issuer=who, signer=signer)
    with pytest.raises(AssertionError, match="no key of this issuer"):
        outsider.verified(forged, fetch, issuer=who, at=datetime.now(UTC))


@pytest.mark.django_db
def test_an_issuer_has_its_own_keys_and_no_compromised_one(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = Client().get("/issuers/credential")
    assert answer["Content-Type"] == "application/cid"
    document = json.loads(answer.content)
    key = keyring.signing_key("credential")
    assert document["assertionMethod"] == [f"{configured.PUBLIC_URL}/issuers/credential#{key.key_id}"]
    assert document["verificationMethod"][0]["publicKeyJwk"] == jose.jwk(key.public, key.key_id)
    monkeypatch.setattr(keyring, "compromised_since", lambda _key: keyring.ALWAYS)
    assert json.loads(Client().get("/issuers/credential").content)["assertionMethod"] == []
    assert Client().get("/issuers/vault").status_code == 404
