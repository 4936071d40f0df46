"""Ask the policy with the facts of now, under lock where it counts, and keep the answer.

An allowance is no row of its own: it exists as the permit that it is minted into
(`consent.permits`), in the transaction that still holds the locks. A denial is
kept at once, for the holders whose likeness was asked for.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import connection, transaction

from consent import clock, facts, policy
from consent.countries import CODES
from consent.models import Decision, DecisionLikeness, GrantUsage, Likeness
from consent.models.reach import ANYBODY
from consent.policy import Allow, Deny, Objection, Obligation, Reason, Use
from consent.speech import MAX_TEXT
from consent.use_document import read_use, use_document
from consent.vocabulary import MAX_CAMPAIGN, MODALITIES, PURPOSES, SCENES
from ledger import freshness
from ledger.problem import Problem
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from consent.models import Party

MAX_CAST: Final = 16  # likenesses in one use; a permit names them all
MAX_SECONDS: Final = 3600


class UseInvalid(Problem):
    """The use cannot be asked about."""

    code: ClassVar[str] = "use-invalid"
    title: ClassVar[str] = "The use cannot be decided"


class Denied(Problem):
    """The use is not covered. `reasons` holds what the asker may see of why."""

    code: ClassVar[str] = "denied"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Consent does not cover this use"

    def __init__(self, decision: Decision, reasons: list[dict[str, Any]]) -> None:
        """Name the decision, so that holder and client can speak of the same one."""
        remedy = "Ask the holder for a grant that covers this use, or leave the likeness out."
        super().__init__(
            "Not every likeness is covered for this use.", remedy=remedy, decision=str(decision.pk), reasons=reasons
        )
        self.decision = decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered to one use before anything is paid for. `denial`: the row that is kept; None: allowed."""

    outcome: Allow | Deny
    decided_at: datetime
    denial: Decision | None = None


def preflight(use: Use, *, actor: Party) -> Decision:
    """Answer before anything is paid for. Takes no lock and so promises nothing; never a permit.

    A denial is recorded; an allowance is returned unsaved.
    """
    (answer,) = ask([use], client=actor.pk)
    return answer.denial or _decision(use, answer.outcome, answer.decided_at)


def ask(uses: Sequence[Use], *, client: uuid.UUID) -> list[Answer]:
    """Answer several uses by what is known at one moment, each as if it were asked alone; what is denied is recorded.

    Raises `UseInvalid` for the first that cannot be asked about.
    """
    for use in uses:
        check(use, client)
    freshness.require()
    ids = sorted({one for use in uses for one in _uuids(use.cast)})
    known = facts.narrow(ids, client)
    outcomes = [policy.decide(use, facts.about(use.cast, known.facts), known.at) for use in uses]
    if all(outcomes):
        return [Answer(outcome, known.at) for outcome in outcomes]
    return _explained(uses, outcomes, known.at, client)


def _explained(uses: Sequence[Use], outcomes: Sequence[Allow | Deny], at: datetime, client: uuid.UUID) -> list[Answer]:
    """Judge what is denied again by every grant of its cast, which explains it, and record it."""
    denied = [use for use, outcome in zip(uses, outcomes, strict=True) if not outcome]
    answers = []
    with transaction.atomic():
        whole = facts.whole(sorted({one for use in denied for one in _uuids(use.cast)}), client)
        for use, first in zip(uses, outcomes, strict=True):
            outcome = first or policy.decide(use, facts.about(use.cast, whole.facts), whole.at)
            answers.append(Answer(outcome, at if first else whole.at, _kept(use, outcome, whole.at)))
    return answers


def _kept(use: Use, outcome: Allow | Deny, at: datetime) -> Decision | None:
    if outcome:
        return None
    decision = _decision(use, outcome, at)
    record(decision)
    return decision


def _decision(use: Use, outcome: Allow | Deny, at: datetime) -> Decision:
    return Decision(
        id=uuid.uuid4(),
        client_id=uuid.UUID(use.client),
        use=use_document(use),
        outcome=Decision.Outcome.ALLOW if outcome else Decision.Outcome.DENY,
        reasons=reasons_of(outcome),
        obligations=obligations_of(outcome),
        decided_at=at,
    )


def decide_locked(use: Use, *, actor: Party) -> tuple[Decision, Allow | Deny]:
    """Decide inside the caller's transaction, holding the likeness rows FOR SHARE until it ends.

    A withdrawal takes those rows FOR UPDATE. So it has committed, and is seen here, or it
    waits until the caller has committed, and finds and ends what rests on this answer.
    Raises `TransactionManagementError` outside a transaction.
    A denial is recorded; an allowance is returned unsaved, for `permits.mint`.
    """
    check(use, actor.pk)
    freshness.require()
    ids = _uuids(use.cast)
    lock_likenesses(ids)
    if not use.counted:  # nothing is counted twice, and who holds a permit's row must not wait for a counter
        _lock_counts(ids, actor)
    # From here on a new statement has a new snapshot, in which every withdrawal that we waited for is visible.
    outcome = policy.decide(use, facts.narrow(ids, actor.pk).facts, clock.now())
    outcome = outcome or policy.decide(use, facts.whole(ids, actor.pk).facts, clock.now())
    decision = _decision(use, outcome, clock.now())
    decision.client = actor
    if not outcome:
        record(decision)
    return decision, outcome


