"""What the verifier refuses even when the log itself signed it: each forgery holds in all but one point."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any

import pytest

from ledger import base64url, checkpoint, commitment, merkle, note, proof
from ledger.canonical import canonical, digest
from ledger.verifier import bundle, logformat, strict
from ledger.verifier.findings import NotTrue, Unreadable
from tests.ledger.test_note import Signer

LOG, PARTY = Signer(7), Signer(8)
ORIGIN = "example.com/log"
VKEY = note.vkey(ORIGIN, LOG.public)
KEY = logformat.LogKey.parse(VKEY)
PUBLIC = base64url.encode(PARTY.public)
ENTRIES = [bytes([number]) * 5 for number in range(5)]
DOCUMENT = {"key": "k1", "terms": {"purposes": ["advertising"]}}

Json = dict[str, Any]


def proofs(entries: list[bytes]) -> list[str]:
    """Return a proof for each entry of a log that has exactly these."""
    leaves = [merkle.leaf_hash(entry) for entry in entries]
    signed = checkpoint.sign(checkpoint.Checkpoint(ORIGIN, len(entries), merkle.root(leaves)), LOG)
    paths = [merkle.inclusion_proof(at, len(leaves), merkle.subtree_of(leaves)) for at in range(len(leaves))]
    return [proof.Proof(at, tuple(path), signed).text() for at, path in enumerate(paths)]


class Act:
    """An act in the making: what a test changes here, the log commits to and signs."""

    def __init__(self, kind: str, payload: Json, statement: Json | None = None) -> None:
        self.kind, self.statement = kind, statement
        self.salt, self.opened = bytes(32), canonical({"actor": "party:1", "payload": payload})
        self.body: Json = {"v": 1, "kind": kind, "time": "2026-11-22T14:35Z"}
        self.commit: bytes | None = None
        self.tail = b""

    def entry(self) -> bytes:
        whole = hash_of(self.salt, self.opened) if self.commit is None else self.commit
        return canonical(self.body | {"commit": base64url.encode(whole)}) + self.tail


def hash_of(salt: bytes, opened: bytes) -> bytes:
    """Commit as the writer does, whatever the salt's length."""
    from hashlib import sha256

    made = sha256(b"countenance/commitment/v1\x00" + salt + opened).digest()
    assert len(salt) != 32 or made == commitment.commit(salt, opened)
    return made


def signed(document: Json, key_id: str = "k1") -> Json:
    return {
        "document": document,
        "key_id": key_id,
        "signature": base64url.encode(PARTY.sign(digest("grant", document))),
    }


def registers(public: str = PUBLIC, kind: str = "key.registered") -> Act:
    return Act(kind, {"key_id": "k1", "public": public})


def grants(document: Json | None = None) -> Act:
    document = DOCUMENT if document is None else document
    return Act("grant.recorded", {"statement": base64url.encode(digest("grant", document))}, signed(document))


def code(acts: list[Act], *, without: str = "", key: logformat.LogKey = KEY) -> int:
    """Let the log sign the acts, export them, and return the verifier's exit code."""
    entries = [act.entry() for act in acts]
    listed = [
        {
            "kind": act.kind,
            "entry": base64url.encode(entry),
            "opening": {"salt": base64url.encode(act.salt), "payload": base64url.encode(act.opened)},
            "proof": text,
            "statement": act.statement,
        }
        | ({without: None} if without else {})
        for act, entry, text in zip(acts, entries, proofs(entries), strict=True)
    ]
    keys = [{"key_id": "k1", "algorithm": "Ed25519", "public": PUBLIC}]
    own = note.vkey(key.name, key.public)
    made = {"format": bundle.FORMAT, "log": {"origin": ORIGIN, "vkey": own}, "keys": keys, "acts": listed}
    return bundle.check(bundle.read(canonical(made)), key).code()


def test_what_the_log_signed_in_good_form_passes() -> None:
    assert code([registers(), grants()]) == 0


def made(act: Act, **members: object) -> Act:
    for name, value in members.items():
        setattr(act, name, value)
    return act


