"""Somebody without an account files a notice: it is on record, answered in words, and nobody is refused as wrong."""

from __future__ import annotations

import io
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from consent import blocks, clock, erasure
from consent.models import Block, Case, FilingCount, Letter, Likeness, Message, Notice, NoticeDraft
from consent.staff import SecondPersonNeeded, Staff
from consent.takedown import (
    appeals,
    cases,
    counter_notices,
    documents,
    drafts,
    erasing,
    evidence,
    filing,
    floods,
    lanes,
    letters,
    links,
    orders,
    strikes,
)
from consent.takedown.provisional import Found, Video
from ledger import vault
from ledger.subjectkeys import Erased
from tests.consent import people
from tests.consent.takedown.notices import COUNTER, SHOWN, VIDEO, decided, document, filed

pytestmark = pytest.mark.django_db
FIRST, SECOND, THIRD = Staff(7), Staff(8), Staff(9)


def told(notice: Notice) -> list[str]:
    return [letter.kind for letter in notice.letters.order_by("created_at", "pk")]


def test_a_sworn_notice_holds_the_video_back_at_once_and_provisionally_with_an_end() -> None:
    made = filed()
    block = blocks.in_force([VIDEO]).get()
    assert (block.placed_by, block.reason, block.case) == (blocks.SYSTEM, "sworn-notice", made.notice.case.number)
    assert block.provisional
    assert block.until - block.accepted_at < timedelta(days=31)
    assert told(made.notice) == ["held-back"]
    assert filing.of_link(made.secret) == made.notice
    assert made.commitment == made.notice.entry.commit_text


