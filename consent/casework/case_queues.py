"""The queues of takedown cases: notices, orders, rulings that wait for a second person, appeals, counter-notices.

Nobody is handed a case in which they are a side, nor an appeal against what they decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.lookups import IsNull

from consent.casework import queues
from consent.casework.own_queues import SECOND_WORDS
from consent.casework.queues import Queue, shaped
from consent.models import Appeal, Case, CounterNotice, Notice, Ruling
from consent.takedown import appeals, orders

if TYPE_CHECKING:
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from consent.staff import Staff

WORK: Final = "consent.work_case"
CONFIRM: Final = "consent.confirm_ruling"


def _cases(kind: str) -> QuerySet[Any]:
    """Cases that nobody has decided about; what a colleague proposed waits for a second person, elsewhere."""
    proposed = Exists(Ruling.objects.filter(case=OuterRef("pk"), state=Ruling.State.PROPOSED))
    rows = Case.objects.filter(~Q(proposed), kind=kind, state=Case.State.OPEN)
    paused = IsNull(F("paused_at"), False)  # noqa: FBT003 - the lookup's own signature
    return shaped(rows, since="opened_at", due="due_at", risk=F("risk"), lane=F("lane"), paused=paused)


def _arrived(kind: str, at: datetime) -> QuerySet[Any]:
    return Case.objects.filter(kind=kind, opened_at__gte=at)


def _side(actor: Staff, case: str = "") -> Q:
    """Tell of which cases somebody is a side: by a notice, a counter-notice, or a likeness of theirs."""
    found = OuterRef(f"{case}pk") if case == "" else OuterRef(f"{case.removesuffix('__')}_id")
    notified = Exists(Notice.objects.filter(case=found, party__user_id=actor.user))
    countered = Exists(CounterNotice.objects.filter(case=found, party__user_id=actor.user))
    return Q(notified) | Q(countered) | Q(**{f"{case}likeness__holder__user_id": actor.user})


def _to_confirm() -> QuerySet[Any]:
    rows = Ruling.objects.filter(state=Ruling.State.PROPOSED)
    return shaped(rows, since="proposed_at", due="case__due_at", risk=F("case__risk"), lane=F("action"))


def _appeals() -> QuerySet[Any]:
    rows = Appeal.objects.filter(state=Appeal.State.PENDING)
    return shaped(rows, since="filed_at", due="due_at", risk=F("case__risk"), lane=F("case__lane"))


def _had_a_word(actor: Staff) -> Q:
    """Whoever had a word in the rulings of the case, before the appeal or since, does not decide it."""
    spoke = Ruling.objects.filter(Q(proposed_by=actor.actor) | Q(confirmed_by=actor.actor), case=OuterRef("case_id"))
    return Q(decided_before__contains=[actor.actor]) | Q(Exists(spoke)) | _side(actor, "case__")


def _counter_notices() -> QuerySet[Any]:
    """Those after which a video is due back, unless a suit is shown first."""
    rows = CounterNotice.objects.filter(withdrawn_at=None, suit_at=None, restore_at__isnull=False)
    rows = rows.exclude(case__state=Case.State.CLOSED)
    return shaped(rows, since="filed_at", due="restore_at", risk=F("case__risk"), lane=F("ground"))


def _of_case(item: UUID) -> str:
    return f"case:{item}"


def _case_of(model: Any) -> Any:  # noqa: ANN401 - any row that belongs to a case
    def subject(item: UUID) -> str:
        found = model.objects.filter(pk=item).values_list("case_id", flat=True).first()
        return queues.CASEWORK if found is None else f"case:{found}"

    return subject


OF_CASES: Final = (
    Queue(
        "takedowns", WORK, "Requests to take something down", lambda: _cases(Case.Kind.TAKEDOWN),
        lambda at: _arrived(Case.Kind.TAKEDOWN, at), _side, _of_case,
    ),
    Queue(
        "orders", orders.RECORD, "Orders of courts and authorities", lambda: _cases(Case.Kind.ORDER),
        lambda at: _arrived(Case.Kind.ORDER, at), _side, _of_case,
    ),
    Queue(
        "rulings-to-confirm", CONFIRM, "Decisions that need a second person", _to_confirm,
        lambda at: Ruling.objects.filter(proposed_at__gte=at),
        lambda actor: Q(proposed_by=actor.actor) | _side(actor, "case__"), _case_of(Ruling), SECOND_WORDS,
    ),
    Queue(
        "appeals", appeals.DECIDE, "Appeals", _appeals, lambda at: Appeal.objects.filter(filed_at__gte=at),
        _had_a_word, _case_of(Appeal),
    ),
    Queue(
        "counter-notices", WORK, "Counter-notices", _counter_notices,
        lambda at: CounterNotice.objects.filter(filed_at__gte=at),
        lambda actor: _side(actor, "case__"), _case_of(CounterNotice),
    ),
)  # fmt: skip
for _queue in OF_CASES:
    queues.register(_queue)
