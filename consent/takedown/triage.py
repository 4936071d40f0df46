"""What is done with a case short of deciding it: ask for more, put two about the same together, send it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from consent import blocks, clock
from consent.models import Case, Notice, Ruling
from consent.takedown import cases, concerned, decision_words, lanes, rulings
from consent.takedown.notice_document import UNWRITABLE
from ledger import log

if TYPE_CHECKING:
    from consent.staff import Staff

MAX_QUESTION = 2000


def ask(case: Case, question: str, *, version: int, actor: Staff) -> Case:
    """Ask everybody whose notice stands for one thing more. A clock of our own waits; one that a law sets runs on.

    Everybody reads the question: it names nobody. Raises `RulingRefused`, `CaseStale`, `CaseClosed`.
    """
    said = UNWRITABLE.sub("\ufffd", question).strip()
    if not 1 <= len(said) <= MAX_QUESTION:
        raise rulings.RulingRefused("Ask something.", pointer="/question", remedy="Write a sentence or two.")
    with transaction.atomic():
        held = cases.locked(case.pk, version=version)
        cases.require_open(held)
        ours = lanes.LANES[held.lane].pausable and cases.limit_of(held) is None
        waits = ours and held.paused_at is None and held.due_at is not None
        entry = log.append(
            "case.asked", {"case": str(held.pk), "question": said}, actor=actor.actor, subject=held.subject
        )
        for notice in held.notices.filter(withdrawn_at=None, erased_at=None).order_by("filed_at", "pk"):
            title, body = decision_words.ASKED[notice.language]
            stops = waits or held.paused_at is not None
            text = body.format(what=said, clock=decision_words.CLOCK[notice.language][stops])
            concerned.write(notice, "asked", entry, title, text)
        if waits:
            held = cases.pause(held, Case.Pause.NOTIFIER, version=held.version, actor=actor)
    return held


def merge(case: Case, into: Case, *, version: int, actor: Staff) -> Case:
    """Move the notices of a case to another that is open, about the same or whose video nobody found; close the first.

    The earlier clock stays. A case with blocks, rulings, counter-notices or orders of its own is not merged away.
    """
    with transaction.atomic():
        first, second = sorted((case.pk, into.pk))
        rows = {pk: cases.locked(pk) for pk in (first, second)}  # one order, so that no two wait for each other
        gone, kept = cases.locked(case.pk, version=version), rows[into.pk]
        cases.require_open(gone)
        cases.require_open(kept)
        _require_mergeable(gone, kept)
        payload = {"case": str(gone.pk), "into": str(kept.pk)}
        log.append("case.merged", payload, actor=actor.actor, subject=gone.subject)
        Notice.objects.filter(case=gone).update(case=kept)
        _inherit(kept, gone)
        gone.state, gone.closed_at, gone.paused_at, gone.pause = Case.State.CLOSED, clock.now(), None, ""
        cases.raise_version(gone, "state", "closed_at", "paused_at", "pause")
    return kept


def redirect(case: Case, lane: str, *, version: int, actor: Staff) -> Case:
    """Send a case to another lane. Its clock is never later than what a law sets, nor than a law's lane that it had."""
    with transaction.atomic():
        held = cases.locked(case.pk, version=version)
        cases.require_open(held)
        if lane not in lanes.LANES or lane == "order-time":
            remedy = f"Use one of: {', '.join(sorted(lanes.LANES))}."
            raise rulings.RulingRefused("There is no such lane.", pointer="/lane", remedy=remedy)
        if held.valid_at is not None and held.due_at is not None:
            due = lanes.due(lane, held.valid_at)
            limit = held.due_at if not lanes.LANES[held.lane].pausable else cases.limit_of(held)
            held.due_at = due if limit is None else min(due, limit)
        payload = {"case": str(held.pk), "from": held.lane, "to": lane}
        log.append("case.redirected", payload, actor=actor.actor, subject=held.subject)
        held.lane = lane
        if held.paused_at is not None and not lanes.LANES[lane].pausable:
            held.paused_at, held.pause = None, ""
        cases.raise_version(held, "lane", "due_at", "paused_at", "pause")
    return held


def _require_mergeable(gone: Case, kept: Case) -> None:
    same = gone.video is None or gone.video == kept.video
    tied = (
        Ruling.objects.filter(case=gone).exists()
        or gone.counter_notices.exists()
        or gone.orders.exists()
        or (gone.video is not None and blocks.in_force([gone.video]).filter(case=gone.number).exists())
    )
    if gone.pk == kept.pk or gone.kind != kept.kind or not same or tied:
        remedy = "Decide each by itself."
        raise rulings.RulingRefused("These two cannot be put together.", pointer="/into", remedy=remedy)


def _inherit(kept: Case, gone: Case) -> None:
    """Let the earlier clock and the higher risk hold."""
    if gone.due_at is not None and (kept.due_at is None or gone.due_at < kept.due_at):
        kept.due_at, kept.lane = gone.due_at, gone.lane
    kept.valid_at = min(filter(None, (kept.valid_at, gone.valid_at)), default=None)
    kept.risk = max(kept.risk, gone.risk)
    if kept.paused_at is not None and not lanes.LANES[kept.lane].pausable:
        kept.paused_at, kept.pause = None, ""
    cases.raise_version(kept, "due_at", "lane", "valid_at", "risk", "paused_at", "pause")
