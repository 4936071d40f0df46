"""The stranger's checks: true input passes, and each spoiled part is refused."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from ledger import base64url, keyring, log, note
from ledger.canonical import canonical, digest
from ledger.models import Entry
from ledger.verifier import logformat
from ledger.verifier.cli import main
from tests.ledger.conftest import PARTY
from tests.ledger.conftest import published as publish

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64url.encode(KEY.public_key().public_bytes_raw())
DOCUMENT = {"key": "k1", "terms": {"purposes": ["advertising"], "note": "naïve 😀"}, "v": 1}

Json = dict[str, Any]
Spoil = Callable[[Json], object]
Run = Callable[..., tuple[int, str]]


def put(kind: str, **payload: object) -> Entry:
    with transaction.atomic():
        public = {"expires": "2027-11-22T14:35Z"} if kind == "grant.recorded" else None
        return log.append(kind, payload, actor=PARTY, subject=PARTY, public=public)


def act(entry: Entry, statement: Json | None = None) -> Json:
    opening = log.opening(entry)
    return {
        "kind": entry.kind,
        "entry": base64url.encode(bytes(entry.body)),
        "opening": {"salt": base64url.encode(opening.salt), "payload": base64url.encode(opening.payload)},
        "proof": log.proof(entry),
        "statement": statement,
    }


def bundle_of(entries: list[tuple[Entry, Json | None]]) -> Json:
    publish(6)
    return {
        "format": "countenance-export/1",
        "log": {"origin": keyring.log_vkey().partition("+")[0], "vkey": keyring.log_vkey()},
        "party": {"id": PARTY, "handle": "ada"},
        "keys": [{"key_id": "k1", "algorithm": "Ed25519", "public": PUBLIC}],
        "acts": [act(entry, statement) for entry, statement in entries],
    }


def signed_statement() -> Json:
    signature = KEY.sign(digest("grant", DOCUMENT))
    return {"document": copy.deepcopy(DOCUMENT), "key_id": "k1", "signature": base64url.encode(signature)}


def granted() -> Entry:
    return put("grant.recorded", grant="g", statement=base64url.encode(digest("grant", DOCUMENT)))


@pytest.fixture
def bundle(db: None) -> Json:
    """Return a true bundle: a key, a grant signed with it, and its withdrawal of another kind."""
    publish(1)
    key = put("key.registered", key_id="k1", public=PUBLIC, party=PARTY, previous=None)
    publish(1)
    grant = granted()
    publish(1)
    revoked = put("key.revoked", key_id="k1", party=PARTY, previous=key.commit_text)
    return bundle_of([(key, None), (grant, signed_statement()), (revoked, None)])


@pytest.fixture
def verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command on a bundle and gives back exit code and output."""

    def run(bundle: object, vkey: str | None = None) -> tuple[int, str]:
        path = tmp_path / "bundle.json"
        path.write_bytes(bundle if isinstance(bundle, bytes) else json.dumps(bundle).encode())
        code = main(["bundle", str(path), "--log-vkey", vkey or keyring.log_vkey()])
        return code, capsys.readouterr().out

    return run


def test_a_true_bundle_passes_every_check(bundle: Json, verify: Run) -> None:
    code, said = verify(bundle)
    assert code == 0, said
    lines = said.splitlines()
    assert lines[-1] == f"everything holds ({len(lines) - 1} true, 0 false, 0 not checked)"
    assert len(lines) == 1 + 3 * 3 + 2 + 1 + 2 + 1


def spoiled_text(text: str) -> str:
    """Change the first character that keeps the text of its form."""
    return ("B" if text[0] == "A" else "A") + text[1:]


def respell(bundle: Json, number: int, **members: object) -> None:
    """Write other members into a leaf, canonically."""
    body = json.loads(base64url.decode(bundle["acts"][number]["entry"])) | members
    bundle["acts"][number]["entry"] = base64url.encode(canonical(body))


def repay(bundle: Json, number: int, **members: object) -> None:
    """Write other members into a payload, canonically."""
    opening = bundle["acts"][number]["opening"]
    payload = json.loads(base64url.decode(opening["payload"]))
    opening["payload"] = base64url.encode(canonical(payload | {"payload": payload["payload"] | members}))


def edit(path: str, old: str, new: str) -> Spoil:
    def spoil(bundle: Json) -> None:
        holder: Any = bundle
        *way, last = path.split(".")
        for step in way:
            holder = holder[int(step)] if isinstance(holder, list) else holder[step]
        assert old in holder[last], (path, holder[last])
        holder[last] = holder[last].replace(old, new, 1)

    return spoil


def shift(opening: Json) -> None:
    salt, payload = base64url.decode(opening["salt"]), base64url.decode(opening["payload"])
    opening.update(salt=base64url.encode(salt[:-1]), payload=base64url.encode(salt[-1:] + payload))


