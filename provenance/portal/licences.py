"""Licences: what was offered to whom, what was agreed, and its end. An offer is accepted by a signature alone."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from consent import clock, keys, licence_offers, licences
from consent.models import Licence, LicenceOffer, Party
from consent.portal import door, signing
from ledger.canonical import MalformedJson, canonical, digest, parse
from ledger.problem import Problem
from provenance.portal import licence_words, words

SHOWN: Final = 50
"""Of each kind on the page, the newest; the API has them all."""
MAX_DOCUMENT: Final = 65_536  # bytes
STATES: Final = {"open": "open", "accepted": "good", "withdrawn": "paused", "expired": "paused"}


@require_safe
@door.holder
def licence_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show offers and licences, both ways."""
    at = clock.now()
    offers = licence_offers.visible(party).select_related("licensor", "licensee", "likeness")
    made = offers.filter(licensor=party).order_by("-created_at", "-pk")[:SHOWN]
    received = offers.exclude(licensor=party).filter(state=LicenceOffer.State.OPEN, expires_at__gt=at)
    agreed = licences.visible(party).select_related("licensor", "licensee", "likeness").order_by("-agreed_at", "-pk")
    context = {
        "made": [_offered(one, party) for one in made],
        "received": [_offered(one, party) for one in received.order_by("-created_at", "-pk")[:SHOWN]],
        "given": [_agreed(one, party) for one in agreed.filter(licensor=party)[:SHOWN]],
        "held": [_agreed(one, party) for one in agreed.filter(licensee=party)[:SHOWN]],
    }
    return render(request, "provenance/portal/licences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@door.holder
def licence(request: HttpRequest, party: Party, licence_id: UUID) -> HttpResponseBase:
    """Show a licence to its parties, and end it."""
    rows = licences.visible(party).select_related("licensor", "licensee", "likeness", "entry")
    row = rows.filter(pk=licence_id).first()
    if row is None:
        raise licences.missing()
    if request.method == "POST":
        licences.end(row, actor=party)
        messages.success(request, gettext("The licence has ended. What accrued before stays owed."))
        return redirect("portal-licence", licence_id=row.pk)
    context = _agreed(row, party) | {"licence": row, "terms": licence_words.of(row.document.get("terms"))}
    return render(request, "provenance/portal/licence.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@door.holder
def offer(request: HttpRequest, party: Party, offer_id: UUID) -> HttpResponseBase:
    """Show an offer; its licensor takes it back, whom it is made to signs it."""
    rows = licence_offers.visible(party).select_related("licensor", "licensee", "likeness")
    row = rows.filter(pk=offer_id).first()
    if row is None:
        raise licence_offers.missing()
    if request.method != "POST":
        return _page(request, party, row)
    try:
        if row.licensor_id == party.pk:
            licence_offers.withdraw_offer(row, actor=party)
            messages.success(request, gettext("The offer is taken back."))
            return redirect("portal-licence-offer", offer_id=row.pk)
        evidence = signing.evidence(request.POST.get("evidence"))
        made = licences.accept(_document(request), evidence=evidence, actor=party)
    except Problem as problem:
        return _page(request, party, row, status=problem.status, wrong=problem)
    messages.success(request, gettext("It is signed. You hold this licence now."))
    return redirect("portal-licence", licence_id=made.pk)


def _page(
    request: HttpRequest, party: Party, row: LicenceOffer, *, status: int = 200, wrong: Problem | None = None
) -> HttpResponseBase:
    """Show the offer; to whom it is made, with a fresh document to sign, which holds for ten minutes."""
    context = _offered(row, party) | {"offer": row, "terms": licence_words.of(row.terms), "wrong": wrong}
    if context["state"] == "open" and not context["mine"]:
        signers = signing.signers(party)
        context["can_sign"] = bool(signers)
        if signers:
            document = licences.draft(row, key=keys.usable(party, signers[0].key_id), actor=party)
            context |= {
                "document": canonical(document).decode(),
                "asked": signing.asked(signers[0], digest("licence", document)),
                "passkey": signers[0],
            }
    return render(request, "provenance/portal/licence_offer.html", context, status=status)


def _document(request: HttpRequest) -> dict[str, Any]:
    """Return what was signed, read as strictly as it was written; `accept` judges it against the offer."""
    try:
        return dict(parse(request.POST.get("document", "").encode(), limit=MAX_DOCUMENT))
    except (MalformedJson, UnicodeEncodeError) as error:
        remedy = "Open the offer again, and sign it there."
        raise licence_offers.LicenceRefused("This is not the document of the offer.", remedy=remedy) from error


def _offered(row: LicenceOffer, party: Party) -> dict[str, Any]:
    state = licence_offers.state_of(row, clock.now())
    mine = row.licensor_id == party.pk
    other = row.licensee if mine else row.licensor
    return {
        "row": row,
        "mine": mine,
        "who": gettext("anybody") if other is None else words.somebody(other.name),
        "state": state,
        "shape": STATES.get(state, "open"),
        "said": licence_words.STATES.get(state, state),
    }


def _agreed(row: Licence, party: Party) -> dict[str, Any]:
    other = row.licensee if row.licensor_id == party.pk else row.licensor
    at = clock.now()
    over = row.ended_at is not None or row.not_after <= at
    begun = row.not_before <= at
    state = "ended" if over else "in_force" if begun else "later"
    return {
        "row": row,
        "mine": row.licensor_id == party.pk,
        "who": words.somebody(other.name),
        "over": over,
        "shape": {"ended": "paused", "in_force": "good", "later": "info"}[state],
        "said": licence_words.STATES[state],
    }
