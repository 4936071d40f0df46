"""C2PA's resolution API and the recovered part of a verification: anyone may ask, and learns only what is public."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import c2pa
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from consent import revocations
from ledger import log
from provenance import certificates, examination, fingerprint, fingerprints, lockdown, publication
from provenance.models import Fingerprint, Stamp, Video
from tests.provenance import copies
from tests.provenance import world as w
from tests.provenance.workshop import footage

pytestmark = pytest.mark.django_db
MP4 = "video/mp4"


@pytest.fixture
def http() -> Client:
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)  # WhiteNoise warns without it
    return Client(raise_request_exception=False)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return four seconds in the size that `w.world` orders, of which a picture tells something."""
    target = tmp_path_factory.mktemp("film") / "film.mp4"
    size = w.SIZE.replace("x", ":")
    copies.ffmpeg("-i", str(copies.CLIPS["astronaut"]), "-t", "4", "-vf", f"scale={size}", *copies.X264, str(target))
    return target.read_bytes()


@pytest.fixture(scope="module")
def stripped(film: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("stripped")
    (folder / "a.mp4").write_bytes(film)
    return copies.copied(folder / "a.mp4", "240p", folder / "b.mp4").read_bytes()


def stamped(world: w.World, film: bytes) -> Video:
    video = world.ask()
    w.publish_log()
    w.deliver(video, film)
    return publication.finish(video.pk)


def code_of(video: Video) -> str:
    row = Fingerprint.objects.filter(video=video, kind="picture", mirrored=False).first()
    assert row is not None
    return base64.b64encode(bytes(row.code)).decode()


def test_a_stripped_copy_leads_back_to_its_manifest(http: Client, film: bytes, stripped: bytes) -> None:
    world = w.world()
    video = stamped(world, film)
    label = Stamp.objects.get(video=video).manifest_label
    asked = {"alg": "io.iscc.v0", "value": code_of(video)}
    found = http.post("/v1/matches/byContent", stripped, content_type=MP4)
    (match,) = found.json()["matches"]
    assert match["manifestId"] == label
    assert match["similarityScore"] > 64
    by_get = http.get("/v1/matches/byBinding", asked).json()
    by_post = http.post("/v1/matches/byBinding", asked, content_type="application/json").json()
    assert by_get == by_post == {"matches": [{"manifestId": label, "similarityScore": 100}]}

    store = http.get(f"/v1/manifests/{label}", {"returnActiveManifest": "true"})
    assert (store.status_code, store["Content-Type"], store["Cache-Control"]) == (200, "application/c2pa", "no-store")
    assert store.content == http.get(f"/v1/manifests/{label}").content  # it has no parents
    anchors = certificates.claim_chain(Path(settings.PROVENANCE_CLAIM_DIR)).anchors_pem
    with (
        c2pa.Context.from_dict(lockdown.settings(anchors)) as context,
        c2pa.Reader("application/c2pa", io.BytesIO(store.content), context=context) as reader,
    ):
        assert label in reader.json()

    report = http.post("/v1/verifications", {"file": SimpleUploadedFile("a.mp4", stripped)}).json()
    (recovered,) = report["recovered"]["matches"]
    assert report["integrity"]["verdict"] == "no_provenance"
    assert not report["ok"]
    assert (report["recovered"]["verdict"], recovered["video"]) == ("recovered", str(video.id))
    assert recovered["standing"] == "consented"
    (stretch,) = recovered["stretches"]
    assert [stretch[name] for name in ("file_seconds", "video_seconds")] == [pytest.approx([0, 4], abs=0.3)] * 2
    whole = (Path(settings.MEDIA_ROOT) / video.path).read_bytes()
    report = http.post("/v1/verifications", {"file": SimpleUploadedFile("a.mp4", whole)}).json()
    assert report["ok"]
    assert report["recovered"] is None  # it proves itself

    entry = Stamp.objects.get(video=video).entry
    rows = Fingerprint.objects.filter(video=video)
    prints = [
        fingerprint.Print(
            fingerprint.Kind(row.kind), row.start_ms, row.end_ms, bytes(row.code), row.mirrored, row.telling
        )
        for row in rows
    ]
    assert fingerprint.digest(prints) in log.opening(entry).payload.decode()

    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    assert http.get(f"/v1/manifests/{label}").status_code == 404
    assert http.get("/v1/matches/byBinding", asked).json() == {"matches": []}
    report = http.post("/v1/verifications", {"file": SimpleUploadedFile("a.mp4", stripped)}).json()
    assert report["recovered"]["matches"][0]["standing"] == "withdrawn"


def test_a_draft_is_as_absent_as_what_never_was(http: Client) -> None:
    video = w.shown(w.world().ask(), b"film")
    label = Stamp.objects.get(video=video).manifest_label
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    absent = http.get("/v1/manifests/urn:c2pa:0d9d4b1e-3c64-4b4e-9a35-9f5f6a5a4e0f:countenance")
    draft = http.get(f"/v1/manifests/{label}")
    assert (absent.status_code, absent.json()["code"]) == (404, "manifest-missing")
    assert draft.json() | {"instance": ""} == absent.json() | {"instance": ""}


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"value": "AA=="}, "/alg"),
        ({"alg": "com.example.other", "value": "AA=="}, "/alg"),
        ({"alg": "io.iscc.v0"}, "/value"),
        ({"alg": "io.iscc.v0", "value": "AA=="}, "/value"),
        ({"alg": "io.iscc.v0", "value": "%%"}, "/value"),
        ({"alg": "io.iscc.v0", "value": "ÄÄ=="}, "/value"),
        ({"alg": "io.iscc.v0", "value": "A" * 5000}, "/value"),
        ({"alg": "io.iscc.v0", "value": base64.b64encode(bytes(32)).decode(), "maxResults": "0"}, "/maxResults"),
        ({"alg": "io.iscc.v0", "value": base64.b64encode(bytes(32)).decode(), "maxResults": "9" * 30}, "/maxResults"),
    ],
    ids=["no-alg", "other-alg", "no-value", "short", "no-base64", "no-ascii", "long", "none", "too-many"],
)
def test_a_query_that_cannot_be_answered_says_what_is_wrong(http: Client, query: dict[str, str], pointer: str) -> None:
    answer = http.get("/v1/matches/byBinding", query)
    assert (answer.status_code, answer.json()["code"]) == (400, "match-query-invalid")
    assert pointer in str(answer.json())


