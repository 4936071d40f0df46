"""How long after a death a likeness may be protected, by jurisdiction: a table with its sources, never the last word.

Pure. Each row says whether it is law, a bill or a draft, whether we know it from secondary sources only, and as of
which day. A place that is not in the table is "not known here", which does not mean that nothing protects there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

AS_OF: Final = date(2026, 11, 22)
NOT_ADVICE: Final = (
    "This is a calculation from a table, not legal advice, and never the last word: domicile, registration, "
    "exceptions, contracts and other rights may change it. Ask somebody who knows the law there."
)


class Status(StrEnum):
    """What sort of text a row rests on."""

    LAW = "law"
    BILL = "bill"  # not enacted
    DRAFT = "draft"  # not final
    NOT_KNOWN = "not-known-here"


@dataclass(frozen=True, slots=True)
class Row:
    """One jurisdiction. `since`: who died before it is outside this rule; None: no such day is known here.

    `since_unsure`: from this day up to `since` we do not know whether the rule applies.
    """

    years: int
    status: Status
    secondary: bool
    source: str
    may_last_longer: bool = False
    since: date | None = None
    since_unsure: date | None = None
    caveats: tuple[str, ...] = ()
    as_of: date = AS_OF


@dataclass(frozen=True, slots=True)
class Term:
    """An answer. `ends_on` is the last day; None: not known here, or the rule does not reach this death."""

    ends_on: date | None
    may_last_longer: bool
    status: Status
    secondary: bool  # known to us from secondary sources only
    source: str | None
    as_of: date
    caveats: tuple[str, ...]


TABLE: Final = {
    "US-CA": Row(
        70,
        Status.LAW,
        secondary=False,
        source="California Civil Code section 3344.1, as amended by AB 1836",
        caveats=("Expressive works have exceptions.", "It needs the consent of whoever controls the rights."),
    ),
    "US-NY": Row(
        40,
        Status.LAW,
        secondary=True,
        source="New York Civil Rights Law section 50-f, as amended by S.8391",
        since=date(2021, 6, 1),
        since_unsure=date(2021, 5, 1),
        caveats=("Only for people who were domiciled in New York when they died.",),
    ),
    "US-TN": Row(
        10,
        Status.LAW,
        secondary=True,
        source="Tennessee, ELVIS Act (in force since 1 July 2024)",
        may_last_longer=True,
        caveats=("After ten years it goes on while the likeness is used.", "We have not verified the term."),
    ),
    "US": Row(
        10,
        Status.BILL,
        secondary=True,
        source="NO FAKES Act, S. 4591 and H.R. 8915, introduced 20 May 2026",
        may_last_longer=True,
        caveats=(
            "This is a bill and not in force.",
            "A substitute text was reported on 24 June 2026 and not reviewed: every number may have changed.",
            "It would be renewable by five years at a time while in authorised public use, up to 70 years.",
        ),
    ),
    "DK": Row(
        50,
        Status.DRAFT,
        secondary=True,
        source="Denmark, draft sections 65a and 73a of the Copyright Act",
        caveats=("We have not seen that it was adopted.", "Parody and satire are excepted."),
    ),
}


def term(jurisdiction: str, died_on: date) -> Term:
    """Return what the table says of this place and death. `jurisdiction`: ISO 3166 code, "US-CA" or "DK"."""
    row = TABLE.get(jurisdiction)
    if row is None:
        return _nothing(None, "This place is not in our table. That does not mean that nothing protects there.")
    if row.since_unsure is not None and row.since is not None and row.since_unsure <= died_on < row.since:
        return _nothing(row, "The rule begins in these weeks, and we do not know the day.")
    if row.since is not None and died_on < row.since:
        return _nothing(row, "The rule reaches later deaths only. Other rules may apply.")
    ends = _years_later(died_on, row.years)
    if ends is None:
        return _nothing(row, "The end lies beyond what our calendar knows.")
    return Term(ends, row.may_last_longer, row.status, row.secondary, row.source, row.as_of, (*row.caveats, NOT_ADVICE))


def _nothing(row: Row | None, why: str) -> Term:
    if row is None:
        return Term(None, True, Status.NOT_KNOWN, False, None, AS_OF, (why, NOT_ADVICE))  # noqa: FBT003 - fields in order
    caveats = (why, *row.caveats, NOT_ADVICE)
    return Term(None, row.may_last_longer, row.status, row.secondary, row.source, row.as_of, caveats)


def _years_later(day: date, years: int) -> date | None:
    """Return the anniversary; of a 29 February the 1 March where there is none, which errs for the dead."""
    if day.year + years > date.max.year:
        return None
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
