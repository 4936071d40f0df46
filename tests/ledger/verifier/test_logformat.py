"""Checkpoints, verifier keys and proofs: what is out of form is refused even when the log itself signed it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from ledger import checkpoint, merkle, note
from ledger.verifier import logformat, tree
from ledger.verifier.findings import NotTrue
from tests.ledger.verifier.forge import KEY, LOG, ORIGIN, PARTY, VKEY, proofs

ENTRIES = [bytes([number]) * 5 for number in range(5)]
GOOD = checkpoint.Checkpoint(ORIGIN, 5, merkle.root(map(merkle.leaf_hash, ENTRIES)))
SIGNED = checkpoint.sign(GOOD, LOG)
ROOT = base64.b64encode(GOOD.root).decode()


def test_a_good_checkpoint_passes_with_strangers_signatures_around_it() -> None:
    greased = SIGNED + "\u2014 grease.invalid AAAAAAAA\n"
    assert logformat.verified_checkpoint(greased, KEY) == logformat.SignedRoot(5, GOOD.root)


@pytest.mark.parametrize(
    "text",
    [
        note.sign(f"example.com/other\n5\n{ROOT}\n", ORIGIN, LOG),
        note.sign(f"{ORIGIN}\n05\n{ROOT}\n", ORIGIN, LOG),
        note.sign(f"{ORIGIN}\n-5\n{ROOT}\n", ORIGIN, LOG),
        note.sign(f"{ORIGIN}\n5\n{ROOT}\nextension\n", ORIGIN, LOG),
        note.sign(f"{ORIGIN}\n5\n{base64.b64encode(GOOD.root[:31]).decode()}\n", ORIGIN, LOG),
        note.sign(f"{ORIGIN}\n5\n{ROOT[:-2]}B=\n", ORIGIN, LOG),
        checkpoint.sign(GOOD, PARTY),
        note.sign(GOOD.text(), "example.com/other", LOG),
        GOOD.text() + "\n",
        GOOD.text(),
        SIGNED.rstrip("\n"),
        SIGNED + "- somebody AAAAAAAA\n",
        SIGNED + "\u2014 somebody\n",
        SIGNED + checkpoint.sign(checkpoint.Checkpoint(ORIGIN, 6, GOOD.root), LOG).rpartition("\n\n")[2],
    ],
)
def test_a_checkpoint_out_of_form_is_refused_though_the_log_signed_it(text: str) -> None:
    with pytest.raises((NotTrue, ValueError)):
        logformat.verified_checkpoint(text, KEY)


def change(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


def insert(line: str) -> Callable[[str], str]:
    return lambda text: text.replace("\n\n", f"\n{line}\n\n", 1)


def test_a_proof_shows_the_place_and_may_carry_more() -> None:
    for at, text in enumerate(proofs(ENTRIES)):
        assert logformat.verified_place(text, ENTRIES[at], KEY) == at
        assert logformat.verified_place(change("index", "extra AA==\nindex")(text), ENTRIES[at], KEY) == at


@pytest.mark.parametrize(
    "spoil",
    [
        change("index 4", "index 04"),
        change("index 4", "place 4"),
        change("index 4", "index 3"),
        change("index 4", "index 5"),
        change("index 4", f"index {4 + 2**63}"),
        change("proof@v1", "proof@v2"),
        insert(base64.b64encode(bytes(31)).decode()),
        insert(base64.b64encode(bytes(32)).decode()),
        insert("!"),
        lambda text: "\n".join([*text.split("\n")[:2], *text.split("\n")[3:]]),
        lambda text: text.partition("\n\n")[0],
    ],
)
def test_a_spoiled_proof_is_refused(spoil: Callable[[str], str]) -> None:
    good = proofs(ENTRIES)[4]
    assert spoil(good) != good
    with pytest.raises((NotTrue, ValueError, IndexError)):
        logformat.verified_place(spoil(good), ENTRIES[4], KEY)


def test_a_path_of_the_wrong_length_says_so() -> None:
    with pytest.raises(NotTrue, match="too short"):
        tree.root_by_path(bytes(32), 0, 2, [])
    with pytest.raises(NotTrue, match="too long"):
        tree.root_by_path(bytes(32), 0, 1, [bytes(32)])


def test_a_verifier_key_of_another_type_is_refused() -> None:
    from hashlib import sha256

    for data in (b"\x02" + LOG.public, b"\x01" + LOG.public + b"\0"):
        hint = sha256(ORIGIN.encode() + b"\n" + data).hexdigest()[:8]
        with pytest.raises(NotTrue):
            logformat.LogKey.parse(f"{ORIGIN}+{hint}+{base64.b64encode(data).decode()}")


def test_a_verifier_key_whose_id_is_of_another_name_or_key_is_refused() -> None:
    for vkey in (VKEY.replace("example.com", "example.org"), VKEY.replace("+", "+0", 1)):
        with pytest.raises(NotTrue):
            logformat.LogKey.parse(vkey)


def test_a_hash_of_another_length_is_refused_though_the_log_signed_where_it_leads() -> None:
    for odd in (bytes(31), bytes(33)):
        root = tree.node(tree.leaf(b"a"), odd)
        text = note.sign(f"{ORIGIN}\n2\n{base64.b64encode(root).decode()}\n", ORIGIN, LOG)
        path = base64.b64encode(odd).decode()
        with pytest.raises(NotTrue, match="malformed"):
            logformat.verified_place(f"c2sp.org/tlog-proof@v1\nindex 0\n{path}\n\n{text}", b"a", KEY)
