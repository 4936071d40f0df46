"""What several decide together: ask the others, read what they ask, agree, and put in force what enough want.

Whoever drafts is the first to agree, and it is with that assent that the document lies sealed for the others to read. A
no needs no button: who does not sign has not agreed, and silence permits nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import authority, claimform, claims, clock, grants, likenesses
from consent.models import Assent, Claim, Grant, Likeness, Party
from consent.portal import acting, door, drafting, signing
from consent.portal import claims as claim_pages
from ledger import base64url, vault
from ledger.canonical import digest, parse
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

SHOWN: Final = 50
"""Assents of others on a page."""
DIGEST: Final = 32  # bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """One document that several decide about."""

    likeness: Likeness
    kind: str
    document: dict[str, Any]

    @property
    def act(self) -> bytes:
        """Return the digest that assents are counted by."""
        return digest(self.kind, self.document)

    @property
    def text(self) -> str:
        """Return what a grant says, in the language and the words that are signed; "" for a claim."""
        return grants.shown_text(self.document) if self.kind == "grant" else ""

    @property
    def said(self) -> dict[str, Any] | None:
        """Return what a claim says; `None` for a grant."""
        return claim_pages.said(self.document) if self.kind == "claim" else None


@require_safe
@door.holder
def agreement_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List what the others of one's likenesses agreed to lately and one did not, and what one asked for oneself."""
    mine = acting.acted_for(party)
    fresh = clock.now() - grants.AGREED_WITHIN
    rows = Assent.objects.filter(likeness__in=mine, dropped_entry=None, given_at__gt=fresh)
    given = list(rows.select_related("party", "likeness").order_by("given_at", "pk")[:SHOWN])
    own = {bytes(one.act) for one in given if one.party_id == party.pk}
    first = {bytes(one.act): one for one in reversed(given)}
    shown = [(one, base64url.encode(act), act in own) for act, one in first.items()]
    return render(request, "consent/portal/agreements.html", {"shown": shown})


@require_http_methods(["GET", "POST"])
@door.holder
def agreement(request: HttpRequest, party: Party, likeness: UUID, act: str) -> HttpResponseBase:
    """Show one document and who has agreed; agree to it, or put it in force. To others it does not exist."""
    asked = _asked(party, likeness, act)
    problem: Problem | None = None
    if request.method == "POST":
        try:
            return _acted(request, party, asked)
        except Problem as refused:
            problem = refused
    return _page(request, party, asked, problem)


@require_POST
@door.holder
def ask(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Ask the others to agree to a permission that one drafted: by agreeing first."""
    document = drafting.posted_document(request.POST.get("document", ""))
    grants.shown_text(document)  # refuses what is no grant, before anything of it is used
    found = acting.likeness(party, str(document.get("likeness", "")))
    _decides(found, party)
    asked = Asked(found, "grant", document)
    problem: Problem | None = None
    if "evidence" in request.POST:
        try:
            return _acted(request, party, asked)
        except Problem as refused:
            problem = refused
    return _page(request, party, asked, problem)


@require_http_methods(["GET", "POST"])
@door.holder
def agent(request: HttpRequest, party: Party, claim: UUID) -> HttpResponseBase:
    """Read what an agent swore, and agree that they act."""
    found = claims.of(claim, party=party)
    if found.likeness is None or found.role != Claim.Role.AGENT or found.state not in claims.WAITING:
        raise claims.missing()
    _decides(found.likeness, party)
    asked = Asked(found.likeness, "claim", claims.document_of(found))
    problem: Problem | None = None
    if request.method == "POST":
        try:
            return _acted(request, party, asked)
        except Problem as refused:
            problem = refused
    return _page(request, party, asked, problem)


def waits(likeness: UUID, party: Party) -> bool:
    """Tell whether somebody agreed lately to what the party, who decides too, has not: one query for who does not."""
    fresh = clock.now() - grants.AGREED_WITHIN
    given = Assent.objects.filter(likeness=likeness, dropped_entry=None, given_at__gt=fresh)
    own = given.filter(party=party, act=OuterRef("act"))
    if not given.exclude(party=party).filter(~Exists(own)).exists():
        return False
    return party.pk in authority.principals(Likeness.objects.get(pk=likeness), clock.now())


def _acted(request: HttpRequest, party: Party, asked: Asked) -> HttpResponseBase:
    sent, evidence = request.POST, signing.evidence(request.POST.get("evidence"))
    if sent.get("step") == "force":
        made = grants.record_grant(asked.document, evidence=evidence, actor=party)
        messages.success(request, gettext("Signed and recorded. It is in force."))
        return redirect("portal-grant", grant=made.pk)
    key = sent.get("key", "")[:64]
    authority.assent(asked.likeness.pk, asked.kind, asked.document, key_id=key, signed=evidence, actor=party)
    messages.success(request, gettext("You agreed. It counts as soon as enough of you have."))
    return redirect("portal-agreement", likeness=asked.likeness.pk, act=base64url.encode(asked.act))


def _page(request: HttpRequest, party: Party, asked: Asked, problem: Problem | None) -> HttpResponseBase:
    held = authority.principals(asked.likeness, clock.now())
    agreeing = authority.assenting(asked.likeness, asked.act)
    mine = party.pk in agreeing
    passkeys = signing.signers(party)
    drafter = asked.document.get("grantor") == str(party.pk)
    done = Grant.objects.filter(pk=asked.document["id"]).first() if asked.kind == "grant" else None
    ready = authority.suffice(asked.likeness, agreeing)
    signer = next((one for one in passkeys if one.key_id == asked.document["key"]), None) if drafter else None
    context: dict[str, Any] = {
        "asked": asked,
        "problem": problem,
        "people": [
            (one, held[one.pk], one.pk in agreeing)
            for one in Party.objects.filter(pk__in=held).order_by("name", "pk")[:SHOWN]
        ],
        "mine": mine,
        "done": done,
        "ready": ready,
        "drafter": drafter,
        "written": json.dumps(asked.document, ensure_ascii=False) if not mine and asked.kind == "grant" else "",
        "step": "",
        "act": base64url.encode(asked.act),
    }
    if not mine and passkeys:
        by = passkeys[0]
        what = authority.assent_digest(asked.likeness.pk, party, by.key_id, asked.act)
        context |= {"sign": signing.asked(by, what), "key": by.key_id, "step": "agree"}
    elif mine and ready and signer is not None and done is None:
        context |= {"sign": signing.asked(signer, asked.act), "key": signer.key_id, "step": "force"}
    return render(request, "consent/portal/agreement.html", context, status=200 if problem is None else 422)


def _asked(party: Party, likeness: UUID, act: str) -> Asked:
    """Return the document of this digest, if the party decides about the likeness. One answer otherwise."""
    try:
        wanted = base64url.decode(act)
    except ValueError:
        wanted = b""
    found = Likeness.objects.filter(pk=likeness, erased_at=None).first()
    if found is None or len(wanted) != DIGEST:
        raise likenesses.missing()
    _decides(found, party)
    for one in Assent.objects.filter(likeness=found, act=wanted, dropped_entry=None).select_related("signed")[:SHOWN]:
        try:
            document = parse(vault.unseal(one.signed))["document"]
        except Erased:  # who agreed first is gone; the next one's copy is the same
            continue
        kind = "claim" if document["type"] == claimform.TYPE else "grant"
        return Asked(found, kind, document)
    raise likenesses.missing()


def _decides(likeness: Likeness, party: Party) -> None:
    if party.pk not in authority.principals(likeness, clock.now()):
        raise likenesses.missing()
