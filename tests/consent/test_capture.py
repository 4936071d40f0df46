"""A session: what is asked, what each clip leads to, and what is kept. What clips measure is tested with `media`."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.auth.models import User
from pytest_django.fixtures import Settings

from consent import (
    capture,
    capture_review,
    checks,
    clock,
    enrolment,
    enrolment_notice,
    erasure,
    evidence,
    likenesses,
    providers,
    templates,
)
from consent.media import capture as measuring
from consent.media import challenge
from consent.media.capture import Capture
from consent.models import Enrolment, EnrolmentSession, EnrolmentTry, Likeness
from consent.staff import Staff, StaffRefused
from ledger import log, vault
from ledger.models import Blob, Entry, Sealed
from tests.consent.media.followed import ASKED, followed
from tests.consent.people import Person

pytestmark = pytest.mark.django_db

CLIP = b"a clip that somebody else's test measured"


def faced(value: float, **changes: Any) -> Capture:  # noqa: ANN401 - members of a capture
    """Return a capture that follows, of the face whose numbers are all `value`."""
    same = tuple(replace(one, numbers=np.full(128, value)) for one in followed().templates)
    return followed(clip=CLIP, **{"templates": same} | changes)


class Camera:
    """What the next clip measures."""

    def __init__(self) -> None:
        self.shows: Capture = faced(0.1)

    def __call__(self, data: bytes) -> Capture:
        return replace(self.shows, clip=data)


@pytest.fixture
def camera(monkeypatch: pytest.MonkeyPatch) -> Camera:
    made = Camera()
    monkeypatch.setattr(measuring, "measure", made)
    monkeypatch.setattr(challenge, "draw", lambda: ASKED)
    return made


@pytest.fixture
def bare(ada: Person) -> Likeness:
    return likenesses.register_likeness(name="Ada", kind="person", actor=ada.party)


def opened(person: Person, likeness: Likeness) -> EnrolmentSession:
    return capture.open_session(likeness, language="en", actor=person.party)


def answered(person: Person, session: EnrolmentSession) -> EnrolmentTry:
    return capture.submit_clip(session, io.BytesIO(CLIP), actor=person.party)


def enrolled(person: Person) -> EnrolmentSession:
    likeness = likenesses.register_likeness(name=person.party.name, kind="person", actor=person.party)
    session = opened(person, likeness)
    answered(person, session)
    return session


def in_review(person: Person, camera: Camera, shows: Capture) -> EnrolmentSession:
    likeness = likenesses.register_likeness(name=person.party.name, kind="person", actor=person.party)
    session = opened(person, likeness)
    camera.shows = shows
    for _ in range(3):
        answered(person, session)
    assert session.state == "in_review"
    return session


def payload(entry: Entry) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(log.opening(entry).payload)
    return found


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


def test_after_three_tries_a_person_decides(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    assert (session.doubt, session.tries.count()) == ("tries-spent", 3)
    assert capture_review.waiting() == [session]
    assert session.clip is not None
    assert vault.read_blob(session.clip) == CLIP
    with pytest.raises(capture.InReview):
        answered(ada, session)
    with pytest.raises(capture.InReview):
        opened(ada, session.likeness)


def test_an_accent_is_accepted_by_a_person(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    capture_review.review(session, accept=True, reason="accent", actor=Staff(7))
    assert session.state == "passed"
    assert session.enrolment is not None
    assert payload(session.enrolment.entry)["actor"] == "staff:7"
    assert session.enrolment.assurance == "prompted-capture"
    session.likeness.refresh_from_db()
    assert enrolment.fresh_proof_at(session.likeness) is not None


@pytest.mark.parametrize("reason", ["not-followed", "unusable"])
def test_an_accent_is_never_refused(ada: Person, camera: Camera, reason: str) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=False, reason=reason, actor=Staff(7))
    session.refresh_from_db()
    assert session.state == "in_review"


def test_a_refusal_destroys_the_clip_and_bars_nobody(
    ada: Person,
    camera: Camera,
    django_capture_on_commit_callbacks: Any,  # noqa: ANN401 - pytest-django's
) -> None:
    session = in_review(ada, camera, faced(0.1, spoken=None))
    assert session.clip is not None
    file = vault.path_of(session.clip)
    assert file.exists()
    with django_capture_on_commit_callbacks(execute=True):
        capture_review.review(session, accept=False, reason="not-followed", actor=Staff(7))
    after = EnrolmentSession.objects.get(pk=session.pk)
    assert (after.state, after.clip_id, after.template_id) == ("refused", None, None)
    assert not file.exists()
    assert not Sealed.objects.filter(context__startswith="enrolment-session:").exists()
    assert opened(ada, session.likeness).state == "open"


def test_no_face_is_accepted_by_nobody(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, templates=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=True, reason="follows", actor=Staff(7))


@pytest.mark.parametrize(("accept", "reason"), [(True, "not-followed"), (False, "accent"), (True, ""), (False, "ugly")])
def test_reasons_are_a_closed_list(ada: Person, camera: Camera, *, accept: bool, reason: str) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=accept, reason=reason, actor=Staff(7))


def test_nobody_reviews_themselves(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    user = User.objects.get(pk=ada.party.user_id) if ada.party.user_id else User.objects.create_user("ada-staff")
    ada.party.user = user
    ada.party.save(update_fields=["user"])
    with pytest.raises(StaffRefused):
        capture_review.review(session, accept=True, reason="accent", actor=Staff(user.pk))


def test_what_does_not_wait_is_not_reviewed(ada: Person, bare: Likeness, camera: Camera) -> None:
    session = opened(ada, bare)
    with pytest.raises(capture_review.ReviewRefused):
        capture_review.review(session, accept=True, reason="follows", actor=Staff(7))


def test_a_face_that_is_enrolled_already_goes_to_a_person(ada: Person, ben: Person, camera: Camera) -> None:
    first = enrolled(ada)
    session = enrolled(ben)
    assert (session.state, session.doubt) == ("in_review", "possible-duplicate")
    (found,) = capture_review.findings(session)
    assert [one["likeness"] for one in found["note"]["look_alikes"]["candidates"]] == [str(first.likeness_id)]
    assert str(first.likeness_id) not in json.dumps(payload(session.tries.get().entry))
    assert "duplicate" not in json.dumps(payload(session.tries.get().entry))
    capture_review.review(session, accept=True, reason="different-people", actor=Staff(7))
    assert session.state == "passed"


@pytest.mark.parametrize(("apart", "state"), [(0.44, "in_review"), (0.46, "passed")])
def test_the_search_draws_its_line_where_it_says(
    ada: Person, ben: Person, camera: Camera, apart: float, state: str
) -> None:
    camera.shows = faced(0.1)
    enrolled(ada)
    camera.shows = faced(0.1 + apart / np.sqrt(128))
    assert enrolled(ben).state == state


def test_a_template_of_another_model_is_not_compared_and_counted(ada: Person, ben: Person, camera: Camera) -> None:
    enrolled(ada)
    mine = likenesses.register_likeness(name="Ben", kind="person", actor=ben.party)
    found = templates.look_alikes(np.full(128, 0.1), of=mine, model="another", within=0.45)
    assert (found.candidates, found.compared, found.incomparable) == ((), 0, 1)


def test_a_second_clip_of_oneself_replaces_the_first(ada: Person, camera: Camera) -> None:
    first = enrolled(ada)
    again = opened(ada, first.likeness)
    answered(ada, again)
    assert again.state == "passed"
    old = Enrolment.objects.order_by("created_at").first()
    assert old is not None
    assert (old.template, Enrolment.objects.filter(template__isnull=False).count()) == (None, 1)


def test_a_second_clip_of_somebody_else_goes_to_a_person(ada: Person, camera: Camera) -> None:
    first = enrolled(ada)
    camera.shows = faced(0.2)
    again = opened(ada, first.likeness)
    answered(ada, again)
    assert (again.state, again.doubt) == ("in_review", "not-the-enrolled-face")


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


class Broken(providers.OwnSpeechRecogniser):
    def hear(self, _capture: Capture, _count: int) -> Any:  # noqa: ANN401 - never answers
        raise KeyError("a stranger's bug")


class Vendor:
    name, version, model_sha256 = "vendor", "1", "0" * 64
    passes = True

    def assess(self, _capture: Capture, _asked: challenge.Challenge) -> providers.Assertion:
        return providers.Assertion("iso30107-3-level-2", type(self).passes, "a vendor", b"signed")


class Suspicious(Vendor):
    passes = False


HERE = __name__


def test_a_provider_that_errs_denies_and_uses_up_no_try(
    ada: Person, bare: Likeness, camera: Camera, settings: Settings
) -> None:
    settings.CONSENT_SPEECH_RECOGNISER = f"{HERE}.Broken"
    session = opened(ada, bare)
    with pytest.raises(providers.ProviderFailed):
        answered(ada, session)
    assert (EnrolmentTry.objects.count(), Enrolment.objects.count(), session.state) == (0, 0, "open")


def test_a_vendors_word_is_named_in_the_assurance(
    ada: Person, bare: Likeness, camera: Camera, settings: Settings
) -> None:
    settings.CONSENT_ATTACK_DETECTION = f"{HERE}.Vendor"
    session = opened(ada, bare)
    answered(ada, session)
    assert session.enrolment is not None
    assert session.enrolment.assurance == "vendor-pad:iso30107-3-level-2"


def test_a_vendors_doubt_goes_to_a_person(ada: Person, bare: Likeness, camera: Camera, settings: Settings) -> None:
    settings.CONSENT_ATTACK_DETECTION = f"{HERE}.Suspicious"
    session = opened(ada, bare)
    answered(ada, session)
    assert (session.state, session.doubt) == ("in_review", "vendor-doubt")


def test_whoever_hears_nothing_shouts_and_nobody_passes(
    ada: Person, bare: Likeness, camera: Camera, settings: Settings
) -> None:
    settings.CONSENT_SPEECH_RECOGNISER = "consent.providers.NullSpeechRecogniser"
    providers._named.cache_clear()
    with pytest.warns(UserWarning, match="hears nothing"):
        answered(ada, session := opened(ada, bare))
    assert session.state == "open"


@pytest.mark.parametrize(
    ("path", "development", "found"),
    [
        ("consent.providers.OwnSpeechRecogniser", False, []),
        ("consent.providers.NullSpeechRecogniser", True, []),
        ("consent.providers.NullSpeechRecogniser", False, ["consent.E005"]),
        ("consent.providers.Nobody", True, ["consent.E004"]),
        ("", True, ["consent.E004"]),
    ],
)
@pytest.mark.filterwarnings("ignore:NullSpeechRecogniser")
def test_enrolment_does_not_open_without_somebody_who_answers(
    settings: Settings, path: str, found: list[str], *, development: bool
) -> None:
    settings.CONSENT_SPEECH_RECOGNISER, settings.DEVELOPMENT = path, development
    assert [one.id for one in checks.somebody_checks_clips(None)] == found
    settings.CONSENT_ENROLMENT_OPEN = False
    assert checks.somebody_checks_clips(None) == []


def test_an_erasure_leaves_no_template_and_no_measurement(ada: Person, camera: Camera) -> None:
    session = enrolled(ada)
    tried = session.tries.get()
    erasure.erase_party(ada.party, actor=ada.party)
    assert not Sealed.objects.exclude(ciphertext=None).filter(context__startswith="enrolment").exists()
    tried.refresh_from_db()
    assert (tried.checks, tried.erased_at is not None) == ({}, True)


def test_an_erasure_takes_a_clip_out_of_the_queue(ada: Person, camera: Camera) -> None:
    session = in_review(ada, camera, faced(0.1, heard=()))
    erasure.erase_party(ada.party, actor=ada.party)
    assert capture_review.waiting() == []
    session.refresh_from_db()
    assert (session.state, session.doubt) == ("expired", "")


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
