"""Ask before a render whether a reference picture or clip shows the cast and nobody else."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import decisions, references
from consent.api.authentication import party_of
from consent.api.body import Uuid
from consent.media.scene import SceneTooLarge
from consent.policy import Use
from consent.vocabulary import PURPOSES

FIELDS = frozenset({"cast", "purpose", "seconds", "reference"})


class ScreeningBody(serializers.Serializer[Any]):
    """A form: `cast` once for each likeness, the use that is meant, and the file."""

    cast = serializers.ListField(child=Uuid(), max_length=decisions.MAX_CAST, allow_empty=False)
    purpose = serializers.ChoiceField(choices=sorted(PURPOSES))
    seconds = serializers.IntegerField(min_value=1, max_value=decisions.MAX_SECONDS)
    reference = serializers.FileField()

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 - REST framework's signature
        """Refuse what is not known; only the cast comes more than once."""
        unknown = {name: ["This field is not known. Leave it out."] for name in data if name not in FIELDS}
        twins = {name: ["Send it once."] for name, sent in data.lists() if name != "cast" and len(sent) > 1}
        if unknown or twins:
            raise serializers.ValidationError(unknown | twins)
        return super().to_internal_value(data)


class ScreeningAnswer(serializers.Serializer[Any]):
    """Nothing was found against the reference. What that is worth is in the two lists."""

    faces = serializers.IntegerField(min_value=0, help_text="Found; each is of the cast.")
    checked = serializers.ListField(child=serializers.CharField())
    not_checked = serializers.ListField(child=serializers.CharField())


class ScreeningsView(APIView):
    """Preflight of a reference. Nothing of the file is kept."""

    scope = "decisions"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="reference_screening", request={"multipart/form-data": ScreeningBody}, responses=ScreeningAnswer
    )
    def post(self, request: Request) -> Response:
        """Refused with `denied` unless the use is covered, with `reference-shows-somebody` if in any doubt."""
        me = party_of(request)
        body = ScreeningBody(data=request.data)
        if getattr(request._request, "upload_too_large", False):  # noqa: SLF001 - set there by our upload handler
            raise SceneTooLarge("The file is too large.", pointer=references.POINTER, remedy="Scale it down.")
        body.is_valid(raise_exception=True)
        sent = body.validated_data
        use = Use(frozenset(map(str, sent["cast"])), str(me.pk), sent["purpose"], remix=False, seconds=sent["seconds"])
        clear = references.screen(sent["reference"].read(), use, actor=me)
        answer = {"faces": clear.faces, "checked": clear.checked, "not_checked": clear.unchecked}
        return Response(ScreeningAnswer(answer).data)
