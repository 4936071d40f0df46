"""Give a statement of reasons, keep it, and supersede it: Regulation (EU) 2022/2065, Article 17.

A statement is given in the transaction of the decision that it explains, so that there is no restriction without one.
It names nobody (Article 24(5)), which is checked before anything is written. Every reversal is a new statement; the
one before stays as it was. `consent.reasons_text` says it in words.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction

from consent import clock, reasons_statement, reasons_text
from consent.models import ReasonsStated
from consent.reasons_statement import Statement, StatementInvalid
from ledger import log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from consent.models import Case, Ruling

KIND: Final = "reasons.stated"
LIMIT: Final = 128 * 1024  # bytes of a sealed statement
BY_PEOPLE: Final = "AUTOMATED_DECISION_NOT_AUTOMATED"


class ReasonsSuperseded(Problem):
    """Another statement took its place already, with other words."""

    code: ClassVar[str] = "reasons-superseded"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Another statement took its place"


def issue(
    said: Mapping[str, object],
    *,
    case: Case,
    ruling: Ruling | None = None,
    parties: Iterable[str] = (),
    actor: str,
) -> ReasonsStated:
    """Give a statement of reasons and return its row; once for each ruling, however often it is asked.

    `said`: the fields of `consent.reasons_statement.FIELDS`, without `puid`, which is drawn here. `parties`: names of
    those concerned, which it may not hold. `ruling` None: nobody ruled. Raises `StatementInvalid`, `StatementPersonal`.
    """
    with transaction.atomic():
        twin = None if ruling is None else ReasonsStated.objects.filter(ruling=ruling).first()
        if twin is not None:
            return twin
        row = _blank(case, ruling, actor)
        return _stated(row, _built(said, row, parties))


def reverse(
    row: ReasonsStated,
    *,
    facts: str = "",
    said: Mapping[str, object] | None = None,
    ruling: Ruling | None = None,
    parties: Iterable[str] = (),
    actor: str,
    automated: str = BY_PEOPLE,
) -> ReasonsStated:
    """Supersede a statement by a new one. With `said`: another restriction; without: it is over, because of `facts`.

    Once for each ruling. Raises `StatementInvalid`, `StatementPersonal`, and `ReasonsSuperseded` where another
    statement took its place.
    """
    with transaction.atomic():
        held = ReasonsStated.objects.select_for_update(of=("self",)).select_related("case").get(pk=row.pk)
        twin = ReasonsStated.objects.filter(supersedes=held).first()
        if twin is not None and ruling is not None and twin.ruling_id == ruling.pk:
            return twin
        if twin is not None:
            raise ReasonsSuperseded("A later statement stands.", remedy="Reverse the newest one.")
        made = _blank(held.case, ruling, actor)
        made.supersedes = held
        if said is not None:
            return _stated(made, _built(said, made, parties))
        made.restores = True
        return _stated(made, _over(held, facts, automated, made, parties))


def statement_of(row: ReasonsStated) -> Statement:
    """Return what was stated. For a row that restores: `restored` (the puid), day, facts and how. Raises `Erased`."""
    found: dict[str, Any] = parse(vault.unseal(row.statement), limit=LIMIT)
    return found


def newest(case: Case) -> ReasonsStated | None:
    """Return the last statement about a case; `None`: there is none."""
    return case.reasons.order_by("-stated_at", "-id").first()


def rendered(row: ReasonsStated, language: str) -> str:
    """Return the words that the affected person gets, in "en" or "es". Raises `Erased`."""
    statement = statement_of(row)
    return reasons_text.over(statement, language) if row.restores else reasons_text.rendered(statement, language)


def _blank(case: Case, ruling: Ruling | None, actor: str) -> ReasonsStated:
    if ruling is not None and ruling.case_id != case.pk:
        raise StatementInvalid("The ruling is of another case.", pointer="/ruling", remedy="Give the case's own.")
    return ReasonsStated(case=case, ruling=ruling, stated_by=actor, puid=f"reasons-{uuid.uuid4()}")


def _built(said: Mapping[str, object], row: ReasonsStated, parties: Iterable[str]) -> Statement:
    if "puid" in said:
        raise StatementInvalid("The puid is drawn here.", pointer="/puid", remedy="Leave it out.")
    return reasons_statement.build({**said, "puid": row.puid}, parties=parties)


def _over(held: ReasonsStated, facts: str, automated: str, row: ReasonsStated, parties: Iterable[str]) -> Statement:
    """Return what is said when a restriction is over: no restriction, so it is none of the schema's statements."""
    if not 1 <= len(facts.strip()) <= reasons_statement.FIELDS["decision_facts"].most:
        remedy = "Say why the restriction is over."
        raise StatementInvalid("A reversal has its facts too.", pointer="/decision_facts", remedy=remedy)
    if automated not in reasons_statement.AUTOMATED:
        raise StatementInvalid("This is not on the list of the schema.", pointer="/automated_decision")
    made: Statement = {
        "restored": held.puid,
        "application_date": clock.now().date().isoformat(),
        "decision_facts": facts.strip(),
        "automated_decision": automated,
        "puid": row.puid,
    }
    reasons_statement.require_impersonal(made, parties)
    return made


def _stated(row: ReasonsStated, statement: Statement) -> ReasonsStated:
    row.ground = str(statement.get("decision_ground", ""))
    row.category = str(statement.get("category", ""))
    row.source = str(statement.get("source_type", ""))
    row.automated_detection = statement.get("automated_detection") == "Yes"
    row.automated_decision = str(statement["automated_decision"])
    subject, before = row.case.subject, row.supersedes_id
    payload = {"puid": row.puid, "case": str(row.case_id), "supersedes": None if before is None else str(before)}
    row.entry = log.append(KIND, payload, actor=row.stated_by, subject=subject)
    row.statement = vault.seal(subject, canonical(dict(statement)), context=f"reasons:{row.pk}")
    row.save(force_insert=True)
    return row
