"""File a notice, with or without an account; complete it, and take it back.

    1. the form is read; a form that was sent before, by its one-time token, is the same notice
    2. it is counted against the bounds (`floods`)
    3. one transaction, holding the video: document sealed, `notice.received`, a case opened or joined, its clock
       started if the notice is valid, what is sworn about held back, and one letter that says what happened
    4. after it, a whole likeness rests, if whoever filed may decide that

If we crash before 3 nothing was filed, and the form can be sent again; after it the notice stands, and sending the form
again gives the same answer and does 4. Nobody is refused for being wrong: a video that is not here, is down already, or
is the notifier's own is recorded, and answered in words.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import IntegrityError, transaction

from consent import blocks, clock
from consent.models import Case, Likeness, Notice
from consent.takedown import (
    cases,
    documents,
    floods,
    lanes,
    letters,
    links,
    notice_document,
    numbers,
    provisional,
    regimes,
)
from consent.takedown.provisional import DOWN, Found
from ledger import log
from ledger.canonical import canonical
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from consent.models import Block, Party
    from consent.takedown.notice_document import NoticeDocument

NOWHERE: Final = Found()


class NoticeRefused(Problem):
    """This form was sent before with something else in it, or the notice is over."""

    code: ClassVar[str] = "notice-refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This cannot be done with the notice"


@dataclass(frozen=True, slots=True)
class Filed:
    """A notice on record. `secret` opens its status page; `commitment` is its receipt, by which the log is asked."""

    notice: Notice
    secret: str

    @property
    def commitment(self) -> str:
        """The commitment of its entry; the proof can be had once a checkpoint covers it (`log.proof`)."""
        return self.notice.entry.commit_text


def file(
    document: Mapping[str, Any],
    *,
    token: str,
    language: str,
    actor: Party | None,
    found: Found = NOWHERE,
    address: str = "",
) -> Filed:
    """File a notice. `token`: the form's one-time token; `address`: where it came from; `actor` None: nobody logged in.

    The same form twice is the same notice. Raises `NoticeInvalid`, `LinkInvalid` for a token of another form,
    `TooManyNotices`, and `NoticeRefused` where the same form holds something else now.
    """
    read = notice_document.parse(dict(document))
    secret = links.of_form(token)
    filed = _before(secret, read)
    if filed is None:
        try:
            with transaction.atomic():
                _count(read, found, address)
                filed = Filed(_filed(read, secret, language, actor, found), secret)
        except IntegrityError:
            filed = _before(secret, read)  # a twin won the race
            if filed is None:
                raise
    provisional.suspend(_likeness(read), actor)
    return filed


def of_link(secret: str) -> Notice:
    """Return the notice behind a secret link. Raises `LinkInvalid`."""
    notice = Notice.objects.select_related("case", "entry").filter(secret_sha256=links.lookup(secret)).first()
    if notice is None:
        raise links.invalid()
    return notice


def complete(notice: Notice, document: Mapping[str, Any], *, actor: Party | None, found: Found = NOWHERE) -> Notice:
    """Replace what was written: add what was missing. The clock runs from when it is valid, and is not begun anew.

    Unchanged it is the same. Raises `NoticeInvalid`, `NoticeRefused` for one that is over, and `Erased`.
    """
    read = notice_document.parse(dict(document))
    with transaction.atomic():
        blocks.hold_alone(*(video.id for video in found.known))  # before the case, as `file` does
        held, case = _held(notice)
        if held.withdrawn_at is not None or case.state != Case.State.OPEN:
            remedy = "Write a new notice, or appeal what was decided."
            raise NoticeRefused("This notice is over, and cannot be changed.", remedy=remedy)
        if documents.of_notice(held) == read:
            return held
        secret, at = documents.link_of(held), clock.now()
        held.revision += 1
        held.document = documents.seal(held, read, secret)
        entry = log.append("notice.completed", _payload(held, read), actor=_name(held, actor), subject=held.subject)
        case = _relocated(held, case, found)
        _describe(held, read)
        _judge(held, read, at)
        held.save()
        _run(held, case, read, at)
        placed = provisional.hold_back(read, found, case, actor)
        letters.write(held, _outcome(held, found, placed, joined=False, actor=actor), entry)
    return held


def withdraw(notice: Notice, *, actor: Party | None) -> Notice:
    """Take a notice back. Twice is once. What was held back stays so until people have looked: it may not be free will.

    If it was the last of its case, whoever works on the case sees that.
    """
    with transaction.atomic():
        held, case = _held(notice)
        if held.withdrawn_at is not None:
            return held
        payload = {"notice": str(held.pk), "case": str(case.pk)}
        held.withdrawn_entry = log.append("notice.withdrawn", payload, actor=_name(held, actor), subject=held.subject)
        held.withdrawn_at = clock.now()
        held.save(update_fields=["withdrawn_at", "withdrawn_entry"])
        cases.raise_version(case)
        letters.write(held, letters.Kind.WITHDRAWN, held.withdrawn_entry)
    return held


def _before(secret: str, read: NoticeDocument) -> Filed | None:
    """Return what this form filed before; `None`: nothing. Raises `NoticeRefused` if it holds something else now."""
    notice = (
        Notice.objects.select_related("entry", "document__subject_key")
        .filter(secret_sha256=links.lookup(secret))
        .first()
    )
    if notice is None:
        return None
    if documents.of_notice(notice) != read:
        remedy = f"Your notice {notice.number} is on record. Open its page by its link, and change it there."
        raise NoticeRefused("This form was sent already, with something else in it.", remedy=remedy)
    return Filed(notice, secret)


def _count(read: NoticeDocument, found: Found, address: str) -> None:
    """Count the notice where it comes from and where it goes, in one order, so that no two wait for each other."""
    floods.count("network", floods.network(address), floods.PER_NETWORK)
    floods.count("email", read.claimant.email.lower(), floods.PER_EMAIL)
    for video in sorted(found.known[:1], key=lambda each: each.id):
        floods.count("video", str(video.id), floods.PER_VIDEO)


def _filed(read: NoticeDocument, secret: str, language: str, actor: Party | None, found: Found) -> Notice:
    """Do step 3, in the caller's transaction."""
    blocks.hold_alone(*(video.id for video in found.known))
    video = found.known[0].id if found.known else None
    case = cases.joined(video)
    joined, at = case is not None, clock.now()
    notice = Notice(id=uuid.uuid4(), number=numbers.drawn("N", Notice.objects.all()), language=language, party=actor)
    notice.secret_sha256 = links.lookup(secret)
    notice.document = documents.seal(notice, read, secret)
    notice.entry = log.append(
        "notice.received", _payload(notice, read), actor=_name(notice, actor), subject=notice.subject
    )
    likeness = _likeness(read)
    notice.case = case or cases.opened(video, likeness, lane=_clock(read, at).lane, entry=notice.entry)
    _describe(notice, read)
    _judge(notice, read, at)
    notice.save(force_insert=True)
    _run(notice, notice.case, read, at)
    placed = provisional.hold_back(read, found, notice.case, actor)
    letters.write(notice, _outcome(notice, found, placed, joined=joined, actor=actor), notice.entry)
    return notice


