"""Know a file again that was downloaded here: byte for byte, and for nobody who may not see the video."""

from __future__ import annotations

import hashlib
from typing import IO, ClassVar

from consent.models import Party
from ledger.problem import Problem
from provenance import renders
from provenance.models import Video

CHUNK = 1 << 20  # bytes


class SourceUnknown(Problem):
    """The file to work on is no video of ours that the asker may see. Absent and another's are one answer."""

    code: ClassVar[str] = "source-unknown"
    title: ClassVar[str] = "This is no video of ours"


def video_of(unverified_file: IO[bytes], *, party: Party, pointer: str = "/video") -> Video:
    """Return the video whose stamped file this is. The file is only digested: no decoder ever sees it.

    A copy that was cut or coded anew is another file: it may show anybody, and nobody in it was asked. Raises
    `SourceUnknown`.
    """
    digest = hashlib.sha256()
    while chunk := unverified_file.read(CHUNK):
        digest.update(chunk)
    for video in Video.objects.filter(file_sha256=digest.hexdigest()).order_by("created_at", "pk")[:2]:
        if renders.may_see(video, party):
            return video
    raise SourceUnknown(
        "This file is not, byte for byte, a video that you made here.",
        pointer=pointer,
        remedy="Send the file as it was downloaded, or the id of the video.",
    )
