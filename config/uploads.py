"""Uploads stay in memory, bounded: the plaintext of a clip never reaches a disk.

Django would spool anything over 2.5 MB to a temporary file, where it would outlive an erasure in free blocks.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload


class MemoryOnlyUploadHandler(MemoryFileUploadHandler):
    """Take one request's files in memory up to `FILE_UPLOAD_MAX_MEMORY_SIZE` bytes in all, and cut off what is more.

    A request that is cut off arrives at the view without its file; `request.upload_too_large` says why.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - Django's own signature
        """Take every request, whatever length it claims: the bytes are counted as they come."""
        self.activated = True
        self._received = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep a chunk, or stop the upload where it passes the limit."""
        self._received += len(raw_data)
        if self._received > settings.FILE_UPLOAD_MAX_MEMORY_SIZE:
            if self.request is not None:
                self.request.upload_too_large = True  # type: ignore[attr-defined]
            raise StopUpload(connection_reset=False)
        return super().receive_data_chunk(raw_data, start)
