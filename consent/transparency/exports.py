"""What leaves the house: figures as CSV and JSON, statements of reasons in batches, and redacted notices.

Statements and notices are read page by page. A statement that was superseded was given all the same, and is exported;
one that restores is none of the database's, which knows restrictions only. What is erased is left out.
"""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Q

from consent import reasons_given, rfc3339
from consent.models import Notice, ReasonsStated, Ruling
from consent.reasons_statement import FIELDS
from consent.takedown import documents
from consent.transparency.periods import read
from consent.transparency.schemas import BATCH
from ledger.subjectkeys import Erased

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Model, QuerySet

    from consent.models import TransparencyReport
    from consent.reasons_statement import Statement
    from consent.transparency.figure import Figure
    from consent.transparency.periods import Period
    from consent.transparency.small import Public

COLUMNS: Final = ("table", "first", "second", "third", "count", "share_percent", "median_seconds", "p90_seconds")
FEW: Final = "<5"
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute
HIDDEN: Final = "[redacted]"
US: Final = "Countenance"
REMOVED: Final = ("remove", "disable", "block_future")
KEPT: Final = ("refuse", "restore")
REDACTED: Final = ("sender", "principal", "contact", "signature", "explanation", "urls")


def figures_json(report: TransparencyReport) -> dict[str, Any]:
    """Return the figures of a report, in the shape of `schemas.figures`."""
    period = read(report.period)
    times = {"starts": period.starts, "ends": period.ends, "computed": report.computed_at.replace(microsecond=0)}
    return {"period": report.period, **{k: rfc3339.write(v) for k, v in times.items()}, "figures": report.figures}


def figures_csv(lines: Iterable[Public]) -> str:
    """Return the same as CSV (RFC 4180). "<5": one to four; empty: not told, or not asked."""
    return _csv(COLUMNS, (_line(each) for each in lines))


def exact_csv(counted: Iterable[Figure]) -> str:
    """Return exact figures as CSV, with the part instead of a share: for an authority, never for the public."""
    head = (*COLUMNS[:5], "part", *COLUMNS[6:])
    rows = ([f.table, *[*f.of, "", "", ""][:3], *_numbers(f.count, f.part, f.median, f.p90)] for f in counted)
    return _csv(head, rows)


def statements(period: Period) -> Iterator[dict[str, list[Statement]]]:
    """Yield the batches of the statements that were given in a period, each of at most 100."""
    rows = ReasonsStated.objects.filter(restores=False, stated_at__gte=period.starts, stated_at__lt=period.ends)
    for page in _pages(rows.select_related("statement__subject_key"), "stated_at"):
        said = [each for each in map(_said, page) if each is not None]
        if said:
            yield {"statements": said}


def statements_csv(batches: Iterable[dict[str, list[Statement]]]) -> str:
    """Return statements as CSV, a column a field; several values of one are parted by a bar."""
    rows = (each for batch in batches for each in batch["statements"])
    return _csv(tuple(FIELDS), ([_flat(row.get(name, "")) for name in FIELDS] for row in rows))


def notices(period: Period) -> Iterator[dict[str, Any]]:
    """Yield the notices of a period in the manner of the Lumen database: what, when, by which law, what came of it.

    Nobody is named: neither who wrote nor whom it is about nor where the video was, because an address leads to it.
    """
    rows = Notice.objects.filter(filed_at__gte=period.starts, filed_at__lt=period.ends, erased_at=None)
    for page in _pages(rows.select_related("document__subject_key", "case"), "filed_at"):
        newest = _newest({each.case_id for each in page})
        yield from (each for each in (_notice(row, newest.get(row.case_id, "")) for row in page) if each is not None)


def _notice(row: Notice, action: str) -> dict[str, Any] | None:
    try:
        document = documents.of_notice(row)
    except Erased:
        return None
    people = {"sender": HIDDEN, "principal": HIDDEN, "recipient": US}
    return {
        "number": row.number,
        "date_received": row.filed_at.date().isoformat(),
        "type": "DMCA" if "dmca-512" in row.regimes else "Other",
        "laws": list(row.regimes),
        "language": row.language,
        "jurisdiction": document.jurisdiction,
        "parties": [{"kind": kind, "name": name} for kind, name in people.items()],
        "works": [{"description": document.topic, "urls": [HIDDEN]} for _ in document.works],
        "action_taken": "Yes" if action in REMOVED else "No" if action in KEPT else "Partial" if action else "Pending",
        "redactions": list(REDACTED),
    }


def _newest(cases: set[Any]) -> dict[Any, str]:
    """Return the action in force of each case; one query for a page."""
    rows = Ruling.objects.filter(case__in=cases, state=Ruling.State.IN_FORCE).order_by("in_force_at", "pk")
    return dict(rows.values_list("case_id", "action"))


def _said(row: ReasonsStated) -> Statement | None:
    try:
        return reasons_given.statement_of(row)
    except Erased:
        return None


def _pages[M: Model](rows: QuerySet[M], by: str) -> Iterator[list[M]]:
    """Yield pages by key: no page is slower for being late, and nothing is skipped while rows arrive."""
    after = Q()
    while page := list(rows.filter(after).order_by(by, "pk")[:BATCH]):
        yield page
        last = getattr(page[-1], by)
        after = Q(**{f"{by}__gt": last}) | Q(**{by: last, "pk__gt": page[-1].pk})


def _line(each: Public) -> list[str]:
    count = FEW if each.count is None else str(each.count)
    return [each.table, *[*each.of, "", "", ""][:3], count, *_numbers(each.share, each.median, each.p90)]


def _numbers(*numbers: float | None) -> list[str]:
    return ["" if each is None else f"{each:g}" if isinstance(each, float) else str(each) for each in numbers]


def _csv(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([_tame(each) for each in row] for row in rows)
    return out.getvalue()


def _tame(cell: str) -> str:
    """Keep a spreadsheet from computing what somebody wrote."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _flat(value: str | list[str]) -> str:
    return value if isinstance(value, str) else "|".join(value)
