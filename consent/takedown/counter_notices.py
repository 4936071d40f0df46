"""The other side's sworn answer, open from the first minute of a case; and when a video is due back because of it.

| regime of the notices | restored |
|---|---|
| no-fakes (a bill: a target of our own) | not before 14 days, unless a suit is shown |
| dmca-512 (17 U.S.C. 512(g)(2)(C)) | 10 to 14 business days, unless a suit is shown |
| take-it-down, an order, or no such rule | never by itself: the appeal is the remedy |

Several regimes: the latest date; and where one of them knows none, none. No notary is asked for.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Final

from django.db import transaction

from consent import clock, messages
from consent.models import Case, CounterNotice, Message
from consent.takedown import cases, lanes, letters, numbers, words
from consent.takedown.notice_document import MAX_ADDRESS, MAX_EXPLANATION, MAX_NAME, MAX_PHONE, UNWRITABLE, is_email
from ledger import log, vault
from ledger.canonical import canonical, parse
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from consent.models import Party
    from consent.staff import Staff
    from ledger.models import Entry

DAYS: Final = timedelta(days=14)
BUSINESS_DAYS: Final = (10, 14)
TEXTS: Final = {
    "ground": 16,
    "location": 2000,  # where the video was
    "explanation": MAX_EXPLANATION,
    "name": MAX_NAME,
    "address": MAX_ADDRESS,
    "phone": MAX_PHONE,
    "email": 254,
    "signature": MAX_NAME,
}
FLAGS: Final = ("perjury", "jurisdiction")  # "… under penalty of perjury"; "I accept the courts and service of process"
NEEDED: Final = ("ground", "location", "name", "address", "email", "signature")


class CounterNoticeInvalid(Problem):
    """Something is missing in the counter-notice, or longer than is read."""

    code: ClassVar[str] = "counter-notice-invalid"
    title: ClassVar[str] = "The counter-notice cannot be taken as it is"


@dataclass(frozen=True, slots=True)
class Restoration:
    """When a video is due back: not before `at`, at the latest `by`. None: there is no such time."""

    regime: str
    at: datetime | None
    by: datetime | None


def file_counter_notice(case: Case, document: Mapping[str, Any], *, actor: Party) -> CounterNotice:
    """Record the sworn answer of whose video it is; that it is theirs the caller knows. Twice is once while it stands.

    Both sides are told. Raises `CounterNoticeInvalid`, `CaseClosed` where nothing is open any more.
    """
    read = _read(document)
    with transaction.atomic():
        held = cases.locked(case.pk)
        twin = held.counter_notices.filter(party=actor, withdrawn_at=None).first()
        if twin is not None:
            return twin
        if held.state == Case.State.CLOSED:
            cases.require_open(held)
        made = CounterNotice(id=uuid.uuid4(), number=numbers.drawn("C", CounterNotice.objects.all()))
        made.case, made.party, made.ground = held, actor, str(read["ground"])
        made.document = vault.seal(actor.actor, canonical(read), context=f"counter-notice:{made.pk}")
        due = restoration(_regimes(held), clock.now(), order=held.kind == Case.Kind.ORDER)
        made.regime, made.restore_at, made.restore_by = due.regime, due.at, due.by
        payload = {"counter_notice": str(made.pk), "case": str(held.pk), "ground": made.ground}
        made.entry = log.append("counternotice.received", payload, actor=actor.actor, subject=actor.actor)
        made.save(force_insert=True)
        cases.raise_version(held)
        _tell(made, made.entry)
    return made


def document_of(counter: CounterNotice) -> dict[str, Any]:
    """Return what was written. Raises `Erased`."""
    return parse(vault.unseal(counter.document))


def record_suit(counter: CounterNotice, *, actor: Staff) -> CounterNotice:
    """Note that somebody showed that a court was asked: nothing is restored by itself any more. Twice is once."""
    with transaction.atomic():
        case = cases.locked(counter.case_id)
        held = CounterNotice.objects.select_for_update(of=("self",)).get(pk=counter.pk)
        if held.suit_at is not None:
            return held
        payload = {"counter_notice": str(held.pk), "case": str(case.pk)}
        held.suit_entry = log.append("counternotice.sued", payload, actor=actor.actor, subject=case.subject)
        held.suit_at = clock.now()
        held.save(update_fields=["suit_at", "suit_entry"])
        cases.raise_version(case)
    return held


def withdraw(counter: CounterNotice, *, actor: Party) -> CounterNotice:
    """Take back one's own counter-notice. Twice is once. Raises `CaseMissing` for somebody else's."""
    with transaction.atomic():
        case = cases.locked(counter.case_id)
        held = CounterNotice.objects.select_for_update(of=("self",)).get(pk=counter.pk)
        if held.party_id != actor.pk:
            raise cases.CaseMissing("There is no such counter-notice of yours.", remedy="Use one of your own.")
        if held.withdrawn_at is None:
            payload = {"counter_notice": str(held.pk), "case": str(case.pk)}
            held.withdrawn_entry = log.append(
                "counternotice.withdrawn", payload, actor=actor.actor, subject=actor.actor
            )
            held.withdrawn_at = clock.now()
            held.save(update_fields=["withdrawn_at", "withdrawn_entry"])
            cases.raise_version(case)
    return held


def restoration(regimes: Collection[str], at: datetime, *, order: bool = False) -> Restoration:
    """Return when a video is due back by the rules of these regimes, from a counter-notice at `at`."""
    if order or "take-it-down" in regimes or not {"no-fakes", "dmca-512"} & set(regimes):
        return Restoration("take-it-down" if "take-it-down" in regimes else "", None, None)
    least, most = BUSINESS_DAYS
    dates = {}
    if "no-fakes" in regimes:
        dates["no-fakes"] = Restoration("no-fakes", at + DAYS, None)
    if "dmca-512" in regimes:
        early = lanes.business_days_after(at, least, holidays=True)
        dates["dmca-512"] = Restoration("dmca-512", early, lanes.business_days_after(at, most))
    return max(dates.values(), key=lambda each: (each.at is not None and each.at.timestamp()) or 0.0)


def due_back(at: datetime) -> list[CounterNotice]:
    """Return the counter-notices whose date has come and that no suit stands against, for whoever decides."""
    due = CounterNotice.objects.filter(restore_at__lte=at, suit_at=None, withdrawn_at=None)
    return list(due.exclude(case__state=Case.State.CLOSED).order_by("restore_at", "pk")[:256])


def _regimes(case: Case) -> set[str]:
    standing = case.notices.filter(withdrawn_at=None)
    return {code for notice in standing for code in notice.regimes} | (
        {"take-it-down"} if any(notice.intimate for notice in standing) else set()
    )


def _read(document: Mapping[str, Any]) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for name in document:
        if name not in TEXTS and name not in FLAGS:
            shown = UNWRITABLE.sub("\ufffd", str(name))[:64]
            raise CounterNoticeInvalid("This field is not known.", pointer=f"/{shown}", remedy="Leave it out.")
    for name, most in TEXTS.items():
        value = document.get(name, "")
        text = UNWRITABLE.sub("\ufffd", value).strip() if isinstance(value, str) else None
        if text is None or len(text) > most or (name in NEEDED and not text):
            remedy = f"Write 1 to {most} characters." if name in NEEDED else f"Write at most {most} characters."
            raise CounterNoticeInvalid(
                "This is needed, and not longer than is read.", pointer=f"/{name}", remedy=remedy
            )
        read[name] = text
    for name in FLAGS:
        if document.get(name) is not True:
            raise CounterNoticeInvalid("This has to be declared.", pointer=f"/{name}", remedy="Tick it if it is true.")
        read[name] = True
    _check(read)
    return read


def _check(read: dict[str, Any]) -> None:
    if read["ground"] not in CounterNotice.Ground.values:
        remedy = f"Use one of: {', '.join(CounterNotice.Ground.values)}."
        raise CounterNoticeInvalid("This ground is not known.", pointer="/ground", remedy=remedy)
    if read["ground"] == CounterNotice.Ground.EXCLUDED and not read["explanation"]:
        remedy = "Say which: news, documentary, commentary, parody, and why."
        raise CounterNoticeInvalid("This ground needs an explanation.", pointer="/explanation", remedy=remedy)
    if not is_email(read["email"]):
        remedy = "Write it like name@example.org."
        raise CounterNoticeInvalid("This does not look like an e-mail address.", pointer="/email", remedy=remedy)


def _tell(counter: CounterNotice, entry: Entry) -> None:
    """Tell everybody whose notice stands, and the party itself."""
    for notice in counter.case.notices.filter(withdrawn_at=None, erased_at=None).order_by("filed_at", "pk"):
        restore = words.restoration(counter.restore_at, notice.language)
        letters.write(notice, letters.Kind.COUNTER_NOTICE, entry, restore=restore)
    messages.write(
        counter.party,
        Message.Kind.COUNTER_NOTICE_RECEIVED,
        entry,
        subject=f"We have your counter-notice / Tenemos su contranotificación ({counter.number})",
        text=words.counter_notice(counter.number, counter.case.number, counter.restore_at),
    )
