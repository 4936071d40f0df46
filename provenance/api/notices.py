"""Notices of one's own, and cases about videos of one's own: the takedown desk for whoever has a token.

Each side sees what concerns itself: a notifier their notice and what was decided, whose video it is the case once
something was done to the video. Nobody is told who the other is, or what they wrote.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from consent.api import pages
from consent.api.authentication import party_of
from consent.api.body import Body, StrictJSONParser
from consent.models import Appeal, Block, Case, CounterNotice, Notice, Party, Ruling
from consent.takedown import appeals, counter_notices, filing, floods, links, notice_document
from consent.takedown.cases import CaseMissing
from ledger import base64url
from provenance.desk import locate
from provenance.desk.following import appealable, latest
from provenance.models import Video

if TYPE_CHECKING:
    from django.db.models import QuerySet

PER_PARTY: Final = 60  # notices of one party on one day
STATES: Final = ("incomplete", "open", "decided", "closed", "withdrawn")


class NoticeBody(Body):
    """What is wrong, as the form has it: docs/design/desk.md says which field is needed for what."""

    notice = serializers.DictField(help_text="The notice, version 1. What is left out is empty.")
    language = serializers.ChoiceField(choices=Notice.Language.choices, default="en", help_text="Of our letters.")
    submission = serializers.CharField(
        required=False, max_length=64, help_text="A name of your own for this notice: sent again, it is the same one."
    )


class NoticeChangeBody(Body):
    """The whole notice as it is to be from now on."""

    notice = serializers.DictField()


class TextBody(Body):
    """Why one thinks that a decision is wrong."""

    text = serializers.CharField(max_length=notice_document.MAX_EXPLANATION, trim_whitespace=False)


class CounterNoticeBody(Body):
    """The sworn answer of whose video it is. `perjury` and `jurisdiction` have to be true."""

    ground = serializers.ChoiceField(choices=CounterNotice.Ground.choices)
    location = serializers.CharField(max_length=2000)
    explanation = serializers.CharField(required=False, allow_blank=True, max_length=notice_document.MAX_EXPLANATION)
    name = serializers.CharField(max_length=notice_document.MAX_NAME)
    address = serializers.CharField(max_length=notice_document.MAX_ADDRESS)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=notice_document.MAX_PHONE)
    email = serializers.CharField(max_length=notice_document.MAX_EMAIL)
    signature = serializers.CharField(max_length=notice_document.MAX_NAME)
    perjury: Any = serializers.JSONField()
    jurisdiction: Any = serializers.JSONField()


class RulingAnswer(serializers.Serializer[Any]):
    """The decision that stands."""

    action = serializers.ChoiceField(choices=Ruling.Action.choices)
    policy = serializers.CharField()
    reason = serializers.CharField()
    territory = serializers.ListField(child=serializers.CharField(), allow_null=True)
    in_force_at = serializers.DateTimeField(allow_null=True)
    appeal_until = serializers.DateTimeField(allow_null=True, help_text="Null: it cannot be appealed any more.")


class AppealAnswer(serializers.Serializer[Any]):
    """An appeal of one's own."""

    number = serializers.CharField()
    state = serializers.ChoiceField(choices=Appeal.State.choices)
    filed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField()


class FiledNoticeAnswer(serializers.Serializer[Any]):
    """A notice of one's own. `held_back`: a video of it is hidden now."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    case = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    missing = serializers.ListField(child=serializers.CharField())
    regimes = serializers.ListField(child=serializers.CharField())
    filed_at = serializers.DateTimeField()
    valid_at = serializers.DateTimeField(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True)
    held_back = serializers.BooleanField()
    ruling = RulingAnswer(allow_null=True)
    appeal = AppealAnswer(allow_null=True)
    entry = serializers.UUIDField()


class NoticeListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = FiledNoticeAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class CounterNoticeAnswer(serializers.Serializer[Any]):
    """A sworn answer of one's own. `restore_at`: not before this the video is back, unless somebody sues."""

    number = serializers.CharField()
    ground = serializers.ChoiceField(choices=CounterNotice.Ground.choices)
    filed_at = serializers.DateTimeField()
    restore_at = serializers.DateTimeField(allow_null=True)
    restore_by = serializers.DateTimeField(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)


class CaseAnswer(serializers.Serializer[Any]):
    """A case about a video of one's own."""

    number = serializers.CharField()
    video = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Case.State.choices)
    opened_at = serializers.DateTimeField()
    held_back = serializers.BooleanField()
    ruling = RulingAnswer(allow_null=True)
    counter_notice = CounterNoticeAnswer(allow_null=True)
    appeal = AppealAnswer(allow_null=True)


