"""What went into a video besides its parent, as its manifest names it: commitments that nobody but us can open.

An input is named by `urn:countenance:input:<commitment>`. The commitment covers the log entry of the enrolment whose
clip was used, or the permit's own commitment to the prompt. Its salt is not stored: it is derived from the video's id
and from the salt of an entry, which is sealed under its subject. Two videos of one person share nothing here, and once
the subject is erased the salt cannot be made again, so that the commitment says nothing about anybody for ever.
"""

from __future__ import annotations

import hashlib
import hmac
from uuid import UUID

from consent.models import Enrolment, Permit
from ledger import base64url, log
from ledger.commitment import commit
from ledger.models import Entry
from ledger.subjectkeys import Erased
from provenance.manifest import Ingredient
from provenance.models import Video

INSTANCE = "urn:countenance:input:"


def of(video: Video, permit: Permit) -> list[Ingredient]:
    """Describe a clip for each likeness in the cast, by the order of their ids, and the prompt."""
    cast = video.appearances.order_by("likeness_id").values_list("likeness_id", flat=True)
    clips = [Ingredient.calibration(number, clip(likeness, video.id)) for number, likeness in enumerate(cast, 1)]
    return [*clips, Ingredient.prompt(prompt(permit, video.id))]


def clip(likeness: UUID, video: UUID) -> str | None:
    """Name the clip that likeness was enrolled with last; `None`: it has none that we could open."""
    found = Enrolment.objects.select_related("entry").filter(likeness=likeness, erased_at=None)
    newest = found.order_by("created_at", "id").last()
    return None if newest is None else _named(newest.entry, video, bytes(newest.entry.body))


def prompt(permit: Permit, video: UUID) -> str | None:
    """Name the prompt; `None`: who asked for it has been erased."""
    committed = str(permit.binding_document["prompt"])
    return _named(permit.entry, video, base64url.decode(committed))


def salt_of(opened: bytes, video: UUID) -> bytes:
    """Return the salt under which `video` commits to an input; `opened` is the salt of the input's own entry."""
    return hmac.digest(opened, b"countenance/input-salt/v1\0" + video.bytes, hashlib.sha256)


def _named(entry: Entry, video: UUID, data: bytes) -> str | None:
    try:
        opened = log.opening(entry).salt
    except Erased:
        return None
    return INSTANCE + base64url.encode(commit(salt_of(opened, video), data, label="input"))
