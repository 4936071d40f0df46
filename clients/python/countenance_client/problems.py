"""What a call can end in: a refusal that the service explains (RFC 9457), or no answer at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import httpx2


class Refused(Exception):  # noqa: N818 - the word for it; it is no fault of either side
    """The service said no. `code` is stable; `document` is the whole problem document, empty if there was none."""

    def __init__(self, status: int, document: dict[str, Any]) -> None:
        """Read the members of the document; those that are missing are empty."""
        self.status = status
        self.document = document
        self.code = str(document.get("code", ""))
        self.detail = str(document.get("detail", ""))
        self.remedy = str(document.get("remedy", ""))
        super().__init__(f"{status} {self.code}: {self.detail}")


class Unreachable(Exception):  # noqa: N818 - as above
    """No answer came. Whether the call had its effect is not known."""


def checked(answer: httpx2.Response) -> httpx2.Response:
    """Return a 2xx answer; raise `Refused` for every other one, redirects too."""
    if answer.is_success:
        return answer
    try:
        document = answer.json()
    except ValueError:
        document = {}
    raise Refused(answer.status_code, document if isinstance(document, dict) else {})
