"""Notices and cases over HTTP: each side sees what concerns itself, and nothing of the other."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from consent.models import Appeal, Case, CounterNotice, Notice
from provenance.api import notices as door
from provenance.models import Video
from tests.consent.takedown.notices import COUNTER, decided, document
from tests.provenance import world as w

pytestmark = pytest.mark.django_db
INCOMPLETE = {"claimant": {"name": "", "email": "", "role": "parent"}, "signature": "", "good_faith": False}


class Desk:
    """A video of Ben's with Ada in it, and Rosa who writes about it."""

    def __init__(self) -> None:
        self.world = w.world()
        self.video: Video = w.shown(self.world.ask(), b"bytes")
        self.rosa, self.ben = w.person("rosa"), self.world.ben

    def call(self, who: Any, method: str, path: str, body: Any = None) -> Any:  # noqa: ANN401 - a person, JSON, an answer
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        headers = {"Authorization": f"Bearer {who.token}"}
        return getattr(Client(), method)(f"/v1/{path}", headers=headers, **sent)

    def filed(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - members of a document
        said = document(works=[{"record": str(self.video.pk)}], **changes)
        answer = self.call(self.rosa, "post", "notices", {"notice": said, "submission": "one"})
        assert answer.status_code == 201, answer.content
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_notice_is_filed_once_followed_and_taken_back(desk: Desk) -> None:
    made = desk.filed()
    assert desk.filed()["id"] == made["id"]
    assert Notice.objects.count() == 1
    assert (made["state"], made["missing"], made["ruling"]) == ("open", [], None)
    assert made["due_at"] is not None
    assert desk.call(desk.rosa, "get", "notices").json()["items"] == [
        desk.call(desk.rosa, "get", f"notices/{made['id']}").json()
    ]
    assert desk.call(desk.rosa, "delete", f"notices/{made['id']}").json()["state"] == "withdrawn"


def test_an_incomplete_notice_says_what_is_missing_and_is_completed(desk: Desk) -> None:
    made = desk.filed(**INCOMPLETE)
    assert made["state"] == "incomplete"
    assert made["missing"]
    whole = {"notice": document(works=[{"record": str(desk.video.pk)}])}
    assert desk.call(desk.rosa, "put", f"notices/{made['id']}", whole).json()["state"] == "open"


def test_the_same_name_of_somebody_else_is_another_notice(desk: Desk) -> None:
    desk.filed()
    said = {"notice": document(works=[{"record": str(desk.video.pk)}]), "submission": "one"}
    assert desk.call(w.person("eve"), "post", "notices", said).status_code == 201
    assert Notice.objects.count() == 2


def test_whose_video_it_is_answers_and_both_may_appeal(desk: Desk) -> None:
    made = desk.filed()
    (seen,) = desk.call(desk.ben, "get", "cases").json()["items"]
    assert (seen["number"], seen["video"], seen["held_back"]) == (made["case"], str(desk.video.pk), True)
    path = f"cases/{seen['number']}"
    for _ in range(2):
        assert desk.call(desk.ben, "post", f"{path}/counter-notice", COUNTER).status_code == 201
    assert CounterNotice.objects.count() == 1
    for whose, at in ((desk.ben, path), (desk.rosa, f"notices/{made['id']}")):
        early = desk.call(whose, "post", f"{at}/appeal", {"text": "Please look again."})
        assert early.status_code == 409
    decided(Case.objects.get())
    for whose, at in ((desk.ben, path), (desk.rosa, f"notices/{made['id']}")):
        assert desk.call(whose, "post", f"{at}/appeal", {"text": "Please look again."}).status_code == 201
        shown = desk.call(whose, "get", at).json()
        assert shown["ruling"]["action"]
        assert shown["appeal"]["state"] == Appeal.State.PENDING
    assert desk.call(desk.ben, "delete", f"{path}/counter-notice").status_code == 204
    assert desk.call(desk.ben, "get", path).json()["counter_notice"] is None


def test_neither_side_reads_a_word_of_the_other(desk: Desk) -> None:
    made = desk.filed()
    desk.call(desk.ben, "post", f"cases/{made['case']}/counter-notice", COUNTER)
    theirs = desk.call(desk.ben, "get", f"cases/{made['case']}").content.decode()
    for word in ("Rosa", "Marta", "rosa@", "never agreed", made["number"], made["id"], str(desk.rosa.party.pk)):
        assert word not in theirs
    hers = desk.call(desk.rosa, "get", f"notices/{made['id']}").content.decode()
    for word in ("ben", "1 Street", str(desk.ben.party.pk)):
        assert word not in hers.lower()


def test_nobody_learns_of_a_case_before_something_was_done(desk: Desk) -> None:
    made = desk.filed(**INCOMPLETE)
    assert desk.call(desk.ben, "get", "cases").json()["items"] == []
    assert desk.call(desk.ben, "get", f"cases/{made['case']}").status_code == 404


def test_absent_and_somebody_elses_answer_alike(desk: Desk) -> None:
    made, eve, absent = desk.filed(), w.person("eve"), str(uuid4())
    body: dict[str, Any] | None
    for method, path, body in (
        ("get", "notices/{}", None),
        ("delete", "notices/{}", None),
        ("put", "notices/{}", {"notice": document()}),
        ("post", "notices/{}/appeal", {"text": "Please."}),
    ):
        answers = [desk.call(eve, method, path.format(pk), body) for pk in (made["id"], absent)]
        assert {one.status_code for one in answers} == {404}
        assert answers[0].content.replace(made["id"].encode(), absent.encode()) == answers[1].content
    for who in (eve, desk.rosa):  # who notified is not whose video it is
        for method, path, body in (
            ("get", "cases/{}", None),
            ("post", "cases/{}/counter-notice", COUNTER),
            ("delete", "cases/{}/counter-notice", None),
            ("post", "cases/{}/appeal", {"text": "Please."}),
        ):
            answers = [desk.call(who, method, path.format(number), body) for number in (made["case"], "T-NONE")]
            assert {one.status_code for one in answers} == {404}
            assert answers[0].content.replace(made["case"].encode(), b"T-NONE") == answers[1].content


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notice": []},
        {"notice": {"surprise": 1}},
        {"notice": {"v": 99}},
        {"notice": {"explanation": 5}},
        {"notice": {}, "language": "xx"},
        {"notice": {}, "submission": "x" * 65},
    ],
)
def test_what_cannot_be_read_is_refused(body: dict[str, Any]) -> None:
    rosa = w.person("rosa")
    headers = {"Authorization": f"Bearer {rosa.token}"}
    answer = Client().post("/v1/notices", json.dumps(body), "application/json", headers=headers)
    assert answer.status_code in {400, 422}
    assert not Notice.objects.exists()


@pytest.mark.parametrize("number", ["%00", "%F0%9F%98%80", "x" * 3000, "%E2%80%AE"])
def test_a_hostile_number_is_no_case(number: str) -> None:
    ben = w.person("ben")
    headers = {"Authorization": f"Bearer {ben.token}"}
    assert Client().get(f"/v1/cases/{number}", headers=headers).status_code == 404


def test_one_party_files_so_many_a_day(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "PER_PARTY", 1)
    desk.filed()
    answer = desk.call(desk.rosa, "post", "notices", {"notice": document()})
    assert answer.status_code == 429
