"""Ask for one's erasure in a way that leaves a link to its receipt, which works after the account is gone."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from django.conf import settings

from consent import erasure
from consent.models import ErasureReceipt
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from consent.models import Party

SECRET_BYTES: Final = 32


class ReceiptMissing(Problem):
    """There is no receipt under this link."""

    code: ClassVar[str] = "receipt-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such receipt"


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page of a receipt says. `erased_at` is `None` while the erasure is being done, or was given up."""

    destroyed: dict[str, int]
    erased_at: datetime | None
    backups_until: datetime | None
    commitment: str


def erase(party: Party, confirm: str, *, actor: Party) -> str:
    """Erase the party, as confirmed; return the secret of the receipt's link, which is stored nowhere.

    If we crash before the end the link says that it is not done, and whoever asked asks again.
    """
    erasure.check_confirmation(party, confirm)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    ErasureReceipt.objects.create(digest=_digest(secret), party=party, destroyed=erasure.counts(party))
    erasure.erase_party(party, actor=actor)
    return secret


def shown(secret: str) -> Shown:
    """Return the receipt under a link. Raises `ReceiptMissing`."""
    rows = ErasureReceipt.objects.select_related("party__erased_entry")
    row = rows.filter(digest=_digest(secret)).first()
    if row is None:
        raise ReceiptMissing("There is no receipt under this link.", remedy="Check that the whole link was copied.")
    at, entry = row.party.erased_at, row.party.erased_entry
    if at is None or entry is None:
        return Shown(row.destroyed, None, None, "")
    return Shown(row.destroyed, at, at + timedelta(days=settings.LEDGER_BACKUP_DAYS), entry.commit_text)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode(errors="replace")).digest()
