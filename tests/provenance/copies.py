"""Make copies of a video as people make them, and measure how far their fingerprints are from the original's.

python -m tests.provenance.copies            the table of docs/design/fingerprints.md
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from itertools import combinations
from pathlib import Path

import imageio_ffmpeg

from consent.media.guard import UnsafeContainer
from provenance import fingerprint, fingerprinter
from provenance.fingerprint import Kind, Print

ROOT = Path(__file__).resolve().parents[2]
CLIPS = {
    "astronaut": ROOT / "tests/media/calibration_astronaut.mp4",
    "hopper": ROOT / "tests/media/calibration_grace_hopper.mp4",
    "ada": ROOT / "config/demo/people/ada.mp4",
    "noor": ROOT / "config/demo/people/noor.mp4",
}
LOGO = "drawbox=x=iw*0.72:y=ih*0.04:w=iw*0.24:h=ih*0.14:color=white@0.9:t=fill"
BARS = "scale=iw:ih*3/4,pad=iw:ih*4/3:0:(oh-ih)/2:black,setsar=1"
EVEN = "scale=trunc(iw/2)*2:trunc(ih/2)*2"
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "48k")
COPIES: dict[str, tuple[str, ...]] = {
    "crf 28": (*X264, "-crf", "28", *AAC),
    "crf 38": (*X264, "-crf", "38", *AAC),
    "360p": ("-vf", "scale=-2:360", *X264, *AAC),
    "240p": ("-vf", "scale=-2:240", *X264, *AAC),
    "vp9": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "300k", "-c:a", "libopus"),
    "15 fps": ("-r", "15", *X264, *AAC),
    "speed x1.1": ("-vf", "setpts=PTS/1.1", "-af", "atempo=1.1", *X264, *AAC),
    "trim 3 s": ("-ss", "3", *X264, *AAC),
    "brightness": ("-vf", "eq=brightness=0.12:contrast=1.1", *X264, *AAC),
    "logo": ("-vf", LOGO, *X264, *AAC),
    "crop 5 %": ("-vf", f"crop=iw*0.95:ih*0.95,{EVEN}", *X264, *AAC),
    "crop 20 %": ("-vf", f"crop=iw*0.8:ih*0.8,{EVEN}", *X264, *AAC),
    "rotate 5 degrees": ("-vf", "rotate=5*PI/180:c=black", *X264, *AAC),
    "letterbox": ("-vf", f"{BARS},{EVEN}", *X264, *AAC),
    "mirror": ("-vf", "hflip", *X264, *AAC),
    "audio re-encode": ("-c:v", "copy", "-c:a", "libmp3lame", "-b:a", "64k"),
}
FAR = fingerprint.CODE_BITS


def ffmpeg(*arguments: str) -> None:
    """Run FFmpeg's program over files of ours."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(command, check=True, capture_output=True)


def copied(source: Path, how: str, target: Path, *, seconds: float = 60) -> Path:
    """Write a copy of the first `seconds` of `source`, without any credential."""
    ffmpeg("-t", str(seconds), "-i", str(source), *COPIES[how], "-map_metadata", "-1", str(target))
    return target


def least(copy: tuple[Print, ...], original: tuple[Print, ...], kinds: set[Kind], *, mirrored: bool) -> int:
    """Return the least distance of a window of a copy to one of the original, among these kinds of codes."""
    asked = [one for one in copy if one.kind in kinds and one.telling and not one.mirrored]
    kept = [one for one in original if one.kind in kinds and one.telling and one.mirrored <= mirrored]
    return min((fingerprint.distance(one.code, other.code) for one in asked for other in kept), default=FAR)


VIEWS = {
    "plain": ({Kind.PICTURE}, False),
    "+mirrored": ({Kind.PICTURE}, True),
    "+trimmed": ({Kind.PICTURE, Kind.TRIMMED}, True),
    "sound": ({Kind.SOUND}, False),
}


def measured(copy: tuple[Print, ...], original: tuple[Print, ...]) -> list[int]:
    """Return the least distance by each way of looking."""
    return [least(copy, original, kinds, mirrored=mirrored) for kinds, mirrored in VIEWS.values()]


def main() -> None:
    """Print the table: for each clip the distance as it is, with mirrored codes, with trimmed ones, of the sound."""
    originals = {name: fingerprinter.of(path) for name, path in CLIPS.items()}
    sys.stdout.write(f"{'':18}" + "".join(f"{name:>22}" for name in CLIPS) + "   (" + " / ".join(VIEWS) + ")\n")
    with tempfile.TemporaryDirectory() as folder:
        for how in COPIES:
            cells = []
            for name, path in CLIPS.items():
                try:
                    copy = fingerprinter.of(copied(path, how, Path(folder) / f"{name}.mp4"), sound_hop=1)
                    cells.append(" / ".join(map(str, measured(copy, originals[name]))))
                except (UnsafeContainer, fingerprinter.FingerprintFailed) as refusal:
                    cells.append(refusal.code)
            sys.stdout.write(f"{how:18}" + "".join(f"{cell:>22}" for cell in cells) + "\n")
    for one, other in combinations(CLIPS, 2):
        far = " / ".join(map(str, measured(originals[one], originals[other])))
        sys.stdout.write(f"{one} and {other}: {far}\n")


if __name__ == "__main__":
    main()
