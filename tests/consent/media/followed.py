"""The numbers of a clip that follows its challenge, for tests that need no pixels."""

from __future__ import annotations

from typing import Any

import numpy as np

from consent.media import capture
from consent.media.capture import Capture, Template
from consent.media.challenge import Challenge

STEPS = ("left", "speak", "up")
SAID = ("one", "two", "three", "four", "five", "six")
ASKED = Challenge(STEPS, SAID)


def followed(**changes: Any) -> Capture:  # noqa: ANN401 - members of a capture
    """Return the numbers of a clip of ten seconds that follows: left at 2 s, speech from 4 to 6, up at 8."""
    times = np.arange(0, 10, 0.125)
    track = np.zeros((len(times), capture.COLUMNS))
    track[:, 0] = times
    track[(times > 1.5) & (times < 2.5), 1] = 20
    track[(times > 7.5) & (times < 8.5), 2] = 12
    speaking = (times > 4) & (times < 6)
    track[:, 3] = np.where(speaking, 0.1 + 0.1 * np.sin(times * 9), 0.01)
    track[:, 4:] = [200, 300, 120]
    templates = tuple(Template(at, 0.0, np.full(capture.NUMBERS, 0.1)) for at in np.arange(0, 10, 0.5).tolist())
    values: dict[str, Any] = {
        "clip": b"",
        "seconds": 10.0,
        "width": 480,
        "height": 640,
        "video_codec": "h264",
        "audio_codec": "aac",
        "network": "none",
        "counts": (1,) * len(times),
        "track": track,
        "loudness": np.where(speaking, 0.2 + 0.2 * np.sin(times * 9), 0.0),
        "templates": templates,
        "spoken": (4.0, 6.0),
        "heard": SAID,
    }
    return Capture(**values | changes)