class CaseListAnswer(serializers.Serializer[Any]):
    """One page."""

    items = CaseAnswer(many=True)
    next = serializers.CharField(allow_null=True)


class NoticeList(APIView):
    """One's notices."""

    scope = "cases"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="notice_file", request=NoticeBody, responses={201: FiledNoticeAnswer})
    def post(self, request: Request) -> Response:
        """File a notice. An incomplete one is taken too, and says what is missing."""
        body = NoticeBody(data=request.data)
        body.is_valid(raise_exception=True)
        me, sent = party_of(request), body.validated_data
        read = notice_document.parse(dict(sent["notice"]))
        with transaction.atomic():
            floods.count("party", str(me.pk), PER_PARTY)  # a try that comes again counts too
        filed = filing.file(
            notice_document.written(read),
            token=_token(me, sent.get("submission")),
            language=sent["language"],
            actor=me,
            found=locate.found(read),
        )
        return Response(FiledNoticeAnswer(_notice(_own(me, filed.notice.pk))).data, status=201)

    @extend_schema(operation_id="notice_list", parameters=pages.PARAMETERS, responses=NoticeListAnswer)
    def get(self, request: Request) -> Response:
        """List one's notices, newest first."""
        items, following = pages.page(request, _notices(party_of(request)), "filed_at")
        return Response(NoticeListAnswer({"items": [_notice(one) for one in items], "next": following}).data)


class NoticeDetail(APIView):
    """One of them."""

    scope = "cases"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="notice_show", responses=FiledNoticeAnswer)
    def get(self, request: Request, notice: UUID) -> Response:
        """Show how it stands."""
        return Response(FiledNoticeAnswer(_notice(_own(party_of(request), notice))).data)

    @extend_schema(operation_id="notice_complete", request=NoticeChangeBody, responses=FiledNoticeAnswer)
    def put(self, request: Request, notice: UUID) -> Response:
        """Replace what it says: add what was missing. Its clock is not begun anew."""
        body = NoticeChangeBody(data=request.data)
        body.is_valid(raise_exception=True)
        me = party_of(request)
        mine = _own(me, notice)
        read = notice_document.parse(dict(body.validated_data["notice"]))
        filing.complete(mine, notice_document.written(read), actor=me, found=locate.found(read))
        return Response(FiledNoticeAnswer(_notice(_own(me, notice))).data)

    @extend_schema(operation_id="notice_withdraw", responses=FiledNoticeAnswer)
    def delete(self, request: Request, notice: UUID) -> Response:
        """Take it back."""
        me = party_of(request)
        filing.withdraw(_own(me, notice), actor=me)
        return Response(FiledNoticeAnswer(_notice(_own(me, notice))).data)


class NoticeAppeal(APIView):
    """The decision about one's notice, looked at again."""

    scope = "cases"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="notice_appeal", request=TextBody, responses={201: AppealAnswer})
    def post(self, request: Request, notice: UUID) -> Response:
        """Ask for that, within six months. Somebody else than before decides. Twice is once."""
        me = party_of(request)
        mine = _own(me, notice)
        made = appeals.file_by_notifier(_decided(mine.case), _text(request), notice=mine, actor=me)
        return Response(AppealAnswer(made).data, status=201)


class CaseList(APIView):
    """Cases about one's videos."""

    scope = "cases"

    @extend_schema(operation_id="case_list", parameters=pages.PARAMETERS, responses=CaseListAnswer)
    def get(self, request: Request) -> Response:
        """List those in which something was done to a video of one's own, newest first."""
        me = party_of(request)
        items, following = pages.page(request, _cases(me), "opened_at")
        return Response(CaseListAnswer({"items": [_case(one, me) for one in items], "next": following}).data)


class CaseDetail(APIView):
    """One of them."""

    scope = "cases"

    @extend_schema(operation_id="case_show", responses=CaseAnswer)
    def get(self, request: Request, number: str) -> Response:
        """Show how it stands. Who notified is not told."""
        me = party_of(request)
        return Response(CaseAnswer(_case(_mine(me, number), me)).data)


