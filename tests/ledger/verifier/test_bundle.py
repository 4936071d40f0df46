"""What the verifier refuses even when the log itself signed it: each forgery holds in all but one point."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ledger import base64url, commitment, note
from ledger.canonical import canonical, digest
from ledger.verifier import bundle, logformat
from ledger.verifier.findings import Unreadable
from ledger.verifier.logformat import WitnessKey
from ledger.verifier.policy import Policy, of_witnesses
from tests.ledger.verifier.forge import KEY, LOG, ORIGIN, PARTY, WITNESS_VKEYS, proofs

PUBLIC = base64url.encode(PARTY.public)
DOCUMENT = {"key": "k1", "terms": {"purposes": ["advertising"]}}

Json = dict[str, Any]


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


def event(kind: str, before: Act | None, **payload: object) -> Act:
    """Return an event of a key that follows another; `None`: it is the first."""
    previous = None if before is None else base64url.encode(hash_of(before.salt, before.opened))
    return Act(kind, {"party": "1", "previous": previous} | payload)


def registers(public: str = PUBLIC, kind: str = "key.registered", before: Act | None = None) -> Act:
    return event(kind, before, key_id="k1", public=public)


def revokes(before: Act) -> Act:
    return event("key.revoked", before, key_id="k1")


def grants(document: Json | None = None) -> Act:
    document = DOCUMENT if document is None else document
    return Act("grant.recorded", {"statement": base64url.encode(digest("grant", document))}, signed(document))


def code(
    acts: list[Act],
    *,
    without: str = "",
    key: logformat.LogKey = KEY,
    spoil: Callable[[Json], object] = bool,
    policies: tuple[Policy, ...] = (),
) -> int:
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
    spoil(made)
    return bundle.check(bundle.read(canonical(made)), [key], policies).code()


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
    assert code([registers(), revokes(registers()), grants()]) == 1
    assert code([registers(), grants(), revokes(registers())]) == 0


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


@pytest.mark.parametrize(
    "found", [[], {"format": "x", "acts": []}, {"format": bundle.FORMAT}, {"format": bundle.FORMAT, "acts": [1]}]
)
def test_what_is_not_a_bundle_is_not_read(found: object) -> None:
    with pytest.raises(Unreadable):
        bundle.read(canonical(found))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda made: made["log"].update(origin="example.com/other"),
        lambda made: made["log"].update(vkey=note.vkey("example.com/log", PARTY.public)),
        lambda made: made.pop("log"),
        lambda made: made["acts"].append(made["acts"][0]),
        lambda made: made["acts"].append(made["acts"][0] | {"proof": None, "opening": None}),
        lambda made: made["keys"].append(made["keys"][0]),
        lambda made: made["keys"][0].update(algorithm="other"),
        lambda made: made["keys"].clear(),
        lambda made: made["acts"][0]["opening"].update(salt=base64url.encode(bytes(31) + b"x")),
        lambda made: made["acts"][1]["statement"].update(signature=base64url.encode(bytes(64))),
        lambda made: made["acts"][0].update(kind="key.revoked"),
    ],
)
def test_a_bundle_with_one_flaw_is_refused(spoil: Callable[[Json], object]) -> None:
    assert code([registers(), grants()], spoil=spoil) == 1


def test_a_payload_that_names_another_statement_is_refused() -> None:
    other = Act("grant.recorded", {"statement": base64url.encode(bytes(32))}, signed(DOCUMENT))
    assert code([registers(), other]) == 1


def test_a_key_of_an_unknown_algorithm_is_refused_though_the_log_registered_it_so() -> None:
    act = event("key.registered", None, key_id="k1", public=PUBLIC, algorithm="other")
    assert code([act, grants()], spoil=lambda made: made["keys"][0].update(algorithm="other")) == 1


def test_what_could_not_be_checked_is_said() -> None:
    assert code([]) == 3
    policy = of_witnesses([WitnessKey.parse(WITNESS_VKEYS[0])])
    assert code([registers()], policies=(policy,)) == 1
    assert code([registers()], policies=(policy,), without="proof") == 3
