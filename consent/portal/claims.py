"""Claims of authority: ask to act for somebody, add what shows it, see how it stands, take it back.

A claim is sworn, so it is read once more as it is signed and then signed by a passkey. The form travels with that page:
a signature that comes too late finds a fresh document over the same words.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import authority, claimform, claims, clock, keys
from consent.models import Claim, Likeness, Party
from consent.portal import acting, door, drafting, refusal, signing
from consent.portal.claim_form import ACTS, FIELDS, KINDS, ROLES, RULES, ClaimForm, DocumentForm
from consent.portal.terms_form import say
from ledger.canonical import digest
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

SHOWN: Final = 50
"""Claims, and people, on a page; the API lists them all."""
STATES: Final = {
    Claim.State.OPEN: ("open", _("we are reading it")),
    Claim.State.DISPUTED: ("warn", _("somebody else claims it too")),
    Claim.State.ACCEPTED: ("good", _("accepted")),
    Claim.State.REFUSED: ("bad", _("not accepted")),
    Claim.State.WITHDRAWN: ("paused", _("taken back")),
    Claim.State.ENDED: ("paused", _("ended")),
}
REFUSALS: Final = {
    Claim.Refusal.NOT_SHOWN: _("What you sent does not show it. You can claim again with more."),
    Claim.Refusal.UNREADABLE: _("We could not read what you sent. Send it again, larger or as a PDF."),
    Claim.Refusal.NOT_AUTHENTIC: _("We could not take the documents for genuine."),
    Claim.Refusal.SOMEBODY_ELSE: _("As we read it, somebody else may act."),
    Claim.Refusal.NO_SUCH_LIKENESS: _("There is no likeness on record with this number."),
    Claim.Refusal.NOT_OURS_TO_DECIDE: _("This is not ours to decide: a court has to."),
}


@require_safe
@door.holder
def claim_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """List one's own, newest first, and those of agents about whom one has a say."""
    own = Claim.objects.filter(claimant=party).order_by("-made_at", "-pk")[:SHOWN]
    about = acting.acted_for(party)
    asking = Claim.objects.filter(role=Claim.Role.AGENT, likeness__in=about, state__in=claims.WAITING)
    agents = Claim.objects.filter(role=Claim.Role.AGENT, likeness__in=about, state=Claim.State.ACCEPTED)
    related = ("claimant", "likeness")
    context = {
        "own": [_row(claim) for claim in own.select_related("likeness")],
        "asking": asking.exclude(claimant=party).select_related(*related).order_by("due_at", "pk")[:SHOWN],
        "agents": agents.exclude(claimant=party).select_related(*related).order_by("decided_at", "pk")[:SHOWN],
    }
    return render(request, "consent/portal/claims.html", context)


