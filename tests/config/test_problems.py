"""Every refusal, and every fault, has the same shape."""

from __future__ import annotations

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings
from rest_framework.exceptions import ValidationError

from config import problems
from ledger.problem import Problem

MEMBERS = {"type", "title", "status", "code", "detail", "remedy", "instance"}


class Sample(Problem):
    """A refusal that only this test makes."""

    code = "denied"
    status = 403
    title = "Sample"


def request(path: str = "/v1/grants") -> HttpRequest:
    return RequestFactory().get(path)


def test_a_refusal_names_field_and_remedy() -> None:
    found = problems.from_problem(Sample("Wrong.", pointer="/terms", remedy="Do it right.", more=1), "/v1/grants")
    assert set(found) >= MEMBERS
    assert found["errors"] == [{"pointer": "/terms", "detail": "Wrong."}]
    assert (found["remedy"], found["more"], found["status"]) == ("Do it right.", 1, 403)
    assert "error" not in found


def test_under_v1_videos_the_error_of_that_api_comes_with_it() -> None:
    found = problems.from_problem(Sample("Wrong.", pointer="/likeness", remedy="Ask."), "/v1/videos/1/remix")
    assert found["error"] == {
        "message": "Wrong. Ask.", "type": "invalid_request_error", "param": "likeness", "code": "denied"
    }  # fmt: skip


def test_what_is_particular_to_a_refusal_is_in_the_error_too_with_its_code_as_that_api_writes_it() -> None:
    found = problems.document(403, "consent-required", "No.", path="/v1/videos", reasons=[1])
    assert found["error"]["reasons"] == found["reasons"] == [1]
    assert (found["code"], found["error"]["code"]) == ("consent-required", "consent_required")


@pytest.mark.parametrize(
    ("path", "status", "answered", "again"),
    [
        ("/v1/videos", 409, 422, "false"), ("/v1/videos/x", 403, 403, "false"), ("/v1/videos", 429, 429, None),
        ("/v1/videos", 503, 503, None), ("/v1/grants", 409, 409, None), ("/v1/videosque", 409, 409, None),
    ],
)  # fmt: skip
def test_no_refusal_under_v1_videos_is_sent_again(path: str, status: int, answered: int, again: str | None) -> None:
    found = problems.document(status, "denied", "No.", path=path)
    for made in (problems.as_json(found), problems.answer(found), problems.answered_plainly(request(path), found)):
        assert (made.status_code, found["status"]) == (answered, answered)
        assert made.headers.get("x-should-retry") == again


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/nowhere", "/nowhere", "/v1/videos/xyz", "/log/../etc/passwd"])
def test_an_address_that_does_not_exist_is_a_problem_document(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"
    assert set(answer.json()) >= MEMBERS


@pytest.mark.django_db
def test_without_a_token_the_answer_is_401_and_says_how(client: Client) -> None:
    answer = client.get("/v1/grants")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "Authorization: Bearer" in answer.json()["remedy"]


def test_a_fault_tells_its_number_and_nothing_of_its_inside(caplog: pytest.LogCaptureFixture) -> None:
    middleware = problems.ProblemMiddleware(lambda _request: None)  # type: ignore[arg-type, return-value]
    answer = middleware.process_exception(request(), ZeroDivisionError("the secret inside"))
    assert answer is not None
    assert answer.status_code == 500
    assert b"secret" not in answer.content
    number = caplog.records[0].getMessage().split()[1]
    assert number.encode() in answer.content


@pytest.mark.django_db
def test_a_foreign_host_is_a_problem_document_too(client: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["countenance.example"]
    answer = client.get("/v1/grants", headers={"host": "evil.example"})
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_what_was_sent_is_not_sent_back_at_length() -> None:
    wrong = ValidationError({f"{n}" * 500: ["x" * 5000] for n in range(1000, 2000)})
    found = problems.from_framework(wrong, "/v1/grants")
    assert len(found["errors"]) == problems.MAX_ERRORS
    assert max(len(text) for each in found["errors"] for text in each.values()) == problems.MAX_ECHO
