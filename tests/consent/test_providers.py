"""Whoever checks clips for us: a fault denies, a word is named, a doubt goes to a person."""

from __future__ import annotations

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from consent import checks, providers
from consent.media import challenge
from consent.media.capture import Capture
from consent.models import Enrolment, EnrolmentTry, Likeness
from tests.consent.people import Person
from tests.consent.sessions import Camera, answered, opened

pytestmark = pytest.mark.django_db


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