@require_http_methods(["GET", "POST"])
@door.holder
def make(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Ask: the form, then the same words to read and sign, then the claim with its clock."""
    passkeys = {one.key_id: one for one in signing.signers(party)}
    names = {key_id: one.name for key_id, one in passkeys.items()}
    if request.method != "POST":
        return _form(request, ClaimForm(passkeys=names), 200)
    form = ClaimForm(request.POST, passkeys=names)
    if not form.is_valid() or request.POST.get("step") == "edit":
        return _form(request, form, 422 if form.errors else 200)
    problem: Problem | None = None
    if request.POST.get("step") == "sign":
        try:
            return _signed(request, party)
        except Problem as refused:
            problem = refused
    try:
        document = claims.draft(form.asked(), key=keys.usable(party, form.cleaned_data["key"]), actor=party)
    except Problem as refused:
        put(form, refused)
        return _form(request, form, 422)
    context = {
        "problem": problem,
        "carried": [(name, value) for name in form.fields for value in request.POST.getlist(name)],
        "document": json.dumps(document, ensure_ascii=False),
        "said": said(document),
        "asked": signing.asked(passkeys[form.cleaned_data["key"]], digest("claim", document)),
    }
    return render(request, "consent/portal/claim_sign.html", context, status=200 if problem is None else 422)


@require_http_methods(["GET", "POST"])
@door.holder
def show(request: HttpRequest, party: Party, claim: UUID) -> HttpResponseBase:
    """Show one: how it stands, what was sworn, its documents, who else can act; take one more document."""
    found = claims.of(claim, party=party)
    form = DocumentForm()
    if request.method == "POST":
        form = DocumentForm(request.POST, request.FILES)
        try:
            if getattr(request, "upload_too_large", False):  # set by our upload handler, which cut the file off
                raise claims.too_large()
            if form.is_valid():
                file, kind = form.cleaned_data["document"].file, form.cleaned_data["kind"]
                claims.add_document(found, file, kind=kind, actor=party)
                messages.success(request, gettext("It is sealed with your claim. Only those who decide can open it."))
                return redirect("portal-claim", claim=found.pk)
        except Problem as problem:
            form.is_valid()
            form.errors.pop("document", None)
            refusal.put(form, problem)
    return _shown(request, party, found, form, 422 if form.errors else 200)


@require_POST
@door.holder
def withdraw(request: HttpRequest, party: Party, claim: UUID) -> HttpResponseBase:
    """Take back one's own claim, or end an agent's. It takes away, so it asks for nothing more."""
    found = claims.of(claim, party=party)
    if found.claimant_id == party.pk:
        claims.withdraw_claim(found, actor=party)
        messages.success(request, gettext("You took the claim back."))
        return redirect("portal-claim", claim=found.pk)
    claims.end(found, actor=party)
    messages.success(request, gettext("They act for it no more."))
    return redirect("portal-claims")


def put(form: ClaimForm, problem: Problem) -> None:
    """Put a refusal of the document beside the field that it is about."""
    name = FIELDS.get(problem.pointer or "")
    form.add_error(name, f"{problem.detail} {problem.remedy}".strip())


def said(document: dict[str, Any]) -> dict[str, Any]:
    """Return what a claim says, in words. The declaration itself is the text that is signed."""
    form = claimform.parse(document)
    subject, limits, purposes = form.subject, form.limits, say().purposes
    return {
        "role": ROLES[Claim.Role(form.role)],
        "likeness": form.likeness,
        "subject": subject,
        "kind": "" if subject is None else KINDS[Likeness.Kind(subject.kind)],
        "rule": "" if subject is None else RULES[subject.rule],  # type: ignore[index]  # a rule is its word
        "basis": form.basis,
        "share": form.share,
        "limits": limits,
        "acts": [] if limits is None else [ACTS[one] for one in limits.acts],
        "purposes": [] if limits is None else [purposes[one] for one in limits.purposes or ()],
        "sworn": claimform.SWORN,
    }


def others(likeness: Likeness, party: Party) -> list[dict[str, Any]]:
    """Return who decides about a likeness now, and who acts within limits, in two queries."""
    held = authority.principals(likeness, clock.now())
    live = Claim.objects.filter(likeness=likeness, state=Claim.State.ACCEPTED, claimant__erased_at=None)
    agents = live.filter(role=Claim.Role.AGENT, not_after__gt=clock.now()).select_related("claimant")[:SHOWN]
    names = Party.objects.filter(pk__in=held).order_by("name", "pk")[:SHOWN]
    decides = [{"name": one.name, "you": one == party, "share": held[one.pk]} for one in names]
    return decides + [
        {
            "name": one.claimant.name,
            "you": one.claimant_id == party.pk,
            "agent": one,
            "acts": [ACTS[a] for a in one.acts],
        }
        for one in agents
    ]


def _signed(request: HttpRequest, party: Party) -> HttpResponseBase:
    document = drafting.posted_document(request.POST.get("document", ""))
    number = acting.read_id(str(document.get("id", "")))
    twin = Claim.objects.filter(pk=number, claimant=party).first() if number else None  # the form was sent twice
    if twin is None:
        twin = claims.make_claim(document, signing.evidence(request.POST.get("evidence")), actor=party)
        messages.success(request, gettext("We have your claim. Now add what shows it."))
    return redirect("portal-claim", claim=twin.pk)


def _form(request: HttpRequest, form: ClaimForm, status: int) -> HttpResponseBase:
    can_sign = bool(form.fields["key"].choices)  # type: ignore[attr-defined]  # a choice field
    return render(request, "consent/portal/claim_form.html", {"form": form, "can_sign": can_sign}, status=status)


def _shown(request: HttpRequest, party: Party, claim: Claim, form: DocumentForm, status: int) -> HttpResponseBase:
    own = claim.claimant_id == party.pk
    try:
        words: dict[str, Any] | None = said(claims.document_of(claim))
    except Erased:
        words = None
    row = _row(claim)
    context = {
        **row,
        "own": own,
        "said": words,
        "waits": claim.state in claims.WAITING,
        "may_end": claim.state in claims.WAITING or claim.state == Claim.State.ACCEPTED,
        "refusal": REFUSALS.get(Claim.Refusal(claim.refusal)) if claim.refusal else "",
        "documents": claim.documents.order_by("added_at", "pk")[: claims.MAX_DOCUMENTS] if own else (),
        "others": others(row["likeness"], party) if row["likeness"] else [],
        "form": form,
    }
    return render(request, "consent/portal/claim.html", context, status=status)


def _row(claim: Claim) -> dict[str, Any]:
    """Return a claim in words. Its likeness shows once accepted, or if registered with it: else it may be nobody's."""
    registered = claim.likeness is not None and claim.likeness.holder_id == claim.claimant_id
    known = registered or claim.state in {Claim.State.ACCEPTED, Claim.State.ENDED}
    shape, word = STATES[Claim.State(claim.state)]
    return {
        "claim": claim,
        "role": ROLES[Claim.Role(claim.role)],
        "shape": shape,
        "word": word,
        "likeness": claim.likeness if known else None,
        "waits": claim.state in claims.WAITING,
    }
