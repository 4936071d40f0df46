"""Judge a calibration clip: one face that moves, one voice that speaks, in a video of usable size.

1. The box walker (`guard`) in this process.
2. Decoding and measuring in a child process (`clip_child` under `sandbox`).
3. The rules below, on numbers only, in this process.

What passing means: the file is a video in which one face moved and somebody spoke. It is no liveness and no
identification: a free script makes such a clip of one photograph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from consent.media import guard, sandbox
from consent.media.weights import SHA256
from ledger.problem import Problem

POINTER = "/clip"
MOST_BYTES = 32 << 20
SHORTEST, LONGEST = 3.0, 30.0  # seconds
MOST_SIDE = 2560  # pixels of the longer side
FPS = 8  # pictures a second that are looked at
SMALLEST_FACE = 0.06  # of the longer side; smaller faces are the background's
ONE_FACE = 0.97  # share of the pictures with exactly one face
LEAST_VOICED = 1.0  # seconds
FEWEST_PICTURES = 12
# a face counts as moving if one of these spans more than this between the 5th and the 95th percentile of the clip
LEAST_TURN = 5.0  # degrees of yaw, or of pitch
LEAST_TRAVEL = 0.08  # of the face's width, sideways or upwards
LIMITS = sandbox.Limits(memory=1536 << 20, cpu_seconds=60, wall_seconds=90.0, threads=True)  # FFmpeg's scaler


@dataclass(frozen=True, slots=True)
class ClipReport:
    """What was measured in a clip that passed. Kept with the enrolment; `record()` is its canonical form.

    seconds:        from the first frame to the last
    width, height:  pixels as stored, before rotation
    frames_seen:    pictures looked at
    one_face_share: of them, with exactly one face
    yaw, pitch:     degrees that the head turned through; travel: of its own width that it moved
    voiced_seconds: of sound with a pitch, above the noise
    network:        "none" if the child that decoded had no network, else "inherited"
    """

    seconds: float
    width: int
    height: int
    video_codec: str
    audio_codec: str
    frames_seen: int
    one_face_share: float
    yaw: float
    pitch: float
    travel: float
    voiced_seconds: float
    network: str

    def record(self) -> dict[str, Any]:
        """Return the measurements as JSON without fractions (canonical JSON has none): thousandths of each unit."""
        facts: dict[str, Any] = {}
        for name, value in asdict(self).items():
            if isinstance(value, float):
                facts[f"{name}_thousandths"] = round(value * 1000)
            else:
                facts[name] = value
        return {**facts, "models": dict(SHA256), "assurance": "measured-only"}


class ClipRefused(Problem):
    """The clip cannot serve as a calibration clip; `remedy` tells a person what to do."""

    code: ClassVar[str] = "clip-refused"
    title: ClassVar[str] = "The clip cannot be used"


class ClipTooLarge(ClipRefused):
    """More bytes than are taken."""

    code = "clip-too-large"
    status = 413


class ClipTooLong(ClipRefused):
    """Longer than needed."""

    code = "clip-too-long"


class ClipTooShort(ClipRefused):
    """Too short to show anything."""

    code = "clip-too-short"


class ClipTooWide(ClipRefused):
    """More pixels than are decoded."""

    code = "clip-too-wide"


class ClipUnreadable(ClipRefused):
    """The decoder cannot make sense of it."""

    code = "clip-unreadable"


class ClipCodec(ClipRefused):
    """A codec that is not decoded here."""

    code = "clip-codec"


class ClipWithoutPicture(ClipRefused):
    """There is no video in it."""

    code = "clip-without-picture"


class ClipWithoutSound(ClipRefused):
    """There is no sound track."""

    code = "clip-without-sound"


class ClipWithoutVoice(ClipRefused):
    """There is sound, but nobody speaks."""

    code = "clip-without-voice"


class ClipWithoutFace(ClipRefused):
    """No face, or not for long enough."""

    code = "clip-without-face"


class ClipWithSeveralFaces(ClipRefused):
    """Somebody else is in view."""

    code = "clip-several-faces"


class ClipStill(ClipRefused):
    """The face does not move."""

    code = "clip-still"


RECORD_AGAIN = "Record the clip again with your phone or browser, and send the file as it is."
UNREADABLE: dict[str, tuple[type[ClipRefused], str, str]] = {
    "unreadable": (ClipUnreadable, "The clip cannot be opened as a video.", RECORD_AGAIN),
    "broken": (ClipUnreadable, "Part of the clip cannot be decoded: the file is damaged.", RECORD_AGAIN),
    "timestamps": (ClipUnreadable, "The clip's frames carry no usable times.", RECORD_AGAIN),
    "no-timestamps": (ClipUnreadable, "The clip's frames carry no times.", RECORD_AGAIN),
    "no-picture": (ClipWithoutPicture, "The file holds no moving picture.", "Send a video, not a sound recording."),
    "video-codec": (ClipCodec, "The picture uses a codec that we do not read.", "Export it as MP4 with H.264 and AAC."),
    "audio-codec": (ClipCodec, "The sound uses a codec that we do not read.", "Export it as MP4 with H.264 and AAC."),
    "too-long": (
        ClipTooLong,
        f"The clip is longer than {LONGEST:.0f} seconds.",
        f"Cut it to between {SHORTEST:.0f} and {LONGEST:.0f} seconds.",
    ),
    "too-wide": (
        ClipTooWide,
        f"The picture is more than {MOST_SIDE} pixels on its longer side.",
        "Record in 1080p, or scale it down.",
    ),
}


def probe(clip: bytes) -> ClipReport:
    """Return what was measured in a clip that passes every rule.

    Raises `ClipRefused` (a rule of ours), `guard.UnsafeContainer` (not a sound MP4) and `sandbox.SandboxFailed` (could
    not check), each with pointer "/clip".
    """
    arguments = {"seconds": LONGEST, "side": MOST_SIDE, "fps": FPS, "smallest": SMALLEST_FACE}
    return look(clip, "consent.media.clip_child", arguments, judge)


def look[T](clip: bytes, program: str, arguments: dict[str, Any], judged: Callable[[dict[str, Any]], T]) -> T:
    """Return what `judged` makes of what `program` measures in the child. Raises as `probe` does.

    The child may have been taken over: whatever error its numbers cause in `judged` is a check that could not be made.
    """
    if len(clip) > MOST_BYTES:
        raise ClipTooLarge(
            f"The clip has {len(clip):,} bytes; at most {MOST_BYTES:,} are taken.",
            pointer=POINTER,
            remedy="Record in 720p, or make it shorter.",
        )
    guard.inspect(BytesIO(clip), max_bytes=MOST_BYTES, pointer=POINTER)
    try:
        unverified = sandbox.run(program, clip, limits=LIMITS, arguments=arguments)
        return judged(unverified)
    except sandbox.SandboxFailed as error:
        error.pointer = POINTER
        raise
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:  # a child may be taken over
        raise sandbox.SandboxGarbled(
            "Checking the clip gave an answer that makes no sense.", pointer=POINTER, remedy=RECORD_AGAIN
        ) from error


def judge(measured: dict[str, Any]) -> ClipReport:
    """Apply the rules to what the child measured. Raises `ClipRefused` for the first that fails."""
    check_length(measured)
    share = _faces(measured["counts"])
    yaw, pitch, travel = _movement(np.array(measured["track"], np.float64))
    voiced = _voice(measured)
    return ClipReport(
        seconds=float(measured["seconds"]),
        width=int(measured["width"]),
        height=int(measured["height"]),
        video_codec=str(measured["video_codec"]),
        audio_codec=str(measured["audio_codec"]),
        frames_seen=len(measured["counts"]),
        one_face_share=share,
        yaw=yaw,
        pitch=pitch,
        travel=travel,
        voiced_seconds=voiced,
        network=str(measured["network"]),
    )


def check_length(measured: dict[str, Any]) -> None:
    """Raise `ClipRefused` for what could not be decoded, or is not of a useful length."""
    if "unreadable" in measured:
        refusal, detail, remedy = UNREADABLE[measured["unreadable"]]
        raise refusal(detail, pointer=POINTER, remedy=remedy)
    seconds = float(measured["seconds"])
    if not seconds >= SHORTEST:  # written so that NaN fails
        raise ClipTooShort(
            f"The clip lasts {seconds:.1f} seconds; at least {SHORTEST:.0f} are needed.",
            pointer=POINTER,
            remedy=f"Record between {SHORTEST:.0f} and {LONGEST:.0f} seconds.",
        )
    if not seconds <= LONGEST:
        refusal, detail, remedy = UNREADABLE["too-long"]
        raise refusal(detail, pointer=POINTER, remedy=remedy)


def _faces(counts: list[int]) -> float:
    """Return the share of pictures with exactly one face. Too few pictures is a failure, never a pass."""
    one, several = sum(count == 1 for count in counts), sum(count > 1 for count in counts)
    if len(counts) >= FEWEST_PICTURES and one >= ONE_FACE * len(counts):
        return one / len(counts)
    if several > (1 - ONE_FACE) * len(counts):
        raise ClipWithSeveralFaces(
            f"More than one face is in view in {several} of {len(counts)} pictures.",
            pointer=POINTER,
            remedy="Record alone, with no portraits or screens behind you.",
        )
    raise ClipWithoutFace(
        f"A face is in view in only {one} of {len(counts)} pictures; all but a few must show yours.",
        pointer=POINTER,
        remedy="Look into the camera in good light, uncovered, close enough that your face fills a fifth of the width.",
    )


def _movement(track: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the spans of yaw, of pitch and of the position; columns as `clip_child` writes them."""
    smooth = np.median(np.stack([track[:-2], track[1:-1], track[2:]]), axis=0)  # a single bad picture is no movement
    yaw, pitch, x, y = np.ptp(np.percentile(smooth[:, 1:5], [5, 95], axis=0), axis=0).tolist()
    travel = max(x, y)
    if not (yaw >= LEAST_TURN or pitch >= LEAST_TURN or travel >= LEAST_TRAVEL):
        raise ClipStill(
            "The face does not move: this looks like a still picture.",
            pointer=POINTER,
            remedy="Record a video of yourself. Turn your head a little to each side while you speak.",
        )
    return yaw, pitch, travel


def _voice(measured: dict[str, Any]) -> float:
    """Return the voiced seconds."""
    remedy = "Record in a quiet place and say a few sentences; check that the microphone is on."
    if measured["audio_codec"] is None or not float(measured["voice"]["seconds"]) > 0:
        raise ClipWithoutSound("The clip has no sound.", pointer=POINTER, remedy=remedy)
    voiced = float(measured["voice"]["voiced_seconds"])
    if not voiced >= LEAST_VOICED:
        raise ClipWithoutVoice(
            f"Speech was heard for {voiced:.1f} seconds; at least {LEAST_VOICED:.0f} is needed.",
            pointer=POINTER,
            remedy=remedy,
        )
    return voiced
