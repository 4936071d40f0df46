"""What the closed lists of videos, requests and refusals say to the person who is shown."""

from __future__ import annotations

from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent.models import Approval, Likeness
from consent.policy import Reason
from provenance.models import Video

type Text = str | Promise

PURPOSES: Final[dict[str, Text]] = {
    "personal": _("private enjoyment"),
    "entertainment": _("entertainment"),
    "satire": _("satire"),
    "education": _("education"),
    "advertising": _("advertising"),
}
STATES: Final[dict[str, tuple[str, Text]]] = {
    Video.State.QUEUED: ("info", _("Being made")),
    Video.State.RENDERING: ("info", _("Being made")),
    Video.State.STAMPING: ("open", _("Draft")),
    Video.State.PUBLISHED: ("good", _("Shown")),
    Video.State.FAILED: ("paused", _("Not made")),
    Video.State.WITHHELD: ("bad", _("Not shown")),
}
ENDS: Final[dict[str, Text]] = {
    "approval-refused": _("You, or somebody who decides with you, said no."),
    "approval-timed-out": _("Nobody said yes in time, which is a no."),
    "consent-withdrawn": _("Permission has ended, so it is not shown."),
    "deleted": _("Whoever asked for it has deleted it."),
}
LIKENESS: Final[dict[str, tuple[str, Text]]] = {
    Likeness.State.ENROLLING: ("open", _("Not enrolled yet")),
    Likeness.State.ACTIVE: ("good", _("In use")),
    Likeness.State.DISPUTED: ("warn", _("Disputed")),
    Likeness.State.SUSPENDED: ("paused", _("Paused")),
    Likeness.State.WITHDRAWN: ("bad", _("Withdrawn")),
}
ANSWERS: Final[dict[str, tuple[str, Text]]] = {
    Approval.State.PENDING: ("warn", _("Waits for you")),
    Approval.State.GIVEN: ("good", _("You said yes")),
    Approval.State.REFUSED: ("bad", _("You said no")),
    Approval.State.TIMED_OUT: ("paused", _("No answer, so no")),
}
REASONS: Final[dict[str, Text]] = {
    Reason.NO_APPEARANCE: _("Nobody was named as being in it."),
    Reason.NO_GRANT: _("No permission of yours covers it."),
    Reason.NOT_IN_AUDIENCE: _("Your permission is not for them."),
    Reason.OUTSIDE_WINDOW: _("Your permission has not begun."),
    Reason.GRANT_EXPIRED: _("Your permission is over."),
    Reason.GRANT_WITHDRAWN: _("You took the permission back."),
    Reason.GRANT_SUSPENDED: _("Your permission is paused."),
    Reason.PURPOSE: _("You did not permit this purpose."),
    Reason.CAMPAIGN: _("You did not permit this campaign."),
    Reason.TERRITORY: _("You did not permit this place."),
    Reason.MODALITY: _("You did not permit this part of you, such as your voice."),
    Reason.SCENE_CLASS: _("You did not permit such a scene."),
    Reason.SPEECH: _("You did not permit these words."),
    Reason.CO_APPEARANCE: _("You did not permit being shown with somebody in it."),
    Reason.REMIX: _("You did not permit making it out of another video."),
    Reason.TRAINING: _("You did not permit training a model."),
    Reason.COUNT_EXHAUSTED: _("All the videos that you permitted are made."),
    Reason.SECONDS_EXHAUSTED: _("It would be longer than you permitted."),
    Reason.QUOTA_EXHAUSTED: _("They have used up what you permitted them."),
    Reason.MINOR_SCOPE: _("A child is never open to everybody."),
    Reason.BLOCKED: _("It is blocked."),
    Reason.ACCOUNT_SUSPENDED: _("The likeness is not in use."),
    Reason.AUTHORITY_DISPUTED: _("Who may decide is disputed."),
    Reason.APPROVAL_PENDING: _("Your yes is still missing."),
    Reason.APPROVAL_REFUSED: _("You said no."),
    Reason.APPROVAL_TIMED_OUT: _("Nobody said yes in time."),
    Reason.CHECK_FAILED: _("Something could not be checked, and then the answer is no."),
}


def purpose(code: object) -> str:
    """Return a purpose in words; "": who asked was erased, and what they asked for with them."""
    return str(PURPOSES.get(str(code), code)) if code else ""


def state(video: Video, *, stands: bool) -> tuple[str, str]:
    """Return shape and words for how a video is; `stands`: it may be shown now."""
    if video.deleted_at is not None:
        return "paused", gettext("Deleted")
    if video.state == Video.State.PUBLISHED and not stands:
        return "bad", gettext("Not shown")
    shape, text = STATES[Video.State(video.state)]
    return shape, str(text)


def end(video: Video, *, stands: bool) -> str:
    """Return why a video is not shown, in a sentence; "": it is, or will be."""
    if video.deleted_at is not None:
        return str(ENDS["deleted"])
    if video.state == Video.State.FAILED:
        return gettext("It was not made.")
    if video.state == Video.State.WITHHELD:
        return str(ENDS.get(video.error_code, gettext("It was stopped before anybody saw it.")))
    if video.state == Video.State.PUBLISHED and not stands:
        return str(ENDS["consent-withdrawn"])
    return ""


def reason(code: str) -> str:
    """Return a reason for a refusal; one that is not known here is shown as its code."""
    return str(REASONS.get(code, code))


def somebody(name: str) -> str:
    """Return a name, or what stands for a party that was erased."""
    return name or gettext("somebody who has left")
