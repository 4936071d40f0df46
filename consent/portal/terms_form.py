"""The whole vocabulary of a permission as a form that works without a script: terms to fields, and fields to terms.

The words beside the boxes are those of the text that is signed (`consent.wording`), so that nobody ticks one thing and
signs another. What the fields mean is judged by `statements.parse_terms`, as for every other door.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from consent import vocabulary
from consent.countries import EUROPEAN_UNION
from consent.terms import Everyone, Mutuals, Named, OnlyMe
from consent.wording import english, spanish

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.terms import Terms
    from consent.wording.sentences import Sentences

MOMENT: Final = "%Y-%m-%dT%H:%M:%S"
LONG: Final = 20_000  # characters of one box; what is longer no terms could hold
AUDIENCES: Final = {OnlyMe: "only_me", Named: "named", Mutuals: "mutuals", Everyone: "everyone"}


def say() -> Sentences:
    """Return the sentences of the page's language."""
    return spanish.SENTENCES if (get_language() or "").startswith("es") else english.SENTENCES


def _moment(**more: Any) -> forms.DateTimeField:  # noqa: ANN401 - arguments of a field
    widget = forms.DateTimeInput(attrs={"type": "datetime-local", "step": "1"}, format=MOMENT)
    return forms.DateTimeField(widget=widget, **more)


def _number(most: int, *, least: int = 1, **more: Any) -> forms.IntegerField:  # noqa: ANN401 - arguments of a field
    return forms.IntegerField(min_value=least, max_value=most, required=False, **more)


def _box(rows: int = 3, **more: Any) -> forms.CharField:  # noqa: ANN401 - arguments of a field
    return forms.CharField(required=False, max_length=LONG, widget=forms.Textarea(attrs={"rows": rows}), **more)


def _ticks(**more: Any) -> forms.MultipleChoiceField:  # noqa: ANN401 - arguments of a field
    return forms.MultipleChoiceField(widget=forms.CheckboxSelectMultiple, **more)


def _one(**more: Any) -> forms.ChoiceField:  # noqa: ANN401 - arguments of a field
    return forms.ChoiceField(widget=forms.RadioSelect, **more)