class CaseCounterNotice(APIView):
    """One's sworn answer."""

    scope = "cases"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="counter_notice_file", request=CounterNoticeBody, responses={201: CounterNoticeAnswer})
    def post(self, request: Request, number: str) -> Response:
        """File it. Whoever notified is told that there is one, and not by whom. Twice is once."""
        me = party_of(request)
        case = _mine(me, number)
        body = CounterNoticeBody(data=request.data)
        body.is_valid(raise_exception=True)
        made = counter_notices.file_counter_notice(case, dict(body.validated_data), actor=me)
        return Response(CounterNoticeAnswer(made).data, status=201)

    @extend_schema(operation_id="counter_notice_withdraw", responses={204: None})
    def delete(self, request: Request, number: str) -> Response:
        """Take it back; where there is none, nothing is to be done."""
        me = party_of(request)
        standing = _mine(me, number).counter_notices.filter(party=me, withdrawn_at=None).first()
        if standing is not None:
            counter_notices.withdraw(standing, actor=me)
        return Response(status=204)


class CaseAppeal(APIView):
    """The decision about one's video, looked at again."""

    scope = "cases"
    parser_classes = (StrictJSONParser,)

    @extend_schema(operation_id="case_appeal", request=TextBody, responses={201: AppealAnswer})
    def post(self, request: Request, number: str) -> Response:
        """Ask for that, within six months. Somebody else than before decides. Twice is once."""
        me = party_of(request)
        made = appeals.file_by_uploader(_decided(_mine(me, number)), _text(request), actor=me)
        return Response(AppealAnswer(made).data, status=201)


def _token(me: Party, submission: str | None) -> str:
    """Return the one-time token of a form: of a named submission the same one again, and no other party's."""
    if submission is None:
        return links.new()
    return base64url.encode(
        hashlib.sha256(f"countenance/notice-submission/v1\0{me.pk}\0{submission}".encode()).digest()
    )


def _notices(me: Party) -> QuerySet[Notice]:
    return Notice.objects.select_related("case").filter(party=me, erased_at=None)


def _own(me: Party, pk: UUID) -> Notice:
    found = _notices(me).filter(pk=pk).first()
    if found is None:
        raise CaseMissing("There is no such notice of yours.", remedy="Use an id that the list gave.")
    return found


def _cases(me: Party) -> QuerySet[Case]:
    """Return the cases about videos of a party in which something was done. Before that nobody learns of a case."""
    blocked = Block.objects.filter(case=OuterRef("number"), video=OuterRef("video"))
    ruled = Ruling.objects.filter(case=OuterRef("pk"), in_force_at__isnull=False)
    theirs = Video.objects.filter(client=me).values("pk")
    return Case.objects.filter(Q(Exists(blocked)) | Q(Exists(ruled)), video__in=theirs)


def _mine(me: Party, number: str) -> Case:
    found = _cases(me).filter(number=number).first() if number.isascii() and number.isprintable() else None
    if found is None:
        raise CaseMissing("There is no such case about a video of yours.", remedy="Use a number that the list gave.")
    return found


def _decided(case: Case) -> Ruling:
    found = latest(case)
    if found is None:
        raise appeals.AppealRefused("There is no decision yet.", remedy="Wait for it.")
    return found


def _text(request: Request) -> str:
    body = TextBody(data=request.data)
    body.is_valid(raise_exception=True)
    return str(body.validated_data["text"])


def _held_back(case: Case) -> bool:
    return Block.objects.filter(case=case.number, lifted_at=None).exists()


def _ruling(case: Case) -> dict[str, Any] | None:
    found = latest(case)
    if found is None:
        return None
    said = {name: getattr(found, name) for name in ("action", "policy", "reason", "territory", "in_force_at")}
    return said | {"appeal_until": appeals.open_until(found) if appealable(found) else None}


def _notice(notice: Notice) -> dict[str, Any]:
    case = notice.case
    state = "incomplete" if notice.valid_at is None and case.state == Case.State.OPEN else str(case.state)
    names = ("number", "missing", "regimes", "filed_at", "valid_at", "due_at")
    return {name: getattr(notice, name) for name in names} | {
        "id": notice.pk,
        "case": case.number,
        "state": "withdrawn" if notice.withdrawn_at is not None else state,
        "held_back": _held_back(case),
        "ruling": _ruling(case),
        "appeal": notice.appeals.order_by("-filed_at").first(),
        "entry": notice.entry_id,
    }


def _case(case: Case, me: Party) -> dict[str, Any]:
    return {
        "number": case.number,
        "video": case.video,
        "state": case.state,
        "opened_at": case.opened_at,
        "held_back": _held_back(case),
        "ruling": _ruling(case),
        "counter_notice": case.counter_notices.filter(party=me, withdrawn_at=None).first(),
        "appeal": case.appeals.filter(party=me).order_by("-filed_at").first(),
    }
