"""The log browser: pages for people, made from what is published, and checked as they are made. No JavaScript."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import conditional_page, require_http_methods, require_safe

from ledger import base64url, finding, keyring, log, plainwords, publiclog, receipt, receipts, standing
from ledger.finding import Found
from ledger.problem import Problem
from ledger.proof import Proof
from ledger.publiclog import EntryUnpublished, PublicEntry, PublicLog
from ledger.state import CHANGES, GRANT

PAGE = 50
MAX_LINKS = 50  # of the grants that one withdrawal ends
STALE_SECONDS = 600  # for a warning, where decisions do not ask how old the record is
DRAINED = "withdrawal.drained"
NUMBER = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
BRIEF = "public, max-age=1"


class PageInvalid(Problem):
    """`before` of a page of the log is the index that the page ends before: a whole number from 1."""

    code: ClassVar[str] = "log-page-invalid"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "No such page of the log"


@dataclass(frozen=True, slots=True)
class Reference:
    """Another entry that an entry names by its commitment; `entry` is `None` if no published one has it."""

    commit: str
    entry: PublicEntry | None


@csrf_exempt  # it changes nothing: another method is told so
@require_safe
@conditional_page
def index(request: HttpRequest) -> HttpResponse:
    """Show the state of the log and a page of its entries, newest first; with `q`, what that finds."""
    shown = publiclog.newest()
    text = request.GET.get("q", "").strip()
    if text:
        return _answered(request, shown, text)
    if shown is None:
        return _page(request, "ledger/log.html", {"origin": settings.LEDGER_ORIGIN})
    end = min(_before(request) or shown.size, shown.size)
    entries = shown.before(end, PAGE)
    context = {
        **_facts(shown),
        "entries": entries,
        "older": entries[-1].index if entries and entries[-1].index else None,
        "newer": None if end == shown.size else min(end + PAGE, shown.size),
        "newest": end == shown.size,
    }
    return _page(request, "ledger/log.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def search(request: HttpRequest) -> HttpResponse:
    """Take what is too long for an address: a proof or a receipt. Nothing of it is kept."""
    if request.method != "POST":
        return render(request, "ledger/search.html", {"csrf_form": True, "max_text": finding.MAX_TEXT})
    return _answered(request, publiclog.newest(), request.POST.get("q", "").strip())


@csrf_exempt
@require_safe
@conditional_page
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """Show one entry, with its inclusion proof recomputed."""
    shown, found = _entry(index)
    place = shown.place(found)
    context = {
        **_facts(shown),
        "entry": found,
        "hex": found.leaf_hash.hex(),
        "words": plainwords.explained(found.kind, found.meaning),
        "path": [base64url.encode(one) for one in place.path],
        "previous": index - 1 if index else None,
        "next": index + 1 if index + 1 < shown.size else None,
        "receivable": bool(place.path),
        "receipt_key": _receipt_key(),
        **_references(shown, found),
    }
    return _page(request, "ledger/entry.html", context)


@csrf_exempt
@require_safe
@conditional_page
def leaf(_request: HttpRequest, index: int) -> HttpResponse:
    """Serve the entry's own bytes: what its leaf hash is made of."""
    return _download(_entry(index)[1].leaf, "application/json", f"{index}.json")


@csrf_exempt
@require_safe
def tlog_proof(_request: HttpRequest, index: int) -> HttpResponse:
    """Serve the entry's inclusion proof under the newest checkpoint (C2SP tlog-proof)."""
    shown, found = _entry(index)
    place = shown.place(found)
    text = Proof(place.index, place.path, place.text).text()
    return _download(text.encode(), "text/plain; charset=utf-8", f"{index}.tlog-proof")


@csrf_exempt
@require_safe
def cose_receipt(_request: HttpRequest, index: int) -> HttpResponse:
    """Serve the entry's COSE receipt (RFC 9942) under the newest checkpoint."""
    shown, found = _entry(index)
    made = receipts.receipt_at(found.leaf, shown.place(found))
    return _download(made, receipt.MEDIA_TYPE, f"{index}.receipt")


def _entry(index: int) -> tuple[PublicLog, PublicEntry]:
    shown = publiclog.newest()
    if shown is None:
        raise EntryUnpublished("The log has published nothing yet", remedy="Come back in a minute")
    return shown, shown.entry(index)


