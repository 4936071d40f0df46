"""Staff who keep the register of protected names."""

from __future__ import annotations

from django.contrib.auth.models import User

from consent.staff import Staff


def keeper(name: str = "keeper") -> Staff:
    return Staff(User.objects.create_user(name, is_staff=True).pk)
