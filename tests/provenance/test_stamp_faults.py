"""Whatever ends a stamping early, there is no half-stamped file, and the next attempt succeeds."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from provenance import hard_binding, jumbf, stamp
from provenance.manifest import Ingredient, remixed
from provenance.stamp import AlreadyStamped, StampFailed
from provenance.verify import Integrity, verify
from tests.consent.media.films import tiny
from tests.provenance.test_stamp import assert_trusted, second_opinion, sign
from tests.provenance.workshop import INPUTS, RENDERER, Workshop, box, footage, permit_for, workshop

ROOT = Path(__file__).parents[2]
DIES = """
import os, sys
from pathlib import Path
from uuid import uuid4
from provenance import certificates, stamp
from tests.provenance import clockwork
from tests.provenance.workshop import plain_manifest
chain = certificates.claim_chain(Path(sys.argv[1]))
step, whole = sys.argv[4], getattr(stamp, sys.argv[4])
def hang(*given):
    if sys.argv[5] == "after":
        whole(*given)
    print("now", flush=True)
    sys.stdin.read()
setattr(stamp, step, hang)
stamp.sign(Path(sys.argv[2]), Path(sys.argv[3]), plain_manifest(uuid4()), (), chain, authority=clockwork.clock())
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return workshop(tmp_path_factory.mktemp("faults"), "ours")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty folder for stamped files."""
    made = tmp_path / "stamped"
    made.mkdir()
    return made


@pytest.mark.parametrize(("step", "when"), [("_sign", "before"), ("_sign", "after"), ("_read_back", "after")])
def test_a_worker_killed_while_it_signs_leaves_no_file_and_the_next_succeeds(
    shop: Workshop, folder: Path, step: str, when: str
) -> None:
    target = folder / "video.mp4"
    command = [sys.executable, "-c", DIES, str(shop.folder / "claim"), str(shop.source()), str(target), step, when]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "now\n"
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    left = [path.name for path in folder.iterdir()]
    assert not target.exists()
    assert [name for name in left if not (name.startswith(".") and name.endswith(stamp.PART))] == []
    sign(shop, target)
    assert_trusted(second_opinion(target, shop.chain.anchors_pem))
    assert stamp.discard_leftovers(folder) == 1
    assert [path.name for path in folder.iterdir()] == ["video.mp4"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_folder_that_may_not_be_written_is_a_problem_and_later_none(shop: Workshop, folder: Path) -> None:
    folder.chmod(0o500)
    try:
        with pytest.raises(StampFailed, match="could not be written"):
            sign(shop, folder / "video.mp4")
    finally:
        folder.chmod(0o700)
    assert list(folder.iterdir()) == []
    assert sign(shop, folder / "video.mp4").size


def test_a_name_that_cannot_be_taken_leaves_nothing(shop: Workshop, folder: Path) -> None:
    """The move fails after all else went well, as on a disk that turned read-only meanwhile."""
    target = folder / "video.mp4"
    target.mkdir()
    with pytest.raises(StampFailed, match="could not be written"):
        sign(shop, target)
    assert [path.name for path in folder.iterdir()] == ["video.mp4"]
    assert list(target.iterdir()) == []
    target.rmdir()
    assert sign(shop, target).size


def test_history_cannot_be_erased_by_signing_a_signed_file_again(shop: Workshop, folder: Path) -> None:
    made = shop.created()
    signed_again = shop.remixed(made)
    for source in (made, signed_again):
        with pytest.raises(AlreadyStamped):
            sign(shop, folder / "video.mp4", source=source)
    video = uuid4()
    ingredients = (Ingredient.parent(made), *INPUTS)
    manifest = remixed(video=video, renderer=RENDERER, ingredients=ingredients, consent=permit_for(video, shop.log))
    with pytest.raises(AlreadyStamped):  # nor by naming it as its own parent
        sign(shop, folder / "video.mp4", source=made, manifest=manifest, ingredients=ingredients)
    assert list(folder.iterdir()) == []


# Large files


@pytest.mark.parametrize(
    "content", [footage(), tiny("+frag_keyframe+empty_moov+default_base_moof")], ids=["short-header", "fragmented"]
)
def test_a_large_source_that_was_not_remuxed_is_refused(shop: Workshop, folder: Path, content: bytes) -> None:
    source = folder / "source.mp4"
    source.write_bytes(content)
    with pytest.raises(StampFailed, match="one media box with a long header"):
        sign(shop, folder / "video.mp4", source=source, flat_below=len(content))
    assert not (folder / "video.mp4").exists()


def test_from_the_threshold_on_and_not_below_the_media_is_hashed_in_leaves(shop: Workshop, folder: Path) -> None:
    source = shop.wide()
    size = source.stat().st_size
    stores = []
    for name, limit in (("flat", size + 1), ("leaves", size)):
        signed = sign(shop, folder / name, source=source, flat_below=limit, leaf_kb=1)
        with (folder / name).open("rb") as file:
            store = jumbf.manifest_store(file) or b""
        stores.append(jumbf.assertion(store, signed.manifest_label, hard_binding.LABEL))
        assert signed.bmff_sha256 == hard_binding.sha256(store, signed.manifest_label)
    assert [b"merkle" in store for store in stores] == [False, True]


def test_a_manifest_of_another_video_does_not_fit(shop: Workshop, folder: Path) -> None:
    """Its box is put into another file in the place of that one's, with padding, so that the media does not move."""
    one, other = shop.created(seed=0).read_bytes(), shop.bound(seed=4).read_bytes()
    start = one.index(jumbf.C2PA_BOX) - 8
    end = start + int.from_bytes(one[start : start + 4])
    begin = other.index(jumbf.C2PA_BOX) - 8
    stop = begin + int.from_bytes(other[begin : begin + 4])
    padding = box(b"free", bytes((stop - begin) - (end - start) - 8))
    swapped = folder / "swapped.mp4"
    swapped.write_bytes(other[:begin] + one[start:end] + padding + other[stop:])
    found = second_opinion(swapped, shop.chain.anchors_pem)
    assert (found["integrity"], found["hard_binding"]) == ("invalid", "mismatch")
    assert verify(swapped, anchors_pem=shop.chain.anchors_pem).integrity.verdict is Integrity.TAMPERED
