"""The register of protected names: whose name no prompt may use unless the cast declares their likeness.

It holds as little as works. A spelling is stored only as keyed hashes of the keys by which a prompt would find it
(`consent.names`); the key is derived from a vault key, which the database holds wrapped only. So a stolen table says
how many are protected, not who, and nobody, us included, can list those who opted out. A holder's own names are also
sealed under the holder's key, so that they can be read back.

    ground                    who may use it                               requested by
    own_likeness, estate      the holder of the likeness                   holder
    opted_out                 staff                                        person
    deceased_without_estate   staff                                        next_of_kin

Staff protect alone: an error keeps somebody from being drawn. To end it two of them are needed.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import transaction

from consent import clock, names, staff
from consent.entries import OURS, append_end
from consent.models import Likeness, NameKey, Party, ProtectedName
from consent.staff import Staff
from ledger import log, subjectkeys
from ledger.models import SubjectKey
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from consent.names import Key, Stored

Ground = ProtectedName.Ground
RequestedBy = ProtectedName.RequestedBy

MAX_SPELLINGS: Final = 20  # in one act
MAX_IN_FORCE: Final = 5  # acts for one likeness
MAX_LENGTH: Final = 120  # characters of one spelling
MIN_LETTERS: Final = 5  # of a holder's own name
KEEPER: Final = "system:names"  # whose vault key the digests' key is derived from; never erased
BY_HOLDER: Final = {
    Likeness.Kind.PERSON: Ground.OWN_LIKENESS,
    Likeness.Kind.DECEASED: Ground.ESTATE,
    Likeness.Kind.CHARACTER: Ground.OWN_LIKENESS,
}
BY_STAFF: Final = {Ground.OPTED_OUT: RequestedBy.PERSON, Ground.DECEASED: RequestedBy.NEXT_OF_KIN}


class NameRefused(Problem):
    """A name cannot be protected like this."""

    code: ClassVar[str] = "name-refused"
    title: ClassVar[str] = "The name cannot be protected"


class ProtectedNameMissing(Problem):
    """Absent, ended, or somebody else's: one answer for all."""

    code: ClassVar[str] = "protected-name-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "No such protected name"


def protect(
    spellings: Sequence[str],
    aliases: Sequence[str] = (),
    *,
    ground: str,
    likeness: Likeness | None = None,
    actor: Party | Staff,
) -> ProtectedName:
    """Protect a person's name from this moment on.

    `spellings` are sure: a prompt with one is refused. `aliases` are doubtful ("MJ"): they send a prompt to a person.
    A holder protects the names of an active likeness, of two words at least: a single word may be anything's name, and
    needs one of the staff who looks at it. Raises `NameRefused`.
    """
    requested_by = _may(ground, likeness, actor)
    keys = _keys(spellings, aliases, curated=isinstance(actor, Staff))
    name = ProtectedName(id=uuid.uuid4(), ground=ground, requested_by=requested_by, likeness=likeness)
    payload: dict[str, object] = {"name": str(name.pk), "ground": ground, "requested_by": requested_by}
    with transaction.atomic():
        if likeness is not None:
            _require_room(likeness)
            payload |= {"likeness": str(likeness.pk), "spellings": list(spellings), "aliases": list(aliases)}
        subject = actor.actor if isinstance(actor, Party) else OURS  # ours holds no name
        name.entry = log.append("name.protected", payload, actor=actor.actor, subject=subject)
        name.save(force_insert=True)
        NameKey.objects.bulk_create(_rows(name, keys))
    return name


def unprotect(name: ProtectedName, *, actor: Party) -> ProtectedName:
    """End the protection of a name of one's own likeness. Raises `ProtectedNameMissing`."""
    with transaction.atomic():
        held = _held(name)
        if held.likeness is None or held.likeness.holder_id != actor.pk:
            raise missing()
        return _end(held, actor.actor, subject=actor.actor)


def propose_end(name: ProtectedName, *, actor: Staff) -> ProtectedName:
    """Say that a protection should end; another of the staff has to agree. A later proposal replaces this one."""
    with transaction.atomic():
        held = _held(name)
        log.append("removal.proposed", {"name": str(held.pk)}, actor=actor.actor, subject=OURS)
        held.end_proposed_by = actor.actor
        held.save(update_fields=["end_proposed_by"])
    return held


def approve_end(name: ProtectedName, *, actor: Staff) -> ProtectedName:
    """End a protection that a colleague proposed to end. Raises `staff.SecondPersonNeeded`, `ProtectedNameMissing`."""
    with transaction.atomic():
        held = _held(name)
        staff.require_another(held.end_proposed_by, actor)
        subject = OURS if held.likeness is None else held.likeness.holder.actor
        return _end(held, actor.actor, subject=subject)


def ground_of(likeness: Likeness) -> Ground:
    """Return the ground on which its holder protects the names of a likeness."""
    return BY_HOLDER[Likeness.Kind(likeness.kind)]


def naming(spelling: str) -> list[ProtectedName]:
    """Return what protects exactly this spelling: the only way to find a row whose name we do not keep."""
    digests = digests_of(stored.key for stored in names.keys_of(spelling)[:1])
    rows = ProtectedName.objects.filter(keys__digest__in=list(digests), ended_at=None)
    return list(rows.order_by("created_at", "pk").distinct())


