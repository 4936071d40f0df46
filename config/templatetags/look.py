"""The parts that pages are made of, as template tags: `{% load look %}`. docs/design/look.md shows how each is used.

They are in the templates' language and nobody imports them: a page of any app may use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language_info, gettext

from config import icons, navigation

register = template.Library()
SOON = 24 * 3600  # seconds before the due time from which a clock warns
LEVELS = {"success": "good", "error": "bad", "warning": "warn"}


# Ways through


@register.simple_tag(takes_context=True, name="navigation")
def places(context: Context, where: str) -> list[navigation.Link]:
    """Return the links of one navigation whose pages are there."""
    return list(navigation.links(where, context.get("request")))


@register.simple_tag
def door(*names: str) -> str:
    """Return the path of the first of these addresses that exists, or ""."""
    return navigation.address(*names)


@register.simple_tag(takes_context=True)
def here(context: Context) -> str:
    """Return the path of this page with its query, for coming back to it; the first page where nobody asked for one."""
    request = context.get("request")
    return request.get_full_path() if request else "/"


@register.simple_tag
def own_name(code: str) -> str:
    """Return a language's name for itself."""
    return str(get_language_info(code)["name_local"]).capitalize()


@register.inclusion_tag("config/components/pager.html")
def pager(newer: str = "", older: str = "") -> dict[str, str]:
    """Show the ways to the pages before and after; "" where there is none."""
    return {"newer": newer, "older": older}


@register.inclusion_tag("config/components/breadcrumb.html")
def breadcrumb(here: str, *steps: str) -> dict[str, Any]:
    """Show the way to this page: its own name, then address and label of each step above it in turn."""
    return {"here": here, "steps": list(zip(steps[::2], steps[1::2], strict=True))}


@register.inclusion_tag("config/components/steps.html")
def progress(now: int, *labels: str) -> dict[str, Any]:
    """Show the steps of a longer form; `now` counts from one."""
    states = ("done" if n < now else "now" if n == now else "ahead" for n in range(1, len(labels) + 1))
    return {"steps": list(zip(labels, states, strict=True))}


# How something stands


@register.filter
def state(level: str) -> str:
    """Return the state that a level of django.contrib.messages means."""
    return LEVELS.get(level, "info")


@register.inclusion_tag("config/components/shape.html")
def shape(state: str) -> dict[str, str]:
    """Draw good, bad, warn, info, paused or open, each with a shape of its own."""
    return {"state": state}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw one of `config.icons`; the word stands beside it."""
    drawn = icons.DRAWN.get(name, "")
    return format_html(
        '<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false"><path d="{}"/></svg>', drawn
    )


@register.inclusion_tag("config/components/badge.html")
def badge(state: str, text: str | Promise) -> dict[str, Any]:
    """Show a status chip."""
    return {"state": state, "text": text}


@register.inclusion_tag("config/components/clock.html")
def clock(due: datetime | None, state: str = "", why: str = "") -> dict[str, Any]:
    """Show when something is due. `state` "paused" or "met" is told; else it follows from the time.

    `due` is `None` while a paused clock has no end; `why` says what it waits for.
    """
    found = state or _standing(due)
    words = {
        "paused": gettext("Paused"),
        "met": gettext("Done in time"),
        "breached": gettext("Overdue since"),
        "soon": gettext("Due soon:"),
        "due": gettext("Due"),
    }
    shapes = {"breached": "bad", "soon": "warn", "due": "info", "met": "good"}
    said = said_time(due) if due else ""
    return {"state": shapes.get(found, "paused"), "words": words[found], "due": due, "said": said, "why": why}


def _standing(due: datetime | None) -> str:
    if due is None:
        return "paused"
    left = (due - timezone.now()).total_seconds()
    return "breached" if left < 0 else "soon" if left < SOON else "due"


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """Show a time in UTC, with the zone said; nothing for `None`."""
    if at is None:
        return SafeString()
    return format_html('<time datetime="{}">{}</time>', at.astimezone(UTC).isoformat(timespec="seconds"), said_time(at))


def said_time(at: datetime) -> str:
    """Return a time in words: 23 Nov 2026, 10:00 UTC."""
    return f"{date_format(at.astimezone(UTC), 'j M Y, H:i', use_l10n=False)} UTC"


@register.inclusion_tag("config/components/event.html")
def event(  # noqa: PLR0917 - a template names them
    title: str, at: datetime | None = None, state: str = "info", text: str = "", who: str = "", url: str = ""
) -> dict[str, Any]:
    """Show one item of `<ol class="timeline">`."""
    return {"title": title, "at": at, "state": state, "text": text, "who": who, "url": url}


@register.inclusion_tag("config/components/stat.html")
def stat(value: Any, label: str, state: str = "", url: str = "") -> dict[str, Any]:  # noqa: ANN401 - whatever a page counts
    """Show one figure, inside `<div class="tiles">`."""
    return {"value": value, "label": label, "state": state, "url": url}


@register.inclusion_tag("config/components/empty.html")
def empty(title: str, text: str = "", url: str = "", action: str = "", picture: str = "file") -> dict[str, str]:
    """Say that there is nothing here yet, and what to do about it."""
    return {"title": title, "text": text, "url": url, "action": action, "picture": picture, "state": ""}


@register.inclusion_tag("config/components/empty.html")
def failure(title: str, text: str = "", url: str = "", action: str = "") -> dict[str, str]:
    """Say that something could not be shown, and the way out."""
    return {"title": title, "text": text, "url": url, "action": action, "state": "bad"}


# Forms


@register.inclusion_tag("config/components/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Show a form's field with label, hint and what is wrong; the same as `{{ field.as_field_group }}`."""
    return {"field": bound}


