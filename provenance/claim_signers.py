"""Certificates that stamps are signed under, and what becomes of one whose key was stolen.

Two of the staff revoke it, from the minute since when it may have been used by others. What it signed before stays
good if an authority for the time says that it was before; what bears no trusted time counts as signed after.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import transaction

from consent import clock, staff
from ledger import issuer, jose, keyring, log
from ledger.entry import is_serial, to_minute
from ledger.problem import Problem
from provenance.models import RevokedSigner
from provenance.revocation_list import LIFE, TYPE

if TYPE_CHECKING:
    from consent.staff import Staff

MAY = "provenance.revoke_signer"
SUBJECT = "system:provenance"


class SignerNotRevoked(Problem):
    """The certificate cannot be revoked in this way."""

    code: ClassVar[str] = "signer-not-revoked"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The certificate is not revoked"


def propose(serial: str, *, since: datetime, actor: Staff) -> RevokedSigner:
    """Put on record that a certificate (serial number in decimal) should be revoked; nothing changes yet.

    `since` is aware, and cut to the minute: the log tells no finer time. There is one proposal for a certificate.
    """
    if not is_serial(serial):
        raise SignerNotRevoked("That is not the serial number of a certificate.", remedy="Give it in decimal.")
    since = since.astimezone(UTC).replace(second=0, microsecond=0)
    if since > clock.now():
        raise SignerNotRevoked("Nothing has been signed after now.", remedy="Name a minute that is past.")
    with transaction.atomic():
        if RevokedSigner.objects.select_for_update().filter(serial=serial).exists():
            raise SignerNotRevoked("It is on record.", remedy="A second person approves it: claim_leaf approve.")
        payload = {"serial": serial, "since": to_minute(since)}
        entry = log.append("stamp.signer_suspected", payload, actor=actor.actor, subject=SUBJECT)
        return RevokedSigner.objects.create(
            serial=serial, since=since, proposed_by=actor.actor, proposed_at=clock.now(), entry=entry
        )


def approve(serial: str, *, actor: Staff) -> RevokedSigner:
    """Revoke a certificate that another member of staff has proposed: from this commit on nobody is to rely on it."""
    with transaction.atomic():
        found = RevokedSigner.objects.select_for_update().filter(serial=serial).first()
        if found is None or found.approved_by:
            raise SignerNotRevoked("No proposal about it waits.", remedy="Propose it: claim_leaf propose.")
        staff.require_another(found.proposed_by, actor)
        public = {"serial": found.serial, "since": to_minute(found.since)}
        found.revoked_entry = log.append(
            "stamp.signer_revoked", public, actor=actor.actor, subject=SUBJECT, public=public
        )
        found.approved_by = actor.actor
        found.save(update_fields=["approved_by", "revoked_entry"])
        return found


def revoked() -> dict[str, datetime]:
    """Return the revoked certificates: serial number (decimal) to since when."""
    return dict(RevokedSigner.objects.exclude(approved_by="").values_list("serial", "since"))


def signed_list() -> str:
    """Return the list as a signed token, for whoever verifies without asking us; see `revocation_list`."""
    signer, now = keyring.signing_key("status"), int(time.time())
    listed = [{"serial": serial, "since": to_minute(since)} for serial, since in sorted(revoked().items())]
    payload: dict[str, Any] = {"iss": issuer.address("status"), "iat": now, "exp": now + LIFE, "revoked": listed}
    payload["origin"] = settings.LEDGER_ORIGIN
    return jose.sign({"typ": TYPE, "kid": signer.key_id}, payload, signer)
