"""The state of grants: the same by replay in memory, by the tables, and by the definition."""

import hashlib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import base64url, merkle, state, statetable, statuslist
from ledger.canonical import canonical
from ledger.models import GrantState, StateNode, StatusChunk
from ledger.state import Record, State, Status, Summary
from ledger.verifier.state import Grants

Body = dict[str, Any]
Act = tuple[str, int]  # "grant" with an expiry in minutes, or what became of a grant by number
NAMED = {
    "end": ("consent.withdrawn", "ends", Status.INVALID),
    "revoke": ("consent.revoked", "ends", Status.INVALID),
    "suspend": ("consent.suspended", "suspends", Status.SUSPENDED),
    "resume": ("consent.resumed", "resumes", Status.VALID),
}


def commit(number: int) -> str:
    return base64url.encode(hashlib.sha256(number.to_bytes(8, "big")).digest())


def bodies(acts: list[Act]) -> list[Body]:
    """Return the decoded entries of these acts; an end may name a grant that never was."""
    made: list[Body] = []
    for place, (act, number) in enumerate(acts):
        common = {"time": "2026-11-22T14:35Z", "commit": commit(10**6 + place)}
        if act == "grant":
            commits = sum(body["kind"] == "grant.recorded" for body in made)
            expires = f"2027-01-01T{number % 24:02}:00Z"
            common |= {"commit": commit(commits), "expires": expires}
            made.append({"v": 2, "kind": "grant.recorded", **common})
        else:
            kind, name, _ = NAMED[act]
            made.append({"v": 1, "kind": kind, **common, name: [commit(number)]})
    return made


ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(0, 23)), st.tuples(st.sampled_from([*NAMED]), st.integers(0, 12))
    ),
    max_size=120,
)


def replayed(made: list[Body]) -> State:
    found = State()
    for index, body in enumerate(made):
        found.apply(index, body)
    return found


@given(ACTS)
def test_the_root_is_that_of_the_records_by_definition(acts: list[Act]) -> None:
    found = replayed(bodies(acts))
    assert found.summary().root == merkle.root([record.leaf_hash() for record in found.records])
    assert bytes(found.bits) == statuslist.pack(record.status for record in found.records)
    assert found.summary().status_list == hashlib.sha256(found.bits).digest()


@given(ACTS)
def test_a_grant_is_what_the_entries_after_it_make_of_it_and_an_end_is_final(acts: list[Act]) -> None:
    found = replayed(bodies(acts))
    starts = [at for at, (act, _) in enumerate(acts) if act == "grant"]
    for record, start in zip(found.records, starts, strict=True):
        status, last = Status.VALID, start
        for at, (act, number) in enumerate(acts):
            if at > start and act != "grant" and number == record.number:
                new = NAMED[act][2]
                if status not in (Status.INVALID, new):
                    status, last = new, at
        assert (record.status, record.last_index) == (status, last)


@given(ACTS)
def test_the_stranger_who_shares_no_code_finds_the_same_state(acts: list[Act]) -> None:
    made = bodies(acts)
    found = replayed(made).summary()
    strangers = Grants()
    for index, body in enumerate(made):
        strangers.take(index, body)
    strangers.take(len(made), {"kind": "state.recorded", **found.public(len(made))})


def test_only_a_resumption_brings_back_what_was_suspended() -> None:
    acts = [("grant", 1), ("suspend", 0), ("suspend", 0)]
    (record,) = replayed(bodies(acts)).records
    assert (record.status, record.last_index) == (Status.SUSPENDED, 1)
    (record,) = replayed(bodies([*acts, ("resume", 0)])).records
    assert (record.status, record.last_index) == (Status.VALID, 3)
    (record,) = replayed(bodies([*acts, ("revoke", 0), ("resume", 0)])).records
    assert (record.status, record.last_index) == (Status.INVALID, 3)


def test_a_record_has_known_bytes() -> None:
    record = Record(1, bytes(32), Status.INVALID, 7, 1_798_761_600)
    data = bytes.fromhex("0000000000000001010000000000000007000000006b36ec80")
    assert record.leaf_hash() == hashlib.sha256(b"\0" + data).digest()


def test_a_grant_of_the_first_version_has_no_expiry() -> None:
    old = {"v": 1, "kind": "grant.recorded", "time": "2026-11-22T14:35Z", "commit": commit(0)}
    assert state.recorded(0, 4, old).expiry == 0


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(ACTS, st.lists(st.integers(1, 40), min_size=1, max_size=10))
def test_tables_that_grow_batch_by_batch_say_the_same(acts: list[Act], batches: list[int]) -> None:
    statetable.clear()
    made = bodies(acts)
    summary, at = Summary(), 0
    while at < len(made):
        part = made[at : at + batches[at % len(batches)]]
        summary = statetable.fold(summary, [(at + n, body["kind"], canonical(body)) for n, body in enumerate(part)])
        at += len(part)
    found = replayed(made)
    assert summary == found.summary()
    assert statetable.status_bits() == bytes(found.bits)
    assert statetable.faults(found) == []


@pytest.mark.django_db
def test_a_state_of_many_grants_keeps_nodes_of_several_levels() -> None:
    made = bodies([("grant", 1)] * 4400 + [("end", 0), ("end", 4099), ("end", 4399)])
    leaves = [(index, body["kind"], canonical(body)) for index, body in enumerate(made)]
    summary = statetable.fold(statetable.fold(Summary(), leaves[:4200]), leaves[4200:])
    found = replayed(made)
    assert summary == found.summary()
    assert statetable.faults(found) == []
    assert set(StateNode.objects.values_list("level", flat=True)) == {1, 2, 3}
    assert StatusChunk.objects.count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    "spoil",
    [
        lambda: GrantState.objects.filter(number=3).update(last_index=0),
        lambda: StateNode.objects.filter(level=1, number=0).update(hash=bytes(32)),
        lambda: StateNode.objects.filter(level=1, number=0).delete(),
        lambda: StatusChunk.objects.update(bits=b"\1" * 8),
    ],
    ids=["record", "node", "node-gone", "bits"],
)
def test_a_spoiled_table_is_seen(spoil: Any) -> None:  # noqa: ANN401 - a lambda of any result
    made = bodies([("grant", 1)] * 32)
    statetable.fold(Summary(), [(index, body["kind"], canonical(body)) for index, body in enumerate(made)])
    found = replayed(made)
    spoil()
    rows = [one.leaf_hash() for one in found.records]
    assert statetable.faults(found) != [] or statetable.hashes(0, range(32)) != rows


@pytest.mark.django_db
def test_the_bytes_of_an_entry_count_and_not_what_its_row_calls_it() -> None:
    made = bodies([("grant", 1), ("end", 0)])
    leaves = [(index, "party.registered", canonical(body)) for index, body in enumerate(made)]
    assert statetable.fold(Summary(), leaves) == replayed(made).summary()
    assert not state.changes_state(canonical({"kind": "party.registered", "x": '"kind":"grant.recorded"'}))
