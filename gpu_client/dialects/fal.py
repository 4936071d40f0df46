"""fal's queue. The addresses that it answers with are not followed: ours are made from the request's id.

It would repeat a request by itself up to ten times, so each order forbids that (`x-fal-no-retry`). A failed render is
COMPLETED too, with an error beside it, or with a 4xx or 5xx where the result should be.
"""

from __future__ import annotations

import json
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
    RenderFailed,
    RenderOrder,
    RenderStatus,
    ResultSink,
    State,
)
from gpu_client.wire import REDIRECT, Answer

WORDS = {"IN_QUEUE": State.QUEUED, "IN_PROGRESS": State.IN_PROGRESS, "COMPLETED": State.COMPLETED}
MODEL = re.compile(r"[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*){1,5}", re.IGNORECASE)
BAD_REQUEST = 400
LONGEST = 128  # characters that a job keeps
HEADERS = {
    "x-fal-no-retry": "1",
    # Results lie at addresses that anybody may fetch: not for longer than an hour.
    "X-Fal-Object-Lifecycle-Preference": json.dumps({"expiration_duration_seconds": 3600}),
}


@dataclass(frozen=True, slots=True)
class Fal(Hosted):
    """The upstream id is "model|request": the model's first two words are part of every later address."""

    capabilities: ClassVar[Capabilities] = Capabilities(Cancel.STOPS, Progress.NONE, sound=True, references=1)

    @property
    def remembers_permits(self) -> bool:
        """Never: what is lost on the way cannot be found again."""
        return False

    def submit(self, order: RenderOrder, permit_token: str) -> str:
        """Queue the request. The permit stays here."""
        del permit_token
        if not MODEL.fullmatch(order.model):
            raise RendererRefused("model", "This is not the name of a model there.")
        body, path = self.input_of(order), f"/{order.model}"
        answer = sent(lambda: self.wire.call("POST", path, seconds=SUBMIT_SECONDS, headers=HEADERS, document=body))
        request = answers.identifier(answers.document_of(answer).get("request_id"))
        owner, name = order.model.split("/")[:2]  # a sub-path is used to submit and never afterwards
        if len(whole := f"{owner}|{name}|{request}") > LONGEST:
            raise RendererLied("bad-id", "The render service gave its render an id that we cannot use.")
        return whole

    def find(self, permit_id: str, job: str) -> str | None:
        """Nothing can be looked for."""
        raise RendererLied("cannot-find", f"This render service cannot be asked for {job} or {permit_id}.")

    def status(self, upstream_id: str) -> RenderStatus:
        """Ask how far it is; unknown words mean that it goes on."""
        answer = self._ask("GET", f"{_path(upstream_id)}/status")
        answers.insist_on_success(answer)
        document = answers.document_of(answer)
        state = state_of(document.get("status"), WORDS)
        if state is State.COMPLETED and document.get("error"):
            return RenderStatus(State.FAILED, 0, "", answers.clean(document.get("error")))
        return RenderStatus(state, 100 if state is State.COMPLETED else 0)

    def fetch(self, upstream_id: str, sink: ResultSink, limit: int) -> tuple[str, int]:
        """Read the result's address and copy what is there."""
        answer = self._ask("GET", _path(upstream_id))
        if answer.status not in answers.TRY_LATER | {answers.NOT_FOUND} and answer.status >= REDIRECT:
            raise RenderFailed("failed", f"The render service answered {answer.status} instead of a result.")
        answers.insist_on_success(answer)
        video = answers.document_of(answer).get("video")
        address = self.download_address(video.get("url") if isinstance(video, dict) else None)
        answer, digest, size = copied(self.wire, address, sink, limit)
        answers.insist_on_success(answer)
        return digest, size

    def cancel(self, upstream_id: str) -> None:
        """Make it stop, or never begin. 400: it is done already."""
        answer = self._ask("PUT", f"{_path(upstream_id)}/cancel")
        if answer.status not in {answers.NOT_FOUND, BAD_REQUEST}:
            answers.insist_on_success(answer)

    def _ask(self, method: str, path: str) -> Answer:
        return answers.retryable(lambda: self.wire.call(method, path, seconds=SHORT_SECONDS))


def _path(upstream_id: str) -> str:
    owner, name, request = (answers.identifier(part) for part in upstream_id.split("|", 2))
    return f"/{owner}/{name}/requests/{request}"
