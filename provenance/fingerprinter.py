"""Make the fingerprints of a video file. A stranger's file is welcome.

    prints = fingerprinter.of(path)

(1) guard: the container is walked before anything decodes it
(2) child: a sandboxed process decodes it, with one demuxer, and gives back small grey pictures and mono sound
(3) FFmpeg's program makes MPEG-7 signatures and chromaprint's words of those

The program is imageio-ffmpeg's, a GPL build: so a process of its own, never imported. It could decode the file itself,
but the sandbox lets no child start a program, and need not: the program meets nothing but samples of a size that we
know, by a demuxer of raw samples. It has limits of its own, no file to write, and no protocol but its pipes.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Final

import imageio_ffmpeg
import numpy as np

from consent.media import guard, sandbox
from consent.media.video import MOST_SECONDS, MOST_SIDE
from ledger.problem import Problem
from provenance import fingerprint
from provenance.fingerprint import FRAMES_A_SECOND, Kind, Print, Signature, SignatureMalformed
from provenance.fingerprint_child import SIDE

CHILD: Final = "provenance.fingerprint_child"
SOUND_RATE: Final = 16_000  # what the child writes
PICTURE_BYTES: Final = SIDE * SIDE
LIMITS: Final = sandbox.Limits(
    memory=1536 << 20,
    cpu_seconds=60,
    wall_seconds=60.0,
    output_bytes=int((MOST_SECONDS + 2) * (2 * FRAMES_A_SECOND * PICTURE_BYTES + 2 * SOUND_RATE)),
    threads=True,  # FFmpeg's scaler
)
PROGRAM_SECONDS: Final = 30  # of the processor, and on the clock, for 600 s of video
PROGRAM_BYTES: Final = 1 << 30  # of address space
QUIET: Final = ("-hide_banner", "-v", "error", "-nostdin", "-protocol_whitelist", "file,pipe")


class FingerprintFailed(Problem):
    """No fingerprints were made: it was not learnt whether the video is like another."""

    code: ClassVar[str] = "fingerprint-failed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The fingerprints could not be made"


class VideoUnplayable(FingerprintFailed):
    """No fingerprints were made, and the file is to blame."""

    code: ClassVar[str] = "video-unplayable"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The video cannot be played"


def of(path: Path, *, sound_hop: int = fingerprint.SOUND_WORDS) -> tuple[Print, ...]:
    """Return the prints of the video at `path`: picture, mirrored picture, without black borders, and sound.

    At least one for the picture. `sound_hop`: words from one code of sound to the next; whoever looks for a copy, which
    may begin anywhere, needs one at every word. Raises `FingerprintFailed`, `OSError`, and
    `guard.UnsafeContainer` for what the file is to blame for.
    """
    with path.open("rb") as source, _scratch() as samples:
        guard.inspect(source)  # (1)
        try:
            answer = sandbox.run(
                CHILD,
                source,
                limits=LIMITS,
                arguments={"seconds": MOST_SECONDS, "side": MOST_SIDE},
                output=samples,
            )  # (2)
            return tuple(_of_samples(answer, samples, sound_hop))  # (3)
        except sandbox.SandboxFailed as failure:
            raise FingerprintFailed(f"{failure.detail}", remedy=failure.remedy) from failure
        except (LookupError, TypeError, ValueError, SignatureMalformed) as error:
            raise FingerprintFailed("Looking at the video gave an answer that makes no sense.") from error


def _of_samples(answer: dict[str, Any], samples: BinaryIO, sound_hop: int) -> Iterator[Print]:
    """Yield every print. The child may have been taken over: its numbers must fit what it wrote."""
    if "unreadable" in answer:
        raise VideoUnplayable("The video cannot be played from beginning to end.", remedy="Send one that can.")
    frames, views, heard = int(answer["frames"]), 1 + bool(answer["trimmed"]), int(answer["samples"])
    pictures, length = frames * PICTURE_BYTES, samples.seek(0, os.SEEK_END)
    if frames < 1 or heard < 0 or length != views * pictures + 2 * heard:
        raise FingerprintFailed("Looking at the video gave an answer that makes no sense.")
    samples.seek(0)
    for kind in (Kind.PICTURE, Kind.TRIMMED)[:views]:
        yield from _of_view(samples.read(pictures), frames, kind)
    yield from fingerprint.of_sound(words(samples.read()), hop=sound_hop)


def _of_view(pixels: bytes, frames: int, kind: Kind) -> Iterator[Print]:
    """Yield the prints of a picture and of its mirror image, whose signatures one run of the program makes."""
    upright = np.frombuffer(pixels, np.uint8).reshape(frames, SIDE, SIDE)
    found = signatures(pixels + upright[:, :, ::-1].tobytes())
    if len(found) != 2 * frames:
        raise SignatureMalformed("there is not one signature for each frame")
    yield from fingerprint.of_picture(found[:frames], kind=kind)
    yield from fingerprint.of_picture(found[frames:], kind=kind, mirrored=True)


def signatures(pixels: bytes) -> list[Signature]:
    """Return the MPEG-7 signature of each grey picture of SIDE x SIDE."""
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-video_size", f"{SIDE}x{SIDE}", "-framerate", str(FRAMES_A_SECOND))
    into = ("-vf", "signature=format=binary:filename=/dev/stdout", "-f", "null", "-")
    return fingerprint.signatures(_run([*raw, "-i", "pipe:0", *into], pixels))


def words(sound: bytes) -> list[int]:
    """Return chromaprint's words of 16 kHz mono samples; none for less than it needs, about two seconds and a half."""
    if not sound:
        return []
    raw = ("-f", "s16le", "-ar", str(SOUND_RATE), "-ac", "1")
    into = ("-ar", "11025", "-f", "chromaprint", "-fp_format", "raw", "pipe:1")
    data = _run([*raw, "-i", "pipe:0", *into], sound)
    return [int(word) for word in np.frombuffer(data[: len(data) // 4 * 4], "<u4")]


def _run(arguments: list[str], data: bytes) -> bytes:
    """Run FFmpeg's program over samples of ours and return what it writes; raise `FingerprintFailed`."""
    try:
        program = imageio_ffmpeg.get_ffmpeg_exe()
        with subprocess.Popen(
            [program, *QUIET, "-threads", "1", "-filter_threads", "1", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"LANG": "C.UTF-8"},
            cwd="/",
            start_new_session=True,
        ) as child:
            try:
                _limit(child.pid)
                made, _ = child.communicate(data, timeout=PROGRAM_SECONDS)
            finally:
                child.kill()
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:
        raise FingerprintFailed("The program that makes fingerprints does not run, or does not end.") from error
    if child.returncode != 0:
        raise FingerprintFailed("The program that makes fingerprints failed.")
    return made


def _limit(process: int) -> None:
    """Bound the program, where the system can do it from outside; elsewhere the clock remains."""
    if sys.platform != "linux":
        return
    bounds = {
        resource.RLIMIT_CPU: PROGRAM_SECONDS,
        resource.RLIMIT_AS: PROGRAM_BYTES,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
    }
    for what, most in bounds.items():
        resource.prlimit(process, what, (most, most))


@contextmanager
def _scratch() -> Iterator[BinaryIO]:
    """Give a file without a name: in memory where the system can, so that nothing of an upload meets a disk."""
    if hasattr(os, "memfd_create"):
        with os.fdopen(os.memfd_create("samples"), "w+b", buffering=0) as memory:
            yield memory
    else:
        with tempfile.TemporaryFile("w+b", buffering=0) as file:
            yield file
