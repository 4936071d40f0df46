"""The statement that a key is compromised."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import compromise, note
from ledger.compromise import Compromise, StatementInvalid
from ledger.note import NoteInvalid
from tests.ledger.test_note import US, Signer

ORIGIN = "example.com/log"
SINCE = datetime(2026, 11, 22, 14, 35, tzinfo=UTC)
STATEMENT = Compromise(ORIGIN, "0123abcd", SINCE)
GOOD = compromise.sign(STATEMENT, US)
minutes = st.datetimes(datetime(1000, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001 - hypothesis adds the zone
    lambda at: at.replace(second=0, microsecond=0)
)


def test_a_statement_has_known_bytes() -> None:
    assert STATEMENT.text() == f"countenance/compromise/v1\n{ORIGIN}\n0123abcd\n2026-11-22T14:35Z\n"


@given(st.from_regex(r"[0-9a-f]{8}|[0-9a-f]{16}", fullmatch=True), minutes)
def test_a_statement_is_read_back_and_verifies(key_id: str, since: datetime) -> None:
    made = Compromise(ORIGIN, key_id, since)
    assert compromise.verify(compromise.sign(made, US), origin=ORIGIN, key_id=key_id, keys=[US.public]) == made


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("countenance/compromise/v1", "countenance/compromise/v2"),
        ("0123abcd", "0123ABCD"),
        ("0123abcd", "0123abc"),
        ("0123abcd", "0123abcd0"),
        ("14:35Z", "14:35"),
        ("14:35Z", "14:61Z"),
        ("14:35Z", "14:35Z\nmore"),
        (f"{ORIGIN}\n", "\n"),
        ("14:35Z\n", "14:35Z"),
    ],
)
def test_what_is_not_a_statement_is_refused(old: str, new: str) -> None:
    assert old in STATEMENT.text()
    with pytest.raises(StatementInvalid):
        compromise.parse_text(STATEMENT.text().replace(old, new))


def test_a_statement_of_another_key_log_or_signer_is_refused() -> None:
    for origin, key_id, key, refusal in (
        (ORIGIN, "0123abce", US, StatementInvalid),
        (ORIGIN, "0123abcd", Signer(2), NoteInvalid),
        ("example.com/other", "0123abcd", US, NoteInvalid),
    ):
        with pytest.raises(refusal):
            compromise.verify(GOOD, origin=origin, key_id=key_id, keys=[key.public])
    foreign = note.sign(STATEMENT.text().replace(ORIGIN, "example.com/other"), ORIGIN, US)
    with pytest.raises(StatementInvalid):
        compromise.verify(foreign, origin=ORIGIN, key_id="0123abcd", keys=[US.public])
    with pytest.raises(NoteInvalid):
        compromise.verify(GOOD, origin=ORIGIN, key_id="0123abcd", keys=[])
