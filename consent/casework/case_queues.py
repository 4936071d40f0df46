"""The queues of what comes after a ruling: appeals and counter-notices. Those of cases stand where videos are known.

Nobody is handed what belongs to a case in which they are a side, nor an appeal against what they decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from consent.casework import queues
from consent.casework.queues import Queue, shaped
from consent.models import Appeal, Case, CounterNotice, Notice, Ruling
from consent.takedown import appeals

if TYPE_CHECKING:
    from typing import Any
    from uuid import UUID

    from consent.staff import Staff

WORK: Final = "consent.work_case"


def _side(actor: Staff) -> Q:
    """Tell in whose case somebody is a side: by a notice, a counter-notice, or a likeness of theirs."""
    notified = Exists(Notice.objects.filter(case=OuterRef("case_id"), party__user_id=actor.user))
    countered = Exists(CounterNotice.objects.filter(case=OuterRef("case_id"), party__user_id=actor.user))
    return Q(notified) | Q(countered) | Q(case__likeness__holder__user_id=actor.user)


def _appeals() -> QuerySet[Any]:
    """Appeals that nobody answered; where another ruling is proposed, that waits for its second person instead."""
    proposed = Ruling.objects.filter(case=OuterRef("case_id"), state=Ruling.State.PROPOSED)
    rows = Appeal.objects.filter(~Exists(proposed), state=Appeal.State.PENDING)
    return shaped(rows, since="filed_at", due="due_at", risk=F("case__risk"), lane=F("case__lane"))


def _had_a_word(actor: Staff) -> Q:
    """Whoever had a word in the rulings of the case, before the appeal or since, does not decide it."""
    spoke = Ruling.objects.filter(Q(proposed_by=actor.actor) | Q(confirmed_by=actor.actor), case=OuterRef("case_id"))
    return Q(decided_before__contains=[actor.actor]) | Q(Exists(spoke)) | _side(actor)


def _counter_notices() -> QuerySet[Any]:
    """Those after which a video is due back, unless a suit is shown first; none that was answered or is about to be."""
    proposed = Ruling.objects.filter(case=OuterRef("case_id"), state=Ruling.State.PROPOSED)
    rows = CounterNotice.objects.filter(~Exists(proposed), withdrawn_at=None, suit_at=None, outcome="")
    rows = rows.filter(restore_at__isnull=False)
    rows = rows.exclude(case__state=Case.State.CLOSED)
    return shaped(rows, since="filed_at", due="restore_at", risk=F("case__risk"), lane=F("ground"))


def _case_of(model: Any) -> Any:  # noqa: ANN401 - any row that belongs to a case
    def subject(item: UUID) -> str:
        found = model.objects.filter(pk=item).values_list("case_id", flat=True).first()
        return queues.CASEWORK if found is None else f"case:{found}"

    return subject


OF_CASES: Final = (
    Queue(
        "appeals", appeals.DECIDE, "Appeals", _appeals, lambda at: Appeal.objects.filter(filed_at__gte=at),
        _had_a_word, _case_of(Appeal),
    ),
    Queue(
        "counter-notices", WORK, "Counter-notices", _counter_notices,
        lambda at: CounterNotice.objects.filter(filed_at__gte=at),
        _side, _case_of(CounterNotice),
    ),
)  # fmt: skip
for _queue in OF_CASES:
    queues.register(_queue)
