"""Give a video the mark that it owes, between its remux and its signature, and say afterwards which one it has.

What was decided stands, sealed, in the entry `video.stamped`; nothing here is asked again when the settings change.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings

from consent.media import video as media
from consent.policy import Duty
from gpu_client.models import RenderJob
from ledger import log
from ledger.canonical import parse
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance import disclosures, label_burning, labels, lineage, uses, watermark
from provenance.disclosures import Facts
from provenance.labels import Mark, Means, Rules
from provenance.lettered import Placed, placed
from provenance.models import Stamp, Video
from provenance.watermark import Bound

LABELLED_AFTER_END = "keep_with_label"  # a depicted person's own clause: kept, and saying what it is


class LabelMissing(Problem):
    """The mark that this result owes cannot be given, so it does not become a video."""

    code: ClassVar[str] = "label-missing"
    title: ClassVar[str] = "The result cannot be labelled"


@dataclass(frozen=True, slots=True)
class Label:
    """What one video owes."""

    mark: Mark
    means: Means
    metadata: dict[str, str]  # of the file
    watermark: Bound | None = None  # None: none was put in

    def record(self) -> dict[str, Any]:
        """Return what is sealed in the log."""
        bound = self.watermark
        return {
            "mark": str(self.mark),
            "means": str(self.means),
            "watermark": bound.algorithm if bound else None,
        }


def owed(video: Video, *, picture: bool = True) -> Label:
    """Decide which mark the result of the video's job owes, by the settings and the grants as they are now."""
    mark = labels.mark(real_footage=_shows_footage(video))
    use = uses.use_of(video)
    means = labels.means(
        Rules.parse(settings.PROVENANCE_LABELS),
        client=str(video.client_id),
        territories=use.territories,
        obliged=_obliged(video),
        picture=picture,
    )
    inside = disclosures.metadata(video.id, provider=settings.CONSENT_CONTROLLER_NAME, mark=mark)
    return Label(mark, means, inside)


def apply(label: Label, video: Video, path: Path) -> Label:
    """Put the mark, and the operator's watermark, into the remuxed file at `path`; return what was put in.

    Raises `LabelMissing` for a result that would owe a spoken mark, what `media.remux` raises, and `WatermarkFailed`.
    """
    if label.means is Means.SPOKEN:
        raise LabelMissing("There is no picture to mark, and no spoken mark yet.", remedy="Ask for a video.")
    if label.means is Means.BURNED:
        _rewrite(path, lambda part: _burn(label, video, path, part))
    engine = watermark.configured()
    if engine is None:
        return label
    bare = path.with_name(f".{path.name}.{uuid4()}.part")
    try:
        bound = watermark.embedded(engine, path, bare, video=video.id)
        _rewrite(path, lambda part: media.remux(bare, part, metadata=label.metadata))
        if engine.detect(path) != bound.payload:
            raise watermark.WatermarkFailed("The watermark did not survive the remux.", remedy="Ask who made it.")
    finally:
        bare.unlink(missing_ok=True)
    return Label(label.mark, label.means, label.metadata, bound)


def facts_of(video: Video) -> Facts:
    """Return what is said of a video's labels: as recorded when it was stamped, if it is."""
    stamp = Stamp.objects.select_related("entry").filter(video=video).first()
    job = RenderJob.objects.values("backend", "model").get(pk=video.job)
    recorded = {} if stamp is None else _recorded(stamp)
    return Facts(
        video=video.id,
        provider=settings.CONSENT_CONTROLLER_NAME,
        system=job["backend"],
        version=job["model"],
        mark=Mark(recorded["mark"]) if recorded else labels.mark(real_footage=_shows_footage(video)),
        means=Means(recorded["means"]) if recorded else None,
        made_at=stamp.entry.created_at if stamp else None,
        watermark=recorded.get("watermark"),
    )


def overlay(facts: Facts, size: str) -> Placed | None:
    """Return what whoever shows the video must draw over it; `None`: nothing, the mark is in the frames."""
    if facts.means is not Means.OVERLAY:
        return None
    width, height = (int(length) for length in size.split("x"))
    return placed(str(facts.mark), width, height)


def _recorded(stamp: Stamp) -> dict[str, Any]:
    """Return what the entry of the stamp says; nothing: an older one, or one whose key was destroyed."""
    try:
        found = parse(log.opening(stamp.entry).payload)["payload"].get("label")
    except Erased:
        return {}
    return dict(found or {})


def _obliged(video: Video) -> bool:
    """Say whether somebody depicted asked for a label: a duty of their grant, or the clause for the time after it.

    The duty that every allowed use has (no grant named) is what the settings answer; a grant's own is no setting's.
    """
    permit = uses.permit_of(video)
    duties = permit.decision.obligations
    asked = any(one["duty"] == Duty.LABEL and one.get("grant") is not None for one in duties)
    behind = permit.rests_on.filter(grant__after_end=LABELLED_AFTER_END)
    return asked or behind.exists()


def _shows_footage(video: Video) -> bool:
    """Say whether recordings of real people are in the picture: a renderer that composes shows the clips themselves.

    It, or one of the videos that this one was made from, was made without a trained model.
    """
    jobs = Video.objects.filter(id__in=lineage.with_ancestors([video.id])).values("job")
    models = RenderJob.objects.filter(id__in=jobs).values_list("model", flat=True)
    return any("reference" in model for model in models)


def _burn(label: Label, video: Video, path: Path, part: Path) -> None:
    label_burning.burn(path, part, label.mark, seconds=video.seconds + 1, metadata=label.metadata)


def _rewrite(path: Path, write: Any) -> None:  # noqa: ANN401 - a function of one path
    """Let `write` make a new file and put it in the place of `path`, whole or not at all."""
    part = path.with_name(f".{path.name}.{uuid4()}.part")
    try:
        write(part)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
