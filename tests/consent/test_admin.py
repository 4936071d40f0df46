"""The console reads consent and changes nothing of it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from consent import (
    amendments,
    approvals,
    ask_refusals,
    blocks,
    challenges,
    claims,
    clock,
    decisions,
    exclusions,
    farewells,
    keys,
    limits,
    login_letters,
    reasons_given,
    register,
    reviews,
    revocation_proposals,
    revocations,
    royalties,
    suspensions,
)
from consent.casework import (
    assignments,
    bulks,
    escalations,
    notes,
    proposals,
    replies,
    roles,
    sampling,
    schedule,
    tags,
    viewing,
)
from consent.models import Approval, ApprovalVoice, Breach, Case, ErasureReceipt, Likeness, Party, Proposal
from consent.oauth import authorisations, clients, dpop, replays
from consent.staff import Staff
from consent.webhooks import deliveries, endpoints, targets
from tests.consent import deals, logins, people
from tests.consent.asking import ask
from tests.consent.casework import crew
from tests.consent.pages import reported
from tests.consent.people import Person
from tests.consent.takedown import notices
from tests.consent.test_permits import minted
from tests.consent.test_undo import undone
from tests.consent.transparency import happenings

pytestmark = pytest.mark.django_db
LIMITS = {"acts": ["see"], "purposes": None, "not_after": "2090-01-01T00:00:00Z"}
MODELS = sorted(apps.get_app_config("consent").get_models(), key=lambda model: model.__name__)


@pytest.fixture
def moderator(settings: Settings) -> Client:
    settings.ROOT_URLCONF = "tests.consent.urls"
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    client = Client()
    client.force_login(logins.staff("moderator"))
    return client


def let_in(maker: Person, holder: Person) -> None:
    """Let an app act for somebody, and show a proof."""
    back = "https://app.example.org/"
    app, _, _ = clients.register("An app", frozenset({"grants:read"}), actor=maker.party, redirect_uris=[back])
    scope = frozenset({"grants:read"})
    authorisations.authorise(app, scope, days=1, redirect_uri=back, challenge="A" * 43, actor=holder.party)
    replays.first_time(dpop.Proof("A" * 43, "one", 0))
    limits.spend(str(holder.party.pk), HttpRequest())


def test_every_model_is_registered() -> None:
    assert all(admin.site.is_registered(model) for model in MODELS)


def test_every_row_can_be_read_and_nothing_offers_a_change(
    moderator: Client, ada: Person, ben: Person, face: Likeness, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.proved(ada, face, monkeypatch)
    given = deals.grant(
        ada, face, ben.party, rate=deals.rate(), limits={"uses": 9, "seconds": None, "seconds_each": None}
    )
    deals.accept(deals.offer(given, ada, ben), ben)
    register.protect(["Ada Example"], ground="own_likeness", likeness=face, actor=ada.party)
    royalties.accrue(minted(ben, face), at=clock.now(), actor="system:test")
    made = people.documented(ben, people.claim(ben, face, role="agent", limits=LIMITS))
    reviews.recommend(made, "refuse", actor=people.FIRST)
    people.agree(ada, face, "claim", claims.document_of(made))
    decisions.preflight(people.use(ben.party, face, purpose="advertising"), actor=ben.party)
    ask(ben, face.pk)
    ask_refusals.refuse(face, None, actor=ada.party)
    asking = people.full_grant(ada, face, ben.party, approval={"hours": 4})
    approvals.ask(minted(ben, face), uuid.uuid4(), actor="system:test")
    asked = Approval.objects.get()
    monkeypatch.setattr(targets, "lookup", lambda *_asked, **_more: ["93.184.216.34"])
    listening, _ = endpoints.register("https://hooks.example.com/", ["*"], actor=ada.party)
    deliveries.test(listening.pk, actor=ada.party)
    ApprovalVoice.objects.create(approval=asked, party=ada.party, entry=asked.entry)  # where several decide
    amendments.narrow(
        asking, people.full_terms(ben.party, approval={"hours": 2}, window=asking.terms["window"]), actor=ada.party
    )
    revocations.withdraw_grant(given, actor=ada.party)
    exclusions.withdraw_party(ben.party, actor=ada.party)
    suspensions.suspend(face, reason="paused", actor=ada.party)
    revocation_proposals.propose_revocation(face, reason="court-order", reference="4 C 7/26", actor=Staff(7))
    blocks.place(uuid.uuid4(), case="N-1", reason="notice", actor=Staff(7))
    notices.one_of_each(ben.party)
    undone(ada)
    keys.revoke_key(ben.key, actor=ben.party)  # and Ben is told
    challenges.spend(challenges.issue().text)
    farewells.write("ben@example.org", given.entry)
    login_letters.put("ben@example.org", "A subject", "A text")
    ErasureReceipt.objects.create(digest=bytes(32), party=ben.party, destroyed={})
    every_work(ada)
    every_figure()
    let_in(ada, ben)
    for model in MODELS:
        name = f"admin:{model._meta.label_lower.replace('.', '_')}"
        assert moderator.get(reverse(f"{name}_changelist")).status_code == 200
        row = model._default_manager.first()
        assert row is not None, model
        page = moderator.get(reverse(f"{name}_change", args=[row.pk]))
        assert page.status_code == 200
        assert b"ben@example.org" not in page.content
        assert b'name="_save"' not in page.content
        assert moderator.get(reverse(f"{name}_add")).status_code == 403
        assert moderator.post(reverse(f"{name}_change", args=[row.pk]), {}).status_code == 403
        assert moderator.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403


def every_figure() -> None:
    """Leave a clock that ran out, a statement of reasons and a report of a quarter."""
    case = Case.objects.earliest("opened_at")
    Breach.objects.create(kind="case", case=case, target=case.pk, due_at=clock.now(), entry=case.entry)
    reasons_given.issue(happenings.SAID, case=case, actor="staff:1")
    reported.report()


def every_work(ada: Person) -> None:
    """Leave a row of each table of casework."""
    first, second = crew.hire("mia", *roles.ROLES), crew.hire("noa", *roles.ROLES)
    one, two, three = crew.blocked(second, 3)
    held = assignments.claim("blocks-to-confirm", one.pk, actor=first)
    assignments.submit(held, "confirm", lambda: blocks.confirm(one, actor=first), actor=first)
    sampling.take(b"seed", clock.now() - timedelta(days=1), clock.now(), {"": 1.0})
    notes.write("blocks-to-confirm", one.pk, "ben@example.org called", actor=first)
    tags.put("blocks-to-confirm", one.pk, "minor", actor=first)
    escalations.escalate("blocks-to-confirm", two.pk, "law", to_queue="claims", actor=first)
    schedule.snooze("blocks-to-confirm", three.pk, clock.now() + timedelta(hours=1), actor=first)
    schedule.plan("confirm-block", two.pk, clock.now() + timedelta(hours=1), {}, actor=first)
    bulks.ask("confirm-block", [two.pk], {}, reason="x", actor=first)
    document = people.documented(ada, people.claim(ada)).documents.get()
    asked = proposals.propose(
        "view-sealed", document.pk, reason="x", arguments={"source": "claim-document"}, actor=first
    )
    assert isinstance(asked, Proposal)
    viewing.look(proposals.confirm(asked, actor=second), actor=first)
    replies.write("hello", subject={"en": "Hello", "es": "Hola"}, text={"en": "Hi", "es": "Hola"}, actor=first)


@pytest.mark.parametrize("model", MODELS)
def test_no_secret_is_shown(moderator: Client, ada: Person, ben: Person, face: Likeness, model: type[Model]) -> None:
    people.grant(ada, face, ben.party)
    permit = minted(ben, face)
    row = model._default_manager.first()
    if row is None:
        return
    name = f"admin:{model._meta.label_lower.replace('.', '_')}_change"
    page = moderator.get(reverse(name, args=[row.pk])).content.decode()
    assert permit.token not in page
    assert ada.token not in page


def test_staff_without_permission_see_nothing(settings: Settings, ada: Person) -> None:
    settings.ROOT_URLCONF = "tests.consent.urls"
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    client = Client()
    client.force_login(logins.staff("clerk", is_superuser=False))
    assert client.get(reverse("admin:consent_party_change", args=[Party.objects.get().pk])).status_code == 403
