"""Count what happened in a period: one statement, whatever there is to count.

Each table is a query of the same eight columns, and all are united. Exact; `consent.transparency.small` says what of
it may be published. Business is counted where its date lies: a notice when it was filed, a ruling when it took force,
an appeal when it was filed and once more, under `overturned`, when it was decided.
"""

# ruff: noqa: S608 - the queries are made of constants of this file alone, and what is asked is bound
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection

from consent import clock
from consent.transparency.figure import Figure

if TYPE_CHECKING:
    from datetime import datetime

    from consent.transparency.periods import Period


# the first word on a case that took force, which a later reversal does not move
DECIDED: Final = """LEFT JOIN LATERAL (
  SELECT min(r.in_force_at) AS at FROM consent_ruling r WHERE r.case_id = c.id) decided ON true"""
ACTED: Final = """LEFT JOIN LATERAL (
  SELECT min(b.accepted_at) AS at FROM consent_block b WHERE b."case" = c.number) blocked ON true"""
WAITED: Final = "extract(epoch FROM greatest({end}, c.valid_at) - c.valid_at)"
SPREAD: Final = (
    "count(*), NULL::bigint, percentile_cont(0.5) WITHIN GROUP (ORDER BY {span}), "
    "percentile_cont(0.9) WITHIN GROUP (ORDER BY {span})"
)
PLAIN: Final = "count(*), NULL::bigint, NULL::float8, NULL::float8"
PARTLY: Final = "count(*), count(*) FILTER (WHERE {part}), NULL::float8, NULL::float8"
OUTCOME: Final = """CASE WHEN newest.action IS NOT NULL THEN newest.action
  WHEN n.withdrawn_at IS NOT NULL THEN 'withdrawn' ELSE c.state END"""
NEWEST: Final = """LEFT JOIN LATERAL (
  SELECT r.action FROM consent_ruling r WHERE r.case_id = c.id AND r.state = 'in_force'
  ORDER BY r.in_force_at DESC, r.id DESC LIMIT 1) newest ON true"""
NOTICES: Final = f"FROM consent_notice n JOIN consent_case c ON c.id = n.case_id {NEWEST}"

