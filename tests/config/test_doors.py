"""Whatever is sent, and to whatever address: a refusal is a problem document, and never a page."""

from __future__ import annotations

import json
import socket
from typing import Any

import pytest
from django.test import Client
from gunicorn.http import errors

from config import worker
from tests.consent import logins

pytestmark = pytest.mark.django_db
PAGES = ["/", "/problems", "/healthz", "/log/checkpoint", "/log/tile/0/000.p/1"]


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:  # noqa: ANN401 - Django's test response
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    found: dict[str, Any] = answer.json()
    assert found["code"] == code
    assert found["detail"]
    assert found["remedy"]
    return found


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FROB"])
def test_a_page_that_is_only_read_names_its_methods(path: str, method: str) -> None:
    answer = Client(enforce_csrf_checks=True).generic(method, path)
    refused(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("accept", ["*/*", "application/vnd.oai.openapi+json", "application/json"])
def test_the_description_refuses_in_json_like_everybody(client: Client, accept: str) -> None:
    refused(client.put("/v1/openapi.json", headers={"accept": accept}), 405, "method-not-allowed")


def test_the_description_is_json_as_its_name_says(client: Client) -> None:
    assert client.get("/v1/openapi.json").json()["openapi"].startswith("3.1")


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/parties"])
def test_an_answer_that_nobody_can_read_is_refused_with_the_way_out(client: Client, path: str) -> None:
    found = refused(client.get(path, headers={"accept": "image/png"}), 406, "not-acceptable")
    assert "application/json" in found["remedy"]


def test_a_form_that_is_not_ours_is_a_problem_document() -> None:
    answer = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "staff"})
    refused(answer, 403, "permission-denied")


def test_a_look_up_that_the_admin_does_not_offer_is_no_fault_of_ours(client: Client) -> None:
    client.force_login(logins.staff())
    answer = client.get("/admin/consent/party/?user__password__startswith=A")
    refused(answer, 400, "bad-request")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (errors.LimitRequestLine(9000, 4094), 414, "too-large"),
        (errors.LimitRequestHeaders("limit request headers fields size"), 431, "too-large"),
        (errors.InvalidHeader("CONTENT-LENGTH"), 400, "bad-request"),
        (errors.InvalidHeaderName("X Y"), 400, "bad-request"),
        (errors.InvalidChunkSize(b"zz"), 400, "bad-request"),
        (errors.ExpectationFailed("nope"), 417, "bad-request"),
        (errors.UnsupportedTransferCoding("bogus"), 501, "bad-request"),
        (errors.InvalidResponseHeader("X"), 500, "internal"),
        (ZeroDivisionError("the secret inside"), 500, "internal"),
    ],
)
def test_what_the_web_server_refuses_by_itself_is_a_problem_document_too(
    error: Exception, status: int, code: str
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        worker.Worker.handle_error(object.__new__(worker.Worker), None, ours, None, error)
        ours.shutdown(socket.SHUT_WR)
        head, body = b"".join(iter(lambda: theirs.recv(4096), b"")).split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"Content-Type: application/problem+json" in head
    assert b"Content-Length: %d" % len(body) in head
    assert b"secret" not in body
    found = json.loads(body)
    assert (found["status"], found["code"], found["error"]["code"]) == (status, code, code.replace("-", "_"))
    assert found["detail"]
    assert found["remedy"]
