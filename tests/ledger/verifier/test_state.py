"""The state of the grants, recomputed from the public entries."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, merkle
from ledger.verifier import publishedlog, state, tiles
from ledger.verifier.findings import NotTrue, Verdict
from ledger.verifier.state import Grants, StateTree
from tests.ledger.verifier.forge import KEY, commitment, entry, log_of, put

EXPIRES, SECONDS = "2027-11-22T14:35Z", 1826894100


def model(grants: list[tuple[int, int, int]]) -> dict[str, Any]:
    """Return the public fields of a recorded state, by its definition, from (status, last, expiry)."""
    leaves = [
        merkle.leaf_hash(
            number.to_bytes(8, "big") + bytes([status]) + last.to_bytes(8, "big") + expiry.to_bytes(8, "big")
        )
        for number, (status, last, expiry) in enumerate(grants)
    ]
    bits = bytearray(-(-len(grants) // 4))
    for number, (status, _, _) in enumerate(grants):
        bits[number // 4] |= status << (number % 4 * 2)
    return {
        "grants": len(grants),
        "root": base64url.encode(merkle.root(leaves)),
        "status_list": base64url.encode(sha256(bits).digest()),
    }


def story() -> list[dict[str, Any]]:
    """Return a log of every kind that matters: six grants, one of version 1; two ended; the state before and after."""
    grants = [entry("grant.recorded", 101)]
    grants += [entry("grant.recorded", 101 + number, expires=EXPIRES) for number in range(1, 6)]
    first = [(0, 1, 0)] + [(0, 1 + number, SECONDS) for number in range(1, 6)]
    ends = [commitment(102), commitment(999), commitment(106)]
    later = [*first]
    later[1], later[5] = (1, 8, SECONDS), (1, 8, SECONDS)
    return [
        entry("log.opened", 1),
        *grants,
        entry("state.recorded", 2, as_of=7, **model(first)),
        entry("consent.withdrawn", 3, ends=ends),
        entry("consent.withdrawn", 4, ends=[commitment(102)]),
        entry("state.recorded", 5, as_of=10, **model(later)),
    ]


@pytest.mark.parametrize(
    ("then", "expected"),
    [
        ([], (2, 3, SECONDS)),
        ([("consent.resumed", "resumes")], (0, 4, SECONDS)),
        ([("consent.revoked", "ends")], (1, 4, SECONDS)),
        ([("consent.withdrawn", "ends"), ("consent.resumed", "resumes")], (1, 4, SECONDS)),
        ([("consent.suspended", "suspends")], (2, 3, SECONDS)),
    ],
    ids=["suspended", "resumed", "revoked", "ended-for-good", "suspended-twice"],
)
def test_a_suspension_rests_until_it_is_resumed_or_ended(
    then: list[tuple[str, str]], expected: tuple[int, int, int]
) -> None:
    grants = [entry("grant.recorded", 101 + number, expires=EXPIRES) for number in range(2)]
    acts = [("consent.suspended", "suspends"), *then]
    named = [entry(kind, 200 + n, **{name: [commitment(102), commitment(999)]}) for n, (kind, name) in enumerate(acts)]
    recorded = model([(0, 1, SECONDS), expected])
    whole = [entry("log.opened", 1), *grants, *named]
    replayed([*whole, entry("state.recorded", 300, as_of=len(whole), **recorded)])


def replayed(entries: list[dict[str, Any]], grants: Grants | None = None) -> Grants:
    grants = Grants() if grants is None else grants
    for index, body in enumerate(entries):
        grants.take(index, body)
    return grants


def test_the_story_holds_and_is_kept_where_asked() -> None:
    grants = replayed(story(), Grants(keep=7))
    assert grants.kept == state.Recorded(7, 6, bytes(2))
    assert bytes(grants.bits) == bytes([0b0100, 0b0100])
    assert replayed(story(), Grants(keep=3)).kept is None


def test_the_state_of_no_grants_has_the_empty_root() -> None:
    replayed([entry("log.opened", 1), entry("state.recorded", 2, as_of=1, **model([]))])


@pytest.mark.parametrize(
    ("at", "change"),
    [
        (7, {"as_of": 6}),
        (7, {"as_of": 7.0}),
        (7, {"grants": 5}),
        (7, {"grants": 6.0}),
        (7, {"root": commitment(1)}),
        (7, {"status_list": commitment(1)}),
        (10, {"root": story()[7]["root"]}),
        (10, {"status_list": story()[7]["status_list"]}),
        (2, {"v": 3}),
        (2, {"v": True}),
        (2, {"v": 1}),
        (1, {"v": 1.0}),
        (2, {"v": 2.0}),
        (2, {"expires": "2027-11-22T14:36Z"}),
        (2, {"expires": "2027-11-22T14:35Z "}),
        (2, {"expires": "2027-11-22T4:35Z"}),
        (2, {"expires": 5}),
        (2, {"commit": commitment(101)}),
        (8, {"ends": []}),
        (8, {"ends": 5}),
        (8, {"ends": [commitment(102), commitment(105)]}),
    ],
    ids=str,
)
def test_a_state_or_history_that_was_changed_is_refused(at: int, change: dict[str, Any]) -> None:
    entries = story()
    entries[at] |= change
    with pytest.raises((NotTrue, ValueError, TypeError)):
        replayed(entries)


def test_an_expiry_has_one_spelling() -> None:
    with pytest.raises(NotTrue, match="minute of UTC"):
        Grants().take(1, entry("grant.recorded", 1, expires="2027-11-22T4:35Z"))


def test_no_two_grants_share_a_commitment() -> None:
    with pytest.raises(NotTrue, match="another grant"):
        replayed([entry("grant.recorded", 1), entry("grant.recorded", 1)])


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=60))
def test_the_tree_that_hashes_touched_paths_only_has_the_root_of_the_whole(acts: list[tuple[bool, int]]) -> None:
    tree, leaves = StateTree(), list[bytes]()
    for number, (ask, wanted) in enumerate(acts):
        place = min(wanted, len(leaves))
        leaves[place : place + 1] = [sha256(bytes([number])).digest()]
        tree.put(place, leaves[place])
        if ask:
            assert tree.root() == merkle.root(leaves)
    assert tree.root() == merkle.root(leaves)


def test_one_change_among_many_hashes_one_path(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = StateTree()
    for number in range(10_000):
        tree.put(number, sha256(number.to_bytes(4, "big")).digest())
    tree.root()
    hashed: list[bytes] = []

    def counted(left: bytes, right: bytes) -> bytes:
        hashed.append(left)
        return merkle.node_hash(left, right)

    monkeypatch.setattr(state, "node", counted)
    tree.put(17, bytes(32))
    tree.root()
    assert len(hashed) <= 14


def checked(folder: Path) -> list[tuple[Verdict, str]]:
    return publishedlog.check(tiles.reader(str(folder)), [KEY]).lines


def test_the_check_of_a_whole_log_compares_each_recorded_state(tmp_path: Path) -> None:
    lines = checked(put(tmp_path / "good", log_of(story())))
    assert {verdict for verdict, _ in lines} == {Verdict.TRUE}
    spoiled = story()
    spoiled[10]["root"] = commitment(5)
    lines = checked(put(tmp_path / "bad", log_of(spoiled)))
    assert [verdict for verdict, _ in lines] == [Verdict.TRUE] * 4 + [Verdict.FALSE]
    assert "entry 10: the grants give another root" in lines[-1][1]


def test_only_the_first_flaw_of_the_states_is_told(tmp_path: Path) -> None:
    spoiled = story()
    spoiled[7]["grants"] = spoiled[10]["grants"] = 99
    assert "entry 7" in checked(put(tmp_path / "bad", log_of(spoiled)))[-1][1]