def drop_line(one: Json, number: int) -> None:
    lines = one["proof"].split("\n")
    del lines[number]
    one["proof"] = "\n".join(lines)


def double_line(one: Json, number: int) -> None:
    lines = one["proof"].split("\n")
    lines.insert(number, lines[number])
    one["proof"] = "\n".join(lines)


def flip_signature(one: Json) -> None:
    head, _, encoded = one["proof"].rstrip("\n").rpartition(" ")
    one["proof"] = f"{head} {encoded[:40]}{spoiled_text(encoded[40:])}\n"


def resign(bundle: Json) -> None:
    statement = bundle["acts"][1]["statement"]
    statement["document"]["terms"]["purposes"] = ["everything"]
    statement["signature"] = base64url.encode(KEY.sign(digest("grant", statement["document"])))


def move_statement(bundle: Json) -> None:
    bundle["acts"][0]["statement"] = bundle["acts"][1]["statement"]


SPOILS: dict[str, tuple[Spoil, str]] = {
    "entry: another kind in the bundle": (lambda b: b["acts"][0].update(kind="key.revoked"), "1 the entry"),
    "entry: another kind in the leaf": (lambda b: respell(b, 0, kind="key.revoked"), "1 the entry"),
    "entry: another time": (lambda b: respell(b, 0, time="2020-01-01T00:00Z"), "3 the log"),
    "entry: not canonical": (
        lambda b: b["acts"][0].update(entry=base64url.encode(base64url.decode(b["acts"][0]["entry"]) + b" ")),
        "1 the entry",
    ),
    "entry: padded base64": (lambda b: b["acts"][0].update(entry=b["acts"][0]["entry"] + "="), "1 the entry"),
    "entry: a number": (lambda b: b["acts"][0].update(entry=5), "1 the entry"),
    "entry: missing": (lambda b: b["acts"][0].pop("entry"), "1 the entry"),
    "opening: another salt": (
        lambda b: b["acts"][0]["opening"].update(salt=spoiled_text(b["acts"][0]["opening"]["salt"])),
        "2 the entry",
    ),
    "opening: another payload": (lambda b: repay(b, 0, party="q"), "2 the entry"),
    "opening: a byte moved from salt to payload": (lambda b: shift(b["acts"][0]["opening"]), "2 the entry"),
    "opening: of another act": (lambda b: b["acts"][0].update(opening=b["acts"][2]["opening"]), "2 the entry"),
    "proof: of another act": (lambda b: b["acts"][0].update(proof=b["acts"][1]["proof"]), "3 the log"),
    "proof: another index": (edit("acts.0.proof", "index 3\n", "index 2\n"), "3 the log"),
    "proof: index outside": (edit("acts.0.proof", "index 3\n", "index 99\n"), "3 the log"),
    "proof: a hash less": (lambda b: drop_line(b["acts"][0], 2), "3 the log"),
    "proof: a hash more": (lambda b: double_line(b["acts"][0], 2), "3 the log"),
    "proof: another version": (edit("acts.0.proof", "proof@v1", "proof@v2"), "3 the log"),
    "proof: another size": (edit("acts.0.proof", "\n17\n", "\n16\n"), "3 the log"),
    "proof: another origin": (edit("acts.0.proof", "\n\nlocalhost", "\n\nlocalhosx"), "3 the log"),
    "proof: no signature": (
        lambda b: b["acts"][0].update(proof=b["acts"][0]["proof"].rpartition("\u2014")[0]),
        "3 the log",
    ),
    "proof: a spoiled signature": (lambda b: flip_signature(b["acts"][0]), "3 the log"),
    "proof: a list": (lambda b: b["acts"][0].update(proof=[]), "3 the log"),
    "statement: a changed word": (
        lambda b: b["acts"][1]["statement"]["document"]["terms"].update(purposes=["x"]),
        "4 it is",
    ),
    "statement: a member more": (lambda b: b["acts"][1]["statement"]["document"].update(more=1), "4 it is"),
    "statement: another signature": (
        lambda b: b["acts"][1]["statement"].update(signature=base64url.encode(KEY.sign(b"another"))),
        "4 it is",
    ),
    "statement: signed anew after a change": (resign, "4 it is"),
    "statement: an unlisted key": (lambda b: b["acts"][1]["statement"].update(key_id="k2"), "4 it is"),
    "statement: on another act": (move_statement, "4 it is"),
    "statement: not an object": (lambda b: b["acts"][1].update(statement="x"), "4 it is"),
    "keys: listed twice": (lambda b: b["keys"].append(b["keys"][0]), "4 it is"),
    "keys: another algorithm": (lambda b: b["keys"][0].update(algorithm="none"), "4 it is"),
    "keys: another public key": (lambda b: b["keys"][0].update(public=spoiled_text(PUBLIC)), "4 it is"),
    "keys: none": (lambda b: b.pop("keys"), "4 it is"),
    "keys: not registered": (lambda b: b["acts"].pop(0), "5 its key"),
    "acts: one twice": (lambda b: b["acts"].append(b["acts"][0]), "no act is listed twice"),
    "log: another origin": (lambda b: b["log"].update(origin="example.com/log"), "of the log"),
    "log: another vkey": (
        lambda b: b["log"].update(vkey=note.vkey("localhost:8000/log", KEY.public_key().public_bytes_raw())),
        "of the log",
    ),
    "log: none": (lambda b: b.pop("log"), "of the log"),
}


