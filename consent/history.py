"""Read what happened to a cast, each act by the index of its entry. What it means, `consent.past` says.

Columns that are overwritten are read before the rows that tell what they were, so that an act which commits in between
is seen as one that had not happened: its entry comes after whatever point anybody may ask about.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from consent import claimform, claims, reach, stored_terms
from consent.models import (
    Claim,
    ClaimDocument,
    ClaimReview,
    Enrolment,
    Exclusion,
    Grant,
    Likeness,
    Narrowing,
    Reach,
    Suspension,
    Withdrawal,
)
from consent.models.reach import ANYBODY
from consent.past import NEVER, UNTOLD, GrantPast, LikenessPast, Past, Span, Turn, Version
from consent.policy import Usage
from consent.terms import Mutuals, Terms
from ledger import vault
from ledger.canonical import parse
from ledger.models import Leaf
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from consent.past import Untold

TRANSFERRED: Final = "authority.transferred"
ACCEPTED: Final = "claim.accepted"
_COUNTED: Final = """
SELECT rests.grant_id, count(*), coalesce(sum(c.seconds), 0),
       count(*) FILTER (WHERE d.client_id = %(client)s),
       coalesce(sum(c.seconds) FILTER (WHERE d.client_id = %(client)s), 0)
FROM consent_permitgrant rests
JOIN consent_permit p ON p.id = rests.permit_id
JOIN consent_decision d ON d.id = p.decision_id
JOIN ledger_leaf minted ON minted.entry_id = p.entry_id
LEFT JOIN ledger_leaf released ON released.entry_id = rests.released_entry_id
CROSS JOIN LATERAL (SELECT coalesce(rests.released_seconds, rests.counted_seconds) AS seconds) c
WHERE rests.grant_id = ANY(%(grants)s) AND minted.index < %(size)s AND c.seconds IS NOT NULL
  AND coalesce(released.index, %(never)s) >= %(size)s
GROUP BY rests.grant_id"""
_UNCOUNTED: Final = """
SELECT rests.grant_id, array_agg(minted.index ORDER BY minted.index)
FROM consent_permitgrant rests
JOIN consent_permit p ON p.id = rests.permit_id
JOIN ledger_leaf minted ON minted.entry_id = p.entry_id
WHERE rests.grant_id = ANY(%(grants)s) AND minted.index < %(size)s
  AND rests.counted_seconds IS NULL AND rests.released_seconds IS NULL
  AND EXISTS (SELECT FROM consent_grantusage u WHERE u.grant_id = rests.grant_id)
