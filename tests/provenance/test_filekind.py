"""What a file is called that cannot be read."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provenance import filekind

KNOWN = {
    "webm": (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "a WebM video"),
    "mkv": (b"\x1a\x45\xdf\xa3\xa3\x42\x86\x81\x01\x42\x82\x88matroska", "a Matroska (MKV) video"),
    "mp3": (b"\xff\xfb\x90\x64" + bytes(40), "an MP3 sound file"),
    "mp3-tagged": (b"ID3\x04\x00", "an MP3 sound file"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
    "png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG picture"),
    "avi": (b"RIFF\0\0\0\0AVI LIST", "an AVI video"),
    "heic": (b"\0\0\0\x18ftypheic", "an HEIF picture"),
}


@pytest.mark.parametrize("which", sorted(KNOWN))
def test_a_kind_that_cannot_be_read_is_named(which: str) -> None:
    head, name = KNOWN[which]
    assert filekind.name(head) == name
    assert f"This looks like {name}," in str(filekind.why(io.BytesIO(head)))


@pytest.mark.parametrize("head", [b"", b"\0\0\0\x18ftypisom", b"RIFF\0\0\0\0ABCD", b"hello there", b"\xff"])
def test_what_is_not_known_has_no_name(head: bytes) -> None:
    assert filekind.name(head) is None


@given(st.binary(max_size=80))
def test_any_bytes_have_a_known_name_or_none(head: bytes) -> None:
    found = filekind.name(head)
    assert found is None or found.startswith(("a ", "an "))
