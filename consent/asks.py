"""Ask a person for a grant: the request itself, and the answers to it.

    1. `ask`: the app's letter is sealed and recorded. Nobody is looked up, so that a name that nobody has, somebody who
       takes no requests and somebody who will read it give one answer, which costs the same
    2. `consent.ask_delivery` finds out whom it names, and tells them, within the bounds of what one person is asked
    3. `sign` or `decline` by whoever decides; `withdraw` by the app; past its time it is over (`expire_due`)

A no is told to the app only if the person says so. Otherwise the request stays open for the app until its time is over,
like one that nobody read.
"""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction
from django.db.models import Q

from consent import approvals, ask_letter, clock, endings, entries, grants, likenesses, rfc3339, statements
from consent.models import Ask, Likeness, Party
from consent.narrowing import widenings
from ledger import log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from consent.ask_letter import Letter
    from ledger.models import Entry

State = Ask.State
SYSTEM: Final = "system:consent"
LONGEST: Final = timedelta(days=30)
USUAL: Final = timedelta(days=7)
SHORTEST: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
PER_DAY: Final = 100  # requests of one app, whomever they name
KEPT: Final = timedelta(days=90)  # what was written, after the end of the request
BATCH: Final = 256


class AskMissing(Problem):
    """Absent, or no concern of the asker's: one answer for both."""

    code: ClassVar[str] = "ask-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such request"


class AskClosed(Problem):
    """It was answered, taken back, forgotten, or its time is over."""

    code: ClassVar[str] = "ask-closed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request is closed"


class AskExceeded(Problem):
    """What was signed reaches further than what was asked for."""

    code: ClassVar[str] = "ask-exceeded"
    title: ClassVar[str] = "This is more than was asked for"


class TooManyAsks(Problem):
    """An app asks for more grants than one day takes."""

    code: ClassVar[str] = "too-many-asks"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "Too many requests for permission today"


def ask(
    named: object,
    terms: Mapping[str, Any],
    *,
    reason: object,
    return_url: object = None,
    expires_at: datetime | None = None,
    actor: Party,
) -> Ask:
    """Ask for a grant of the likeness that `named` (an id, or `@` and a handle) stands for; `None`: a week's time.

    While it is open the same request, of the same terms under the same name, is the same row. Whether anybody is
    reached is never told. Raises `AskInvalid`, `StatementInvalid`, `TooManyAsks`.
    """
    at = clock.now()
    until = at + USUAL if expires_at is None else expires_at
    if not SHORTEST <= until - at <= LONGEST + timedelta(minutes=5):  # clocks differ
        remedy = "Choose a time between an hour and 30 days from now."
        raise ask_letter.AskInvalid("Nobody can be asked for so long.", pointer="/expires_at", remedy=remedy)
    letter = ask_letter.read(named, terms, reason, return_url, asker=str(actor.pk), until=until)
    same = _same(letter, actor)
    with transaction.atomic():
        Party.objects.select_for_update(no_key=True).get(pk=actor.pk)  # twins and the count wait for each other
        twin = Ask.objects.filter(same=same, expires_at__gt=at).first()
        if twin is not None:
            return twin
        if Ask.objects.filter(client=actor, asked_at__gt=at - DAY).count() >= PER_DAY:
            raise TooManyAsks(f"You asked {PER_DAY} times within a day.", remedy="Go on tomorrow.")
        Ask.objects.filter(same=same).update(same=None)  # its time is over, though nobody wrote that down yet
        return _store(letter, same, at, until, actor)


def withdraw(row: Ask, *, actor: Party) -> Ask:
    """Take a request back. Twice is once. Raises `AskClosed` once it is granted, declined or over."""
    with transaction.atomic():
        held = Ask.objects.select_for_update(of=("self",)).get(pk=row.pk)
        if held.client_id != actor.pk:
            raise missing()
        if held.state == State.OPEN:
            _end(held, State.WITHDRAWN, "ask.withdrawn", actor=actor.actor, subject=actor.actor)
        elif held.state != State.WITHDRAWN:
            raise _closed(f"It is {held.state} already.")
        return held


def decline(row: Ask, *, tell: bool = False, actor: Party) -> Ask:
    """Say no: anybody who decides, alone. Unless `tell`, the app sees it open until its time is over. Twice is once."""
    with transaction.atomic():
        held = _held(row, actor)
        if held.state == State.DECLINED or (held.declined_at is not None and not tell):
            return held
        _check_open(held)
        subject = endings.subject_of(_likeness(held))
        entry = entries.append_end("ask.declined", {"ask": str(held.pk)}, actor=actor.actor, subject=subject)
        held.declined_at, held.declined_entry = clock.now(), entry
        held.save(update_fields=["declined_at", "declined_entry"])
        if tell:
            _close(held, State.DECLINED, entry)
        return held


def sign(
    row: Ask,
    document: Mapping[str, Any],
    signature: bytes | None = None,
    *,
    evidence: Mapping[str, object] | None = None,
    actor: Party,
) -> Ask:
    """Record a signed grant as the answer: of the terms that were asked for, or of narrower ones.

    Who said no quietly may still say yes. Raises `AskExceeded` for wider terms, and what `grants.record_grant` raises;
    then nothing is recorded.
    """
    with transaction.atomic():
        held = _held(row, actor)
        if held.state == State.GRANTED and str(held.grant_id) == document.get("id"):
            return held
        _check_open(held)
        check_within(held, statements.parse(dict(document)))
        grant = grants.record_grant(document, signature, evidence=evidence, actor=actor)
        payload: dict[str, object] = {"ask": str(held.pk), "grant": str(grant.pk)}
        held.grant = grant
        subject = endings.subject_of(_likeness(held))
        _close(held, State.GRANTED, log.append("ask.granted", payload, actor=actor.actor, subject=subject))
        return held


