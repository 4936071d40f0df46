"""What a request for a grant says: whom it names, which terms it proposes, why, and where the person goes back to.

Pure. All of it is a stranger's: it is read strictly, kept sealed, and shown as their words, never as ours.

Only whoever asks is in the proposed audience, and no other party or likeness stands in the terms. A request is a door
to one person; terms that open the likeness to everybody, pay somebody else or speak of third people are written by the
person alone, in the portal.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from consent import fields, statements
from consent.terms import VERSION, Named, likenesses_mentioned, parties_mentioned
from consent.webhooks import targets
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from consent.terms import Terms

MAX_REASON: Final = 600  # characters
_HANDLE: Final = re.compile(r"@[a-z0-9][a-z0-9-]{1,38}")


class AskInvalid(Problem):
    """The request proposes what cannot be asked for, or cannot be read."""

    code: ClassVar[str] = "ask-invalid"
    title: ClassVar[str] = "This cannot be asked for"


@dataclass(frozen=True, slots=True)
class Letter:
    """`named` is the id of a likeness, or `@` and a handle. `return_url` "": there is nowhere to go back to."""

    named: str
    terms: Terms
    reason: str
    return_url: str = ""

    @property
    def host(self) -> str:
        """Return the host that the address leads to, which is what a person can judge of it; "" if there is none."""
        return targets.read(self.return_url).authority if self.return_url else ""


def read(
    named: object, terms: Mapping[str, Any], reason: object, return_url: object, *, asker: str, until: datetime
) -> Letter:
    """Read what somebody sends; `until`: when the request is over. Raises `AskInvalid` and `StatementInvalid`."""
    found = Letter(_named(named), statements.parse_terms(dict(terms)), _reason(reason), _address(return_url))
    _check(found.terms, asker, until)
    return found


def written(letter: Letter) -> dict[str, Any]:
    """Return the letter as it is sealed."""
    return {
        "named": letter.named,
        "terms": statements.terms_document(letter.terms),
        "reason": letter.reason,
        "return_url": letter.return_url,
    }


def stored(document: Mapping[str, Any]) -> Letter:
    """Return what `written` wrote."""
    terms = statements.parse_terms(document["terms"])
    return Letter(document["named"], terms, document["reason"], document["return_url"])


def _named(value: object) -> str:
    if isinstance(value, str) and _HANDLE.fullmatch(value):
        return value
    return fields.uuid(value, "/likeness")


def _reason(value: object) -> str:
    return fields.text(value, "/reason", MAX_REASON)


def _address(value: object) -> str:
    if value in {None, ""}:
        return ""
    try:
        targets.read(str(value))
    except targets.WebhookTargetRefused as problem:
        raise AskInvalid(problem.detail, pointer="/return_url", remedy=problem.remedy) from problem
    return str(value)


def _check(terms: Terms, asker: str, until: datetime) -> None:
    if terms.version != VERSION:
        _refuse("/terms/v", "Only terms of the newest version can be asked for.", f"Send terms of version {VERSION}.")
    if not isinstance(terms.audience, Named) or [one.party for one in terms.audience.parties] != [asker]:
        _refuse("/terms/audience", "One asks for oneself alone.", 'Use the kind "named" with your own party id.')
    if others := [at for party, at in parties_mentioned(terms).items() if at.startswith("/terms/rate")]:
        _refuse(others[0], "To whom the pay goes is for the person to say.", "Send an empty split.")
    if mentioned := likenesses_mentioned(terms):
        remedy = 'Send "company": {"never": [], "only": null}.'
        _refuse(min(mentioned.values()), "A request speaks of one likeness alone.", remedy)
    if terms.window.not_after <= until:
        remedy = "Ask for a later end, or for a shorter time to answer."
        _refuse("/terms/window/not_after", "It would be over before the request is.", remedy)


def _refuse(pointer: str, detail: str, remedy: str) -> None:
    raise AskInvalid(detail, pointer=pointer, remedy=remedy)
