"""The statement of reasons of a ruling: Regulation (EU) 2022/2065, Article 17, in the shape of the DSA database.

Built before the ruling is written, so that a decision that cannot be explained, or whose facts name somebody, is not
made. Territories outside the European Economic Area have no place in that shape; the letters say them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from consent import clock, reasons_given, reasons_statement
from consent.models import Permit, ReasonsStated, Ruling
from consent.takedown import concerned, policies

if TYPE_CHECKING:
    from consent.reasons_statement import Statement
    from consent.staff import Staff

VISIBILITY: Final = {
    "remove": "DECISION_VISIBILITY_CONTENT_REMOVED",
    "block_future": "DECISION_VISIBILITY_CONTENT_REMOVED",
    "disable": "DECISION_VISIBILITY_CONTENT_DISABLED",
    "label": "DECISION_VISIBILITY_CONTENT_LABELLED",
}


def statement(ruling: Ruling, facts: str) -> Statement | None:
    """Return the statement of a ruling that restricts something; `None`: it restricts nothing.

    Raises `StatementPersonal` for facts that name somebody, also where there is no statement: they go to both sides.
    """
    parties = concerned.names(ruling.case)
    reasons_statement.require_impersonal({"decision_facts": facts}, parties)
    if ruling.action not in policies.RESTRICTING:
        return None
    return reasons_statement.build(said(ruling, facts) | {"puid": f"ruling-{ruling.pk}"}, parties=parties)


def give(ruling: Ruling, facts: str, *, actor: Staff) -> None:
    """Put the statement of a ruling on record that is in force since now, in the caller's transaction.

    What reverses a ruling supersedes its statement: by another restriction, or by saying that it is over.
    """
    parties, restricts = concerned.names(ruling.case), ruling.action in policies.RESTRICTING
    before = None if ruling.reverses is None else ReasonsStated.objects.filter(ruling=ruling.reverses).first()
    stated = said(ruling, facts) if restricts else None
    if before is not None:
        reasons_given.reverse(before, facts=facts, said=stated, ruling=ruling, parties=parties, actor=actor.actor)
    elif stated is not None:
        reasons_given.issue(stated, case=ruling.case, ruling=ruling, parties=parties, actor=actor.actor)


def said(ruling: Ruling, facts: str) -> dict[str, Any]:
    """Return what a ruling says in the fields of the schema, without a puid."""
    policy, reason = policies.checked(ruling.action, ruling.policy, ruling.reason)
    kind = "illegal_content" if policy.ground == policies.ILLEGAL else "incompatible_content"
    found: dict[str, Any] = {
        "decision_ground": policy.ground,
        f"{kind}_ground": policy.law or f"Policy {policy.code}, version {policy.version}",
        f"{kind}_explanation": f"{policy.english} {reason.english}",
        "content_type": ["CONTENT_TYPE_SYNTHETIC_MEDIA", "CONTENT_TYPE_VIDEO"],
        "category": policy.category,
        "territorial_scope": sorted(reasons_statement.TERRITORIES),
        "content_date": _day(ruling),
        "application_date": clock.now().date().isoformat(),
        "decision_facts": facts,
        "source_type": "SOURCE_ARTICLE_16" if ruling.case.notices.exists() else "SOURCE_TYPE_OTHER_NOTIFICATION",
        "automated_detection": "No",
        "automated_decision": "AUTOMATED_DECISION_NOT_AUTOMATED",
    }
    if policy.keyword:
        found["category_specification"] = [policy.keyword]
    return found | _restriction(ruling)


def _restriction(ruling: Ruling) -> dict[str, Any]:
    end = None if ruling.ends_at is None else ruling.ends_at.date().isoformat()
    if ruling.action == Ruling.Action.DEMONETISE:
        ended = {} if end is None else {"end_date_monetary_restriction": end}
        return {"decision_monetary": "DECISION_MONETARY_SUSPENSION", **ended}
    ended = {} if end is None else {"end_date_visibility_restriction": end}
    return {"decision_visibility": [VISIBILITY[ruling.action]], **ended}


def _day(ruling: Ruling) -> str:
    """Return when the video was allowed to be made, as near as is known here; else when the case was opened."""
    permit = Permit.objects.filter(video=ruling.case.video).order_by("minted_at").first() if ruling.case.video else None
    return (ruling.case.opened_at if permit is None else permit.minted_at).date().isoformat()