def test_each_spoiled_part_is_refused_where_it_is_spoiled(bundle: Json, verify: Run) -> None:
    for name, (spoil, where) in SPOILS.items():
        spoiled = copy.deepcopy(bundle)
        spoil(spoiled)
        code, said = verify(spoiled)
        assert code == 1, f"{name}: {said}"
        assert any("FALSE" in line and where in line for line in said.splitlines()), f"{name}: {said}"


def test_what_could_not_be_checked_is_said_and_does_not_pass(bundle: Json, verify: Run) -> None:
    spoils: dict[str, Spoil] = {
        "no proof": lambda b: b["acts"][2].update(proof=None),
        "no opening": lambda b: b["acts"][2].update(opening=None),
        "no statement": lambda b: b["acts"][1].update(statement=None),
        "no act": lambda b: b.update(acts=[]),
    }
    for name, spoil in spoils.items():
        spoiled = copy.deepcopy(bundle)
        spoil(spoiled)
        code, said = verify(spoiled)
        assert (code, "NOT CHECKED" in said) == (3, True), f"{name}: {said}"


def test_a_falsehood_outweighs_what_could_not_be_checked(bundle: Json, verify: Run) -> None:
    bundle["acts"][0]["proof"] = None
    bundle["acts"][1]["statement"]["document"]["v"] = 2
    assert verify(bundle)[0] == 1


def test_a_bundle_does_not_vouch_for_its_own_log(bundle: Json, verify: Run) -> None:
    other = note.vkey("localhost:8000/log", KEY.public_key().public_bytes_raw())
    assert verify(bundle, other)[0] == 1
    bundle["log"]["vkey"] = other
    assert verify(bundle, other)[0] == 1


@pytest.mark.django_db
def test_a_grant_signed_before_its_key_was_registered_is_refused(verify: Run) -> None:
    publish(1)
    grant = granted()
    key = put("key.registered", key_id="k1", public=PUBLIC, party=PARTY, previous=None)
    code, said = verify(bundle_of([(key, None), (grant, signed_statement())]))
    assert code == 1
    assert "registered later" in said


@pytest.mark.django_db
def test_a_grant_signed_after_its_key_was_revoked_is_refused(verify: Run) -> None:
    publish(1)
    key = put("key.registered", key_id="k1", public=PUBLIC, party=PARTY, previous=None)
    revoked = put("key.revoked", key_id="k1", party=PARTY, previous=key.commit_text)
    grant = granted()
    code, said = verify(bundle_of([(key, None), (revoked, None), (grant, signed_statement())]))
    assert code == 1
    assert "revoked before" in said


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        b'{"format":"countenance-export/2","acts":[]}',
        b'{"format":"countenance-export/1"}',
        b'{"format":"countenance-export/1","acts":[1]}',
        b'{"format":"countenance-export/1","acts":[],"acts":[]}',
        b'{"format":"countenance-export/1","acts":[],"x":1.5}',
        b"[" * 100_000,
    ],
)
def test_what_is_not_a_bundle_is_unreadable(verify: Run, data: bytes) -> None:
    code, said = verify(data)
    assert code == 2
    assert said.startswith("unreadable")


def test_a_missing_file_or_a_spoiled_key_is_unreadable(verify: Run, tmp_path: Path, vkey: str) -> None:
    assert main(["bundle", str(tmp_path / "none"), "--log-vkey", vkey]) == 2
    assert verify({}, "nonsense")[0] == 2
    assert verify({}, vkey.replace("localhost", "localhosx"))[0] == 2
    assert main(["log", str(tmp_path / "none"), "--vkey", vkey]) == 2


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_no_json_ends_in_a_traceback_or_passes(acts: object) -> None:
    from ledger.verifier import bundle as verifier

    key = logformat.LogKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")
    for claims in ({"entry": acts, "kind": acts, "opening": acts, "proof": acts}, {"statement": acts}):
        hostile = {"format": "countenance-export/1", "acts": [claims], "log": acts, "keys": acts}
        assert verifier.check(hostile, [key]).code() == 1
