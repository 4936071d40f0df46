"""The command by which staff revoke and suspend, each under their own name."""

from __future__ import annotations

from io import StringIO

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command

from consent import standing
from consent.models import Likeness, Suspension
from tests.consent import people
from tests.consent.people import Person

pytestmark = pytest.mark.django_db


def member(name: str, *may: str) -> str:
    user = User.objects.create_user(name, is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    return name


def run(*words: str) -> str:
    out = StringIO()
    call_command("consent_revocations", *words, stdout=out)
    return out.getvalue()


def test_two_named_people_revoke_and_one_alone_does_not(ada: Person, ben: Person, face: Likeness) -> None:
    given = people.grant(ada, face, ben.party)
    max_ = member("max", "propose_revocation", "approve_revocation")
    lin = member("lin", "approve_revocation", "suspend_likeness")
    with pytest.raises(CommandError, match="permission"):
        run("propose", str(given.pk), "--as", lin, "--reason", "minor")
    made = run("propose", str(given.pk), "--as", max_, "--reason", "minor").split()[1].rstrip(";")
    assert made in run("list")
    with pytest.raises(CommandError, match="yourself"):
        run("approve", made, "--as", max_)
    assert standing.all_stand([given.pk])
    assert "revoked" in run("approve", made, "--as", lin)
    assert not standing.all_stand([given.pk])
    assert "suspended" in run("suspend", str(face.pk), "--as", lin, "--reason", "under-review")
    with pytest.raises(CommandError, match="yourself"):
        run("resume", str(Suspension.objects.get().pk), "--as", lin)


@pytest.mark.parametrize("words", [["approve"], ["approve", people.some_id(), "--as", "nobody"]], ids=["none", "who"])
def test_nobody_acts_unnamed(db: None, words: list[str]) -> None:
    with pytest.raises(CommandError):
        run(*words)
