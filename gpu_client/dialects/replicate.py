"""Replicate's predictions, also as its customers host them. Cancel is real; there is no id of ours and no idempotency.

No webhook is asked for: what happened is polled. The result is deleted there an hour after it was made.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

from gpu_client import answers
from gpu_client.client import SHORT_SECONDS, SUBMIT_SECONDS
from gpu_client.dialects.hosted import Hosted
from gpu_client.dialects.videos_shape import copied, sent, state_of
from gpu_client.protocol import (
    Cancel,
    Capabilities,
    Progress,
    RendererLied,
    RendererRefused,
    RenderOrder,
    RenderStatus,
    ResultSink,
    State,
)
from gpu_client.wire import Answer

WORDS = {
    "starting": State.QUEUED,
    "processing": State.IN_PROGRESS,
    "succeeded": State.COMPLETED,
    "failed": State.FAILED,
    "canceled": State.CANCELLED,
    "aborted": State.CANCELLED,
}
NAMED = re.compile(r"[a-z0-9][a-z0-9._-]*/[a-z0-9][a-z0-9._-]*", re.IGNORECASE)
VERSION = re.compile(r"(?:[a-z0-9._-]+/[a-z0-9._-]+:)?([0-9a-f]{64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Replicate(Hosted):
    """A model is "owner/name" (an official one) or a version of 64 hex digits, alone or after "owner/name:"."""

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.STOPS, Progress.NONE, sound=True, references=1)

    @property
    def remembers_permits(self) -> bool:
        """Never: what is lost on the way cannot be found again."""
        return False

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Create the prediction. The permit stays here."""
        del permit_token
        body: dict[str, object] = {"input": self.input_of(order)}
        if version := VERSION.fullmatch(order.model):
            path, body["version"] = "/v1/predictions", version[1]
        elif NAMED.fullmatch(order.model):
            path = f"/v1/models/{order.model}/predictions"
        else:
            raise RendererRefused("model", "This is not the name of a model there.")
        answer = sent(lambda: self.wire.call("POST", path, seconds=SUBMIT_SECONDS, document=body))
        return answers.identifier(answers.document_of(answer).get("id"))

    def find(self, permit_id: str, job: str) -> str | None:
        """Nothing can be looked for."""
        raise RendererLied("cannot-find", f"This render service cannot be asked for {job} or {permit_id}.")

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is; unknown words mean that it goes on."""
        document = self._prediction(upstream_id)
        state = state_of(document.get("status"), WORDS)
        detail = answers.clean(document.get("error")) if state is State.FAILED else ""
        return RenderStatus(state, 100 if state is State.COMPLETED else 0, "", detail)

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Copy the one output. It may be alone or in a list; of several none is taken."""
        output = self._prediction(upstream_id).get("output")
        if isinstance(output, list):
            output = output[0] if len(output) == 1 else None
        answer, digest, size = copied(self.wire, self.download_address(output), sink, limit)
        answers.insist_on_success(answer)
        return digest, size

    def cancel(self, upstream_id: str) -> None:
        """Make it stop."""
        path = f"/v1/predictions/{answers.identifier(upstream_id)}/cancel"
        answer = self._ask("POST", path)
        if answer.status != answers.NOT_FOUND:
            answers.insist_on_success(answer)

    def _prediction(self, upstream_id: str) -> dict[str, object]:
        answer = self._ask("GET", f"/v1/predictions/{answers.identifier(upstream_id)}")
        answers.insist_on_success(answer)
        document = answers.document_of(answer)
        if document.get("id") != upstream_id:
            raise RendererLied("another-render", "The render service told of another render than was asked for.")
        return document

    def _ask(self, method: str, path: str) -> Answer:
        return answers.retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))
