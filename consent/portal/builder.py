"""Build a permission: a likeness, a start that people recognise, the whole vocabulary, the text, the signature.

Every step is a form that posts to `portal-grant-draft` with the whole draft in it, so that no step loses what another
typed: not by a refused field, not by the way back, not by a second tab.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from consent import amendments, asks, authority, clock, grant_templates, grants, statements
from consent.facts import terms_of
from consent.models import Grant, Likeness
from consent.portal import acting, door, drafting, refusal, signing, terms_read, trying
from consent.portal.terms_form import GROUPS, OPEN, PeopleForm, TermsForm
from consent.portal.terms_form import initial as filled
from consent.portal.trying import TryForm
from consent.terms import parties_mentioned
from ledger import base64url
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Ask, Party
    from consent.portal.drafting import Draft
    from consent.terms import Terms

SHOWN: Final = 50  # likenesses to choose from
NOBODY: Final = "00000000-0000-4000-8000-000000000000"  # fills a template whose people are asked for in the form


@require_safe
@door.holder
def start(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Choose the likeness and a start."""
    mine = list(acting.acted_for(party).filter(state=Likeness.State.ACTIVE).order_by("name", "pk")[:SHOWN])
    wanted = acting.read_id(request.GET.get("likeness", ""))
    chosen = next((one for one in mine if one.pk == wanted), mine[0] if len(mine) == 1 else None)
    language = "es" if (get_language() or "").startswith("es") else "en"
    cards = [
        {"name": name, "title": one.title[language], "sentence": one.sentence[language]}
        for name, one in grant_templates.TEMPLATES.items()
    ]
    context = {"mine": mine, "chosen": chosen, "cards": cards}
    return render(request, "consent/portal/grants/start.html", context)


@require_safe
@door.holder
def fill(request: HttpRequest, party: Party, template: str) -> HttpResponseBase:
    """Show the form, filled from a template."""
    likeness = acting.likeness(party, request.GET.get("likeness", ""))
    kind = getattr(grant_templates.TEMPLATES.get(template), "parties", "none")
    now = clock.now().replace(microsecond=0)
    document = grant_templates.fill(template, [NOBODY] if kind == "named" else [], None, now)
    return _form(request, likeness, _filled(statements.parse_terms(document)), None)


@require_safe
@door.holder
def change(request: HttpRequest, party: Party, grant: UUID) -> HttpResponseBase:
    """Show the form, filled from a permission in force: smaller is at once, further is signed anew."""
    found = acting.permission(party, grant)
    terms = terms_of(found.terms)
    if terms is None or found.ended_at is not None or found.superseded_by_id is not None:
        raise amendments.NotAmendable(
            gettext("This permission has ended, or another took its place."), remedy=gettext("Change the one in force.")
        )
    return _form(request, found.likeness, _filled(terms), found)


