"""What becomes of a party's plain columns when it is erased; docs/design/erasure.md has a line for each column.

Rows stay wherever records of others point at them; the database allows their blank state only together with
`erased_at`. What nobody points at is deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast, Concat, LPad

from consent import asks
from consent.models import (
    ApiToken,
    Ask,
    Authorisation,
    ClientSecret,
    Decision,
    DecisionLikeness,
    Enrolment,
    EnrolmentSession,
    EnrolmentTry,
    Grant,
    Licence,
    LicenceOffer,
    Likeness,
    Message,
    NameKey,
    OAuthClient,
    Party,
    PartyKey,
    Permit,
    ProtectedName,
    WebhookDelivery,
    WebhookEndpoint,
)

if TYPE_CHECKING:
    from datetime import datetime

    from ledger.models import Entry


def blank(party: Party, entry: Entry, at: datetime) -> None:
    """Blank or delete all that the party left here, in the transaction that erases it."""
    _tokens(party)
    Message.objects.filter(party=party).delete()
    WebhookDelivery.objects.filter(endpoint__party=party).delete()
    WebhookEndpoint.objects.filter(party=party).delete()
    DecisionLikeness.objects.filter(likeness__holder=party).delete()
    NameKey.objects.filter(name__likeness__holder=party).delete()
    protected = ProtectedName.objects.filter(likeness__holder=party, ended_at=None)
    protected.update(ended_at=at, ended_entry=entry)
    asks.forget(Ask.objects.filter(Q(client=party) | Q(likeness__holder=party)))
    _keys(party, at)
    Likeness.objects.filter(holder=party).update(name="", adult_on=None, erased_at=at)
    Enrolment.objects.filter(likeness__holder=party).update(probe={}, erased_at=at)
    EnrolmentTry.objects.filter(session__likeness__holder=party).update(checks={}, erased_at=at)
    waiting = EnrolmentSession.objects.filter(likeness__holder=party, state__in=["open", "in_review"])
    waiting.update(state=EnrolmentSession.State.EXPIRED)  # nobody can look at a clip that is destroyed
    EnrolmentSession.objects.filter(likeness__holder=party).update(doubt="", verdict="")
    Grant.objects.filter(grantor=party).update(terms={}, signature=b"", erased_at=at)
    either = Q(licensor=party) | Q(licensee=party)
    LicenceOffer.objects.filter(either, erased_at=None).update(terms={}, erased_at=at)
    Licence.objects.filter(either, erased_at=None).update(document={}, signature=b"", erased_at=at)
    Decision.objects.filter(client=party).update(use={}, erased_at=at)
    permits = Permit.objects.filter(Q(decision__client=party) | Q(grants__grantor=party)).values("pk")
    Permit.objects.filter(pk__in=permits, erased_at=None).update(
        token="", binding_salt=b"", binding_document={}, erased_at=at
    )
    _self(party, entry, at)


def _tokens(party: Party) -> None:
    """Delete tokens and apps, and with an app what others let it do: nobody is left to act for."""
    own = Q(party=party) | Q(client__party=party)
    list(OAuthClient.objects.select_for_update().filter(party=party))  # whoever gives a token for them is done first
    list(Authorisation.objects.select_for_update(of=("self",)).filter(own))
    ApiToken.objects.filter(own).update(replaced_by=None)
    ApiToken.objects.filter(own).delete()
    Authorisation.objects.filter(own).delete()
    ClientSecret.objects.filter(client__party=party).delete()
    OAuthClient.objects.filter(party=party).delete()


def _keys(party: Party, at: datetime) -> None:
    """Blank the keys: a public key singles a person out wherever else it is used, and so does its hash."""
    number = LPad(Cast("pk", CharField()), 15, Value("0"))
    PartyKey.objects.filter(party=party).update(
        public=b"", key_id=Concat(Value("erased-"), number), counter=0, erased_at=at
    )


def _self(party: Party, entry: Entry, at: datetime) -> None:
    """Blank the party, and delete its log-in, unless it is one of the staff, whose account is their employer's."""
    user = party.user
    party.name, party.handle, party.user = "", f"erased-{party.pk.hex}", None
    party.erased_at, party.erased_entry = at, entry
    party.save(update_fields=["name", "handle", "user", "erased_at", "erased_entry"])
    if user is not None and not user.is_staff:
        mine = UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True)
        Session.objects.filter(session_key__in=list(mine)).delete()  # one may hold an address that was to be confirmed
        user.delete()
