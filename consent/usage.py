"""Count uses against the limits of grants, with the permit, and give back what came to nothing.

Exact under concurrency: whoever decides under lock holds the counter of each limited grant (`decisions.decide_locked`)
until the permit is minted, so two uses never share the last one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest, Now

from consent import entries
from consent.models import GrantUsage, Permit, PermitGrant
from consent.models.reach import ANYBODY
from consent.terms import is_counted

if TYPE_CHECKING:
    from consent.models import Grant
    from consent.terms import Terms
    from ledger.models import Entry


def open_counter(grant: Grant, terms: Terms) -> None:
    """Make the counter of all parties together, which is what everybody who counts locks first."""
    if is_counted(terms):
        GrantUsage.objects.get_or_create(grant=grant, party=ANYBODY)


def count(permit: Permit, grant: Grant, *, client: UUID, seconds: int) -> PermitGrant:
    """Let a permit rest on a grant, and count it where the grant limits anything. In the transaction that mints."""
    counted = GrantUsage.objects.filter(grant=grant, party=ANYBODY).exists()
    if counted:
        _add(grant.pk, ANYBODY, 1, seconds)
        _add(grant.pk, client, 1, seconds)
    return PermitGrant.objects.create(permit=permit, grant=grant, counted_seconds=seconds if counted else None)


def count_from_the_start(grant: Grant, terms: Terms) -> None:
    """Count what was used already, as limits come to a grant that had none: redeemed permits, and live ones.

    In the transaction that narrows, which holds the likeness FOR UPDATE, so that nobody mints meanwhile. A use that
    came to nothing before anything was counted is counted here: too much rather than too little.
    """
    if not is_counted(terms) or GrantUsage.objects.filter(grant=grant, party=ANYBODY).exists():
        return
    open_counter(grant, terms)
    used = Q(permit__redeemed_at__isnull=False) | Q(permit__expires_at__gt=Now())
    refused = Q(permit__approvals__state__in=["refused", "timed_out"])
    rows = PermitGrant.objects.filter(used, grant=grant).exclude(refused).select_related("permit__decision")
    for one in rows.order_by("pk").iterator(500):
        seconds = int(one.permit.decision.use.get("seconds", 0))  # an erased decision says nothing; its use counts
        _add(grant.pk, ANYBODY, 1, seconds)
        _add(grant.pk, one.permit.decision.client_id, 1, seconds)
        PermitGrant.objects.filter(pk=one.pk).update(counted_seconds=seconds)


def release(permit_id: UUID) -> int:
    """Give back what a permit counted, because nothing came of it; return of how many grants. Twice gives back once.

    With an entry of its own, since it frees what others may use: without one nobody could tell later what was left.
    """
    with transaction.atomic():
        resting = PermitGrant.objects.filter(permit_id=permit_id, counted_seconds__isnull=False)
        found = list(resting.select_related("permit__decision").order_by("grant").select_for_update(of=("self",)))
        for one in found:
            seconds = one.counted_seconds or 0
            _add(one.grant_id, ANYBODY, -1, -seconds)
            _add(one.grant_id, one.permit.decision.client_id, -1, -seconds)
        if found:
            entry = _log_released(permit_id, found)
            given_back = PermitGrant.objects.filter(pk__in=[one.pk for one in found])
            given_back.update(released_seconds=F("counted_seconds"), counted_seconds=None, released_entry=entry)
    return len(found)


def _log_released(permit_id: UUID, found: list[PermitGrant]) -> Entry:
    payload = {"permit": str(permit_id), "grants": [str(one.grant_id) for one in found]}
    client = f"party:{found[0].permit.decision.client_id}"
    return entries.append_end("permit.released", payload, actor=entries.OURS, subject=client)


def is_held(permit: Permit) -> bool:
    """Say whether each limited grant that a permit rests on counts its job: by this permit, or one that renewed it."""
    limited = GrantUsage.objects.filter(party=ANYBODY, grant__in=permit.grants.all())
    counting = PermitGrant.objects.filter(permit__job=permit.job, counted_seconds__isnull=False)
    return set(limited.values_list("grant_id", flat=True)) <= set(counting.values_list("grant_id", flat=True))


def _add(grant: UUID, party: UUID, uses: int, seconds: int) -> None:
    GrantUsage.objects.get_or_create(grant_id=grant, party=party)
    GrantUsage.objects.filter(grant_id=grant, party=party).update(
        uses=Greatest(F("uses") + uses, Value(0)), seconds=Greatest(F("seconds") + seconds, Value(0))
    )
