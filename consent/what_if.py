"""What a draft would allow before anybody signs it, asked by those who may see the likeness with uses made up for it.

Nothing is recorded and nothing rests on the answer. Only the one likeness is judged: of others in the cast nothing is
said here, since they are not the asker's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from consent import authority, decisions, facts, policy, statements
from consent.authority import Act
from consent.policy import Allow, Deny, Facts, GrantFact, Usage
from consent.terms import Mutuals

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from consent.models import Party
    from consent.use import Use

MAX_EXAMPLES: Final = 20
DRAFT: Final = "draft"  # stands where the id of a grant stands


@dataclass(frozen=True, slots=True)
class Imagined:
    """One use judged three times: by the grants that exist, by the draft alone, and by both."""

    without: Allow | Deny
    alone: Allow | Deny
    beside: Allow | Deny


def imagine(
    likeness: UUID,
    terms: Mapping[str, Any],
    uses: Sequence[Use],
    *,
    supersedes: UUID | None = None,
    actor: Party,
) -> list[Imagined]:
    """Judge example uses, asked by whoever each names as its client. `supersedes`: the grant it would replace.

    Raises `LikenessMissing` to strangers, `StatementInvalid` for terms and `UseInvalid` for a use that cannot be read.
    """
    authority.require(likeness, actor, Act.SEE)
    read = statements.parse_terms(dict(terms))
    for number, use in enumerate(uses):
        try:
            decisions.check(use, UUID(use.client))
            _check_shown(use, likeness)
        except decisions.UseInvalid as problem:
            problem.pointer = f"/examples/{number}/use{problem.pointer or ''}"
            raise
    draft = GrantFact(DRAFT, str(likeness), read, used=Usage(0, 0, 0, 0))
    return [_imagined(likeness, use, draft, supersedes) for use in uses]


def _check_shown(use: Use, likeness: UUID) -> None:
    if str(likeness) not in use.cast:
        raise decisions.UseInvalid("The likeness is not in the cast.", pointer="/cast", remedy="Name it in the cast.")


def _imagined(likeness: UUID, use: Use, draft: GrantFact, supersedes: UUID | None) -> Imagined:
    """Judge by the facts of now. A draft to mutuals needs to know what no grant on record may have asked."""
    client, judged = UUID(use.client), str(likeness)
    known = facts.whole([likeness], client)
    likenesses = known.facts.likenesses
    if draft.terms is not None and isinstance(draft.terms.audience, Mutuals):
        mutual = facts.is_mutual(likeness, client)
        likenesses = tuple(replace(one, mutual=mutual) for one in likenesses)
    grants = known.facts.grants
    left = tuple(grant for grant in grants if grant.id != str(supersedes))
    return Imagined(
        *(
            policy.decide_for(judged, use, Facts(likenesses, among), known.at)
            for among in (grants, (draft,), (*left, draft))
        )
    )