def check_within(row: Ask, statement: statements.GrantStatement) -> None:
    """Raise unless a statement is of the likeness that was asked for, and reaches no further than the request."""
    if statement.likeness != str(row.likeness_id):
        raise likenesses.missing("/likeness")
    beyond = widenings(statement.terms, letter_of(row).terms)
    if beyond:
        remedy = "Sign what was asked for or less. What goes further, permit by yourself, without this request."
        raise AskExceeded(f"These parts reach further: {', '.join(beyond)}.", pointer=beyond[0], remedy=remedy)


def expire_due() -> int:
    """Write down which requests are over; return how many. What was declined quietly is over like the others."""
    due = Ask.objects.filter(state=State.OPEN, expires_at__lte=clock.now()).order_by("expires_at", "pk")
    found = list(due[:BATCH])
    for each in found:
        with transaction.atomic():
            held = Ask.objects.select_for_update(of=("self",)).select_related("client").get(pk=each.pk)
            if held.state == State.OPEN:
                _end(held, State.EXPIRED, "ask.expired", actor=SYSTEM, subject=held.client.actor)
    return len(found)


def forget_old() -> int:
    """Destroy what requests said that ended 90 days ago; return how many."""
    old = Ask.objects.filter(letter__isnull=False, ended_at__lt=clock.now() - KEPT).order_by("ended_at", "pk")[:BATCH]
    return forget(Ask.objects.filter(pk__in=[each.pk for each in old]))


def forget(rows: QuerySet[Ask]) -> int:
    """Destroy what these requests say, in one transaction; return how many said anything."""
    with transaction.atomic():
        letters = [each.letter for each in rows.select_related("letter").filter(letter__isnull=False)]
        rows.update(letter=None, same=None)
        for letter in letters:
            if letter is not None:
                letter.delete()
    return len(letters)


def letter_of(row: Ask) -> Letter:
    """Return what the request says. Raises `AskClosed` for one that is forgotten or erased."""
    try:
        if row.letter is not None:
            return ask_letter.stored(parse(vault.unseal(row.letter)))
    except Erased:
        pass  # as if it were forgotten
    raise _closed("What it said is forgotten.")


def made_by(party: Party) -> QuerySet[Ask]:
    """Return the requests of an app."""
    return Ask.objects.select_related("letter__subject_key").filter(client=party)


def put_to(party: Party) -> QuerySet[Ask]:
    """Return the requests that reach a party: about the likenesses for which it decides, those taken back left out."""
    mine = approvals.likenesses_of(party)
    rows = Ask.objects.select_related("letter__subject_key", "client", "likeness")
    return rows.filter(likeness__in=mine, reached=True).exclude(state=State.WITHDRAWN)


def waiting(at: datetime) -> Q:
    """Match the requests that wait for an answer of the person."""
    return Q(state=State.OPEN, reached=True, declined_at=None, expires_at__gt=at, letter__isnull=False)


def missing() -> AskMissing:
    """Return the one answer for a request that is absent or no concern of the asker's."""
    return AskMissing("There is no such request for you.", remedy="Use an id that a list of ours gave you.")


def _store(letter: Letter, same: bytes, at: datetime, until: datetime, actor: Party) -> Ask:
    row = Ask(id=uuid.uuid4(), client=actor, same=same, asked_at=at, expires_at=until)
    payload: dict[str, object] = {"ask": str(row.pk), "until": rfc3339.write(until)}
    row.letter = vault.seal(actor.actor, canonical(ask_letter.written(letter)), context=f"ask:{row.pk}")
    row.entry = log.append("ask.made", payload, actor=actor.actor, subject=actor.actor)
    row.save(force_insert=True)
    return row


def _same(letter: Letter, actor: Party) -> bytes:
    document = ask_letter.written(letter)
    what = {"client": str(actor.pk), "named": document["named"], "terms": document["terms"]}
    return hashlib.sha256(b"countenance/ask/v1\0" + canonical(what)).digest()


def _held(row: Ask, actor: Party) -> Ask:
    """Return the row, locked, the likeness first; raise `AskMissing` unless it reaches this party."""
    if row.likeness_id is None or not row.reached:
        raise missing()
    Likeness.objects.select_for_update(no_key=True).get(pk=row.likeness_id)
    if not approvals.is_theirs(row.likeness_id, actor):
        raise missing()
    rows = Ask.objects.select_for_update(of=("self",)).select_related("likeness", "letter__subject_key")
    held = rows.get(pk=row.pk)
    if held.state == State.WITHDRAWN:
        raise missing()
    return held


def _check_open(held: Ask) -> None:
    if held.state != State.OPEN:
        raise _closed(f"It is {held.state} already.")
    if clock.now() >= held.expires_at:
        raise _closed("Its time is over.")


def _likeness(held: Ask) -> Likeness:
    assert held.likeness is not None  # noqa: S101 - `_held` has seen to it
    return held.likeness


def _end(held: Ask, state: Ask.State, kind: str, *, actor: str, subject: str) -> None:
    _close(held, state, entries.append_end(kind, {"ask": str(held.pk)}, actor=actor, subject=subject))


def _close(held: Ask, state: Ask.State, entry: Entry) -> None:
    held.state, held.ended_at, held.ended_entry, held.same = state, clock.now(), entry, None
    held.save(update_fields=["state", "ended_at", "ended_entry", "same", "grant"])


def _closed(why: str) -> AskClosed:
    return AskClosed(f"Nothing can be answered here any more. {why}", remedy="Ask again, or permit it by yourself.")
