"""What is wrong with a request for a video, whichever part of it is read. Pure."""

from __future__ import annotations

from typing import ClassVar

from ledger.problem import Problem


class RequestInvalid(Problem):
    """A field of the request cannot be used as it is."""

    code: ClassVar[str] = "request-invalid"
    title: ClassVar[str] = "The request is not valid"
