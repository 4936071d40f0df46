"""Settings under which a promise would be empty do not start."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provenance import checks
from provenance.tsa import authority

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings


@pytest.mark.parametrize("lease", [0, -1, 2.5, 3600])
def test_a_lease_that_cannot_be_promised_does_not_start(lease: float, settings: Settings) -> None:
    settings.SERVING_LEASE_SECONDS = lease
    assert [one.id for one in checks.serving_lease(None)] == ["provenance.E001"]


def test_the_lease_of_the_settings_starts() -> None:
    assert checks.serving_lease(None) == []
    assert checks.media_is_not_static(None) == []


def test_media_inside_a_folder_that_is_served_as_it_is_does_not_start(settings: Settings) -> None:
    settings.MEDIA_ROOT = settings.LEDGER_PUBLIC_DIR / "media"
    assert [one.id for one in checks.media_is_not_static(None)] == ["provenance.E002"]


def test_a_development_certificate_does_not_start_in_production(settings: Settings) -> None:
    assert checks.claim_signer_is_fit(None) == []
    settings.DEVELOPMENT = False
    assert [one.id for one in checks.claim_signer_is_fit(None)] == ["provenance.E003"]


def test_no_certificate_at_all_does_not_start_in_production(settings: Settings, tmp_path: Path) -> None:
    settings.DEVELOPMENT, settings.PROVENANCE_CLAIM_DIR = False, tmp_path / "nothing"
    assert [one.id for one in checks.claim_signer_is_fit(None)] == ["provenance.E003"]


def test_no_authority_for_the_time_and_one_for_development_do_not_start_in_production(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert checks.time_authority_is_fit(None) == []
    settings.DEVELOPMENT = False
    assert [one.msg for one in checks.time_authority_is_fit(None)] == [
        "The time would come from an authority for development."
    ]
    with monkeypatch.context() as patch:
        patch.setattr(authority, "DEVELOPMENT_MARK", "Example")
        authority.make(tmp_path / "tsa")
    settings.PROVENANCE_TSA_ROOTS = tmp_path / "tsa" / authority.ROOT_FILE
    assert checks.time_authority_is_fit(None) == []
    settings.PROVENANCE_TSA_URL = ""
    assert [one.id for one in checks.time_authority_is_fit(None)] == ["provenance.E004"]


@pytest.mark.parametrize(
    "said", [{"default": "none"}, {"default": "spoken"}, {"places": {}}, {"territories": {"usa": "overlay"}}], ids=str
)
def test_rules_for_labels_that_cannot_be_read_do_not_start(said: dict[str, object], settings: Settings) -> None:
    assert checks.labels_are_told_in_full(None) == []
    settings.PROVENANCE_LABELS = said
    assert [one.id for one in checks.labels_are_told_in_full(None)] == ["provenance.E021"]


@pytest.mark.parametrize("path", ["nowhere.Nothing", "json.JSONDecoder", "not a path"])
def test_a_watermark_that_cannot_be_made_does_not_start(path: str, settings: Settings) -> None:
    assert checks.watermark_is_real(None) == []
    settings.PROVENANCE_WATERMARK = path
    assert [one.id for one in checks.watermark_is_real(None)] == ["provenance.E022"]


def test_a_stand_in_for_a_watermark_does_not_start_in_production(settings: Settings) -> None:
    settings.PROVENANCE_WATERMARK = "tests.provenance.watermarker.Visible"
    assert checks.watermark_is_real(None) == []
    settings.DEVELOPMENT = False
    assert [one.id for one in checks.watermark_is_real(None)] == ["provenance.E022"]