def test_a_code_may_carry_the_header_of_its_standard(http: Client) -> None:
    unit = base64.b64encode(bytes([0x23, 0x07]) + bytes(32)).decode()
    assert http.get("/v1/matches/byBinding", {"alg": "io.iscc.v0", "value": unit}).json() == {"matches": []}


def test_a_body_that_is_no_video_is_refused(http: Client, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: ANN401 - pytest-django's
    assert http.post("/v1/matches/byContent", b"text", content_type="text/plain").status_code == 415
    assert http.post("/v1/matches/byContent", b"", content_type=MP4).status_code in {415, 422}
    assert http.post("/v1/matches/byContent", b"garbage!", content_type=MP4).status_code == 422
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    assert http.post("/v1/matches/byContent", b"0" * 11, content_type=MP4).status_code == 413
    monkeypatch.setattr(examination, "PATIENCE_SECONDS", 0.01)
    with examination.a_turn(), examination.a_turn():
        assert http.post("/v1/matches/byContent", b"garbage!", content_type=MP4).json()["code"] == "verification-busy"


def test_it_says_what_it_can_be_asked(http: Client) -> None:
    answer = http.get("/v1/services/supportedAlgorithms").json()
    assert answer == {"watermarks": [], "fingerprints": [{"alg": "io.iscc.v0"}]}


@pytest.mark.parametrize("name", ["%00", "a%00b", "%ff%fe", "'%20OR%201=1--", "x" * 5000], ids=str.__len__)
def test_a_name_that_no_manifest_can_have_is_as_absent_as_one_that_none_has(http: Client, name: str) -> None:
    answer = http.get(f"/v1/manifests/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "manifest-missing")


def test_a_video_that_cannot_be_played_is_the_senders_fault_and_not_ours(http: Client) -> None:
    data = bytearray(footage())
    media = data.rindex(b"mdat") + 4
    data[media : media + 3000] = b"\x5a" * 3000
    answer = http.post("/v1/matches/byContent", bytes(data), content_type=MP4)
    assert (answer.status_code, answer.json()["code"]) == (422, "video-unplayable")


def test_a_manifest_that_is_withdrawn_while_it_is_read_does_not_leave(
    http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = w.world()
    label = Stamp.objects.get(video=w.shown(world.ask(), b"film")).manifest_label
    read: list[bool] = []

    def slow(_file: object) -> bytes:
        read.append(True)
        revocations.withdraw_grant(world.grant, actor=world.ada.party)
        return b"a manifest"

    monkeypatch.setattr("provenance.jumbf.manifest_store", slow)
    assert (http.get(f"/v1/manifests/{label}").status_code, read) == (404, [True])


def test_what_was_never_shown_costs_no_question_however_much_of_it_is_alike(
    http: Client,
    django_assert_max_num_queries: Any,  # noqa: ANN401 - pytest-django's
) -> None:
    world, code = w.world(), bytes(range(32))
    for _ in range(8):
        video = world.ask()
        fingerprints.record(video, [fingerprint.Print(fingerprint.Kind.PICTURE, 0, 5000, code)], video.entry)
    asked = {"alg": "io.iscc.v0", "value": base64.b64encode(code).decode()}
    with django_assert_max_num_queries(8):
        assert http.get("/v1/matches/byBinding", asked).json() == {"matches": []}
