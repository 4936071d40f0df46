"""Load a grant and make its exports. Reads only: an export is another spelling of what is on record.

The terms come out of the sealed statement, which is the evidence, and not out of the columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from consent import clock, grants, statements
from consent.exports import credential, granted, odrl
from consent.exports.consent_record import Consent, Controller, Evidence, Life
from consent.exports.credential import Recorded
from consent.models import Grant, Party
from consent.terms import parties_of
from ledger import base64url, issuer, keyring, log, statusfiles, vault
from ledger.canonical import digest, parse
from ledger.models import GrantState
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from uuid import UUID

    from consent.exports.granted import Granted
    from consent.statements import GrantStatement


def own(grant_id: UUID, *, reader: Party) -> Grant:
    """Return a grant that the reader gave; raise `GrantMissing` for any other."""
    return _found(Q(grantor=reader), grant_id)


def concerning(grant_id: UUID, *, reader: Party) -> Grant:
    """Return a grant that the reader gave, or that names the reader; raise `GrantMissing` for any other."""
    named = Q(terms__audience__parties__contains=[{"party": str(reader.pk)}])
    return _found(Q(grantor=reader) | named, grant_id)


def policy(grant: Grant) -> dict[str, Any]:
    """Return the ODRL policy."""
    return odrl.policy(_granted(grant), base=settings.PUBLIC_URL)


def consent(grant: Grant, *, reader: Party) -> Consent:
    """Return what a record or a receipt of the grant says to this reader: only a grantor is told the others' names."""
    statement, sealed = _statement(grant)
    evidence = Evidence(statement.text, _digest(sealed), grant.entry.commit_text, settings.LEDGER_ORIGIN)
    told = parties_of(statement.terms) if grant.grantor_id == reader.pk else {str(reader.pk)}
    names = {str(pk): name for pk, name in Party.objects.filter(pk__in=told, erased_at=None).values_list("pk", "name")}
    ended_by = None if grant.ended_by is None else grant.ended_by.actor
    life = Life(grant.created_at, grant.ended_at, ended_by, clock.now())
    return Consent(granted.of(statement), life, evidence, controller(), names)


def signed_credential(grant: Grant, *, reader: Party) -> str:
    """Return the credential for this reader as a JWS; raise `NotYetPublished` until the grant has its place."""
    statement, sealed = _statement(grant)
    log.place(grant.entry)  # raises if no published checkpoint covers the entry
    state = GrantState.objects.filter(commit=base64url.decode(grant.entry.commit_text)).first()
    if state is None:
        raise log.NotYetPublished("The grant has no place in the status lists yet", remedy="Ask again in a second")
    recorded = Recorded(_digest(sealed), grant.entry.commit_text, settings.LEDGER_ORIGIN, state.number)
    unsecured = credential.credential(
        granted.of(statement),
        recorded,
        bearer=str(reader.pk),
        issuer=issuer.address("credential"),
        lists={purpose: statusfiles.bitstring_uri(purpose) for purpose in statusfiles.BITSTRINGS},
        base=settings.PUBLIC_URL,
    )
    return credential.sign(unsecured, keyring.signing_key("credential"))


def controller() -> Controller:
    """Return who answers for the processing, as the settings say."""
    return Controller(
        id=f"{settings.PUBLIC_URL}/#controller",
        name=settings.CONSENT_CONTROLLER_NAME,
        address=settings.CONSENT_CONTROLLER_ADDRESS,
        contact=settings.CONSENT_CONTROLLER_CONTACT,
        notice=settings.CONSENT_CONTROLLER_NOTICE_URL,
        storage=tuple(settings.CONSENT_CONTROLLER_STORAGE),
        retention=settings.CONSENT_CONTROLLER_RETENTION,
        jurisdiction=tuple(settings.CONSENT_CONTROLLER_JURISDICTION),
    )


def _found(condition: Q, grant_id: UUID) -> Grant:
    found = Grant.objects.select_related("entry", "statement", "ended_by").filter(condition, pk=grant_id).first()
    if found is None:
        raise grants.missing()
    return found


def _granted(grant: Grant) -> Granted:
    return granted.of(_statement(grant)[0])


def _statement(grant: Grant) -> tuple[GrantStatement, dict[str, Any]]:
    """Return the signed statement and its document. One that was erased is no longer anybody's to read."""
    try:
        document = parse(vault.unseal(grant.statement))["statement"]
    except Erased as error:
        raise grants.missing() from error
    return statements.parse(document), document


def _digest(document: dict[str, Any]) -> str:
    """Return what the signature covers."""
    return base64url.encode(digest("grant", document))
