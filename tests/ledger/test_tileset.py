"""Tiles are written whole, and partial ones go only when nobody can need them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger import durable, merkle, published, publisher, tile, tileset
from tests.ledger.conftest import published_at

pytestmark = pytest.mark.django_db


def partials() -> set[str]:
    folder = published.folder()
    return {str(path.relative_to(folder)) for path in folder.rglob("*.p/*")}


def test_a_partial_tile_stays_until_the_full_one_is_announced() -> None:
    for size in (3, 100, 254):
        published_at(size)
    assert partials() == {f"tile/{of}/000.p/{width}" for of in ("0", "entries") for width in (3, 100, 254)}
    published_at(256)
    assert partials() == {"tile/1/000.p/1"}
    assert (published.folder() / "tile/0/000").exists()
    assert (published.folder() / "tile/entries/000").exists()


def test_what_a_crash_left_is_cleaned_at_the_next_start(monkeypatch: pytest.MonkeyPatch) -> None:
    published_at(200)
    with monkeypatch.context() as broken:
        broken.setattr(tileset, "clean", lambda old, _: 1 / 0 if old else 0)
        with pytest.raises(ZeroDivisionError):
            published_at(300)
    assert "tile/0/000.p/200" in partials()
    publisher.start()
    assert partials() == {"tile/0/001.p/44", "tile/entries/001.p/44", "tile/1/000.p/1"}


def test_nothing_is_removed_below_a_tile_that_is_not_announced() -> None:
    published_at(255)
    assert tileset.clean(0, 255) == 0
    assert partials() == {"tile/0/000.p/255", "tile/entries/000.p/255"}


def test_who_comes_late_with_an_older_checkpoint_reads_the_full_tile() -> None:
    published_at(200)
    root = published.tree(200).root()
    published_at(300)
    assert "tile/0/000.p/200" not in partials()
    assert published.tree(200).root() == root
    leaf = tile.decode_hashes(published.read("tile/0/000"), 256)[7]
    merkle.verify_inclusion(7, 200, leaf, published.tree(200).inclusion_proof(7), root)


def test_a_full_tile_that_is_gone_is_missed() -> None:
    published_at(300)
    (published.folder() / "tile/0/000").unlink()
    with pytest.raises(FileNotFoundError):
        published.tree(300).inclusion_proof(7)


def test_many_files_are_put_in_place_with_their_folders(tmp_path: Path) -> None:
    wanted = [
        (tmp_path / f"x{number:03}" / "a" / str(place), bytes([place]) * 9) for number in range(3) for place in (1, 2)
    ]
    durable.replace_all(wanted)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == dict(wanted)


def test_one_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        durable.replace_all([(tmp_path / "good", b"1"), (tmp_path / "folder", b"2")])