@register.filter
def is_check(bound: BoundField) -> bool:
    """Tell whether the field is one box to tick, whose label stands behind it."""
    return isinstance(bound.field.widget, CheckboxInput)


@register.inclusion_tag("config/components/text_field.html")
def text_field(name: str, label: str, value: str = "", error: str = "", hint: str = "", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - attributes
    """Show a field that belongs to no form class.

    `more`: id, type, rows (makes a textarea), most (its length), autocomplete, required (true unless said otherwise).
    """
    id_ = more.pop("id", f"id_{name}")
    described = " ".join(f"{id_}-{part}" for part, said in (("hint", hint), ("error", error)) if said)
    found = {"type": "text", "required": True} | more
    return found | {
        "name": name,
        "label": label,
        "value": value,
        "error": error,
        "hint": hint,
        "id": id_,
        "described": described,
    }


@register.inclusion_tag("config/components/error_summary.html")
def error_summary(form: BaseForm | None = None, problem: Any = None) -> dict[str, Any]:  # noqa: ANN401 - a Problem
    """List what is wrong, each with a link to its field: of a form, of a `Problem`, or of both."""
    return {"wrong": [*_of_form(form), *_of_problem(problem, form)]}


def _of_form(form: BaseForm | None) -> Iterator[tuple[str, str, str]]:
    found: Iterable[Any] = form.errors.items() if form is not None else ()
    for name, errors in found:
        bound = form[name] if form is not None and name in form.fields else None
        for error in errors:
            if bound is None:
                yield "", str(error), ""
            else:
                yield bound.id_for_label or bound.auto_id, f"{bound.label}: {error}", ""


def _of_problem(problem: Any, form: BaseForm | None) -> Iterator[tuple[str, str, str]]:  # noqa: ANN401 - a Problem
    """Yield a refusal; its pointer ("#/email") names the field."""
    if not problem:
        return
    name = (problem.pointer or "").removeprefix("#").lstrip("/").split("/")[0]
    id_ = form[name].id_for_label if form is not None and name in form.fields else f"id_{name}" if name else ""
    yield id_, problem.detail, problem.remedy


# Pictures


@register.simple_block_tag
def veil(content: str, id: str, show: str = "", colour: bool = False) -> str:  # noqa: A002, FBT001, FBT002 - names of a template
    """Hide a picture or a video until it is asked for; with `colour`, it is grey until that is asked for as well."""
    open_ = render_to_string(
        "config/components/veil_open.html", {"id": id, "show": show or gettext("Show the picture"), "colour": colour}
    )
    return format_html("{}{}</div></figure>", open_, content)
