"""Read terms back from our own rows, for decisions: quickly, and with nothing that is not known.

Pure. What stands in a row was read strictly once, before it was signed for and stored (`consent.terms_document`);
reading it so again for every grant of every question costs more than the question. Here a compiled codec reads the
same document, with the same fields, types, closed words and ranges. For whatever the strict reader takes, both give the
same terms (tests/consent/test_stored_terms.py). Version 1, and what the codec does not take, go to the strict reader,
so this one never knows less; a document that neither takes denies.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from consent import terms, vocabulary
from consent.countries import CODES
from consent.terms_document import parse_rate, parse_terms
from ledger.problem import Problem

if TYPE_CHECKING:
    type Purpose = str
    type Territory = str
    type Modality = str
    type Scene = str
    type Grantable = str
    type AfterEnd = str
    type Spoken = str
    type Advised = str
else:
    Purpose = Literal[tuple(vocabulary.PURPOSES)]
    Territory = Literal[tuple(sorted(CODES))]
    Modality = Literal[tuple(vocabulary.MODALITIES)]
    Scene = Literal[tuple(vocabulary.SCENES)]
    Grantable = Literal[tuple(scene for scene in vocabulary.SCENES if scene not in vocabulary.NEVER_GRANTED)]
    AfterEnd = Literal[tuple(vocabulary.AFTER_END)]
    Spoken = Literal[tuple(vocabulary.SPEECH)]
    Advised = Literal[tuple(vocabulary.REPRESENTATION)]

Instant = Annotated[datetime, Meta(tz=True)]
Id = Annotated[str, Meta(min_length=36, max_length=36)]
Count = Annotated[int, Meta(ge=1, le=vocabulary.MAX_COUNT)]


class Known(Struct, forbid_unknown_fields=True, gc=False):
    """A document with exactly these members."""


class NamedPart(Known):
    """`terms.NamedParty`."""

    party: Id
    not_after: Instant | None
    uses: Count | None
    seconds: Count | None


class NamedDocument(Known, tag_field="kind", tag="named"):
    """`terms.Named`."""

    parties: Annotated[tuple[NamedPart, ...], Meta(min_length=1, max_length=vocabulary.MAX_AUDIENCE)]


class OnlyMeDocument(Known, tag_field="kind", tag="only_me"):
    """`terms.OnlyMe`."""


class MutualsDocument(Known, tag_field="kind", tag="mutuals", rename={"excluded": "except"}):
    """`terms.Mutuals`."""

    excluded: frozenset[Id]


class EveryoneDocument(Known, tag_field="kind", tag="everyone", rename={"excluded": "except"}):
    """`terms.Everyone`."""

    excluded: frozenset[Id]


class WindowDocument(Known):
    """`terms.Window`."""

    not_before: Instant
    not_after: Instant


class LimitsDocument(Known):
    """`terms.Limits`."""

    uses: Count | None
    seconds: Count | None
    seconds_each: Count | None


class ScenesDocument(Known):
    """`terms.Scenes`."""

    allowed: Annotated[frozenset[Grantable], Meta(min_length=1)]
    denied: frozenset[Scene]


class SpeechDocument(Known):
    """`terms.Speech`."""

    kind: Spoken
    scripts: frozenset[str]
    banned: frozenset[str]
    languages: Annotated[frozenset[str], Meta(min_length=1)] | None


class CompanyDocument(Known):
    """`terms.Company`."""

    never: frozenset[Id]
    only: frozenset[Id] | None


class RemixDocument(Known):
    """Two members of `terms.Terms`."""

    allowed: bool
    depth: Annotated[int, Meta(ge=0, le=vocabulary.MAX_DEPTH)]


class ApprovalDocument(Known):
    """Whole hours."""

    hours: Annotated[int, Meta(ge=1, le=vocabulary.MAX_APPROVAL_HOURS)]


class TermsDocument(Known):
    """Terms of version 2."""

    v: Literal[2]
    audience: NamedDocument | OnlyMeDocument | MutualsDocument | EveryoneDocument
    window: WindowDocument
    limits: LimitsDocument
    purposes: Annotated[frozenset[Purpose], Meta(min_length=1)]
    campaigns: Annotated[frozenset[str], Meta(min_length=1)] | None
    territories: Annotated[frozenset[Territory], Meta(min_length=1)] | None
    modalities: Annotated[frozenset[Modality], Meta(min_length=1)]
    scenes: ScenesDocument
    speech: SpeechDocument
    company: CompanyDocument
    remix: RemixDocument
    after_end: AfterEnd
    approval: ApprovalDocument | None
    training: bool
    rate: Any
    credit: str | None
    description: str
    representation: Advised


_decode = msgspec.json.Decoder(TermsDocument).decode


def read(stored: str | bytes) -> terms.Terms | None:
    """Return the terms of a row as JSON; `None`, which the policy denies, if they cannot be read in full."""
    try:
        return _terms(_decode(stored))
    except (msgspec.DecodeError, Problem, ValueError):
        return _strictly(stored)


def _strictly(stored: str | bytes) -> terms.Terms | None:
    try:
        return parse_terms(json.loads(stored))
    except (Problem, ValueError, RecursionError):
        return None


def _terms(document: TermsDocument) -> terms.Terms:
    """Put the parts together. Raises `ValueError` for parts that contradict each other."""
    window, limits, said, remix = document.window, document.limits, document.speech, document.remix
    scripted = (said.kind == "scripts") == bool(said.scripts)
    if window.not_after <= window.not_before or remix.allowed != (remix.depth > 0) or not scripted:
        raise ValueError("the parts contradict each other")
    return terms.Terms(
        _audience(document.audience),
        terms.Window(window.not_before, window.not_after),
        document.purposes,
        remix.allowed,
        remix.depth,
        terms.Limits(limits.uses, limits.seconds, limits.seconds_each),
        document.campaigns,
        document.territories,
        document.modalities,
        terms.Scenes(document.scenes.allowed, document.scenes.denied),
        terms.Speech(said.kind, said.scripts, said.banned, said.languages),
        terms.Company(document.company.never, document.company.only),
        document.after_end,
        None if document.approval is None else timedelta(hours=document.approval.hours),
        document.training,
        None if document.rate is None else parse_rate(document.rate, "/terms/rate"),
        document.credit,
        document.description,
        document.representation,
    )


def _audience(document: NamedDocument | OnlyMeDocument | MutualsDocument | EveryoneDocument) -> terms.Audience:
    match document:
        case NamedDocument():
            return terms.Named(
                tuple(terms.NamedParty(one.party, one.not_after, one.uses, one.seconds) for one in document.parties)
            )
        case OnlyMeDocument():
            return terms.OnlyMe()
        case MutualsDocument():
            return terms.Mutuals(document.excluded)
        case EveryoneDocument():
            return terms.Everyone(document.excluded)
