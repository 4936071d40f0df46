"""Answers that are not JSON are given whatever `Accept` says; refusals are problem documents all the same."""

from __future__ import annotations

from collections.abc import Iterable

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request


class AnyType(BaseContentNegotiation):
    """Answer whatever `Accept` says: a player asks for video/*, a verifier for a receipt."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> None:
        """Take no body."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """Choose the first."""
        del request, format_suffix
        first = next(iter(renderers))
        return first, str(first.media_type)