GROUP BY rests.grant_id"""


class _Places(dict[Any, int]):
    """The index of each of these entries; `NEVER` for one that the log does not have, and for none."""

    def __init__(self, entries: Iterable[UUID | None]) -> None:
        known = {entry for entry in entries if entry is not None}
        super().__init__(Leaf.objects.filter(entry__in=known).values_list("entry_id", "index"))

    def __missing__(self, entry: UUID | None) -> int:
        return NEVER


def of(ids: Collection[UUID], *, client: UUID, size: int) -> Past:
    """Return what happened to these likenesses, as far as it matters to a question of `client` at this point."""
    cast = _likenesses(Likeness.objects.filter(pk__in=ids))
    grants = _grants(Grant.objects.filter(likeness__in=ids), cast, client=client, size=size)
    if not any(_is_mutual(version) for grant in grants for version in grant.versions):
        return Past(cast, grants)
    holders = {party for one in cast for _, party in one.holders}
    theirs = _likenesses(_ever_held(client))
    named = Q(pk__in=Reach.objects.filter(subject__in=holders).values("grant"))
    may_have_named = named | Exists(Narrowing.objects.filter(grant=OuterRef("pk"))) | Q(erased_at__isnull=False)
    rows = Grant.objects.filter(may_have_named, likeness__in=[one.id for one in theirs])
    return Past(cast, grants, theirs, _grants(rows, theirs, client=client, size=size))


def _is_mutual(version: Version) -> bool:
    return isinstance(version.terms, Terms) and isinstance(version.terms.audience, Mutuals)


def _ever_held(party: UUID) -> QuerySet[Likeness]:
    """Return what a party holds or held: a likeness changes hands only by an entry `authority.transferred`."""
    moved = Claim.objects.filter(decided_entry__kind=TRANSFERRED, likeness=OuterRef("pk"))
    first = Q(Exists(moved), entry__sealed__subject_key__subject=f"party:{party}")
    later = Exists(Claim.objects.filter(likeness=OuterRef("pk"), claimant=party, decided_entry__kind=TRANSFERRED))
    return Likeness.objects.filter(Q(holder=party) | first | Q(later))


def _likenesses(rows: QuerySet[Likeness]) -> tuple[LikenessPast, ...]:
    """Read the rows first: what is overwritten in them is told by what follows."""
    faces = list(rows.select_related("entry__sealed__subject_key").order_by("pk"))
    ids = [face.pk for face in faces]
    made = list(Claim.objects.select_related("decided_entry", "entry", "statement").filter(likeness__in=ids))
    reviews = ClaimReview.objects.filter(claim__in=made, verdict=ClaimReview.Verdict.DISPUTE)
    disputed = dict(reviews.order_by("-pk").values_list("claim_id", "entry_id"))  # the first of each
    referenced = set(
        ClaimDocument.objects.filter(claim__in=made, kind=ClaimDocument.Kind.REFERENCE).values_list("claim", flat=True)
    )
    clips = list(Enrolment.objects.filter(likeness__in=ids).values_list("likeness_id", "entry_id"))
    rests = list(Suspension.objects.filter(likeness__in=ids, grant=None))
    ends = list(
        Withdrawal.objects.filter(likeness__in=ids, scope=Withdrawal.Scope.LIKENESS).values_list(
            "likeness_id", "entry_id"
        )
    )
    outs = list(Exclusion.objects.filter(likeness__in=ids))
    at = _Places(
        [
            *(face.entry_id for face in faces),
            *(entry for one in made for entry in (one.entry_id, one.decided_entry_id, one.ended_entry_id)),
            *disputed.values(),
            *(entry for _, entry in (*clips, *ends)),
            *(entry for one in rests for entry in (one.entry_id, one.resumed_entry_id)),
            *(entry for one in outs for entry in (one.entry_id, one.lifted_entry_id)),
        ]
    )
    return tuple(
        _likeness(
            face,
            at,
            [one for one in made if one.likeness_id == face.pk],
            disputed=disputed,
            referenced=referenced,
            acts=[
                *((at[entry], Turn.ENROLLED) for pk, entry in clips if pk == face.pk),
                *((at[entry], Turn.WITHDRAWN) for pk, entry in ends if pk == face.pk),
            ],
            rests=[one for one in rests if one.likeness_id == face.pk],
            outs=[one for one in outs if one.likeness_id == face.pk],
        )
        for face in faces
    )


def _likeness(
    face: Likeness,
    at: _Places,
    made: Sequence[Claim],
    *,
    disputed: Mapping[UUID, UUID],
    referenced: Collection[UUID],
    acts: Sequence[tuple[int, Turn]],
    rests: Sequence[Suspension],
    outs: Sequence[Exclusion],
) -> LikenessPast:
    resting = tuple(Span(at[one.entry_id], at[one.resumed_entry_id]) for one in rests)
    disputes = tuple(
        Span(at[disputed[one.pk]], min(at[one.decided_entry_id], at[one.ended_entry_id]))
        for one in made
        if one.pk in disputed
    )
    settled = {at[entry] for one in made for entry in (one.decided_entry_id, one.ended_entry_id)}
    turns = [
        *acts,
        *_activated(face, at, made, referenced),
        *((span.begun, Turn.DISPUTED) for span in disputes),
        *((index, Turn.SETTLED) for index in settled),
        *((span.begun, Turn.SUSPENDED) for span in resting),
        *((span.ended, Turn.RESUMED) for span in resting),
    ]
    moves = sorted((at[one.decided_entry_id], one) for one in made if _moved(one)) if any(map(_moved, made)) else []
    registered = at[face.entry_id]
    first = face.entry.sealed.subject_key.subject.removeprefix("party:")
    return LikenessPast(
        str(face.pk),
        registered,
        ((registered, first), *((index, str(one.claimant_id)) for index, one in moves)),
        tuple(_days(face, registered, [pair for pair in moves if pair[1].role != Claim.Role.GUARDIAN], made, first)),
        tuple(turn for turn in turns if turn[0] != NEVER),
        disputes,
        resting,
        tuple((str(one.party_id), Span(at[one.entry_id], at[one.lifted_entry_id])) for one in outs),
    )


def _moved(claim: Claim) -> bool:
    return claim.decided_entry is not None and claim.decided_entry.kind == TRANSFERRED


def _activated(
    face: Likeness, at: _Places, made: Sequence[Claim], referenced: Collection[UUID]
) -> list[tuple[int, Turn]]:
    """Return where a claim made it active: the first that was accepted, of somebody dead or a character, if shown."""
    accepted = [
        (at[one.decided_entry_id], one.pk)
        for one in made
        if one.role != Claim.Role.AGENT and one.decided_entry is not None and one.decided_entry.kind == ACCEPTED
    ]
    if face.kind == Likeness.Kind.PERSON or not accepted:
        return []
    index, claim = min(accepted)
    return [(index, Turn.ACTIVATED)] if claim in referenced else []


def _days(
    face: Likeness, registered: int, grown: Sequence[tuple[int, Claim]], made: Sequence[Claim], first: str
) -> list[tuple[int, date | Untold | None]]:
    """Return on which day they come of age: overwritten as somebody grown takes over, and as they are erased."""
    if face.kind != Likeness.Kind.PERSON:
        return [(registered, None)]
    if face.erased_at is not None:
        return [(registered, UNTOLD)]
    if not grown:
        return [(registered, face.adult_on)]
    return [(registered, _sworn_day(made, first)), *((index, None) for index, _ in grown)]


def _sworn_day(made: Sequence[Claim], first: str) -> date | Untold | None:
    """Return the day that the claim which registered the likeness swore to; none registered it: an adult's own."""
    for claim in made:
        if str(claim.claimant_id) != first:
            continue
        try:
            subject = claimform.parse(claims.document_of(claim)).subject
        except (Problem, *vault.UNREADABLE):
            return UNTOLD
        if subject is not None:
            return subject.adult_on
    return None


