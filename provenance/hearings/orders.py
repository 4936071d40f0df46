"""Orders of courts and authorities: entered as they were served, carried out, confirmed, ended by two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from consent import clock
from consent.models import Likeness, Order, Party
from consent.portal.door import staff_page
from consent.takedown import cases, enforcement, lanes, orders
from consent.takedown.orders import OrderRefused
from ledger.problem import Problem
from ledger.subjectkeys import Erased
from provenance.console import pager
from provenance.hearings import matter

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.http import HttpRequest, HttpResponseBase

    from consent.staff import Staff

SHOWN: Final = 50
TEXTS: Final = ("kind", "court", "country", "docket", "words", "scope", "of", "territory", "served_at", "ordered_by",
                "ends_at")  # fmt: skip
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "video/mp4": "mp4"}
ACTS: Final[dict[str, tuple[Any, Callable[[Order, Staff], Any]]]] = {
    "carry-out": (_("It is carried out. A colleague confirms it."),
                  lambda row, actor: enforcement.carry_out(row, actor=actor)),
    "confirm": (_("You stand behind it."), lambda row, actor: enforcement.confirm(row, actor=actor)),
    "propose-end": (_("It is on record that it is over. A colleague ends it."),
                    lambda row, actor: enforcement.propose_end(row, actor=actor)),
    "end": (_("It is ended. What rested for it alone is back."), lambda row, actor: enforcement.end(row, actor=actor)),
}  # fmt: skip


@require_safe
@staff_page(may=orders.RECORD)
def listed(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """List the orders, the newest first; those that nobody carried out are a list of their own, the first due first."""
    waits = Order.objects.filter(carried_at=None, ended_at=None).filter(Q(ends_at=None) | Q(ends_at__gt=clock.now()))
    waits = waits.exclude(matter.not_for(actor)).select_related("case").order_by("due_at", "pk")
    rows = Order.objects.exclude(matter.not_for(actor)).select_related("case")
    page = pager.page(rows, request.GET.get("after", ""), "recorded_at", SHOWN)
    shown = {"waits": waits[:SHOWN], "page": page, "now": clock.now()}
    return render(request, "provenance/hearings/orders.html", shown)


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=orders.RECORD)
def new(request: HttpRequest, actor: Staff) -> HttpResponseBase:
    """Enter an order; its document, if it comes along, in the same transaction. Refused, what was typed is kept."""
    typed, problem = {name: request.POST.get(name, "") for name in TEXTS}, None
    if request.method == "POST":
        try:
            with transaction.atomic():
                made = _recorded(typed, actor)
                if (file := request.FILES.get("document")) is not None:
                    orders.add_document(made, file, actor=actor)  # type: ignore[arg-type]  # it reads as a file does
        except Problem as found:
            problem = found
        else:
            messages.success(request, gettext("It is recorded. Its clock runs."))
            return redirect("console-order", made.pk)
    shown = {"typed": typed, "problem": problem, "kinds": KINDS, "scopes": SCOPES, "lanes": _lanes()}
    return render(request, "provenance/hearings/order_new.html", shown, status=matter.status(problem))


@require_http_methods(["GET", "HEAD", "POST"])
@staff_page(may=orders.RECORD)
def order(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Show one order, or act upon the version of its case that was shown. Raises `CaseMissing`, `WorkConflict`."""
    row, problem = found(item, actor), None
    if request.method == "POST":
        try:
            act = request.POST.get("act", "")
            if act not in _possible(row, actor) and not _done(row, act):
                raise OrderRefused("This cannot be done now.", pointer="/act", remedy="Choose what the page offers.")
            matter.require_version(row.case, request.POST.get("version", ""))
            if act == "add-document":
                _document_added(row, request, actor)
            else:
                ACTS[act][1](row, actor)
        except Problem as refused:
            problem, row = refused, found(item, actor)
        else:
            messages.success(request, ACTS[act][0] if act in ACTS else gettext("Its document is sealed with it."))
            return redirect("console-order", item)
    return _page(request, row, actor, problem=problem)


