"""What a request says of its video beyond prompt and cast: scenes, where it is shown, what is said, what it is for.

What is left out is worldwide, everyday, without speech, for no campaign and not for training. A remix begins where its
parent is: it holds the parent's pictures, so it may say more about what they show, never less.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from consent.countries import CODES
from consent.speech import MAX_TEXT, Words
from consent.use import EVERYDAY, Use
from consent.vocabulary import MODALITIES, SCENES, UNSAID
from provenance.flaws import RequestInvalid

if TYPE_CHECKING:
    from typing import NoReturn

FIELDS = ("scenes", "territories", "campaign", "speech", "speech_language", "modalities", "training")
LISTS = ("scenes", "territories")
CAMPAIGN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
LANGUAGE = re.compile(r"[a-z]{2,3}")
UNSPEAKABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")

type Shown = tuple[tuple[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Depiction:
    """The fields of `consent.use.Use` that a client may say; the same meaning, the same defaults.

    A likeness that shows what an unsaid one does has no pair, so that one meaning has one form.
    """

    scenes: frozenset[str] = EVERYDAY
    territories: frozenset[str] | None = None
    campaign: str | None = None
    words: Words | None = None
    modalities: Shown = ()
    training: bool = False

    @classmethod
    def of(cls, use: Use) -> Self:
        """Return what a decided use said."""
        return cls(use.scenes, use.territories, use.campaign, use.words, use.modalities, use.training)

    def document(self) -> dict[str, Any]:
        """Return what differs from the defaults, as JSON; nothing said: an empty document."""
        said: dict[str, Any] = {}
        if self.scenes != EVERYDAY:
            said["scenes"] = sorted(self.scenes)
        if self.territories is not None:
            said["territories"] = sorted(self.territories)
        if self.campaign is not None:
            said["campaign"] = self.campaign
        if self.words is not None:
            said |= {"speech": self.words.text, "speech_language": self.words.language}
        if self.modalities:
            said["modalities"] = {likeness: sorted(shown) for likeness, shown in self.modalities}
        return said | ({"training": True} if self.training else {})

    def use(self, use: Use) -> Use:
        """Return the use with these fields."""
        return replace(
            use,
            scenes=self.scenes,
            territories=self.territories,
            campaign=self.campaign,
            words=self.words,
            modalities=self.modalities,
            training=self.training,
        )


def check(said: Mapping[str, object], cast: Collection[UUID], parent: Depiction | None = None) -> Depiction:
    """Read the fields that were sent; raise `RequestInvalid` with the first that is wrong. `parent` None: no remix."""
    start = parent or Depiction()
    scenes = _words(said["scenes"], SCENES, "scenes") if "scenes" in said else start.scenes
    shown = _modalities(said["modalities"], cast) if "modalities" in said else {}
    if parent is not None:
        scenes |= parent.scenes
    return Depiction(
        scenes,
        _words(said["territories"], CODES, "territories") if "territories" in said else start.territories,
        _formed(CAMPAIGN, said["campaign"], "campaign") if "campaign" in said else start.campaign,
        _speech(said) or start.words,
        _together(shown, cast, parent),
        start.training or _flag(said.get("training", False)),
    )


def _together(shown: Mapping[str, frozenset[str]], cast: Collection[UUID], parent: Depiction | None) -> Shown:
    """Return what is shown of whom. What of somebody the parent shows, a remix of it shows too."""
    inherited = dict(parent.modalities) if parent is not None else {}
    found = []
    for one in sorted(map(str, cast)):
        seen = shown.get(one, inherited.get(one, UNSAID)) | inherited.get(one, frozenset())
        if seen != UNSAID:
            found.append((one, seen))
    return tuple(found)


def _modalities(value: object, cast: Collection[UUID]) -> dict[str, frozenset[str]]:
    if not isinstance(value, Mapping):
        _refuse("modalities", "This is not a map.", 'Send {"<likeness>": ["face"]}.')
    found: dict[str, frozenset[str]] = {}
    for name, shown in value.items():
        likeness = _id(name)
        if likeness not in cast:
            _refuse("modalities", "A likeness in it is not in the cast.", "Name it in the cast too.")
        if str(likeness) in found:
            _refuse("modalities", "A likeness is named twice.", "Name it once.")
        found[str(likeness)] = _words(shown, MODALITIES, "modalities")
    return found


def _id(name: object) -> UUID | None:
    try:
        return UUID(str(name))
    except ValueError:
        return None


def _words(value: object, known: Collection[str], field: str) -> frozenset[str]:
    if not isinstance(value, list | tuple) or not value:
        _refuse(field, "This is not a list with something in it.", f"Name at least one, or leave {field} out.")
    for one in value:
        if not isinstance(one, str) or one not in known:
            _refuse(field, "Something in it is not known here.", f"Use some of: {', '.join(sorted(known))}.")
    return frozenset(value)


def _speech(said: Mapping[str, object]) -> Words | None:
    """Return the words; None: none were sent. A text without its language could not be judged, nor the reverse."""
    if "speech" not in said and "speech_language" not in said:
        return None
    text = said.get("speech")
    if not isinstance(text, str) or not text.strip() or len(text) > MAX_TEXT or UNSPEAKABLE.search(text):
        _refuse("speech", "This cannot be spoken.", f"Send 1 to {MAX_TEXT} printable characters.")
    return Words(text, _formed(LANGUAGE, said.get("speech_language"), "speech_language"))


def _formed(form: re.Pattern[str], value: object, field: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        _refuse(field, "This is not of the form that it has.", f"Send what matches {form.pattern}.")
    return value


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        _refuse("training", "This is neither true nor false.", "Send true or false.")
    return value


def _refuse(field: str, detail: str, remedy: str) -> NoReturn:
    raise RequestInvalid(detail, pointer=f"/{field}", remedy=remedy)
