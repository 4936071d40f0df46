"""Make the file: pictures from the composition, sound from the clips, H.264 and AAC in an mp4 of the ordered length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from gpu_client.reference_renderer.composition import LABEL, Composition
from gpu_client.reference_renderer.footage import RATE, sound

FPS = 24
FADE = 0.08  # seconds
PARENT_VOLUME = 0.3


class Aborted(Exception):  # noqa: N818 - what happened, in one word
    """Somebody asked us to stop. The half-made file is worthless."""


def shoot(
    target: Path,
    *,
    prompt: str,
    seconds: int,
    size: tuple[int, int],
    cast: Sequence[bytes],
    parent: bytes | None,
    progress: Callable[[int], None],
) -> None:
    """Write the mp4 to `target`. `progress` gets 0 to 99 and may raise Aborted; FootageUnreadable comes from clips."""
    composition = Composition(prompt, size, cast, parent)
    samples = soundtrack(cast, parent, seconds)
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        container.metadata["title"] = "Countenance reference render"
        container.metadata["comment"] = LABEL
        video = container.add_stream("libx264", rate=FPS, options={"crf": "19", "preset": "veryfast"})
        video.width, video.height, video.pix_fmt = *size, "yuv420p"
        audio = container.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 96_000
        each = RATE // FPS
        for number in range(seconds * FPS):
            progress(number * 100 // (seconds * FPS))
            picture = composition.frame(number / FPS)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
            chunk = av.AudioFrame.from_ndarray(samples[None, number * each : (number + 1) * each], "flt", "mono")
            chunk.sample_rate, chunk.pts = RATE, number * each
            container.mux(audio.encode(chunk))
        container.mux(video.encode())
        container.mux(audio.encode())


def soundtrack(cast: Sequence[bytes], parent: bytes | None, seconds: int) -> NDArray[np.float32]:
    """Mix the cast's voices, each repeated or cut to the length, over the parent's sound kept low."""
    length = seconds * RATE
    voices = [track for clip in cast if len(track := sound(clip))]
    mix = np.zeros(length, np.float32)
    for voice in voices:
        mix += np.resize(voice, length) / len(voices) ** 0.5
    if parent is not None and len(track := sound(parent)):
        mix += np.resize(track, length) * PARENT_VOLUME
    ramp = np.linspace(0, 1, round(FADE * RATE), dtype=np.float32)
    mix[: len(ramp)] *= ramp
    mix[-len(ramp) :] *= ramp[::-1]
    return np.clip(mix, -1, 1).astype(np.float32)
