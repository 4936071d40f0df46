"""Draft grants, and record them once their holder has signed, with an app key or a passkey.

Why a signature cannot be shown twice: it covers the digest of one document (for a passkey that digest is the
challenge), the document holds the grant's id, and a row with that id is made once and never deleted, not even by an
erasure. So an assertion needs no challenge of ours, and what it approves is in the challenge itself.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import IntegrityError, transaction
from django.db.models import F

from consent import authority, clock, enrolment, fields, keys, likenesses, reach, statements, usage
from consent.authority import Act, Why
from consent.models import Grant, Likeness, Party, PartyKey
from consent.statements import GrantStatement, ShownText, StatementInvalid
from consent.terms import Everyone, Terms, has_vetoes, is_broad, likenesses_mentioned, parties_mentioned
from consent.webauthn import CounterWentBack
from consent.wording import LANGUAGES, TEMPLATES, render
from ledger import base64url, log, vault
from ledger.canonical import canonical, digest
from ledger.entry import to_minute
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from consent.keys import Signed

ISSUED_WITHIN: Final = timedelta(minutes=10)  # either way: a signature is fresh, and clocks differ
AGREED_WITHIN: Final = timedelta(days=14)  # where several decide, the others need time to agree
PROOF_WITHIN: Final = timedelta(hours=24)  # how old the proof of a person is at most when a grant reaches far
MAX_LIVE: Final = 1000  # grants of one likeness; one withdrawal names them all in one entry


class LikenessNotActive(Problem):
    """The likeness is not enrolled yet, or withdrawn."""

    code: ClassVar[str] = "likeness-not-active"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The likeness cannot be granted"


class TextMismatch(Problem):
    """The hash inside the statement is not that of the text that these terms read as."""

    code: ClassVar[str] = "text-mismatch"
    title: ClassVar[str] = "What was shown is not what would be recorded"


class NotFresh(Problem):
    """The statement was issued too long ago, or lies in the future, or is over already."""

    code: ClassVar[str] = "statement-not-fresh"
    title: ClassVar[str] = "The statement is out of date"


class ProofNeeded(Problem):
    """The grant reaches far, and the person has not shown themself for it."""

    code: ClassVar[str] = "fresh-proof-needed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "A fresh proof is needed"


class GrantReplayed(Problem):
    """A grant with this id is on record."""

    code: ClassVar[str] = "grant-replayed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The grant is recorded already"


class TooManyGrants(Problem):
    """The likeness has as many grants as one withdrawal can end."""

    code: ClassVar[str] = "too-many-grants"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The likeness has too many grants"


class GrantMissing(Problem):
    """Absent, or somebody else's: one answer for both."""

    code: ClassVar[str] = "grant-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such grant"


def draft(
    likeness: Likeness,
    terms: Mapping[str, Any],
    *,
    key: PartyKey,
    language: str = "en",
    supersedes: uuid.UUID | None = None,
    actor: Party,
) -> dict[str, Any]:
    """Return the document to show and sign. Writes nothing: what is recorded is judged again in `record_grant`.

    `terms` is the terms document, `language` the one of the text that will be shown.
    """
    may = authority.may_act(likeness.pk, actor, Act.GRANT)
    if not may and may.why is not Why.ASSENT_NEEDED:  # one of several may draft what the others are to agree to
        raise likenesses.missing("/likeness")
    read = statements.parse_terms(terms)
    fields.one_of(language, "/language", LANGUAGES[read.version])
    text = hashlib.sha256(render(read, _names(read), language).encode()).digest()
    statement = GrantStatement(
        id=str(uuid.uuid4()),
        likeness=str(likeness.pk),
        grantor=str(actor.pk),
        key=key.key_id,
        issued_at=clock.now(),
        nonce=statements.new_nonce(),
        supersedes=None if supersedes is None else str(supersedes),
        terms=read,
        text=ShownText(language, TEMPLATES[read.version], text),
    )
    return statements.to_document(statement)


def shown_text(document: Mapping[str, Any]) -> str:
    """Return the text to show the signer of this document. Raises `StatementInvalid`."""
    statement = statements.parse(dict(document))
    return render(statement.terms, _names(statement.terms), statement.text.language)


