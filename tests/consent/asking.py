"""An app that asks Ada for a permission."""

from __future__ import annotations

from typing import Any

from consent import ask_delivery, ask_letter, asks, grants
from consent.models import Ask, Likeness
from tests.consent import people
from tests.consent.people import Person

REASON = "We would like to greet our listeners with you on their birthday."
WINDOW = people.terms()["window"]  # one for all: the same terms are the same request
BACK = "https://app.example.com/thanks?order=7"


def ask(app: Person, named: object, *, heard: bool = True, **changes: Any) -> Ask:  # noqa: ANN401 - members of terms
    """Ask; unless `heard` is false the request is delivered too."""
    terms = people.full_terms(app.party, **({"window": WINDOW} | changes))
    made = asks.ask(str(named), terms, reason=REASON, return_url=BACK, actor=app.party)
    if heard:
        ask_delivery.deliver_due()
        made.refresh_from_db()
    return made


def drafted(holder: Person, likeness: Likeness, terms: dict[str, Any]) -> dict[str, Any]:
    return grants.draft(likeness, terms, key=holder.key, actor=holder.party)


def asked_terms(row: Ask) -> dict[str, Any]:
    found: dict[str, Any] = ask_letter.written(asks.letter_of(row))["terms"]
    return found


def sign(holder: Person, likeness: Likeness, row: Ask, **changes: Any) -> Ask:  # noqa: ANN401 - members of terms
    """Sign what was asked for, changed."""
    document = drafted(holder, likeness, asked_terms(row) | changes)
    return asks.sign(row, document, holder.sign(document), actor=holder.party)
