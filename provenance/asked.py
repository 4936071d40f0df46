"""What a client asks for, checked field by field before anybody's consent is asked. Every list here is closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from consent.vocabulary import PURPOSES
from gpu_client import renderers
from ledger.canonical import digest
from provenance import depiction
from provenance.depiction import Depiction
from provenance.flaws import RequestInvalid

if TYPE_CHECKING:
    from provenance.naming import Names

__all__ = ["Asked", "RequestInvalid", "check", "check_cast", "check_key", "models", "one_of"]

MAX_PROMPT = 2000  # characters
MAX_CAST = 8  # likenesses
SECONDS = (4, 8, 12)
SIZES = ("1280x720", "720x1280", "1792x1024", "1024x1792")
SIZE = "720x1280"  # what clients of this API count on where they say none
PURPOSE = "entertainment"  # likewise: most know no such field. A grant that is not for it does not cover the use
KEY = re.compile(r"[\x21-\x7e]{1,255}")
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Asked:
    """One request whose form is right. Says nothing about consent."""

    prompt: str
    cast: tuple[UUID, ...]  # sorted, without repetition, never empty
    purpose: str
    model: str
    seconds: int
    size: str
    parent: UUID | None = None  # the video to remix; None: a video of its own
    shown: Depiction = field(default_factory=Depiction)
    depth: int = 0  # how many videos lie between this one and one without a parent
    names: Names | None = field(default=None, compare=False)  # how the cast was named; None: by its ids, as in a retry

    def sha256(self) -> str:
        """Return the hex digest by which a repeated request is recognised. What is not said is not in it."""
        document = {
            "prompt": self.prompt,
            "cast": [str(likeness) for likeness in self.cast],
            "purpose": self.purpose,
            "model": self.model,
            "seconds": self.seconds,
            "size": self.size,
            "parent": str(self.parent) if self.parent else None,
            **self.shown.document(),
        }
        return digest("render-request", document).hex()


def check(
    *,
    prompt: object,
    cast: object,
    purpose: object,
    model: object,
    seconds: object,
    size: object,
    parent: UUID | None = None,
    said: Mapping[str, object] | None = None,
    inherited: Depiction | None = None,
    depth: int = 0,
) -> Asked:
    """Return the request in its one form, or raise `RequestInvalid` with the first field that is wrong.

    `said`: the fields of `depiction.FIELDS` that were sent; None: none. `inherited`: what the parent shows; None: no
    remix.
    """
    named = check_cast(cast)
    return Asked(
        prompt=check_prompt(prompt),
        cast=named,
        purpose=one_of(purpose, tuple(PURPOSES), "purpose"),
        model=one_of(model, models(), "model"),
        seconds=check_seconds(seconds),
        size=one_of(size, SIZES, "size"),
        parent=parent,
        shown=depiction.check(said or {}, named, inherited),
        depth=depth,
    )


def models() -> tuple[str, ...]:
    """Return the names of the models that some configured render service runs; the first is the default."""
    return tuple(renderers.offered())


def check_prompt(prompt: object) -> str:
    """Require some text that can be drawn and stored."""
    if not isinstance(prompt, str) or not prompt.strip():
        raise RequestInvalid("There is no prompt.", pointer="/prompt", remedy="Describe the scene in words.")
    if len(prompt) > MAX_PROMPT:
        raise RequestInvalid(
            f"The prompt has {len(prompt)} characters.", pointer="/prompt", remedy=f"Use at most {MAX_PROMPT}."
        )
    if UNPRINTABLE.search(prompt):
        raise RequestInvalid(
            "The prompt has control characters.", pointer="/prompt", remedy="Use printable text and line breaks."
        )
    return prompt


def check_cast(cast: object) -> tuple[UUID, ...]:
    """Require between one and eight likeness ids; whether they exist is for consent to say, and to nobody else."""
    if not isinstance(cast, list | tuple | set | frozenset):  # a mapping would be read by its names alone
        raise RequestInvalid("The cast is not a list.", pointer="/likeness", remedy="Send a list of likeness ids.")
    found = {likeness_id(one) for one in cast}
    if not found:
        raise RequestInvalid(
            "Nobody is named.", pointer="/likeness", remedy="Name every likeness that the video is to show."
        )
    if len(found) > MAX_CAST:
        raise RequestInvalid(
            f"{len(found)} likenesses are named.", pointer="/likeness", remedy=f"Name at most {MAX_CAST}."
        )
    return tuple(sorted(found))


def likeness_id(value: object) -> UUID:
    """Read one id."""
    try:
        return value if isinstance(value, UUID) else UUID(str(value))
    except ValueError:
        raise RequestInvalid(
            "A likeness id is not a UUID.", pointer="/likeness", remedy="Send the ids as their holders gave them."
        ) from None


def check_seconds(seconds: object) -> int:
    """Read the length, which the clients of this API send as text."""
    return int(one_of(str(seconds), tuple(map(str, SECONDS)), "seconds"))


def check_key(key: object) -> str:
    """Require an idempotency key that can be told from any other at sight."""
    if not isinstance(key, str) or not KEY.fullmatch(key):
        raise RequestInvalid(
            "The idempotency key cannot be used.",
            pointer="/Idempotency-Key",
            remedy="Send 1 to 255 visible ASCII characters, for instance a UUID.",
        )
    return key


def one_of(value: object, allowed: Sequence[str], field: str) -> str:
    """Require a member of a closed list."""
    if not isinstance(value, str) or value not in allowed:
        listed = ", ".join(allowed) or "none is configured"
        raise RequestInvalid(f"This {field} is not offered.", pointer=f"/{field}", remedy=f"Use one of: {listed}.")
    return value