def record_grant(
    document: Mapping[str, Any],
    signature: bytes | None = None,
    *,
    evidence: Mapping[str, object] | None = None,
    actor: Party,
) -> Grant:
    """Verify a signed statement and record it. Raises a Problem for each thing that may be wrong.

    An app key gives its `signature` (64 bytes), a passkey the `evidence` of its assertion; the other is `None`.
    """
    signed = keys.one_of(signature, evidence)
    statement = statements.parse(dict(document))  # (1) every field is known and of its form
    if statement.grantor != str(actor.pk):  # (2) the actor is who grants
        raise StatementInvalid("You are not this grantor.", pointer="/grantor", remedy="Sign with your own party id.")
    try:
        with transaction.atomic():
            return _record(statement, dict(document), signed, actor)
    except IntegrityError as error:
        if Grant.objects.filter(pk=statement.id).exists():  # a twin of another likeness won the race
            raise _replayed() from error
        raise


def _record(statement: GrantStatement, document: dict[str, Any], signed: Signed, actor: Party) -> Grant:
    likeness = _grantable(statement, document, actor)  # (3) theirs to grant, active, and not being withdrawn
    key = keys.key_in_use(actor, statement.key)  # (4) the key is theirs and in use
    _check_text(statement)  # (5) what was shown is what these terms say
    signature = _signature(key, signed, document)  # (6) the key signed exactly this
    at = clock.now()
    _check_fresh(statement, at, likeness)  # (7) signed just now, and not over yet
    _check_proof(statement, likeness, at)  # (8) by a person who showed themself, if it reaches far
    _check_history(statement, likeness)  # (9) never recorded before, and within the limits
    key.party = actor  # it is theirs: no second look
    return _store(statement, _whole(document, signed), signature, likeness=likeness, key=key)


def _store(
    statement: GrantStatement,
    whole: dict[str, Any],
    signature: bytes,
    *,
    likeness: Likeness,
    key: PartyKey,
) -> Grant:
    """Seal the `whole`, which is the evidence; the columns are for queries."""
    actor, signed = key.party, digest("grant", whole["statement"])
    payload: dict[str, object] = {"grant": statement.id, "statement": base64url.encode(signed)}
    terms, window = statement.terms, statement.terms.window
    grant = Grant.objects.create(
        id=uuid.UUID(statement.id),
        likeness=likeness,
        grantor=actor,
        statement=vault.seal(actor.actor, canonical(whole), context=f"grant:{statement.id}"),
        terms=statements.terms_document(terms),
        not_before=window.not_before,
        not_after=window.not_after,
        remix=terms.remix,
        after_end=terms.after_end,
        signature=signature,
        key=key,
        entry=log.append(
            "grant.recorded",
            payload,
            actor=actor.actor,
            subject=actor.actor,
            public={"expires": to_minute(window.not_after)},
        ),
    )
    reach.write(grant, terms)
    usage.open_counter(grant, terms)
    if statement.supersedes is not None:
        Grant.objects.filter(pk=statement.supersedes).update(superseded_by=grant)
    if statement.supersedes is not None or has_vetoes(terms):
        _judge_again(likeness)
    return grant


def _judge_again(likeness: Likeness) -> None:
    """Move the epoch, so that a permit from before is judged again when it is redeemed.

    A grant that takes another's place may permit less, and one with vetoes forbids what others permit.
    """
    Likeness.objects.filter(pk=likeness.pk).update(epoch=F("epoch") + 1)


def _signature(key: PartyKey, signed: Signed, document: dict[str, Any]) -> bytes:
    """Return the verified signature. An assertion that is sent again is a replay, and no sign of a copied passkey."""
    pointer = "/signature" if isinstance(signed, bytes) else "/evidence"
    remedy = 'Sign digest("grant", document) with the key that the document names.'
    try:
        return keys.check_signed(key, signed, digest("grant", document), pointer=pointer, remedy=remedy)
    except CounterWentBack as error:
        if Grant.objects.filter(pk=document["id"], key=key).exists():
            raise _replayed() from error
        raise


def _whole(document: dict[str, Any], signed: Signed) -> dict[str, Any]:
    """Return the document with what signed it, as it is sealed."""
    if isinstance(signed, bytes):
        return {"statement": document, "signature": base64url.encode(signed)}
    return {"statement": document, "evidence": dict(signed)}


def _grantable(statement: GrantStatement, document: dict[str, Any], actor: Party) -> Likeness:
    """Return the likeness, locked: a withdrawal comes wholly before this grant or sees it and ends it."""
    likeness = Likeness.objects.select_for_update(no_key=True).filter(pk=statement.likeness).first()
    if likeness is None:
        raise likenesses.missing("/likeness")
    may = authority.require(likeness.pk, actor, Act.GRANT, document=digest("grant", document))
    if likeness.state != Likeness.State.ACTIVE:
        remedy = "Enrol it first; a suspension is lifted first; a withdrawn likeness is registered anew."
        raise LikenessNotActive("This likeness is not active.", pointer="/likeness", remedy=remedy)
    terms = statement.terms
    everyone = isinstance(terms.audience, Everyone)
    authority.check_scope(likeness, may, purposes=terms.purposes, not_after=terms.window.not_after, everyone=everyone)
    return likeness


