"""The holder's yes or no to one video."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from consent import approvals, authority, decisions, grants, permits, revocations, usage
from consent.models import Approval, GrantUsage, Likeness, Message, Permit
from consent.models.reach import ANYBODY
from consent.permit import Order
from consent.policy import Allow
from ledger.models import Entry
from tests.consent import people
from tests.consent.people import Person, full_grant, register, use

pytestmark = pytest.mark.django_db
ORDER = Order(prompt_sha256="0" * 64, model="m", seconds=4, size="1280x720", parent_sha256=None)
TWO_HOURS = {"approval": {"hours": 2}}


class Story:
    """Ada's likeness, Ben who may use it, and a draft that was made."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **terms: Any) -> None:  # noqa: ANN401 - members of a document
        self.ada, self.ben = register("ada"), register("ben")
        self.likeness = people.enrolled(self.ada, monkeypatch)
        self.grant = full_grant(self.ada, self.likeness, self.ben.party, **(TWO_HOURS | terms))
        self.permit = self.minted()

    def minted(self) -> Permit:
        with transaction.atomic():
            decision, allow = decisions.decide_locked(use(self.ben.party, self.likeness), actor=self.ben.party)
            assert isinstance(allow, Allow)
            return permits.mint(
                decision, allow, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=self.ben.party
            )

    def asked(self) -> Approval:
        (approval,) = approvals.ask(self.permit, self.permit.video, actor="system:provenance")
        return approval


@pytest.fixture
def story(monkeypatch: pytest.MonkeyPatch) -> Story:
    return Story(monkeypatch)


def overdue(approval: Approval) -> None:
    ago = approval.asked_at - timedelta(days=1)
    Approval.objects.filter(pk=approval.pk).update(asked_at=ago, due_at=ago + timedelta(hours=2))


def kinds(prefix: str = "approval.") -> list[str]:
    return list(
        Entry.objects.filter(kind__startswith=prefix).order_by("created_at", "pk").values_list("kind", flat=True)
    )


def test_the_holder_is_asked_once_and_told_what_to_look_at_and_until_when(story: Story) -> None:
    approval = story.asked()
    assert approval.due_at - approval.asked_at == timedelta(hours=2)
    assert approvals.ask(story.permit, story.permit.video, actor="system:provenance") == []
    told = Message.objects.get(kind=Message.Kind.APPROVAL_ASKED)
    assert told.party == story.ada.party
    for words in (
        str(approval.video),
        f"{approval.due_at:%Y-%m-%d %H:%M} UTC",
        "If you do not answer",
        "Si no responde",
    ):
        assert words in told.text
    assert kinds() == ["approval.asked"]


def test_a_grant_that_reserves_nothing_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(monkeypatch, approval=None)
    assert approvals.ask(story.permit, story.permit.video, actor="system:provenance") == []
    assert approvals.standing_of(story.permit) == "none"


def test_until_it_is_asked_it_is_pending(story: Story) -> None:
    assert approvals.standing_of(story.permit) == "pending"


def test_a_yes_is_a_yes_once(story: Story) -> None:
    approval = story.asked()
    given = approvals.give(approval, actor=story.ada.party)
    assert given.decided_entry == approvals.give(approval, actor=story.ada.party).decided_entry
    assert approvals.standing_of(story.permit) == "given"
    assert kinds() == ["approval.asked", "approval.given"]
    with pytest.raises(approvals.ApprovalClosed):
        approvals.refuse(approval, actor=story.ada.party)


def test_a_no_gives_back_what_was_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(monkeypatch, limits={"uses": 1, "seconds": None, "seconds_each": None})
    counter = GrantUsage.objects.get(grant=story.grant, party=ANYBODY)
    assert counter.uses == 1
    approval = story.asked()
    approvals.refuse(approval, actor=story.ada.party)
    counter.refresh_from_db()
    assert (counter.uses, approvals.standing_of(story.permit)) == (0, "refused")
    assert story.minted()
    with pytest.raises(approvals.ApprovalClosed):
        approvals.give(approval, actor=story.ada.party)


def test_silence_is_a_no_by_the_databases_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(monkeypatch, limits={"uses": 1, "seconds": None, "seconds_each": None})
    approval = story.asked()
    assert approvals.expire_due() == 0
    overdue(approval)
    with pytest.raises(approvals.ApprovalClosed):  # too late, although nobody has written it down yet
        approvals.give(approval, actor=story.ada.party)
    assert approvals.expire_due() == 1
    assert approvals.expire_due() == 0
    assert approvals.standing_of(story.permit) == "timed_out"
    assert GrantUsage.objects.get(grant=story.grant, party=ANYBODY).uses == 0
    assert kinds() == ["approval.asked", "approval.timed_out"]


@pytest.mark.parametrize("answer", [approvals.give, approvals.refuse], ids=["yes", "no"])
def test_nobody_else_answers(story: Story, answer: Any) -> None:  # noqa: ANN401 - a verb
    approval = story.asked()
    for stranger in (story.ben, register("eve")):
        with pytest.raises(approvals.ApprovalMissing):
            answer(approval, actor=stranger.party)
    approval.refresh_from_db()
    assert approval.state == "pending"


