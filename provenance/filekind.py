"""What a file that is no MP4 seems to be, by its first bytes, so that a person is told by name what cannot be read.

Pure. A guess for one sentence and nothing more: what decides is `consent.media.guard`.
Sources: RFC 9559 (Matroska), WebM container guidelines, ISO/IEC 11172-3 and id3.org (MP3), ISO/IEC 10918-1, PNG third
edition, RFC 9649 (WebP), RFC 3533 (Ogg), RFC 9639 (FLAC), ISO/IEC 13818-1 (MPEG-TS), ISO 32000-2 (PDF), GIF89a.
"""

from __future__ import annotations

import os
from typing import BinaryIO

HEAD = 64  # bytes that are looked at
EBML = b"\x1a\x45\xdf\xa3"
MPEG_SYNC, MPEG_LAYERS, MPEG_LAYER_III = 0xFFE0, 0b110, 0b010
SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"ID3", "an MP3 sound file"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
    (b"GIF8", "a GIF picture"),
    (b"OggS", "an Ogg file"),
    (b"fLaC", "a FLAC sound file"),
    (b"FLV\x01", "a Flash video"),
    (b"%PDF-", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
)
RIFF = {b"AVI ": "an AVI video", b"WAVE": "a WAV sound file", b"WEBP": "a WebP picture"}
BRANDS = {
    b"heic": "an HEIF picture",
    b"mif1": "an HEIF picture",
    b"avif": "an AVIF picture",
    b"M4A ": "an M4A sound file",
}
CANNOT = "This looks like {kind}, a kind of file that cannot be read here. Only MP4, MOV and M4V videos can."


def why(source: BinaryIO) -> str | None:
    """Return the sentence for a file of a known other kind; `None`: it is none that we know by name."""
    source.seek(0, os.SEEK_SET)
    found = name(source.read(HEAD))
    return CANNOT.format(kind=found) if found else None


def name(head: bytes) -> str | None:
    """Return what a file that begins so is called, with its article."""
    for signature, kind in SIGNATURES:
        if head.startswith(signature):
            return kind
    if head.startswith(EBML):
        return "a WebM video" if b"webm" in head else "a Matroska (MKV) video"
    if head.startswith(b"RIFF"):
        return RIFF.get(head[8:12])
    if head[4:8] == b"ftyp":
        return BRANDS.get(head[8:12])
    return "an MP3 sound file" if _mpeg_frame(head) else None


def _mpeg_frame(head: bytes) -> bool:
    """Tell whether a frame of MPEG audio begins here: eleven bits of sync and layer III."""
    word = int.from_bytes(head[:2]) if len(head) >= 4 else 0  # noqa: PLR2004 - a frame header
    return word & MPEG_SYNC == MPEG_SYNC and word & MPEG_LAYERS == MPEG_LAYER_III
