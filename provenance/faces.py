"""Whether a rendered video shows its cast and nobody else: looked at after the stamp, before anybody may see it.

    every face that could be compared is the cast's        clear
    a face that is nobody's, or may be somebody else's;
    more faces than the cast has; it could not be looked at   a person decides, or it is withheld when the time is up

A crash before the row is written means that it is looked at again; without the row nothing is published.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from consent import clock, providers, templates
from consent.depicted import Compared, Matched
from consent.media import scene
from consent.media.guard import UnsafeContainer
from consent.media.sandbox import SandboxFailed
from consent.media.scene import SceneRefused
from consent.staff import StaffRefused
from ledger import log
from ledger.problem import Problem
from provenance import lineage
from provenance.models import FaceReview, Video

if TYPE_CHECKING:
    from consent.media.scene import Scene
    from consent.staff import Staff

MAY: Final = "provenance.review_faces"
SYSTEM: Final = "system:provenance"
DECIDED_WITHIN: Final = timedelta(hours=72)
LONGER: Final = 1.0  # seconds by which a result may be longer than ordered, as when it was accepted
ACCEPTING: Final = {
    "is-the-cast": "a person sees that every face is one of the cast's",
    "nobody": "what was taken for a face is nobody's: a pattern, a drawing, a statue",
}
REFUSING: Final = {
    "somebody-else": "a person sees somebody who is not in the cast",
    "cannot-tell": "a person cannot tell who it is",
}
COUNTED: Final = (
    "members", "without_template", "matched", "near", "strange", "unknown", "small", "turned", "crowded",
)  # fmt: skip
State = FaceReview.State
SHOWN: Final = {
    State.CLEAR: "checked",
    State.WAITING: "pending_review",
    State.ACCEPTED: "reviewed",
    State.REFUSED: "refused",
}
UNCHECKED: Final = (
    "faces that are smaller, covered, drawn, seen from the side, or shown between the pictures that were looked at",
    "voices, bodies, names and anything else that tells who somebody is",
)


class FaceReviewRefused(Problem):
    """The decision about a video's faces cannot be recorded like this."""

    code: ClassVar[str] = "face-review-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The decision cannot be recorded"


def screen(video: Video) -> FaceReview | None:
    """Look once at the faces of a stamped draft; `None`: it is none any more, or its file is gone.

    What cannot be looked at waits for a person: an error is never a pass.
    """
    if (made := FaceReview.objects.filter(video=video).first()) is not None:
        return made
    path = Path(settings.MEDIA_ROOT) / video.path
    if video.state != Video.State.STAMPING or not video.path or not path.is_file():
        return None
    seen = _looked(path, video)  # seconds: no transaction is open
    with transaction.atomic():
        video = Video.objects.select_for_update().get(pk=video.pk)
        made = FaceReview.objects.filter(video=video).first()
        if made is not None or video.state != Video.State.STAMPING:
            return made
        clear, findings = _judged(seen, video)
        payload = {"video": str(video.pk), "clear": clear, "findings": findings}
        entry = log.append("video.screened", payload, actor=SYSTEM, subject=SYSTEM)
        state, due_at = (State.CLEAR, None) if clear else (State.WAITING, clock.now() + DECIDED_WITHIN)
        return FaceReview.objects.create(video=video, state=state, findings=findings, due_at=due_at, entry=entry)


