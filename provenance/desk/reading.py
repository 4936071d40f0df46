"""What was written, in words, as it is read over; and what is known of the videos that it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext

from consent.takedown.notice_document import shown
from consent.takedown.provisional import ABSENT, DOWN
from provenance.desk import forms, locate

if TYPE_CHECKING:
    from uuid import UUID

    from django.forms import Field

    from consent.takedown.notice_document import NoticeDocument
    from provenance.desk.paper import Paper

type Row = tuple[str, str]


def rows(paper: Paper) -> list[tuple[str, str, list[Row]]]:
    """Return each step: its title, where it is changed, and its answers. Nothing in them hides or reorders text."""
    return [(str(kind.title), paper.address(step), _answers(kind, paper)) for step, kind in forms.STEPS.items()]


def located(document: NoticeDocument) -> list[tuple[str, str, str]]:
    """Return address, state and words of each place that a notice names."""
    states: dict[UUID | None, str] = {video.id: video.state for video in locate.found(document).videos}
    return [_place(shown(work.url or work.record), states.get(locate.record_of(work))) for work in document.works]


def _place(where: str, state: str | None) -> tuple[str, str, str]:
    if state is None:
        return where, "open", gettext("An address that is not ours. A person looks at it.")
    if state == ABSENT:
        return where, "warn", gettext("We found no public video there. You can go on; a person looks for it.")
    if state == DOWN:
        return where, "good", gettext("This video is not shown here any more.")
    return where, "info", gettext("We found it: it is shown here now.")


def _answers(kind: type[forms.Step], paper: Paper) -> list[Row]:
    form = kind(initial=kind.shown(paper.document))
    return [(str(field.label), _said(field, form.initial.get(name))) for name, field in form.fields.items()]


def _said(field: Field, value: object) -> str:
    choices = dict(getattr(field, "choices", ()))
    if value is True:
        return gettext("Yes")
    if isinstance(value, list):
        return ", ".join(str(choices.get(one, one)) for one in value) or "-"
    if value in (False, None, ""):
        return "-"
    return shown(str(choices.get(value, value)))