@require_POST
@staff_page(may=orders.RECORD)
def read(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Open docket and words, on record. Not a redirect: to see them again is to open them again."""
    row = found(item, actor)
    try:
        details = orders.read(row, actor=actor)
    except Erased:
        details = {"docket": "", "words": gettext("It was erased.")}
    return _page(request, row, actor, details=details)


@require_POST
@staff_page(may=orders.RECORD)
def document(request: HttpRequest, actor: Staff, item: UUID) -> HttpResponseBase:
    """Hand out the paper, on record. It is a stranger's: it is saved, never shown by us."""
    del request
    row = found(item, actor)
    answer = StreamingHttpResponse(orders.read_document(row, actor=actor), content_type="application/octet-stream")
    ending = ENDINGS.get(row.document_type, "bin")
    answer["Content-Disposition"] = f'attachment; filename="{row.pk}.{ending}"'
    answer["X-Content-Type-Options"], answer["Cache-Control"] = "nosniff", "no-store"
    return answer


def found(item: UUID, actor: Staff) -> Order:
    """Return an order whose case this person may look into. Raises `CaseMissing`, `WorkConflict`."""
    row = Order.objects.select_related("case", "suspension", "document").filter(pk=item).first()
    if row is None:
        raise cases.CaseMissing("There is no such order.", remedy="Look at the list again.")
    row.case = matter.own(row.case, actor)
    return row


def _page(
    request: HttpRequest,
    row: Order,
    actor: Staff,
    *,
    problem: Problem | None = None,
    details: dict[str, Any] | None = None,
) -> HttpResponseBase:
    blocks = list(enforcement.standing(row)) if row.carried_at else []
    shown = {
        "row": row, "case": row.case, "problem": problem, "details": details, "blocks": blocks,
        "possible": _possible(row, actor), "stands": enforcement.in_force(row, clock.now()),
        "own_word": actor.actor == row.end_proposed_by, "lane": lanes.LANES.get(row.case.lane),
        "kind": dict(KINDS).get(row.kind, row.kind), "scope": dict(SCOPES).get(row.scope, row.scope),
        "unconfirmed": any(each.confirmed_at is None for each in blocks),
    }  # fmt: skip
    return render(request, "provenance/hearings/order.html", shown, status=matter.status(problem))


def _possible(row: Order, actor: Staff) -> list[str]:
    """Return what is offered; the verbs decide again, under the lock."""
    found = [] if row.document_id else ["add-document"]
    if not enforcement.in_force(row, clock.now()):
        return found
    if row.carried_at is None:
        return ["carry-out", *found]
    waits = row.case.state == row.case.State.OPEN
    found += ["confirm"] if waits and row.carried_by != actor.actor else []
    found += ["propose-end"] if not row.end_proposed_by else []
    return found + (["end"] if row.end_proposed_by and row.end_proposed_by != actor.actor else [])


def _done(row: Order, act: str) -> bool:
    """Tell whether an act is there already or is refused by the verb itself, so that twice is once and says why."""
    return act in ACTS and (act != "carry-out" or row.carried_at is not None)


def _recorded(typed: dict[str, str], actor: Staff) -> Order:
    video, likeness = _about(typed)
    named = typed["territory"].replace(",", " ").upper().split()
    served = _time(typed["served_at"], "/served_at")
    if served is None:
        raise OrderRefused("Say when it was served.", pointer="/served_at", remedy="The clock runs from then.")
    return orders.record_order(
        video, likeness=likeness, kind=typed["kind"], court=typed["court"].strip(), actor=actor,
        country=typed["country"].strip().upper(), docket=typed["docket"].strip(), words=_lines(typed["words"]),
        scope=typed["scope"], served_at=served, territory=named or None,
        ordered_by=_time(typed["ordered_by"], "/ordered_by"), ends_at=_time(typed["ends_at"], "/ends_at"),
    )  # fmt: skip


def _about(typed: dict[str, str]) -> tuple[UUID | None, Likeness | None]:
    """Return what an order names: a video by its id, or a likeness by its id or the handle of who alone has one."""
    said = typed["of"].strip()[:200].replace("\0", "")
    try:
        named = UUID(said)
    except ValueError:
        named = None
    if typed["scope"] != Order.Scope.LIKENESS:
        if named is None:
            raise OrderRefused("Which video?", pointer="/of", remedy="Give the id of its record.")
        return named, None
    rows = Likeness.objects.filter(pk=named) if named else _of_handle(said)
    two = list(rows[:2])
    if len(two) != 1:
        raise OrderRefused("Which likeness?", pointer="/of", remedy="Give its id, or a handle that has one likeness.")
    return None, two[0]


def _of_handle(handle: str) -> Any:  # noqa: ANN401 - a query set
    return Likeness.objects.filter(holder__in=Party.objects.filter(handle=handle, erased_at=None))


def _time(written: str, pointer: str) -> datetime | None:
    """Read what a browser's field for a time sends, in UTC as the page says; `None` for nothing."""
    if not written:
        return None
    try:
        at = parse_datetime(written[:40])
    except ValueError:
        at = None
    if at is None:
        raise OrderRefused("This is no time.", pointer=pointer, remedy="Write it as 2026-12-31T12:00, in UTC.")
    return at.replace(tzinfo=clock.now().tzinfo) if at.tzinfo is None else at


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _document_added(row: Order, request: HttpRequest, actor: Staff) -> None:
    file = request.FILES.get("document")
    if file is None:
        raise OrderRefused("Choose a file.", pointer="/document", remedy="A PDF, or a picture of the paper.")
    orders.add_document(row, file, actor=actor)  # type: ignore[arg-type]  # it reads as a file does


def _lanes() -> list[lanes.Lane]:
    return [each for code, each in lanes.LANES.items() if code in {"in-order", "us-ca-order", "order-time", "order"}]


KINDS: Final = (
    ("court", _("Order of a court")),
    ("restraining", _("Temporary restraining order")),
    ("government", _("Order of an authority")),
)
SCOPES: Final = (
    ("video", _("One video")),
    ("family", _("A video, and all that was made from it")),
    ("likeness", _("A whole likeness")),
)
