"""The files that one attempt makes out of what a render service delivered.

    (1) the raw file is the one whose digest the job recorded
    (2) guarded, played through, remuxed, marked, each in a sandbox
    (3) fingerprints of what is to be signed, which the manifest says
    (4) the manifest, the signature with its trusted time, the thumbnail

Every attempt has file names of its own. If one fails, or the process dies, no row names what it left behind.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from uuid import uuid4

from django.conf import settings

from consent.media import video as media
from gpu_client.models import RenderJob
from ledger import receipts
from ledger.log import Place
from ledger.problem import Problem
from ledger.proof import Proof
from provenance import (
    authorities,
    claim_leaves,
    fingerprint,
    fingerprinter,
    inputs,
    labelling,
    manifest,
    serving,
    stamp,
    watermark,
)
from provenance.consent_assertion import BindingDocument, ConsentAssertion
from provenance.fingerprint import Print
from provenance.labelling import Label
from provenance.manifest import Ingredient, Renderer, SoftBlock
from provenance.models import Video


class ResultUnusable(Problem):
    """The result is the right job's, and cannot become a video."""

    code: ClassVar[str] = "result-unusable"
    title: ClassVar[str] = "The render service delivered something unusable"


@dataclass(frozen=True, slots=True)
class Workpiece:
    """Files that were made and are named by no row yet; paths are relative to MEDIA_ROOT."""

    path: str
    thumbnail: str
    sheet: str
    signed: stamp.Signed
    prints: tuple[Print, ...]
    label: Label

    @property
    def files(self) -> frozenset[str]:
        """The names of all of them."""
        return frozenset({self.path, self.thumbnail, self.sheet})

    def payload(self) -> dict[str, object]:
        """Return what the entry `video.stamped` says of them."""
        return {
            "manifest": self.signed.manifest_label,
            "claim_sha256": self.signed.claim_sha256,
            "file_sha256": self.signed.file_sha256,
            "bmff_sha256": self.signed.bmff_sha256,
            "fingerprints": fingerprint.digest(self.prints),
            "label": self.label.record(),
        }

    def discard(self) -> None:
        """Remove them: no row will name them."""
        discard(*(Path(settings.MEDIA_ROOT) / name for name in self.files))


def make(video: Video, job: RenderJob, place: Place) -> Workpiece:
    """Make the files of one attempt under names that no other attempt uses; leave none of them if it fails."""
    claim_leaves.current()  # raises before anything costly is done that nobody could sign
    raw = _unverified_result(job)
    folder = Path(settings.MEDIA_ROOT) / str(video.id)
    folder.mkdir(parents=True, exist_ok=True)
    attempt = uuid4()
    remuxed, final, thumbnail = (folder / f"{attempt}{end}" for end in (".remuxed.mp4", ".mp4", ".jpg"))
    sheet = thumbnail.with_suffix(serving.SHEET)
    try:
        media.probe_result(raw, max_seconds=video.seconds + 1, size=video.size)
        label = labelling.owed(video)
        media.remux(raw, remuxed, metadata=label.metadata)
        label = labelling.apply(label, video, remuxed)
        prints = fingerprinter.of(remuxed)  # before the signature, which says them
        ingredients, clock = _ingredients(video, job), authorities.time_authority()
        blocks = [SoftBlock(each.start_ms, each.end_ms, each.value) for each in fingerprint.soft_bindings(prints)]
        said = manifest.bound(_manifest(video, job, place, ingredients), blocks)
        said = watermark.entered(said, label.watermark)
        signed = stamp.sign(remuxed, final, said, ingredients, claim_leaves.current(), authority=clock)
        thumbnail.write_bytes(media.thumbnail(final))
        sheet.write_bytes(media.sheet(final, seconds=video.seconds))
    except BaseException:  # nobody may come after: the video may have been erased meanwhile
        discard(remuxed, final, thumbnail, sheet)
        raise
    finally:
        remuxed.unlink(missing_ok=True)
    root = Path(settings.MEDIA_ROOT)
    path, picture, pictures = (str(each.relative_to(root)) for each in (final, thumbnail, sheet))
    return Workpiece(path, picture, pictures, signed, prints, label)


def _unverified_result(job: RenderJob) -> Path:
    """Return the raw file, whose bytes are those that the job recorded and nothing else is known of them."""
    path = job.result_file
    if not path.is_file():
        raise ResultUnusable("The delivered file is gone.", remedy="Retry the video.")
    if path.stat().st_size != job.result_size or digest_of(path) != job.result_sha256:
        raise ResultUnusable("The delivered file is not the one that was received.", remedy="Retry the video.")
    return path


def _ingredients(video: Video, job: RenderJob) -> list[Ingredient]:
    """List what went into the video: a clip for each likeness, the prompt, and the parent if it is still itself."""
    described = inputs.of(video, job.permit)
    edge = video.parents.select_related("parent").first()
    if edge is None:
        return described
    path = Path(settings.MEDIA_ROOT) / edge.parent.path
    if not edge.parent.path or not path.is_file() or digest_of(path) != edge.parent.file_sha256:
        raise ResultUnusable("The video that this one was made from is gone or altered.", remedy="Remix another one.")
    return [Ingredient.parent(path), *described]


def _manifest(video: Video, job: RenderJob, place: Place, ingredients: list[Ingredient]) -> dict[str, object]:
    entry = job.permit.entry
    consent = ConsentAssertion(
        origin=settings.LEDGER_ORIGIN,
        entry=bytes(entry.body),
        index=place.index,
        proof=Proof(place.index, place.path, place.text).text(),
        salt=bytes(job.permit.binding_salt),
        document=BindingDocument.parse(job.permit.binding_document),
        status_url=f"{settings.PUBLIC_URL}/v1/videos/{video.id}/status",
        receipt=receipts.receipt_at(bytes(entry.body), place),
    )
    # `config.checks` keeps a model of this name out of production: it composes, and generates nothing.
    renderer = Renderer(job.backend, "1", job.model, generative="reference" not in job.model)
    write = manifest.remixed if ingredients[0].relationship == manifest.Relationship.PARENT else manifest.created
    return write(video=video.id, renderer=renderer, ingredients=ingredients, consent=consent)


def discard(*files: Path) -> None:
    """Remove files that no row will name, and their folder if nothing else is in it."""
    for file in files:
        file.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        files[0].parent.rmdir()


def digest_of(path: Path) -> str:
    """Return the hex SHA-256 of a whole file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()
