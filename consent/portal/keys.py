"""One's keys: every one that ever signed, with what proves it; let another passkey join, or take one out of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import flows
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from consent import challenges, evidence, keychain, keys, passkeys, webauthn
from consent.models import KeyEvent, PartyKey
from consent.portal import door, refusal, signing
from consent.portal.adapters import MFAAdapter
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponseBase

    from consent.models import Party
    from consent.portal.signing import Passkey

SHOWN: Final = 100
"""Events on the page; the export has them all."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A key as the page shows it. `passkey` is the log-in's passkey that it is; `None`: an app's, or gone."""

    key: PartyKey
    begun: KeyEvent | None
    ended: KeyEvent | None
    passkey: Passkey | None


class JoinForm(forms.Form):
    """Which passkey is to sign, and which key says so."""

    new = forms.ChoiceField(label=_("The passkey that is to sign for you"), widget=forms.RadioSelect)
    by = forms.ChoiceField(label=_("Your key that lets it join"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, new: list[Passkey], by: list[Passkey], **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        for name, choices in (("new", new), ("by", by)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
            field.choices = [(str(one.number), one.name) for one in choices]
            if len(choices) == 1:
                field.initial = str(choices[0].number)


@require_safe
@door.holder
def key_list(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Show every key that was ever bound to the party, newest first."""
    mine = signing.of_user(request.user)  # type: ignore[arg-type]  # the door let a user in
    by_id = {one.key_id: one for one in mine}
    rows = KeyEvent.objects.select_related("key", "entry").filter(party=party).order_by("-number")
    shown = _shown(list(rows[:SHOWN]), by_id)
    bound = {one.key.key_id for one in shown}
    in_use = [one for one in shown if one.key.revoked_at is None]
    context = {
        "shown": shown,
        "only_log_in": [one for one in mine if one.key_id not in bound],
        "can_sign": any(one.passkey for one in in_use),
        "in_use": len(in_use),
        "checked": _checked(party),
    }
    return render(request, "consent/portal/keys.html", context)


@require_safe
@door.holder
def proof(request: HttpRequest, party: Party, entry: UUID) -> HttpResponseBase:
    """Hand out the inclusion proof of an entry that concerns the party (C2SP tlog-proof)."""
    del request
    text = log.proof(evidence.concerning(party, entry))
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{entry}.tlog-proof"'
    return answer


@require_http_methods(["GET", "POST"])
@door.holder
def join(request: HttpRequest, party: Party) -> HttpResponseBase:
    """Let a passkey sign: it shows that its owner holds it, then a key in use says that it may join."""
    by = signing.signers(party)
    known = set(party.keys.values_list("key_id", flat=True))
    new = [one for one in signing.of_user(request.user) if one.key_id not in known]  # type: ignore[arg-type]  # a user
    sent = request.POST if request.method == "POST" else None
    form = JoinForm(sent, new=new, by=by, initial={"new": request.GET.get("passkey", "")[:20]})
    if not (new and by) or sent is None or not form.is_valid():
        context = {"form": form, "new": new, "by": by}
        return render(request, "consent/portal/key_join.html", context, status=200 if sent is None else 422)
    fresh = next(one for one in new if str(one.number) == form.cleaned_data["new"])
    holder = next(one for one in by if str(one.number) == form.cleaned_data["by"])
    try:
        return _joined(request, party, form, fresh, holder)
    except Problem as problem:
        refusal.put(form, problem)
        return render(request, "consent/portal/key_join.html", {"form": form, "new": new, "by": by}, status=422)


def _joined(request: HttpRequest, party: Party, form: JoinForm, fresh: Passkey, holder: Passkey) -> HttpResponseBase:
    """Go on to the next of the two signatures, or add the key when both are there."""
    sent = request.POST
    if "evidence" not in sent:
        challenge = challenges.issue().text
        digest = passkeys.possession_digest(party.handle, fresh.public, challenge)
        hidden = {"new": fresh.number, "by": holder.number, "challenge": challenge}
        asked = signing.asked(fresh, digest)
        return render(request, "consent/portal/key_sign.html", {"hidden": hidden, "asked": asked, "passkey": fresh})
    if "possession" not in sent:
        digest = keys.approval_digest(party, holder.key_id, fresh.public, webauthn.ALGORITHM)
        possession = sent["evidence"][: signing.MAX_EVIDENCE]
        hidden = {
            "new": fresh.number,
            "by": holder.number,
            "challenge": sent.get("challenge", ""),
            "possession": possession,
        }
        context = {"hidden": hidden, "asked": signing.asked(holder, digest), "passkey": holder, "joins": fresh}
        return render(request, "consent/portal/key_sign.html", context)
    held = passkeys.Possession(signing.evidence(sent["possession"]), sent.get("challenge", ""))
    approval = keys.Approval(holder.key_id, signing.evidence(sent["evidence"]))
    keys.register_key(party, fresh.public, held, actor=party, approval=approval)
    del form
    messages.success(request, gettext("The passkey signs for you from now on."))
    return redirect("portal-keys")


@require_http_methods(["GET", "POST"])
@door.holder
@door.reauthenticated
def revoke(request: HttpRequest, party: Party, key_id: str) -> HttpResponseBase:
    """Take a key out of use, and with it the log-in by the same passkey, if another way in is left."""
    key = party.keys.filter(key_id=key_id, erased_at=None).first() if key_id.isprintable() else None
    if key is None:
        raise keys.KeyMissing("You have no key with this id.", remedy="Use a key of your list.")
    mine = signing.of_user(request.user)  # type: ignore[arg-type]  # the door let a user in
    passkey = next((one for one in mine if one.key_id == key.key_id), None)
    row = None if passkey is None else Authenticator.objects.get(pk=passkey.number)
    removable = row is not None and MFAAdapter().can_delete_authenticator(row)
    if request.method == "POST":
        with transaction.atomic():
            keys.revoke_key(key, actor=party)
            if row is not None and removable and request.POST.get("log_in") == "on":
                flows.remove_authenticator(request, row)
        messages.success(request, gettext("The key is out of use. It signs nothing more."))
        return redirect("portal-keys")
    last = not party.keys.filter(revoked_at=None).exclude(pk=key.pk).exists()
    context = {"key": key, "passkey": passkey, "removable": removable, "last": last}
    return render(request, "consent/portal/key_revoke.html", context)


def _shown(events: list[KeyEvent], by_id: dict[str, Passkey]) -> list[Shown]:
    """Join the beginning of each key with its end; a rotation is the end of one and the beginning of another."""
    begun = {event.key_id: event for event in events if event.kind != KeyEvent.Kind.REVOKED}
    ended = {event.key_id: event for event in events if event.kind == KeyEvent.Kind.REVOKED}
    ended |= {event.replaces_id: event for event in events if event.replaces_id is not None}
    found = dict.fromkeys(event.key for event in events)
    return [Shown(key, begun.get(key.pk), ended.get(key.pk), by_id.get(key.key_id)) for key in found]


def _checked(party: Party) -> bool:
    """Tell whether the chain of keys is what the entries commit to, whole and in order."""
    rows = KeyEvent.objects.select_related("entry__sealed__subject_key").filter(party=party).order_by("number")
    links = []
    for event in rows[:SHOWN]:
        opening = log.opening(event.entry)
        links.append(keychain.Link(bytes(event.entry.body), opening.salt, opening.payload))
    try:
        keychain.verify(str(party.pk), links)
    except keychain.ChainBroken:
        return False
    return True
