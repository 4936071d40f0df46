"""A permission on its way to being signed. It lives in the pages themselves: a second tab has one of its own.

Nothing of it is trusted for having been shown: at every step its terms are read anew, and what is recorded is what was
signed, judged by `grants.record_grant`.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.utils.translation import get_language, gettext

from consent import asks, clock, enrolment, grants, statements, terms_document
from consent.facts import terms_of
from consent.grants import PROOF_WITHIN
from consent.models import Likeness, PartyKey
from consent.narrowing import widenings
from consent.portal import acting, permissions, signing
from consent.terms import Everyone, is_broad
from consent.vocabulary import BROAD_PURPOSES, BROAD_SCENES
from consent.wording import LANGUAGES
from ledger import base64url, canonical

if TYPE_CHECKING:
    from django.http import QueryDict

    from consent.models import Ask, Grant, Party
    from consent.portal.signing import Passkey
    from consent.terms import Terms

MAX_TERMS: Final = 262_144  # bytes of a terms document: more than the longest that can be signed
MAX_DOCUMENT: Final = 300_000
LONG: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Draft:
    """Terms that nobody has signed. `replaces` is `None` for a new permission; `key` for whoever has none to sign."""

    likeness: Likeness
    document: dict[str, Any]
    terms: Terms
    language: str
    replaces: Grant | None = None
    key: PartyKey | None = None
    passkey: Passkey | None = None  # None: the key is an app's
    keys: list[PartyKey] = field(default_factory=list)
    ask: Ask | None = None  # the request that it answers; None: nobody asked

    @property
    def written(self) -> str:
        """Return the terms as the next page carries them."""
        return json.dumps(self.document, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class ToSign:
    """The document with the text that is signed, its SHA-256, and the 32 bytes that the signature covers."""

    document: str
    text: str
    sha256: str
    digest: bytes

    @property
    def encoded(self) -> str:
        """Return the digest as an app key's holder needs it."""
        return base64url.encode(self.digest)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the text, before and after. `change`: "" where nothing is different, "narrower" or "wider"."""

    head: str
    before: list[str]
    after: list[str]
    change: str


def read(sent: QueryDict, party: Party, document: dict[str, Any] | None = None) -> Draft:
    """Return the draft of a page; `document` if a form was filled just now. Raises a Problem for what is wrong."""
    likeness = acting.likeness(party, sent.get("likeness", ""))
    ask = asked_for(sent.get("ask", ""), party)
    if ask is not None and ask.likeness_id != likeness.pk:
        raise asks.missing()
    found = _carried(sent.get("terms", "")) if document is None else document
    terms = statements.parse_terms(found)
    number = acting.read_id(sent.get("replaces", ""))
    replaces = None if number is None else acting.permission(party, number)
    if replaces is not None and replaces.likeness_id != likeness.pk:
        raise grants.missing("/supersedes")
    keys = list(party.keys.filter(revoked_at=None, erased_at=None).order_by("created_at", "pk"))
    key, passkey = _signer(sent.get("key", ""), keys, party)
    asked = sent.get("language") or get_language() or "en"
    language = asked if asked in LANGUAGES[terms.version] else "en"
    return Draft(likeness, terms_document.terms_document(terms), terms, language, replaces, key, passkey, keys, ask)


def to_sign(draft: Draft, party: Party) -> ToSign:
    """Draft the document that is signed, as of now. Raises a Problem where these terms cannot be signed."""
    assert draft.key is not None  # noqa: S101 - the caller shows a page without a signature otherwise
    replaces = None if draft.replaces is None else draft.replaces.pk
    document = grants.draft(
        draft.likeness, draft.document, key=draft.key, language=draft.language, supersedes=replaces, actor=party
    )
    text = grants.shown_text(document)
    hashed = hashlib.sha256(text.encode()).hexdigest()
    return ToSign(json.dumps(document, ensure_ascii=False), text, hashed, canonical.digest("grant", document))


def posted_document(posted: str) -> dict[str, Any]:
    """Return the document that was signed, read strictly. Raises `StatementInvalid`."""
    return _parsed(posted, MAX_DOCUMENT)


def wider(draft: Draft) -> tuple[str, ...]:
    """Return the clauses that reach further than those in force, or than what was asked for; else there are none."""
    old = _before(draft)
    return () if old is None else widenings(draft.terms, old)


def compared(draft: Draft) -> list[Part]:
    """Return both texts part by part, the parts that differ marked: before is in force, or was asked for."""
    old = _before(draft)
    if old is None:
        return []
    names = acting.names([old, draft.terms])
    before = dict(permissions.sections(permissions.text(old, names, draft.language)))
    after = dict(permissions.sections(permissions.text(draft.terms, names, draft.language)))
    reaching = {pointer.split("/")[2] for pointer in wider(draft)}
    heads = list(dict.fromkeys([*before, *after]))
    return [
        Part(head, before.get(head, []), after.get(head, []), _change(n, head, before, after, reaching))
        for n, head in enumerate(heads)
    ]


CLAUSES: Final[tuple[set[str], ...]] = (  # of each part of the text `grant/2`, in its order
    set(), {"audience"}, {"modalities"}, {"purposes", "campaigns", "description"}, {"scenes"}, {"speech"}, {"company"},
    {"territories"}, {"window", "limits"}, {"remix"}, {"approval"}, {"after_end"}, {"training"}, {"rate"}, {"credit"},
    {"representation"},
)  # fmt: skip


def _change(number: int, head: str, before: dict[str, Any], after: dict[str, Any], reaching: set[str]) -> str:
    if number < len(CLAUSES) and CLAUSES[number] & reaching:
        return "wider"
    same = difflib.SequenceMatcher(None, before.get(head, []), after.get(head, [])).ratio() == 1
    return "" if same and (head in before) == (head in after) else "narrower"


def warnings(draft: Draft) -> list[str]:
    """Say what reaches far, in words."""
    terms, found = draft.terms, []
    if isinstance(terms.audience, Everyone):
        found.append(gettext("Anybody may use your likeness, also people whom you do not know and would not choose."))
    if terms.purposes & BROAD_PURPOSES:
        found.append(gettext("You may be seen to advertise something."))
    if terms.scenes.allowed & BROAD_SCENES:
        found.append(gettext("Scenes of politics, romance or little clothing are among what may be shown."))
    if terms.training:
        found.append(gettext("What a model has learned from you stays in it, also after you withdraw."))
    if terms.after_end in {"keep", "keep_with_label"}:
        found.append(gettext("Videos stay visible after the end."))
    if terms.window.not_after - terms.window.not_before > LONG:
        found.append(gettext("It lasts longer than a year."))
    return found


def needs_proof(draft: Draft) -> bool:
    """Tell whether the person has to show themself before this can be signed (`grants.ProofNeeded`)."""
    if draft.likeness.kind != Likeness.Kind.PERSON or not is_broad(draft.terms):
        return False
    shown = enrolment.fresh_proof_at(draft.likeness)
    return shown is None or shown < clock.now() - PROOF_WITHIN


def _before(draft: Draft) -> Terms | None:
    """Return the terms to compare with; `None`: there are none."""
    if draft.ask is not None:
        return asks.letter_of(draft.ask).terms
    return None if draft.replaces is None else terms_of(draft.replaces.terms)


def asked_for(posted: str, party: Party) -> Ask | None:
    """Return the request that a page answers. Raises `AskMissing` for one that does not reach this party."""
    if not posted:
        return None
    number = acting.read_id(posted)
    found = None if number is None else asks.put_to(party).filter(pk=number).first()
    if found is None:
        raise asks.missing()
    return found


def _signer(asked: str, keys: list[PartyKey], party: Party) -> tuple[PartyKey | None, Passkey | None]:
    """Return the key that was asked for, else a passkey of this log-in, else an app's."""
    passkeys = {one.key_id: one for one in signing.signers(party)}
    fitting = [key for key in keys if key.key_id == asked] or [key for key in keys if key.key_id in passkeys] or keys
    return (fitting[0], passkeys.get(fitting[0].key_id)) if fitting else (None, None)


def _carried(posted: str) -> dict[str, Any]:
    return _parsed(posted, MAX_TERMS)


def _parsed(posted: str, limit: int) -> dict[str, Any]:
    try:
        return dict(canonical.parse(posted.encode(), limit=limit))
    except (canonical.MalformedJson, UnicodeEncodeError) as error:
        detail, remedy = gettext("This page did not come back whole."), gettext("Begin the permission again.")
        raise statements.StatementInvalid(detail, pointer="", remedy=remedy) from error
