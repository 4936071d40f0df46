"""Erase a party: nothing that we keep yields a name, a face, a voice or a statement of it, and the log still verifies.

    1. withdraw every likeness, and with it every grant; wait until that is effective
    2. revoke every key
    3. one transaction: the vault key and all that it sealed, the API tokens, the plain columns, `subject.erased`, and
       the erasure journal (`ledger.erasure`); after it one last e-mail (`consent.farewells`)
    4. followers to the right read that entry, and remove jobs, results and videos

If we crash before 3 the party still has its token and asks again: what is withdrawn and revoked stays so. After 3 it is
done, for a backup too: the journal finishes it when that is restored.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.conf import settings
from django.core import signing as tokens
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Concat

from consent import blanking, clock, farewells, keys, mailing, revocations
from consent.models import Decision, Enrolment, Grant, Likeness, Notice, Party, PartyKey, Withdrawal
from consent.takedown import erasing
from ledger import base64url, erasure, log
from ledger.models import Entry, SubjectKey
from ledger.problem import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

CONFIRM_SECONDS: Final = 900
ATTEMPTS: Final = 5  # something new may be registered while we wait for leases to drain
REASON: Final = "the party asked for it"
SALT: Final = "consent.erasure"

REMAINS: Final = (
    ("entries of the log", "Kind, minute and a commitment whose salt is destroyed: they say nothing of anybody."),
    ("ids", "Random identifiers, so that records of other people still point at something. Nothing is known of them."),
    ("videos that left our servers", "Files cannot be called back. Whoever checks one hears that consent has ended."),
    (
        "your e-mail address",
        "Sealed, for two days at most: one last e-mail says that this was done.",
    ),
    ("what others signed", "A grant by somebody else that named you keeps your random id, not your name."),
)


class ConfirmationInvalid(Problem):
    """The confirmation is missing, too old, another party's, or what it would destroy has changed since."""

    code: ClassVar[str] = "confirmation-invalid"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The erasure was not confirmed"


class PartyMissing(Problem):
    """Absent, erased, or somebody else: one answer for all."""

    code: ClassVar[str] = "party-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such party"


