"""What the page that records needs: the prompts with their times, every word its script says, and who may use what.

The script (`consent/recorder.js`) holds no text. It makes MP4 or nothing: `consent/media/guard.py` takes no other
container, so a browser that records WebM alone is sent to the device's own camera, in words, before anything is filmed.
The header that opens camera and microphone is set here, and the recording is played back from the page's own memory,
so `blob:` is let in for media on this page alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from consent import capture
from consent.media import clip
from consent.media.challenge import SPEAK

if TYPE_CHECKING:
    from consent.models import EnrolmentSession

POLICY: Final = {**settings.SECURE_CSP, "media-src": [CSP.SELF, "blob:"]}

DEVICES: Final = "Permissions-Policy"
OPEN: Final = "camera=(self), microphone=(self), geolocation=(), display-capture=()"
AHEAD, TURN, SAY, END = 2.0, 3.6, 8.5, 1.0  # seconds; with three turns within `clip.LONGEST`
ARROWS: Final = {"left": "←", "right": "→", "up": "↑", "down": "↓"}  # on the picture, which is a mirror
WORDS: Final = {
    "asking": _("Your browser asks whether this page may use camera and microphone. Please allow it."),
    "ready": _("This is you. Fill about a third of the width, with light on your face. Then start."),
    "count": _("Starting in three seconds. Look straight ahead."),
    "ahead": _("Look straight ahead."),
    "end": _("Look straight ahead. Done."),
    "made": _("Recorded. Look at it, then send it or record again. It has not been sent."),
    "short": _("That was too short. Record again, and follow the steps to their end."),
    "sending": _("Sending. Please stay on this page."),
    "part": _("sent"),
    "judging": _("It is with us. We look at it now; this takes some seconds."),
    "stopped": _("Sending was stopped. Your recording is still here: send it again, or record again."),
    "lost": _("It did not arrive. Your recording is still here: check your connection and send it again."),
    "refused": _(
        "Camera or microphone were not allowed. Allow both for this page in your browser's settings, beside the "
        "address, and try again; or send a recording made with your device's camera, below."
    ),
    "absent": _(
        "No camera or no microphone was found. Connect one and try again, or send a recording made with another "
        "device, below."
    ),
    "busy": _(
        "Another program is using the camera or the microphone. Close it and try again, or send a recording below."
    ),
    "gone": _("Camera or microphone were cut off. Nothing was kept. Try again."),
    "insecure": _(
        "Browsers record only over a secure connection. Send a recording made with your device's camera, below."
    ),
    "unsupported": _("This browser cannot record video. Send a recording made with your device's camera, below."),
    "webm": _(
        "This browser records only in a form that we do not take (WebM). Use another browser, or send a recording "
        "made with your device's camera, below."
    ),
    "other": _(
        "The camera could not be started. Try again, or send a recording made with your device's camera, below."
    ),
}


def plan(session: EnrolmentSession) -> dict[str, Any]:
    """Return for the script: each prompt with its seconds and sign, its words, and what a recording may be."""
    said = capture.asked_of(session).instructions(session.language)
    prompts = [
        {"say": text, "sign": ARROWS.get(step, ""), "seconds": SAY if step == SPEAK else TURN}
        for step, text in zip(session.steps, said, strict=True)
    ]
    whole = [{"word": "ahead", "seconds": AHEAD}, *prompts, {"word": "end", "seconds": END}]
    return {
        "prompts": whole,
        "language": session.language,
        "words": {name: str(text) for name, text in WORDS.items()},
        "shortest": clip.SHORTEST,
        "longest": clip.LONGEST - 1,
    }
