"""Load what the policy needs to know of a cast: as of now, from the rows themselves.

What is returned was read by one statement, and so at one moment. The first one asked leaves out what only few grants
speak of; where one does, the entire statement is asked, and the first answer is thrown away.

`narrow` reads only the grants that speak about who asks (`models.Reach`), which is all that can allow. `whole` reads
every grant of the cast that is not replaced, which is what explains a denial to those who may hear why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from consent import clock, statements, stored_terms
from consent.models.reach import ANYBODY
from consent.policy import Facts, GrantFact, LikenessFact, Usage
from consent.terms import Mutuals, is_counted
from ledger import prepared
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from consent.terms import Terms

_LIKENESS: Final = """l.id::text, l.holder_id::text, l.state, l.epoch, l.adult_on,
    EXISTS (SELECT FROM consent_exclusion x
            WHERE x.likeness_id = l.id AND x.party_id = %(client)s AND x.lifted_at IS NULL)"""
_SUSPENDED: Final = "EXISTS (SELECT FROM consent_suspension s WHERE s.grant_id = g.id AND s.resumed_at IS NULL)"
_GRANT: Final = f"g.id::text, g.terms::text, g.ended_at, {_SUSPENDED}"
_USED: Final = "coalesce(t.uses, 0), coalesce(t.seconds, 0), coalesce(c.uses, 0), coalesce(c.seconds, 0)"
# Mutual: the client has, by a grant that stands, named the holder, whose place has not ended and who is not shut out.
_NAMED_BACK: Final = """EXISTS (
    SELECT FROM consent_reach back
    JOIN consent_likeness theirs ON theirs.id = back.likeness_id AND theirs.state = 'active'
    JOIN consent_grant given ON given.id = back.grant_id AND given.ended_at IS NULL AND given.superseded_by_id IS NULL
    CROSS JOIN LATERAL jsonb_path_query(given.terms, '$.audience ? (@.kind == "named").parties[*]') place
    WHERE theirs.holder_id = %(client)s AND back.subject = l.holder_id
      AND clock_timestamp() >= given.not_before AND clock_timestamp() < given.not_after
      AND place ->> 'party' = l.holder_id::text
      AND coalesce(clock_timestamp() < (place ->> 'not_after')::timestamptz, place -> 'not_after' = 'null')
      AND NOT EXISTS (SELECT FROM consent_suspension s WHERE s.grant_id = given.id AND s.resumed_at IS NULL)
      AND NOT EXISTS (SELECT FROM consent_exclusion x
                      WHERE x.likeness_id = theirs.id AND x.party_id = l.holder_id AND x.lifted_at IS NULL))"""
_MUTUAL: Final = f"CASE WHEN g.terms #>> '{{audience,kind}}' = 'mutuals' THEN {_NAMED_BACK} END"
_USAGE: Final = """
LEFT JOIN consent_grantusage t ON t.grant_id = g.id AND t.party = %(anybody)s
LEFT JOIN consent_grantusage c ON c.grant_id = g.id AND c.party = %(client)s"""
_NARROW: Final = """
LEFT JOIN consent_reach r ON r.likeness_id = l.id AND r.subject IN (%(client)s, %(anybody)s)
LEFT JOIN consent_grant g ON g.id = r.grant_id AND g.superseded_by_id IS NULL"""
_WHOLE: Final = """
LEFT JOIN consent_grant g ON g.likeness_id = l.id AND g.superseded_by_id IS NULL
    AND (g.ended_at IS NULL OR EXISTS (SELECT FROM consent_reach r
         WHERE r.grant_id = g.id AND r.likeness_id = l.id AND r.subject IN (%(client)s, %(anybody)s)))"""
# Who is mutual, and what was used, is most of the plan, and few grants ask for it: if one does, all is asked anew.
_PLAIN: Final = f"SELECT {_LIKENESS}, NULL::boolean, {_GRANT}, 0, 0, 0, 0, clock_timestamp() FROM consent_likeness l"  # noqa: S608 - our own texts; every value is a parameter
_SELECT: Final = f"SELECT {_LIKENESS}, {_MUTUAL}, {_GRANT}, {_USED}, clock_timestamp() FROM consent_likeness l"  # noqa: S608 - our own texts; every value is a parameter
FEW: Final = 16  # likenesses that are asked about one by one; more is an array


@dataclass(frozen=True, slots=True)
class Known:
    """Facts, and the moment by the database's clock at which they were read."""

    facts: Facts
    at: datetime


