"""The one base of every refusal (RFC 9457). `config.problems` renders it; nothing else does.

A refusal says what is wrong, where, and what to do about it. Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class Problem(Exception):  # noqa: N818 - the word of RFC 9457, and what the person reading it has
    """A refusal with a stable code, an HTTP status, and the way out."""

    code: ClassVar[str] = "problem"  # unique, kebab-case, never renamed
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The request was refused"
    headers: Mapping[str, str] = MappingProxyType({})  # of the answer, besides what every refusal has

    def __init__(self, detail: str, *, pointer: str | None = None, remedy: str = "", **extra: object) -> None:
        """Hold `detail` (what is wrong), `pointer` (`None`: no single field is to blame), `remedy` and more members."""
        super().__init__(detail)
        self.detail = detail
        self.pointer = pointer
        self.remedy = remedy
        self.extra = extra
