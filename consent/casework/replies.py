"""Templates of replies: text with places to fill, in English and Spanish. A change is another version.

Whatever goes out passes `fill`, which refuses a text with a place that nobody filled. A value is put in as it is and is
never read as a place: what somebody typed cannot call up another value.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from django.db import IntegrityError, transaction
from django.db.models import Max

from consent import clock, staff
from consent.casework import queues
from consent.casework.plain import is_plain
from consent.models import ReplyTemplate
from ledger import log
from ledger.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from consent.staff import Staff

EDIT: Final = "consent.edit_replies"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
PLACE: Final = re.compile(r"\{\{ ?([a-z][a-z_]{0,31}) ?\}\}")
LANGUAGES: Final = ("en", "es")
MAX_SUBJECT: Final = 120
MAX_TEXT: Final = 8000
MAX_VALUE: Final = 2000


class ReplyRefused(Problem):
    """A template cannot be kept or used like this."""

    code: ClassVar[str] = "reply-refused"
    title: ClassVar[str] = "The reply cannot be used"


class PlaceUnfilled(Problem):
    """A place in the reply has no value. Nothing is sent."""

    code: ClassVar[str] = "reply-unfilled"
    title: ClassVar[str] = "Something in the reply is not filled in"


class ReplyStale(Problem):
    """Somebody wrote another version since the page was made."""

    code: ClassVar[str] = "reply-stale"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The template has changed"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply in one language, and from which version it came. `missing` is empty for one that may go out."""

    name: str
    version: int
    language: str
    subject: str
    text: str
    missing: tuple[str, ...]


def write(
    name: str, *, subject: Mapping[str, str], text: Mapping[str, str], actor: Staff, after: int | None = None
) -> ReplyTemplate:
    """Write the next version of a template; `subject` and `text` by language. Both languages have the same places.

    `after`: the version that was read, 0: there was none; `None`: any. Raises `ReplyRefused`, `ReplyStale`.
    """
    staff.require(actor, may=EDIT)
    _check(name, subject, text)
    row = ReplyTemplate(id=uuid.uuid4(), name=name, author=actor.actor, written_at=clock.now())
    row.subject_en, row.subject_es, row.text_en, row.text_es = subject["en"], subject["es"], text["en"], text["es"]
    try:
        with transaction.atomic():
            newest = ReplyTemplate.objects.filter(name=name).aggregate(Max("version"))["version__max"] or 0
            if after is not None and after != newest:
                raise ReplyStale(
                    "Somebody wrote a version.", pointer="/version", remedy="Read theirs, and write again."
                )
            row.version = newest + 1
            payload: dict[str, object] = {"template": str(row.pk), "name": name, "version": row.version}
            row.entry = log.append("reply.written", payload, actor=actor.actor, subject=queues.CASEWORK)
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ReplyRefused("Somebody wrote a version just now.", remedy="Read theirs, and write again.") from error
    return row


def retire(template: ReplyTemplate, *, actor: Staff) -> ReplyTemplate:
    """Let a version not be used any more; the one before it is in use again, if it is not retired. Twice is once."""
    staff.require(actor, may=EDIT)
    with transaction.atomic():
        held = ReplyTemplate.objects.select_for_update(of=("self",)).get(pk=template.pk)
        if held.retired_at is None:
            payload: dict[str, object] = {"template": str(held.pk)}
            held.retired_entry = log.append("reply.retired", payload, actor=actor.actor, subject=queues.CASEWORK)
            held.retired_at = clock.now()
            held.save(update_fields=["retired_at", "retired_entry"])
    return held


def in_use(name: str) -> ReplyTemplate:
    """Return the version that is in use. Raises `ReplyRefused`."""
    row = ReplyTemplate.objects.filter(name=name, retired_at=None).order_by("-version").first()
    if row is None:
        raise ReplyRefused("There is no such template.", pointer="/template", remedy="Choose one of the list.")
    return row


def preview(template: ReplyTemplate, values: Mapping[str, str], *, language: str) -> Reply:
    """Return what would go out, with its unfilled places as they stand, and their names."""
    if language not in LANGUAGES:
        raise ReplyRefused("There is no such language.", pointer="/language", remedy='Use "en" or "es".')
    _check_values(values)
    subject, text = getattr(template, f"subject_{language}"), getattr(template, f"text_{language}")
    missing = sorted(name for name in _places(subject) | _places(text) if not values.get(name, "").strip())
    filled = (_filled(subject, values), _filled(text, values))
    return Reply(template.name, template.version, language, *filled, tuple(missing))


def fill(template: ReplyTemplate, values: Mapping[str, str], *, language: str) -> Reply:
    """Return a reply that may go out. Raises `PlaceUnfilled`, and `ReplyRefused` for a version that was retired."""
    if template.retired_at is not None:
        raise ReplyRefused("This version is not in use.", pointer="/template", remedy="Use the newest one.")
    reply = preview(template, values, language=language)
    if reply.missing:
        remedy = f"Fill in: {', '.join(reply.missing)}."
        raise PlaceUnfilled("Nothing was sent.", pointer=f"/values/{reply.missing[0]}", remedy=remedy)
    return reply


def places_of(template: ReplyTemplate) -> set[str]:
    """Return the places of a template; both languages have the same."""
    return _places(template.subject_en) | _places(template.text_en)


def require_filled(text: str) -> None:
    """Raise `PlaceUnfilled` for a text that came of a template and still has a place in it, or a half of one."""
    if "{{" in text or "}}" in text:
        left = ", ".join(sorted(_places(text))) or "{{ }}"
        raise PlaceUnfilled("Nothing was sent.", pointer="/question", remedy=f"Fill in: {left}.")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """Fill in one pass: what comes in is not looked at again."""
    return PLACE.sub(lambda found: values.get(found[1], "").strip() or found[0], text)


def _places(text: str) -> set[str]:
    return set(PLACE.findall(text))


def _check(name: str, subject: Mapping[str, str], text: Mapping[str, str]) -> None:
    if not NAME.fullmatch(name):
        raise ReplyRefused("This is no name.", pointer="/name", remedy="Use 2 to 40 of a-z 0-9 and hyphens.")
    for field, texts, longest in (("subject", subject, MAX_SUBJECT), ("text", text, MAX_TEXT)):
        if set(texts) != set(LANGUAGES):
            raise ReplyRefused("A language is missing.", pointer=f"/{field}", remedy="Write English and Spanish.")
        for language, words in texts.items():
            _check_words(words, f"/{field}/{language}", longest, one_line=field == "subject")
    both = [_places(subject[language]) | _places(text[language]) for language in LANGUAGES]
    if both[0] != both[1]:
        odd = ", ".join(sorted(both[0] ^ both[1]))
        raise ReplyRefused("The languages have different places.", pointer="/text", remedy=f"Look at: {odd}.")


def _check_words(words: str, pointer: str, longest: int, *, one_line: bool) -> None:
    if not words.strip() or len(words) > longest or not is_plain(words, one_line=one_line):
        raise ReplyRefused("The text cannot be kept.", pointer=pointer, remedy=f"Write 1 to {longest} characters.")
    if "{{" in PLACE.sub("", words) or "}}" in PLACE.sub("", words):
        remedy = "Write a place as {{ name }}, with a-z and underscores."
        raise ReplyRefused("A place has another form.", pointer=pointer, remedy=remedy)


def _check_values(values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if len(value) > MAX_VALUE or not is_plain(value, one_line=True):
            raise ReplyRefused("A value cannot be used.", pointer=f"/values/{name}", remedy="Use one line of text.")