class TermsForm(forms.Form):
    """Everything but the people who are named, which are rows of their own (`PersonForm`)."""

    audience = _one(label=_("Who may use it"))
    left_out = _box(label=_("Never these"), help_text=_("Handles, one a line. Not by any other permission either."))
    purposes = _ticks(label=_("What for"))
    description = forms.CharField(
        label=_("The uses in your own words"),
        required=False,
        max_length=vocabulary.MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    campaigns = _box(2, label=_("Only for these campaigns"), help_text=_("Their ids, one a line. None: any."))
    not_before = _moment(label=_("From (UTC)"))
    not_after = _moment(label=_("Until (UTC)"))
    uses = _number(vocabulary.MAX_COUNT, label=_("Videos in all, at most"))
    seconds = _number(vocabulary.MAX_COUNT, label=_("Seconds in all, at most"))
    seconds_each = _number(vocabulary.MAX_COUNT, label=_("Seconds of one video, at most"))
    where = _one(
        label=_("Where it may be shown"),
        choices=[
            ("world", _("Everywhere")),
            ("eu", _("In the European Union")),
            ("some", _("Only in these countries")),
        ],
    )
    territories = _box(2, label=_("Countries"), help_text=_("Names or two-letter codes, one a line."))
    modalities = _ticks(label=_("What of you"))
    scenes_allowed = _ticks(label=_("What may be shown"))
    scenes_denied = _ticks(
        required=False,
        label=_("Never"),
        help_text=_("What you tick here no other permission of yours allows either."),
    )
    speech = _one(label=_("What you may be made to say"))
    scripts = _box(label=_("These texts"), help_text=_("One a line."))
    banned = _box(2, label=_("Never these words"), help_text=_("One a line. Not by any other permission either."))
    languages = forms.CharField(
        label=_("Only in these languages"), required=False, max_length=400, help_text=_("Codes such as en, es.")
    )
    company = _one(
        label=_("Who may be in the picture with you"),
        choices=[("anybody", _("Anybody who permits it too")), ("nobody", _("Nobody")), ("some", _("Only these"))],
    )
    company_only = _box(2, label=_("Only with these"), help_text=_("Ids of likenesses, one a line."))
    company_never = _box(2, label=_("Never with these"), help_text=_("Ids of likenesses, one a line."))
    remix_depth = _number(
        vocabulary.MAX_DEPTH,
        least=0,
        label=_("Steps of new videos made from these"),
        help_text=_("0: nobody makes new videos from these."),
    )
    after_end = _one(label=_("When it ends"))
    approval = _number(
        vocabulary.MAX_APPROVAL_HOURS,
        label=_("Ask me about each video, and wait for so many hours"),
        help_text=_("Silence is a no. Empty: you are not asked."),
    )
    training = forms.BooleanField(label=_("They may train models with it"), required=False)
    amount = forms.DecimalField(
        label=_("Pay"),
        required=False,
        min_value=Decimal(0),
        max_digits=15,
        decimal_places=6,
        help_text=_("Empty: none."),
    )
    currency = forms.ChoiceField(
        label=_("Currency"), required=False, choices=[(one, one) for one in vocabulary.CURRENCIES], initial="EUR"
    )
    per = forms.ChoiceField(
        label=_("For each"),
        required=False,
        choices=[("use", _("video")), ("second", _("second")), ("view", _("view"))],
    )
    split = _box(
        2, label=_("Split"), help_text=_("One a line: a handle, and its part in percent. Empty: all of it is yours.")
    )
    credit = forms.CharField(
        label=_("Name to show beside each video"), required=False, max_length=vocabulary.MAX_CREDIT
    )
    representation = _one(label=_("Who advised you"))

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        words = say()
        audience = {
            "only_me": words.only_me,
            "named": words.named.rstrip(":."),
            "mutuals": words.mutuals,
            "everyone": words.everyone,
        }
        scenes = {one: words.scenes[one] for one in vocabulary.SCENES}
        self._offer("audience", audience)
        self._offer("purposes", words.purposes)
        self._offer("modalities", words.modalities)
        self._offer(
            "scenes_allowed", {one: said for one, said in scenes.items() if one not in vocabulary.NEVER_GRANTED}
        )
        self._offer("scenes_denied", scenes)
        self._offer("speech", words.speech)
        self._offer("after_end", words.after)
        self._offer("representation", words.advice)

    def _offer(self, name: str, words: Mapping[str, str]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = list(words.items())


class PersonForm(forms.Form):
    """One party that is named, with limits of its own. A row without a handle is no party."""

    handle = forms.CharField(
        label=_("Handle"),
        required=False,
        max_length=64,
        widget=forms.TextInput(attrs={"autocapitalize": "none", "autocomplete": "off", "spellcheck": "false"}),
    )
    not_after = _moment(label=_("Until (UTC)"), required=False)
    uses = _number(vocabulary.MAX_COUNT, label=_("Videos"))
    seconds = _number(vocabulary.MAX_COUNT, label=_("Seconds"))


PeopleForm = forms.formset_factory(
    PersonForm, extra=2, max_num=vocabulary.MAX_AUDIENCE, absolute_max=vocabulary.MAX_AUDIENCE
)

GROUPS: Final = (  # the title of each fold, and its fields; the first three are open
    (_("What for"), ("purposes", "description", "campaigns")),
    (_("How long, how much"), ("not_before", "not_after", "uses", "seconds", "seconds_each")),
    (_("What may be shown"), ("scenes_allowed", "scenes_denied", "modalities")),
    (_("What you may be made to say"), ("speech", "scripts", "banned", "languages")),
    (_("Where"), ("where", "territories")),
    (_("With whom"), ("company", "company_only", "company_never")),
    (_("Your word on each, and new videos from these"), ("approval", "remix_depth")),
    (_("When it ends, and training"), ("after_end", "training")),
    (_("Pay and name"), ("amount", "currency", "per", "split", "credit")),
    (_("Advice"), ("representation",)),
)
OPEN: Final = 3


def initial(terms: Terms, handles: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the fields, and the rows of people, that say these terms. `handles`: of the parties, by their ids."""
    audience, said, rate = terms.audience, terms.speech, terms.rate
    places = terms.territories
    where = "world" if places is None else "eu" if places == EUROPEAN_UNION else "some"
    only = terms.company.only
    excluded = audience.excluded if isinstance(audience, Mutuals | Everyone) else frozenset()
    fields: dict[str, Any] = {
        "audience": AUDIENCES[type(audience)],
        "left_out": _lines(handles.get(one, one) for one in sorted(excluded)),
        "purposes": sorted(terms.purposes),
        "description": terms.description,
        "campaigns": _lines(sorted(terms.campaigns or ())),
        "not_before": _shown(terms.window.not_before),
        "not_after": _shown(terms.window.not_after),
        "uses": terms.limits.uses,
        "seconds": terms.limits.seconds,
        "seconds_each": terms.limits.seconds_each,
        "where": where,
        "territories": _lines(sorted(places)) if places is not None and where == "some" else "",
        "modalities": sorted(terms.modalities),
        "scenes_allowed": sorted(terms.scenes.allowed),
        "scenes_denied": sorted(terms.scenes.denied),
        "speech": said.kind,
        "scripts": _lines(sorted(said.scripts)),
        "banned": _lines(sorted(said.banned)),
        "languages": ", ".join(sorted(said.languages or ())),
        "company": "anybody" if only is None else "some" if only else "nobody",
        "company_only": _lines(sorted(only or ())),
        "company_never": _lines(sorted(terms.company.never)),
        "remix_depth": terms.remix_depth if terms.remix else 0,
        "after_end": terms.after_end,
        "approval": None if terms.approval is None else int(terms.approval.total_seconds()) // 3600,
        "training": terms.training,
        "credit": terms.credit or "",
        "representation": terms.representation,
    }
    if rate is not None:
        shares = (f"{handles.get(share.party, share.party)} {share.part * 100:f}" for share in rate.shares)
        fields |= {"amount": rate.amount, "currency": rate.currency, "per": rate.per, "split": _lines(shares)}
    return fields, _rows(terms, handles)


def _rows(terms: Terms, handles: Mapping[str, str]) -> list[dict[str, Any]]:
    named = terms.audience.parties if isinstance(terms.audience, Named) else ()
    return [
        {
            "handle": handles.get(one.party, one.party),
            "not_after": None if one.not_after is None else _shown(one.not_after),
            "uses": one.uses,
            "seconds": one.seconds,
        }
        for one in named
    ]


def _shown(at: datetime) -> str:
    return at.astimezone(UTC).strftime(MOMENT)


def _lines(items: Any) -> str:  # noqa: ANN401 - any texts
    return "\n".join(items)
