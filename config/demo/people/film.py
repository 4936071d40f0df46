"""Write pictures and sound as a calibration clip: H.264 and AAC in MP4, marked as synthetic in every frame."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from config.demo.people.geometry import Numbers
from config.demo.people.performance import EACH, FPS, RATE
from config.demo.people.portrait import HEIGHT, WIDTH

type Picture = NDArray[np.uint8]

QUALITY = "24"  # x264's crf
GRAIN = 1.2  # of 255: the noise of a sensor, also against bands in the wall


def caption(name: str) -> str:
    """Return what every frame says."""
    return f"SYNTHETIC PERSON - {name.upper()}"


def marked(picture: Picture, text: str) -> Picture:
    """Write the text into the lower left corner, clear of the face."""
    out, at = np.ascontiguousarray(picture), (10, picture.shape[0] - 14)
    cv2.putText(out, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 3, cv2.LINE_AA)
    cv2.putText(out, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.5, (255, 255, 255), 1, cv2.LINE_AA)
    return out


def write(path: Path, pictures: Iterable[Picture], sound: Numbers, text: str) -> None:
    """Write the clip as the pictures come; `sound` has EACH samples for every one of them."""
    rng = np.random.default_rng(0)
    pcm = (np.clip(sound, -1, 1) * 32767).astype("<i2")
    with av.open(str(path), "w", options={"movflags": "+faststart"}) as clip:
        clip.metadata["comment"] = text
        video = clip.add_stream("libx264", rate=FPS, options={"crf": QUALITY, "preset": "slow"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = clip.add_stream("aac", rate=RATE, layout="mono")
        audio.bit_rate = 64_000
        for number, picture in enumerate(pictures):
            noisy = np.clip(picture + rng.normal(0, GRAIN, picture.shape[:2])[..., None], 0, 255).astype(np.uint8)
            clip.mux(video.encode(av.VideoFrame.from_ndarray(marked(noisy, text), format="rgb24")))
            part = pcm[None, number * EACH : (number + 1) * EACH]
            heard = av.AudioFrame.from_ndarray(part, format="s16", layout="mono")
            heard.sample_rate, heard.pts = RATE, number * EACH
            clip.mux(audio.encode(heard))
        clip.mux(video.encode())
        clip.mux(audio.encode())
