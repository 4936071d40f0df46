"""A permission from its template to its end in a real browser: signed with a passkey, withdrawn in two clicks."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from consent.models import Grant, Party, Withdrawal
from consent.standing import Standing, standing
from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import cloned
from tests.consent import people
from tests.consent.portal.test_accounts_in_a_browser import Device, newest_code, pressed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures


@dataclass(frozen=True)
class Holding:
    """Somebody whose key only the browser holds."""

    party: Party


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve an empty site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address.replace("127.0.0.1", "localhost")


def looked_at(page: Page, name: str) -> None:
    """Check a page on the phone, and take pictures of it where somebody wants to look."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert_accessible(page)
    if "SCREENSHOTS" in os.environ:
        for width, scheme in ((PHONE, "light"), (PHONE, "dark"), (DESK, "light"), (DESK, "dark")):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # both are known
            pictured(page, f"{name}-{width}-{scheme}")
        page.emulate_media(color_scheme="light")
        page.set_viewport_size({"width": PHONE, "height": 800})


def test_a_permission_from_its_template_to_its_end_on_a_phone(
    site: str, opened: Open, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CONSENT_RP_ID, settings.CONSENT_ORIGINS = "localhost", [site]
    page = opened(f"{site}/account/signup/passkey/", PHONE)
    Device(page).add()
    signed_up(page)
    party = Party.objects.select_related("user").get()
    people.enrolled(Holding(party), monkeypatch)  # type: ignore[arg-type]  # of a person it asks for the party alone
    people.register("ben", "Ben Example")
    built(page, site)
    made = Grant.objects.get()
    assert standing([made.pk])[made.pk] is Standing.STANDS
    withdrawn_in_two_clicks(page, site)
    assert standing([made.pk])[made.pk] is Standing.WITHDRAWN
    assert Withdrawal.objects.get().effective_at is not None
    claimed(page, site)
    for path in ("stop", "endings", "undo", f"entries/{made.entry_id}"):
        page.goto(f"{site}/me/{path}")
        looked_at(page, path.split("/", maxsplit=1)[0])


def signed_up(page: Page) -> None:
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).first.fill("ada@example.org")
    pressed(page, "Send me a code")
    page.get_by_label("Code").fill(newest_code())
    pressed(page, "Go on")
    pressed(page, "Make the passkey")
    page.get_by_label("Handle").fill("ada")
    page.get_by_label("Shown name").fill("Ada Lovelace")
    pressed(page, "Go on")
    pressed(page, "Sign with my passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")


def built(page: Page, site: str) -> None:
    page.goto(f"{site}/me/permissions")
    looked_at(page, "permissions-empty")
    page.locator("main").get_by_role("link", name="Permit something").first.click()
    looked_at(page, "start")
    page.get_by_role("link", name="Friends, for fun").click()
    looked_at(page, "form")
    pressed(page, "Read the text")
    expect(page.get_by_role("alert").first).to_contain_text("Name at least one person")
    looked_at(page, "form-refused")
    page.get_by_label("Handle").first.fill("ben")
    pressed(page, "Read the text")
    expect(page.get_by_role("heading", level=1)).to_have_text("Read and sign")
    looked_at(page, "preview")
    pressed(page, "Sign with my passkey")
    expect(page.get_by_text("Signed and recorded.")).to_be_visible()
    looked_at(page, "permission")


def claimed(page: Page, site: str) -> None:
    """Swear a claim with the passkey of the phone, and add a document; protect a name."""
    page.goto(f"{site}/me/claims/new")
    looked_at(page, "claim-new")
    page.get_by_label("I am an heir of somebody who died").check()
    page.get_by_text("It is not on record here").click()
    page.get_by_label("Who or what is it?").select_option("deceased")
    page.locator("#id_name").fill("Augusta Example")
    page.get_by_label("Why may you act?").fill("I am her sister, and alone in the family.")
    pressed(page, "Read before signing")
    expect(page.get_by_role("heading", level=1)).to_have_text("Read and swear")
    looked_at(page, "claim-sign")
    pressed(page, "Swear with my passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your claim")
    page.get_by_label("Document").set_input_files(
        {"name": "record.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\n and more"}
    )
    pressed(page, "Seal it with the claim")
    expect(page.get_by_role("status").first).to_contain_text("It is sealed")
    looked_at(page, "claim")
    page.goto(f"{site}/me/names")
    page.get_by_label("Names, one a line").fill("Ada Lovelace")
    pressed(page, "Protect")
    expect(page.get_by_role("status").first).to_contain_text("Protected from now on")
    looked_at(page, "names")
    for path in ("claims", "agreements", "account"):
        page.goto(f"{site}/me/{path}")
        looked_at(page, path)


def withdrawn_in_two_clicks(page: Page, site: str) -> None:
    page.goto(f"{site}/me/permissions")
    looked_at(page, "permissions")
    page.get_by_role("link", name="Withdraw Ben Example").click()
    looked_at(page, "withdraw")
    pressed(page, "Withdraw now")
    expect(page.get_by_role("heading", level=1)).to_have_text("It is withdrawn", timeout=30_000)
    looked_at(page, "withdrawn")
