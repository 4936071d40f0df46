"""The published log over HTTP, and by a reader that is not ours."""

from pathlib import Path

import pytest
from django.test import Client
from pytest_django.fixtures import Settings
from tlog_scales.backend import make_backend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint

from ledger import base64url, keyring, published
from ledger.merkle import leaf_hash
from ledger.models import Leaf
from ledger.verifier import cli
from tests.ledger.conftest import published as publish
from tests.ledger.conftest import published_at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def static_folder(settings: Settings) -> None:
    """Make the folder of static files, which the web server's middleware wants to find."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def test_published_files_are_served_with_their_types(client: Client) -> None:
    published_at(257)
    for path, kind, cache in (
        ("checkpoint", "text/plain; charset=utf-8", "public, max-age=1"),
        ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/0/001.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/1/000.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("tile/entries/001.p/1", "application/octet-stream", "public, max-age=31536000, immutable"),
    ):
        answer = client.get(f"/log/{path}")
        assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (200, kind, cache)
        assert answer.content == published.read(path)
        assert answer["Access-Control-Allow-Origin"] == "*"
        assert client.head(f"/log/{path}").status_code == 200


@pytest.mark.parametrize("path", ["/log/checkpoint", "/log/keys", "/log/policy", "/status/grants"])
def test_what_changes_is_sent_again_only_when_it_has_changed(client: Client, path: str) -> None:
    publish(1)
    first = client.get(path)
    assert first["Access-Control-Allow-Origin"] == "*"
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get(path, headers={"if-none-match": '"other"'}).status_code == 200


def test_a_missing_file_is_not_missing_for_long_and_any_page_may_see_that(client: Client) -> None:
    answer = client.get("/log/tile/0/000.p/7")
    assert (answer.status_code, answer["Cache-Control"]) == (404, "public, max-age=1")
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize(
    "path",
    [
        "checkpoint",
        "tile/0/000",
        "tile/0/000.p/1",
        "tile/64/000",
        "tile/0/../../../vault",
        "tile/0/%2e%2e/%2e%2e/secret",
        "../secret",
        "tile/0/000/../../../secret",
        "tile/0/000%00",
        "tile/0/000%0A",
        "tile/entries/",
        "tile/0/x000",
        "tile/0/000.p/0",
        "secret",
    ],
)
def test_all_else_is_a_problem_and_not_a_file(client: Client, path: str) -> None:
    (published.folder() / "secret").write_text("not for you")
    (published.folder().parent / "secret").write_text("not for you")
    answer = client.get(f"/log/{path}")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert b"not for you" not in answer.content


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_the_log_is_only_read(client: Client, method: str) -> None:
    assert getattr(client, method)("/log/checkpoint").status_code == 405


@pytest.mark.parametrize("size", [3, 257, 258, 302])
def test_a_foreign_reader_agrees(size: int) -> None:
    """PyPI's tlog-scales, which shares no code with us, checks signature, every kind of proof and the entries."""
    published_at(2)
    before = Checkpoint.from_text(published.checkpoint_text() or "")
    made = published_at(size)
    reader = TilesReader(make_backend(str(published.folder())))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(keyring.log_vkey()))
    assert (before.size, checkpoint.size) == (2, size)
    for leaf in Leaf.objects.filter(index__in=[1, 2, size - 2, size - 1]).select_related("entry"):
        proof = reader.get_inclusion_proof(leaf.index, checkpoint.size)
        proof.check(leaf_hash(bytes(leaf.entry.body)), checkpoint.root_hash)
        assert reader.get_entry(leaf.index) == bytes(leaf.entry.body)
    assert [reader.get_entry(index) for index in range(2, size - 1)] == [bytes(entry.body) for entry in made]
    reader.get_consistency_proof(before.size, checkpoint.size).check(before.root_hash, checkpoint.root_hash)


def test_a_foreign_reader_refuses_another_s_signature() -> None:
    publish(1)
    other = keyring.signing_key("permit").public
    from ledger import note

    checkpoint = Checkpoint.from_text(published.checkpoint_text() or "")
    with pytest.raises(RuntimeError):
        checkpoint.verify(Vkey.from_string(note.vkey(checkpoint.origin, other)))


def test_the_stranger_s_verifier_accepts_that_the_log_extends_an_older_checkpoint(
    client: Client, tmp_path: Path
) -> None:
    published_at(3)
    older, file = tmp_path / "older", tmp_path / "3-300.receipt"
    older.write_bytes(published.read(published.CHECKPOINT))
    published_at(300)
    answer = client.get("/log/consistency/3-300.receipt")
    assert answer["Content-Type"] == "application/scitt-receipt+cose"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["Access-Control-Allow-Origin"] == "*"
    file.write_bytes(answer.content)
    key = f"--key={base64url.encode(keyring.signing_key('receipt').public)}"
    command = ["receipt", str(file), key, "--older", str(older), "--vkey", keyring.log_vkey()]
    assert cli.main([*command, "--issuer", "localhost:8000/log"]) == 0
    file.write_bytes(client.get("/log/consistency/4-300.receipt").content)
    assert cli.main(command) == 1


@pytest.mark.parametrize("sizes", ["0-3", "3-3", "4-3", "0-0"])
def test_there_is_no_receipt_between_such_sizes(client: Client, sizes: str) -> None:
    published_at(4)
    answer = client.get(f"/log/consistency/{sizes}.receipt")
    assert (answer.status_code, answer.json()["code"]) == (400, "log-sizes-invalid")
    assert answer["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("sizes", ["3-5", "5-6", f"1-{2**63}", f"1-{'9' * 40}"])
def test_a_receipt_beyond_what_is_published_may_come_later(client: Client, sizes: str) -> None:
    published_at(4)
    answer = client.get(f"/log/consistency/{sizes}.receipt")
    assert (answer.status_code, answer.json()["code"]) == (404, "log-file-missing")
    assert answer["Cache-Control"] == "public, max-age=1"


def test_an_empty_log_has_no_receipts(client: Client) -> None:
    assert client.get("/log/consistency/1-2.receipt").json()["code"] == "log-file-missing"


@pytest.mark.parametrize("sizes", ["a-b", "1", "1-", "-1-3", "1.5-3", "\u0661-3", f"1-{'9' * 5000}", "1-3-4", "1- 3"])
def test_what_are_no_sizes_is_no_address(client: Client, sizes: str) -> None:
    published_at(4)
    answer = client.get(f"/log/consistency/{sizes}.receipt")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_no_receipt_is_given_of_files_that_do_not_hold_together(client: Client) -> None:
    published_at(4)
    path = published.folder() / "tile/0/000.p/4"
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)
    for _ in range(2):
        answer = client.get("/log/consistency/2-4.receipt")
        assert (answer.status_code, answer.json()["code"]) == (503, "log-unverifiable")
        path.unlink(missing_ok=True)
