"""The Python client repeats only what has no second effect, and believes no unsigned event."""

from __future__ import annotations

import json
import uuid

import httpx2
import pytest
from countenance_client import Client, Refused, Unreachable
from countenance_client.webhooks import NotSigned, verify

from consent.webhooks import signatures

NOW = 1_795_000_000
BODY = b'{"type":"webhook.test"}'


class Service:
    """Answers with these, one after the other, and keeps what was asked. None: the connection breaks."""

    def __init__(self, *answers: httpx2.Response | None) -> None:
        self.answers, self.asked = list(answers), list[httpx2.Request]()

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        answer = self.answers.pop(0)
        if answer is None:
            raise httpx2.ConnectError("gone")
        return answer


def client(service: Service) -> Client:
    return Client("http://127.0.0.1:1", "token", pause=0, transport=httpx2.MockTransport(service))


def test_a_render_is_tried_again_under_one_key() -> None:
    service = Service(None, httpx2.Response(503), httpx2.Response(201, json={"id": "x"}))
    assert client(service).render("a bridge") == {"id": "x"}
    assert len({request.headers["Idempotency-Key"] for request in service.asked}) == 1
    assert len(service.asked) == 3


def test_asking_a_person_is_sent_once() -> None:
    service = Service(None, None)
    with pytest.raises(Unreachable):
        client(service).ask_consent("@ada", {}, reason="A film")
    assert len(service.asked) == 1


def test_a_refusal_is_not_sent_again_and_says_why() -> None:
    service = Service(httpx2.Response(403, json={"code": "consent-required", "detail": "No grant."}))
    with pytest.raises(Refused, match=r"403 consent-required: No grant\.") as refused:
        client(service).render("a bridge")
    assert (refused.value.status, refused.value.code, len(service.asked)) == (403, "consent-required", 1)


@pytest.mark.parametrize(
    "answer", [httpx2.Response(302), httpx2.Response(500, text="<p>"), httpx2.Response(500, json=[])]
)
def test_an_answer_that_is_no_problem_document_is_still_a_refusal(answer: httpx2.Response) -> None:
    with pytest.raises(Refused):
        client(Service(answer)).video(str(uuid.uuid4()))


def test_an_id_that_is_none_is_not_put_into_an_address() -> None:
    with pytest.raises(ValueError, match="badly formed"):
        client(Service()).download("../parties")


def test_an_event_signed_by_the_service_is_read_during_a_rotation_too() -> None:
    old, new = signatures.new_secret(), signatures.new_secret()
    headers = signatures.headers([old, new], "m1", NOW, BODY)
    for secret in (old, new):
        assert verify([secret], headers, BODY, now=NOW) == json.loads(BODY)


@pytest.mark.parametrize("flaw", ["body", "id", "secret", "old", "future", "bare", "none"])
def test_a_flawed_event_is_not_believed(flaw: str) -> None:
    secret = signatures.new_secret()
    headers = dict(signatures.headers([secret], "m1", NOW, BODY))
    if flaw == "id":
        headers["webhook-id"] = "m2"
    if flaw == "bare":
        del headers["webhook-signature"]
    secrets = {"secret": [signatures.new_secret()], "none": []}.get(flaw, [secret])
    now = NOW + {"old": 301, "future": -301}.get(flaw, 0)
    with pytest.raises(NotSigned):
        verify(secrets, headers, BODY + b" " if flaw == "body" else BODY, now=now)