def narrow(ids: Sequence[UUID], client: UUID) -> Known:
    """Return the facts that may allow `client` to use these likenesses. One statement, so one moment."""
    return _load(_NARROW, ids, client)


def whole(ids: Sequence[UUID], client: UUID) -> Known:
    """Return every grant of these likenesses that nobody ended, that speaks about `client`, or that forbids."""
    return _load(_WHOLE, ids, client)


def is_mutual(likeness: UUID, client: UUID) -> bool:
    """Say whether the client has, by a grant that stands, named the holder of the likeness."""
    query = f"SELECT {_NAMED_BACK} FROM consent_likeness l WHERE l.id = %(likeness)s"  # noqa: S608 - our own texts; every value is a parameter
    found = prepared.rows(query, {"likeness": likeness, "client": client})
    return bool(found and found[0][0])


def about(cast: Collection[str], facts: Facts) -> Facts:
    """Return the part of the facts that concerns a cast."""
    return Facts(
        tuple(one for one in facts.likenesses if one.id in cast),
        tuple(one for one in facts.grants if one.likeness in cast),
    )


def statement(
    ids: Sequence[UUID], client: UUID, joins: str = _NARROW, *, entire: bool = False
) -> tuple[str, dict[str, object]]:
    """Return a statement and its values. For a few likenesses one text, and so one plan, for each padded size.

    `entire`: with who is mutual and what was used; without, both are as if nobody asked.
    """
    values: dict[str, object] = {"client": client, "anybody": ANYBODY}
    size = 0
    if len(ids) > FEW:
        values["ids"] = list(ids)
    else:  # an array would be planned anew each time
        size = 1 << (len(ids) - 1).bit_length()
        for n in range(size):
            values[f"id{n}"] = ids[min(n, len(ids) - 1)]
    return _text(_SELECT if entire else _PLAIN, joins + _USAGE if entire else joins, size), values


@lru_cache(maxsize=64)
def _text(select: str, joins: str, size: int) -> str:
    """Return the text for so many likenesses; 0: for an array of them. One object each, so that its hash is kept."""
    among = f"IN ({', '.join(f'%(id{n})s' for n in range(size))})" if size else "= ANY(%(ids)s)"
    return f"{select} {joins} WHERE l.id {among}"


def _load(joins: str, ids: Sequence[UUID], client: UUID) -> Known:
    """Return what one statement reads; where a grant asks for more, what another one reads, and none of the first."""
    if not ids:
        return Known(Facts((), ()), clock.now())
    known = _read(prepared.rows(*statement(ids, client, joins)))
    if any(map(_asks_more, known.facts.grants)):
        return _read(prepared.rows(*statement(ids, client, joins, entire=True)))
    return known


def _asks_more(grant: GrantFact) -> bool:
    """Tell whether the terms speak of mutuals or of numbers, which the plain statement does not read."""
    return grant.terms is not None and (isinstance(grant.terms.audience, Mutuals) or is_counted(grant.terms))


def _read(rows: Sequence[Sequence[Any]]) -> Known:
    known: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        known.setdefault(row[0], []).append(row)
    grants = tuple(_grant(row) for row in rows if row[7] is not None)
    return Known(Facts(tuple(map(_likeness, known.values())), grants), rows[-1][-1] if rows else clock.now())


def _likeness(rows: Sequence[Sequence[Any]]) -> LikenessFact:
    """Return what the rows of one likeness say of it; whether it is mutual is asked only beside a grant to mutuals."""
    pk, holder, state, epoch, adult_on, excluded = rows[0][:6]
    mutual = next((row[6] for row in rows if row[6] is not None), None)
    of_age = None if adult_on is None else datetime.combine(adult_on, time(), UTC)
    return LikenessFact(pk, holder, state, epoch, mutual, excluded, adult_on=of_age)


def _grant(row: Sequence[Any]) -> GrantFact:
    pk, stored, ended_at, suspended, *used = row[7:-1]
    return GrantFact(pk, row[0], stored_terms.read(stored), ended_at, Usage(*used), suspended)


def terms_of(stored: object) -> Terms | None:
    """Return terms as a row of the model has them; None, which the policy denies, if they cannot be read in full."""
    try:
        return statements.parse_terms(stored)
    except Problem:
        return None
