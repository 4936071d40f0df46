"""From a delivered result to a stamped video that says what it is, and what is told of it afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import encypher_c2pa
import numpy as np
import numpy.typing as npt
import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from consent.media import guard
from consent.models import Grant
from gpu_client.models import RenderJob
from ledger import log
from ledger.canonical import parse
from provenance import certificates, label_burning, labelling, results, watermark
from provenance.labelling import LabelMissing
from provenance.labels import Means
from provenance.models import Stamp, Video
from provenance.verify import Integrity
from provenance.watermark import WatermarkFailed
from tests.provenance import world as w
from tests.provenance.test_results import check, stamped_files
from tests.provenance.workshop import active_manifest

pytestmark = pytest.mark.django_db
BURNED: dict[str, Any] = {}
OVERLAY = {"default": "overlay"}


@pytest.fixture(scope="module")
def mp4() -> bytes:
    return w.clip(seconds=2, shade=235)


@pytest.fixture(autouse=True)
def as_shipped(settings: Settings) -> None:
    """Burn the mark, which the other tests are spared for its cost."""
    settings.PROVENANCE_LABELS = BURNED


@pytest.fixture
def http() -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


def stamped(world: w.World, mp4: bytes, **changes: Any) -> Video:  # noqa: ANN401 - arguments of the verb
    video = world.ask(**changes)
    w.publish_log()
    return results.accept(w.deliver(video, mp4))


def path_of(video: Video) -> Path:
    return Path(settings.MEDIA_ROOT) / video.path


def corner(video: Video) -> npt.NDArray[np.uint8]:
    """Return the brightness of the top right of the first frame."""
    with av.open(str(path_of(video))) as container:
        frame = next(container.decode(video=0))
    return frame.to_ndarray(format="yuv420p")[20:75, 900:1262].astype(np.uint8)


def recorded(video: Video) -> dict[str, Any]:
    found: dict[str, Any] = parse(log.opening(Stamp.objects.get(video=video).entry).payload)["payload"]["label"]
    return found


def test_a_video_says_what_it_is_in_its_frames_its_metadata_and_the_log(http: Client, mp4: bytes) -> None:
    world = w.world()
    video = stamped(world, mp4)
    assert np.ptp(corner(video).astype(int)) > 150  # white letters on a dark plate
    assert recorded(video) == {"mark": "AI MODIFIED", "means": "burned", "watermark": None}
    with av.open(str(path_of(video))) as container:
        told = dict(container.metadata)
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]
    assert json.loads(told["AIGC"])["ProduceID"] == told["org.countenance.video"] == str(video.id)
    assert told["org.countenance.label"] == "AI MODIFIED"
    assert "title" not in told
    assert "walk" not in json.dumps(told)
    answer = http.get(f"/v1/videos/{video.id}/labels", headers=world.ben.header)
    found = answer.json()
    assert (answer.status_code, found["means"], found["overlay"]) == (200, "burned", None)
    assert found["california"]["unique_id"] == found["india"]["unique_id"] == str(video.id)
    assert found["california"]["system_version"] == w.MODEL
    assert found["china"]["AIGC"] == json.loads(told["AIGC"])
    assert found["european_union"]["machine_readable_layers"] == ["c2pa"]
    assert "no imperceptible watermark" in found["european_union"]["not_there"][0]
    assert answer.headers["Cache-Control"] == "no-store"


def test_guard_seal_and_a_foreign_engine_agree_on_a_marked_file_that_plays_while_it_arrives(mp4: bytes) -> None:
    video = stamped(w.world(), mp4)
    assert check(video).ok
    chain = certificates.claim_chain(settings.PROVENANCE_CLAIM_DIR)
    found = encypher_c2pa.verify(
        str(path_of(video)),
        "video/mp4",
        trust_pem=chain.anchors_pem,
        tsa_trust_pem=None,
        cawg_trust_pem=None,
        no_default_trust=True,
        telemetry=False,
        online=False,
        strict_conformance=False,
    )
    words = (found["integrity"], found["signature"], found["hard_binding"], found["trust"]["status"])
    assert words == ("valid", "valid", "match", "valid_for_supplied_material")
    assert found["validation_results"]["failure"] == []
    with path_of(video).open("rb") as file:
        order = [kind for kind, _, _ in guard.inspect(file).outer]
    assert order.index("moov") < order.index("mdat")

    # what laws ask for in the metadata is under the seal
    data = path_of(video).read_bytes()
    forged = data.replace(b'"Label":"1"', b'"Label":"3"')
    assert forged != data
    path_of(video).write_bytes(forged)
    assert check(video).integrity.verdict is Integrity.TAMPERED


def test_where_the_platform_shows_the_mark_the_frames_are_left_alone(
    http: Client, mp4: bytes, settings: Settings
) -> None:
    settings.PROVENANCE_LABELS = OVERLAY
    world = w.world()
    video = stamped(world, mp4)
    found = http.get(f"/v1/videos/{video.id}/labels", headers=world.ben.header).json()
    assert np.ptp(corner(video).astype(int)) < 20
    assert recorded(video)["means"] == found["means"] == "overlay"
    assert found["overlay"]["svg"].startswith("<svg")
    assert found["overlay"]["placement"]["picture"] == {"width": 1280, "height": 720}


def test_who_asked_for_a_label_gets_it_burned_whatever_the_settings_say(mp4: bytes, settings: Settings) -> None:
    settings.PROVENANCE_LABELS = OVERLAY
    world = w.world()
    Grant.objects.filter(pk=world.grant.pk).update(after_end="keep_with_label")
    assert recorded(stamped(world, mp4))["means"] == "burned"


def test_a_use_in_china_is_burned_whatever_the_settings_say(settings: Settings) -> None:
    settings.PROVENANCE_LABELS = OVERLAY
    video = w.world().ask(said={"territories": ["CN"]})
    assert labelling.owed(video).means is Means.BURNED


def test_what_a_trained_model_made_of_no_footage_is_generated() -> None:
    world = w.world()
    video = world.ask()
    assert labelling.owed(video).mark == "AI MODIFIED"
    RenderJob.objects.filter(pk=video.job).update(model="genvid:3.1")
    assert labelling.owed(video).mark == "AI GENERATED"


def test_a_result_without_a_picture_is_refused_not_published_unmarked(mp4: bytes, tmp_path: Path) -> None:
    video = w.world().ask()
    owed = labelling.owed(video, picture=False)
    assert owed.means is Means.SPOKEN
    with pytest.raises(LabelMissing):
        labelling.apply(owed, video, tmp_path / "sound.mp4")


def test_the_labels_of_a_video_are_nobody_elses_business(http: Client) -> None:
    world = w.world()
    video = world.ask()
    stranger = w.person("eve", "client")
    absent = http.get("/v1/videos/00000000-0000-4000-8000-000000000000/labels", headers=stranger.header)
    theirs = http.get(f"/v1/videos/{video.id}/labels", headers=stranger.header)
    assert (theirs.status_code, theirs.json()["code"]) == (absent.status_code, absent.json()["code"])
    assert http.get(f"/v1/videos/{video.id}/labels", headers=world.ben.header).json()["means"] is None


def test_a_mark_that_cannot_be_drawn_leaves_no_file_and_no_stamp(mp4: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "no space")

    monkeypatch.setattr(label_burning, "burn", full)
    with pytest.raises(OSError, match="no space"):
        results.accept(job)
    assert stamped_files(video) == []
    assert not Stamp.objects.exists()


def test_a_watermark_is_in_the_pictures_the_manifest_and_the_log(mp4: bytes, settings: Settings) -> None:
    settings.PROVENANCE_WATERMARK = "tests.provenance.watermarker.Visible"
    settings.PROVENANCE_LABELS = OVERLAY
    video = stamped(w.world(), mp4)
    engine = watermark.configured()
    assert engine is not None
    assert engine.detect(path_of(video)) == video.id.bytes
    assert recorded(video)["watermark"] == "test.visible.squares"
    chain = certificates.claim_chain(settings.PROVENANCE_CLAIM_DIR)
    said = active_manifest(path_of(video), chain.anchors_pem)["assertions"]
    assert said["c2pa.actions.v2"]["actions"][-1]["action"] == "c2pa.watermarked.bound"
    assert said["c2pa.soft-binding"]["alg"] == "test.visible.squares"
    assert labelling.facts_of(video).watermark == "test.visible.squares"


def test_a_watermark_that_does_not_read_back_stamps_nothing(mp4: bytes, settings: Settings) -> None:
    settings.PROVENANCE_WATERMARK = "tests.provenance.watermarker.Forgetful"
    settings.PROVENANCE_LABELS = OVERLAY
    video = w.world().ask()
    w.publish_log()
    job = w.deliver(video, mp4)
    with pytest.raises(WatermarkFailed):
        results.accept(job)
    assert stamped_files(video) == []
    assert not Stamp.objects.exists()
