"""People, grants, videos and results for the tests of this app, made by the verbs of the apps to the left."""

from __future__ import annotations

import hashlib
import io
import uuid
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import transaction

from consent import clock, grants, keys, likenesses, parties, permits, rfc3339
from consent.models import Enrolment, Grant, Likeness, Party, Permit
from gpu_client.models import RenderJob
from ledger import log, publisher, sequencer, vault
from ledger.canonical import digest
from provenance import renders
from provenance.models import FaceReview, Stamp, Video
from tests.consent.people import full_terms

MODEL = "reference-1"
SIZE = "1280x720"
SECONDS = 4


@dataclass
class Person:
    """A party with its key and its API token."""

    party: Party
    key: Ed25519PrivateKey
    token: str

    @property
    def header(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def person(name: str, kind: str = "person") -> Person:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    handle = f"{name}-{uuid.uuid4().hex[:8]}"
    proof = key.sign(keys.possession_digest(handle, public))
    party, token = parties.register_party(handle=handle, name=name.title(), kind=kind, public=public, proof=proof)
    return Person(party, key, token)


def likeness_of(holder: Person) -> Likeness:
    """Register a likeness and enrol it with a stand-in for a clip: what a clip must be is tested in consent."""
    likeness = likenesses.register_likeness(name="Face", kind="person", actor=holder.party)
    with transaction.atomic():
        blob = vault.store_blob(holder.party.actor, io.BytesIO(b"clip"), context="enrolment:test")
        entry = log.append("enrolment.accepted", {}, actor=holder.party.actor, subject=holder.party.actor)
        Enrolment.objects.create(likeness=likeness, blob=blob, probe={"by": "us"}, notice_sha256="0" * 64, entry=entry)
        likeness.state = Likeness.State.ACTIVE
        likeness.save(update_fields=["state"])
    return likeness


def grant(holder: Person, likeness: Likeness, to: Person, **changes: Any) -> Grant:  # noqa: ANN401 - terms
    """Sign and record a grant for one client: entertainment, a day long, remix allowed, unless changed."""
    at = clock.now()
    terms = {
        "v": 1,
        "audience": {"kind": "named", "parties": [{"party": str(to.party.pk), "not_after": None}]},
        "window": {
            "not_before": rfc3339.write(at - timedelta(minutes=1)),
            "not_after": rfc3339.write(at + changes.get("lasts", timedelta(days=1))),
        },
        "purposes": changes.get("purposes", ["entertainment"]),
        "remix": {"allowed": changes.get("remix", True)},
    }
    document = grants.draft(likeness, terms, key=holder.party.keys.get(), actor=holder.party)
    return grants.record_grant(document, holder.key.sign(digest("grant", document)), actor=holder.party)


def full_grant(
    holder: Person,
    likeness: Likeness,
    to: Person,
    supersedes: Grant | None = None,
    **changes: Any,  # noqa: ANN401 - members of a document
) -> Grant:
    """Sign and record a grant of version 2 for one client."""
    document = grants.draft(
        likeness,
        full_terms(to.party, **changes),
        key=holder.party.keys.get(),
        supersedes=supersedes.pk if supersedes else None,
        actor=holder.party,
    )
    return grants.record_grant(document, holder.key.sign(digest("grant", document)), actor=holder.party)


@dataclass
class World:
    """Ada, her likeness, and Ben, whom she granted it."""

    ada: Person
    ben: Person
    likeness: Likeness
    grant: Grant

    def ask(self, **changes: Any) -> Video:  # noqa: ANN401 - arguments of the verb
        """Ask for Ben's video of Ada."""
        wanted: dict[str, Any] = {
            "prompt": "A walk by the sea",
            "cast": [self.likeness.pk],
            "purpose": "entertainment",
            "model": MODEL,
            "seconds": SECONDS,
            "size": SIZE,
            "actor": self.ben.party,
        }
        return renders.request(**(wanted | changes))


def world() -> World:
    settings.GPU_RENDERERS = [
        {"name": "reference", "url": "http://127.0.0.1:9", "token": "t", "sealing_key": None, "model": MODEL}
    ]
    ada, ben = person("ada"), person("ben", "client")
    likeness = likeness_of(ada)
    return World(ada, ben, likeness, grant(ada, likeness, ben))


def publish_log() -> None:
    """Sequence and publish every entry so far."""
    while sequencer.sequence():
        pass
    with publisher.alone():
        publisher.start().publish()


def clip(*, seconds: int = SECONDS, size: str = SIZE, tone: int = 440, shade: int = 90) -> bytes:
    """Encode a real mp4, H.264 with AAC."""
    width, height = map(int, size.split("x"))
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=10, options={"preset": "ultrafast", "crf": "40"})
        picture.width, picture.height, picture.pix_fmt = width, height, "yuv420p"
        sound = container.add_stream("aac", rate=16000, layout="mono")
        for number in range(seconds * 10):
            image = np.full((height, width, 3), (shade + number) % 256, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(picture.encode())
        wave = np.sin(np.arange(seconds * 16000) * tone * 2 * np.pi / 16000).astype(np.float32) * 0.2
        for at in range(0, len(wave), 1024):
            frame = av.AudioFrame.from_ndarray(wave[None, at : at + 1024], format="fltp", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = 16000, at, Fraction(1, 16000)
            container.mux(sound.encode(frame))
        container.mux(sound.encode())
    return out.getvalue()


def deliver(video: Video, data: bytes, **changes: Any) -> RenderJob:  # noqa: ANN401 - columns
    """Let the render service have delivered these bytes for the video's job."""
    job = RenderJob.objects.get(pk=video.job)
    if job.permit.redeemed_at is None:
        permits.redeem(job.permit.token, service="test")
    folder = Path(settings.GPU_RESULTS_DIR)
    folder.mkdir(exist_ok=True)
    (folder / f"{job.id}.mp4").write_bytes(data)
    with transaction.atomic():
        found: dict[str, Any] = {
            "state": RenderJob.State.DELIVERED,
            "backend": "reference",
            "result_path": f"{job.id}.mp4",
            "result_sha256": hashlib.sha256(data).hexdigest(),
            "result_size": len(data),
            "finished_entry": log.append(
                "render.delivered", {"job": str(job.id)}, actor="system:test", subject="system:test"
            ),
        } | changes
        for name, value in found.items():
            setattr(job, name, value)
        job.save()
    return job


def shown(video: Video, data: bytes) -> Video:
    """Make the video a published one with these bytes, without a signature: serving looks only at rows and files."""
    folder = Path(settings.MEDIA_ROOT) / str(video.id)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "a.mp4").write_bytes(data)
    (folder / "a.jpg").write_bytes(b"\xff\xd8 thumbnail")
    (folder / "a.sheet.jpg").write_bytes(b"\xff\xd8 sheet")
    digest_hex = hashlib.sha256(data).hexdigest()
    Stamp.objects.create(
        video=video,
        manifest_label=f"urn:c2pa:{video.id}:countenance",
        claim_sha256="0" * 64,
        file_sha256=digest_hex,
        entry=video.entry,
    )
    with transaction.atomic():
        entry = log.append("video.screened", {}, actor="system:test", subject="system:test")
    FaceReview.objects.create(video=video, state="clear", findings={}, entry=entry)
    video.path, video.thumbnail_path, video.file_sha256 = f"{video.id}/a.mp4", f"{video.id}/a.jpg", digest_hex
    video.state, video.published_at = Video.State.PUBLISHED, clock.now()
    video.save()
    return video


def entries(kind: str) -> int:
    """Count the entries of a kind."""
    from ledger.models import Entry

    return Entry.objects.filter(kind=kind).count()


def permit_of(video: Video) -> Permit:
    """Return the permit of the video's current job."""
    return Permit.objects.get(job=video.job)
