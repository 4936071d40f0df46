"""Log-ins for the tests: a person's, and a member of staff's with the second factor that their pages ask for."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.test import Client

from consent.models import Party


def user(name: str, **more: Any) -> User:  # noqa: ANN401 - columns of the user
    """Return a log-in with a confirmed address."""
    made = User.objects.create_user(name, f"{name}@example.org", "correct horse battery", **more)
    EmailAddress.objects.create(user=made, email=made.email, verified=True, primary=True)
    return made


def own(party: Party) -> User:
    """Give a party a log-in."""
    party.user = user(party.handle)
    party.save(update_fields=["user"])
    return party.user


def with_second_factor(someone: User) -> User:
    """Give a log-in a code app, whose secret nobody knows."""
    Authenticator.objects.create(user=someone, type=Authenticator.Type.TOTP, data={"secret": "none"})
    return someone


def staff(name: str = "staff", **more: Any) -> User:  # noqa: ANN401 - columns of the user
    """Return a member of staff who may do everything, with a second factor."""
    return with_second_factor(user(name, is_staff=True, **({"is_superuser": True} | more)))


def client_of(someone: User) -> Client:
    """Return a browser in which somebody is logged in."""
    client = Client()
    client.force_login(someone)
    return client
