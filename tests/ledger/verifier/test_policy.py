"""Witness policies: k of n, and C2SP tlog-policy files."""

from __future__ import annotations

import pytest

from ledger import merkle, note
from ledger.verifier import policy
from ledger.verifier.findings import NotTrue, Unreadable
from ledger.verifier.logformat import WitnessKey
from tests.ledger.verifier.forge import KEY, NOW, PARTY, VKEY, WITNESS_VKEYS, signed

KEYS = [WitnessKey.parse(vkey) for vkey in WITNESS_VKEYS]
LEAVES = [merkle.leaf_hash(b"x")]
NAMED = "".join(f"witness W{number} {vkey} https://w{number}.example\n" for number, vkey in enumerate(WITNESS_VKEYS))
FILE = f"""# ours
log {VKEY} https://example.com/log

{NAMED}
group\tpair 2  W0 W1
 group either any W2 W3
group both all pair either
quorum both
"""


def of(text: str) -> policy.Policy:
    return policy.parse(text.encode())


@pytest.mark.parametrize(
    ("cosigned", "holds"),
    [({0, 1, 2}, True), ({0, 1, 3}, True), ({0, 1}, False), ({0, 2, 3}, False), ({2, 3}, False), (set(), False)],
)
def test_the_groups_of_a_file_count_as_they_say(cosigned: set[int], holds: bool) -> None:  # noqa: FBT001 - a table
    text = signed(LEAVES, at=[(number, NOW + number) for number in sorted(cosigned)])
    assert of(FILE).logs == (KEY,)
    if holds:
        assert of(FILE).cosigned_at(text) == NOW
    else:
        with pytest.raises(NotTrue, match="too few"):
            of(FILE).cosigned_at(text)


def test_the_time_is_that_since_when_enough_have_cosigned_and_the_newest_of_each_counts() -> None:
    text = signed(LEAVES, at=[(0, NOW), (1, NOW - 50), (1, NOW - 10), (2, NOW - 900)])
    assert policy.of_witnesses(KEYS, 1).cosigned_at(text) == NOW
    assert policy.of_witnesses(KEYS, 2).cosigned_at(text) == NOW - 10
    assert policy.of_witnesses(KEYS, 3).cosigned_at(text) == NOW - 900
    with pytest.raises(NotTrue):
        policy.of_witnesses(KEYS, 4).cosigned_at(text)
    with pytest.raises(NotTrue):
        policy.of_witnesses(KEYS).cosigned_at(text)


def test_a_bad_cosignature_of_a_known_witness_refuses_though_it_is_not_needed() -> None:
    text = signed(LEAVES, at=[(0, NOW), (1, NOW)])
    last = text.splitlines()[-1]
    spoiled = text.replace(last, last[:-10] + ("B" if last[-10] != "B" else "C") + last[-9:])
    assert policy.of_witnesses(KEYS[:1], 1).cosigned_at(spoiled)
    with pytest.raises(NotTrue, match="does not verify"):
        policy.of_witnesses(KEYS, 1).cosigned_at(spoiled)


def test_a_cosignature_of_another_length_or_time_is_refused() -> None:
    text = signed(LEAVES, at=[(0, NOW)])
    name, key = KEYS[0].name, KEYS[0].hint
    for data in (bytes(8) + bytes(64), b"\xff" * 8 + bytes(64), (5).to_bytes(8, "big") + bytes(63), b"\1"):
        with pytest.raises(NotTrue, match="malformed"):
            policy.of_witnesses(KEYS, 1).cosigned_at(text + note.Signature(name, key + data).line())


def test_quorum_none_names_no_witness_and_demands_nothing() -> None:
    assert of("quorum none\n") == policy.Policy()
    assert of(f"{NAMED}quorum none\n").rule is None
    with pytest.raises(NotTrue):
        of("quorum none\n").cosigned_at(signed(LEAVES))


def test_one_witness_may_be_the_quorum() -> None:
    assert of(f"{NAMED}quorum W2").cosigned_at(signed(LEAVES, at=[(2, NOW)])) == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"log {VKEY}\n",
        "quorum none\nquorum none\n",
        "quorum W0\n" + NAMED,
        f"{NAMED}quorum nobody\n",
        f"{NAMED}group g any W9\nquorum g\n",
        f"{NAMED}group g any\nquorum none\n",
        f"{NAMED}group g all\nquorum g\n",
        f"{NAMED}group g 0 W0\nquorum g\n",
        f"{NAMED}group g 3 W0 W1\nquorum g\n",
        f"{NAMED}group g -1 W0\nquorum g\n",
        f"{NAMED}group g \u0661 W0\nquorum g\n",
        f"{NAMED}group g x W0\nquorum g\n",
        f"{NAMED}group g any W0 W0\nquorum g\n",
        f"{NAMED}group g any W0\ngroup h any W0\nquorum h\n",
        f"{NAMED}group W0 any W1\nquorum W0\n",
        f"{NAMED}group none any W1\nquorum none\n",
        f"{NAMED}group g any none\nquorum g\n",
        f"{NAMED}group g any g\nquorum g\n",
        f"witness none {WITNESS_VKEYS[0]}\nquorum none\n",
        f"witness A {WITNESS_VKEYS[0]}\nwitness A {WITNESS_VKEYS[1]}\nquorum A\n",
        f"witness A {WITNESS_VKEYS[0]}\nwitness B {WITNESS_VKEYS[0]}\nquorum A\n",
        f"witness A {VKEY}\nquorum A\n",
        f"log {WITNESS_VKEYS[0]}\nquorum none\n",
        f"log {VKEY}\nlog {VKEY}\nquorum none\n",
        f"log {VKEY} url more\nquorum none\n",
        "log\nquorum none\n",
        "logs x\nquorum none\n",
        "quorum none more\n",
        "quorum none\r\n",
        "quorum\u00a0none\n",
        "quorum none\n\x7f",
        "\n" * 5000 + "quorum none\n",
    ],
)
def test_a_file_out_of_form_is_unreadable(text: str) -> None:
    with pytest.raises(Unreadable):
        of(text)


def test_what_could_not_be_met_or_counts_twice_is_unreadable() -> None:
    for witnesses, quorum in ((KEYS, 0), (KEYS, 5), ([], 1), (KEYS, -1), ([KEYS[0], KEYS[0]], 1)):
        with pytest.raises(Unreadable):
            policy.of_witnesses(witnesses, quorum)
    assert policy.of_witnesses([], None).rule is None


def test_age_is_measured_both_ways() -> None:
    policy.fresh(NOW, NOW + 60, 60)
    policy.fresh(NOW + 299, NOW, 60)
    for at in (NOW - 61, NOW + 301, NOW + 3 * 86400, NOW - 3 * 86400):
        with pytest.raises(NotTrue):
            policy.fresh(at, NOW, 60)


def test_a_stranger_s_cosignature_counts_for_nothing() -> None:
    text = signed(LEAVES, PARTY, at=[(3, NOW)])
    with pytest.raises(NotTrue):
        policy.of_witnesses(KEYS[:3], 1).cosigned_at(text)