def review(video: Video, *, accept: bool, reason: str, actor: Staff) -> FaceReview:
    """Record what a person decides about a video that waits. Whoever called publishes or withholds it then.

    Raises `FaceReviewRefused`, and `StaffRefused` if the video is the reviewer's own or shows them.
    """
    reasons = ACCEPTING if accept else REFUSING
    if reason not in reasons:
        remedy = f"Use one of: {', '.join(reasons)}."
        raise FaceReviewRefused("This is not one of the reasons.", pointer="/reason", remedy=remedy)
    with transaction.atomic():
        video = Video.objects.select_for_update().get(pk=video.pk)
        held = FaceReview.objects.select_for_update().filter(video=video).first()
        if held is None or video.state != Video.State.STAMPING or not waits(held):
            raise FaceReviewRefused("Nothing about this video waits for a person.", remedy="List what waits.")
        concerned = Q(pk=video.client_id) | Q(likenesses__appearances__video=video)
        if type(video.client).objects.filter(concerned, user=actor.user).exists():
            raise StaffRefused("It is your own video, or shows you.", remedy="Ask a colleague to look at it.")
        held.state = State.ACCEPTED if accept else State.REFUSED
        held.reason, held.actor = reason, actor.actor
        payload: dict[str, object] = {"video": str(video.pk), "accepted": accept, "reason": reason}
        held.decided_entry = log.append("video.reviewed", payload, actor=actor.actor, subject=SYSTEM)
        held.save(update_fields=["state", "reason", "actor", "decided_entry"])
    return held


def objections(video: Video) -> list[str] | None:
    """Return why the faces keep this video from being published; `None`: that is not decided yet."""
    held = FaceReview.objects.filter(video=video).first()
    if held is None or waits(held):
        return None
    return {
        State.CLEAR: [],
        State.ACCEPTED: [],
        State.REFUSED: ["faces-refused"],
        State.WAITING: ["faces-not-reviewed"],
    }[State(held.state)]


def waits(held: FaceReview) -> bool:
    """Tell whether a person can still decide."""
    return held.state == State.WAITING and held.due_at is not None and held.due_at > clock.now()


def undecided() -> Q:
    """Return the condition under which a video waits for a person, and nothing else can be done for it."""
    return Q(face_review__state=State.WAITING, face_review__due_at__gt=Now())


def waiting(limit: int = 100) -> list[FaceReview]:
    """Return what waits for a person, the soonest due first."""
    queue = FaceReview.objects.filter(state=State.WAITING, due_at__gt=Now(), video__state=Video.State.STAMPING)
    return list(queue.select_related("video").order_by("due_at", "pk")[:limit])


def described(held: FaceReview) -> dict[str, Any]:
    """Say what was checked and what was not, for the client and the depicted: no distance, and nobody's face counted.

    What is wrong is not said either: where, or how near, would be a hill to climb.
    """
    found = held.findings
    if not found.get("pictures"):
        return {"state": SHOWN[State(held.state)], "checked": [], "not_checked": ["the picture: nothing was looked at"]}
    compared = found["members"] - found["without_template"]
    share = found["least_share_thousandths"] / 1000
    checked = [f"faces of at least {share:.0%} of the width, in {found['pictures']} pictures, one a second"]
    checked.append(f"compared with the templates of {compared} of {found['members']} likenesses")
    unchecked = list(UNCHECKED)
    if found["small"] or found["turned"]:
        unchecked.insert(0, "faces that were found and are too small, or turned too far, to be compared")
    if found["without_template"]:
        unchecked.insert(0, f"whether a face is that of {found['without_template']} likenesses: they have no template")
    return {"state": SHOWN[State(held.state)], "checked": checked, "not_checked": unchecked}


def _looked(path: Path, video: Video) -> Scene | None:
    """Return what was seen; `None`: it could not be looked at."""
    try:
        return scene.of_result(path, seconds=video.seconds + LONGER)
    except (SceneRefused, SandboxFailed, UnsafeContainer):
        return None


def _judged(seen: Scene | None, video: Video) -> tuple[bool, dict[str, Any]]:
    """Return whether nothing speaks against it, and the findings: whole numbers, as canonical JSON takes them."""
    if seen is None:
        return False, {"pictures": 0}
    cast = list(video.appearances.values_list("likeness_id", flat=True))
    compared: Compared = templates.against_cast(
        seen.faces, cast=cast, model=providers.OwnFaceEmbedder.model_sha256, times=lineage.depth(video.pk) + 1
    )
    counts = {name: getattr(compared, name) for name in COUNTED}
    return isinstance(compared, Matched), {
        "pictures": seen.pictures,
        "least_share_thousandths": round(seen.least_share * 1000),
        **counts,
        "places_thousandths": [round(at * 1000) for at in compared.places],
        "model_sha256": providers.OwnFaceEmbedder.model_sha256,
    }
