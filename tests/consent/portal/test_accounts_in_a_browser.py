"""An account from its first page to its last in a real browser, with passkeys made by a virtual authenticator."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import CDPSession, Page, expect

from consent import keychain, login_letters
from consent.models import LoginLetter, Message, Party
from ledger import log
from tests.browser import DESK, PHONE, Open, assert_accessible, chromium, opened, pictured, serving
from tests.conftest import cloned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings
    from pytest_django.plugin import DjangoDbBlocker

__all__ = ["chromium", "opened"]  # fixtures
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """Virtual authenticators of one browser. Chromium answers with the one that holds what is asked for."""

    def __init__(self, page: Page) -> None:
        self.session: CDPSession = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        self.held: list[str] = []

    def add(self, **more: Any) -> str:  # noqa: ANN401 - members of the protocol
        made = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | more})
        self.held.append(made["authenticatorId"])
        return self.held[-1]

    def verified(self, authenticator: str, *, yes: bool) -> None:
        what = {"authenticatorId": authenticator, "isUserVerified": yes}
        self.session.send("WebAuthn.setUserVerified", what)

    def presence(self, authenticator: str, *, yes: bool) -> None:
        what = {"authenticatorId": authenticator, "enabled": yes}
        self.session.send("WebAuthn.setAutomaticPresenceSimulation", what)


def newest_code() -> str:
    letter = LoginLetter.objects.order_by("-created_at").first()
    assert letter is not None
    return login_letters.opened(letter)["text"].splitlines()[0]


def looked_at(page: Page, name: str) -> None:
    """Check a page on the phone, and take pictures of it where somebody wants to look."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert_accessible(page)
    for width in (DESK, PHONE) if os.environ.get("SCREENSHOTS") else ():
        page.set_viewport_size({"width": width, "height": 800})
        if width:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                pictured(page, f"{name}-{width}-{scheme}")
            page.emulate_media(color_scheme="light")


def pressed(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[str]:
    """Serve an empty site; made before Chromium, in whose loop Django would see other connections."""
    with django_db_blocker.unblock(), cloned(), serving() as address:
        yield address.replace("127.0.0.1", "localhost")


def test_an_account_with_passkeys_from_sign_up_to_a_second_key(site: str, opened: Open, settings: Settings) -> None:
    url = site
    settings.CONSENT_RP_ID, settings.CONSENT_ORIGINS = "localhost", [url]
    page = opened(f"{url}/account/signup/passkey/", DESK)
    device = Device(page)
    first = device.add()
    signed_up(page)
    named(page, device, first)
    party = Party.objects.select_related("user").get()
    assert party.user is not None
    key = party.keys.get()
    logged_out_and_in(page, url)
    second_key_joins(page, url, device, first)
    assert party.keys.count() == 2
    first_is_revoked(page, url, key.key_id)
    key.refresh_from_db()
    assert key.revoked_at is not None
    assert Authenticator.objects.filter(user=party.user, type=Authenticator.Type.WEBAUTHN).count() == 1
    kinds = set(Message.objects.filter(party=party).values_list("kind", flat=True))
    assert {"key-added", "key-revoked", "login-changed"} <= kinds
    links = [
        keychain.Link(bytes(event.entry.body), opening.salt, opening.payload)
        for event in party.key_events.select_related("entry").order_by("number")
        for opening in [log.opening(event.entry)]
    ]
    assert sorted(keychain.verify(str(party.pk), links).values()) == [False, True]
    other_pages(page, url)


def signed_up(page: Page) -> None:
    looked_at(page, "signup")
    page.get_by_label("Email").or_(page.get_by_label("E-mail")).first.fill("ada@example.org")
    pressed(page, "Send me a code")
    looked_at(page, "code")
    page.get_by_label("Code").fill(newest_code())
    pressed(page, "Go on")
    expect(page.get_by_role("heading", level=1)).to_have_text("Make your passkey")
    looked_at(page, "make-passkey")
    pressed(page, "Make the passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose your name")


def named(page: Page, device: Device, authenticator: str) -> None:
    looked_at(page, "set-up")
    page.get_by_label("Handle").fill("ada")
    page.get_by_label("Shown name").fill("Ada Lovelace")
    pressed(page, "Go on")
    device.verified(authenticator, yes=False)
    pressed(page, "Sign with my passkey")
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was done")
    looked_at(page, "sign-refused")
    assert not Party.objects.exists()
    device.verified(authenticator, yes=True)
    pressed(page, "Sign with my passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your account")
    looked_at(page, "account")


def logged_out_and_in(page: Page, url: str) -> None:
    page.goto(f"{url}/account/logout/")
    page.locator("main").get_by_role("button", name="Log out").click()
    page.goto(f"{url}/me/keys")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")
    looked_at(page, "login")
    pressed(page, "Log in with a passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")


def second_key_joins(page: Page, url: str, device: Device, first: str) -> None:
    page.goto(f"{url}/account/second-factor/webauthn/add/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it you?")
    looked_at(page, "reauthenticate")
    pressed(page, "Use my passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    device.presence(first, yes=False)  # else Chromium would have it refuse for holding one already
    device.add(transport="usb")  # a key of hardware
    pressed(page, "Make the passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    looked_at(page, "recovery-codes")
    device.presence(first, yes=True)
    page.goto(f"{url}/me/keys")
    page.get_by_role("link", name=re.compile("Let it sign for me")).click()
    looked_at(page, "join")
    pressed(page, "Go on")
    pressed(page, "Sign with this passkey")
    expect(page.get_by_text("says that")).to_be_visible()
    looked_at(page, "join-sign")
    device.presence(device.held[1], yes=False)  # a key of hardware that is touched says that it has no such passkey
    pressed(page, "Sign with this passkey")
    expect(page.get_by_role("heading", level=1)).to_have_text("Keys")
    looked_at(page, "keys")


def first_is_revoked(page: Page, url: str, key_id: str) -> None:
    page.goto(f"{url}/me/keys/{key_id}/revocation")
    looked_at(page, "revoke")
    pressed(page, "Take it out of use")
    expect(page.get_by_text("out of use", exact=True)).to_be_visible()


def other_pages(page: Page, url: str) -> None:
    for path in (
        "/me/messages",
        "/account/second-factor/",
        "/account/second-factor/webauthn/",
        "/account/sessions/",
        "/account/email/",
        "/me/export",
        "/me/erasure",
        "/account/second-factor/totp/activate/",
    ):
        page.goto(url + path)
        looked_at(page, path.strip("/").replace("/", "-"))
