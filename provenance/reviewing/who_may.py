"""Who may do what, as the code has it now; and which accounts have which roles.

The matrix is for every member of staff. Accounts, and when each last worked, are for who manages people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.db.models import Max
from django.shortcuts import render
from django.views.decorators.http import require_safe

from consent.casework import own_queues, roles
from consent.models import Assignment
from consent.portal.door import SECOND_FACTORS, staff_page
from consent.staff import PREFIX, StaffRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

MANAGE: Final = ("consent.confirm_bulk", "consent.confirm_key_act")  # managers of moderators, administrators
SHOWN: Final = 50


@require_safe
@staff_page(may=own_queues.SEE)
def matrix(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Show each permission with the roles that have it, and where it is asked for; and what groups differ."""
    held = roles.of(actor)
    lines = [{"line": line, "cells": [(role, role in line.roles) for role in roles.ROLES]} for line in roles.matrix()]
    differing = [
        {"role": role, "lacks": sorted(lacks), "more": sorted(more)}
        for role, (lacks, more) in roles.differences().items()
    ]
    shown = {"lines": lines, "roles": list(roles.ROLES), "held": held, "differing": differing}
    return render(request, "provenance/reviewing/roles.html", shown | {"manages": _manages(request)})


@require_safe
@staff_page(may=own_queues.SEE)
def people(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List the accounts of the staff, with their roles, what else was given to them, and their last work."""
    del actor
    if not _manages(request):
        raise StaffRefused("Accounts are for who manages people.", remedy="Ask your manager.")
    after = request.GET.get("after", "")
    first = int(after) if after.isascii() and after.isdigit() and len(after) < len("9999999999") else 0
    rows = get_user_model().objects.filter(is_staff=True, pk__gt=first).order_by("pk")
    found = list(rows.prefetch_related("groups", "user_permissions")[: SHOWN + 1])
    factors = Authenticator.objects.filter(user__in=found, type__in=SECOND_FACTORS)
    safe = set(factors.values_list("user_id", flat=True))
    worked = _worked([f"{PREFIX}{row.pk}" for row in found])
    shown = [
        {
            "row": row,
            "roles": sorted(group.name for group in row.groups.all() if group.name in roles.ROLES),
            "beside": len(row.user_permissions.all()),
            "factor": row.pk in safe,
            "worked": worked.get(f"{PREFIX}{row.pk}"),
        }
        for row in found[:SHOWN]
    ]
    older = f"?after={found[SHOWN - 1].pk}" if len(found) > SHOWN else ""
    return render(request, "provenance/reviewing/staff.html", {"rows": shown, "older": older})


def _worked(actors: list[str]) -> dict[str, object]:
    """Return when each last took or ended an item of work; who never did is left out."""
    rows = (
        Assignment.objects.filter(actor__in=actors)
        .values("actor")
        .annotate(took=Max("taken_at"), ended=Max("ended_at"))
    )
    return {row["actor"]: max(row["took"], row["ended"] or row["took"]) for row in rows}


def _manages(request: HttpRequest) -> bool:
    return any(request.user.has_perm(each) for each in MANAGE)