TABLES: Final = {
    "notices": f"""SELECT 'all', '', '', {PLAIN} {NOTICES} WHERE {{n.filed_at}} GROUP BY 1, 2, 3""",
    "notices-by-regime": f"""SELECT coalesce(regime, 'incomplete'), c.lane, {OUTCOME}, {PLAIN} {NOTICES}
      LEFT JOIN LATERAL jsonb_array_elements_text(n.regimes) regime ON true
      WHERE {{n.filed_at}} GROUP BY 1, 2, 3""",
    "first-action": f"""SELECT c.lane, '', '', {SPREAD.format(span=WAITED.format(end="least(blocked.at, decided.at)"))}
      FROM consent_case c {DECIDED} {ACTED}
      WHERE c.valid_at IS NOT NULL AND {{least(blocked.at, decided.at)}} GROUP BY 1, 2, 3""",
    "decision": f"""SELECT c.lane, '', '', {SPREAD.format(span=WAITED.format(end="decided.at"))}
      FROM consent_case c {DECIDED} WHERE c.valid_at IS NOT NULL AND {{decided.at}} GROUP BY 1, 2, 3""",
    "clock": f"""SELECT c.lane, '', '', {PARTLY.format(part="least(decided.at, c.closed_at) <= c.due_at")}
      FROM consent_case c {DECIDED}
      WHERE {{c.due_at}} AND (c.due_at <= %(now)s OR least(decided.at, c.closed_at) <= c.due_at)
        AND (c.paused_at IS NULL OR c.state <> 'open') GROUP BY 1, 2, 3""",
    "provisional-blocks": f"""SELECT CASE WHEN b.lifted_at IS NOT NULL THEN 'lifted'
        WHEN b.confirmed_at IS NOT NULL THEN 'confirmed' WHEN b.until <= %(now)s THEN 'ran-out' ELSE 'standing' END,
        '', '', {PLAIN} FROM consent_block b WHERE b.placed_by NOT LIKE 'staff:%%' AND {{b.accepted_at}}
      GROUP BY 1, 2, 3""",
    "rulings": f"""SELECT r.action, r.policy, '', {PLAIN} FROM consent_ruling r WHERE {{r.in_force_at}}
      GROUP BY 1, 2, 3""",
    "reversals": f"""SELECT before.action, r.action, '', {PLAIN} FROM consent_ruling r
      JOIN consent_ruling before ON before.id = r.reverses_id WHERE {{r.in_force_at}} GROUP BY 1, 2, 3""",
    "appeals": f"""SELECT CASE WHEN a.party_id IS NULL THEN 'notifier' ELSE 'uploader' END, a.state, '', {PLAIN}
      FROM consent_appeal a WHERE {{a.filed_at}} GROUP BY 1, 2, 3""",
    "overturned": f"""SELECT CASE WHEN a.party_id IS NULL THEN 'notifier' ELSE 'uploader' END, '', '',
        {PARTLY.format(part="a.state = 'overturned'")}
      FROM consent_appeal a WHERE a.state IN ('upheld', 'overturned') AND {{a.decided_at}} GROUP BY 1, 2, 3""",
    "counter-notices": f"""SELECT k.ground, CASE WHEN k.withdrawn_at IS NOT NULL THEN 'withdrawn'
        WHEN k.suit_at IS NOT NULL THEN 'suit' ELSE 'standing' END, '', {PLAIN}
      FROM consent_counternotice k WHERE {{k.filed_at}} GROUP BY 1, 2, 3""",
    "orders": f"""SELECT o.country, o.kind, o.scope, {PLAIN} FROM consent_order o WHERE {{o.recorded_at}}
      GROUP BY 1, 2, 3""",
    "strikes": f"""SELECT s.side, s.reason, '', {PARTLY.format(part="s.reversed_at IS NOT NULL")}
      FROM consent_strike s WHERE {{s.given_at}} GROUP BY 1, 2, 3""",
    "automation": f"""SELECT g.automated_decision, CASE WHEN g.automated_detection THEN 'detected' ELSE 'reported' END,
        '', {PLAIN} FROM consent_reasonsstated g WHERE NOT g.restores AND {{g.stated_at}} GROUP BY 1, 2, 3""",
    "reasons": f"""SELECT g.ground, g.category, g.source, {PLAIN} FROM consent_reasonsstated g
      WHERE NOT g.restores AND {{g.stated_at}} GROUP BY 1, 2, 3""",
    "renders": f"""SELECT d.outcome, '', '', {PLAIN} FROM consent_decision d WHERE {{d.decided_at}}
      GROUP BY 1, 2, 3""",
    "refused-renders": """SELECT coalesce(said ->> 'reason', 'unknown'), '', '', count(DISTINCT d.id), NULL::bigint,
        NULL::float8, NULL::float8
      FROM consent_decision d LEFT JOIN LATERAL jsonb_array_elements(d.reasons) said ON true
      WHERE d.outcome = 'deny' AND {d.decided_at} GROUP BY 1, 2, 3""",
}


def counted(period: Period) -> list[Figure]:
    """Return every figure of a period, exact, in the order of the tables and then of their keys."""
    return counted_between(period.starts, period.ends)


def counted_between(since: datetime, until: datetime, tables: tuple[str, ...] = tuple(TABLES)) -> list[Figure]:
    """Return the figures of some tables from `since` until just before `until`. Raises `KeyError` for another table."""
    values = {"since": since, "until": until, "now": clock.now()}
    with connection.cursor() as cursor:
        cursor.execute(_united(tables), values)
        rows = cursor.fetchall()
    found = [_figure(row) for row in rows]
    return sorted(found, key=lambda each: (tables.index(each.table), each.of))


def _united(tables: tuple[str, ...]) -> str:
    return "\nUNION ALL\n".join(
        f"SELECT '{name}' AS tab, found.* FROM ({_dated(TABLES[name])}) AS found(k1, k2, k3, n, part, median, p90)"
        for name in tables
    )


def _dated(query: str) -> str:
    """Write the period into a query: `{x}` is that x lies in it. NULL lies in none."""
    before, braced, rest = query.partition("{")
    moment, closing, after = rest.partition("}")
    if not (braced and closing) or "{" in after:
        raise ValueError("a table is counted by exactly one date")
    return f"{before}({moment} >= %(since)s AND {moment} < %(until)s){after}"


def _figure(row: tuple[Any, ...]) -> Figure:
    table, first, second, third, count, part, median, p90 = row
    of = tuple(each for each in (first, second, third) if each)
    times = [None if each is None else float(each) for each in (median, p90)]
    return Figure(table, of, count, part, *times)
