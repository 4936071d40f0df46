"""The claim of authority as a form: for whom, as what, why, and within what. What it means `claimform` judges."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import gettext_lazy as _

from consent import claimform
from consent.heirs import Rule
from consent.models import Claim, Likeness
from consent.portal import acting
from consent.portal.terms_form import say
from consent.vocabulary import PURPOSES

if TYPE_CHECKING:
    from collections.abc import Mapping

ROLES: Final = {
    Claim.Role.HEIR: _("I am an heir of somebody who died"),
    Claim.Role.ESTATE: _("I act for the estate of somebody who died"),
    Claim.Role.GUARDIAN: _("I am the guardian of a child"),
    Claim.Role.AGENT: _("I am the agent of a person or an estate"),
    Claim.Role.STUDIO: _("I act for a studio that made a character"),
    Claim.Role.RIGHTS_HOLDER: _("I hold the rights in another way"),
}
KINDS: Final = {
    Likeness.Kind.DECEASED: _("Somebody who died"),
    Likeness.Kind.PERSON: _("A child"),
    Likeness.Kind.CHARACTER: _("A character"),
}
RULES: Final = {
    Rule.ALL: _("All of us must agree"),
    Rule.MAJORITY: _("Those who hold more than half of all shares must agree"),
    Rule.ANY: _("Each of us may permit alone"),
}
ACTS: Final = {"see": _("see what was made"), "grant": _("permit"), "withdraw": _("take permissions back")}
GROUPS: Final = (  # opened where something was typed or refused
    (_("It is on record here"), ("likeness",)),
    (_("It is not on record here"), ("kind", "name", "adult_on")),
    (_("Several of us decide"), ("rule", "share")),
    (_("I am an agent"), ("acts", "purposes", "not_after")),
)
FIELDS: Final = {  # where a refusal of the document shows in the form
    "/likeness": "likeness",
    "/subject/name": "name",
    "/subject/kind": "kind",
    "/subject/rule": "rule",
    "/subject/adult_on": "adult_on",
    "/role": "role",
    "/basis": "basis",
    "/share": "share",
    "/limits": "acts",
    "/limits/acts": "acts",
    "/limits/purposes": "purposes",
    "/limits/not_after": "not_after",
}


class ClaimForm(forms.Form):
    """What somebody writes who asks to act for a likeness."""

    role = forms.ChoiceField(label=_("As what do you ask?"), choices=list(ROLES.items()), widget=forms.RadioSelect)
    likeness = forms.CharField(
        label=_("Number of the likeness"),
        help_text=_("Whoever acts for it finds the number on its page."),
        max_length=36,
        required=False,
    )
    kind = forms.ChoiceField(
        label=_("Who or what is it?"),
        choices=[("", _("Please choose")), *KINDS.items()],
        required=False,
    )
    name = forms.CharField(
        label=_("Name"), help_text=_("As people know them."), max_length=claimform.MAX_NAME, required=False, strip=False
    )
    adult_on = forms.DateField(
        label=_("Day on which the child turns 18"), widget=forms.DateInput(attrs={"type": "date"}), required=False
    )
    rule = forms.ChoiceField(
        label=_("How do you decide?"),
        help_text=_("It counts for permitting. Each of you may take back alone, always."),
        choices=list(RULES.items()),
        required=False,
    )
    share = forms.IntegerField(
        label=_("Your share"),
        help_text=_("Of several heirs: in parts. Two parts count twice as much as one."),
        min_value=1,
        max_value=claimform.MAX_SHARE,
        initial=1,
        required=False,
    )
    acts = forms.MultipleChoiceField(
        label=_("What may you do?"),
        choices=list(ACTS.items()),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    purposes = forms.MultipleChoiceField(
        label=_("For which purposes?"),
        help_text=_("Nothing ticked: for any purpose."),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    not_after = forms.DateField(label=_("Until when?"), widget=forms.DateInput(attrs={"type": "date"}), required=False)
    basis = forms.CharField(
        label=_("Why may you act?"),
        help_text=_("In your own words. You need no lawyer for this. You add documents in the next step."),
        max_length=claimform.MAX_BASIS,
        widget=forms.Textarea(attrs={"rows": 5}),
        strip=False,
    )
    key = forms.ChoiceField(label=_("Sign with"))

    def __init__(self, *args: Any, passkeys: Mapping[str, str], **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        self.fields["key"].choices = list(passkeys.items())  # type: ignore[attr-defined]  # a choice field
        if len(passkeys) == 1:
            self.fields["key"].widget = forms.HiddenInput()
            self.initial["key"] = next(iter(passkeys))
        words = say().purposes
        self.fields["purposes"].choices = [(one, words[one]) for one in sorted(PURPOSES)]  # type: ignore[attr-defined]  # as above

    def groups(self) -> list[dict[str, Any]]:
        """Return the parts that not everybody needs, in their order, with whether they are open."""
        return [
            {
                "title": title,
                "fields": [self[name] for name in names],
                "open": self.is_bound and any(name in self.errors or self.data.get(name) for name in names),
            }
            for title, names in GROUPS
        ]

    def clean_likeness(self) -> str:
        """Refuse what is no number of anything; whose it is, nobody learns here."""
        written = str(self.cleaned_data["likeness"]).strip().lower()
        if written and acting.read_id(written) is None:
            raise forms.ValidationError(_("This is no number of a likeness. Copy it whole."))
        return written

    def asked(self) -> dict[str, Any]:
        """Return what `claims.draft` takes. A likeness on record and a subject beside it: the verb refuses both."""
        sent = self.cleaned_data
        agent = sent["role"] == Claim.Role.AGENT
        ends = sent["not_after"]
        limits = {
            "acts": sorted(sent["acts"]),
            "purposes": sorted(sent["purposes"]) or None,
            "not_after": f"{datetime.combine(ends, time.min, UTC):%Y-%m-%dT%H:%M:%SZ}" if ends else "",
        }
        child = sent["adult_on"]
        subject = {
            "name": sent["name"],
            "kind": sent["kind"],
            "rule": sent["rule"] or Rule.ALL.value,
            "adult_on": child.isoformat() if child else None,
        }
        return {
            "role": sent["role"],
            "basis": sent["basis"],
            "share": sent["share"] or 1,
            "likeness": sent["likeness"] or None,
            "subject": subject if sent["kind"] or not sent["likeness"] else None,
            "limits": limits if agent else None,
        }


class DocumentForm(forms.Form):
    """One file. What it is, its first bytes say to the verb."""

    document = forms.FileField(
        label=_("Document"),
        help_text=_("PDF, JPEG or PNG, at most 10 MB. As a reference also MP4."),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,image/jpeg,image/png,video/mp4"}),
    )
    kind = forms.ChoiceField(
        label=_("It shows"),
        choices=[("evidence", _("that I may act")), ("reference", _("how they look or sound"))],
        widget=forms.RadioSelect,
        initial="evidence",
    )
