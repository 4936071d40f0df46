"""Prove a likeness by answering a random challenge with a clip. No answer holds a score, a template or a doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent import capture, clock, enrolment_notice, likenesses
from consent.api.authentication import party_of
from consent.api.body import Body, StrictJSONParser
from consent.api.likenesses import ClipBody, clip_of
from consent.media.advice import ADVICE
from consent.media.prompted import Name
from consent.models import EnrolmentSession

if TYPE_CHECKING:
    from consent.models import EnrolmentTry


class SessionBody(Body):
    """A session to open."""

    language = serializers.CharField(max_length=8, default="en")


class NoticeAnswer(serializers.Serializer[Any]):
    """What to read first."""

    text = serializers.CharField()
    language = serializers.CharField()
    version = serializers.IntegerField()
    sha256 = serializers.CharField()


class CheckAnswer(serializers.Serializer[Any]):
    """One check of the last try, and what to do about it."""

    name = serializers.ChoiceField(choices=[(str(name), str(name)) for name in Name])
    passed = serializers.BooleanField()
    remedy = serializers.CharField(allow_null=True)


class SessionAnswer(serializers.Serializer[Any]):
    """A session: what to do, how far it is. `checks` are of the last try; none while a person decides."""

    id = serializers.UUIDField()
    likeness = serializers.UUIDField()
    state = serializers.ChoiceField(choices=EnrolmentSession.State.choices)
    steps = serializers.ListField(child=serializers.CharField())
    digits = serializers.ListField(child=serializers.CharField())
    instructions = serializers.ListField(child=serializers.CharField())
    notice = NoticeAnswer()
    tries_left = serializers.IntegerField()
    checks = CheckAnswer(many=True)
    assurance = serializers.CharField(allow_null=True)
    enrolment = serializers.UUIDField(allow_null=True)
    opened_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    entry = serializers.UUIDField()


class SessionsView(APIView):
    """The sessions of a likeness."""

    scope = "likenesses"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="enrolment_session_open", request=SessionBody, responses={201: SessionAnswer})
    def post(self, request: Request, likeness: UUID) -> Response:
        """Open a session; one that is open is over with it."""
        me = party_of(request)
        mine = likenesses.owned(likeness, holder=me)
        body = SessionBody(data=request.data)
        body.is_valid(raise_exception=True)
        session = capture.open_session(mine, language=body.validated_data["language"], actor=me)
        return Response(_answer(session), status=201)


class SessionView(APIView):
    """One session, for the holder; for everybody else it does not exist."""

    scope = "likenesses:read"

    @extend_schema(operation_id="enrolment_session_show", responses=SessionAnswer)
    def get(self, request: Request, session: UUID) -> Response:
        """Show it."""
        return Response(_answer(capture.owned(session, holder=party_of(request))))


class ClipView(APIView):
    """The clip that answers the challenge."""

    scope = "likenesses"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        operation_id="enrolment_session_clip", request={"multipart/form-data": ClipBody}, responses=SessionAnswer
    )
    def post(self, request: Request, session: UUID) -> Response:
        """Judge a clip. A clip that fails a check is an answer, not an error: see `state` and `checks`."""
        me = party_of(request)
        mine = capture.owned(session, holder=me)  # before the body is read
        capture.submit_clip(mine, clip_of(request), actor=me)
        return Response(_answer(mine))


def _answer(session: EnrolmentSession) -> dict[str, Any]:
    tries = list(session.tries.order_by("number"))
    in_review = session.state == EnrolmentSession.State.IN_REVIEW
    notice = enrolment_notice.in_language(session.language)
    shown = {
        "id": session.pk,
        "likeness": session.likeness_id,
        "state": capture.state_of(session, clock.now()),
        "steps": session.steps,
        "digits": session.digits,
        "instructions": capture.asked_of(session).instructions(session.language),
        "notice": {
            "text": notice.text,
            "language": notice.language,
            "version": session.notice_version,
            "sha256": session.notice_sha256,
        },
        "tries_left": max(0, capture.TRIES - len(tries)),
        "checks": [] if in_review or not tries else _checks(tries[-1], session.language),
        "assurance": session.enrolment.assurance if session.enrolment else None,
        "enrolment": session.enrolment_id,
        "opened_at": session.opened_at,
        "expires_at": session.expires_at,
        "entry": session.entry_id,
    }
    return dict(SessionAnswer(shown).data)


def _checks(tried: EnrolmentTry, language: str) -> list[dict[str, Any]]:
    """Return each check in the order in which a person would put things right; `None`: nothing is to be done."""
    return [
        {"name": str(name), "passed": passed, "remedy": None if passed else ADVICE[language][name]}
        for name in Name
        if (passed := tried.checks.get(str(name))) is not None
    ]
