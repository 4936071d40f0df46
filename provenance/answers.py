"""A report in the words of the public page: five questions, each with its own answer, and what could not be checked.

Everything is translatable: questions and marks here, the sentences of the report by looking them up as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from provenance import family
from provenance.family import Row
from provenance.foreign import defused
from provenance.manifest import video_of
from provenance.report import (
    Ancestor,
    Answer,
    Consent,
    Integrity,
    Lineage,
    Match,
    Recovery,
    Report,
    Signer,
    Since,
    Verdicts,
)

GOOD, BAD, OPEN = "good", "bad", "open"
ALIKE = _("Does its content match a video of this service?")
UNREAD = _("Since the file could not be checked, this is not known.")
# What stands beside the sentence, with its shape. A verdict that has no line is shown as bad: nobody should rely on it.
MARKS: dict[type[StrEnum], dict[StrEnum, tuple[str, Any]]] = {
    Integrity: {
        Integrity.INTACT: (GOOD, _("Unchanged")),
        Integrity.TAMPERED: (BAD, _("Changed")),
        Integrity.NO_PROVENANCE: (OPEN, _("No record")),
        Integrity.COULD_NOT_CHECK: (OPEN, _("Could not check")),
    },
    Signer: {
        Signer.OURS: (GOOD, _("This service")),
        Signer.OTHER_TRUSTED: (GOOD, _("Somebody recognised")),
        Signer.UNTRUSTED: (BAD, _("Nobody we recognise")),
        Signer.NONE: (OPEN, _("Nobody, as far as we can tell")),
    },
    Consent: {
        Consent.PROVEN: (GOOD, _("Permission was given")),
        Consent.NOT_PROVEN: (BAD, _("Not proven")),
        Consent.NOT_APPLICABLE: (OPEN, _("Nothing is said")),
    },
    Since: {
        Since.STANDING: (GOOD, _("It still stands")),
        Since.KEPT: (GOOD, _("Ended, and kept visible by choice")),
        Since.KEPT_WITH_LABEL: (GOOD, _("Ended, and kept visible by choice")),
        Since.WITHDRAWN: (BAD, _("Withdrawn")),
        Since.EXPIRED: (BAD, _("Run out")),
        Since.BLOCKED: (BAD, _("Blocked")),
        Since.UNKNOWN: (OPEN, _("No record")),
        Since.COULD_NOT_CHECK: (OPEN, _("Could not check")),
        Since.NOT_APPLICABLE: (OPEN, _("Nothing to ask about")),
    },
    Lineage: {
        Lineage.NONE: (GOOD, _("Not from another video")),
        Lineage.SOUND: (GOOD, _("In order")),
        Lineage.FLAWED: (BAD, _("Something is wrong")),
        Lineage.COULD_NOT_CHECK: (OPEN, _("Could not check")),
    },
    Recovery: {
        Recovery.RECOVERED: (OPEN, _("Recovered by fingerprint")),
        Recovery.NOTHING: (OPEN, _("Nothing alike was found")),
        Recovery.COULD_NOT_CHECK: (OPEN, _("Could not check")),
    },
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One question with its answer."""

    question: str
    state: str  # GOOD, BAD or OPEN: a shape, a colour, and never the only sign
    mark: str
    sentence: str
    more: str = ""  # a stranger's text among it is defused; the template escapes it


@dataclass(frozen=True, slots=True)
class Page:
    """What the template needs."""

    state: str
    headline: str
    advice: str
    answers: tuple[Shown, ...]
    unchecked: tuple[tuple[str, str], ...]
    family: SafeString | None  # None: it was made from no other video, or that could not be read
    rows: tuple[Row, ...]
    video: UUID | None  # of ours, as the file says and our signature confirms
    recovered: Shown | None = None  # None: the file proves itself, so nothing like it was looked for
    matches: tuple[tuple[str, str], ...] = ()  # videos of ours that the content is like, and what is to be said of each


def of(report: Report) -> Page:
    """Return the report in words."""
    state, headline, advice = _summary(report)
    found = _rows(report)
    drawn = None
    if report.lineage:
        title = gettext("What the video was made from")
        description = described(len(found))
        drawn = mark_safe(family.picture(found, title=title, description=description))  # noqa: S308 - it escapes each text
    return Page(
        state=state,
        headline=headline,
        advice=advice,
        answers=tuple(_answers(report)),
        unchecked=tuple((gettext(each.what), defused(gettext(each.why), 400)) for each in report.unchecked),
        family=drawn,
        rows=tuple(found) if report.lineage else (),
        video=_ours(report),
        recovered=None if report.recovered is None else _shown(str(ALIKE), report.recovered.answer),
        matches=tuple((each.video, _alike(each)) for each in report.recovered.matches) if report.recovered else (),
    )


def described(videos: int) -> str:
    """Return what a picture of so many videos shows, for who cannot see it."""
    said = ngettext(
        "%(count)d video; the list below says the same.", "%(count)d videos; the list below says the same.", videos
    )
    return said % {"count": videos}


def marked(answer: Answer[Any]) -> tuple[str, str]:
    """Return shape and words of a verdict."""
    state, words = MARKS[type(answer.verdict)].get(answer.verdict, (BAD, answer.verdict.value))
    return state, str(words)


