"""Two of the staff revoke a certificate of ours, and everybody can know."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from consent.staff import SecondPersonNeeded, Staff
from ledger import issuer, jose, keyring
from ledger.entry import decode, to_minute
from provenance import claim_signers, revocation_list
from provenance.claim_signers import SignerNotRevoked
from provenance.models import RevokedSigner
from provenance.revocation_list import LIFE, RevocationListUnusable

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
SERIAL, ONE, OTHER = "12345678901234567890", Staff(1), Staff(2)
SINCE = datetime(2026, 11, 1, 12, 30, 45, tzinfo=UTC)
MINUTE = SINCE.replace(second=0)


def keys() -> dict[str, bytes]:
    return {key.key_id: key.public for key in keyring.public_keys("status")}


def test_one_person_revokes_nothing_and_two_do() -> None:
    claim_signers.propose(SERIAL, since=SINCE, actor=ONE)
    with pytest.raises(SecondPersonNeeded):
        claim_signers.approve(SERIAL, actor=ONE)
    assert claim_signers.revoked() == {}
    done = claim_signers.approve(SERIAL, actor=OTHER)
    assert claim_signers.revoked() == {SERIAL: MINUTE}
    assert done.revoked_entry is not None
    body = decode(bytes(done.revoked_entry.body))
    assert (body["kind"], body["serial"], body["since"]) == ("stamp.signer_revoked", SERIAL, to_minute(SINCE))


def test_the_database_too_wants_two_people() -> None:
    found = claim_signers.propose(SERIAL, since=SINCE, actor=ONE)
    with pytest.raises(IntegrityError), transaction.atomic():
        RevokedSigner.objects.filter(pk=found.pk).update(approved_by=ONE.actor, revoked_entry=found.entry)
    with pytest.raises(IntegrityError), transaction.atomic():
        RevokedSigner.objects.filter(pk=found.pk).update(approved_by=OTHER.actor)


@pytest.mark.parametrize("serial", ["", "0", "0x12", "-5", "1 ", "9" * 50, "١٢"])
def test_what_is_no_serial_number_is_refused(serial: str) -> None:
    with pytest.raises(SignerNotRevoked):
        claim_signers.propose(serial, since=SINCE, actor=ONE)


def test_nothing_is_revoked_twice_unasked_or_from_tomorrow_on() -> None:
    with pytest.raises(SignerNotRevoked):
        claim_signers.propose(SERIAL, since=datetime.now(UTC) + timedelta(days=1), actor=ONE)
    with pytest.raises(SignerNotRevoked):
        claim_signers.approve(SERIAL, actor=OTHER)
    claim_signers.propose(SERIAL, since=SINCE, actor=ONE)
    with pytest.raises(SignerNotRevoked):
        claim_signers.propose(SERIAL, since=SINCE, actor=OTHER)
    claim_signers.approve(SERIAL, actor=OTHER)
    with pytest.raises(SignerNotRevoked):
        claim_signers.approve(SERIAL, actor=OTHER)


def test_anybody_may_fetch_the_list_and_check_it_alone(client: Client) -> None:
    claim_signers.propose(SERIAL, since=SINCE, actor=ONE)
    claim_signers.approve(SERIAL, actor=OTHER)
    answer = client.get("/v1/claim-revocations")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/jwt")
    now = datetime.now(UTC)
    assert revocation_list.read(answer.content.decode(), keys(), at=now) == {SERIAL: MINUTE}
    with pytest.raises(RevocationListUnusable, match="ended"):
        revocation_list.read(answer.content.decode(), keys(), at=now + timedelta(seconds=LIFE + 5))
    with pytest.raises(RevocationListUnusable):
        revocation_list.read(answer.content.decode()[:-8] + "AAAAAAAA", keys(), at=now)
    with pytest.raises(RevocationListUnusable):
        revocation_list.read(answer.content.decode(), {}, at=now)


def test_another_token_of_the_same_key_is_no_list() -> None:
    signer = keyring.signing_key("status")
    now = int(datetime.now(UTC).timestamp())
    payload: dict[str, Any] = {"iat": now, "exp": now + 60, "revoked": []}
    other = jose.sign({"typ": "statuslist+jwt", "kid": signer.key_id}, payload, signer)
    with pytest.raises(RevocationListUnusable, match="another kind"):
        revocation_list.read(other, keys(), at=datetime.now(UTC))


def test_the_issuer_document_gives_its_keys() -> None:
    assert revocation_list.keys_of(json.dumps(issuer.document("status"))) == keys()
    with pytest.raises(RevocationListUnusable):
        revocation_list.keys_of("[]")


def test_two_log_ins_revoke_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one", "two"):
        User.objects.create_user(name, is_staff=True, is_superuser=True)
    since = to_minute(SINCE)
    call_command("claim_leaf", "propose", "--serial", SERIAL, "--since", since, "--as", "one")
    with pytest.raises(CommandError, match="yourself"):
        call_command("claim_leaf", "approve", "--serial", SERIAL, "--as", "one")
    with pytest.raises(CommandError, match="minute"):
        call_command("claim_leaf", "propose", "--serial", "7", "--since", "yesterday", "--as", "one")
    call_command("claim_leaf", "approve", "--serial", SERIAL, "--as", "two")
    call_command("claim_leaf", "list")
    assert f"signer {SERIAL} (revoked) since {since}" in capsys.readouterr().out
