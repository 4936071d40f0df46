"""Try unsigned terms: on examples made from them by changing one thing each, and on a use that somebody describes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import decisions, vocabulary, what_if
from consent.policy import Allow, Duty
from consent.portal import acting
from consent.portal.terms_form import say
from consent.portal.terms_read import PLACES
from consent.reasons import Reason
from consent.speech import Words
from consent.terms import Named
from consent.use import Use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from consent.models import Likeness, Party
    from consent.policy import Deny
    from consent.terms import Terms

WHY: Final = {
    Reason.NO_GRANT: _("nothing permits it"),
    Reason.NOT_IN_AUDIENCE: _("this person is not among those who may"),
    Reason.OUTSIDE_WINDOW: _("it has not begun"),
    Reason.GRANT_EXPIRED: _("it is over"),
    Reason.GRANT_SUSPENDED: _("it is paused"),
    Reason.PURPOSE: _("not for this purpose"),
    Reason.CAMPAIGN: _("not for this campaign"),
    Reason.TERRITORY: _("not in all of these places"),
    Reason.MODALITY: _("not with all that is shown or heard of you"),
    Reason.SCENE_CLASS: _("not in such a scene"),
    Reason.SPEECH: _("not these words"),
    Reason.CO_APPEARANCE: _("not with everybody in the picture"),
    Reason.REMIX: _("not made from another video like this"),
    Reason.TRAINING: _("not to train a model"),
    Reason.COUNT_EXHAUSTED: _("the number of videos is used up"),
    Reason.SECONDS_EXHAUSTED: _("it would be too long"),
    Reason.QUOTA_EXHAUSTED: _("this person's share is used up"),
    Reason.MINOR_SCOPE: _("not for a child's likeness"),
    Reason.BLOCKED: _("it is blocked"),
    Reason.AUTHORITY_DISPUTED: _("somebody else claims this likeness"),
    Reason.APPROVAL_PENDING: _("you are asked first"),
}


@dataclass(frozen=True, slots=True)
class Tried:
    """One use, in words, and what the terms say to it. `already`: other permissions of today allow it anyway."""

    words: str
    allowed: bool
    why: str
    asked_first: bool
    already: bool


class TryForm(forms.Form):
    """A use that somebody wants to be sure about."""

    who = forms.CharField(label=_("Who (a handle)"), required=False, max_length=64, help_text=_("Empty: a stranger."))
    purpose = forms.ChoiceField(label=_("What for"))
    scene = forms.ChoiceField(label=_("A scene with"))
    seconds = forms.IntegerField(label=_("Seconds"), min_value=1, max_value=decisions.MAX_SECONDS, initial=10)
    country = forms.CharField(label=_("Shown in"), required=False, max_length=80, help_text=_("Empty: everywhere."))
    words = forms.CharField(label=_("What you would say"), required=False, max_length=500)
    remix = forms.BooleanField(label=_("Made from another video"), required=False)
    training = forms.BooleanField(label=_("To train a model"), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:  # noqa: ANN401 - Django's
        super().__init__(*args, **more)
        for name, words in (("purpose", say().purposes), ("scene", say().scenes)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
            field.choices = list(words.items())

    def use(self, likeness: Likeness, terms: Terms) -> Use | None:
        """Return the described use; `None`: a field says what is wrong."""
        sent = self.cleaned_data
        who = acting.other(sent["who"]) if sent["who"] else None
        if sent["who"] and who is None:
            self.add_error("who", gettext("There is nobody with this handle."))
        place = sent["country"].strip()
        code = place.upper() if place.upper() in PLACES.values() else PLACES.get(place.casefold())
        if place and code is None:
            self.add_error("country", gettext("This is no country known here."))
        if self.errors:
            return None
        return replace(
            plain(likeness, terms, uuid4() if who is None else who.pk),
            purpose=sent["purpose"],
            scenes=frozenset({sent["scene"]}),
            seconds=sent["seconds"],
            territories=frozenset({code}) if code else None,
            words=Words(sent["words"], _language(terms)) if sent["words"] else None,
            remix=sent["remix"],
            depth=1 if sent["remix"] else 0,
            training=sent["training"],
        )


def plain(likeness: Likeness, terms: Terms, client: UUID) -> Use:
    """Return a use that the terms cover, if anything is: the first of each list, and short."""
    limits = (terms.limits.seconds_each, terms.limits.seconds)
    return Use(
        frozenset({str(likeness.pk)}),
        str(client),
        next(one for one in vocabulary.PURPOSES if one in terms.purposes),
        remix=False,
        seconds=min([8, *(limit for limit in limits if limit is not None)]),
        modalities=((str(likeness.pk), terms.modalities),),
        scenes=frozenset({next(one for one in vocabulary.SCENES if one in terms.scenes.allowed)}),
        territories=terms.territories,
        campaign=None if terms.campaigns is None else min(terms.campaigns),
    )


def examples(likeness: Likeness, terms: Terms) -> Iterator[tuple[str, Use]]:
    """Yield uses in words: what is meant, then what differs from it in one thing."""
    named = terms.audience.parties if isinstance(terms.audience, Named) else ()
    client = acting.read_id(named[0].party) if named else None
    meant = plain(likeness, terms, client or likeness.holder_id)
    words = say()
    yield gettext("A short video: {purpose}").format(purpose=words.purposes[meant.purpose]), meant
    yield gettext("The same, by a stranger"), replace(meant, client=str(uuid4()))
    for purpose in ("advertising", "satire"):
        if purpose != meant.purpose:
            yield (
                gettext("For this: {purpose}").format(purpose=words.purposes[purpose]),
                replace(meant, purpose=purpose),
            )
    for scene in ("swimwear", "politics"):
        changed = replace(meant, scenes=frozenset({scene}))
        yield gettext("In a scene with: {scene}").format(scene=words.scenes[scene]), changed
    said = Words(gettext("I like this very much."), _language(terms))
    yield gettext("You say words that they write"), replace(meant, words=said)
    yield gettext("A new video made from one of these"), replace(meant, remix=True, depth=1)
    if terms.territories is not None:
        yield gettext("Shown everywhere"), replace(meant, territories=None)
    yield gettext("A model is trained with it"), replace(meant, training=True)


def tried(
    likeness: Likeness, document: dict[str, Any], uses: list[tuple[str, Use]], *, supersedes: UUID | None, actor: Party
) -> list[Tried]:
    """Judge uses by the unsigned terms alone. Nothing is recorded."""
    found = what_if.imagine(likeness.pk, document, [use for _words, use in uses], supersedes=supersedes, actor=actor)
    return [_tried(words, one) for (words, _use), one in zip(uses, found, strict=True)]


def _tried(words: str, found: what_if.Imagined) -> Tried:
    alone = found.alone
    first = isinstance(alone, Allow) and any(owed.duty is Duty.APPROVE for owed in alone.obligations)
    return Tried(words, isinstance(alone, Allow), _why(alone), first, isinstance(found.without, Allow))


def _why(outcome: Allow | Deny) -> str:
    reasons = [Reason(str(each["reason"])) for each in decisions.reasons_of(outcome)]
    known = dict.fromkeys(str(WHY.get(one, _("nothing permits it"))) for one in reasons)
    return ", ".join(known)


def _language(terms: Terms) -> str:
    return "en" if terms.speech.languages is None else min(terms.speech.languages)