def lock_likenesses(ids: Iterable[uuid.UUID]) -> None:
    """Hold the rows FOR SHARE until the transaction ends, taken in the order of their ids so that nobody deadlocks."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("a lock lasts only inside a transaction")
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM consent_likeness WHERE id = ANY(%s) ORDER BY id FOR SHARE", [sorted(set(ids))])


def record(decision: Decision) -> None:
    """Save a decision and its place in the list of every holder concerned."""
    decision.save(force_insert=True)
    ids = Likeness.objects.filter(pk__in=_uuids(decision.use["cast"])).values_list("pk", flat=True)
    DecisionLikeness.objects.bulk_create(
        DecisionLikeness(decision=decision, likeness_id=pk, decided_at=decision.decided_at) for pk in ids
    )


def use_of(decision: Decision, *, counted: bool = False) -> Use:
    """Return the use that was decided. `counted`: a permit has counted it. Raises `Erased` if who asked was erased."""
    if decision.erased_at is not None:
        raise Erased("Who asked for this was erased", remedy="Nothing: erasure is final")
    return read_use(decision.use, counted=counted)


def _lock_counts(ids: list[uuid.UUID], actor: Party) -> None:
    """Hold the counters of limited grants until the transaction ends: who counts next sees what we counted.

    The counter of all parties together stands for those of each; the rows are taken in the order of their grants.
    """
    limited = GrantUsage.objects.filter(
        party=ANYBODY, grant__reach__likeness__in=ids, grant__reach__subject__in=[actor.pk, ANYBODY]
    )
    list(limited.order_by("grant").select_for_update(of=("self",)).values_list("pk"))


def check(use: Use, client: uuid.UUID) -> None:
    """Raise `UseInvalid` unless the use can be asked about by this party. Says nothing about what exists."""
    if use.client != str(client):
        raise UseInvalid("A party asks for itself only.", pointer="/client", remedy="Leave the client out.")
    if len(use.cast) > MAX_CAST:
        raise UseInvalid("The cast is too large.", pointer="/cast", remedy=f"Name at most {MAX_CAST} likenesses.")
    if len(_uuids(use.cast)) != len(use.cast):
        raise UseInvalid("The cast names something that is no id.", pointer="/cast", remedy="Use ids of likenesses.")
    if not 0 < use.seconds <= MAX_SECONDS:
        remedy = f"Ask for 1 to {MAX_SECONDS} seconds."
        raise UseInvalid("No video has this length.", pointer="/seconds", remedy=remedy)
    _check_word(use.purpose, PURPOSES, "/purpose")
    _check_words(use.scenes, SCENES, "/scenes")
    _check_words(use.territories, CODES, "/territories")
    for likeness, shown in use.modalities:
        if likeness not in use.cast:
            detail = "This likeness is not in the cast."
            raise UseInvalid(detail, pointer=f"/modalities/{likeness}", remedy="Name it in the cast too.")
        _check_words(shown, MODALITIES, f"/modalities/{likeness}")
    if use.campaign is not None and not 0 < len(use.campaign) <= MAX_CAMPAIGN:
        raise UseInvalid("No campaign has such a name.", pointer="/campaign", remedy="Use 1 to 64 characters.")
    if use.words is not None and not 0 < len(use.words.text) <= MAX_TEXT:
        remedy = f"Use 1 to {MAX_TEXT} characters, or null for no speech."
        raise UseInvalid("The text to be spoken cannot be used.", pointer="/speech/text", remedy=remedy)


def _check_words(words: frozenset[str] | None, known: Collection[str], pointer: str) -> None:
    """Raise unless there is at least one, and each is known; None means that nothing is limited."""
    if words is not None and not words:
        raise UseInvalid("The list is empty.", pointer=pointer, remedy="Name at least one, or leave it out.")
    for word in sorted(words or ()):
        _check_word(word, known, pointer)


def _check_word(word: str, known: Collection[str], pointer: str) -> None:
    if word not in known:
        raise UseInvalid("This is not known.", pointer=pointer, remedy=f"Use one of: {', '.join(sorted(known))}.")


def _uuids(cast: Iterable[str]) -> list[uuid.UUID]:
    """Return the ids that can be rows at all, sorted."""
    found = []
    for likeness in cast:
        try:
            parsed = uuid.UUID(likeness)
        except ValueError:
            continue
        if str(parsed) == likeness:
            found.append(parsed)
    return sorted(found)


def reasons_of(outcome: Allow | Deny) -> list[dict[str, str | None]]:
    """Return every reason, as it is kept. Who may hear which, `consent.disclosure` says."""
    return [] if isinstance(outcome, Allow) else [_reason(objection) for objection in outcome.reasons]


def _reason(objection: Objection) -> dict[str, str | None]:
    return {
        "likeness": objection.likeness,
        "reason": str(Reason(objection.reason)),
        "clause": objection.clause,
        "grant": objection.grant,
    }


def obligations_of(outcome: Allow | Deny) -> list[dict[str, str | None]]:
    """Return what an allowed use owes, as it is told and kept."""
    return [_obligation(owed) for owed in outcome.obligations] if isinstance(outcome, Allow) else []


def _obligation(owed: Obligation) -> dict[str, str | None]:
    return {"likeness": owed.likeness, "duty": str(owed.duty), "clause": owed.clause, "grant": owed.grant}
