"""A proposed use as a client sends it: the whole vocabulary, every field named or refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct
from rest_framework import serializers

from consent import decisions, vocabulary
from consent.api.body import Body, Flag, Uuid
from consent.speech import MAX_TEXT, Words
from consent.use import EVERYDAY, Use
from consent.vocabulary import MAX_DEPTH, PURPOSES, SCENES

if TYPE_CHECKING:
    type Purpose = str
    type Scene = str
    type Modality = str
else:
    Purpose = Literal[tuple(PURPOSES)]
    Scene = Literal[tuple(SCENES)]
    Modality = Literal[tuple(vocabulary.MODALITIES)]

Country = Annotated[str, Meta(min_length=2, max_length=2)]


class SpeechSent(Struct, forbid_unknown_fields=True, frozen=True):
    """What the cast would be made to say."""

    text: Annotated[str, Meta(min_length=1, max_length=MAX_TEXT)]
    language: Annotated[str, Meta(pattern="^[a-z]{2,3}$")]


class UseSent(Struct, forbid_unknown_fields=True, frozen=True):
    """A proposed use. What is left out means what `consent.use.Use` says."""

    cast: Annotated[list[UUID], Meta(max_length=decisions.MAX_CAST)]
    purpose: Purpose
    seconds: Annotated[int, Meta(ge=1, le=decisions.MAX_SECONDS)]
    remix: bool
    depth: Annotated[int, Meta(ge=0, le=MAX_DEPTH)] = 0
    modalities: dict[UUID, frozenset[Modality]] = {}
    scenes: frozenset[Scene] = EVERYDAY
    territories: frozenset[Country] | None = None
    campaign: str | None = None
    speech: SpeechSent | None = None
    training: bool = False

    def by(self, client: UUID) -> Use:
        """Return the use, asked by this client."""
        said = self.speech
        return Use(
            frozenset(str(one) for one in self.cast),
            str(client),
            self.purpose,
            remix=self.remix,
            seconds=self.seconds,
            depth=self.depth,
            modalities=tuple(sorted((str(one), shown) for one, shown in self.modalities.items())),
            scenes=self.scenes,
            territories=self.territories,
            campaign=self.campaign,
            words=None if said is None else Words(said.text, said.language),
            training=self.training,
        )


class SpeechBody(Body):
    """What the cast would be made to say."""

    text = serializers.CharField(max_length=MAX_TEXT)
    language = serializers.RegexField("^[a-z]{2,3}$")


class UseBody(Body):
    """A proposed use, for the description of the API: `UseSent` is what is read."""

    cast = serializers.ListField(child=Uuid(), max_length=decisions.MAX_CAST, allow_empty=True)
    purpose = serializers.ChoiceField(choices=sorted(PURPOSES))
    seconds = serializers.IntegerField(min_value=1, max_value=decisions.MAX_SECONDS)
    remix = Flag()
    depth = serializers.IntegerField(min_value=0, max_value=MAX_DEPTH, required=False)
    modalities: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.ChoiceField(choices=sorted(vocabulary.MODALITIES))),
        required=False,
    )
    scenes = serializers.ListField(child=serializers.ChoiceField(choices=sorted(SCENES)), required=False)
    territories = serializers.ListField(child=serializers.CharField(), required=False, allow_null=True)
    campaign = serializers.CharField(max_length=vocabulary.MAX_CAMPAIGN, required=False, allow_null=True)
    speech = SpeechBody(required=False, allow_null=True)
    training = Flag(required=False)
