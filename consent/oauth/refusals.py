"""How the token endpoint refuses (RFC 6749, section 5.2): in the words of that document, which its clients know."""

from __future__ import annotations

from typing import ClassVar

from ledger.problem import Problem


class OAuthRefused(Problem):
    """An app asked for a token in a way that gives none; `error` has the code of RFC 6749."""

    code: ClassVar[str] = "oauth-refused"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "There is no token for this"

    def __init__(self, error: str, detail: str) -> None:
        super().__init__(detail, error=error)
        self.error = error


def invalid_grant(detail: str = "The code or the refresh token is not good for this app.") -> OAuthRefused:
    """Return the one answer for a code or refresh token that is unknown, spent, late, or another's."""
    return OAuthRefused("invalid_grant", detail)
