"""What is done beside deciding a case: ask those who filed for more, put two cases together, send one to another lane.

Who has the case in hand does it, upon the version that was read. A question may begin as a template of the replies;
one in which a place is not filled is not sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import gettext, ngettext

from consent.casework import replies
from consent.models import Case, ReplyTemplate
from consent.takedown import cases, decision_words, lanes, reading, triage
from consent.takedown.notice_document import UNWRITABLE
from consent.takedown.rulings import RulingRefused
from consent.transparency import pictures
from provenance.console import found_cases
from provenance.console.decide import Told, version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from consent.models import Notice
    from consent.staff import Staff

TEMPLATES: Final = 50  # names of templates in the list
NO_LANE: Final = "order-time"  # an order itself sets it


def ask(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - a QueryDict, as of the next
    """Ask everybody whose notice stands for one thing more. Raises `PlaceUnfilled`, and as `triage.ask`."""
    reading.require_in_hands(row, actor=actor)
    question = said.get("question", "")
    replies.require_filled(question)
    asked = triage.ask(row, question, version=version_of(said.get("version", "")), actor=actor)
    if asked.paused_at is not None:
        return gettext("They are asked. Our clock waits for them.")
    return gettext("They are asked. The clock runs on.")


def merge(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    """Move the notices of this case to another one. Raises as `triage.merge`."""
    reading.require_in_hands(row, actor=actor)
    number = said.get("into", "").strip().upper().replace("\0", "")[:16]
    kept = triage.merge(row, found_cases.found(number, actor), version=version_of(said.get("version", "")), actor=actor)
    return gettext("Its notices are in %(case)s now. This case is closed.") % {"case": kept.number}


def redirect(row: Case, said: Any, actor: Staff) -> str:  # noqa: ANN401 - as above
    """Send this case to another lane. Raises as `triage.redirect`."""
    reading.require_in_hands(row, actor=actor)
    triage.redirect(row, said.get("lane", ""), version=version_of(said.get("version", "")), actor=actor)
    return gettext("It runs by another clock now, never later than a law sets.")


def begun(row: Case, name: str) -> str:
    """Return a template's text as the beginning of a question, in the languages of those who are asked.

    What we know of the case is filled in; the other places stay as they are, and have to be filled by who asks.
    """
    template = replies.in_use(name.replace("\0", "")[:40])
    values = {"case": row.number, "number": row.number}
    texts = [replies.preview(template, values, language=language).text for language in _languages(row)]
    return "\n\n".join(texts)


def previewed(row: Case, question: str) -> list[Told]:
    """Return what those who are asked would read, by the words of the letter. Raises as `ask` does about the text."""
    replies.require_filled(question)
    said = UNWRITABLE.sub("\ufffd", question).strip()
    if not 1 <= len(said) <= triage.MAX_QUESTION:
        raise RulingRefused("Ask something.", pointer="/question", remedy="Write a sentence or two.")
    ours = row.lane in lanes.LANES and lanes.LANES[row.lane].pausable and cases.limit_of(row) is None
    waits = row.paused_at is not None or (ours and row.due_at is not None)
    told = []
    for language in _languages(row):
        title, body = decision_words.ASKED[language]
        told.append(Told(language, title, body.format(what=said, clock=decision_words.CLOCK[language][waits])))
    return told


def offered(row: Case, similar: Iterable[Case]) -> dict[str, Any]:
    """Return what the forms offer: templates, the lanes but this one, and the open cases it could go into."""
    names = ReplyTemplate.objects.filter(retired_at=None).order_by("name").values_list("name", flat=True).distinct()
    return {
        "templates": list(names[:TEMPLATES]),
        "other_lanes": [each for code, each in lanes.LANES.items() if code not in {row.lane, NO_LANE}],
        "mergeable": [each for each in similar if each.state == Case.State.OPEN and each.kind == row.kind],
    }


def grouped(notices: Iterable[Notice]) -> list[dict[str, Any]]:
    """Return notices that say the same to us together: by their rules, whether they are valid, and taken back."""
    found: dict[tuple[str, ...], list[Notice]] = {}
    for each in notices:
        state = "withdrawn" if each.withdrawn_at else "incomplete" if each.valid_at is None else "valid"
        found.setdefault((state, *each.regimes), []).append(each)
    order = {"valid": 0, "incomplete": 1, "withdrawn": 2}
    return [
        {"title": _group(key), "rows": rows, "count": ngettext("%d notice", "%d notices", len(rows)) % len(rows)}
        for key, rows in sorted(found.items(), key=lambda pair: (order[pair[0][0]], -len(pair[1]), pair[0]))
    ]


def _group(key: tuple[str, ...]) -> str:
    state, *regimes = key
    if state == "withdrawn":
        return gettext("Taken back")
    if state == "incomplete":
        return gettext("Not complete yet")
    return ", ".join(pictures.word(each) for each in regimes) or gettext("Our own rules")


def _languages(row: Case) -> list[str]:
    standing = row.notices.filter(withdrawn_at=None, erased_at=None).order_by("language")
    return list(standing.values_list("language", flat=True).distinct()) or ["en"]


BESIDE: Final[dict[str, Callable[[Case, Any, Staff], str]]] = {"ask": ask, "merge": merge, "redirect": redirect}