@require_POST
@door.holder
def draft(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Take the next step of a draft: the form again, its text, a try, or the signature."""
    steps: dict[str, Callable[[HttpRequest, Party], HttpResponseBase]] = {
        "edit": _edited, "try": _try, "show": _shown_again, "sign": _signed, "narrow": _narrowed,
    }  # fmt: skip
    return steps.get(request.POST.get("step", ""), _from_form)(request, party)


def _from_form(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Read the form; show its text, or the form again with what was typed."""
    sent = request.POST
    likeness = acting.likeness(party, sent.get("likeness", ""))
    number = acting.read_id(sent.get("replaces", ""))
    replaces = None if number is None else acting.permission(party, number)
    ask = drafting.asked_for(sent.get("ask", ""), party)
    form, people = TermsForm(sent), PeopleForm(sent, prefix="people")
    if sent.get("step") == "more":
        typed = [{name: row[name].value() for name in row.fields} for row in people]
        rows = PeopleForm(initial=[row for row in typed if row["handle"]], prefix="people")
        return _form(request, likeness, (TermsForm(initial=_typed(form)), rows), replaces, ask=ask)
    valid = all([form.is_valid(), people.is_valid()])
    document = terms_read.document(form, people) if valid else None
    if document is None:
        return _form(request, likeness, (form, people), replaces, ask=ask, status=422)
    try:
        found = drafting.read(sent, party, document)
        return preview(request, party, found)
    except statements.StatementInvalid as problem:
        terms_read.put(form, problem)
    except Problem as problem:
        refusal.put(form, problem)
    return _form(request, likeness, (form, people), replaces, ask=ask, status=422)


def _edited(request: HttpRequest, party: Party) -> HttpResponseBase:
    found = drafting.read(request.POST, party)
    return form_of(request, found)


def form_of(request: HttpRequest, found: Draft) -> HttpResponseBase:
    """Show the form, filled from a draft."""
    return _form(request, found.likeness, _filled(found.terms), found.replaces, ask=found.ask)


def _shown_again(request: HttpRequest, party: Party) -> HttpResponseBase:
    return preview(request, party, drafting.read(request.POST, party))


def _try(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Judge the use that was described."""
    found = drafting.read(request.POST, party)
    form = TryForm(request.POST, prefix="try")
    use = form.use(found.likeness, found.terms) if form.is_valid() else None
    if use is None:
        return preview(request, party, found, trial=form, status=422)
    try:
        (result,) = _judged(found, [(gettext("What you described"), use)], party)
    except Problem as problem:
        form.add_error(None, f"{problem.detail} {problem.remedy}".strip())
        return preview(request, party, found, trial=form, status=422)
    return preview(request, party, found, trial=form, result=result)


def _signed(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Record what was signed. Sent twice it is the same permission; refused, the page comes again with a fresh one."""
    found = drafting.read(request.POST, party)
    document = drafting.posted_document(request.POST.get("document", ""))
    try:
        made = _recorded(request, party, document, found.ask)
    except grants.GrantReplayed:
        made = acting.permission(party, acting.read_id(str(document["id"])) or _no_id())
    except Problem as problem:
        return preview(request, party, found, problem=problem, status=422)
    if found.ask is not None:
        return redirect("portal-ask", ask=found.ask.pk)
    return redirect(f"{reverse('portal-grant', kwargs={'grant': made.pk})}?signed")


def _recorded(request: HttpRequest, party: Party, document: dict[str, Any], ask: Ask | None) -> Grant:
    typed = request.POST.get("signature", "").strip()
    if not typed:
        shown = signing.evidence(request.POST.get("evidence"))
        return _answered(ask, document, None, shown, party)
    try:
        signature = base64url.decode(typed)
    except ValueError as error:
        detail, remedy = gettext("This is no signature."), gettext("Paste 64 bytes as base64url without padding.")
        raise statements.StatementInvalid(detail, pointer="/signature", remedy=remedy) from error
    return _answered(ask, document, signature, None, party)


def _answered(
    ask: Ask | None,
    document: dict[str, Any],
    signature: bytes | None,
    shown: Mapping[str, object] | None,
    party: Party,
) -> Grant:
    """Record the permission: as the answer to a request, if there is one."""
    if ask is None:
        return grants.record_grant(document, signature, evidence=shown, actor=party)
    grant = asks.sign(ask, document, signature, evidence=shown, actor=party).grant
    assert grant is not None  # noqa: S101 - the database says so of a request that is granted
    return grant


def _narrowed(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Put smaller terms in force at once; what reaches further is refused by the verb, and shown."""
    found = drafting.read(request.POST, party)
    if found.replaces is None:
        raise grants.missing("/grant")
    try:
        amendments.narrow(found.replaces, found.document, actor=party)
    except Problem as problem:
        return preview(request, party, found, problem=problem, status=422)
    messages.success(request, gettext("It is in force: less is permitted from now on."))
    return redirect("portal-grant", grant=found.replaces.pk)


def _form(
    request: HttpRequest,
    likeness: Likeness,
    forms: tuple[TermsForm, Any],
    replaces: Grant | None,
    *,
    ask: Ask | None = None,
    status: int = 200,
) -> HttpResponseBase:
    form, people = forms
    groups = [
        {
            "title": title,
            "fields": [form[name] for name in names],
            "open": n < OPEN or any(name in form.errors for name in names),
        }
        for n, (title, names) in enumerate(GROUPS)
    ]
    context = {"form": form, "people": people, "groups": groups, "likeness": likeness, "replaces": replaces, "ask": ask}
    return render(request, "consent/portal/grants/form.html", context, status=status)


def preview(
    request: HttpRequest,
    party: Party,
    found: Draft,
    *,
    trial: TryForm | None = None,
    result: trying.Tried | None = None,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponseBase:
    """Show the text exactly as it is signed, what it would allow, what reaches far, and the way to sign it."""
    to_sign = None if found.key is None else drafting.to_sign(found, party)
    asked = None if found.passkey is None or to_sign is None else signing.asked(found.passkey, to_sign.digest)
    wider = drafting.wider(found)
    parts = drafting.compared(found)
    context = {
        "draft": found,
        "to_sign": to_sign,
        "asked": asked,
        "examples": _judged(found, list(trying.examples(found.likeness, found.terms)), party),
        "trial": trial or TryForm(prefix="try"),
        "result": result,
        "warnings": drafting.warnings(found),
        "needs_proof": drafting.needs_proof(found),
        "parts": parts,
        "changed": found.ask is None or any(part.change for part in parts),
        "wider": wider,
        "at_once": found.replaces is not None and not wider and any(part.change for part in parts),
        "problem": problem,
        "letter": None if found.ask is None else asks.letter_of(found.ask),
        "several": authority.may_act(found.likeness.pk, party, authority.Act.GRANT).why is authority.Why.ASSENT_NEEDED,
    }
    page = "preview.html" if found.ask is None else "ask.html"
    return render(request, f"consent/portal/grants/{page}", context, status=status)


def _judged(found: Draft, uses: list[Any], party: Party) -> list[trying.Tried]:
    supersedes = None if found.replaces is None else found.replaces.pk
    return trying.tried(found.likeness, found.document, uses, supersedes=supersedes, actor=party)


def _filled(terms: Terms) -> tuple[TermsForm, Any]:
    fields, rows = filled(terms, terms_read.handles(parties_mentioned(terms)))
    rows = [row for row in rows if row["handle"] != NOBODY]
    return TermsForm(initial=fields), PeopleForm(initial=rows, prefix="people")


def _typed(form: TermsForm) -> dict[str, Any]:
    return {name: form[name].value() for name in form.fields}


def _no_id() -> UUID:
    raise grants.missing()