def _answered(request: HttpRequest, shown: PublicLog | None, text: str) -> HttpResponse:
    """Lead to the one entry that was found, or show what was found and what not."""
    if shown is None:
        found = Found(verdict="Nothing is published yet, so nothing can be found.", holds=False)
    elif not text:
        found = Found(verdict=finding.UNREADABLE, holds=False)
    else:
        found = finding.find(shown, text)
    if len(found.entries) == 1 and found.holds is None:
        return HttpResponseRedirect(reverse("log-entry", args=[found.entries[0].index]))
    status = 200 if found.entries else 404
    pasted = request.method == "POST"
    context = {
        "found": found,
        "size": None if shown is None else shown.size,
        "query": "" if pasted else text[: finding.MAX_TEXT],
        "csrf_form": pasted,
        "max_text": finding.MAX_TEXT,
    }
    return _page(request, "ledger/search.html", context, status=status)


def _facts(shown: PublicLog) -> dict[str, object]:
    """Return what every page says about the log: its checkpoint, how old that is, its witnesses, its keys."""
    age = datetime.now(UTC) - shown.published_at
    cosigned = shown.cosigned()
    policy = shown.policy
    given = sum(one.at is not None for one in cosigned)
    vkeys = keyring.vkeys(keyring.standing("log"))
    return {
        "log": shown,
        "origin": settings.LEDGER_ORIGIN,
        "address": f"{settings.PUBLIC_URL}/log",
        "root": base64url.encode(shown.checkpoint.root),
        "age": _words(age),
        "stale": age > timedelta(seconds=settings.LEDGER_STALE_SECONDS or STALE_SECONDS),
        "vkeys": vkeys,
        "vkey": vkeys[-1] if vkeys else None,  # the one that stands longest from now on
        "witnesses": cosigned,
        "quorum": policy.quorum,
        "given": given,
        "met": given >= policy.quorum,
    }


def _receipt_key() -> str | None:
    """Return the key that signs receipts now, as the verifier takes it; `None` if none does."""
    keys = keyring.standing("receipt")
    return base64url.encode(keys[-1].public) if keys else None


def _words(age: timedelta) -> str:
    """Return how long that is, roughly."""
    seconds = max(0, int(age.total_seconds()))
    for name, span in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= 2 * span:
            return f"{seconds // span} {name}s"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def _references(shown: PublicLog, found: PublicEntry) -> dict[str, object]:
    """Return what the entry refers to, and what is to be said of a grant."""
    if found.kind == GRANT:
        stands = standing.of_grant(shown, found)
        leaf_hash = None if stands is None else base64url.encode(stands.record.leaf_hash())
        return {"is_grant": True, "standing": stands, "state_leaf": leaf_hash, "expires": found.body.get("expires")}
    if found.kind not in (*CHANGES, DRAINED):
        return {"as_of": found.body.get("as_of"), "is_state": found.kind == log.STATE}
    commits: list[str] = [found.body["withdrawal"]] if found.kind == DRAINED else found.body[CHANGES[found.kind][0]]
    named = finding.entries_of(shown, commits[:MAX_LINKS])
    references = [Reference(one, named.get(one)) for one in commits[:MAX_LINKS]]
    return {"refers": True, "references": references, "more": len(commits) - len(references)}


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before")
    if text is None:
        return None
    if not NUMBER.fullmatch(text):
        raise PageInvalid("`before` is a whole number from 1", pointer="before", remedy="Begin at /log/")
    return int(text)


def _page(request: HttpRequest, template: str, context: Mapping[str, object], status: int = 200) -> HttpResponse:
    answer = render(request, template, context, status=status)
    answer["Cache-Control"] = BRIEF if request.method != "POST" else "no-store"
    return answer


def _download(data: bytes, content_type: str, name: str) -> HttpResponse:
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": BRIEF,
        "Access-Control-Allow-Origin": "*",
    }
    return HttpResponse(data, content_type=content_type, headers=headers)


urlpatterns = [
    path("log/", index, name="log"),
    path("log/search", search, name="log-search"),
    path("log/entries/<int:index>", entry, name="log-entry"),
    path("log/entries/<int:index>.json", leaf, name="log-leaf"),
    path("log/entries/<int:index>.tlog-proof", tlog_proof, name="log-proof"),
    path("log/entries/<int:index>.receipt", cose_receipt, name="log-receipt"),
]
