"""What a rights holder answers by pages: drafts, and offers of licences; and the statements of what came of them."""

from __future__ import annotations

import html
import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from consent import approvals, clock, revocations, royalties
from consent.models import Approval, Grant, Licence, LicenceOffer, Likeness, Posting
from consent.portal import signing
from ledger.canonical import digest
from provenance.models import Video
from provenance.portal import earnings
from tests.consent import deals, people
from tests.provenance import world as w
from tests.provenance.portal.test_home import HOSTILE, browser, cost, text

pytestmark = pytest.mark.django_db


def draft(world: w.World, **more: Any) -> Approval:  # noqa: ANN401 - members of a document
    """Return the question about a draft of Ben's, whose bytes are there."""
    if world.grant.ended_at is None and Approval.objects.filter(grant=world.grant).count() == 0:
        revocations.withdraw_grant(world.grant, actor=world.ada.party)
        world.grant = w.full_grant(world.ada, world.likeness, world.ben, **({"approval": {"hours": 30}} | more))
    video = w.shown(world.ask(prompt=HOSTILE), uuid.uuid4().bytes)
    Video.objects.filter(pk=video.pk).update(state="stamping", published_at=None)
    with transaction.atomic():
        return approvals.ask(w.permit_of(video), video.pk, actor="system:provenance")[0]


def test_a_draft_is_seen_and_answered_once() -> None:
    world = w.world()
    asked = draft(world)
    client = browser(world.ada)
    assert f"/me/requests/{asked.pk}" in text(client.get("/me/"))
    assert f"/me/requests/{asked.pk}" in text(client.get("/me/requests"))
    page = text(client.get(f"/me/requests/{asked.pk}"))
    assert f'src="/me/videos/{asked.video}/content"' in page
    assert "<script>alert" not in page
    assert client.get(f"/me/videos/{asked.video}/content").status_code == 200
    assert client.post(f"/me/requests/{asked.pk}", {"decision": "perhaps"}).status_code == 422
    for _ in range(2):
        answer = client.post(f"/me/requests/{asked.pk}", {"decision": "yes"})
        assert (answer.status_code, answer["Location"]) == (302, f"/me/requests/{asked.pk}")
    assert Approval.objects.get(pk=asked.pk).state == "given"
    assert "You said yes" in text(client.get(f"/me/requests/{asked.pk}"))
    late = client.post(f"/me/requests/{asked.pk}", {"decision": "no"})
    assert late.status_code == 409
    assert b"withdraw the grant" in late.content


def test_a_no_needs_no_reason_and_leads_to_the_next_draft() -> None:
    world = w.world()
    first, second = draft(world), draft(world)
    client = browser(world.ada)
    client.post(f"/me/requests/{first.pk}", {"decision": "no"})
    assert Approval.objects.get(pk=first.pk).state == "refused"
    page = text(client.get(f"/me/requests/{first.pk}"))
    assert "Nobody will see this video." in page
    assert f"/me/requests/{second.pk}" in page


def test_a_question_of_others_is_absent() -> None:
    asked = draft(w.world())
    other = w.world()
    for person in (other.ada, other.ben):
        client = browser(person)
        assert client.get(f"/me/requests/{asked.pk}").status_code == 404
        assert client.post(f"/me/requests/{asked.pk}", {"decision": "yes"}).status_code == 404
        assert client.get(f"/me/requests/{uuid.uuid4()}").status_code == 404
    assert Approval.objects.get(pk=asked.pk).state == "pending"


def test_its_maker_sees_no_draft_by_the_session_either() -> None:
    world = w.world()
    asked = draft(world)
    client = browser(world.ben)
    assert client.get(f"/me/videos/{asked.video}/content").status_code == 404
    assert client.get(f"/me/videos/{asked.video}").status_code == 404


def test_too_late_gone_or_ended_is_said() -> None:
    world = w.world()
    late, gone, ended = draft(world), draft(world), draft(world)
    client = browser(world.ada)
    ago = clock.now() - timedelta(days=9)
    Approval.objects.filter(pk=late.pk).update(asked_at=ago, due_at=ago + timedelta(hours=1))
    answer = client.post(f"/me/requests/{late.pk}", {"decision": "yes"})
    assert answer.status_code == 409
    assert b"Its time is over" in answer.content
    Approval.objects.filter(pk=gone.pk).update(video=uuid.uuid4())
    assert "The video is gone." in text(client.get(f"/me/requests/{gone.pk}"))
    assert "A video that is gone" in text(client.get("/me/requests"))
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    found = text(client.get(f"/me/requests/{ended.pk}"))
    assert "The permission behind it has ended" in found
    assert "There is nothing to play" in found


def test_the_list_of_drafts_costs_the_same_for_many() -> None:
    few, many = w.world(), w.world()
    draft(few)
    for _ in range(4):
        draft(many)
    for path in ("/me/requests", "/me/"):
        assert cost(browser(few.ada), path) == cost(browser(many.ada), path)


