"""What a render service is to us: the order we send, the state it reports, and the four ways it can disappoint.

Pure values. Dialects (`gpu_client.client`, `gpu_client.dialects`) implement `Backend`; `gpu_client.jobs` knows nothing
else. Whatever a service says is untrusted: a dialect turns it into these values or raises, and never passes a word on
unbounded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Role(StrEnum):
    """What an attachment is for. The service sees the role, never whose likeness it is."""

    CALIBRATION = "calibration"
    PARENT = "parent"


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file that goes with an order, in the clear: the dialect seals it before it leaves."""

    role: Role
    media_type: str
    data: bytes = field(repr=False)  # biometric: must not reach a log line or a traceback


@dataclass(frozen=True, slots=True)
class RenderOrder:
    """One render. `job` is our id and the idempotency key; `seconds` is whole seconds; `size` is "WIDTHxHEIGHT"."""

    job: str
    prompt: str
    model: str
    seconds: int
    size: str
    attachments: tuple[Attachment, ...] = ()


class State(StrEnum):
    """The states that every dialect's own words are mapped to."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RenderStatus:
    """What the service says now. `progress` is 0 to 100; the error fields are set only when it failed."""

    state: State
    progress: int = 0
    error_code: str = ""
    error_detail: str = ""


class RendererError(Exception):
    """Base of all that can go wrong with a service. `code` is short and stable, `detail` one bounded sentence."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail = code, detail


class RendererUnavailable(RendererError):  # noqa: N818 - what happened, in one word
    """Nothing was accepted: not reachable, overloaded, too slow. The same call may be made again."""


class AmbiguousSubmit(RendererError):  # noqa: N818 - what happened, in one word
    """The order may have been accepted: the answer was lost or came from something in between.

    Whoever catches it must find out (`Backend.find`) before submitting again.
    """


class RendererRefused(RendererError):  # noqa: N818 - what happened, in one word
    """The service understood and said no. Asking again will not help."""


class AlreadySubmitted(RendererRefused):
    """This permit was used before, for `upstream_id`: adopt that one instead of rendering twice."""

    def __init__(self, upstream_id: str) -> None:
        super().__init__("permit_used", "The render service has seen this permit before.")
        self.upstream_id = upstream_id


class RendererLied(RendererError):  # noqa: N818 - what happened, in one word
    """The answer cannot be true or cannot be read: not the format, too large, other than ordered."""


class RenderFailed(RendererRefused):
    """The service finished the render without a result, and says so only where the result should be."""


class Cancel(StrEnum):
    """What a request to stop does at a service."""

    STOPS = "stops"
    FORGETS = "forgets"
    NONE = "none"


CANCEL_WORDS = {
    Cancel.STOPS: "The render service stops working on it.",
    Cancel.FORGETS: "You will not get the video. The render service works on, and the result is dropped.",
    Cancel.NONE: "You will not get the video. The render service cannot be told; the result is dropped.",
}


class Progress(StrEnum):
    """What the progress of a service is worth."""

    PERCENT = "percent"
    ENDS_ONLY = "ends-only"  # 0, then 100
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a dialect can do. `references`: how many files go with an order; `sound`: whether results may have any."""

    cancel: Cancel
    progress: Progress
    sound: bool
    references: int
    redeems: bool = False  # it verifies our permits and redeems them itself
    finds: bool = False  # an order whose answer was lost can be found again, and what is not found does not run


class ResultSink(Protocol):
    """Where fetched bytes go, in order. The caller owns opening, syncing and removing it."""

    def write(self, data: bytes, /) -> int:
        """Take the next bytes, all of them, or raise OSError."""
        ...


class Backend(Protocol):
    """One render service. Every method is bounded in time and size, and raises RendererError."""

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do."""
        ...

    @property
    def remembers_permits(self) -> bool:
        """Whether `find` knows for certain: what it does not find is not being rendered, now or later."""
        ...

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Return the service's own id of the render."""
        ...

    def find(self, permit_id: str, job: str) -> str | None:
        """Return the id of the render that this permit, or this job, started; `None` if the service has none."""
        ...

    def status(self, upstream_id: str) -> RenderStatus:
        """Return how far the render is."""
        ...

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the result to `sink`, at most `limit` bytes; return its SHA-256 (hex) and size as received."""
        ...

    def cancel(self, upstream_id: str) -> None:
        """Make it stop. A render that the service no longer knows counts as stopped."""
        ...
