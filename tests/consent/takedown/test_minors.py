"""What a notice about a minor says only child safety opens; and nobody sees what is of their own matter."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from django.contrib.auth.models import User

from consent.casework import assignments, proposals, viewing
from consent.casework.assignments import WorkConflict
from consent.models import Assignment, Notice, NoticeEvidence, Proposal, Viewing
from consent.staff import Staff, StaffRefused
from consent.takedown import appeals, counter_notices, evidence, hearing, reading
from ledger.models import Entry
from tests.consent import people
from tests.consent.casework import crew
from tests.consent.takedown.notices import COUNTER, decided, filed

pytestmark = pytest.mark.django_db
MINOR = {"name": "Marta Example", "standing": "living", "minor": True}
WHY = "I compare the picture with the video."


@pytest.fixture
def lin() -> Staff:
    return crew.hire("lin", "moderator", "moderator-manager")


@pytest.fixture
def kit() -> Staff:
    return crew.hire("kit", "child-safety")


@pytest.fixture
def notice() -> Notice:
    made = filed(depicted=MINOR).notice
    evidence.add_evidence(made, io.BytesIO(b"%PDF-1.7"), actor=None)
    return made


def paper(notice: Notice) -> NoticeEvidence:
    return notice.evidence.select_related("notice__case", "blob").get()


def hold(notice: Notice, actor: Staff) -> None:
    assignments.claim("cases", notice.case_id, actor=actor)


def test_a_moderator_opens_no_notice_about_a_minor_and_child_safety_does_on_record(
    notice: Notice, lin: Staff, kit: Staff
) -> None:
    hold(notice, lin)
    for opened in (lambda: reading.read(notice, actor=lin), lambda: reading.read_evidence(paper(notice), actor=lin)):
        with pytest.raises(StaffRefused):
            opened()
    assert not Entry.objects.filter(kind__in=["notice.read", "notice.evidence_read"]).exists()
    assignments.release(_held(lin), actor=lin)
    hold(notice, kit)
    assert reading.read(notice, actor=kit).depicted.minor
    assert b"".join(reading.read_evidence(paper(notice), actor=kit)) == b"%PDF-1.7"
    assert Entry.objects.filter(kind__in=["notice.read", "notice.evidence_read"]).count() == 2


def _held(actor: Staff) -> Assignment:
    return Assignment.objects.get(actor=actor.actor, ended_at=None)


def test_hearing_both_sides_withholds_it_from_others(notice: Notice, lin: Staff, kit: Staff) -> None:
    counter = counter_notices.file_counter_notice(notice.case, COUNTER, actor=people.register("ben").party)
    assignments.claim("counter-notices", counter.pk, actor=lin)
    heard = hearing.of_counter_notice(counter, actor=lin)
    assert ([one.pk for one in heard.withheld], heard.notices, len(heard.counters)) == ([notice.pk], [], 1)
    assignments.release(_held(lin), actor=lin)
    assignments.claim("counter-notices", counter.pk, actor=kit)
    assert hearing.of_counter_notice(counter, actor=kit).withheld == []
    appeal = appeals.file_by_notifier(decided(notice.case), "Again, please.", notice=notice, actor=None)
    assignments.claim("appeals", appeal.pk, actor=lin)
    with pytest.raises(StaffRefused):
        hearing.of_appeal(appeal, actor=lin)


def test_evidence_about_a_minor_is_not_even_asked_for(notice: Notice, lin: Staff, kit: Staff) -> None:
    said = {"source": "notice-evidence"}
    with pytest.raises(StaffRefused):
        proposals.propose("view-sealed", paper(notice).pk, reason=WHY, arguments=said, actor=lin)
    made = proposals.propose("view-sealed", paper(notice).pk, reason=WHY, arguments=said, actor=kit)
    assert isinstance(made, Proposal)
    with pytest.raises(StaffRefused):
        proposals.confirm(made, actor=lin)


def own_by_notice(notice: Notice, user: User) -> None:
    party = people.register("rosa").party
    party.user = user
    party.save(update_fields=["user"])
    Notice.objects.filter(pk=notice.pk).update(party=party)


def own_by_answer(notice: Notice, user: User) -> None:
    party = people.register("ben").party
    party.user = user
    party.save(update_fields=["user"])
    counter_notices.file_counter_notice(notice.case, COUNTER, actor=party)


@pytest.mark.parametrize("owned", [own_by_notice, own_by_answer], ids=["filed", "answered"])
def test_who_became_a_side_of_the_case_sees_nothing_of_it_any_more(
    lin: Staff, owned: Callable[[Notice, User], None]
) -> None:
    notice = filed().notice
    evidence.add_evidence(notice, io.BytesIO(b"%PDF-1.7"), actor=None)
    zoe = crew.hire("zoe", "moderator-manager")
    said = {"source": "notice-evidence"}
    made = proposals.propose("view-sealed", paper(notice).pk, reason=WHY, arguments=said, actor=lin)
    assert isinstance(made, Proposal)
    proposals.confirm(made, actor=zoe)
    viewing.look(made, actor=lin)
    owned(notice, User.objects.get(username="lin"))
    with pytest.raises(WorkConflict):
        viewing.look(made, actor=lin)
    with pytest.raises(WorkConflict):
        proposals.propose("view-sealed", paper(notice).pk, reason=WHY + " Again.", arguments=said, actor=lin)
    assert Viewing.objects.count() == 1


def test_nobody_lets_a_colleague_see_what_is_about_themselves(lin: Staff) -> None:
    ada = people.register("ada")
    document = people.documented(ada, people.claim(ada)).documents.get()
    zoe = crew.hire("zoe", "moderator-manager")
    said = {"source": "claim-document"}
    made = proposals.propose("view-sealed", document.pk, reason=WHY, arguments=said, actor=lin)
    assert isinstance(made, Proposal)
    ada.party.user = User.objects.get(username="zoe")
    ada.party.save(update_fields=["user"])
    with pytest.raises(WorkConflict):
        proposals.confirm(made, actor=zoe)
    assert Proposal.objects.get().decision == ""
