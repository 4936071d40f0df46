"""Members of staff for the tests, with the roles that they have."""

from __future__ import annotations

import uuid

from django.contrib.auth.models import Group, User

from consent import blocks
from consent.casework import roles
from consent.models import Block
from consent.staff import Staff


def hire(name: str, *given: str) -> Staff:
    """Return an account with these roles; the groups are made from the table."""
    if not Group.objects.filter(name="moderator").exists():
        roles.synchronise()
    user = User.objects.create_user(name, is_staff=True)
    user.groups.set(Group.objects.filter(name__in=given))
    return Staff(user.pk)


def fire(actor: Staff) -> None:
    User.objects.filter(pk=actor.user).update(is_active=False)


def blocked(actor: Staff, count: int = 1) -> list[Block]:
    """Place provisional blocks, which wait in "blocks-to-confirm"."""
    return [blocks.place(uuid.uuid4(), case=f"N-{n}", reason="notice", actor=actor) for n in range(count)]
