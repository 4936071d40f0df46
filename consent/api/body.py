"""What a request may look like: strict JSON, and no field that we would ignore."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.datastructures import MultiValueDict
from rest_framework import serializers
from rest_framework.parsers import BaseParser

from ledger import base64url
from ledger.canonical import parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from typing import IO

MAX_BODY = 65536  # bytes
_ZONED = re.compile(r"(?:Z|[+-][0-9]{2}:[0-9]{2})\Z", re.ASCII)


class QueryInvalid(Problem):
    """A query parameter cannot be used."""

    code: ClassVar[str] = "query-invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The query cannot be used"


class StrictJSONParser(BaseParser):
    """One JSON object of at most 64 KiB, read as strictly as what is signed: no twin members, no floats.

    Two readers of one body must not see two requests.
    """

    media_type = "application/json"

    def parse(
        self, stream: IO[bytes], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Read no further than one byte past the limit. Raises `MalformedJson`."""
        del media_type, parser_context
        return parse(stream.read(MAX_BODY + 1), limit=MAX_BODY)


class Body(serializers.Serializer[Any]):
    """A request's body. A field that is not known, or comes twice, is refused, since somebody believes in it."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Name every unknown field and every twin, then check the known ones."""
        if isinstance(data, Mapping):
            unknown = {name: ["This field is not known. Leave it out."] for name in data if name not in self.fields}
            if unknown:
                raise serializers.ValidationError(unknown)
        if isinstance(data, MultiValueDict):
            twins = {name: ["This field is sent twice. Send it once."] for name, sent in data.lists() if len(sent) > 1}
            if twins:
                raise serializers.ValidationError(twins)
        return super().to_internal_value(data)


class Base64Url(serializers.CharField):
    """Bytes as unpadded base64url text."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Decode."""
        try:
            return base64url.decode(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError("Send base64url without padding.") from error

    def to_representation(self, value: Any) -> str:  # noqa: ANN401 - REST framework's signature
        """Encode."""
        return base64url.encode(bytes(value))


class Uuid(serializers.UUIDField):
    """A UUID as text; REST framework would read a number as one too."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Read text only."""
        if not isinstance(data, str):
            raise serializers.ValidationError("Send a UUID as text.")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; REST framework would read "yes" and 1 too."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Read a JSON boolean only."""
        if not isinstance(data, bool):
            raise serializers.ValidationError("Send true or false.")
        return data


class Moment(serializers.DateTimeField):
    """An instant with its zone (RFC 3339): without one nobody knows when it is, and REST framework would guess."""

    def to_internal_value(self, value: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Read text that says its zone only."""
        if not isinstance(value, str) or not _ZONED.search(value):
            raise serializers.ValidationError("Send a time with its zone, such as 2026-11-22T14:35:00Z.")
        return super().to_internal_value(value)


def write_cursor(*parts: str) -> str:
    """Return an opaque cursor: the key of the last row shown."""
    return base64url.encode(json.dumps(parts).encode())


def read_cursor(cursor: str, parts: int) -> list[str]:
    """Return the parts of a cursor. Raises `QueryInvalid` for one that we did not give."""
    try:
        found = json.loads(base64url.decode(cursor))
    except (ValueError, RecursionError) as error:
        raise _not_ours() from error
    if not isinstance(found, list) or len(found) != parts or not all(isinstance(part, str) for part in found):
        raise _not_ours()
    return found


def _not_ours() -> QueryInvalid:
    return QueryInvalid("This cursor is not one of ours.", pointer="cursor", remedy="Begin without a cursor.")