class _Restless(Exception):  # noqa: N818 - never leaves this module
    """Something was registered between the withdrawal and the erasure."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an erasure would destroy now, and the token that confirms exactly that."""

    destroys: dict[str, int]
    confirm: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an erasure destroyed. Salt and payload of the entry prove to anybody that it is logged."""

    party: UUID
    erased_at: datetime
    entry: Entry
    destroyed: dict[str, int]

    @property
    def backups_until(self) -> datetime:
        """From when on no backup from before the erasure is left. Until then a restored one is erased again."""
        return self.erased_at + timedelta(days=settings.LEDGER_BACKUP_DAYS)

    @property
    def opening(self) -> dict[str, str]:
        """Return what the commitment covers, in base64url."""
        opened = log.opening(self.entry)
        return {"salt": base64url.encode(opened.salt), "payload": base64url.encode(opened.payload)}


def preview(party: Party, *, actor: Party) -> Preview:
    """Say what `erase_party` would destroy. Changes nothing."""
    _may(party, actor)
    destroys, at = counts(party), clock.now()
    confirm = tokens.dumps({"party": str(party.pk), "destroys": destroys}, salt=SALT)
    return Preview(destroys, confirm, at + timedelta(seconds=CONFIRM_SECONDS))


def check_confirmation(party: Party, confirm: str) -> None:
    """Raise `ConfirmationInvalid` unless the token was made for this party, just now, and nothing was added since."""
    remedy = "Read the preview again and send its `confirm`."
    try:
        confirmed = tokens.loads(confirm, salt=SALT, max_age=CONFIRM_SECONDS)
    except tokens.BadSignature as error:
        raise ConfirmationInvalid("This is no valid confirmation.", pointer="/confirm", remedy=remedy) from error
    if confirmed != {"party": str(party.pk), "destroys": counts(party)}:
        detail = "It confirms something else than what would be destroyed now."
        raise ConfirmationInvalid(detail, pointer="/confirm", remedy=remedy)


def erase_party(party: Party, *, actor: Party) -> Receipt:
    """Withdraw, revoke, erase. Blocks until the withdrawals are effective. Raises `Erased` if it was erased before.

    What happens to each column is in docs/design/erasure.md.
    """
    _may(party, actor)
    destroyed = counts(party)
    for _ in range(ATTEMPTS):
        _stop(party, actor)
        try:
            return _erase(party, actor, destroyed)
        except _Restless:
            continue
    raise ConfirmationInvalid("New things are registered all the time.", remedy="Stop what uses your token; try again.")


def settled(entry_id: UUID) -> Party | None:
    """Return the party that an entry `subject.erased` erased, its columns blank; `None`: it erased no party.

    Everybody to the right asks this first. There is work to do only after a replay, whose entry no row names yet; then
    consent is ended and columns are blanked here, in the caller's transaction.
    """
    party = Party.objects.filter(erased_entry_id=entry_id).first()
    if party is not None:
        return party
    subject = erasure.subject_of(entry_id)
    waiting = Party.objects.filter(erased_at=None)
    if subject is not None:
        kind, _, pk = subject.partition(":")
        found = list(waiting.filter(pk=pk)) if kind == "party" and erasure.is_erased(subject) else []
    else:  # an entry that was read back into the database without its payload
        key = Concat(Value("party:"), Cast(OuterRef("pk"), CharField()))
        found = list(waiting.filter(Exists(SubjectKey.objects.filter(subject=key, wrapped=None)))[:1])
    return _settle(found[0], entry_id) if found else None


def counts(party: Party) -> dict[str, int]:
    """Count what an erasure destroys."""
    return {
        "likenesses": Likeness.objects.filter(holder=party, erased_at=None).count(),
        "clips": Enrolment.objects.filter(likeness__holder=party, erased_at=None).count(),
        "grants": Grant.objects.filter(grantor=party, erased_at=None).count(),
        "keys": PartyKey.objects.filter(party=party, erased_at=None).count(),
        "tokens": party.tokens.count(),
        "requests": Decision.objects.filter(client=party, erased_at=None).count(),
    }


def _may(party: Party, actor: Party) -> None:
    """Raise unless a party erases itself."""
    if party.pk != actor.pk:
        raise PartyMissing("There is no such party of yours.", remedy="Erase yourself only.")


def _stop(party: Party, actor: Party) -> None:
    """End every consent, effectively, and every key. Each has an entry of its own, and stands if we crash."""
    for likeness in Likeness.objects.filter(holder=party).exclude(state=Likeness.State.WITHDRAWN).order_by("pk"):
        revocations.withdraw_likeness(likeness, actor=actor)
    _end_grants(party)
    revocations.drain_all(list(_undrained(party)))
    for key in party.keys.filter(revoked_at=None).order_by("pk"):
        keys.revoke_key(key, actor=actor)
    for notice in Notice.objects.filter(party=party, erased_at=None).order_by("pk"):
        erasing.erase_notice(notice, actor=actor.actor, reason=REASON)


def _undrained(party: Party) -> Any:  # noqa: ANN401 - a query set
    return Withdrawal.objects.filter(Q(likeness__holder=party) | Q(actor=party.actor), effective_at=None)


def _end_grants(party: Party) -> None:
    """End what the party signed for likenesses that others hold: as an agent, an heir, or who held them before."""
    for grant in Grant.objects.filter(grantor=party, ended_at=None).order_by("pk"):
        revocations.withdraw_grant(grant, actor=party, leaving=True)


def _erase(party: Party, actor: Party, destroyed: dict[str, int]) -> Receipt:
    with erasure.erasing(party.actor, actor=actor.actor, reason=REASON) as entry:
        # The key is locked: whatever this party did has committed and is seen here, and it can do nothing more.
        live = Likeness.objects.filter(holder=party).exclude(state=Likeness.State.WITHDRAWN)
        given = Grant.objects.filter(grantor=party, ended_at=None)
        if live.exists() or given.exists() or _undrained(party).exists() or party.keys.filter(revoked_at=None).exists():
            raise _Restless
        held = Party.objects.select_for_update(of=("self",)).select_related("user").get(pk=party.pk)
        at = clock.now()
        _blank(held, entry, at)
    return Receipt(party.pk, at, entry, destroyed)


def _settle(party: Party, entry_id: UUID) -> Party:
    """Blank after a replay. The vault is erased, so what ends here is entered under the name of this app."""
    with transaction.atomic():
        held = Party.objects.select_for_update(of=("self",)).select_related("user").get(pk=party.pk)
        if not held.is_erased:
            for likeness in Likeness.objects.filter(holder=held).exclude(state=Likeness.State.WITHDRAWN).order_by("pk"):
                revocations.withdraw_likeness(likeness, actor=held)
            _end_grants(held)
            for key in held.keys.filter(revoked_at=None).order_by("pk"):
                keys.revoke_key(key, actor=held)
            _blank(held, Entry.objects.get(pk=entry_id), clock.now())
    return held


def _blank(held: Party, entry: Entry, at: datetime) -> None:
    """Blank all that the party left here, and tell it once that has committed, if it had an address."""
    address = mailing.address_of(held)
    blanking.blank(held, entry, at)
    if address is not None:
        farewells.write(address, entry)
