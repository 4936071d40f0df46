"""Which key signed when: registered, put in the place of another, revoked; and the chain of these events."""

from __future__ import annotations

import pytest

from ledger import base64url
from ledger.verifier import acts, keychain
from ledger.verifier.findings import Findings, Verdict
from tests.ledger.test_note import Signer
from tests.ledger.verifier.test_bundle import PUBLIC, Act, Json, code, event, grants, registers, revokes

OLD = base64url.encode(Signer(9).public)
LINE = "the events of its keys form one chain, none missing between them"


def first() -> Act:
    """Return the event of the key that k1 replaces."""
    return event("key.registered", None, key_id="k0", public=OLD)


def rotates(before: Act, **payload: object) -> Act:
    """Return the event that puts k1 in the place of k0."""
    return event("key.rotated", before, **{"key_id": "k1", "public": PUBLIC, "revokes": "k0"} | payload)


def test_a_key_that_took_another_s_place_signs_a_grant() -> None:
    assert code([first(), rotates(first()), grants()]) == 0


def test_it_signs_none_before_and_not_under_another_public_key() -> None:
    assert code([first(), grants(), rotates(first())]) == 1
    assert code([first(), rotates(first(), public=OLD), grants()]) == 1
    assert code([first(), rotates(first(), key_id="k2"), grants()]) == 1


def test_a_key_signs_until_another_took_its_place() -> None:
    after = event("key.rotated", registers(), key_id="k2", public=OLD, revokes="k1")
    assert code([registers(), grants(), after]) == 0
    assert code([registers(), after, grants()]) == 1
    other = event("key.rotated", registers(), key_id="k2", public=OLD, revokes="k3")
    assert code([registers(), other, grants()]) == 0


def test_only_a_rotation_takes_the_key_away_that_it_names() -> None:
    act = event("key.registered", registers(), key_id="k2", public=OLD, revokes="k1")
    assert code([registers(), act, grants()]) == 0
    act = event("key.revoked", registers(), key_id="k2", revokes="k1")
    assert code([registers(), act, grants()]) == 0


def test_a_rotation_without_its_proof_leaves_the_order_unknown() -> None:
    def forget(made: Json) -> None:
        made["acts"][2]["proof"] = None

    after = event("key.rotated", registers(), key_id="k2", public=OLD, revokes="k1")
    assert code([registers(), grants(), after], spoil=forget) == 3


SECOND = event("key.registered", first(), key_id="k2", public=OLD)
BROKEN: dict[str, list[Act]] = {
    "the first is missing": [rotates(first())],
    "one between is missing": [first(), rotates(SECOND)],
    "a fork": [first(), SECOND, rotates(first())],
    "two beginnings": [first(), registers()],
    "out of order": [rotates(first()), first()],
    "the second names none": [first(), Act("key.rotated", {"party": "1", "key_id": "k1", "revokes": "k0"})],
    "names something else": [first(), event("key.revoked", None, key_id="k0", previous=5)],
    "of two parties": [first(), rotates(first(), party="2")],
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_chain_with_a_gap_or_a_fork_is_false(name: str) -> None:
    assert lines(BROKEN[name]) == [Verdict.FALSE]
    assert code(BROKEN[name]) == 1


def lines(events: list[Act], party: object = None) -> list[Verdict]:
    """Return the verdicts on events that all stand in the log, in this order."""
    findings = Findings()
    keychain.check([found(act, index) for index, act in enumerate(events)], party, findings)
    assert all(text.startswith(LINE) for _, text in findings.lines)
    return [verdict for verdict, _ in findings.lines]


def found(act: Act, index: int | None) -> acts.Act:
    """Return the act as it is when everything about it has held."""
    from ledger.canonical import parse

    return acts.Act({}, act.entry(), parse(act.entry()), parse(act.opened)["payload"], index)


def test_a_whole_chain_holds_whatever_stands_between() -> None:
    assert lines([first(), grants(), rotates(first()), event("key.revoked", rotates(first()), key_id="k1")]) == [
        Verdict.TRUE
    ]
    assert lines([grants()]) == []


def test_the_order_is_the_log_s_and_not_the_bundle_s() -> None:
    findings = Findings()
    keychain.check([found(rotates(first()), 1), found(first(), 0)], None, findings)
    keychain.check([found(rotates(first()), 0), found(first(), 1)], None, findings)
    assert [verdict for verdict, _ in findings.lines] == [Verdict.TRUE, Verdict.FALSE]


def test_events_older_than_the_chain_are_not_checked_and_what_follows_them_is() -> None:
    old = Act("key.registered", {"party": "1", "key_id": "k1", "public": PUBLIC})
    older = Act("key.registered", {"party": "1", "key_id": "k0", "public": OLD})
    assert lines([old]) == lines([older, old]) == lines([old, revokes(old)]) == [Verdict.UNCHECKED]
    assert lines([older, old, revokes(older)]) == [Verdict.FALSE]
    assert code([old, grants()]) == 3


def test_a_chain_of_another_party_than_the_bundle_names_is_false() -> None:
    assert lines([first()], "1") == [Verdict.TRUE]
    assert lines([first()], "2") == [Verdict.FALSE]
    assert code([first()], spoil=lambda made: made.update(party={"id": "1"})) == 0
    assert code([first()], spoil=lambda made: made.update(party={"id": "2"})) == 1
    assert code([first()], spoil=lambda made: made.update(party="2")) == 0


def test_an_event_without_opening_or_place_leaves_the_chain_unchecked() -> None:
    findings = Findings()
    keychain.check([found(first(), None)], None, findings)
    unopened = found(first(), 0)
    unopened.payload = None
    keychain.check([unopened], None, findings)
    assert [verdict for verdict, _ in findings.lines] == [Verdict.UNCHECKED, Verdict.UNCHECKED]


def test_what_the_log_does_not_call_an_event_is_none() -> None:
    assert not keychain.begins(acts.Act({}), None)
    assert not keychain.ends(acts.Act({}, payload={"revokes": "k1"}), "k1")
    assert not keychain.begins(found(Act("key.registered", {}), 0), "k1")