def paid(world: w.World) -> Posting:
    """Let a use have cost two euros."""
    revocations.withdraw_grant(world.grant, actor=world.ada.party)
    terms = deals.full_terms(world.ben.party, rate=deals.rate("2"))
    world.grant = w.full_grant(world.ada, world.likeness, world.ben, **terms)
    royalties.accrue(w.permit_of(world.ask()), at=clock.now(), actor="system:provenance")
    return Posting.objects.get(party=world.ada.party)


def test_what_was_earned_is_on_the_home_the_overview_and_the_months_statement() -> None:
    world = w.world()
    row = paid(world)
    month = f"{row.posting_set.at:%Y-%m}"
    client = browser(world.ada)
    for path in ("/me/", "/me/earnings", f"/me/earnings/{month}"):
        found = text(client.get(path))
        assert "2.00 EUR" in found
    assert "Ben" in text(client.get(f"/me/earnings/{month}"))
    owing = text(browser(world.ben).get("/me/earnings"))
    assert "you owe" in owing
    assert "-2.00 EUR" in owing
    sheet = client.get(f"/me/earnings/{month}/file.csv")
    assert "2.00" in sheet.content.decode()
    assert sheet["Content-Disposition"] == f'attachment; filename="statement-{month}.csv"'
    assert client.get(f"/me/earnings/{month}/file.pdf").content.startswith(b"%PDF")
    assert client.get(f"/me/earnings/{month}/file.exe").status_code == 404
    for wrong in ("2999-01", "x", "2026-13", "%00"):
        assert client.get(f"/me/earnings/{wrong}").status_code == 400
        assert client.get(f"/me/earnings/{wrong}/file.csv").status_code == 400


def test_the_lines_of_a_month_are_paged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(earnings, "LINES", 1)
    world = w.world()
    first = paid(world)
    royalties.accrue(w.permit_of(world.ask()), at=clock.now(), actor="system:provenance")
    client = browser(world.ada)
    path = f"/me/earnings/{first.posting_set.at:%Y-%m}"
    assert f'href="?after={first.pk}"' in text(client.get(path))
    last = text(client.get(f"{path}?after={first.pk}"))
    assert 'href="?after=' not in last
    assert "4.00 EUR" in last  # the balances are those of the whole month
    for wrong in ("x", "9" * 40, "\x00", "-1"):
        assert client.get(path, {"after": wrong}).status_code == 200


@pytest.fixture
def offered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> tuple[people.Person, people.Holder, LicenceOffer]:
    """Ada's offer to Ben, whose only key is a passkey of his log-in."""
    settings.CONSENT_RP_ID, settings.CONSENT_ORIGINS = "localhost", ["http://localhost:8000"]
    ada, ben = people.register("ada"), people.register_passkey("ben")
    face: Likeness = people.enrolled(ada, monkeypatch)
    given: Grant = deals.grant(ada, face, ben.party)
    key = signing.Passkey(1, "phone", b"credential", ben.passkey.public, ben.key.key_id)
    monkeypatch.setattr(signing, "signers", lambda party: [key] if party == ben.party else [])
    return ada, ben, deals.offer(given, ada, ben)  # type: ignore[arg-type]  # only the party is read


def shown_document(client: Client, path: str) -> str:
    found = re.search(r'name="document" value="([^"]*)"', text(client.get(path)))
    assert found is not None
    return html.unescape(found[1])


def test_an_offer_is_read_signed_held_and_ended(
    offered: tuple[people.Person, people.Holder, LicenceOffer],
) -> None:
    ada, ben, row = offered
    client, path = browser(ben), f"/me/licences/offers/{row.pk}"
    assert path in text(client.get("/me/licences"))
    page = text(client.get(path))
    assert "5 EUR for each video" in page
    assert "One short film about the sea." in page
    document = shown_document(client, path)
    evidence = json.dumps(ben.passkey.sign(digest("licence", json.loads(document))))
    for sent in ({}, {"document": document}, {"document": "{", "evidence": evidence}, {"document": "x" * 100_000}):
        assert client.post(path, sent).status_code == 422
    other = document.replace("One short film", "Many long films")
    assert client.post(path, {"document": other, "evidence": evidence}).status_code == 422
    assert not Licence.objects.exists()
    answer = client.post(path, {"document": document, "evidence": evidence})
    licence = Licence.objects.get()
    assert answer["Location"] == f"/me/licences/{licence.pk}"
    for person in (ada, ben):
        assert "5 EUR for each video" in text(browser(person).get(answer["Location"]))
    stranger = browser(w.person("eve"))
    assert stranger.get(answer["Location"]).status_code == 404
    assert stranger.post(answer["Location"]).status_code == 404
    for _ in range(2):
        assert browser(ada).post(answer["Location"]).status_code == 302
    assert "ended" in text(client.get(answer["Location"]))


def test_an_offer_is_taken_back_by_who_made_it_and_by_nobody_else(
    offered: tuple[people.Person, people.Holder, LicenceOffer],
) -> None:
    ada, ben, row = offered
    path = f"/me/licences/offers/{row.pk}"
    assert browser(w.person("eve")).post(path).status_code == 404
    assert browser(ada).post(path).status_code == 302
    assert "taken back" in text(browser(ada).get("/me/licences"))
    assert "Sign with my passkey" not in text(browser(ben).get(path))
