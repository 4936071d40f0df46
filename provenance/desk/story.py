"""What happened to a notice and what happens next, in words, from the rows that the staff see too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from consent import clock
from consent.models import Case, Ruling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.utils.functional import Promise

    from consent.models import Block, Notice

WHY: Final[dict[str, str | Promise]] = {
    "in-intimate": _("It is an intimate image, and you live in India: the rules there give us 2 hours."),
    "in-order": _("An authority in India ordered it: the rules there give us 3 hours."),
    "us-intimate": _(
        "It is an intimate image: a law of the United States gives us 48 hours, and we keep to it everywhere."
    ),
    "us-ca-order": _("A court in California ordered it: the law there gives us two business days."),
    "order-time": _("The order itself sets this time."),
    "licence-stripped": _(
        "Somebody removed the sign that it was made with AI: the law of California gives us 96 hours."
    ),
    "order": _("It was ordered. We give ourselves 24 hours; no law sets this time."),
    "ours": _("It is about a person. We give ourselves 24 hours; no law sets this time."),
    "work": _("It is about a character or a work. We give ourselves 72 hours; no law sets this time."),
    "gdpr": _("It is about personal data: the law of the European Union gives us one month."),
}
DECIDED: Final[dict[str, str | Promise]] = {
    Ruling.Action.REFUSE: _("Decided: the video may be shown"),
    Ruling.Action.REMOVE: _("Decided: the video is taken down"),
    Ruling.Action.DISABLE: _("Decided: the video is not shown in some countries"),
    Ruling.Action.LABEL: _("Decided: the video is shown with a label"),
    Ruling.Action.DEMONETISE: _("Decided: nobody earns with the video"),
    Ruling.Action.BLOCK_FUTURE: _("Decided: the video is taken down, and copies are refused"),
    Ruling.Action.RESTORE: _("Decided: the video is shown again"),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. `state` is a shape of the look."""

    at: datetime
    title: str
    state: str = "info"
    text: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """The one sentence for who looks at night, and what it means."""

    state: str
    title: str
    text: str


def headline(notice: Notice, case: Case, blocks: Sequence[Block]) -> Headline:
    """Say first whether the video is shown."""
    if notice.withdrawn_at is not None:
        text = gettext(
            "Nothing more happens because of it. If the video was hidden, it stays so until people have looked."
        )
        return Headline("open", gettext("You took this notice back."), text)
    if case.state == Case.State.DECIDED:
        return Headline(
            "good", gettext("It was decided."), gettext("The decision and its reasons are in the messages below.")
        )
    if case.state == Case.State.CLOSED:
        return Headline("open", gettext("This case is closed."), gettext("You can write a new notice at any time."))
    if notice.valid_at is None:
        return Headline(
            "warn", gettext("Something is still missing."), gettext("See below what it is. No clock runs before that.")
        )
    if _standing(blocks):
        text = gettext(
            "It was hidden on your word, before anybody had read it. People look at it and decide. "
            "There is nothing that you must do now."
        )
        return Headline("good", gettext("The video is hidden while we look at it."), text)
    return Headline(
        "info", gettext("A person will read your notice."), gettext("There is nothing that you must do now.")
    )


def events(notice: Notice, case: Case, blocks: Sequence[Block]) -> list[Event]:
    """Return what happened, in its order."""
    found = [Event(notice.filed_at, gettext("Your notice came"), "info")]
    if notice.valid_at is not None:
        found.append(Event(notice.valid_at, gettext("It was complete, and the clock began")))
    for block in blocks:
        found += of_block(block)
    for ruling in case.rulings.filter(in_force_at__isnull=False):
        found.append(Event(ruling.in_force_at or ruling.proposed_at, decided(ruling), "good"))
    found += [Event(one.filed_at, gettext("You asked us to look at it again")) for one in notice.appeals.all()]
    if notice.withdrawn_at is not None:
        found.append(Event(notice.withdrawn_at, gettext("You took it back"), "open"))
    return sorted(found, key=lambda each: each.at)


def of_block(block: Block) -> list[Event]:
    """Return what a block did to the video."""
    found = [Event(block.accepted_at, gettext("The video was hidden"), "good", _until(block))]
    if block.confirmed_at is not None:
        found.append(Event(block.confirmed_at, gettext("Two people confirmed that it stays hidden"), "good"))
    if block.lifted_at is not None:
        found.append(Event(block.lifted_at, gettext("It is not hidden by this any more"), "open"))
    return found


def decided(ruling: Ruling) -> str:
    """Return what was decided."""
    return str(DECIDED.get(ruling.action, _("Decided")))


def why(case: Case) -> str:
    """Return which clock runs and why; "": none does."""
    return "" if case.due_at is None else str(WHY.get(case.lane, ""))


def _until(block: Block) -> str:
    if block.confirmed_at is not None:
        return ""
    return gettext("For the time being, at the longest until %(day)s (UTC), unless people decide otherwise before.") % {
        "day": block.until.date().isoformat()
    }


def _standing(blocks: Sequence[Block]) -> bool:
    return any(block.lifted_at is None and block.until > clock.now() for block in blocks)