def test_after_a_withdrawal_there_is_nothing_to_say_yes_to(story: Story) -> None:
    approval = story.asked()
    revocations.withdraw_grant(story.grant, actor=story.ada.party)
    with pytest.raises(approvals.ApprovalClosed):
        approvals.give(approval, actor=story.ada.party)


def test_a_disputed_authority_says_no_and_not_yes(story: Story) -> None:
    approval = story.asked()
    Likeness.objects.filter(pk=story.likeness.pk).update(state="disputed")
    with pytest.raises(authority.AuthorityRefused):
        approvals.give(approval, actor=story.ada.party)
    assert approvals.refuse(approval, actor=story.ada.party).state == "refused"


def test_a_grant_in_its_place_that_reserves_a_yes_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    story = Story(monkeypatch, approval=None)
    full_grant(story.ada, story.likeness, story.ben.party, supersedes=story.grant, approval={"hours": 5})
    assert approvals.standing_of(story.permit) == "pending"
    approval = story.asked()
    assert (approval.grant, approval.due_at - approval.asked_at) == (story.grant, timedelta(hours=5))


def heirs(rule: str) -> tuple[Person, Person, Likeness]:
    one, two = register("one"), register("two")
    subject = {"name": "Grandmother", "kind": "deceased", "rule": rule, "adult_on": None}
    first = people.accepted(one, people.claim(one, subject=subject))
    people.accepted(two, people.claim(two, first.likeness))
    assert first.likeness is not None
    likeness = first.likeness
    likeness.refresh_from_db()
    return one, two, likeness


@pytest.mark.parametrize(("rule", "voices"), [("any", 1), ("all", 2)])
def test_of_several_heirs_the_rule_says_yes(rule: str, voices: int, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, likeness = heirs(rule)
    approval = asked_of(likeness, one, two, rule, monkeypatch)
    assert Message.objects.filter(kind=Message.Kind.APPROVAL_ASKED).count() == 2
    assert approvals.give(approval, actor=one.party).state == ("given" if voices == 1 else "pending")
    assert approvals.give(approval, actor=one.party).state == ("given" if voices == 1 else "pending")
    assert approvals.give(approval, actor=two.party).state == "given"


def test_of_several_heirs_any_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    one, two, likeness = heirs("all")
    approval = asked_of(likeness, one, two, "all", monkeypatch)
    approvals.give(approval, actor=one.party)
    assert approvals.refuse(approval, actor=two.party).state == "refused"


def asked_of(likeness: Likeness, one: Person, two: Person, rule: str, monkeypatch: pytest.MonkeyPatch) -> Approval:
    people.enrol(one, likeness, monkeypatch)
    likeness.refresh_from_db()
    ben = register("ben")
    terms = people.full_terms(ben.party, **TWO_HOURS)
    document = grants.draft(likeness, terms, key=one.key, actor=one.party)
    if rule == "all":
        people.agree(two, likeness, "grant", document)
    grants.record_grant(document, one.sign(document), actor=one.party)
    with transaction.atomic():
        decision, allow = decisions.decide_locked(use(ben.party, likeness), actor=ben.party)
        assert isinstance(allow, Allow)
        permit = permits.mint(decision, allow, job=uuid.uuid4(), video=uuid.uuid4(), order=ORDER, actor=ben.party)
    (approval,) = approvals.ask(permit, permit.video, actor="system:provenance")
    return approval


def test_the_door_lists_what_is_due_first_and_takes_the_answer(client: Client, story: Story) -> None:
    later = story.asked()
    story.permit = story.minted()
    sooner = story.asked()
    Approval.objects.filter(pk=sooner.pk).update(due_at=later.due_at - timedelta(minutes=5))
    seen, cursor = [], ""
    for _ in range(2):
        page = client.get(f"/v1/approvals?limit=1{cursor}", headers=story.ada.headers()).json()
        seen += [one["id"] for one in page["items"]]
        cursor = f"&cursor={page['next']}"
    assert (seen, page["next"]) == ([str(sooner.pk), str(later.pk)], None)
    address = f"/v1/approvals/{sooner.pk}"
    wrong = client.post(address, {"decision": "maybe"}, content_type="application/json", headers=story.ada.headers())
    assert wrong.status_code == 422
    answer = client.post(address, {"decision": "yes"}, content_type="application/json", headers=story.ada.headers())
    assert (answer.status_code, answer.json()["state"]) == (200, "given")
    other = client.post(
        f"/v1/approvals/{later.pk}", {"decision": "no"}, content_type="application/json", headers=story.ada.headers()
    )
    assert other.json()["state"] == "refused"
    listed = client.get("/v1/approvals?state=refused", headers=story.ada.headers()).json()["items"]
    assert [one["id"] for one in listed] == [str(later.pk)]
    assert client.get("/v1/approvals?state=lost", headers=story.ada.headers()).status_code == 400


def test_absent_and_somebody_elses_answer_alike(client: Client, story: Story) -> None:
    approval = story.asked()
    answers = [
        client.post(
            f"/v1/approvals/{pk}", {"decision": "no"}, content_type="application/json", headers=story.ben.headers()
        )
        for pk in (approval.pk, uuid.uuid4())
    ]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert len({answer.json()["detail"] for answer in answers}) == 1
    assert client.get("/v1/approvals", headers=story.ben.headers()).json()["items"] == []
    assert usage.release(story.permit.pk) == 0
