"""A film as a phone writes it: QuickTime, stored turned, with tracks of timecode and metadata beside it (made here)."""

from __future__ import annotations

import struct
import subprocess
from pathlib import Path

import imageio_ffmpeg

CODECS = {
    "avc1": ["-c:v", "libx264", "-preset", "ultrafast"],
    "hvc1": ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-x265-params", "log-level=error"],
}
SAMPLE = struct.pack(">IIB", 9, 1, 1)  # of timed metadata: one face was detected
MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def filmed(clip: Path, folder: Path, codec: str, *, seconds: float = 5.0) -> bytes:
    """Return the clip's beginning as a phone held upright stores it: a quarter turned, and a matrix to turn it back."""
    turned, film = folder / f"turned-{codec}.mov", folder / f"film-{codec}.mov"
    quick = ["-t", str(seconds), "-vf", "transpose=2", *CODECS[codec], "-pix_fmt", "yuv420p", "-c:a", "aac"]
    _run("-i", clip, *quick, turned)
    named = ["-metadata:s:v:0", "handler_name=Core Media Video", "-metadata", "com.apple.quicktime.make=Apple"]
    extra = ["-timecode", "00:00:00:00", *named, "-movflags", "use_metadata_tags", "-brand", "qt  "]
    _run("-display_rotation:v:0", "-90", "-i", turned, "-c", "copy", *extra, film)
    return with_metadata_track(film.read_bytes())


def with_metadata_track(film: bytes, *, shift: int = 0) -> bytes:
    """Put a track of timed metadata (`mebx`) into a film whose header is last; `shift` tells its sample elsewhere."""
    at = film.rindex(b"moov") - 4
    assert at + int.from_bytes(film[at : at + 4]) == len(film)
    return film[:at] + _box(b"mdat", SAMPLE) + _box(b"moov", film[at + 8 :], _track(at + 8 + shift))


def _run(*words: str | Path) -> None:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", *map(str, words)], check=True)


def _track(offset: int) -> bytes:
    """Return a track as QuickTime writes it: a mhlr handler, a data reference by alias, keys of what is measured."""
    key = b"mdta" + b"com.apple.quicktime.detected-face"
    local = _box(struct.pack(">I", 1), _box(b"keyd", key), _box(b"dtyp", struct.pack(">II", 0, 65)))
    entry = _box(b"mebx", b"\0" * 6, struct.pack(">H", 1), _box(b"keys", local))
    table = _box(
        b"stbl",
        _full(b"stsd", struct.pack(">I", 1), entry),
        _full(b"stts", struct.pack(">III", 1, 1, 600)),
        _full(b"stsc", struct.pack(">IIII", 1, 1, 1, 1)),
        _full(b"stsz", struct.pack(">II", len(SAMPLE), 1)),
        _full(b"stco", struct.pack(">II", 1, offset)),
    )
    header = _box(b"gmhd", _full(b"gmin", struct.pack(">6H", 0x40, 0x8000, 0x8000, 0x8000, 0, 0)))
    handled = _full(b"hdlr", b"dhlralisappl", b"\0" * 8, b"\x17Core Media Data Handler")
    here = _box(b"dinf", _full(b"dref", struct.pack(">I", 1), _box(b"alis", b"\0\0\0\1")))
    media = _box(
        b"mdia",
        _full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 600, 600, 0x55C4, 0)),
        _full(b"hdlr", b"mhlrmetaappl", b"\0" * 8, b"\x13Core Media Metadata"),
        _box(b"minf", header, handled, here, table),
    )
    tkhd = _box(b"tkhd", struct.pack(">6I2I4H", 15, 0, 0, 9, 0, 600, 0, 0, 0, 0, 0, 0), MATRIX, b"\0" * 8)
    return _box(b"trak", tkhd, _box(b"tref", _box(b"cdsc", struct.pack(">I", 1))), media)


def _full(kind: bytes, *body: bytes) -> bytes:
    return _box(kind, b"\0" * 4, *body)


def _box(kind: bytes, *body: bytes) -> bytes:
    whole = b"".join(body)
    return struct.pack(">I", 8 + len(whole)) + kind + whole