def _answers(report: Report) -> list[Shown]:
    own = report.own
    unread = report.manifest_label is None and own.integrity.verdict is Integrity.COULD_NOT_CHECK
    return [
        _shown(gettext("Is it intact?"), own.integrity),
        _shown(gettext("Who signed it?"), own.signer, unread=unread, more=_signer(report)),
        _shown(gettext("Did everybody in it agree when it was made?"), own.consent, unread=unread, more=_when(own)),
        _shown(gettext("Has anything been withdrawn, blocked or taken down since?"), own.since, unread=unread),
        _shown(gettext("What was it made from?"), report.ancestry),
    ]


def _alike(match: Match) -> str:
    """Say which seconds are alike, and how permission for that video stands."""
    parts = []
    for each in match.stretches:
        (start, end), (first, last) = each.asked, each.found
        said = gettext("seconds %(start)s to %(end)s of this file are like seconds %(first)s to %(last)s of it")
        parts.append(said % {"start": start // 1000, "end": end // 1000, "first": first // 1000, "last": last // 1000})
    return f"{'; '.join(parts)}. {gettext(match.standing_sentence)}"


def _shown(question: str, answer: Answer[Any], *, unread: bool = False, more: str = "") -> Shown:
    """Answer one question. Of a file that was not read nothing is said that would have to be read in it."""
    if unread:
        return Shown(question, OPEN, gettext("Could not check"), str(UNREAD))
    return Shown(question, *marked(answer), gettext(answer.sentence), more)


def _signer(report: Report) -> str:
    """Name the signer. Of a stranger it is only what they call themselves."""
    if not report.signer_name:
        return ""
    name = defused(report.signer_name)
    if report.signer.verdict is Signer.UNTRUSTED:
        return gettext("They call themselves “%(name)s”. Anybody can write that.") % {"name": name}
    if report.signer.verdict is Signer.OURS:
        return gettext("This service signs only videos that were made with AI.")
    return gettext("Name in the certificate: %(name)s") % {"name": name}


def _when(own: Verdicts) -> str:
    if own.permit is None:
        return ""
    date, time = own.permit.at[:10], own.permit.at[11:16]
    return gettext("The permission for this very video has been on public record since %(date)s, %(time)s UTC.") % {
        "date": date,
        "time": time,
    }


def _summary(report: Report) -> tuple[str, str, str]:
    match report.integrity.verdict:
        case Integrity.COULD_NOT_CHECK:
            return (
                OPEN,
                gettext("This file could not be checked."),
                gettext("That says nothing against it, and nothing for it. Below is why."),
            )
        case Integrity.NO_PROVENANCE:
            return (
                OPEN,
                gettext("This file carries no record of where it comes from."),
                gettext(
                    "It may be a recording, made by AI, or a copy that lost its record: many websites remove it. "
                    "Look for the original."
                ),
            )
        case Integrity.TAMPERED:
            return (
                BAD,
                gettext("This file is not what was signed."),
                gettext("Do not rely on it. Look for the original."),
            )
        case _:
            return _of_the_intact(report)


def _of_the_intact(report: Report) -> tuple[str, str, str]:
    if report.ok:
        return (
            GOOD,
            gettext("Nothing speaks against this file."),
            gettext("It was made with AI, by this service, and everybody in it had agreed."),
        )
    if marked(report.since)[0] == BAD:
        return (
            BAD,
            gettext("Permission for this video has ended."),
            gettext("The file is what was signed, and everybody in it had agreed then. Please do not show it further."),
        )
    return (
        OPEN if report.signer.verdict is Signer.OTHER_TRUSTED else BAD,
        gettext("The file is what was signed, but something is missing."),
        gettext("Read each answer before you rely on it."),
    )


def _ours(report: Report) -> UUID | None:
    """Return the video's id, if file and signature are ours: in any other the label is only text."""
    ours = report.signer.verdict is Signer.OURS and report.integrity.verdict is Integrity.INTACT
    if not ours or report.manifest_label is None:
        return None
    return video_of(report.manifest_label)


def _rows(report: Report) -> list[family.Row]:
    """Lay out the tree of manifests. A parent without a manifest has no name of its own; it gets one here."""
    root = str(report.manifest_label)
    nodes = {root: family.Node(gettext("This file"), _summary(report)[0])}
    parents: dict[str, list[str]] = {}
    for number, each in enumerate(report.lineage):
        key = each.manifest_label or f"#{number}"
        nodes.setdefault(key, _node(each))
        above = parents.setdefault(each.child_label, [])
        if key not in above:
            above.append(key)
    return family.rows(root, nodes, parents)


def _node(each: Ancestor) -> family.Node:
    """Name a parent by our own words if it is ours, and otherwise by the title that somebody gave it."""
    verdicts = each.verdicts
    state = GOOD if verdicts.ok else OPEN if verdicts.integrity.verdict in OPENLY else BAD
    known = verdicts.signer.verdict is Signer.OURS
    name = gettext("A video of this service") if known else "“" + defused(each.title or "?", 40) + "”"
    each_answer = (verdicts.integrity, verdicts.signer, verdicts.consent, verdicts.since)
    worst = next((marked(one) for one in each_answer if marked(one)[0] != GOOD), None)
    return family.Node(f"{name}: {worst[1] if worst else gettext('in order')}", state)


OPENLY = {Integrity.COULD_NOT_CHECK, Integrity.NO_PROVENANCE}