def _grants(rows: QuerySet[Grant], faces: Sequence[LikenessPast], *, client: UUID, size: int) -> tuple[GrantPast, ...]:
    found = list(
        rows.select_related("ended_by", "superseded_by", "grantor").defer("statement", "signature").order_by("pk")
    )
    ids = [one.pk for one in found]
    narrowings: dict[UUID, list[Narrowing]] = defaultdict(list)
    for narrowing in Narrowing.objects.select_related("document__subject_key").filter(grant__in=ids).order_by("epoch"):
        narrowings[narrowing.grant_id].append(narrowing)
    rests = list(Suspension.objects.filter(grant__in=ids))
    at = _Places(
        [
            *(one.entry_id for one in found),
            *(one.ended_by.entry_id for one in found if one.ended_by is not None),
            *(one.superseded_by.entry_id for one in found if one.superseded_by is not None),
            *(one.grantor.erased_entry_id for one in found),
            *(one.entry_id for many in narrowings.values() for one in many),
            *(entry for one in rests for entry in (one.entry_id, one.resumed_entry_id)),
        ]
    )
    values: dict[str, Any] = {"grants": ids, "client": client, "size": size, "never": NEVER}
    with connection.cursor() as cursor:
        cursor.execute(_COUNTED, values)
        used = {pk: Usage(*(int(number) for number in numbers)) for pk, *numbers in cursor.fetchall()}
        cursor.execute(_UNCOUNTED, values)
        uncounted = dict(cursor.fetchall())
    face_of = {face.id: face for face in faces}
    return tuple(
        GrantPast(
            str(one.pk),
            str(one.likeness_id),
            at[one.entry_id],
            _versions(one, narrowings[one.pk], at, face_of[str(one.likeness_id)]),
            NEVER if one.ended_by is None else at[one.ended_by.entry_id],
            one.ended_at,
            NEVER if one.superseded_by is None else at[one.superseded_by.entry_id],
            tuple(Span(at[each.entry_id], at[each.resumed_entry_id]) for each in rests if each.grant_id == one.pk),
            used.get(one.pk, Usage(0, 0, 0, 0)),
            tuple(uncounted.get(one.pk, ())),
        )
        for one in found
    )


def _versions(grant: Grant, narrowings: Sequence[Narrowing], at: _Places, face: LikenessPast) -> tuple[Version, ...]:
    """Return the terms in the order in which they held. Of an erased grant only that it was read as blank since."""
    recorded = at[grant.entry_id]
    if grant.erased_at is not None:
        subjects = set(Reach.objects.filter(grant=grant).values_list("subject", flat=True))
        blank = _version(at[grant.grantor.erased_entry_id], None, subjects)
        return Version(recorded, UNTOLD), blank
    documents: list[tuple[int, object]] = [(recorded, grant.terms)]
    for n, narrowing in enumerate(narrowings):
        try:
            document: Any = parse(vault.unseal(narrowing.document))
        except vault.UNREADABLE:
            return (Version(recorded, UNTOLD),)
        if n == 0:
            documents = [(recorded, document["before"])]
        documents.append((at[narrowing.entry_id], document["after"]))
    return tuple(_read(since, document, face) for since, document in documents)


def _read(since: int, document: object, face: LikenessPast) -> Version:
    terms = stored_terms.read(json.dumps(document))
    if terms is None or since == NEVER:
        return _version(since, terms, {ANYBODY})
    return _version(since, terms, reach.subjects(terms, UUID(face.holder(since + 1))))


def _version(since: int, terms: Terms | None, subjects: Collection[UUID]) -> Version:
    return Version(since, terms, ANYBODY in subjects, frozenset(str(one) for one in subjects if one != ANYBODY))
