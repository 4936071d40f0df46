"""A session: what is asked, what each clip leads to, and what is kept. What clips measure is tested with `media`."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from consent import capture, clock, enrolment, enrolment_notice, erasure, evidence, likenesses
from consent.media import capture as measuring
from consent.media import challenge
from consent.media.capture import Capture
from consent.models import Enrolment, EnrolmentSession, EnrolmentTry, Likeness
from ledger import log, vault
from ledger.models import Blob, Entry, Sealed
from tests.consent.people import Person
from tests.consent.sessions import CLIP, Camera, answered, enrolled, faced, opened, payload

pytestmark = pytest.mark.django_db


def test_a_session_lasts_half_an_hour_and_says_what_was_shown(ada: Person, bare: Likeness) -> None:
    session = capture.open_session(bare, language="es", actor=ada.party)
    notice = enrolment_notice.in_language("es")
    assert session.expires_at - session.opened_at == timedelta(minutes=30)
    assert (session.notice_sha256, session.notice_version) == (notice.sha256, notice.version)
    stated = payload(session.entry)["payload"]
    assert (stated["steps"], stated["digits"], stated["language"]) == (session.steps, session.digits, "es")


def test_a_clip_that_follows_enrols(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    answered(ada, session)
    bare.refresh_from_db()
    assert (session.state, bare.state) == ("passed", "active")
    assert session.enrolment is not None
    assert session.enrolment.assurance == "prompted-capture"
    assert vault.read_blob(likenesses.calibration_blob(bare)) == CLIP
    assert enrolment.fresh_proof_at(bare) == session.enrolment.created_at


def test_one_clip_is_one_entry(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    before = Entry.objects.count()
    answered(ada, session)
    assert Entry.objects.count() == before + 1


def test_a_failed_try_keeps_no_clip_and_says_which_check(ada: Person, bare: Likeness, camera: Camera) -> None:
    camera.shows = faced(0.1, heard=())
    session = opened(ada, bare)
    tried = answered(ada, session)
    bare.refresh_from_db()
    assert [name for name, passed in tried.checks.items() if not passed] == ["digits"]
    assert (session.state, bare.state, Blob.objects.count(), Enrolment.objects.count()) == ("open", "enrolling", 0, 0)
    assert enrolment.fresh_proof_at(bare) is None


def test_what_was_measured_is_sealed_and_in_no_entry(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    tried = answered(ada, session)
    stated = json.dumps(payload(tried.entry))
    assert "thousandths" not in stated
    assert "numbers" not in stated
    assert "thousandths" in vault.unseal(tried.measured).decode()
    assert stated.count("model_sha256") == 2


def test_a_clip_that_nobody_asked_for_does_not_replace_an_answer(
    ada: Person, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = enrolled(ada)
    with pytest.raises(enrolment.EnrolmentNeedsSession):
        enrolment.enrol(session.likeness, io.BytesIO(CLIP), actor=ada.party)


def test_a_measured_clip_is_no_fresh_proof(face: Likeness) -> None:
    assert Enrolment.objects.get(likeness=face).assurance == "measured-only"
    assert enrolment.fresh_proof_at(face) is None


def test_a_session_that_ran_out_takes_no_clip(
    ada: Person, bare: Likeness, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(ada, bare)
    monkeypatch.setattr(clock, "now", lambda: session.expires_at)
    assert capture.state_of(session, clock.now()) == "expired"
    with pytest.raises(capture.SessionOver):
        answered(ada, session)
    assert not EnrolmentTry.objects.exists()


def test_a_session_that_ran_out_while_its_clip_was_measured_takes_it_not(
    ada: Person, bare: Likeness, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = opened(ada, bare)

    def slow(data: bytes) -> Capture:
        monkeypatch.setattr(clock, "now", lambda: session.expires_at)
        return camera(data)

    monkeypatch.setattr(measuring, "measure", slow)
    with pytest.raises(capture.SessionOver):
        answered(ada, session)
    assert (Enrolment.objects.count(), EnrolmentTry.objects.count(), Blob.objects.count()) == (0, 0, 0)


def test_another_session_ends_the_one_before(ada: Person, bare: Likeness, camera: Camera) -> None:
    first = opened(ada, bare)
    opened(ada, bare)
    first.refresh_from_db()
    assert first.state == "expired"
    with pytest.raises(capture.SessionOver):
        answered(ada, first)


def test_ten_sessions_a_day_are_enough(ada: Person, bare: Likeness) -> None:
    for _ in range(capture.MOST_A_DAY):
        opened(ada, bare)
    with pytest.raises(capture.TooManySessions):
        opened(ada, bare)


def test_others_have_no_session_here(ada: Person, ben: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    with pytest.raises(likenesses.LikenessMissing):
        opened(ben, bare)
    with pytest.raises(capture.SessionMissing):
        answered(ben, session)
    with pytest.raises(capture.SessionMissing):
        capture.owned(session.pk, holder=ben.party)


def test_a_withdrawn_likeness_is_not_proved_again(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    Likeness.objects.update(state="withdrawn")
    with pytest.raises(enrolment.LikenessWithdrawn):
        answered(ada, session)
    with pytest.raises(enrolment.LikenessWithdrawn):
        opened(ada, bare)


def test_closed_enrolment_opens_no_session(ada: Person, bare: Likeness, settings: Settings) -> None:
    settings.CONSENT_ENROLMENT_OPEN = False
    with pytest.raises(capture.EnrolmentClosed):
        opened(ada, bare)


def test_an_unknown_language_opens_no_session(ada: Person, bare: Likeness) -> None:
    with pytest.raises(enrolment_notice.LanguageUnknown):
        capture.open_session(bare, language="tlh", actor=ada.party)
    assert not EnrolmentSession.objects.exists()


def test_an_erasure_leaves_no_template_and_no_measurement(ada: Person, camera: Camera) -> None:
    session = enrolled(ada)
    tried = session.tries.get()
    erasure.erase_party(ada.party, actor=ada.party)
    assert not Sealed.objects.exclude(ciphertext=None).filter(context__startswith="enrolment").exists()
    tried.refresh_from_db()
    assert (tried.checks, tried.erased_at is not None) == ({}, True)


def test_the_holders_export_holds_every_act_and_no_score(
    ada: Person, bare: Likeness, camera: Camera, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "proof", lambda _entry: "")
    camera.shows = faced(0.1, heard=())
    session = opened(ada, bare)
    answered(ada, session)
    camera.shows = faced(0.1)
    answered(ada, session)
    kinds = [act["kind"] for act in evidence.export(ada.party)["acts"]]
    assert [kind for kind in kinds if kind.startswith("enrolment.")] == [
        "enrolment.opened",
        "enrolment.tried",
        "enrolment.accepted",
    ]


def test_every_remedy_is_written_in_every_language() -> None:
    from consent.media.advice import ADVICE
    from consent.media.prompted import Name

    assert set(ADVICE) == set(enrolment_notice.TEXTS) == set(challenge.INSTRUCTIONS)
    assert all(set(words) == set(Name) for words in ADVICE.values())
