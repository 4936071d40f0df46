"""A statement of account as a PDF. Pure.

Built-in fonts only: nothing is fetched. They know Latin script, so other characters of a shown name are transliterated
(`anyascii`), as on a bank statement; the CSV has them as they are. Names are escaped, since ReportLab reads markup.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

from anyascii import anyascii
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from consent import money, rfc3339
from consent.account import ACCOUNTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from consent.account import Line, Statement

MAX_LINES: Final = 2000  # about 60 pages; beyond it the PDF holds the balances, and the CSV every line
TITLE: Final = "Statement of account"
MEANING: Final = {
    "receivable": "Charged to you for uses",
    "reversed": "Charges reversed",
    "payable": "Earned, payable",
    "hold": "Earned, on hold during a dispute",
}
HEADINGS: Final = (
    "When (UTC)",
    "What",
    "Account",
    "With",
    "Video",
    "Permit",
    "Basis",
    "Units",
    "Rate",
    "Share",
    "Amount",
)
WIDTHS: Final = tuple(width * mm for width in (27, 16, 15, 28, 45, 45, 13, 14, 22, 16, 26))
BODY: Final = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=12)
SMALL: Final = ParagraphStyle("small", parent=BODY, fontSize=6.5, leading=8)
HEAD: Final = ParagraphStyle("head", parent=BODY, fontName="Helvetica-Bold", fontSize=16, leading=20)
SUB: Final = ParagraphStyle("sub", parent=BODY, fontName="Helvetica-Bold", fontSize=11, leading=16)
GRID: Final = (
    ("LINEBELOW", (0, 0), (-1, 0), 0.8, colors.black),
    ("LINEBELOW", (0, 1), (-1, -1), 0.2, colors.grey),
    ("FONT", (0, 0), (-1, 0), "Helvetica-Bold", 7),
    ("FONT", (0, 1), (-1, -1), "Helvetica", 7),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 2),
    ("RIGHTPADDING", (0, 0), (-1, -1), 2),
)


def to_pdf(party: str, name: str, month: str, statements: Sequence[Statement]) -> bytes:
    """Return the statements of one party and month, a section for each currency; every page has its number."""
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=landscape(A4), leftMargin=14 * mm, rightMargin=14 * mm, topMargin=14 * mm, bottomMargin=16 * mm,
        title=f"{TITLE} {month}", author="Countenance", lang="en", invariant=1,
    )  # fmt: skip
    story: list[Any] = [
        Paragraph(f"{TITLE}, {month}", HEAD),
        Paragraph(f"{_shown(name)} &nbsp; party {escape(party)}", BODY),
        Spacer(1, 4 * mm),
    ]
    if not statements:
        story.append(Paragraph("Nothing was ever posted for you.", BODY))
    for statement in statements:
        story += _section(statement)
    document.build(story, onFirstPage=_footer, onLaterPages=_footer)
    return out.getvalue()


def _section(statement: Statement) -> list[Any]:
    made = f"Made at {rfc3339.write(statement.made_at)}."
    if statement.provisional:
        made += " <b>Provisional: the month is not over.</b>"
    section = [
        Paragraph(statement.currency, SUB),
        Paragraph(made, BODY),
        Spacer(1, 2 * mm),
        _balances(statement),
        Spacer(1, 2 * mm),
        Paragraph(_due(statement), BODY),
        Spacer(1, 4 * mm),
    ]
    if len(statement.lines) > MAX_LINES:
        count = f"{len(statement.lines)} postings are too many for a page: the CSV of this month has every one."
        return [*section, Paragraph(count, BODY)]
    return [*section, _lines(statement.lines), Spacer(1, 6 * mm)] if statement.lines else section


def _balances(statement: Statement) -> Table:
    closing = statement.closing
    rows = [["Account", "", "At the beginning", "In this month", "At the end"]]
    for account in ACCOUNTS:
        first, last = statement.opening[account], closing[account]
        rows.append([account, MEANING[account], money.write(first), money.write(last - first), money.write(last)])
    widths = [24 * mm, 62 * mm, 32 * mm, 32 * mm, 32 * mm]
    table = Table(rows, colWidths=widths, hAlign="LEFT")
    table.setStyle(TableStyle([*GRID, ("ALIGN", (2, 0), (-1, -1), "RIGHT")]))
    return table


def _due(statement: Statement) -> str:
    due = statement.due
    if due.amount < 0:
        return f"<b>To be paid by you: {-due}</b>"
    return f"<b>To be paid to you: {due}</b> &nbsp; Amounts are positive if owed to you, negative if owed by you."


def _lines(lines: Sequence[Line]) -> Table:
    rows: list[list[Any]] = [list(HEADINGS), *(_row(line) for line in lines)]
    table = Table(rows, colWidths=WIDTHS, repeatRows=1, hAlign="LEFT")
    table.setStyle(TableStyle([*GRID, ("ALIGN", (7, 0), (-1, -1), "RIGHT")]))
    return table


def _row(line: Line) -> list[Any]:
    what = f"{line.kind}, {line.because}" if line.because else line.kind
    return [
        rfc3339.write(line.at), Paragraph(what, SMALL), line.account, Paragraph(_shown(line.counterparty), SMALL),
        Paragraph(line.video, SMALL), Paragraph(line.permit, SMALL), line.basis, str(line.units),
        f"{line.rate.normalize():f}", "" if line.share is None else f"{line.share.normalize():f}",
        money.write(line.amount),
    ]  # fmt: skip


def _shown(name: str) -> str:
    """Return a name in Latin script, as text and not as markup."""
    latin = name if all(ord(char) < 256 for char in name) else anyascii(name)  # noqa: PLR2004 - Latin-1
    return escape(latin) or "(erased)"


def _footer(canvas: Any, document: Any) -> None:  # noqa: ANN401 - ReportLab has no types
    canvas.setFont("Helvetica", 7)
    width, _ = document.pagesize
    canvas.drawString(14 * mm, 9 * mm, document.title)
    canvas.drawRightString(width - 14 * mm, 9 * mm, f"Page {canvas.getPageNumber()}")
