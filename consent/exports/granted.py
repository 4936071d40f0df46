"""One grant as the exports see it: the values of its statement that other vocabularies have words for.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from consent.statements import GrantStatement
    from consent.terms import Terms


@dataclass(frozen=True, slots=True)
class Granted:
    """What was granted, by whom, and when it was signed. Ids are UUIDs; `supersedes` None: it replaces none."""

    id: str
    likeness: str
    grantor: str
    issued_at: datetime
    supersedes: str | None
    terms: Terms


def of(statement: GrantStatement) -> Granted:
    """Return what a statement grants. Its nonce, key and text stay behind: they prove, and permit nothing."""
    return Granted(
        statement.id,
        statement.likeness,
        statement.grantor,
        statement.issued_at,
        statement.supersedes,
        statement.terms,
    )


def urn(identifier: str) -> str:
    """Return a UUID as a URN (RFC 9562 section 4, RFC 8141): a name for who or what has no address here."""
    return f"urn:uuid:{identifier}"


def uuid_of(text: str) -> str:
    """Return the UUID of a URN. Raises `ValueError` for anything else."""
    head, found, identifier = text.partition("urn:uuid:")
    if head or not found:
        raise ValueError(text)
    return identifier
