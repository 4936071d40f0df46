"""Which marks a video carries, and what a platform has to show with it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from provenance import disclosures, labelling
from provenance.api.videos import visible
from provenance.labels import Mark, Means


class Overlay(serializers.Serializer[Any]):
    """What whoever shows the video draws over it, from the first frame to the last."""

    svg = serializers.CharField()
    placement = serializers.DictField()


class LabelsShape(serializers.Serializer[Any]):
    """The marks of one video, and what each law or code wants said. Nothing here claims that a duty is met."""

    id = serializers.UUIDField()
    mark = serializers.ChoiceField(choices=[str(one) for one in Mark])
    means = serializers.ChoiceField(choices=[str(one) for one in Means], allow_null=True, help_text="null: no stamp.")
    overlay = Overlay(allow_null=True, help_text="null: the mark is in the frames.")
    watermark = serializers.CharField(allow_null=True, help_text="null: there is no imperceptible watermark.")
    european_union = serializers.DictField()
    california = serializers.DictField()
    china = serializers.DictField()
    india = serializers.DictField()


class VideoLabels(APIView):
    """The labels of a video."""

    scope = "videos:read"

    @extend_schema(operation_id="videos_labels", responses=LabelsShape)
    def get(self, request: Request, video_id: UUID) -> Response:
        """Say which mark a video carries, how, and the data that each place asks for beside it."""
        video = visible(video_id, request)
        facts = labelling.facts_of(video)
        drawn = labelling.overlay(facts, video.size)
        answer = {
            "id": video.id,
            "mark": str(facts.mark),
            "means": None if facts.means is None else str(facts.means),
            "overlay": drawn and {"svg": drawn.svg(), "placement": drawn.document()},
            "watermark": facts.watermark,
            **disclosures.document(facts),
        }
        return Response(LabelsShape(answer).data, headers={"Cache-Control": "no-store"})