def _held(notice: Notice) -> tuple[Notice, Case]:
    """Return notice and case, held: the case first, as everywhere."""
    case = cases.locked(notice.case_id)
    held = Notice.objects.select_for_update(of=("self",)).select_related("document__subject_key").get(pk=notice.pk)
    if held.case_id != case.pk:  # it was moved while we waited
        case = cases.locked(held.case_id)
    return held, case


def _describe(notice: Notice, read: NoticeDocument) -> None:
    notice.role = read.claimant.role
    notice.intimate = read.about_intimate
    notice.minor = read.depicted.minor
    notice.deceased = read.depicted.standing == "deceased"


def _judge(notice: Notice, read: NoticeDocument, at: datetime) -> None:
    """Say under what it is valid and what is missing; its clock runs from the first moment at which it was valid."""
    notice.regimes = list(regimes.valid(read))
    notice.missing = sorted({one.field for one in regimes.nearest(read)})
    if notice.regimes and notice.valid_at is None:
        notice.valid_at, notice.due_at = at, _clock(read, at).due_at


def _run(notice: Notice, case: Case, read: NoticeDocument, at: datetime) -> None:
    """Let the case's clock hear of the notice, if that is valid."""
    if notice.valid_at is None:
        cases.raise_version(case)
    else:
        cases.start_clock(case, _clock(read, notice.valid_at), at, risk=_risk(read))


def _clock(read: NoticeDocument, at: datetime) -> lanes.Clock:
    return lanes.clock(lanes.Facts(read.about_intimate, read.topic, read.jurisdiction), at)


def _risk(read: NoticeDocument) -> int:
    if read.about_intimate:
        return int(Case.Risk.URGENT if read.depicted.minor else Case.Risk.HIGH)
    if read.depicted.minor:
        return int(Case.Risk.HIGH)
    return int(Case.Risk.RAISED if read.depicted.standing == "deceased" or read.likeness else Case.Risk.ORDINARY)


def _relocated(notice: Notice, case: Case, found: Found) -> Case:
    """Give the case its video, now that it is known; or move the notice to the case that is open about it."""
    if case.video is not None or not found.known:
        return case
    other = cases.joined(found.known[0].id)
    if other is None:
        case.video = found.known[0].id
        cases.raise_version(case, "video")
        return case
    notice.case = other
    if not case.notices.exclude(pk=notice.pk).exists():
        case.state, case.closed_at = Case.State.CLOSED, clock.now()
        cases.raise_version(case, "state", "closed_at")
    return other


def _outcome(notice: Notice, found: Found, placed: list[Block], *, joined: bool, actor: Party | None) -> letters.Kind:
    """Choose the one letter that says what happened."""
    if notice.valid_at is None:
        return letters.Kind.INCOMPLETE
    if actor is not None and any(video.uploader == actor.pk for video in found.known):
        return letters.Kind.OWN_VIDEO
    if found.known and all(video.state == DOWN for video in found.known):
        return letters.Kind.ALREADY_DOWN
    if joined:
        return letters.Kind.JOINED
    if placed:
        return letters.Kind.HELD_BACK
    return letters.Kind.RECEIVED if found.known or notice.case.likeness_id else letters.Kind.NOT_FOUND


def _likeness(read: NoticeDocument) -> Likeness | None:
    """Return the likeness that the notice names; `None`: it names none, or nobody's, which nobody learns."""
    return Likeness.objects.filter(pk=read.likeness, erased_at=None).first() if read.likeness else None


def _payload(notice: Notice, read: NoticeDocument) -> dict[str, object]:
    whole = canonical(notice_document.written(read))
    return {"notice": str(notice.pk), "revision": notice.revision, "document": hashlib.sha256(whole).hexdigest()}


def _name(notice: Notice, actor: Party | None) -> str:
    """Return under which name the log knows who acts: a party, or whoever has the link."""
    return notice.subject if actor is None else actor.actor
