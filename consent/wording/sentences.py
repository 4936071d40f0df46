"""What a language has to say so that terms can be read in it: one field for each sentence of template `grant/2`.

Pure. A language that lacks one cannot be made: the class has no defaults.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Counted = tuple[str, str]  # for one, and for any other number


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentences:
    """The sentences of one language. `*_head` are headings; texts in braces are filled in by `grant_2`."""

    opening: str
    closed: str
    who: str
    only_me: str
    named: str
    mutuals: str
    everyone: str
    excepting: str
    party: str
    until: str
    at_most_uses: Counted
    at_most_seconds: Counted
    what: str
    modalities: Mapping[str, str]
    purposes_head: str
    purposes: Mapping[str, str]
    campaigns: str
    description: str
    scenes_head: str
    scenes: Mapping[str, str]
    scenes_denied: str
    never_intimate: str
    speech_head: str
    speech: Mapping[str, str]
    banned: str
    languages: str
    company_head: str
    company_anybody: str
    company_nobody: str
    company_only: str
    company_never: str
    likeness: str
    where_head: str
    everywhere: str
    only_in: str
    countries: Mapping[str, str]
    when_head: str
    window: str
    limits_uses: Counted
    limits_seconds: Counted
    limits_each: Counted
    no_limit: str
    remix_head: str
    remix_no: str
    remix_yes: Counted
    approval_head: str
    approval_no: str
    approval_yes: Counted
    after_head: str
    after: Mapping[str, str]
    training_head: str
    training: Mapping[bool, str]
    pay_head: str
    pay_nothing: str
    pay: Mapping[str, str]
    pay_all: str
    pay_split: str
    share: str
    credit_head: str
    credit_no: str
    credit_yes: str
    advice_head: str
    advice: Mapping[str, str]
    vetoes_last: str
    closing: str


def counted(forms: Counted, n: int) -> str:
    """Return the form for `n`, with the number in it."""
    return forms[n != 1].format(n=n)