def digests_of(keys: Iterable[Key]) -> dict[int, Key]:
    """Return each key by its keyed hash; none if no name was ever protected.

    Raises `KeyUnavailable` or `Erased` without the vault's key: then nothing is decided.
    """
    row = SubjectKey.objects.filter(subject=KEEPER).first()  # a kept key might be of a transaction that was undone
    if row is None:
        return {}
    secret = derived(subjectkeys.unwrap(row))
    return {digest(secret, key): key for key in keys}


def missing() -> ProtectedNameMissing:
    """Return the one answer for a protection that is absent, over or not the asker's."""
    return ProtectedNameMissing("There is no such protected name of yours.", remedy="Use an id that you were given.")


def digest(secret: bytes, key: Key) -> int:
    """Return keyed BLAKE2b (RFC 7693), 64 bits as a signed number.

    A false meeting denies; of 10^7 stored keys and a prompt's few thousand one is met in 10^8 prompts or more.
    """
    return int.from_bytes(hashlib.blake2b(key.encode(), key=secret, digest_size=8).digest(), "big", signed=True)


def derived(root: bytes) -> bytes:
    """Derive the key of the hashes from the keeper's vault key."""
    return hashlib.blake2b(b"countenance/protected-name/v1", key=root, digest_size=32).digest()


def _may(ground: str, likeness: Likeness | None, actor: Party | Staff) -> RequestedBy:
    """Return who asked, if this actor may use this ground."""
    if isinstance(actor, Staff) and likeness is None and ground in BY_STAFF:
        return BY_STAFF[Ground(ground)]
    if isinstance(actor, Party) and likeness is not None and likeness.holder_id == actor.pk:
        if likeness.state != Likeness.State.ACTIVE:
            remedy = "Enrol the likeness first."
            raise NameRefused("The likeness is not active.", pointer="/likeness", remedy=remedy)
        if ground_of(likeness) == ground:
            return RequestedBy.HOLDER
    raise NameRefused("You cannot protect a name on this ground.", pointer="/ground", remedy="Use a ground of yours.")


def _keys(spellings: Sequence[str], aliases: Sequence[str], *, curated: bool) -> list[tuple[Stored, bool, bool]]:
    """Return each key with whether it is doubtful and whether curated; the first spelling of a key decides."""
    if not spellings or len(spellings) + len(aliases) > MAX_SPELLINGS:
        remedy = f"Send 1 to {MAX_SPELLINGS} spellings, aliases included."
        raise NameRefused("There are too few or too many spellings.", pointer="/names", remedy=remedy)
    found: dict[Key, tuple[Stored, bool, bool]] = {}
    for field, texts in (("names", spellings), ("aliases", aliases)):
        for number, text in enumerate(texts):
            for stored in _checked(text, f"/{field}/{number}", curated=curated):
                doubtful = stored.doubtful or field == "aliases"
                found.setdefault(stored.key, (stored, doubtful, curated and stored.words == 1 and not doubtful))
    return list(found.values())


def _checked(text: str, pointer: str, *, curated: bool) -> tuple[Stored, ...]:
    stored = names.keys_of(text) if len(text) <= MAX_LENGTH and "\0" not in text else ()
    if not stored:
        remedy = f"Use one to {names.LONGEST} words with letters, at most {MAX_LENGTH} characters."
        raise NameRefused("This is not a name that can be looked for.", pointer=pointer, remedy=remedy)
    single = stored[0].words == 1 and not stored[0].key.startswith(names.PREFIX[names.Form.UNSPACED])
    letters = len(stored[0].key.replace(" ", "")) - len(names.PREFIX[names.Form.PLAIN])
    if not curated and (single or stored[0].doubtful or (letters < MIN_LETTERS and stored[0].key.isascii())):
        remedy = "Use first and last name. For a single or very short name, ask us: a person has to look at it."
        raise NameRefused("This may be the name of anything.", pointer=pointer, remedy=remedy)
    return stored


def _require_room(likeness: Likeness) -> None:
    Likeness.objects.select_for_update().get(pk=likeness.pk)  # two acts at once are counted one after the other
    if ProtectedName.objects.filter(likeness=likeness, ended_at=None).count() >= MAX_IN_FORCE:
        remedy = "End one of those first."
        raise NameRefused("The likeness has many protected names.", pointer="/likeness", remedy=remedy)


def _rows(name: ProtectedName, keys: list[tuple[Stored, bool, bool]]) -> list[NameKey]:
    secret = derived(subjectkeys.read(KEEPER).secret)  # FOR SHARE: two that make it at once agree on one
    return [
        NameKey(
            name=name,
            digest=digest(secret, stored.key),
            words=stored.words,
            slip=stored.slip,
            doubtful=doubtful,
            curated=curated,
        )
        for stored, doubtful, curated in keys
    ]


def _held(name: ProtectedName) -> ProtectedName:
    held = ProtectedName.objects.select_for_update().filter(pk=name.pk, ended_at=None).first()
    if held is None:
        raise missing()
    return held


def _end(held: ProtectedName, actor: str, *, subject: str) -> ProtectedName:
    held.ended_entry = append_end("name.unprotected", {"name": str(held.pk)}, actor=actor, subject=subject)
    held.ended_at = clock.now()
    held.save(update_fields=["ended_entry", "ended_at"])
    NameKey.objects.filter(name=held).delete()
    return held
