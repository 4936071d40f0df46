"""What the tests of hearings begin with: moderators at their browsers, a decided case, an appeal, an answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from consent.models import Appeal, Case, CounterNotice, Notice, Ruling
from consent.staff import Staff
from consent.takedown import appeals, counter_notices, rulings
from consent.takedown.provisional import Found, Video
from tests.consent import logins, people
from tests.consent.takedown import notices

if TYPE_CHECKING:
    from django.test import Client

    from consent.models import Party

FACTS = "The record holds no permission for this."
HOSTILE = '<script>x</script>"><img src=x onerror=y>\u202e\0\ufffe\U0001f600' + "x" * 9000


@dataclass(frozen=True)
class Moderator:
    """Somebody of the staff, and the browser in which they are logged in."""

    actor: Staff
    client: Client


def moderator(name: str) -> Moderator:
    user = logins.staff(name)
    return Moderator(Staff(user.pk), logins.client_of(user))


def noticed() -> Notice:
    """Return a notice about a video of its own."""
    return notices.filed(Found((Video(uuid.uuid4()),))).notice


def ruled(case: Case, first: Moderator, second: Moderator) -> Ruling:
    """Return a ruling in force, by these two."""
    case.refresh_from_db()
    made = rulings.decide(
        case, "remove", policy="likeness", reason="no-consent", facts=FACTS, version=case.version, actor=first.actor
    )
    case.refresh_from_db()
    return rulings.confirm(made, version=case.version, actor=second.actor)


def appealed(notice: Notice, ruling: Ruling, party: Party) -> Appeal:
    """Return the appeal of whose video it is."""
    del notice
    return appeals.file_by_uploader(ruling, "It was a parody of mine.", actor=party)


def countered(notice: Notice, party: Party) -> CounterNotice:
    return counter_notices.file_counter_notice(notice.case, notices.COUNTER, actor=party)


def ben() -> Party:
    return people.register("ben").party


def version(case: Case) -> str:
    return str(Case.objects.get(pk=case.pk).version)
