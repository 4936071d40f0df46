"""Decide a case: by policy and reason, after what the affected will read was shown, upon the version that was read.

A stale page answers 409 and shows what changed and what was typed. A decision and the end of the work on it are one
transaction (`assignments.submit`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST

from consent import clock
from consent.casework import assignments
from consent.models import Case, Notice, Ruling
from consent.portal.door import staff_page
from consent.takedown import decision_reasons, decision_words, policies, reading, rulings
from consent.takedown.cases import CaseStale
from consent.takedown.rulings import RulingRefused, Terms
from ledger.problem import Problem
from provenance.console import case as pages
from provenance.console import case_facts, desk, found_cases, work

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

FIELDS: Final = ("action", "why", "facts", "version", "scope", "stay_down", "ends_at", "notice")
WAYS: Final = {  # the order in which they are offered, and the key of each
    "refuse": "1", "label": "2", "remove": "3", "block_future": "4", "disable": "5", "demonetise": "6",
}  # fmt: skip
MOST_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class Told:
    """What somebody will read, in one language."""

    language: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would say: the letters, the public statement, and whether a second person is needed."""

    letters: list[Told]
    statement: dict[str, Any]
    needs_two: bool


@require_POST
@staff_page(may=rulings.PROPOSE)
def decide(request: HttpRequest, actor: Staff, number: str) -> HttpResponseBase:
    """Show what a decision would say (`step` preview), or take it, and the next case if asked (`step` next)."""
    row = found_cases.found(number, actor)
    typed = {name: request.POST.get(name, "") for name in FIELDS}
    try:
        held = reading.require_in_hands(row, actor=actor, may=rulings.PROPOSE)
        shown = previewed(row, typed)
        if request.POST.get("step") not in {"done", "next"}:
            return pages.page(request, row, actor, typed=typed, preview=shown, act="decide")
        made = assignments.submit(held, typed["action"], lambda: _decided(row, typed, actor), actor=actor)
    except Problem as problem:
        row.refresh_from_db()
        changed = _changed(row, request, actor) if isinstance(problem, CaseStale) else []
        return pages.page(request, row, actor, problem=problem, typed=typed, act="decide", changed=changed)
    messages.success(request, _said(made))
    following = None
    if request.POST.get("step") == "next":
        following = assignments.next_one(work.CASES, actor=actor)
    return desk.to_work(request, work.CASES, following)


def offered(row: Case, facts: case_facts.Facts, actor: Staff) -> dict[str, Any]:
    """Return what the form offers: the ways that policies carry, with their texts in the reader's language."""
    del actor
    open_ = row.state == Case.State.OPEN and not any(each.state == Ruling.State.PROPOSED for each in facts.rulings)
    return {
        "decidable": open_,
        "ways": [(code, way(code), key) for code, key in WAYS.items()],
        "policies": [policy_shown(policy) for policy in policies.POLICIES.values()],
        "waits_for": next((each for each in facts.rulings if each.state == Ruling.State.PROPOSED), None),
    }


def previewed(row: Case, typed: dict[str, str]) -> Preview:
    """Return exactly what would be told and published. Raises what `rulings.decide` raises about what was typed."""
    policy, reason = _why(typed)
    reach, facts = terms(row, typed), typed["facts"].strip()
    _, chosen = policies.checked(typed["action"], policy, reason)
    if not 1 <= len(facts) <= rulings.MAX_FACTS:
        remedy = f"Write up to {rulings.MAX_FACTS} characters; name nobody."
        raise RulingRefused("Say on what it rests.", pointer="/facts", remedy=remedy)
    draft = Ruling(case=row, action=typed["action"], policy=policy, reason=reason, version=row.version)
    draft.scope, draft.stay_down, draft.ends_at = reach.scope, reach.stay_down, reach.ends_at
    draft.notice = reach.notice
    statement = decision_reasons.statement(draft, facts)
    told = []
    for language in ("en", "es"):
        words = decision_words.text(draft, chosen, facts, language)
        told.append(Told(language, decision_words.subject(draft.action, language), words))
    standing = row.video is not None and bool(case_facts.in_force(case_facts.blocks_of(row)))
    return Preview(told, dict(statement or {}), draft.action not in rulings.ALONE or standing)


def _decided(row: Case, typed: dict[str, str], actor: Staff) -> Ruling:
    policy, reason = _why(typed)
    return rulings.decide(
        row,
        typed["action"],
        policy=policy,
        reason=reason,
        facts=typed["facts"].strip(),
        version=version_of(typed["version"]),
        actor=actor,
        terms=terms(row, typed),
    )


def terms(row: Case, typed: dict[str, str]) -> Terms:
    """Return how far a decision goes, as it was typed. Raises `RulingRefused`."""
    reach = replace(rulings.WHOLE, scope=typed["scope"] or "video", stay_down=typed["stay_down"] == "on")
    if typed["ends_at"]:
        reach = replace(reach, ends_at=_time(typed["ends_at"]))
    if typed["notice"]:
        number = typed["notice"].replace("\0", "")[:16]
        abusive = Notice.objects.filter(case=row, number=number).first()
        if abusive is None:
            raise RulingRefused("There is no such notice.", pointer="/notice", remedy="Choose one of this case.")
        reach = replace(reach, notice=abusive)
    return reach


def _time(written: str) -> Any:  # noqa: ANN401 - a datetime, or a refusal
    """Read what a browser's field for a time sends; it has no zone and is taken as UTC, as the page says."""
    try:
        at = parse_datetime(written[:40])
    except ValueError:
        at = None
    if at is None:
        raise RulingRefused("This is no time.", pointer="/ends_at", remedy="Write it as 2026-12-31T12:00, in UTC.")
    return at.replace(tzinfo=clock.now().tzinfo) if at.tzinfo is None else at


def _why(typed: dict[str, str]) -> tuple[str, str]:
    policy, _, reason = typed["why"].partition(":")
    return policy, reason


def version_of(written: str) -> int:
    """Return the version that was read; 0, which no case has, for what is no number."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= MOST_DIGITS else 0


def _changed(row: Case, request: HttpRequest, actor: Staff) -> list[case_facts.Event]:
    """Return what was entered since the page was made that somebody decided by."""
    try:
        since = parse_datetime(request.POST.get("seen", "")[:40])
    except ValueError:
        since = None
    history = case_facts.of(row, actor=actor).history
    return [each for each in history if since is not None and since.tzinfo is not None and each.at > since]


def _said(made: Ruling) -> str:
    if made.state == Ruling.State.PROPOSED:
        return gettext("It is proposed. A colleague has to confirm it; then those concerned are told.")
    return gettext("It is decided. Those concerned are told.")


def way(code: str) -> str:
    """Return a way of deciding in words."""
    return {
        "refuse": gettext("Leave it"),
        "label": gettext("Label it"),
        "remove": gettext("Take it down"),
        "block_future": gettext("Take it down, and copies too"),
        "disable": gettext("Hide it for a time"),
        "demonetise": gettext("Withhold its earnings"),
        "restore": gettext("Let it be shown again"),
    }[code]


def policy_shown(policy: policies.Policy) -> dict[str, Any]:
    """Return a policy as it stands beside a form, in the reader's language."""
    spanish = (get_language() or "").startswith("es")
    reasons = [(f"{policy.code}:{each.code}", each.spanish if spanish else each.english) for each in policy.reasons]
    text = policy.spanish if spanish else policy.english
    ways = ", ".join(way(each) for each in WAYS if each in policy.actions)
    shown = {"code": policy.code, "text": text, "law": policy.law, "at": policy.version}
    return shown | {"reasons": reasons, "ways": ways}
