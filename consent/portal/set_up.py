"""From a log-in to a party: a handle, a name, and the log-in's own passkey as the first key that signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import challenges, parties, passkeys
from consent.models import Party
from consent.portal import door, refusal, signing
from ledger import base64url
from ledger.problem import Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.portal.signing import Passkey


class NamesForm(forms.Form):
    """Who one is here."""

    handle = forms.CharField(
        label=_("Handle"),
        max_length=39,
        help_text=_("2 to 39 small letters, digits and hyphens. Others name you by it; it stays."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "username", "spellcheck": "false"}),
    )
    name = forms.CharField(
        label=_("Shown name"),
        max_length=parties.MAX_NAME,
        help_text=_("It stands in what you sign."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    kind = forms.ChoiceField(
        label=_("You are"),
        choices=[(Party.Kind.PERSON, _("a person")), (Party.Kind.ORGANISATION, _("an organisation"))],
        widget=forms.RadioSelect,
        initial=Party.Kind.PERSON,
    )

    def clean(self) -> dict[str, Any]:
        """Ask the verb's own check, so that this page and it never differ."""
        found: dict[str, Any] = super().clean() or {}
        if {"handle", "name", "kind"} <= found.keys():
            try:
                parties.check_free(found["handle"], found["name"], found["kind"])
            except Problem as problem:
                refusal.put(self, problem)
        return found


class LinkForm(forms.Form):
    """A party that was registered by the API, and the word of a key of it."""

    handle = forms.CharField(label=_("Handle"), max_length=39)
    key = forms.CharField(label=_("Id of an app key in use"), max_length=64)
    challenge = forms.CharField(widget=forms.HiddenInput, required=False, max_length=challenges.MAX_CHALLENGE)
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=200,
        help_text=_("Ed25519 over the bytes above, as base64url. Leave it empty to see the bytes first."),
    )


@door.logged_in
def set_up(request: HttpRequest) -> HttpResponseBase:
    """Ask for the names, then have the passkey sign that its owner holds it, then open the account."""
    if door.party_of(request) is not None:
        return redirect("portal-account")
    mine = signing.of_user(request.user)  # type: ignore[arg-type]  # the door let a user in
    if request.method != "POST":
        return _asked(request, NamesForm(), mine)
    form = NamesForm(request.POST)
    if not form.is_valid() or not mine:
        return _asked(request, form, mine, status=422)
    if "evidence" not in request.POST:
        return _to_sign(request, form, mine[0])
    return _opened(request, form, mine[0])


@door.logged_in
def link(request: HttpRequest) -> HttpResponseBase:
    """Give a party that was registered by the API this log-in."""
    if door.party_of(request) is not None:
        return redirect("portal-account")
    if request.method != "POST":
        return render(request, "consent/portal/link.html", {"form": LinkForm()})
    form = LinkForm(request.POST)
    if not form.is_valid():
        return render(request, "consent/portal/link.html", {"form": form}, status=422)
    if form.cleaned_data["signature"]:
        try:
            _link(request, form.cleaned_data)
        except Problem as problem:
            refusal.put(form, problem)
        else:
            messages.success(request, gettext("This log-in now acts for your account."))
            return redirect("portal-account")
    return _link_shown(request, form)


def _asked(request: HttpRequest, form: NamesForm, mine: list[Passkey], *, status: int = 200) -> HttpResponseBase:
    return render(request, "consent/portal/set_up.html", {"form": form, "passkeys": mine}, status=status)


def _to_sign(request: HttpRequest, form: NamesForm, passkey: Passkey, *, status: int = 200) -> HttpResponseBase:
    challenge = challenges.issue().text
    digest = passkeys.possession_digest(form.cleaned_data["handle"], passkey.public, challenge)
    shown = {"form": form, "passkey": passkey, "challenge": challenge, "asked": signing.asked(passkey, digest)}
    return render(request, "consent/portal/set_up_sign.html", shown, status=status)


def _opened(request: HttpRequest, form: NamesForm, passkey: Passkey) -> HttpResponseBase:
    try:
        evidence = signing.evidence(request.POST.get("evidence"))
        shown = passkeys.Possession(evidence, request.POST.get("challenge", ""))
        names = {name: form.cleaned_data[name] for name in ("handle", "name", "kind")}
        parties.open_account(request.user, public=passkey.public, proof=shown, **names)  # type: ignore[arg-type]  # a user
    except Problem as problem:
        refusal.put(form, problem)
        if problem.pointer in refusal.fields(form):
            return _asked(request, form, [passkey], status=422)
        return _to_sign(request, form, passkey, status=422)
    messages.success(request, gettext("Your account is open."))
    return redirect("portal-account")


def _link(request: HttpRequest, sent: dict[str, str]) -> None:
    try:
        signature = base64url.decode(sent["signature"])
    except ValueError as error:
        raise parties.LinkRefused("This is not base64url without padding.", pointer="/signature") from error
    user = request.user
    parties.link_account(
        user,  # type: ignore[arg-type]  # the door let a user in
        handle=sent["handle"],
        key_id=sent["key"],
        challenge=sent["challenge"],
        signature=signature,
    )


def _link_shown(request: HttpRequest, form: LinkForm) -> HttpResponseBase:
    """Show the bytes to sign, with a challenge of now."""
    sent = form.cleaned_data
    challenge = challenges.issue().text
    address = str(getattr(request.user, "email", ""))
    asked = parties.link_digest(sent["handle"], sent["key"], address, challenge)
    refused = bool(form.errors)
    again = LinkForm({**request.POST.dict(), "challenge": challenge, "signature": ""})
    again.is_valid()
    for name, wrong in form.errors.items():
        again.add_error(None if name == "__all__" else name, list(wrong))
    shown = {"form": again, "digest": base64url.encode(asked), "hex": asked.hex()}
    return render(request, "consent/portal/link.html", shown, status=422 if refused else 200)