@pytest.mark.parametrize(
    "act",
    [
        made(registers(), tail=b" "),
        made(registers(), body={"v": 1, "kind": "key.registered"}),
        made(registers(), body={"v": True, "kind": "key.registered", "time": "2026-11-22T14:35Z"}),
        made(registers(), body={"v": 1, "kind": "key.registered", "time": 5}),
        made(registers(), commit=bytes(31)),
        made(registers(), salt=bytes(31)),
        made(registers(), salt=bytes(33)),
        made(registers(), opened=b'{"actor":"party:1", "payload":{}}'),
        made(registers(), opened=b'{"actor":"party:1","more":1,"payload":{}}'),
        made(registers(), opened=b'{"payload":{}}'),
        made(registers(), opened=b"[]"),
    ],
    ids=lambda act: str({name: value for name, value in vars(act).items() if name not in {"kind", "statement"}})[:60],
)
def test_an_entry_or_payload_out_of_form_is_refused_though_the_log_has_it(act: Act) -> None:
    assert code([act]) == 1


def test_a_key_that_another_act_registered_under_that_id_is_refused() -> None:
    assert code([registers(base64url.encode(LOG.public)), grants()]) == 1
    assert code([registers(kind="party.registered"), grants()]) == 1
    assert code([grants()]) == 1


def test_the_order_of_registration_grant_and_revocation_is_the_log_s() -> None:
    assert code([grants(), registers()]) == 1
    assert code([registers(), registers(kind="key.revoked"), grants()]) == 1
    assert code([registers(), grants(), registers(kind="key.revoked")]) == 0


def test_without_proofs_the_order_is_not_known() -> None:
    assert code([registers(), grants()], without="proof") == 3


def test_a_document_that_names_another_key_is_refused_though_this_one_signed_it() -> None:
    assert code([registers(), grants({"key": "k2"})]) == 1


def test_a_signed_statement_does_not_make_another_kind_a_grant() -> None:
    act = grants()
    act.kind = act.body["kind"] = "party.registered"
    assert code([registers(), act]) == 1


def test_another_log_s_key_is_refused_though_the_bundle_names_it() -> None:
    assert code([registers()], key=logformat.LogKey(ORIGIN, note.key_id(ORIGIN, PARTY.public), PARTY.public)) == 1


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
        logformat.root_by_path(bytes(32), 0, 2, [])
    with pytest.raises(NotTrue, match="too long"):
        logformat.root_by_path(bytes(32), 0, 1, [bytes(32)])


def test_a_verifier_key_of_another_type_is_refused() -> None:
    from hashlib import sha256

    for data in (b"\x02" + LOG.public, b"\x01" + LOG.public + b"\0"):
        hint = sha256(ORIGIN.encode() + b"\n" + data).hexdigest()[:8]
        with pytest.raises(NotTrue):
            logformat.LogKey.parse(f"{ORIGIN}+{hint}+{base64.b64encode(data).decode()}")


@pytest.mark.parametrize(
    "data", [b'{"a":1,"a":1}', b'{"a":1.0}', b'{"a":1e1}', b'{"a":NaN}', b"\xff", b"{", b"[" * 200_000]
)
def test_json_that_could_be_read_in_two_ways_is_not_read(data: bytes) -> None:
    with pytest.raises(strict.Malformed):
        strict.read_json(data)
    with pytest.raises(Unreadable):
        bundle.read(data)


@pytest.mark.parametrize("value", [1.5, 2**53, b"x", {1: 2}, "\ud800"])
def test_what_has_no_canonical_form_is_not_written(value: object) -> None:
    with pytest.raises((strict.Malformed, AttributeError, UnicodeEncodeError)):
        strict.write_json(value)


def test_deep_nesting_is_not_written() -> None:
    deep: list[Any] = []
    for _ in range(50):
        deep = [deep]
    with pytest.raises(strict.Malformed):
        strict.write_json(deep)


@pytest.mark.parametrize("text", ["AA", "AB==", "A A=", "AA==\n"])
def test_base64_has_one_spelling(text: str) -> None:
    with pytest.raises((strict.Malformed, binascii.Error)):
        strict.from_base64(text)


@pytest.mark.parametrize("text", ["AB", "AA==", "A+", "A"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises((strict.Malformed, binascii.Error)):
        strict.from_base64url(text)


@pytest.mark.parametrize(
    "found", [[], {"format": "x", "acts": []}, {"format": bundle.FORMAT}, {"format": bundle.FORMAT, "acts": [1]}]
)
def test_what_is_not_a_bundle_is_not_read(found: object) -> None:
    with pytest.raises(Unreadable):
        bundle.read(canonical(found))
