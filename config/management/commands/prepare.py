"""Make what a house needs before its processes start: keys, certificates, tables, and the staff's log-in."""

from __future__ import annotations

import io
import json
from pathlib import Path

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import BaseCommand, CommandError, call_command
from django.core.management.base import CommandParser

from config.house import STAFF_ADDRESS
from consent.casework import roles
from ledger import erasure, keyring
from provenance import certificates, claim_leaves


class Command(BaseCommand):
    """Prepare a development house. Everything that exists already is left as it is."""

    help = "Make development keys and certificates, migrate, and write the files that a render service needs."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file for the permit's public keys, and a password for the staff's log-in."""
        parser.add_argument("--permit-keys", type=Path, required=True, help="where the render service reads its keys")
        parser.add_argument("--log-vkey", type=Path, help="where a witness reads the log's verifier keys")
        parser.add_argument("--staff-password", help="also make the log-in `staff` for the admin pages")

    def handle(
        self,
        *_args: object,
        permit_keys: Path,
        log_vkey: Path | None = None,
        staff_password: str | None = None,
        **_options: object,
    ) -> None:
        """Do each step once more than is harmful, never less than is needed."""
        if not settings.DEVELOPMENT:
            raise CommandError("Keys for production are not made here: see docs/settings.md, `LEDGER_KEYS_DIR`.")
        keyring.make_development_keys(settings.LEDGER_KEYS_DIR, settings.LEDGER_ORIGIN)
        certificates.make_development_chain(settings.PROVENANCE_CLAIM_DIR, claim_leaves.claim_key)
        for folder in (settings.LEDGER_PUBLIC_DIR, settings.LEDGER_VAULT_DIR, settings.GPU_RESULTS_DIR):
            folder.mkdir(parents=True, exist_ok=True)
        settings.MEDIA_ROOT.mkdir(parents=True, exist_ok=True)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("staff_roles", stdout=io.StringIO())
        call_command("ledger_keys", "register", stdout=io.StringIO())
        erasure.finish()
        known = {key.key_id: key.public.hex() for key in keyring.public_keys("permit")}
        permit_keys.write_text(json.dumps(known))
        permit_keys.chmod(0o644)  # public keys, for a process of another user
        if log_vkey:
            log_vkey.write_text("".join(f"{one}\n" for one in keyring.vkeys(keyring.standing("log"))))
            log_vkey.chmod(0o644)  # public, for a witness of another user
        if staff_password:
            make_staff(staff_password)


def make_staff(password: str) -> None:
    """Make or update the one log-in that may read the admin pages in development."""
    staff, _made = get_user_model().objects.get_or_create(
        username="staff", defaults={"is_staff": True, "is_superuser": True}
    )
    staff.email = STAFF_ADDRESS
    staff.set_password(password)
    staff.save()
    staff.groups.set(Group.objects.filter(name__in=roles.ROLES))
    EmailAddress.objects.update_or_create(user=staff, email=STAFF_ADDRESS, defaults={"verified": True, "primary": True})
