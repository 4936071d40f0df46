"""The leaves of the log."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, entry
from ledger.entry import EntryInvalid

AT = datetime(2026, 11, 22, 14, 35, 59, tzinfo=UTC)
COMMIT = bytes(range(32))
TEXT = base64url.encode(COMMIT)
FIELDS: dict[str, dict[str, object]] = {
    "consent.withdrawn": {"ends": [TEXT]},
    "consent.revoked": {"ends": [TEXT]},
    "consent.suspended": {"suspends": [TEXT]},
    "grant.narrowed": {"narrows": TEXT},
    "consent.resumed": {"resumes": []},
    "withdrawal.drained": {"withdrawal": TEXT},
    "denials.digested": {"count": 3},
    "permit.minted": {"binding": TEXT},
    "grant.recorded": {"expires": "2027-11-22T14:35Z"},
    "signer.registered": {"purpose": "log", "key_id": "0123abcd", "public": TEXT},
    "signer.retired": {"key_id": "0123456789abcdef"},
    "stamp.signer_certified": {
        "serial": "1234567890",
        "not_before": "2026-11-22T14:35Z",
        "not_after": "2026-11-29T14:35Z",
    },
    "stamp.signer_revoked": {"serial": "1234567890", "since": "2026-11-22T14:35Z"},
    "signer.compromised": {"key_id": "0123abcd", "since": "2026-11-22T14:35Z"},
    "state.recorded": {"as_of": 7, "grants": 2, "root": TEXT, "status_list": TEXT},
}


@pytest.mark.parametrize("kind", entry.KINDS)
def test_every_kind_is_read_back(kind: str) -> None:
    body = entry.decode(entry.encode(kind, COMMIT, AT, FIELDS.get(kind)))
    assert body == {
        "v": entry.KINDS[kind].version,
        "kind": kind,
        "time": "2026-11-22T14:35Z",
        "commit": TEXT,
    } | FIELDS.get(kind, {})


def test_a_grant_from_before_expiries_were_public_is_still_read() -> None:
    old = f'{{"commit":"{TEXT}","kind":"grant.recorded","time":"2026-11-22T14:35Z","v":1}}'
    assert entry.decode(old.encode())["v"] == 1
    with pytest.raises(EntryInvalid):
        entry.decode(old.replace('"v":1', '"v":2').encode())


def test_a_leaf_has_known_bytes() -> None:
    made = entry.encode("permit.minted", COMMIT, AT, {"binding": TEXT})
    assert made.decode() == (
        f'{{"binding":"{TEXT}","commit":"{TEXT}","kind":"permit.minted","time":"2026-11-22T14:35Z","v":1}}'
    )


@given(st.datetimes(timezones=st.just(timezone(timedelta(hours=2))), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - hypothesis adds the zone
def test_time_is_coarsened_to_the_minute_in_utc(at: datetime) -> None:
    body = entry.decode(entry.encode("party.registered", COMMIT, at))
    assert body["time"] == at.astimezone(UTC).isoformat()[:16] + "Z"


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        entry.encode("party.registered", COMMIT, AT.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("kind", "public"),
    [
        ("party.registered", {"name": "Ada"}),
        ("party.forgotten", {}),
        ("consent.withdrawn", {}),
        ("consent.withdrawn", {"ends": TEXT}),
        ("consent.withdrawn", {"ends": [TEXT, TEXT]}),
        ("consent.withdrawn", {"ends": ["Ada"]}),
        ("consent.withdrawn", {"ends": [base64url.encode(number.to_bytes(32, "big")) for number in range(1001)]}),
        ("withdrawal.drained", {"withdrawal": TEXT[:-1]}),
        ("denials.digested", {"count": -1}),
        ("denials.digested", {"count": True}),
        ("denials.digested", {"count": 3, "who": "Carl"}),
        ("permit.minted", {"binding": None}),
        ("signer.registered", {"purpose": "vault", "key_id": "0123abcd", "public": TEXT}),
        ("signer.registered", {"purpose": ["log"], "key_id": "0123abcd", "public": TEXT}),
        ("signer.registered", {"purpose": "log", "key_id": "0123abcd", "public": TEXT[:-1]}),
        ("signer.registered", {"purpose": "log", "key_id": "0123abcd"}),
        ("signer.retired", {"key_id": "0123ABCD"}),
        ("signer.retired", {"key_id": "0123abcd\n"}),
        ("signer.retired", {"key_id": "0123abcd0"}),
        ("signer.retired", {"key_id": 12345678}),
        ("signer.compromised", {"key_id": "0123abcd", "since": "2026-11-22T14:35:00Z"}),
        ("permit.minted", {"commit": TEXT, "binding": TEXT}),
    ],
)
def test_fields_that_the_kind_does_not_have_are_refused(kind: str, public: dict[str, object]) -> None:
    with pytest.raises(EntryInvalid):
        entry.encode(kind, COMMIT, AT, public)


def test_a_withdrawal_of_a_thousand_grants_fits_into_a_leaf() -> None:
    ends = [base64url.encode(number.to_bytes(32, "big")) for number in range(1000)]
    assert len(entry.encode("consent.withdrawn", COMMIT, AT, {"ends": ends})) <= 65_535
    assert entry.decode(entry.encode("consent.withdrawn", COMMIT, AT, {"ends": []}))["ends"] == []


@given(st.binary(min_size=31, max_size=33) | st.binary(min_size=32, max_size=32), st.sampled_from("AEIQ_-BRx=\n"))
def test_a_commitment_is_the_one_spelling_of_32_bytes(data: bytes, last: str) -> None:
    text = base64url.encode(data)
    for spelled in (text, text[:-1] + last, text + last):
        try:
            expected = len(base64url.decode(spelled)) == 32
        except ValueError:
            expected = False
        assert entry.is_commitment(spelled) is expected


def test_a_commitment_of_another_length_is_refused() -> None:
    with pytest.raises(EntryInvalid):
        entry.encode("party.registered", COMMIT[:31], AT)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"v":1', b'"v": 1'),
        (b"party.registered", b"party.forgotten"),
        (b"14:35Z", b"14:61Z"),
        (b"14:35Z", b"14:35"),
        (b"14:35Z", b"14:35Z\\u0000"),
        (b"party.registered", b"party\\u002eregistered"),
        (b'"v":1', b'"v":1,"x":1'),
        (b'"v":1}', b'"v":1}\n'),
    ],
)
def test_other_bytes_for_an_entry_are_refused(old: bytes, new: bytes) -> None:
    good = entry.encode("party.registered", COMMIT, AT)
    assert old in good
    with pytest.raises(EntryInvalid):
        entry.decode(good.replace(old, new))
