"""The command on a log that the writer published."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import ledger.verifier
from ledger import keyring, merkle, note, published
from ledger.canonical import canonical
from ledger.verifier.cli import main
from tests.ledger.conftest import published as publish

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


@pytest.mark.django_db
def test_a_published_log_verifies_as_a_program_with_no_django_in_reach(vkey: str) -> None:
    publish(3)
    command = [sys.executable, "-m", "ledger.verifier", "log", str(published.folder()), "--vkey", vkey]
    done = subprocess.run(command, env={"PATH": ""}, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


# The status lists beside them have a signature of their own, and `status --log` for who reads them.
READ = {
    "checkpoint",
    *("tile/entries/000", "tile/0/000", "tile/1/000.p/1"),
    *("tile/entries/001.p/2", "tile/0/001.p/2"),
}


@pytest.mark.django_db
def test_each_spoiled_file_of_a_log_is_refused(vkey: str, capsys: pytest.CaptureFixture[str]) -> None:
    publish(256)
    folder = published.folder()
    assert main(["log", str(folder), "--vkey", vkey]) == 0
    beside = {folder / "keys", folder / "policy", *(folder / "status").iterdir()}
    files = [path for path in folder.rglob("*") if path.is_file() and path not in beside]
    assert {str(path.relative_to(folder)) for path in files} == READ
    for path in files:
        kept = path.read_bytes()
        for spoiled in (
            kept[:-1],
            kept + b"\0",
            bytes([kept[0] ^ 1]) + kept[1:],
            kept[:50] + bytes([kept[50 % len(kept)] ^ 1]) + kept[51:] if len(kept) > 51 else b"",
        ):
            path.write_bytes(spoiled)
            assert main(["log", str(folder), "--vkey", vkey]) in {1, 2}, path
        path.unlink()
        assert main(["log", str(folder), "--vkey", vkey]) in {1, 2}, path
        path.write_bytes(kept)
    assert main(["log", str(folder), "--vkey", vkey]) == 0
    assert (
        main(["log", str(folder), "--vkey", note.vkey("localhost:8000/log", KEY.public_key().public_bytes_raw())]) == 1
    )


@pytest.mark.parametrize(("kinds", "code"), [
    (["log.opened", "party.registered"], 0),
    (["party.registered", "log.opened"], 1),
    (["log.opened", "log.opened"], 1),
    ([], 1),
])  # fmt: skip
def test_a_log_begins_with_its_opening_and_only_there(tmp_path: Path, vkey: str, kinds: list[str], code: int) -> None:
    """The log's own key signs these: even its owner cannot pass them off."""
    from ledger import checkpoint, tile

    entries = [canonical({"kind": kind, "n": number}) for number, kind in enumerate(kinds)]
    hashes = [merkle.leaf_hash(entry) for entry in entries]
    made = checkpoint.Checkpoint(vkey.partition("+")[0], len(entries), merkle.root(hashes))
    files = {"checkpoint": checkpoint.sign(made, keyring.signing_key("log")).encode()}
    if entries:
        files |= {tile.bundle_path(0, len(entries)): tile.encode_bundle(entries)}
        files |= {tile.hash_path(0, 0, len(entries)): b"".join(hashes)}
    for name, data in files.items():
        (tmp_path / "made" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "made" / name).write_bytes(data)
    assert main(["log", str(tmp_path / "made"), "--vkey", vkey]) == code


def test_the_verifier_imports_nothing_of_ours() -> None:
    folder = Path(ledger.verifier.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level <= 1, path
                names = [] if node.level else [str(node.module)]
            else:
                continue
            for name in names:
                top = name.partition(".")[0]
                assert top in sys.stdlib_module_names | {"cryptography", "cbor2"}, f"{path.name} imports {name}"