def _check_proof(statement: GrantStatement, likeness: Likeness, at: datetime) -> None:
    """Raise `ProofNeeded` for far-reaching terms of a living person who has not shown themself just now."""
    if likeness.kind != Likeness.Kind.PERSON or not is_broad(statement.terms):
        return
    shown = enrolment.fresh_proof_at(likeness)
    if shown is None or shown < at - PROOF_WITHIN:
        remedy = "Open an enrolment session, record the clip that it asks for, and sign within a day."
        raise ProofNeeded("This grant reaches far, so it needs a fresh proof of you.", pointer="/terms", remedy=remedy)


def _check_text(statement: GrantStatement) -> None:
    text = render(statement.terms, _names(statement.terms), statement.text.language)
    if hashlib.sha256(text.encode()).digest() != statement.text.sha256:
        remedy = "Draft the grant again, show its text, and sign that."
        raise TextMismatch(
            "The text that was shown is not the text of these terms.", pointer="/text/sha256", remedy=remedy
        )


def _check_fresh(statement: GrantStatement, at: datetime, likeness: Likeness) -> None:
    several = len(authority.principals(likeness, at)) > 1
    if abs(at - statement.issued_at) > (AGREED_WITHIN if several else ISSUED_WITHIN):
        remedy = "Draft the grant again and sign it within ten minutes."
        raise NotFresh("The statement was not issued just now.", pointer="/issued_at", remedy=remedy)
    if statement.terms.window.not_after <= at:
        remedy = "Choose an end in the future."
        raise NotFresh("The grant is over before it is recorded.", pointer="/terms/window/not_after", remedy=remedy)


def _check_history(statement: GrantStatement, likeness: Likeness) -> None:
    """Raise for a replay or a limit. The likeness is locked, so that no grant of it appears or ends meanwhile."""
    if Grant.objects.filter(pk=statement.id).exists():
        raise _replayed()
    if Grant.objects.filter(likeness=likeness, ended_at=None).count() >= MAX_LIVE:
        remedy = "Withdraw grants that you no longer need, expired ones included."
        raise TooManyGrants(
            f"This likeness has {MAX_LIVE} grants that nobody ended.", pointer="/likeness", remedy=remedy
        )
    if statement.supersedes is None:
        return
    if not Grant.objects.filter(pk=statement.supersedes, likeness=likeness, superseded_by=None).exists():
        remedy = "Name the newest grant that this one is to replace. Or leave null, and both stand."
        detail = "This does not name a grant of the likeness that nothing has replaced."
        raise StatementInvalid(detail, pointer="/supersedes", remedy=remedy)


def check_mentioned(parties: dict[str, str], named: dict[str, str]) -> None:
    """Raise `StatementInvalid` unless each of these parties and likenesses exists; each is given with its pointer."""
    _found(Party.objects.filter(erased_at=None), parties, "party", "Look it up by its handle.")
    known = Likeness.objects.filter(state=Likeness.State.ACTIVE)
    _found(known, named, "likeness", "Use the id that its holder gave you.")


def _names(terms: Terms) -> dict[str, str]:
    """Return the shown name of every party and likeness that the terms mention; all of them must exist."""
    parties = Party.objects.filter(erased_at=None)
    known = Likeness.objects.filter(state=Likeness.State.ACTIVE)
    return _found(parties, parties_mentioned(terms), "party", "Look it up by its handle.") | _found(
        known, likenesses_mentioned(terms), "likeness", "Use the id that its holder gave you."
    )


def _found(rows: QuerySet[Any], wanted: dict[str, str], what: str, remedy: str) -> dict[str, str]:
    """Return the names of the rows by id; raise `StatementInvalid` at the first of `wanted` that has none."""
    names = {str(pk): str(name) for pk, name in rows.filter(pk__in=wanted).values_list("pk", "name")}
    for absent, pointer in wanted.items():
        if absent not in names:
            raise StatementInvalid(f"There is no such {what}.", pointer=pointer, remedy=remedy)
    return names


def missing(pointer: str | None = None) -> GrantMissing:
    """Return the one answer for a grant that is absent or not the asker's."""
    return GrantMissing("There is no such grant of yours.", pointer=pointer, remedy="Use an id that you hold.")


def _replayed() -> GrantReplayed:
    return GrantReplayed("A grant with this id is on record.", pointer="/id", remedy="Draft a new grant for new terms.")
