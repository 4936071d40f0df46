"""The desk: one case in one pair of hands, decided upon what was read, and seen on record."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth.models import Group, User

from consent.casework import replies, roles
from consent.models import Assignment, Case, Ruling
from consent.staff import Staff
from consent.takedown.provisional import Found
from consent.takedown.provisional import Video as Shown
from ledger.models import Entry
from provenance.models import Video
from tests.consent import logins
from tests.consent.takedown import notices
from tests.provenance import world

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
HOSTILE = '<script>x</script>"><img onerror=x>\u202e\0\U0001f600'
DECISION = {
    "action": "remove",
    "why": "likeness:no-consent",
    "facts": "The record holds no permission for this.",
    "scope": "video",
}


@pytest.fixture
def made() -> Video:
    """Return a video of Ada for Ben, with a file of ten bytes that nobody has stamped."""
    video = world.world().ask()
    path = f"{video.pk}.mp4"
    (Path(settings.MEDIA_ROOT) / path).write_bytes(b"0123456789")
    Video.objects.filter(pk=video.pk).update(path=path)
    return video


@pytest.fixture
def case(made: Video) -> Case:
    return notices.filed(Found((Shown(made.pk),))).notice.case


def browser(name: str, **more: Any) -> Client:  # noqa: ANN401 - columns of the user
    return logins.client_of(logins.staff(name, **more))


def held(client: Client, case: Case) -> Case:
    client.post(f"/console/queues/cases/{case.pk}/take")
    return case


def decided(client: Client, case: Case, **changes: str) -> Any:  # noqa: ANN401 - a test response
    said = DECISION | {"version": str(case.version), "step": "done"} | changes
    return client.post(f"/console/cases/{case.number}/decide", said)


def test_two_moderators_never_get_the_same_case(case: Case) -> None:
    first, second = browser("one"), browser("two")
    assert first.post("/console/queues/cases/next")["Location"] == f"/console/cases/by-id/{case.pk}"
    assert second.post("/console/queues/cases/next")["Location"] == "/console/queues/cases"
    page = second.get(f"/console/cases/{case.number}").content.decode()
    assert "A colleague has this case in hand" in page
    assert "Decide, and take" not in page
    assert Assignment.objects.filter(item=case.pk, ended_at=None).count() == 1


def test_the_overview_says_what_waits_and_is_the_same_work_for_many(
    case: Case, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(3):
        notices.filed(Found((Shown(uuid.uuid4()),)))
    client = browser("one")
    with django_assert_max_num_queries(40):
        page = client.get("/console/")
    assert "Takedown cases" in page.content.decode()
    assert page["Cache-Control"].find("no-store") >= 0
    assert client.get("/console/queues/cases").content.decode().count("/take") == 4
    assert client.get("/console/queues/none").status_code == 404


def test_a_case_page_costs_the_same_whatever_it_holds(
    case: Case, made: Video, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = browser("one")
    for _ in range(4):
        notices.filed(Found((Shown(made.pk),)))
    with django_assert_max_num_queries(55):
        page = client.get(f"/console/cases/{case.number}").content.decode()
    assert "Why was this made?" in page
    assert "A walk by the sea" in page
    assert "notice.received" in page


def test_a_video_is_seen_by_who_has_the_case_in_hand_and_on_record(case: Case) -> None:
    client, other = browser("one"), browser("two")
    address = f"/console/cases/{case.number}/media/video"
    assert client.get(address).status_code == 403
    assert client.post(f"/console/cases/{case.number}/look").status_code == 409, "not in hand"
    held(client, case)
    assert client.get(address).status_code == 403, "nobody said that they look"
    assert not Entry.objects.filter(kind="case.video_seen").exists()
    client.post(f"/console/cases/{case.number}/look")
    assert Entry.objects.filter(kind="case.video_seen").count() == 1
    assert client.get(address).getvalue() == b"0123456789"
    assert client.get(address, headers={"Range": "bytes=2-3"}).getvalue() == b"23"
    assert other.get(address).status_code == 403
    assert b"<video" in client.get(f"/console/cases/{case.number}").content
    Assignment.objects.filter(item=case.pk).update(actor="staff:0")
    assert client.get(address).status_code == 409, "it is in other hands now"


def test_what_a_notice_says_is_opened_on_record(case: Case) -> None:
    client, number = browser("one"), case.notices.get().number
    address = f"/console/cases/{case.number}/notices/{number}"
    assert client.post(address).status_code == 409
    assert b"Rosa Example" not in client.get(f"/console/cases/{case.number}").content
    held(client, case)
    assert b"Rosa Example" in client.post(address).content
    assert Entry.objects.filter(kind="notice.read").count() == 1


def test_a_decision_is_previewed_and_then_waits_for_another_person(case: Case) -> None:
    first, second = browser("one"), browser("two")
    held(first, case)
    preview = decided(first, case, step="preview").content.decode()
    assert "The record holds no permission for this." in preview
    assert "A colleague has to confirm it" in preview
    assert not Ruling.objects.exists()
    assert decided(first, case).status_code == 302
    ruling = Ruling.objects.get()
    assert ruling.state == "proposed"
    case.refresh_from_db()
    word = {"word": "confirm", "version": str(case.version)}
    address = f"/console/second-words/ruling/{ruling.pk}"
    assert b"You proposed this yourself" in first.get("/console/second-words").content
    assert first.post(address, word).status_code == 409
    assert b"The record holds no permission" in second.get("/console/second-words").content
    assert second.post(address, word).status_code == 302
    ruling.refresh_from_db()
    assert ruling.state == "in_force"


def test_a_stale_page_says_what_changed_and_keeps_what_was_typed(case: Case, made: Video) -> None:
    client = browser("one")
    held(client, case)
    before = Entry.objects.order_by("-created_at").first()
    assert before is not None
    notices.filed(Found((Shown(made.pk),)))
    answer = decided(client, case, seen=before.created_at.isoformat(), facts="Kept words of mine.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Kept words of mine." in page
    assert "What happened meanwhile" in page
    assert "notice.received" in page
    assert not Ruling.objects.exists()


def test_nobody_looks_into_a_case_of_their_own(case: Case, made: Video) -> None:
    client = browser("one")
    party = made.client
    party.user = User.objects.get(username="one")
    party.save(update_fields=["user"])
    answer = client.get(f"/console/cases/{case.number}", headers={"Accept": "text/html"})
    assert answer.status_code == 409
    assert b"Leave it to a colleague" in answer.content
    assert client.post("/console/queues/cases/next")["Location"] == "/console/queues/cases"


@pytest.mark.parametrize(
    "address",
    ["/console/", "/console/find", "/console/second-words", "/console/queues/cases", "/console/cases/T-0000-0000"],
)
def test_no_page_is_for_who_is_no_staff(address: str) -> None:
    someone = logins.with_second_factor(logins.user("visitor"))
    assert logins.client_of(someone).get(address).status_code == 403
    plain = logins.with_second_factor(logins.user("clerk", is_staff=True))
    assert logins.client_of(plain).get(address).status_code == 403, "staff without the permission"


def test_hostile_text_is_kept_as_text_and_never_fails(case: Case) -> None:
    client = browser("one")
    held(client, case)
    fields = ("action", "why", "facts", "version", "scope", "stay_down", "ends_at", "notice", "seen")
    for field in fields:
        answer = decided(client, case, **{field: HOSTILE + "x" * 9000})
        assert answer.status_code in {302, 409, 422}, field
        assert b"<script>x" not in answer.content
    for act in ("note", "tag", "untag", "escalate", "snooze", "pause", "wake", "settle", "resume"):
        said = dict.fromkeys(("text", "tag", "reason", "to_role", "hours", "version", "pause"), HOSTILE)
        assert client.post(f"/console/cases/{case.number}/beside/{act}", said).status_code < 500
    assert client.get("/console/find", {"q": HOSTILE}).status_code == 200
    assert client.get("/console/queues/cases", {"lane": HOSTILE}).status_code == 200
    page = client.get(f"/console/cases/{case.number}").content
    assert b"<script>x" not in page


def test_the_palette_finds_cases_videos_and_parties(case: Case, made: Video) -> None:
    client = browser("one")

    def labels(asked: str) -> set[str]:
        answer = client.get("/console/find", {"q": asked}, headers={"Accept": "application/json"})
        return {hit["label"] for hit in answer.json()["found"]}

    assert labels(case.number.lower()[:6]) == {case.number}
    assert labels(str(made.pk)) == {case.number, str(made.pk)}
    assert labels(made.client.handle) == {made.client.handle}
    assert labels(made.client.handle[:5]) == set(), "a part of a handle finds nobody"


def test_what_is_beside_a_case_is_written_and_taken_back(case: Case) -> None:
    client = browser("one")
    held(client, case)
    base = f"/console/cases/{case.number}/beside"
    client.post(f"{base}/note", {"text": "Look at the second notice."})
    client.post(f"{base}/tag", {"tag": "press"})
    page = client.get(f"/console/cases/{case.number}").content
    assert b"Look at the second notice." in page
    assert client.post(f"{base}/tag", {"tag": "NOT A TAG"}).status_code == 422
    assert client.post(f"{base}/escalate", {"reason": "law", "to_role": "policy-manager"}).status_code == 302
    assert b"That is dealt with" in client.get(f"/console/cases/{case.number}").content
    assert client.post("/console/queues/cases/next")["Location"] == "/console/queues/cases"


def test_passing_on_needs_a_reason(case: Case) -> None:
    client = browser("one")
    held(client, case)
    assignment = Assignment.objects.get(item=case.pk)
    assert client.post(f"/console/work/{assignment.pk}/skip").status_code == 422
    assert client.post(f"/console/work/{assignment.pk}/skip", {"reason": "unsure"}).status_code == 302
    assignment.refresh_from_db()
    assert (assignment.outcome, assignment.skip) == ("skipped", "unsure")
    assert Staff(User.objects.get(username="one").pk).actor == assignment.actor


def test_who_filed_is_asked_for_more_and_no_place_of_a_reply_stays_unfilled(case: Case) -> None:
    one = browser("one")
    editor = Staff(User.objects.get(username="one").pk)
    said = {"en": "Case {{ case }}: send us {{ what }}.", "es": "Caso {{ case }}: envíe {{ what }}."}
    replies.write("more", subject={"en": "S", "es": "S"}, text=said, actor=editor)
    address = f"/console/cases/{case.number}/beside/ask"
    asked = {"question": "Which second?", "version": str(case.version), "step": "send"}
    assert one.post(address, asked).status_code == 409, "not in hand"
    held(one, case)
    begun = one.post(address, {"step": "template", "template": "more"}).content.decode()
    assert f"Case {case.number}: send us {{{{ what }}}}." in begun
    for step in ("preview", "send"):
        refused = one.post(address, asked | {"question": "Send us {{ what }}.", "step": step})
        assert (refused.status_code, "Fill in: what." in refused.content.decode()) == (422, True)
    assert "To go on we need from you: Which second?" in one.post(address, asked | {"step": ""}).content.decode()
    assert not Entry.objects.filter(kind="case.asked").exists()
    assert one.post(address, asked | {"version": "99"}).status_code == 409
    assert one.post(address, asked).status_code == 302
    assert case.notices.get().letters.filter(kind="asked").count() == 1


def test_a_case_goes_into_another_and_runs_by_another_clock(case: Case) -> None:
    one = browser("one")
    loose = notices.filed(Found(), works=[]).notice.case
    held(one, loose)
    base = f"/console/cases/{loose.number}/beside"
    version = {"version": str(loose.version)}
    assert one.post(f"{base}/redirect", version | {"lane": "order-time"}).status_code == 409
    assert one.post(f"{base}/redirect", version | {"lane": "gdpr"}).status_code == 302
    assert one.post(f"{base}/merge", version | {"into": case.number}).status_code == 409, "stale"
    loose.refresh_from_db()
    assert loose.lane == "gdpr"
    version = {"version": str(loose.version)}
    assert one.post(f"{base}/merge", version | {"into": "T-0000-0000"}).status_code in {404, 422}
    assert one.post(f"{base}/merge", version | {"into": case.number.lower()}).status_code == 302
    loose.refresh_from_db()
    assert loose.state == "closed"
    assert case.notices.count() == 2
    shown = one.get(f"/console/cases/{case.number}").content.decode()
    assert "Not complete yet" in shown
    for act in ("ask", "merge", "redirect"):
        said = dict.fromkeys(("question", "version", "into", "lane", "step", "template"), HOSTILE)
        page = one.post(f"/console/cases/{case.number}/beside/{act}", said)
        assert page.status_code < 500
        assert b"<script>x" not in page.content


def test_a_notice_about_a_minor_is_opened_on_the_page_by_child_safety_alone() -> None:
    shown = {"name": "Marta Example", "standing": "living", "minor": True}
    notice = notices.filed(Found((Shown(uuid.uuid4()),)), depicted=shown).notice
    address = f"/console/cases/{notice.case.number}/notices/{notice.number}"
    roles.synchronise()
    for name, role, status in (("lin", "moderator", 403), ("kit", "child-safety", 200)):
        user = logins.staff(name, is_superuser=False)
        user.groups.set(Group.objects.filter(name=role))
        client = logins.client_of(user)
        held(client, notice.case)
        page = client.get(f"/console/cases/{notice.case.number}").content.decode()
        assert ("Only child safety opens this" in page) is (status == 403)
        assert client.post(address).status_code == status
        client.post(f"/console/work/{Assignment.objects.get(ended_at=None).pk}/put-back")
    assert Entry.objects.filter(kind="notice.read").count() == 1