def test_no_one_person_confirms_or_lifts_what_a_notice_placed() -> None:
    filed()
    block = Block.objects.get()
    for verb in (blocks.confirm, blocks.lift):
        with pytest.raises(SecondPersonNeeded):
            verb(block, actor=FIRST)
    blocks.propose_lift(block, actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        blocks.lift(block, actor=FIRST)
    assert blocks.in_force([VIDEO]).exists()
    blocks.lift(block, actor=SECOND)
    assert not blocks.in_force([VIDEO]).exists()


def test_two_of_the_staff_confirm_it() -> None:
    filed()
    block = blocks.propose_confirmation(Block.objects.get(), actor=FIRST)
    with pytest.raises(SecondPersonNeeded):
        blocks.confirm(block, actor=FIRST)
    assert not blocks.confirm(block, actor=SECOND).provisional


@pytest.mark.parametrize(
    "change",
    [{"signature": ""}, {"good_faith": False}, {"accuracy": False}, {"authority_perjury": False}],
    ids=["unsigned", "no good faith", "not accurate", "no authority"],
)
def test_what_nobody_swears_to_holds_nothing_back(change: dict[str, Any]) -> None:
    filed(**change)
    assert not Block.objects.exists()
    assert Notice.objects.exists()


def test_a_form_sent_twice_is_one_notice_with_one_link() -> None:
    token = links.new()
    first, second = filed(token=token), filed(token=token)
    assert (first.notice, first.secret) == (second.notice, second.secret)
    assert (Notice.objects.count(), Letter.objects.count(), Block.objects.count()) == (1, 1, 1)
    with pytest.raises(filing.NoticeRefused, match="something else"):
        filed(token=token, explanation="Something else.")


def test_later_notices_join_the_case_and_its_clock_is_the_earliest() -> None:
    one = filed(topic="character", depicted={"name": "Robot", "standing": "character"}).notice
    before = Case.objects.get(pk=one.case_id)
    assert before.lane == "work"
    two = filed(intimate=True, jurisdiction="IN").notice
    after = Case.objects.get()
    assert two.case_id == after.pk
    assert (after.lane, after.risk) == ("in-intimate", Case.Risk.HIGH)
    assert before.due_at is not None
    assert after.due_at is not None
    assert after.due_at < before.due_at
    assert after.version > before.version
    assert told(two) == ["joined"]
    filed()
    assert Case.objects.get().due_at == after.due_at


def test_an_incomplete_notice_hears_what_is_missing_and_its_clock_runs_from_when_it_is_valid() -> None:
    made = filed(Found(), works=[], explanation="", signature="", language="es")
    case = Case.objects.get()
    assert (made.notice.valid_at, case.due_at, told(made.notice)) == (None, None, ["incomplete"])
    assert "Díganos dónde está el vídeo" in letters.read(made.notice.letters.get())
    done = filing.complete(made.notice, document(), actor=None, found=SHOWN)
    assert done.valid_at is not None
    assert done.missing == []
    case.refresh_from_db()
    assert (case.video, case.due_at) == (VIDEO, done.due_at)
    assert blocks.in_force([VIDEO]).exists()
    assert filing.complete(done, document(), actor=None).revision == 2


def test_a_notice_whose_video_turns_out_to_have_a_case_moves_there() -> None:
    first = filed().notice
    second = filing.complete(filed(Found(), works=[]).notice, document(), actor=None, found=SHOWN)
    assert second.case_id == first.case_id
    assert Case.objects.filter(state="open").count() == 1


@pytest.mark.parametrize(
    ("found", "kind"),
    [
        (Found(), "not-found"),
        (Found((Video(VIDEO, "absent"),)), "not-found"),
        (Found((Video(VIDEO, "down"),)), "already-down"),
    ],
    ids=["no video", "absent", "down"],
)
def test_a_video_that_is_not_here_or_is_down_is_recorded_and_answered_in_words(found: Found, kind: str) -> None:
    made = filed(found).notice
    assert told(made) == [kind]
    assert made.due_at is not None
    assert not Block.objects.exists()


def test_a_claimant_who_is_the_uploader_is_told_so_and_nothing_is_held_back() -> None:
    ada = people.register("ada").party
    made = filed(Found((Video(VIDEO, uploader=ada.pk),)), actor=ada).notice
    assert told(made) == ["own-video"]
    assert not Block.objects.exists()


def test_a_whole_likeness_rests_only_for_who_may_decide_about_it(monkeypatch: pytest.MonkeyPatch) -> None:
    ada, eve = people.register("ada"), people.register("eve")
    face = people.enrolled(ada, monkeypatch)
    about: dict[str, Any] = {"likeness": str(face.pk), "works": []}
    for actor in (None, eve.party):
        made = filed(Found(), actor=actor, **about).notice
        assert Likeness.objects.get(pk=face.pk).state == "active"
        assert made.case.likeness_id == face.pk
    filed(Found(), actor=ada.party, **about)
    assert Likeness.objects.get(pk=face.pk).state == "suspended"


def test_a_notice_is_taken_back_once_and_people_still_look() -> None:
    made = filed().notice
    filing.withdraw(made, actor=None)
    done = filing.withdraw(made, actor=None)
    assert done.withdrawn_at is not None
    assert told(made) == ["held-back", "withdrawn"]
    assert blocks.in_force([VIDEO]).exists()
    with pytest.raises(filing.NoticeRefused):
        filing.complete(done, document(explanation="more"), actor=None)


def test_nothing_personal_stands_in_a_column_and_an_erasure_leaves_nothing_to_read() -> None:
    made = filed()
    kept = evidence.add_evidence(made.notice, io.BytesIO(b"%PDF-1.7 a page"), actor=None)
    assert evidence.add_evidence(made.notice, io.BytesIO(b"%PDF-1.7 a page"), actor=None) == kept
    for row in [*Notice.objects.values(), *Case.objects.values(), *Letter.objects.values()]:
        assert not any(word in str(row) for word in ("Marta", "Rosa", "rosa@", made.secret))
    assert documents.of_notice(made.notice).depicted.name == "Marta Example"
    erasing.erase_notice(made.notice, actor="staff:7")
    assert erasing.erase_notice(made.notice, actor="staff:7").erased_at is not None
    gone = Notice.objects.get()
    with pytest.raises(Erased):
        documents.of_notice(gone)
    with pytest.raises(Erased):
        letters.read(gone.letters.get())
    with pytest.raises(Erased):
        vault.read_blob(kept.blob)
    with pytest.raises(links.LinkInvalid):
        filing.of_link(made.secret)
    assert Letter.objects.filter(mail_due_at__isnull=False).count() == 0
    assert blocks.in_force([VIDEO]).exists()


def test_who_erases_an_account_erases_the_notices_filed_with_it() -> None:
    ada = people.register("ada").party
    made = filed(actor=ada).notice
    erasure.erase_party(ada, actor=ada)
    with pytest.raises(Erased):
        documents.of_notice(Notice.objects.get(pk=made.pk))


def test_a_letter_is_sent_to_the_sealed_address_once() -> None:
    letter = filed(language="es").notice.letters.get()
    assert letters.send(letter.pk)
    assert not letters.send(letter.pk)
    (sent,) = mail.outbox
    assert sent.to == ["rosa@example.org"]
    assert "Marta" not in sent.subject
    assert sent.subject.startswith("El vídeo ya no se muestra")
    assert letters.link(documents.link_of(letter.notice)) in sent.body


def test_a_draft_is_read_with_its_link_alone_and_ends() -> None:
    secret = drafts.save_draft({"explanation": "half a"})
    assert drafts.save_draft({"explanation": "half a sentence"}, secret=secret) == secret
    assert drafts.open_draft(secret).explanation == "half a sentence"
    row = NoticeDraft.objects.get()
    assert b"sentence" not in bytes(row.ciphertext)
    for other in (links.new(), "", "x", "é" * 43):
        with pytest.raises(links.LinkInvalid):
            drafts.open_draft(other)
    NoticeDraft.objects.update(ends_at=clock.now())
    with pytest.raises(links.LinkInvalid):
        drafts.open_draft(secret)
    assert drafts.sweep() == 1


def test_a_flood_from_one_place_is_bounded_and_another_place_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(floods, "PER_NETWORK", 2)
    filed(address="2001:db8::1")
    filed(address="2001:db8::2")
    with pytest.raises(floods.TooManyNotices):
        filed(address="2001:db8::3")
    filed(address="192.0.2.1")
    assert Notice.objects.count() == 3
    FilingCount.objects.update(day=clock.now().date() - timedelta(days=3))
    assert floods.sweep() > 0


def test_after_three_strikes_a_notifier_is_heard_and_holds_nothing_back() -> None:
    for _ in range(3):
        made = filed(Found((Video(uuid.uuid4()),))).notice
        strike = strikes.give_notifier(made, "false-statement", actor=FIRST)
        assert strikes.give_notifier(made, "false-statement", actor=SECOND) == strike
    heard = filed(claimant={"name": "Rosa", "email": "Rosa@Example.org", "role": "parent"}).notice
    assert told(heard) == ["received"]
    assert not blocks.in_force([VIDEO]).exists()
    with pytest.raises(SecondPersonNeeded):
        strikes.reverse(strike, actor=FIRST)
    strikes.reverse(strike, actor=SECOND)
    assert not strikes.barred(None, "rosa@example.org")


def test_a_counter_notice_is_heard_at_once_and_both_sides_are_told() -> None:
    notice, ben = filed().notice, people.register("ben").party
    made = counter_notices.file_counter_notice(notice.case, COUNTER, actor=ben)
    assert counter_notices.file_counter_notice(notice.case, COUNTER, actor=ben) == made
    assert made.restore_at is not None
    assert told(notice) == ["held-back", "counter-notice"]
    assert "ben@" not in letters.read(notice.letters.order_by("created_at").last())  # type: ignore[arg-type]  # there is one
    assert Message.objects.get(party=ben).kind == "counter-notice-received"
    assert made in counter_notices.due_back(made.restore_at)
    counter_notices.record_suit(made, actor=FIRST)
    assert counter_notices.due_back(made.restore_at) == []


@pytest.mark.parametrize("name", sorted(COUNTER))
def test_each_field_of_a_counter_notice_is_needed(name: str) -> None:
    case, ben = filed().notice.case, people.register("ben").party
    with pytest.raises(counter_notices.CounterNoticeInvalid) as refused:
        counter_notices.file_counter_notice(case, {**COUNTER, name: ""}, actor=ben)
    assert refused.value.pointer == f"/{name}"


def test_an_appeal_goes_to_somebody_who_had_no_word_before(monkeypatch: pytest.MonkeyPatch) -> None:
    notice = filed().notice
    made_before = decided(notice.case)
    made = appeals.file_by_notifier(made_before, "Please look again.", notice=notice, actor=None)
    assert appeals.file_by_notifier(made_before, "Again!", notice=notice, actor=None) == made
    assert made.decided_before == [FIRST.actor, SECOND.actor]
    for before in (FIRST, SECOND):
        with pytest.raises(SecondPersonNeeded):
            appeals.require_fresh(made, before)
    appeals.require_fresh(made, THIRD)
    late = clock.now() + timedelta(days=185)
    monkeypatch.setattr(clock, "now", lambda: late)
    with pytest.raises(appeals.AppealRefused):
        appeals.file_by_uploader(made_before, "Late.", actor=people.register("ben").party)


def test_an_order_has_its_lane_its_end_and_no_docket_in_the_clear() -> None:
    at = clock.now()
    said: dict[str, Any] = {
        "kind": "restraining",
        "court": "Superior Court",
        "country": "US-CA",
        "scope": "family",
    }
    made = orders.record_order(
        VIDEO,
        docket="23-CV-Doe",
        words="Take it down.",
        served_at=at,
        ordered_by=at + timedelta(hours=1),
        actor=FIRST,
        **said,
    )
    assert (made.case.kind, made.case.lane, made.due_at) == ("order", "order-time", at + timedelta(hours=1))
    assert orders.details_of(made)["docket"] == "23-CV-Doe"
    with pytest.raises(lanes.ClockNotPausable):
        cases.pause(made.case, "notifier", version=made.case.version, actor=FIRST)


def test_a_clock_of_ours_is_paused_with_a_reason_and_a_stale_hand_is_refused() -> None:
    case = Case.objects.get(pk=filed().notice.case_id)
    with pytest.raises(cases.CaseStale):
        cases.pause(case, "notifier", version=case.version - 1, actor=FIRST)
    paused = cases.pause(case, "notifier", version=case.version, actor=FIRST)
    Case.objects.update(paused_at=clock.now() - timedelta(hours=5))
    moved = cases.resume(paused, actor=FIRST)
    assert case.due_at is not None
    assert moved.due_at is not None
    assert moved.due_at - case.due_at >= timedelta(hours=5)


def test_a_law_takes_the_pause_away() -> None:
    case = Case.objects.get(pk=filed().notice.case_id)
    cases.pause(case, "notifier", version=case.version, actor=FIRST)
    filed(intimate=True, jurisdiction="IN")
    assert Case.objects.get().paused_at is None
